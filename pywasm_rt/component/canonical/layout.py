"""How values lie in linear memory and in core parameters (canonical ABI, "Alignment", "Element
Size", "Flattening").

Pointers and lengths are as wide as the addresses of the memory that they are for: ``address`` is
``i32``, or ``i64`` for a 64-bit memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pywasm_rt.component.types import (
    BorrowType,
    EnumType,
    FlagsType,
    FutureType,
    ListType,
    MapType,
    OptionType,
    OwnType,
    PrimitiveType,
    RecordType,
    ResultType,
    StreamType,
    TupleType,
    ValueType,
    VariantType,
)
from pywasm_rt.wasm.types import F32, F64, I32, I64, NumberType

__all__ = [
    "MAX_FLAT_ASYNC_PARAMETERS",
    "MAX_FLAT_PARAMETERS",
    "MAX_FLAT_RESULTS",
    "Layout",
    "VariantLayout",
    "align_to",
    "cases_of",
    "discriminant_size",
    "fields_of",
    "join",
    "layout_of",
    "layout_of_fields",
    "variant_layout",
]

MAX_FLAT_PARAMETERS = 16
MAX_FLAT_ASYNC_PARAMETERS = 4
MAX_FLAT_RESULTS = 1


@dataclass(frozen=True, slots=True)
class Layout:
    """Alignment and size in bytes, and the core types that a value flattens to.

    ``flat`` is None where there are more than :data:`MAX_FLAT_PARAMETERS` of them: such a value
    never travels flat, so nobody needs the list.
    """

    alignment: int
    size: int
    flat: tuple[NumberType, ...] | None


@dataclass(frozen=True, slots=True)
class VariantLayout:
    """What a variant adds to its :class:`Layout`: widths and places in bytes."""

    discriminant_size: int
    payload_offset: int


_PRIMITIVES: dict[PrimitiveType, Layout] = {
    PrimitiveType.BOOL: Layout(1, 1, (I32,)),
    PrimitiveType.S8: Layout(1, 1, (I32,)),
    PrimitiveType.U8: Layout(1, 1, (I32,)),
    PrimitiveType.S16: Layout(2, 2, (I32,)),
    PrimitiveType.U16: Layout(2, 2, (I32,)),
    PrimitiveType.S32: Layout(4, 4, (I32,)),
    PrimitiveType.U32: Layout(4, 4, (I32,)),
    PrimitiveType.S64: Layout(8, 8, (I64,)),
    PrimitiveType.U64: Layout(8, 8, (I64,)),
    PrimitiveType.F32: Layout(4, 4, (F32,)),
    PrimitiveType.F64: Layout(8, 8, (F64,)),
    PrimitiveType.CHAR: Layout(4, 4, (I32,)),
    PrimitiveType.ERROR_CONTEXT: Layout(4, 4, (I32,)),
}

_POINTER_AND_LENGTH = {I32: Layout(4, 8, (I32, I32)), I64: Layout(8, 16, (I64, I64))}
_HANDLE = Layout(4, 4, (I32,))


def align_to(address: int, alignment: int) -> int:
    """The next multiple of ``alignment`` (a power of two) at or above ``address``."""
    return (address + alignment - 1) & -alignment


def fields_of(type: RecordType | TupleType) -> tuple[ValueType, ...]:
    """The types of a record's fields or a tuple's elements."""
    if isinstance(type, TupleType):
        return type.elements
    return tuple(field for _, field in type.fields)


def cases_of(
    type: VariantType | EnumType | OptionType | ResultType,
) -> tuple[ValueType | None, ...]:
    """The payload types of a variant and of the types that are short for one."""
    if isinstance(type, VariantType):
        return tuple(payload for _, payload in type.cases)
    if isinstance(type, OptionType):
        return (None, type.payload)
    if isinstance(type, ResultType):
        return (type.ok, type.error)
    return (None,) * len(type.cases)


def discriminant_size(case_count: int) -> int:
    """Bytes of a discriminant for that many cases: 1, 2 or 4."""
    if case_count <= 1 << 8:
        return 1
    return 2 if case_count <= 1 << 16 else 4


def join(left: NumberType, right: NumberType) -> NumberType:
    """The core type that holds either: the slot of two cases' payloads."""
    if left is right:
        return left
    if {left, right} == {I32, F32}:
        return I32
    return I64


@lru_cache(maxsize=4096)
def layout_of(type: ValueType, address: NumberType = I32) -> Layout:
    """The layout of one value."""
    if type is PrimitiveType.STRING:
        return _POINTER_AND_LENGTH[address]
    if isinstance(type, PrimitiveType):
        return _PRIMITIVES[type]
    if isinstance(type, ListType) and type.length is not None:
        return _fixed_list(type.element, type.length, address)
    if isinstance(type, ListType | MapType):
        return _POINTER_AND_LENGTH[address]
    if isinstance(type, RecordType | TupleType):
        return layout_of_fields(fields_of(type), address)
    if isinstance(type, VariantType | EnumType | OptionType | ResultType):
        return _variant(cases_of(type), address)
    if isinstance(type, FlagsType):
        size = discriminant_size(1 << len(type.labels))
        return Layout(size, size, (I32,))
    assert isinstance(type, OwnType | BorrowType | StreamType | FutureType)
    return _HANDLE


def layout_of_fields(types: Iterable[ValueType], address: NumberType = I32) -> Layout:
    """The layout of a record with fields of these types (the size may be 0 for none)."""
    alignment, size = 1, 0
    flat: tuple[NumberType, ...] | None = ()
    for type in types:
        field = layout_of(type, address)
        alignment = max(alignment, field.alignment)
        size = align_to(size, field.alignment) + field.size
        flat = None if flat is None or field.flat is None else _bounded(flat + field.flat)
    return Layout(alignment, align_to(size, alignment), flat)


def variant_layout(cases: Sequence[ValueType | None], address: NumberType = I32) -> VariantLayout:
    """Where a variant's payload begins, and how wide its discriminant is."""
    width = discriminant_size(len(cases))
    layouts = [layout_of(case, address) for case in cases if case is not None]
    alignment = max((it.alignment for it in layouts), default=1)
    return VariantLayout(width, align_to(width, alignment))


def _variant(cases: Sequence[ValueType | None], address: NumberType) -> Layout:
    width = discriminant_size(len(cases))
    alignment, payload_size = 1, 0
    slots: list[NumberType] | None = []
    for case in cases:
        if case is None:
            continue
        layout = layout_of(case, address)
        alignment = max(alignment, layout.alignment)
        payload_size = max(payload_size, layout.size)
        if slots is None or layout.flat is None:
            slots = None
            continue
        for index, core in enumerate(layout.flat):
            if index < len(slots):
                slots[index] = join(slots[index], core)
            else:
                slots.append(core)
    whole = max(width, alignment)
    size = align_to(align_to(width, alignment) + payload_size, whole)
    return Layout(whole, size, None if slots is None else _bounded((I32, *slots)))


def _fixed_list(type: ValueType, length: int, address: NumberType) -> Layout:
    element = layout_of(type, address)
    flat = None
    if element.flat is not None and length * len(element.flat) <= MAX_FLAT_PARAMETERS:
        flat = element.flat * length
    return Layout(element.alignment, element.size * length, flat)


def _bounded(flat: tuple[NumberType, ...]) -> tuple[NumberType, ...] | None:
    return flat if len(flat) <= MAX_FLAT_PARAMETERS else None
