"""Conversions between vectors of integers and of floats.

Pure functions, named by their mnemonic; each lane is converted as the scalar instruction does.
"""

from __future__ import annotations

from pywasm_rt.engine.float_bits import f32_to_bits, f64_to_bits
from pywasm_rt.engine.reference.conversion import (
    f32_convert_i32_s,
    f32_convert_i32_u,
    f32_demote_f64,
    f64_convert_i32_s,
    f64_convert_i32_u,
    f64_promote_f32,
    i32_trunc_sat_f32_s,
    i32_trunc_sat_f32_u,
    i32_trunc_sat_f64_s,
    i32_trunc_sat_f64_u,
)
from pywasm_rt.engine.reference.vector_float import floats
from pywasm_rt.engine.reference.vector_shape import F32X4, F64X2, I32X4, join, lanes_unsigned

__all__ = [
    "f32x4_convert_i32x4_s",
    "f32x4_convert_i32x4_u",
    "f32x4_demote_f64x2_zero",
    "f64x2_convert_low_i32x4_s",
    "f64x2_convert_low_i32x4_u",
    "f64x2_promote_low_f32x4",
    "i32x4_trunc_sat_f32x4_s",
    "i32x4_trunc_sat_f32x4_u",
    "i32x4_trunc_sat_f64x2_s_zero",
    "i32x4_trunc_sat_f64x2_u_zero",
]


def i32x4_trunc_sat_f32x4_s(a: int) -> int:
    """Each lane as signed integer, saturating; 0 for NaN."""
    return join(I32X4, map(i32_trunc_sat_f32_s, floats(F32X4, a)))


def i32x4_trunc_sat_f64x2_s_zero(a: int) -> int:
    """Both lanes as signed 32-bit integers, saturating; the upper lanes are 0."""
    return join(I32X4, [*map(i32_trunc_sat_f64_s, floats(F64X2, a)), 0, 0])


def f32x4_convert_i32x4_s(a: int) -> int:
    """Each signed integer as the nearest f32."""
    return join(F32X4, [f32_to_bits(f32_convert_i32_s(x)) for x in lanes_unsigned(I32X4, a)])


def f64x2_convert_low_i32x4_s(a: int) -> int:
    """The lower two signed integers as f64."""
    return join(F64X2, [f64_to_bits(f64_convert_i32_s(x)) for x in lanes_unsigned(I32X4, a)[:2]])


def i32x4_trunc_sat_f32x4_u(a: int) -> int:
    """Each lane as unsigned integer, saturating; 0 for NaN."""
    return join(I32X4, map(i32_trunc_sat_f32_u, floats(F32X4, a)))


def i32x4_trunc_sat_f64x2_u_zero(a: int) -> int:
    """Both lanes as unsigned 32-bit integers, saturating; the upper lanes are 0."""
    return join(I32X4, [*map(i32_trunc_sat_f64_u, floats(F64X2, a)), 0, 0])


def f32x4_convert_i32x4_u(a: int) -> int:
    """Each unsigned integer as the nearest f32."""
    return join(F32X4, [f32_to_bits(f32_convert_i32_u(x)) for x in lanes_unsigned(I32X4, a)])


def f64x2_convert_low_i32x4_u(a: int) -> int:
    """The lower two unsigned integers as f64."""
    return join(F64X2, [f64_to_bits(f64_convert_i32_u(x)) for x in lanes_unsigned(I32X4, a)[:2]])


def f32x4_demote_f64x2_zero(a: int) -> int:
    """Both lanes rounded to f32; the upper lanes are 0."""
    return join(F32X4, [*[f32_to_bits(f32_demote_f64(x)) for x in floats(F64X2, a)], 0, 0])


def f64x2_promote_low_f32x4(a: int) -> int:
    """The lower two lanes as f64."""
    return join(F64X2, [f64_to_bits(f64_promote_f32(x)) for x in floats(F32X4, a)[:2]])
