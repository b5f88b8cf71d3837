"""Ranges of the integer types, and the two floating-point formats, in exact terms."""

from __future__ import annotations

import math
import struct
from decimal import Decimal

from pywasm_rt.component.types import S8, S16, S32, S64, U8, U16, U32, U64, PrimitiveType

__all__ = ["INTEGER_RANGES", "decimal_to_f32", "is_scalar_value", "positional", "round_to_f32"]

INTEGER_RANGES: dict[PrimitiveType, tuple[int, int]] = {
    S8: (-(2**7), 2**7 - 1),
    U8: (0, 2**8 - 1),
    S16: (-(2**15), 2**15 - 1),
    U16: (0, 2**16 - 1),
    S32: (-(2**31), 2**31 - 1),
    U32: (0, 2**32 - 1),
    S64: (-(2**63), 2**63 - 1),
    U64: (0, 2**64 - 1),
}

_F32 = struct.Struct("<f")
_F32_DIGITS = 9
_LARGEST = 2.0**128 - 2.0**104
# From here on a number rounds to infinity.
_OVERFLOW = 2.0**128 - 2.0**103


def is_scalar_value(code: int) -> bool:
    """Whether ``code`` is a Unicode scalar value: what a char can be."""
    return 0 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF


def round_to_f32(value: float) -> float:
    """The f32 nearest to ``value``, infinite beyond the range; NaN stays as it is."""
    if value != value:
        return value
    try:
        rounded: float = _F32.unpack(_F32.pack(value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded


def decimal_to_f32(digits: str) -> float:
    """The f32 nearest to a decimal number.

    Rounding to f64 first and to f32 then goes wrong where the first step lands exactly between
    two f32s; only there the digits themselves decide.
    """
    double = float(digits)
    single = round_to_f32(double)
    if single == double or not math.isfinite(double):
        return single
    if math.isinf(single):
        other, between = math.copysign(_LARGEST, double), abs(double) == _OVERFLOW
    else:
        other = _neighbour(single, double)
        between = single + other == 2 * double
    exact = Decimal(digits) if between else Decimal(double)
    if exact == Decimal(double):
        return single
    return max(single, other) if exact > Decimal(double) else min(single, other)


def _neighbour(single: float, towards: float) -> float:
    """The f32 next to the finite ``single`` in the direction of ``towards``."""
    bits = int.from_bytes(_F32.pack(single), "little")
    if bits & 0x7FFF_FFFF == 0:
        bits = 0x8000_0001 if towards < 0 else 1
    else:
        bits += 1 if abs(towards) > abs(single) else -1
    neighbour: float = _F32.unpack(bits.to_bytes(4, "little"))[0]
    return neighbour


def positional(value: float, *, single: bool = False) -> str:
    """The shortest decimal without exponent that reads as ``value`` (as f32 if ``single``)."""
    if value != value:
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    shortest = _shortest_f32(value) if single else repr(value)
    return f"{Decimal(shortest):f}".removesuffix(".0")


def _shortest_f32(value: float) -> str:
    for digits in range(1, _F32_DIGITS + 1):
        text = f"{value:.{digits}g}"
        if decimal_to_f32(text) == value:
            return text
    return repr(value)
