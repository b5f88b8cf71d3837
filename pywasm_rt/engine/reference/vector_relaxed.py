"""Relaxed vector instructions, with the choices that the specification leaves open made once.

The choices are those of its deterministic profile: whatever has a strict counterpart does the
same, products are rounded before they are added, lanes are selected bit by bit, and the second
factor of a dot product is signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add, mul

from pywasm_rt.engine.reference.vector_convert import (
    i32x4_trunc_sat_f32x4_s,
    i32x4_trunc_sat_f32x4_u,
    i32x4_trunc_sat_f64x2_s_zero,
    i32x4_trunc_sat_f64x2_u_zero,
)
from pywasm_rt.engine.reference.vector_float import (
    f32x4_add,
    f32x4_max,
    f32x4_min,
    f32x4_mul,
    f32x4_neg,
    f64x2_add,
    f64x2_max,
    f64x2_min,
    f64x2_mul,
    f64x2_neg,
)
from pywasm_rt.engine.reference.vector_lane import i8x16_swizzle, v128_bitselect
from pywasm_rt.engine.reference.vector_shape import I8X16, I16X8, I32X4, join, lanes_signed
from pywasm_rt.engine.reference.vector_width import i16x8_q15mulr_sat_s

__all__ = [
    "f32x4_relaxed_madd",
    "f32x4_relaxed_max",
    "f32x4_relaxed_min",
    "f32x4_relaxed_nmadd",
    "f64x2_relaxed_madd",
    "f64x2_relaxed_max",
    "f64x2_relaxed_min",
    "f64x2_relaxed_nmadd",
    "i8x16_relaxed_laneselect",
    "i8x16_relaxed_swizzle",
    "i16x8_relaxed_dot_i8x16_i7x16_s",
    "i16x8_relaxed_laneselect",
    "i16x8_relaxed_q15mulr_s",
    "i32x4_relaxed_dot_i8x16_i7x16_add_s",
    "i32x4_relaxed_laneselect",
    "i32x4_relaxed_trunc_f32x4_s",
    "i32x4_relaxed_trunc_f32x4_u",
    "i32x4_relaxed_trunc_f64x2_s_zero",
    "i32x4_relaxed_trunc_f64x2_u_zero",
    "i64x2_relaxed_laneselect",
]


def _sum_pairs(lanes: Sequence[int]) -> list[int]:
    return list(map(add, lanes[::2], lanes[1::2]))


def _dot_pairs(a: int, b: int) -> list[int]:
    # Both factors are taken as signed; sums of two products of bytes fit 17 bits.
    sums = _sum_pairs(list(map(mul, lanes_signed(I8X16, a), lanes_signed(I8X16, b))))
    return [((x + 0x8000) & 0xFFFF) - 0x8000 for x in sums]


def i8x16_relaxed_swizzle(a: int, choose: int) -> int:
    """Bytes of ``a`` chosen by ``choose``; a number of 16 or more gives 0."""
    return i8x16_swizzle(a, choose)


def i16x8_relaxed_q15mulr_s(a: int, b: int) -> int:
    """Products of Q15 numbers, rounded; the one overflow saturates."""
    return i16x8_q15mulr_sat_s(a, b)


def i32x4_relaxed_trunc_f32x4_s(a: int) -> int:
    """Each lane as signed integer; out of range saturates, NaN gives 0."""
    return i32x4_trunc_sat_f32x4_s(a)


def i32x4_relaxed_trunc_f64x2_s_zero(a: int) -> int:
    """Both lanes as signed integers; out of range saturates, NaN gives 0."""
    return i32x4_trunc_sat_f64x2_s_zero(a)


def i32x4_relaxed_trunc_f32x4_u(a: int) -> int:
    """Each lane as unsigned integer; out of range saturates, NaN gives 0."""
    return i32x4_trunc_sat_f32x4_u(a)


def i32x4_relaxed_trunc_f64x2_u_zero(a: int) -> int:
    """Both lanes as unsigned integers; out of range saturates, NaN gives 0."""
    return i32x4_trunc_sat_f64x2_u_zero(a)


def f32x4_relaxed_madd(a: int, b: int, c: int) -> int:
    """``a * b + c``: the product is rounded, then the sum."""
    return f32x4_add(f32x4_mul(a, b), c)


def f32x4_relaxed_nmadd(a: int, b: int, c: int) -> int:
    """``-(a * b) + c``: the product is rounded, then the sum."""
    return f32x4_add(f32x4_neg(f32x4_mul(a, b)), c)


def f32x4_relaxed_min(a: int, b: int) -> int:
    """The lesser of each pair of lanes; NaN if one is NaN."""
    return f32x4_min(a, b)


def f32x4_relaxed_max(a: int, b: int) -> int:
    """The greater of each pair of lanes; NaN if one is NaN."""
    return f32x4_max(a, b)


def f64x2_relaxed_madd(a: int, b: int, c: int) -> int:
    """``a * b + c``: the product is rounded, then the sum."""
    return f64x2_add(f64x2_mul(a, b), c)


def f64x2_relaxed_nmadd(a: int, b: int, c: int) -> int:
    """``-(a * b) + c``: the product is rounded, then the sum."""
    return f64x2_add(f64x2_neg(f64x2_mul(a, b)), c)


def f64x2_relaxed_min(a: int, b: int) -> int:
    """The lesser of each pair of lanes; NaN if one is NaN."""
    return f64x2_min(a, b)


def f64x2_relaxed_max(a: int, b: int) -> int:
    """The greater of each pair of lanes; NaN if one is NaN."""
    return f64x2_max(a, b)


def i8x16_relaxed_laneselect(a: int, b: int, choose: int) -> int:
    """Each bit from ``a`` where ``choose`` has a one, else from ``b``."""
    return v128_bitselect(a, b, choose)


def i16x8_relaxed_laneselect(a: int, b: int, choose: int) -> int:
    """Each bit from ``a`` where ``choose`` has a one, else from ``b``."""
    return v128_bitselect(a, b, choose)


def i32x4_relaxed_laneselect(a: int, b: int, choose: int) -> int:
    """Each bit from ``a`` where ``choose`` has a one, else from ``b``."""
    return v128_bitselect(a, b, choose)


def i64x2_relaxed_laneselect(a: int, b: int, choose: int) -> int:
    """Each bit from ``a`` where ``choose`` has a one, else from ``b``."""
    return v128_bitselect(a, b, choose)


def i16x8_relaxed_dot_i8x16_i7x16_s(a: int, b: int) -> int:
    """Sums of neighbouring products of signed bytes, wrapping around."""
    return join(I16X8, _dot_pairs(a, b))


def i32x4_relaxed_dot_i8x16_i7x16_add_s(a: int, b: int, c: int) -> int:
    """Sums of four neighbouring products of signed bytes, added to ``c``."""
    return join(I32X4, map(add, _sum_pairs(_dot_pairs(a, b)), lanes_signed(I32X4, c)))
