"""Conversions between number types (specification, "Conversions").

Pure functions, named by their mnemonic. An integer is unsigned; a float is as ``float.py`` says.
"""

from __future__ import annotations

from pywasm_rt.engine.float_bits import f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits
from pywasm_rt.engine.reference.float import round_to_f32
from pywasm_rt.engine.reference.integer import (
    MASK_32,
    MASK_64,
    SIGN_32,
    SIGN_64,
    signed_32,
    signed_64,
)
from pywasm_rt.errors import Trap, TrapCode

__all__ = [
    "f32_convert_i32_s",
    "f32_convert_i32_u",
    "f32_convert_i64_s",
    "f32_convert_i64_u",
    "f32_demote_f64",
    "f32_reinterpret_i32",
    "f64_convert_i32_s",
    "f64_convert_i32_u",
    "f64_convert_i64_s",
    "f64_convert_i64_u",
    "f64_promote_f32",
    "f64_reinterpret_i64",
    "i32_reinterpret_f32",
    "i32_trunc_f32_s",
    "i32_trunc_f32_u",
    "i32_trunc_f64_s",
    "i32_trunc_f64_u",
    "i32_trunc_sat_f32_s",
    "i32_trunc_sat_f32_u",
    "i32_trunc_sat_f64_s",
    "i32_trunc_sat_f64_u",
    "i32_wrap_i64",
    "i64_extend_i32_s",
    "i64_extend_i32_u",
    "i64_reinterpret_f64",
    "i64_trunc_f32_s",
    "i64_trunc_f32_u",
    "i64_trunc_f64_s",
    "i64_trunc_f64_u",
    "i64_trunc_sat_f32_s",
    "i64_trunc_sat_f32_u",
    "i64_trunc_sat_f64_s",
    "i64_trunc_sat_f64_u",
]


def _truncate(a: float, minimum: int, maximum: int) -> int:
    """``a`` without what is behind the point. Traps if that is not between the bounds.

    Python compares a float with an int exactly, so no bound needs to be a float.
    """
    if minimum - 1 < a < maximum + 1:
        return int(a)
    is_nan = a != a
    raise Trap(TrapCode.INVALID_CONVERSION_TO_INTEGER if is_nan else TrapCode.INTEGER_OVERFLOW)


def _saturate(a: float, minimum: int, maximum: int) -> int:
    """``a`` without what is behind the point, or the nearest bound; 0 for NaN."""
    if minimum < a < maximum:
        return int(a)
    return minimum if a <= minimum else maximum if a >= maximum else 0


def _f32_from_integer(a: int) -> float:
    """The nearest f32, rounded once.

    Beyond 53 bits the way through a float would round twice. There the lowest 12 of 64 bits are
    too small to matter but for "is anything there", which one bit says as well.
    """
    if abs(a) >= 1 << 53:
        a = a >> 12 << 12 | (0x800 if a & 0xFFF else 0)
    return round_to_f32(float(a))


def i32_wrap_i64(a: int) -> int:
    """The lowest 32 bits."""
    return a & MASK_32


def i64_extend_i32_s(a: int) -> int:
    """Sign-extended to 64 bits."""
    return (a ^ SIGN_32) - SIGN_32 & MASK_64


def i64_extend_i32_u(a: int) -> int:
    """Zero-extended to 64 bits."""
    return a


def i32_trunc_f32_s(a: float) -> int:
    """Towards zero, to a signed number. Traps for NaN and what does not fit."""
    return _truncate(a, -SIGN_32, SIGN_32 - 1) & MASK_32


def i32_trunc_sat_f32_s(a: float) -> int:
    """Towards zero, to the nearest that is a signed number; 0 for NaN."""
    return _saturate(a, -SIGN_32, SIGN_32 - 1) & MASK_32


def i32_trunc_f32_u(a: float) -> int:
    """Towards zero, to an unsigned number. Traps for NaN and what does not fit."""
    return _truncate(a, 0, MASK_32)


def i32_trunc_sat_f32_u(a: float) -> int:
    """Towards zero, to the nearest that is an unsigned number; 0 for NaN."""
    return _saturate(a, 0, MASK_32)


