"""Floating-point arithmetic: what ``f32.*`` and ``f64.*`` compute (specification,
"Floating-point operations").

Pure functions, named by their mnemonic, over Python floats. An f64 is a float; an f32 is a float
that has an f32's value (NaNs: see ``engine/float_bits.py``), and a result is rounded to one. Doing
the sum in 64 bits and rounding it once more gives what 32 bits would have given: 53 bits are more
than twice 24 plus two.

Which NaN comes out is left open by the specification, but it must be quiet. Python computes with
the machine's own instructions, which quieten; ``* 1.0`` does it where nothing else is computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from struct import Struct

from pywasm_rt.engine.float_bits import f32_from_bits, f64_from_bits

__all__ = [
    "f32_abs",
    "f32_add",
    "f32_ceil",
    "f32_const",
    "f32_copysign",
    "f32_div",
    "f32_eq",
    "f32_floor",
    "f32_ge",
    "f32_gt",
    "f32_le",
    "f32_lt",
    "f32_max",
    "f32_min",
    "f32_mul",
    "f32_ne",
    "f32_nearest",
    "f32_neg",
    "f32_sqrt",
    "f32_sub",
    "f32_trunc",
    "f64_abs",
    "f64_add",
    "f64_ceil",
    "f64_const",
    "f64_copysign",
    "f64_div",
    "f64_eq",
    "f64_floor",
    "f64_ge",
    "f64_gt",
    "f64_le",
    "f64_lt",
    "f64_max",
    "f64_min",
    "f64_mul",
    "f64_ne",
    "f64_nearest",
    "f64_neg",
    "f64_sqrt",
    "f64_sub",
    "f64_trunc",
    "round_to_f32",
]

_F32 = Struct("<f")
# Floats from here on have no bits behind the point.
_INTEGRAL = 2.0**52
# What the machine makes of an operation without a result; its sign differs between machines.
_NEW_NAN = math.inf - math.inf


def round_to_f32(a: float) -> float:
    """The f32 nearest to a float, ties to even; a NaN keeps its topmost payload bits."""
    try:
        nearest: float = _F32.unpack(_F32.pack(a))[0]
    except OverflowError:
        return math.copysign(math.inf, a)
    return nearest


def _divide_by_zero(a: float, zero: float) -> float:
    if a:  # not zero; a NaN stays one
        return math.copysign(math.inf, a) * math.copysign(1.0, zero) if a == a else a * 1.0
    return _NEW_NAN


def _square_root(a: float) -> float:
    return _NEW_NAN if a < 0.0 else math.sqrt(a)


def _minimum(a: float, b: float) -> float:
    if a == b:  # the same, or zeros of different sign
        return a if math.copysign(1.0, a) < 0.0 else b
    return a if a < b else b if b < a else f64_add(a, b)


def _maximum(a: float, b: float) -> float:
    if a == b:
        return b if math.copysign(1.0, a) < 0.0 else a
    return a if a > b else b if b > a else f64_add(a, b)


def _integral(rounding: Callable[[float], int], a: float) -> float:
    """``a`` rounded; the result has the sign of ``a`` even if it is zero."""
    return math.copysign(float(rounding(a)), a) if abs(a) < _INTEGRAL else a * 1.0


def f32_const(bits: int) -> float:
    """The float with the bits of the immediate."""
    return f32_from_bits(bits)


def f32_abs(a: float) -> float:
    """``a`` with the sign bit cleared; a NaN too."""
    return abs(a)


def f32_neg(a: float) -> float:
    """``a`` with the sign bit flipped; a NaN too."""
    return -a


def f32_copysign(a: float, b: float) -> float:
    """``a`` with the sign bit of ``b``."""
    return math.copysign(a, b)


def f32_ceil(a: float) -> float:
    """The least integral number that is not below ``a``."""
    return _integral(math.ceil, a)


def f32_floor(a: float) -> float:
    """The greatest integral number that is not above ``a``."""
    return _integral(math.floor, a)


def f32_trunc(a: float) -> float:
    """``a`` without what is behind the point."""
    return _integral(math.trunc, a)


def f32_nearest(a: float) -> float:
    """The integral number nearest to ``a``, the even one if two are."""
    return _integral(round, a)


def f32_sqrt(a: float) -> float:
    """The square root; NaN below zero, and -0.0 of -0.0."""
    return round_to_f32(_square_root(a))


def f32_add(a: float, b: float) -> float:
    """The sum, rounded once; of two NaN the first, as everywhere."""
    return round_to_f32(a + b if a == a or b == b else a * 1.0)


def f32_sub(a: float, b: float) -> float:
    """The difference, rounded once."""
    return round_to_f32(a - b)


def f32_mul(a: float, b: float) -> float:
    """The product, rounded once."""
    return round_to_f32(a * b if a == a or b == b else a * 1.0)


def f32_div(a: float, b: float) -> float:
    """The quotient, rounded once; infinite for zero, NaN for zero by zero."""
    return round_to_f32(a / b if b else _divide_by_zero(a, b))


def f32_min(a: float, b: float) -> float:
    """The lesser; NaN if one is NaN, and -0.0 is below 0.0."""
    return _minimum(a, b)


def f32_max(a: float, b: float) -> float:
    """The greater; NaN if one is NaN, and -0.0 is below 0.0."""
    return _maximum(a, b)


def f32_eq(a: float, b: float) -> int:
    """1 if both are equal, else 0; NaN equals nothing."""
    return 1 if a == b else 0


def f32_ne(a: float, b: float) -> int:
    """1 if they differ, else 0; NaN differs from everything."""
    return 1 if a != b else 0


def f32_lt(a: float, b: float) -> int:
    """1 if ``a`` is below ``b``, else 0."""
    return 1 if a < b else 0


def f32_gt(a: float, b: float) -> int:
    """1 if ``a`` is above ``b``, else 0."""
    return 1 if a > b else 0


def f32_le(a: float, b: float) -> int:
    """1 if ``a`` is at most ``b``, else 0."""
    return 1 if a <= b else 0


def f32_ge(a: float, b: float) -> int:
    """1 if ``a`` is at least ``b``, else 0."""
    return 1 if a >= b else 0


def f64_const(bits: int) -> float:
    """The float with the bits of the immediate."""
    return f64_from_bits(bits)


def f64_abs(a: float) -> float:
    """``a`` with the sign bit cleared; a NaN too."""
    return abs(a)


def f64_neg(a: float) -> float:
    """``a`` with the sign bit flipped; a NaN too."""
    return -a


def f64_copysign(a: float, b: float) -> float:
    """``a`` with the sign bit of ``b``."""
    return math.copysign(a, b)


def f64_ceil(a: float) -> float:
    """The least integral number that is not below ``a``."""
    return _integral(math.ceil, a)


def f64_floor(a: float) -> float:
    """The greatest integral number that is not above ``a``."""
    return _integral(math.floor, a)


def f64_trunc(a: float) -> float:
    """``a`` without what is behind the point."""
    return _integral(math.trunc, a)


def f64_nearest(a: float) -> float:
    """The integral number nearest to ``a``, the even one if two are."""
    return _integral(round, a)


def f64_sqrt(a: float) -> float:
    """The square root; NaN below zero, and -0.0 of -0.0."""
    return _square_root(a)


def f64_add(a: float, b: float) -> float:
    """The sum, rounded once; of two NaN the first, as everywhere."""
    return a + b if a == a or b == b else a * 1.0


def f64_sub(a: float, b: float) -> float:
    """The difference, rounded once."""
    return a - b


def f64_mul(a: float, b: float) -> float:
    """The product, rounded once."""
    return a * b if a == a or b == b else a * 1.0


def f64_div(a: float, b: float) -> float:
    """The quotient, rounded once; infinite for zero, NaN for zero by zero."""
    return a / b if b else _divide_by_zero(a, b)


def f64_min(a: float, b: float) -> float:
    """The lesser; NaN if one is NaN, and -0.0 is below 0.0."""
    return _minimum(a, b)


def f64_max(a: float, b: float) -> float:
    """The greater; NaN if one is NaN, and -0.0 is below 0.0."""
    return _maximum(a, b)


def f64_eq(a: float, b: float) -> int:
    """1 if both are equal, else 0; NaN equals nothing."""
    return 1 if a == b else 0


def f64_ne(a: float, b: float) -> int:
    """1 if they differ, else 0; NaN differs from everything."""
    return 1 if a != b else 0


def f64_lt(a: float, b: float) -> int:
    """1 if ``a`` is below ``b``, else 0."""
    return 1 if a < b else 0


def f64_gt(a: float, b: float) -> int:
    """1 if ``a`` is above ``b``, else 0."""
    return 1 if a > b else 0


def f64_le(a: float, b: float) -> int:
    """1 if ``a`` is at most ``b``, else 0."""
    return 1 if a <= b else 0


def f64_ge(a: float, b: float) -> int:
    """1 if ``a`` is at least ``b``, else 0."""
    return 1 if a >= b else 0
