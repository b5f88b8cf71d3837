"""Values as they cross the interface (see ``engine/interface.py``), to slots and back.

A value lies in one slot of 64 bits, a vector in two. What comes in from the host is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from pywasm_rt.engine.float_bits import f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits
from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.domain import Domain
from pywasm_rt.engine.native.reference import reference_from, to_reference, unpin
from pywasm_rt.engine.native.types import type_code
from pywasm_rt.wasm.types import (
    F32,
    F64,
    I32,
    I64,
    V128,
    FunctionType,
    NumberType,
    ReferenceType,
    ValueType,
    VectorType,
)

__all__ = [
    "Layout",
    "layout_of",
    "read_value",
    "read_values",
    "slots_of",
    "write_results",
    "write_value",
    "write_values",
]

_BITS: dict[NumberType | VectorType, int] = {I32: 32, I64: 64, V128: 128}
_MASK_64 = (1 << 64) - 1


def slots_of(type: ValueType) -> int:
    """How many slots a value takes."""
    return 2 if type is V128 else 1


def read_value(type: ValueType, slots: Any, index: int, domain: Domain) -> object:
    """The value at an index of an array of slots."""
    word = slots[index]
    if type is I32 or type is I64:
        return word
    if type is F64:
        return f64_from_bits(word)
    if type is F32:
        return f32_from_bits(word)
    if type is V128:
        return word | slots[index + 1] << 64
    if not word:
        return None
    described = ffi.new("wr_reference *")
    lib.wr_api_describe(word, type_code(type), described)
    return to_reference(domain, described)


def read_values(types: Sequence[ValueType], slots: Any, index: int, domain: Domain) -> list[object]:
    """Values that lie one behind the other."""
    values = []
    for type in types:
        values.append(read_value(type, slots, index, domain))
        index += slots_of(type)
    return values


def write_value(type: ValueType, slots: Any, index: int, value: object, domain: Domain) -> None:
    """Put a Python value where a guest finds it.

    Raises TypeError if it is none of the type: of another kind, or an integer that does not fit.
    """
    if isinstance(type, ReferenceType):
        found = reference_from(domain, type, value)
        if found is None:
            _refuse(type, value)
        slots[index] = found[0]
        unpin(*found)
    elif type is F64 or type is F32:
        slots[index] = _float_bits(type, value)
    else:
        bits = _BITS[type]
        if not isinstance(value, int) or not -(1 << bits - 1) <= value < 1 << bits:
            _refuse(type, value)
        number = int(value) & (1 << bits) - 1
        slots[index] = number & _MASK_64
        if type is V128:
            slots[index + 1] = number >> 64


def _float_bits(type: ValueType, value: object) -> int:
    if not isinstance(value, int | float):
        _refuse(type, value)
    try:
        number = float(value)
    except OverflowError:
        _refuse(type, value)
    if type is F64:
        return f64_to_bits(number)
    try:
        return f32_to_bits(number)
    except OverflowError:
        return 0xFF800000 if number < 0 else 0x7F800000


def _refuse(type: ValueType, value: object) -> NoReturn:
    raise TypeError(f"{value!r:.80} is no {type}")


def write_values(
    types: Sequence[ValueType],
    slots: Any,
    index: int,
    values: Sequence[object],
    domain: Domain,
    what: object,
) -> None:
    """Put several values, e.g. arguments; ``what`` is whose they are, for errors.

    Raises TypeError for a wrong number or a wrong value.
    """
    if len(types) != len(values):
        raise TypeError(f"{what!r}: {len(types)} values are needed, not {len(values)}")
    for number, (type, value) in enumerate(zip(types, values, strict=True)):
        try:
            write_value(type, slots, index, value, domain)
        except TypeError as error:
            raise TypeError(f"{what!r}, value {number}: {error}") from None
        index += slots_of(type)


def write_results(
    types: Sequence[ValueType], slots: Any, index: int, result: object, domain: Domain, what: object
) -> None:
    """Put what a host function ``what`` answered: None for no results, a value for one, a sequence
    for several. Raises TypeError if it does not fit.
    """
    if len(types) == 1:
        write_values(types, slots, index, [result], domain, what)
    elif not types:
        if result is not None and result != ():
            raise TypeError(f"{what!r}: no result is expected, not {result!r:.80}")
    elif isinstance(result, tuple | list):
        write_values(types, slots, index, result, domain, what)
    else:
        raise TypeError(
            f"{what!r}: a tuple of {len(types)} results is expected, not {result!r:.80}"
        )


class Layout(NamedTuple):
    """A function type, and how many slots its parameters and results take."""

    type: FunctionType
    parameter_slots: int
    result_slots: int


_layouts: dict[int, Layout] = {}


def layout_of(number: int, resolve: Callable[[int], FunctionType]) -> Layout:
    """The layout of the defined type with this number, a function type."""
    layout = _layouts.get(number)
    if layout is None:
        type = resolve(number)
        layout = Layout(type, sum(map(slots_of, type.parameters)), sum(map(slots_of, type.results)))
        _layouts[number] = layout
    return layout
