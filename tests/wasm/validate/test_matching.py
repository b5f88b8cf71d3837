"""Subtyping: an order, with the bottom types below and the top types above."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.types import (
    ANYREF,
    EXTERNREF,
    F32,
    FUNCREF,
    I32,
    I64,
    V128,
    AbstractHeapType,
    ArrayType,
    ExternKind,
    FieldType,
    FunctionType,
    GlobalType,
    HeapType,
    Limits,
    MemoryType,
    PackedType,
    RecursiveType,
    ReferenceType,
    StructType,
    SubType,
    TableType,
)
from pywasm_rt.wasm.validate import DefinedType, define_function, define_group
from pywasm_rt.wasm.validate.defined_type import BOTTOM_HEAP
from pywasm_rt.wasm.validate.matching import (
    difference,
    is_defaultable,
    matches_composite,
    matches_extern,
    matches_field,
    matches_function,
    matches_global,
    matches_heap,
    matches_limits,
    matches_memory,
    matches_reference,
    matches_results,
    matches_storage,
    matches_table,
    matches_value,
    top_of,
)

Heap = AbstractHeapType


def null(heap: HeapType) -> ReferenceType:
    """``(ref null heap)``."""
    return ReferenceType(nullable=True, heap=heap)


def ref(heap: HeapType) -> ReferenceType:
    """``(ref heap)``."""
    return ReferenceType(nullable=False, heap=heap)


def defined_types() -> tuple[DefinedType, ...]:
    """Functions, structures and arrays with a few supertypes."""
    groups = (
        RecursiveType((SubType(StructType(), final=False),)),
        RecursiveType((SubType(StructType((FieldType(I32),)), final=False, supertypes=(0,)),)),
        RecursiveType((SubType(StructType((FieldType(I32), FieldType(F32))), supertypes=(1,)),)),
        RecursiveType((SubType(ArrayType(FieldType(ANYREF)), final=False),)),
        RecursiveType((SubType(ArrayType(FieldType(null(Heap.EQ))), supertypes=(3,)),)),
        RecursiveType((SubType(FunctionType((), (ANYREF,)), final=False),)),
        RecursiveType((SubType(FunctionType((), (ref(0),)), supertypes=(5,)),)),
    )
    types: list[DefinedType] = []
    for group in groups:
        types += define_group(group.members, len(types), types)
    return tuple(types)


DEFINED = defined_types()
heaps: st.SearchStrategy[HeapType] = (
    st.sampled_from(AbstractHeapType) | st.sampled_from(DEFINED) | st.just(BOTTOM_HEAP)
)
references = st.builds(ReferenceType, st.booleans(), heaps)
values = st.sampled_from([I32, I64, F32, V128]) | references
storages = values | st.sampled_from(PackedType)
fields = st.builds(FieldType, storages, st.booleans())
results = st.lists(values, max_size=2).map(tuple)
functions = st.builds(FunctionType, results, results)
composites = (
    functions
    | st.builds(StructType, st.lists(fields, max_size=3).map(tuple))
    | st.builds(ArrayType, fields)
)
limits = st.builds(Limits, st.integers(0, 3), st.none() | st.integers(0, 3), st.booleans())
ORDERS = [
    (heaps, matches_heap),
    (references, matches_reference),
    (values, matches_value),
    (storages, matches_storage),
    (fields, matches_field),
    (results, matches_results),
    (functions, matches_function),
    (composites, matches_composite),
    (limits, matches_limits),
    (st.builds(TableType, references, limits), matches_table),
    (st.builds(MemoryType, limits, st.booleans(), st.sampled_from([0, 16])), matches_memory),
    (st.builds(GlobalType, values, st.booleans()), matches_global),
]


@given(st.data(), st.sampled_from(ORDERS))
def test_matching_is_reflexive_and_transitive(data, order) -> None:
    strategy, matches = order
    a, b, c = data.draw(strategy), data.draw(strategy), data.draw(strategy)
    assert matches(a, a)
    if matches(a, b) and matches(b, c):
        assert matches(a, c)


@given(heaps, heaps)
def test_heap_types_with_different_tops_have_nothing_in_common(lower, upper) -> None:
    if matches_heap(lower, upper) and lower is not BOTTOM_HEAP:
        assert top_of(lower) is top_of(upper)
        assert matches_heap(lower, top_of(upper))


@given(heaps, heaps)
def test_heap_types_that_match_both_ways_are_the_same(lower, upper) -> None:
    if matches_heap(lower, upper) and matches_heap(upper, lower):
        assert lower is upper


BELOW = {
    Heap.ANY: "any eq i31 struct array none",
    Heap.EQ: "eq i31 struct array none",
    Heap.I31: "i31 none",
    Heap.STRUCT: "struct none",
    Heap.ARRAY: "array none",
    Heap.NONE: "none",
    Heap.FUNC: "func nofunc",
    Heap.NOFUNC: "nofunc",
    Heap.EXTERN: "extern noextern",
    Heap.NOEXTERN: "noextern",
    Heap.EXN: "exn noexn",
    Heap.NOEXN: "noexn",
}


@pytest.mark.parametrize("upper", AbstractHeapType)
def test_abstract_heap_types_stand_as_in_the_specification(upper: AbstractHeapType) -> None:
    below = {lower for lower in AbstractHeapType if matches_heap(lower, upper)}
    assert below == {Heap(name) for name in BELOW[upper].split()}


def test_defined_types_stand_between_the_abstract_ones() -> None:
    for defined in DEFINED:
        bottom = Heap.NOFUNC if defined.kind is Heap.FUNC else Heap.NONE
        assert matches_heap(defined, defined.kind)
        assert matches_heap(bottom, defined)
        assert not matches_heap(defined.kind, defined)
        assert not matches_heap(Heap.NOEXTERN, defined)
    assert matches_heap(DEFINED[2], DEFINED[0])
    assert not matches_heap(DEFINED[2], DEFINED[3])


def test_bottom_is_below_everything_and_nothing_below_it() -> None:
    reference = ref(BOTTOM_HEAP)
    assert matches_value(None, I32)
    assert matches_value(None, FUNCREF)
    assert not matches_value(I32, None)
    assert matches_value(reference, EXTERNREF)
    assert matches_value(reference, ref(DEFINED[5]))
    assert not matches_value(reference, I32)
    assert not matches_heap(Heap.NONE, BOTTOM_HEAP)
    assert str(BOTTOM_HEAP) == "bot"


def test_null_goes_only_where_null_is_allowed() -> None:
    never_null = ref(Heap.FUNC)
    assert matches_reference(never_null, FUNCREF)
    assert not matches_reference(FUNCREF, never_null)


def test_functions_take_more_and_give_less() -> None:
    narrow = ref(Heap.I31)
    assert matches_function(FunctionType((ANYREF,), (narrow,)), FunctionType((narrow,), (ANYREF,)))
    assert not matches_function(
        FunctionType((narrow,), (narrow,)), FunctionType((ANYREF,), (narrow,))
    )
    assert not matches_function(FunctionType((I32,)), FunctionType())


def test_mutable_fields_must_be_the_same() -> None:
    narrow, wide = FieldType(FUNCREF, mutable=True), FieldType(FUNCREF, mutable=False)
    lower = FieldType(ref(Heap.FUNC), mutable=True)
    assert not matches_field(lower, narrow)
    assert not matches_field(narrow, wide)
    assert matches_field(FieldType(lower.storage), wide)
    assert not matches_field(FieldType(PackedType.I8), FieldType(I32))


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (Limits(2, 3), Limits(1, 4), True),
        (Limits(2, 3), Limits(1), True),
        (Limits(2), Limits(1, 4), False),
        (Limits(0, 3), Limits(1, 4), False),
        (Limits(2, 5), Limits(1, 4), False),
        (Limits(2, 3, is_64=True), Limits(1, 4), False),
    ],
)
def test_limits(lower: Limits, upper: Limits, expected: bool) -> None:
    assert matches_limits(lower, upper) is expected


def test_imports_match_by_kind() -> None:
    plain, other = define_function(FunctionType()), define_function(FunctionType((I32,)))
    lower, upper = DEFINED[6], DEFINED[5]
    assert matches_extern(ExternKind.FUNCTION, lower, upper)
    assert not matches_extern(ExternKind.FUNCTION, upper, lower)
    assert not matches_extern(ExternKind.TAG, lower, upper)
    assert matches_extern(ExternKind.TAG, plain, plain)
    assert not matches_extern(ExternKind.FUNCTION, plain, other)
    memory = MemoryType(Limits(1, 2), shared=True)
    assert matches_extern(ExternKind.MEMORY, memory, memory)
    assert not matches_extern(ExternKind.MEMORY, memory, MemoryType(Limits(1, 2)))
    assert not matches_extern(
        ExternKind.MEMORY, MemoryType(Limits(1)), MemoryType(Limits(1), page_size_log2=0)
    )
    table = TableType(FUNCREF, Limits(1))
    assert matches_extern(ExternKind.TABLE, table, TableType(FUNCREF, Limits(0)))
    assert not matches_extern(ExternKind.TABLE, table, TableType(EXTERNREF, Limits(0)))
    assert matches_extern(ExternKind.GLOBAL, GlobalType(I32), GlobalType(I32))
    assert not matches_extern(ExternKind.GLOBAL, GlobalType(I32), GlobalType(I32, mutable=True))
    assert not matches_extern(
        ExternKind.GLOBAL,
        GlobalType(ref(Heap.FUNC), mutable=True),
        GlobalType(FUNCREF, mutable=True),
    )
    with pytest.raises(EngineBug, match="not both the type of a table"):
        matches_extern(ExternKind.TABLE, table, memory)


def test_what_a_failed_cast_leaves() -> None:
    assert difference(ANYREF, null(Heap.I31)) == ref(Heap.ANY)
    assert difference(ANYREF, ref(Heap.I31)) == ANYREF


def test_only_references_that_cannot_be_null_have_no_default() -> None:
    assert is_defaultable(I32)
    assert is_defaultable(PackedType.I8)
    assert is_defaultable(FUNCREF)
    assert not is_defaultable(ref(Heap.FUNC))


def test_tops() -> None:
    assert top_of(Heap.NOEXN) is Heap.EXN
    assert top_of(Heap.ARRAY) is Heap.ANY
    assert top_of(DEFINED[5]) is Heap.FUNC
    assert top_of(BOTTOM_HEAP) is BOTTOM_HEAP
    with pytest.raises(EngineBug, match="not resolved"):
        top_of(3)
