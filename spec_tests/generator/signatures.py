"""From a row of the instruction table to an instruction that is valid at a place.

Rows without a rule of validation say themselves what they take and give. For every rule there is a
function here that chooses immediates which exist and fit; it gives None where the module has
nothing that the instruction could work on.
"""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.wasm.instructions import MemoryArgument, Row
from pywasm_rt.wasm.types import (
    I32,
    V128,
    AbstractHeapType,
    ArrayType,
    FieldType,
    FunctionType,
    Limits,
    PackedType,
    ReferenceType,
    StructType,
    TableType,
    ValueType,
)
from spec_tests.generator.branches import BRANCH_RECIPES
from spec_tests.generator.shape import Operand, Place, Signature
from spec_tests.generator.types import NUMBERS, is_defaultable, unpacked
from spec_tests.generator.values import immediate

__all__ = ["RECIPES", "instantiate"]

Recipe = Callable[[Place, Row], Signature | None]


def instantiate(place: Place, row: Row) -> Signature | None:
    """Immediates for an instruction that make it valid here, and what it then takes and gives.

    None if there are none. Blocks and what divides them are not known here.
    """
    recipe = RECIPES.get(row.rule)
    if recipe is not None:
        return recipe(place, row)
    if row.rule or row.stack is None:
        return None
    values = tuple(immediate(place.random, kind) for kind in row.immediates)
    return Signature(values, tuple(map(Operand, row.stack.takes)), row.stack.gives)


def _operands(*types: ValueType) -> tuple[Operand, ...]:
    return tuple(map(Operand, types))


def _address_of(limits: Limits, hint: str = "address") -> Operand:
    return Operand(limits.address_type, hint)


def _null_or_not(index: int) -> ReferenceType:
    return ReferenceType(nullable=True, heap=index)


def _reference(index: int) -> ReferenceType:
    return ReferenceType(nullable=False, heap=index)


# Memory


