"""Values as they cross the interface (see ``engine/interface.py``).

Inside the machine a value is what the interface says, except that an integer is always unsigned and
that a function of the host has been given its defined type. So values go out as they are; what
comes in is checked and brought into this form by :func:`from_host`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, cast

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.engine.reference.float import round_to_f32
from pywasm_rt.engine.reference.function import HostFunctionInstance
from pywasm_rt.engine.reference.heap import matches
from pywasm_rt.wasm.types import (
    F32,
    F64,
    I32,
    I64,
    V128,
    NumberType,
    ReferenceType,
    ValueType,
    VectorType,
)
from pywasm_rt.wasm.validate import define_function

__all__ = ["default_value", "from_host", "from_host_all", "results_from_host"]

_BITS: dict[NumberType | VectorType, int] = {I32: 32, I64: 64, V128: 128}


def default_value(type: ValueType) -> object:
    """What a local variable of this type holds at first: zero, or null."""
    if type is F32 or type is F64:
        return 0.0
    return None if isinstance(type, ReferenceType) else 0


def from_host(type: ValueType, value: object) -> object:
    """A Python value as the machine's value of a (resolved) type.

    Raises TypeError if it is none: of another kind, or an integer that does not fit.
    """
    if isinstance(type, ReferenceType):
        return _reference(type, value)
    if type is F32 or type is F64:
        if not isinstance(value, int | float):
            _refuse(type, value)
        try:
            number = float(value)
        except OverflowError:
            _refuse(type, value)
        # A NaN has its f32 payload already, and must not become quiet.
        return round_to_f32(number) if type is F32 and number == number else number
    bits = _BITS[type]
    if not isinstance(value, int) or not -(1 << bits - 1) <= value < 1 << bits:
        _refuse(type, value)
    return int(value) & (1 << bits) - 1


def _reference(type: ReferenceType, value: object) -> object:
    if isinstance(value, HostFunction):
        value = HostFunctionInstance(define_function(value.type), value)
    fits = type.nullable if value is None else matches(value, type.heap)
    return value if fits else _refuse(type, value)


def _refuse(type: ValueType, value: object) -> NoReturn:
    raise TypeError(f"{value!r:.80} is no {type}")


def from_host_all(
    types: Sequence[ValueType], values: Sequence[object], what: object
) -> list[object]:
    """Several values, e.g. arguments, for ``what``, which a message names.

    Raises TypeError for a wrong number or a wrong value.
    """
    if len(types) != len(values):
        raise TypeError(f"{what!r} needs {len(types)} values, not {len(values)}")
    converted: list[object] = []
    for number, (type, value) in enumerate(zip(types, values, strict=True)):
        try:
            converted.append(from_host(type, value))
        except TypeError as error:
            raise TypeError(f"{what!r}, value {number}: {error}") from None
    return converted


def results_from_host(types: Sequence[ValueType], result: object, what: object) -> list[object]:
    """What a host function answered, as its results: None for no results, a value for one, a
    sequence for several. Raises TypeError if it does not fit.
    """
    if len(types) == 1:
        return from_host_all(types, [result], what)
    if not types:
        if result is None or result == ():
            return []
        raise TypeError(f"{what!r} gives nothing, not {result!r:.80}")
    if not isinstance(result, tuple | list):
        raise TypeError(f"{what!r} gives {len(types)} results, not {result!r:.80}")
    return from_host_all(types, cast("Sequence[object]", result), what)
