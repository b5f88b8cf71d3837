"""Lane-wise arithmetic and comparison of floats.

Pure functions, named by their mnemonic; each lane is computed as the scalar instruction does.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne

from pywasm_rt.engine.float_bits import f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits
from pywasm_rt.engine.reference.float import (
    f32_add,
    f32_ceil,
    f32_div,
    f32_floor,
    f32_max,
    f32_min,
    f32_mul,
    f32_nearest,
    f32_sqrt,
    f32_sub,
    f32_trunc,
    f64_add,
    f64_ceil,
    f64_div,
    f64_floor,
    f64_max,
    f64_min,
    f64_mul,
    f64_nearest,
    f64_sqrt,
    f64_sub,
    f64_trunc,
)
from pywasm_rt.engine.reference.vector_shape import F32X4, F64X2, Shape, join, lanes_unsigned

__all__ = [
    "f32x4_abs",
    "f32x4_add",
    "f32x4_ceil",
    "f32x4_div",
    "f32x4_eq",
    "f32x4_floor",
    "f32x4_ge",
    "f32x4_gt",
    "f32x4_le",
    "f32x4_lt",
    "f32x4_max",
    "f32x4_min",
    "f32x4_mul",
    "f32x4_ne",
    "f32x4_nearest",
    "f32x4_neg",
    "f32x4_pmax",
    "f32x4_pmin",
    "f32x4_sqrt",
    "f32x4_sub",
    "f32x4_trunc",
    "f64x2_abs",
    "f64x2_add",
    "f64x2_ceil",
    "f64x2_div",
    "f64x2_eq",
    "f64x2_floor",
    "f64x2_ge",
    "f64x2_gt",
    "f64x2_le",
    "f64x2_lt",
    "f64x2_max",
    "f64x2_min",
    "f64x2_mul",
    "f64x2_ne",
    "f64x2_nearest",
    "f64x2_neg",
    "f64x2_pmax",
    "f64x2_pmin",
    "f64x2_sqrt",
    "f64x2_sub",
    "f64x2_trunc",
    "floats",
]


def _map(shape: Shape, function: Callable[[float], float], a: int) -> int:
    """Apply ``function`` to each lane."""
    if shape is F32X4:
        lanes = [f32_to_bits(function(f32_from_bits(x))) for x in lanes_unsigned(F32X4, a)]
    else:
        lanes = [f64_to_bits(function(f64_from_bits(x))) for x in lanes_unsigned(F64X2, a)]
    return join(shape, lanes)


def _zip(shape: Shape, function: Callable[[float, float], float], a: int, b: int) -> int:
    """Apply ``function`` to each pair of lanes."""
    pairs = zip(floats(shape, a), floats(shape, b), strict=True)
    to_bits = f32_to_bits if shape is F32X4 else f64_to_bits
    return join(shape, [to_bits(function(x, y)) for x, y in pairs])


def _compare(shape: Shape, function: Callable[[float, float], object], a: int, b: int) -> int:
    """A lane of ones where ``function`` holds, of zeros where it does not."""
    pairs = zip(floats(shape, a), floats(shape, b), strict=True)
    return join(shape, [-1 if function(x, y) else 0 for x, y in pairs])


def floats(shape: Shape, a: int) -> list[float]:
    """The lanes as floats, lane 0 first."""
    from_bits = f32_from_bits if shape is F32X4 else f64_from_bits
    return [from_bits(x) for x in lanes_unsigned(shape, a)]


def _pseudo_minimum(a: float, b: float) -> float:
    return min(a, b)


def _pseudo_maximum(a: float, b: float) -> float:
    return max(a, b)


def f32x4_abs(a: int) -> int:
    """Each lane with its sign bit cleared."""
    return a & ~F32X4.highest


def f32x4_neg(a: int) -> int:
    """Each lane with its sign bit flipped."""
    return a ^ F32X4.highest


def f32x4_sqrt(a: int) -> int:
    """The square root of each lane."""
    return _map(F32X4, f32_sqrt, a)


def f32x4_ceil(a: int) -> int:
    """Each lane rounded up."""
    return _map(F32X4, f32_ceil, a)


def f32x4_floor(a: int) -> int:
    """Each lane rounded down."""
    return _map(F32X4, f32_floor, a)


def f32x4_trunc(a: int) -> int:
    """Each lane rounded towards zero."""
    return _map(F32X4, f32_trunc, a)


def f32x4_nearest(a: int) -> int:
    """Each lane rounded to the nearest integral number, ties to even."""
    return _map(F32X4, f32_nearest, a)


def f32x4_add(a: int, b: int) -> int:
    """Lane-wise sum."""
    return _zip(F32X4, f32_add, a, b)


def f32x4_sub(a: int, b: int) -> int:
    """Lane-wise difference."""
    return _zip(F32X4, f32_sub, a, b)


def f32x4_mul(a: int, b: int) -> int:
    """Lane-wise product."""
    return _zip(F32X4, f32_mul, a, b)


def f32x4_div(a: int, b: int) -> int:
    """Lane-wise quotient."""
    return _zip(F32X4, f32_div, a, b)


def f32x4_min(a: int, b: int) -> int:
    """The lesser of each pair of lanes; NaN if one is NaN."""
    return _zip(F32X4, f32_min, a, b)


def f32x4_max(a: int, b: int) -> int:
    """The greater of each pair of lanes; NaN if one is NaN."""
    return _zip(F32X4, f32_max, a, b)


def f32x4_pmin(a: int, b: int) -> int:
    """``b`` where it is below ``a``, else ``a``: its bits are kept even if NaN."""
    return _zip(F32X4, _pseudo_minimum, a, b)


def f32x4_pmax(a: int, b: int) -> int:
    """``b`` where it is above ``a``, else ``a``: its bits are kept even if NaN."""
    return _zip(F32X4, _pseudo_maximum, a, b)


def f32x4_eq(a: int, b: int) -> int:
    """Ones in each lane that is equal."""
    return _compare(F32X4, eq, a, b)


def f32x4_ne(a: int, b: int) -> int:
    """Ones in each lane that is not equal."""
    return _compare(F32X4, ne, a, b)


def f32x4_lt(a: int, b: int) -> int:
    """Ones in each lane that is less."""
    return _compare(F32X4, lt, a, b)


def f32x4_gt(a: int, b: int) -> int:
    """Ones in each lane that is greater."""
    return _compare(F32X4, gt, a, b)


def f32x4_le(a: int, b: int) -> int:
    """Ones in each lane that is less or equal."""
    return _compare(F32X4, le, a, b)


def f32x4_ge(a: int, b: int) -> int:
    """Ones in each lane that is greater or equal."""
    return _compare(F32X4, ge, a, b)


def f64x2_abs(a: int) -> int:
    """Each lane with its sign bit cleared."""
    return a & ~F64X2.highest


def f64x2_neg(a: int) -> int:
    """Each lane with its sign bit flipped."""
    return a ^ F64X2.highest


def f64x2_sqrt(a: int) -> int:
    """The square root of each lane."""
    return _map(F64X2, f64_sqrt, a)


def f64x2_ceil(a: int) -> int:
    """Each lane rounded up."""
    return _map(F64X2, f64_ceil, a)


def f64x2_floor(a: int) -> int:
    """Each lane rounded down."""
    return _map(F64X2, f64_floor, a)


def f64x2_trunc(a: int) -> int:
    """Each lane rounded towards zero."""
    return _map(F64X2, f64_trunc, a)


def f64x2_nearest(a: int) -> int:
    """Each lane rounded to the nearest integral number, ties to even."""
    return _map(F64X2, f64_nearest, a)


def f64x2_add(a: int, b: int) -> int:
    """Lane-wise sum."""
    return _zip(F64X2, f64_add, a, b)


def f64x2_sub(a: int, b: int) -> int:
    """Lane-wise difference."""
    return _zip(F64X2, f64_sub, a, b)


def f64x2_mul(a: int, b: int) -> int:
    """Lane-wise product."""
    return _zip(F64X2, f64_mul, a, b)


def f64x2_div(a: int, b: int) -> int:
    """Lane-wise quotient."""
    return _zip(F64X2, f64_div, a, b)


def f64x2_min(a: int, b: int) -> int:
    """The lesser of each pair of lanes; NaN if one is NaN."""
    return _zip(F64X2, f64_min, a, b)


def f64x2_max(a: int, b: int) -> int:
    """The greater of each pair of lanes; NaN if one is NaN."""
    return _zip(F64X2, f64_max, a, b)


def f64x2_pmin(a: int, b: int) -> int:
    """``b`` where it is below ``a``, else ``a``: its bits are kept even if NaN."""
    return _zip(F64X2, _pseudo_minimum, a, b)


def f64x2_pmax(a: int, b: int) -> int:
    """``b`` where it is above ``a``, else ``a``: its bits are kept even if NaN."""
    return _zip(F64X2, _pseudo_maximum, a, b)


def f64x2_eq(a: int, b: int) -> int:
    """Ones in each lane that is equal."""
    return _compare(F64X2, eq, a, b)


def f64x2_ne(a: int, b: int) -> int:
    """Ones in each lane that is not equal."""
    return _compare(F64X2, ne, a, b)


def f64x2_lt(a: int, b: int) -> int:
    """Ones in each lane that is less."""
    return _compare(F64X2, lt, a, b)


def f64x2_gt(a: int, b: int) -> int:
    """Ones in each lane that is greater."""
    return _compare(F64X2, gt, a, b)


def f64x2_le(a: int, b: int) -> int:
    """Ones in each lane that is less or equal."""
    return _compare(F64X2, le, a, b)


def f64x2_ge(a: int, b: int) -> int:
    """Ones in each lane that is greater or equal."""
    return _compare(F64X2, ge, a, b)