def i32_trunc_f64_s(a: float) -> int:
    """Towards zero, to a signed number. Traps for NaN and what does not fit."""
    return _truncate(a, -SIGN_32, SIGN_32 - 1) & MASK_32


def i32_trunc_sat_f64_s(a: float) -> int:
    """Towards zero, to the nearest that is a signed number; 0 for NaN."""
    return _saturate(a, -SIGN_32, SIGN_32 - 1) & MASK_32


def i32_trunc_f64_u(a: float) -> int:
    """Towards zero, to an unsigned number. Traps for NaN and what does not fit."""
    return _truncate(a, 0, MASK_32)


def i32_trunc_sat_f64_u(a: float) -> int:
    """Towards zero, to the nearest that is an unsigned number; 0 for NaN."""
    return _saturate(a, 0, MASK_32)


def i64_trunc_f32_s(a: float) -> int:
    """Towards zero, to a signed number. Traps for NaN and what does not fit."""
    return _truncate(a, -SIGN_64, SIGN_64 - 1) & MASK_64


def i64_trunc_sat_f32_s(a: float) -> int:
    """Towards zero, to the nearest that is a signed number; 0 for NaN."""
    return _saturate(a, -SIGN_64, SIGN_64 - 1) & MASK_64


def i64_trunc_f32_u(a: float) -> int:
    """Towards zero, to an unsigned number. Traps for NaN and what does not fit."""
    return _truncate(a, 0, MASK_64)


def i64_trunc_sat_f32_u(a: float) -> int:
    """Towards zero, to the nearest that is an unsigned number; 0 for NaN."""
    return _saturate(a, 0, MASK_64)


def i64_trunc_f64_s(a: float) -> int:
    """Towards zero, to a signed number. Traps for NaN and what does not fit."""
    return _truncate(a, -SIGN_64, SIGN_64 - 1) & MASK_64


def i64_trunc_sat_f64_s(a: float) -> int:
    """Towards zero, to the nearest that is a signed number; 0 for NaN."""
    return _saturate(a, -SIGN_64, SIGN_64 - 1) & MASK_64


def i64_trunc_f64_u(a: float) -> int:
    """Towards zero, to an unsigned number. Traps for NaN and what does not fit."""
    return _truncate(a, 0, MASK_64)


def i64_trunc_sat_f64_u(a: float) -> int:
    """Towards zero, to the nearest that is an unsigned number; 0 for NaN."""
    return _saturate(a, 0, MASK_64)


def f32_convert_i32_s(a: int) -> float:
    """The float nearest to a signed number."""
    return _f32_from_integer(signed_32(a))


def f32_convert_i32_u(a: int) -> float:
    """The float nearest to an unsigned number."""
    return _f32_from_integer(a)


def f32_convert_i64_s(a: int) -> float:
    """The float nearest to a signed number."""
    return _f32_from_integer(signed_64(a))


def f32_convert_i64_u(a: int) -> float:
    """The float nearest to an unsigned number."""
    return _f32_from_integer(a)


def f64_convert_i32_s(a: int) -> float:
    """The float nearest to a signed number."""
    return float(signed_32(a))


def f64_convert_i32_u(a: int) -> float:
    """The float nearest to an unsigned number."""
    return float(a)


def f64_convert_i64_s(a: int) -> float:
    """The float nearest to a signed number."""
    return float(signed_64(a))


def f64_convert_i64_u(a: int) -> float:
    """The float nearest to an unsigned number."""
    return float(a)


def f32_demote_f64(a: float) -> float:
    """The nearest f32; a NaN keeps its topmost payload bits."""
    return round_to_f32(a * 1.0)


def f64_promote_f32(a: float) -> float:
    """The same number; a NaN becomes quiet."""
    return a * 1.0


def i32_reinterpret_f32(a: float) -> int:
    """The bits of the float."""
    return f32_to_bits(a)


def i64_reinterpret_f64(a: float) -> int:
    """The bits of the float."""
    return f64_to_bits(a)


def f32_reinterpret_i32(a: int) -> float:
    """The float with these bits."""
    return f32_from_bits(a)


def f64_reinterpret_i64(a: int) -> float:
    """The float with these bits."""
    return f64_from_bits(a)
