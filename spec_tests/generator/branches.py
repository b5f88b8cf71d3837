"""Branches and whatever else leaves the straight line: to labels, to handlers, to the caller."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.wasm.instructions import Row
from pywasm_rt.wasm.types import I32, AbstractHeapType, FunctionType, ReferenceType, ValueType
from spec_tests.generator.shape import Label, Operand, Place, Signature

__all__ = ["BRANCH_RECIPES"]

_EXCEPTION = ReferenceType(nullable=True, heap=AbstractHeapType.EXN)


def _operands(*types: ValueType) -> tuple[Operand, ...]:
    return tuple(map(Operand, types))


def _types(place: Place, depth: int) -> tuple[ValueType, ...]:
    return place.labels[-1 - depth].types


def _any_label(_: Label) -> bool:
    return True


def _br(place: Place, _: Row) -> Signature | None:
    depth = place.label(_any_label)
    return None if depth is None else Signature((depth,), _operands(*_types(place, depth)), None)


def _br_if(place: Place, _: Row) -> Signature | None:
    depth = place.label(_any_label)
    if depth is None:
        return None
    types = _types(place, depth)
    return Signature((depth,), _operands(*types, I32), types)


def _br_table(place: Place, _: Row) -> Signature | None:
    default = place.label(_any_label)
    if default is None:
        return None
    types = _types(place, default)

    def fits(label: Label) -> bool:
        return place.shape.types.matches_all(types, label.types)

    depths = [place.label(fits) for _ in range(place.random.randrange(5))]
    return Signature((tuple(depths), default), _operands(*types, I32), None)


def _ends_in_reference(label: Label) -> bool:
    return bool(label.types) and isinstance(label.types[-1], ReferenceType)


def _last_reference(place: Place, depth: int) -> ReferenceType:
    last = _types(place, depth)[-1]
    assert isinstance(last, ReferenceType)
    return last


def _br_on_null(place: Place, _: Row) -> Signature | None:
    depth = place.label(_any_label)
    if depth is None:
        return None
    types, heap = _types(place, depth), place.shape.types.heap_type()
    nullable, certain = (ReferenceType(nullable=n, heap=heap) for n in (True, False))
    return Signature((depth,), _operands(*types, nullable), (*types, certain))


def _br_on_non_null(place: Place, _: Row) -> Signature | None:
    depth = place.label(_ends_in_reference)
    if depth is None:
        return None
    before = _types(place, depth)[:-1]
    tested = ReferenceType(nullable=True, heap=_last_reference(place, depth).heap)
    return Signature((depth,), _operands(*before, tested), before)


def _difference(source: ReferenceType, target: ReferenceType) -> ReferenceType:
    return ReferenceType(source.nullable and not target.nullable, source.heap)


def _br_on_cast(place: Place, _: Row) -> Signature | None:
    depth = place.label(_ends_in_reference)
    if depth is None:
        return None
    types = place.shape.types
    carried = _last_reference(place, depth)
    nullable = carried.nullable and place.random.random() < 0.5
    target = ReferenceType(nullable, types.subtype_of(carried.heap))
    source = ReferenceType(nullable=True, heap=types.top(carried.heap))
    before = _types(place, depth)[:-1]
    takes = _operands(*before, source)
    return Signature((depth, source, target), takes, (*before, _difference(source, target)))


def _br_on_cast_fail(place: Place, _: Row) -> Signature | None:
    depth = place.label(_ends_in_reference)
    if depth is None:
        return None
    types = place.shape.types
    carried = _last_reference(place, depth)
    # A null goes the way of the target where that may be null.
    nullable = not carried.nullable or place.random.random() < 0.5
    source = ReferenceType(nullable=True, heap=types.subtype_of(carried.heap))
    target = ReferenceType(nullable, types.subtype_of(source.heap))
    before = _types(place, depth)[:-1]
    return Signature((depth, source, target), _operands(*before, source), (*before, target))


# To handlers


def _throw(place: Place, _: Row) -> Signature | None:
    index = place.shape.index(place.shape.tags)
    if index is None:
        return None
    types = place.shape.types.signature(place.shape.tags[index]).parameters
    return Signature((index,), _operands(*types), None)


def _throw_ref(_: Place, __: Row) -> Signature:
    return Signature((), _operands(_EXCEPTION), None)


def _rethrow(place: Place, _: Row) -> Signature | None:
    depth = place.label(lambda label: label.is_handler)
    return None if depth is None else Signature((depth,), (), None)


def _unreachable(_: Place, __: Row) -> Signature:
    return Signature((), (), None)


# To the caller


def _return(place: Place, _: Row) -> Signature:
    return Signature((), _operands(*place.results), None)


def _is_returned(place: Place) -> Callable[[FunctionType], bool]:
    return lambda type_: place.shape.types.matches_all(type_.results, place.results)


def _return_call(place: Place, _: Row) -> Signature | None:
    fits = _is_returned(place)
    index = place.shape.index(
        place.shape.functions, lambda type_index: fits(place.shape.types.signature(type_index))
    )
    if index is None:
        return None
    return Signature((index,), _operands(*place.shape.signature_of(index).parameters), None)


def _returned_type(place: Place) -> int | None:
    types, fits = place.shape.types, _is_returned(place)
    return place.shape.choose([i for i in types.indices(FunctionType) if fits(types.signature(i))])


def _return_call_indirect(place: Place, _: Row) -> Signature | None:
    types = place.shape.types
    type_index = _returned_type(place)
    table = place.shape.index(
        place.shape.tables,
        lambda table: types.matches_heap(table.element.heap, AbstractHeapType.FUNC),
    )
    if table is None or type_index is None:
        return None
    at = Operand(place.shape.tables[table].limits.address_type, "index")
    parameters = types.signature(type_index).parameters
    return Signature((type_index, table), (*_operands(*parameters), at), None)


def _return_call_ref(place: Place, _: Row) -> Signature | None:
    type_index = _returned_type(place)
    if type_index is None:
        return None
    callee = ReferenceType(nullable=True, heap=type_index)
    parameters = place.shape.types.signature(type_index).parameters
    return Signature((type_index,), _operands(*parameters, callee), None)


BRANCH_RECIPES: dict[str, Callable[[Place, Row], Signature | None]] = {
    "br": _br,
    "br_if": _br_if,
    "br_table": _br_table,
    "br_on_null": _br_on_null,
    "br_on_non_null": _br_on_non_null,
    "br_on_cast": _br_on_cast,
    "br_on_cast_fail": _br_on_cast_fail,
    "throw": _throw,
    "throw_ref": _throw_ref,
    "rethrow": _rethrow,
    "unreachable": _unreachable,
    "return": _return,
    "return_call": _return_call,
    "return_call_indirect": _return_call_indirect,
    "return_call_ref": _return_call_ref,
}