def _memory_access(place: Place, row: Row) -> Signature | None:
    memory_index = place.shape.index(place.shape.memories)
    if memory_index is None or row.stack is None:
        return None
    limits = place.shape.memories[memory_index].limits
    natural = row.natural_align_log2
    is_atomic = row.rule == "atomic"
    align = natural if is_atomic else place.random.randint(0, natural)
    offset = place.random.choice((0, 8, 64, 256) if is_atomic else (0, 0, 1, 7, 100, 1000))
    if place.random.random() < 0.02:
        offset = place.random.choice((1, 65535, 1 << 31, (1 << 32) - 1))
    values: list[object] = [MemoryArgument(align, memory_index, offset)]
    if "lane" in row.immediates:
        values.append(place.random.randrange(16 // row.width_bytes))
    address = _address_of(limits, "aligned" if is_atomic else "address")
    takes = (address, *_operands(*row.stack.takes[1:]))
    return Signature(tuple(values), takes, row.stack.gives)


def _lane(place: Place, row: Row) -> Signature | None:
    if row.stack is None:
        return None
    lane = place.random.randrange(16 // row.width_bytes)
    return Signature((lane,), _operands(*row.stack.takes), row.stack.gives)


def _shuffle(place: Place, _: Row) -> Signature:
    lanes = tuple(place.random.randrange(32) for _ in range(16))
    return Signature((lanes,), _operands(V128, V128), (V128,))


def _memory_size(place: Place, row: Row) -> Signature | None:
    index = place.shape.index(place.shape.memories)
    if index is None:
        return None
    limits = place.shape.memories[index].limits
    takes = (_address_of(limits, "length"),) if row.rule == "memory_grow" else ()
    return Signature((index,), takes, (limits.address_type,))


def _memory_fill(place: Place, _: Row) -> Signature | None:
    index = place.shape.index(place.shape.memories)
    if index is None:
        return None
    limits = place.shape.memories[index].limits
    takes = (_address_of(limits), Operand(I32), _address_of(limits, "length"))
    return Signature((index,), takes, ())


def _copied_limits(target: Limits, source: Limits) -> tuple[Operand, ...]:
    length = target if not target.is_64 else source
    return _address_of(target), _address_of(source), _address_of(length, "length")


def _memory_copy(place: Place, _: Row) -> Signature | None:
    memories = place.shape.memories
    target, source = place.shape.index(memories), place.shape.index(memories)
    if target is None or source is None:
        return None
    takes = _copied_limits(memories[target].limits, memories[source].limits)
    return Signature((target, source), takes, ())


def _memory_init(place: Place, _: Row) -> Signature | None:
    memory, data = place.shape.index(place.shape.memories), _data(place)
    if memory is None or data is None:
        return None
    takes = (_address_of(place.shape.memories[memory].limits), *_segment_range())
    return Signature((data, memory), takes, ())


def _segment_range() -> tuple[Operand, Operand]:
    return Operand(I32, "length"), Operand(I32, "length")


def _data(place: Place) -> int | None:
    return place.shape.index(range(place.shape.data_count))


def _data_drop(place: Place, _: Row) -> Signature | None:
    data = _data(place)
    return None if data is None else Signature((data,), (), ())


# Tables


def _table_access(place: Place, row: Row) -> Signature | None:
    index = place.shape.index(place.shape.tables)
    if index is None:
        return None
    table = place.shape.tables[index]
    at, value = _address_of(table.limits, "index"), Operand(table.element)
    length = _address_of(table.limits, "length")
    size = table.limits.address_type
    forms: dict[str, tuple[tuple[Operand, ...], tuple[ValueType, ...]]] = {
        "table_get": ((at,), (table.element,)),
        "table_set": ((at, value), ()),
        "table_size": ((), (size,)),
        "table_grow": ((value, length), (size,)),
        "table_fill": ((at, value, length), ()),
    }
    return Signature((index,), *forms[row.rule])


def _table_copy(place: Place, _: Row) -> Signature | None:
    tables, matches = place.shape.tables, place.shape.types.matches
    target = place.shape.index(tables)
    if target is None:
        return None
    wanted = tables[target].element
    source = place.shape.index(tables, lambda table: matches(table.element, wanted))
    if source is None:
        return None
    takes = _copied_limits(tables[target].limits, tables[source].limits)
    return Signature((target, source), takes, ())


def _table_init(place: Place, _: Row) -> Signature | None:
    table = place.shape.index(place.shape.tables)
    if table is None:
        return None
    wanted = place.shape.tables[table]
    element = _element(place, wanted.element)
    if element is None:
        return None
    takes = (_address_of(wanted.limits, "index"), *_segment_range())
    return Signature((element, table), takes, ())


def _element(place: Place, wanted: ValueType) -> int | None:
    matches = place.shape.types.matches
    return place.shape.index(place.shape.elements, lambda found: matches(found, wanted))


def _elem_drop(place: Place, _: Row) -> Signature | None:
    element = place.shape.index(place.shape.elements)
    return None if element is None else Signature((element,), (), ())


# References


def _ref_null(place: Place, _: Row) -> Signature:
    heap = place.shape.types.heap_type()
    return Signature((heap,), (), (ReferenceType(nullable=True, heap=heap),))


def _ref_is_null(place: Place, _: Row) -> Signature:
    return Signature((), _operands(place.shape.types.reference_type()), (I32,))


def _ref_func(place: Place, _: Row) -> Signature | None:
    index = place.shape.index(place.shape.functions)
    if index is None:
        return None
    place.shape.referenced.add(index)
    return Signature((index,), (), (_reference(place.shape.functions[index]),))


def _ref_as_non_null(place: Place, _: Row) -> Signature:
    heap = place.shape.types.heap_type()
    nullable, certain = (ReferenceType(nullable=n, heap=heap) for n in (True, False))
    return Signature((), _operands(nullable), (certain,))


def _ref_test(place: Place, row: Row) -> Signature:
    types = place.shape.types
    target = types.reference_type()
    source = ReferenceType(nullable=True, heap=types.top(target.heap))
    gives = I32 if row.rule == "ref_test" else target
    return Signature((target,), _operands(source), (gives,))


def _convert(source: AbstractHeapType, target: AbstractHeapType) -> Recipe:
    def recipe(place: Place, _: Row) -> Signature:
        nullable = place.random.random() < 0.7
        before, after = (ReferenceType(nullable, heap) for heap in (source, target))
        return Signature((), _operands(before), (after,))

    return recipe


# Structures and arrays


def _struct_new(place: Place, row: Row) -> Signature | None:
    types = place.shape.types
    default = row.rule == "struct_new_default"
    index = place.shape.choose(
        [
            index
            for index in types.indices(StructType)
            if not default or all(is_defaultable(item.storage) for item in types.fields(index))
        ]
    )
    if index is None:
        return None
    fields = () if default else tuple(unpacked(item.storage) for item in types.fields(index))
    return Signature((index,), _operands(*fields), (_reference(index),))


def _field(place: Place, fits: Callable[[FieldType], bool]) -> tuple[int, int] | None:
    types = place.shape.types
    return place.shape.choose(
        [
            (index, number)
            for index in types.indices(StructType)
            for number, item in enumerate(types.fields(index))
            if fits(item)
        ]
    )


def _is_packed(item: FieldType) -> bool:
    return isinstance(item.storage, PackedType)


def _is_mutable(item: FieldType) -> bool:
    return item.mutable


def _struct_get(place: Place, row: Row) -> Signature | None:
    packed = row.rule == "struct_get_packed"
    found = _field(place, lambda item: _is_packed(item) is packed)
    if found is None:
        return None
    item = place.shape.types.fields(found[0])[found[1]]
    return Signature(found, _operands(_null_or_not(found[0])), (unpacked(item.storage),))


def _struct_set(place: Place, _: Row) -> Signature | None:
    found = _field(place, _is_mutable)
    if found is None:
        return None
    item = place.shape.types.fields(found[0])[found[1]]
    return Signature(found, _operands(_null_or_not(found[0]), unpacked(item.storage)), ())


def _array(place: Place, fits: Callable[[FieldType], bool] = lambda _: True) -> int | None:
    types = place.shape.types
    return place.shape.choose([i for i in types.indices(ArrayType) if fits(types.element(i))])


def _array_new(place: Place, row: Row) -> Signature | None:
    default = row.rule == "array_new_default"
    index = _array(place, lambda item: not default or is_defaultable(item.storage))
    if index is None:
        return None
    value = Operand(unpacked(place.shape.types.element(index).storage))
    length = Operand(I32, "length")
    gives = (_reference(index),)
    if row.rule == "array_new_fixed":
        count = place.random.randrange(5)
        return Signature((index, count), (value,) * count, gives)
    return Signature((index,), (length,) if default else (value, length), gives)


def _has_bits(item: FieldType) -> bool:
    return not isinstance(item.storage, ReferenceType)


def _array_from_segment(place: Place, row: Row) -> Signature | None:
    from_data = row.rule in ("array_new_data", "array_init_data")
    is_new = row.rule.startswith("array_new")
    index = _array(place, lambda item: _has_bits(item) is from_data and (is_new or item.mutable))
    if index is None:
        return None
    storage = place.shape.types.element(index).storage
    segment = _data(place) if from_data else _element(place, unpacked(storage))
    if segment is None:
        return None
    if is_new:
        return Signature((index, segment), _segment_range(), (_reference(index),))
    takes = (Operand(_null_or_not(index)), Operand(I32, "index"), *_segment_range())
    return Signature((index, segment), takes, ())


def _array_get(place: Place, row: Row) -> Signature | None:
    packed = row.rule == "array_get_packed"
    index = _array(place, lambda item: _is_packed(item) is packed)
    if index is None:
        return None
    gives = (unpacked(place.shape.types.element(index).storage),)
    return Signature((index,), (Operand(_null_or_not(index)), Operand(I32, "index")), gives)


def _array_set(place: Place, row: Row) -> Signature | None:
    index = _array(place, _is_mutable)
    if index is None:
        return None
    value = Operand(unpacked(place.shape.types.element(index).storage))
    takes = (Operand(_null_or_not(index)), Operand(I32, "index"), value)
    length = (Operand(I32, "length"),) if row.rule == "array_fill" else ()
    return Signature((index,), (*takes, *length), ())


def _array_copy(place: Place, _: Row) -> Signature | None:
    target = _array(place, _is_mutable)
    if target is None:
        return None
    wanted = place.shape.types.element(target).storage

    def fits(item: FieldType) -> bool:
        if isinstance(wanted, PackedType) or isinstance(item.storage, PackedType):
            return item.storage == wanted
        return place.shape.types.matches(item.storage, wanted)

    source = _array(place, fits)
    if source is None:
        return None
    at, length = Operand(I32, "index"), Operand(I32, "length")
    takes = (Operand(_null_or_not(target)), at, Operand(_null_or_not(source)), at, length)
    return Signature((target, source), takes, ())


# Operands of any type, variables, calls


def _drop(place: Place, _: Row) -> Signature:
    return Signature((), _operands(place.shape.types.value_type()), ())


def _select(place: Place, row: Row) -> Signature:
    if row.rule == "select_t":
        type_ = place.shape.types.value_type()
        return Signature(((type_,),), _operands(type_, type_, I32), (type_,))
    type_ = place.random.choice((*NUMBERS, V128))
    return Signature((), _operands(type_, type_, I32), (type_,))


def _local(place: Place, row: Row) -> Signature | None:
    index = place.local(lambda _: True, is_set=row.rule == "local_get")
    if index is None:
        return None
    type_ = place.locals[index]
    takes = () if row.rule == "local_get" else _operands(type_)
    return Signature((index,), takes, () if row.rule == "local_set" else (type_,))


def _global_get(place: Place, _: Row) -> Signature | None:
    index = place.shape.index(place.shape.globals)
    return None if index is None else Signature((index,), (), (place.shape.globals[index].value,))


def _global_set(place: Place, _: Row) -> Signature | None:
    index = place.shape.index(place.shape.globals, lambda item: item.mutable)
    if index is None:
        return None
    return Signature((index,), _operands(place.shape.globals[index].value), ())


def _call(place: Place, _: Row) -> Signature | None:
    index = callee(place)
    if index is None:
        return None
    type_ = place.shape.signature_of(index)
    return Signature((index,), _operands(*type_.parameters), type_.results)


def callee(place: Place, fits: Callable[[FunctionType], bool] = lambda _: True) -> int | None:
    """A function to call, mostly one that comes before this one, so that most calls end."""
    shape = place.shape
    found = [i for i in range(len(shape.functions)) if fits(shape.signature_of(i))]
    earlier = [index for index in found if index < place.function_index]
    return shape.choose(earlier if earlier and shape.random.random() < 0.9 else found)


def _holds_functions(place: Place) -> Callable[[TableType], bool]:
    types = place.shape.types
    return lambda table: types.matches_heap(table.element.heap, AbstractHeapType.FUNC)


def _call_indirect(place: Place, _: Row) -> Signature | None:
    table = place.shape.index(place.shape.tables, _holds_functions(place))
    type_index = place.shape.choose(place.shape.types.indices(FunctionType))
    if table is None or type_index is None:
        return None
    type_ = place.shape.types.signature(type_index)
    at = _address_of(place.shape.tables[table].limits, "index")
    return Signature((type_index, table), (*_operands(*type_.parameters), at), type_.results)


def _call_ref(place: Place, _: Row) -> Signature | None:
    type_index = place.shape.choose(place.shape.types.indices(FunctionType))
    if type_index is None:
        return None
    type_ = place.shape.types.signature(type_index)
    takes = _operands(*type_.parameters, _null_or_not(type_index))
    return Signature((type_index,), takes, type_.results)


RECIPES: dict[str, Recipe] = {
    **dict.fromkeys(("load", "store", "load_lane", "store_lane", "atomic"), _memory_access),
    "lane": _lane,
    "shuffle": _shuffle,
    **dict.fromkeys(("memory_size", "memory_grow"), _memory_size),
    "memory_fill": _memory_fill,
    "memory_copy": _memory_copy,
    "memory_init": _memory_init,
    "data_drop": _data_drop,
    **dict.fromkeys(
        ("table_get", "table_set", "table_size", "table_grow", "table_fill"), _table_access
    ),
    "table_copy": _table_copy,
    "table_init": _table_init,
    "elem_drop": _elem_drop,
    "ref_null": _ref_null,
    "ref_is_null": _ref_is_null,
    "ref_func": _ref_func,
    "ref_as_non_null": _ref_as_non_null,
    **dict.fromkeys(("ref_test", "ref_cast"), _ref_test),
    "any_convert_extern": _convert(AbstractHeapType.EXTERN, AbstractHeapType.ANY),
    "extern_convert_any": _convert(AbstractHeapType.ANY, AbstractHeapType.EXTERN),
    **dict.fromkeys(("struct_new", "struct_new_default"), _struct_new),
    **dict.fromkeys(("struct_get", "struct_get_packed"), _struct_get),
    "struct_set": _struct_set,
    **dict.fromkeys(("array_new", "array_new_default", "array_new_fixed"), _array_new),
    **dict.fromkeys(
        ("array_new_data", "array_new_elem", "array_init_data", "array_init_elem"),
        _array_from_segment,
    ),
    **dict.fromkeys(("array_get", "array_get_packed"), _array_get),
    **dict.fromkeys(("array_set", "array_fill"), _array_set),
    "array_copy": _array_copy,
    "drop": _drop,
    **dict.fromkeys(("select", "select_t"), _select),
    **dict.fromkeys(("local_get", "local_set", "local_tee"), _local),
    "global_get": _global_get,
    "global_set": _global_set,
    "call": _call,
    "call_indirect": _call_indirect,
    "call_ref": _call_ref,
    **BRANCH_RECIPES,
}
