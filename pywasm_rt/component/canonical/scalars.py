"""Numbers, booleans and characters between Python and the canonical ABI.

``check_*`` takes a Python value of the host's and returns what is stored or passed, or raises
:class:`Mismatch`; ``lift_*`` takes a core value of the guest's and returns the Python value.
"""

from __future__ import annotations

import math
import operator
import struct
import sys
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from pywasm_rt.component.numbers import INTEGER_RANGES, is_scalar_value, round_to_f32
from pywasm_rt.component.types import PrimitiveType
from pywasm_rt.errors import ComponentError, Trap, TrapCode

__all__ = [
    "CHECKS",
    "FORMATS",
    "NAN",
    "Mismatch",
    "bits_of_f32",
    "bits_of_f64",
    "char_of",
    "describe",
    "f32_of_bits",
    "f64_of_bits",
    "pack_numbers",
    "unpack_numbers",
]

NAN = math.nan

FORMATS: dict[PrimitiveType, str] = {
    PrimitiveType.BOOL: "B",
    PrimitiveType.S8: "b",
    PrimitiveType.U8: "B",
    PrimitiveType.S16: "h",
    PrimitiveType.U16: "H",
    PrimitiveType.S32: "i",
    PrimitiveType.U32: "I",
    PrimitiveType.S64: "q",
    PrimitiveType.U64: "Q",
    PrimitiveType.F32: "f",
    PrimitiveType.F64: "d",
    PrimitiveType.CHAR: "I",
}

_F32 = struct.Struct("<f")
_F64 = struct.Struct("<d")
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")


def pack_numbers(letter: str, values: Sequence[int] | Sequence[float]) -> bytes:
    """Numbers side by side, little-endian. Raises TypeError or OverflowError."""
    numbers = array(letter, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpack_numbers(letter: str, data: bytes) -> list[Any]:
    """The numbers that lie side by side in ``data``."""
    numbers: array[Any] = array(letter)
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


class Mismatch(ComponentError):
    """A Python value does not fit its component type; the place is added on the way out."""

    def __init__(self, expected: str, value: object) -> None:
        self.expected = expected
        self.path: list[str] = []
        super().__init__(f"expected {expected}, got {describe(value)}", expected=expected)

    def within(self, part: str) -> Mismatch:
        """Note that the value is part of a greater one: ``.field``, ``[3]``, ``(case)``."""
        self.path.insert(0, part)
        return self

    def __str__(self) -> str:
        place = "".join(self.path)
        return f"{place}: {self.message}" if place else self.message


def describe(value: object) -> str:
    """The value for an error message: its repr, shortened, and its type where that helps."""
    if value is None or isinstance(value, bool):
        return repr(value)
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python prints
        text = "..."
    if len(text) > 60:
        text = text[:57] + "..."
    return f"{text} ({type(value).__name__})"


def bits_of_f32(value: float) -> int:
    """The 32 bits of an f32 that is held in a float."""
    bits: int = _U32.unpack(_F32.pack(value))[0]
    return bits


def bits_of_f64(value: float) -> int:
    """The 64 bits of an f64."""
    bits: int = _U64.unpack(_F64.pack(value))[0]
    return bits


def f32_of_bits(bits: int) -> float:
    """The f32 with these 32 bits."""
    value: float = _F32.unpack(_U32.pack(bits))[0]
    return value


def f64_of_bits(bits: int) -> float:
    """The f64 with these 64 bits."""
    value: float = _F64.unpack(_U64.pack(bits))[0]
    return value


def char_of(code: int) -> str:
    """The character with this code; traps for surrogates and beyond the last code point."""
    if not is_scalar_value(code):
        raise Trap(TrapCode.CANONICAL_ABI, f"invalid `char` bit pattern 0x{code:x}", char=code)
    return chr(code)


def _check_bool(value: object) -> int:
    if value is True:
        return 1
    if value is False:
        return 0
    raise Mismatch("bool", value)


def _integer_check(type: PrimitiveType) -> Callable[[object], int]:
    low, high = INTEGER_RANGES[type]
    name = type.value

    def check(value: object) -> int:
        number = value
        if number.__class__ is not int:
            number = _index(value, name)
        if low <= number <= high:
            return number
        raise Mismatch(f"{name} ({low} to {high})", value)

    return check


def _index(value: object, name: str) -> int:
    """The integer that an int-like object (an ``IntEnum``, numpy's integers) stands for."""
    if isinstance(value, bool):
        raise Mismatch(name, value)
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise Mismatch(name, value) from None


def _float(value: object, name: str) -> float:
    """A float for a float, an integer or a float-like object (numpy's floats)."""
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str | bytes | bytearray | bool) or not hasattr(value, "__float__"):
        raise Mismatch(name, value)
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise Mismatch(name, value) from None


def _check_f64(value: object) -> float:
    number = value if value.__class__ is float else _float(value, "f64")
    return number if number == number else NAN


def _check_f32(value: object) -> float:
    """Round to the nearest f32, to infinity where it is out of range."""
    number: float = value if value.__class__ is float else _float(value, "f32")
    return round_to_f32(number) if number == number else NAN


def _check_char(value: object) -> int:
    if not isinstance(value, str) or len(value) != 1:
        raise Mismatch("char (a string of one character)", value)
    code = ord(value)
    if not is_scalar_value(code):
        raise Mismatch("char (not a surrogate)", value)
    return code


CHECKS: dict[PrimitiveType, Callable[[object], int | float]] = {
    PrimitiveType.BOOL: _check_bool,
    **{type: _integer_check(type) for type in INTEGER_RANGES},
    PrimitiveType.F32: _check_f32,
    PrimitiveType.F64: _check_f64,
    PrimitiveType.CHAR: _check_char,
}
