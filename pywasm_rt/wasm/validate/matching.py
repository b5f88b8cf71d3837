"""Which types match which: subtyping of the specification (section "Validation / Matching").

All functions take resolved types (heap types are never indices) and answer ``lower <= upper``. The
operand type None is the bottom type, which matches everything.
"""

from __future__ import annotations

from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.types import (
    AbstractHeapType,
    ArrayType,
    CompositeType,
    ExternKind,
    FieldType,
    FunctionType,
    GlobalType,
    HeapType,
    Limits,
    MemoryType,
    ReferenceType,
    StorageType,
    StructType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate.context import ExternTypeResolved
from pywasm_rt.wasm.validate.defined_type import BOTTOM_HEAP, DefinedType

__all__ = [
    "difference",
    "is_defaultable",
    "matches_composite",
    "matches_extern",
    "matches_field",
    "matches_function",
    "matches_global",
    "matches_heap",
    "matches_limits",
    "matches_memory",
    "matches_reference",
    "matches_results",
    "matches_storage",
    "matches_table",
    "matches_value",
    "top_of",
]

_ABOVE: dict[AbstractHeapType, frozenset[AbstractHeapType]] = {
    AbstractHeapType(below): frozenset(map(AbstractHeapType, [below, *above.split()]))
    for below, above in {
        "any": "",
        "eq": "any",
        "i31": "eq any",
        "struct": "eq any",
        "array": "eq any",
        "none": "i31 struct array eq any",
        "func": "",
        "nofunc": "func",
        "extern": "",
        "noextern": "extern",
        "exn": "",
        "noexn": "exn",
    }.items()
}

_TOPS = (
    AbstractHeapType.ANY,
    AbstractHeapType.FUNC,
    AbstractHeapType.EXTERN,
    AbstractHeapType.EXN,
)
_BOTTOMS = {
    AbstractHeapType.FUNC: AbstractHeapType.NOFUNC,
    AbstractHeapType.STRUCT: AbstractHeapType.NONE,
    AbstractHeapType.ARRAY: AbstractHeapType.NONE,
}


def matches_heap(lower: HeapType, upper: HeapType) -> bool:
    """Whether one heap type matches another."""
    if lower is upper or lower is BOTTOM_HEAP:
        return True
    if isinstance(upper, DefinedType):
        if isinstance(lower, DefinedType):
            return lower.is_subtype_of(upper)
        return lower is _BOTTOMS[upper.kind]
    above = lower.kind if isinstance(lower, DefinedType) else lower
    return isinstance(above, AbstractHeapType) and upper in _ABOVE[above]


def matches_reference(lower: ReferenceType, upper: ReferenceType) -> bool:
    """Whether one reference type matches another: null only where null is allowed."""
    return (upper.nullable or not lower.nullable) and matches_heap(lower.heap, upper.heap)


def matches_value(lower: ValueType | None, upper: ValueType | None) -> bool:
    """Whether one value type matches another; None is the bottom type, below all others."""
    if lower is upper or lower is None:
        return True
    if isinstance(lower, ReferenceType) and isinstance(upper, ReferenceType):
        return matches_reference(lower, upper)
    return False


def matches_results(lower: tuple[ValueType, ...], upper: tuple[ValueType, ...]) -> bool:
    """Whether one result type (a sequence of value types) matches another, place by place."""
    return len(lower) == len(upper) and all(map(matches_value, lower, upper))


def matches_function(lower: FunctionType, upper: FunctionType) -> bool:
    """Whether one function type matches another: parameters the other way round, results alike."""
    return matches_results(upper.parameters, lower.parameters) and matches_results(
        lower.results, upper.results
    )


def matches_storage(lower: StorageType, upper: StorageType) -> bool:
    """Whether the content of one field matches that of another."""
    if isinstance(lower, ReferenceType) and isinstance(upper, ReferenceType):
        return matches_reference(lower, upper)
    return lower is upper


def matches_field(lower: FieldType, upper: FieldType) -> bool:
    """Whether one field type matches another; mutable ones only if each matches the other."""
    if lower.mutable is not upper.mutable or not matches_storage(lower.storage, upper.storage):
        return False
    return not lower.mutable or matches_storage(upper.storage, lower.storage)


def matches_composite(lower: CompositeType, upper: CompositeType) -> bool:
    """Whether one composite type matches another; a structure may have more fields behind."""
    if isinstance(lower, FunctionType) and isinstance(upper, FunctionType):
        return matches_function(lower, upper)
    if isinstance(lower, StructType) and isinstance(upper, StructType):
        return len(lower.fields) >= len(upper.fields) and all(
            map(matches_field, lower.fields, upper.fields)
        )
    if isinstance(lower, ArrayType) and isinstance(upper, ArrayType):
        return matches_field(lower.field, upper.field)
    return False


def matches_limits(lower: Limits, upper: Limits) -> bool:
    """Whether limits lie within others: at least the minimum, at most the maximum if any."""
    if lower.is_64 is not upper.is_64 or lower.minimum < upper.minimum:
        return False
    return upper.maximum is None or (lower.maximum is not None and lower.maximum <= upper.maximum)


def matches_table(lower: TableType, upper: TableType) -> bool:
    """Whether one table type matches another; element types must be the same."""
    return (
        matches_limits(lower.limits, upper.limits)
        and lower.shared is upper.shared
        and matches_reference(lower.element, upper.element)
        and matches_reference(upper.element, lower.element)
    )


def matches_memory(lower: MemoryType, upper: MemoryType) -> bool:
    """Whether one memory type matches another; page sizes and sharing must be the same."""
    return (
        matches_limits(lower.limits, upper.limits)
        and lower.shared is upper.shared
        and lower.page_size_log2 == upper.page_size_log2
    )


def matches_global(lower: GlobalType, upper: GlobalType) -> bool:
    """Whether one global type matches another; mutable ones only if each matches the other."""
    if lower.mutable is not upper.mutable or not matches_value(lower.value, upper.value):
        return False
    return not lower.mutable or matches_value(upper.value, lower.value)


def matches_extern(kind: ExternKind, lower: ExternTypeResolved, upper: ExternTypeResolved) -> bool:
    """Whether something of type ``lower`` may be imported as ``upper``; both are of one kind.

    Functions match by subtyping, tags only if their types are the same.
    """
    match lower, upper:
        case DefinedType(), DefinedType():
            return lower is upper if kind is ExternKind.TAG else lower.is_subtype_of(upper)
        case TableType(), TableType():
            return matches_table(lower, upper)
        case MemoryType(), MemoryType():
            return matches_memory(lower, upper)
        case GlobalType(), GlobalType():
            return matches_global(lower, upper)
    raise EngineBug(f"{lower} and {upper} are not both the type of a {kind.keyword}")


def difference(first: ReferenceType, second: ReferenceType) -> ReferenceType:
    """What remains of the first type when a cast to the second failed: not null if the second
    would have taken null.
    """
    return ReferenceType(nullable=False, heap=first.heap) if second.nullable else first


def is_defaultable(type: StorageType) -> bool:
    """Whether the type has a default value: all but references that cannot be null."""
    return not isinstance(type, ReferenceType) or type.nullable


def top_of(heap: HeapType) -> HeapType:
    """The top of the hierarchy that a heap type belongs to (``any func extern exn``)."""
    if heap is BOTTOM_HEAP:
        return heap
    above = heap.kind if isinstance(heap, DefinedType) else heap
    if isinstance(above, AbstractHeapType):
        for top in _TOPS:
            if top in _ABOVE[above]:
                return top
    raise EngineBug(f"heap type {heap} is not resolved")
