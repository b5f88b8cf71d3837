"""Integer vector instructions whose result has another width: extend, multiply long, narrow, dot.

Pure functions, named by their mnemonic.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add, mul

from pywasm_rt.engine.reference.vector_shape import (
    I8X16,
    I16X8,
    I32X4,
    I64X2,
    Shape,
    join,
    lanes_signed,
    lanes_unsigned,
)

__all__ = [
    "i8x16_narrow_i16x8_s",
    "i8x16_narrow_i16x8_u",
    "i16x8_extadd_pairwise_i8x16_s",
    "i16x8_extadd_pairwise_i8x16_u",
    "i16x8_extend_high_i8x16_s",
    "i16x8_extend_high_i8x16_u",
    "i16x8_extend_low_i8x16_s",
    "i16x8_extend_low_i8x16_u",
    "i16x8_extmul_high_i8x16_s",
    "i16x8_extmul_high_i8x16_u",
    "i16x8_extmul_low_i8x16_s",
    "i16x8_extmul_low_i8x16_u",
    "i16x8_narrow_i32x4_s",
    "i16x8_narrow_i32x4_u",
    "i16x8_q15mulr_sat_s",
    "i32x4_dot_i16x8_s",
    "i32x4_extadd_pairwise_i16x8_s",
    "i32x4_extadd_pairwise_i16x8_u",
    "i32x4_extend_high_i16x8_s",
    "i32x4_extend_high_i16x8_u",
    "i32x4_extend_low_i16x8_s",
    "i32x4_extend_low_i16x8_u",
    "i32x4_extmul_high_i16x8_s",
    "i32x4_extmul_high_i16x8_u",
    "i32x4_extmul_low_i16x8_s",
    "i32x4_extmul_low_i16x8_u",
    "i64x2_extend_high_i32x4_s",
    "i64x2_extend_high_i32x4_u",
    "i64x2_extend_low_i32x4_s",
    "i64x2_extend_low_i32x4_u",
    "i64x2_extmul_high_i32x4_s",
    "i64x2_extmul_high_i32x4_u",
    "i64x2_extmul_low_i32x4_s",
    "i64x2_extmul_low_i32x4_u",
]


Lanes = Sequence[int]


def _extend(target: Shape, lanes: Lanes, high: bool) -> int:
    half = target.count
    return join(target, lanes[half:] if high else lanes[:half])


def _multiply(target: Shape, a: Lanes, b: Lanes, high: bool) -> int:
    half = target.count
    return join(target, map(mul, a[half:], b[half:]) if high else map(mul, a[:half], b[:half]))


def _add_pairs(target: Shape, lanes: Lanes) -> int:
    return join(target, map(add, lanes[::2], lanes[1::2]))


def _narrow(target: Shape, lanes: Lanes, low: int, high: int) -> int:
    return join(target, [min(max(lane, low), high) for lane in lanes])


def _dot_pairs(a: int, b: int) -> int:
    products = list(map(mul, lanes_signed(I16X8, a), lanes_signed(I16X8, b)))
    return join(I32X4, map(add, products[::2], products[1::2]))


def i16x8_extend_low_i8x16_s(a: int) -> int:
    """The low half of the lanes, signed, made twice as wide."""
    return _extend(I16X8, lanes_signed(I8X16, a), high=False)


def i16x8_extmul_low_i8x16_s(a: int, b: int) -> int:
    """Products of the low halves of the lanes, signed, twice as wide."""
    return _multiply(I16X8, lanes_signed(I8X16, a), lanes_signed(I8X16, b), high=False)


def i16x8_extend_low_i8x16_u(a: int) -> int:
    """The low half of the lanes, unsigned, made twice as wide."""
    return _extend(I16X8, lanes_unsigned(I8X16, a), high=False)


def i16x8_extmul_low_i8x16_u(a: int, b: int) -> int:
    """Products of the low halves of the lanes, unsigned, twice as wide."""
    return _multiply(I16X8, lanes_unsigned(I8X16, a), lanes_unsigned(I8X16, b), high=False)


def i16x8_extend_high_i8x16_s(a: int) -> int:
    """The high half of the lanes, signed, made twice as wide."""
    return _extend(I16X8, lanes_signed(I8X16, a), high=True)


def i16x8_extmul_high_i8x16_s(a: int, b: int) -> int:
    """Products of the high halves of the lanes, signed, twice as wide."""
    return _multiply(I16X8, lanes_signed(I8X16, a), lanes_signed(I8X16, b), high=True)


def i16x8_extend_high_i8x16_u(a: int) -> int:
    """The high half of the lanes, unsigned, made twice as wide."""
    return _extend(I16X8, lanes_unsigned(I8X16, a), high=True)


def i16x8_extmul_high_i8x16_u(a: int, b: int) -> int:
    """Products of the high halves of the lanes, unsigned, twice as wide."""
    return _multiply(I16X8, lanes_unsigned(I8X16, a), lanes_unsigned(I8X16, b), high=True)


def i16x8_extadd_pairwise_i8x16_s(a: int) -> int:
    """Sums of neighbouring lanes, signed, twice as wide."""
    return _add_pairs(I16X8, lanes_signed(I8X16, a))


def i8x16_narrow_i16x8_s(a: int, b: int) -> int:
    """All lanes of ``a``, then of ``b``, saturated to half their width, signed."""
    return _narrow(
        I8X16, lanes_signed(I16X8, a) + lanes_signed(I16X8, b), I8X16.minimum, I8X16.maximum
    )


def i16x8_extadd_pairwise_i8x16_u(a: int) -> int:
    """Sums of neighbouring lanes, unsigned, twice as wide."""
    return _add_pairs(I16X8, lanes_unsigned(I8X16, a))


def i8x16_narrow_i16x8_u(a: int, b: int) -> int:
    """All lanes of ``a``, then of ``b``, saturated to half their width, unsigned."""
    return _narrow(I8X16, lanes_signed(I16X8, a) + lanes_signed(I16X8, b), 0, I8X16.mask)


def i32x4_extend_low_i16x8_s(a: int) -> int:
    """The low half of the lanes, signed, made twice as wide."""
    return _extend(I32X4, lanes_signed(I16X8, a), high=False)


def i32x4_extmul_low_i16x8_s(a: int, b: int) -> int:
    """Products of the low halves of the lanes, signed, twice as wide."""
    return _multiply(I32X4, lanes_signed(I16X8, a), lanes_signed(I16X8, b), high=False)


def i32x4_extend_low_i16x8_u(a: int) -> int:
    """The low half of the lanes, unsigned, made twice as wide."""
    return _extend(I32X4, lanes_unsigned(I16X8, a), high=False)


def i32x4_extmul_low_i16x8_u(a: int, b: int) -> int:
    """Products of the low halves of the lanes, unsigned, twice as wide."""
    return _multiply(I32X4, lanes_unsigned(I16X8, a), lanes_unsigned(I16X8, b), high=False)


def i32x4_extend_high_i16x8_s(a: int) -> int:
    """The high half of the lanes, signed, made twice as wide."""
    return _extend(I32X4, lanes_signed(I16X8, a), high=True)


def i32x4_extmul_high_i16x8_s(a: int, b: int) -> int:
    """Products of the high halves of the lanes, signed, twice as wide."""
    return _multiply(I32X4, lanes_signed(I16X8, a), lanes_signed(I16X8, b), high=True)


def i32x4_extend_high_i16x8_u(a: int) -> int:
    """The high half of the lanes, unsigned, made twice as wide."""
    return _extend(I32X4, lanes_unsigned(I16X8, a), high=True)


def i32x4_extmul_high_i16x8_u(a: int, b: int) -> int:
    """Products of the high halves of the lanes, unsigned, twice as wide."""
    return _multiply(I32X4, lanes_unsigned(I16X8, a), lanes_unsigned(I16X8, b), high=True)


def i32x4_extadd_pairwise_i16x8_s(a: int) -> int:
    """Sums of neighbouring lanes, signed, twice as wide."""
    return _add_pairs(I32X4, lanes_signed(I16X8, a))


def i16x8_narrow_i32x4_s(a: int, b: int) -> int:
    """All lanes of ``a``, then of ``b``, saturated to half their width, signed."""
    return _narrow(
        I16X8, lanes_signed(I32X4, a) + lanes_signed(I32X4, b), I16X8.minimum, I16X8.maximum
    )


def i32x4_extadd_pairwise_i16x8_u(a: int) -> int:
    """Sums of neighbouring lanes, unsigned, twice as wide."""
    return _add_pairs(I32X4, lanes_unsigned(I16X8, a))


def i16x8_narrow_i32x4_u(a: int, b: int) -> int:
    """All lanes of ``a``, then of ``b``, saturated to half their width, unsigned."""
    return _narrow(I16X8, lanes_signed(I32X4, a) + lanes_signed(I32X4, b), 0, I16X8.mask)


def i64x2_extend_low_i32x4_s(a: int) -> int:
    """The low half of the lanes, signed, made twice as wide."""
    return _extend(I64X2, lanes_signed(I32X4, a), high=False)


def i64x2_extmul_low_i32x4_s(a: int, b: int) -> int:
    """Products of the low halves of the lanes, signed, twice as wide."""
    return _multiply(I64X2, lanes_signed(I32X4, a), lanes_signed(I32X4, b), high=False)


def i64x2_extend_low_i32x4_u(a: int) -> int:
    """The low half of the lanes, unsigned, made twice as wide."""
    return _extend(I64X2, lanes_unsigned(I32X4, a), high=False)


def i64x2_extmul_low_i32x4_u(a: int, b: int) -> int:
    """Products of the low halves of the lanes, unsigned, twice as wide."""
    return _multiply(I64X2, lanes_unsigned(I32X4, a), lanes_unsigned(I32X4, b), high=False)


def i64x2_extend_high_i32x4_s(a: int) -> int:
    """The high half of the lanes, signed, made twice as wide."""
    return _extend(I64X2, lanes_signed(I32X4, a), high=True)


def i64x2_extmul_high_i32x4_s(a: int, b: int) -> int:
    """Products of the high halves of the lanes, signed, twice as wide."""
    return _multiply(I64X2, lanes_signed(I32X4, a), lanes_signed(I32X4, b), high=True)


def i64x2_extend_high_i32x4_u(a: int) -> int:
    """The high half of the lanes, unsigned, made twice as wide."""
    return _extend(I64X2, lanes_unsigned(I32X4, a), high=True)


def i64x2_extmul_high_i32x4_u(a: int, b: int) -> int:
    """Products of the high halves of the lanes, unsigned, twice as wide."""
    return _multiply(I64X2, lanes_unsigned(I32X4, a), lanes_unsigned(I32X4, b), high=True)


def i32x4_dot_i16x8_s(a: int, b: int) -> int:
    """Sums of neighbouring products of signed 16-bit lanes."""
    return _dot_pairs(a, b)


def i16x8_q15mulr_sat_s(a: int, b: int) -> int:
    """Products of Q15 fixed-point numbers, rounded and saturated."""
    return _narrow(
        I16X8,
        [
            (x * y + 0x4000) >> 15
            for x, y in zip(lanes_signed(I16X8, a), lanes_signed(I16X8, b), strict=True)
        ],
        I16X8.minimum,
        I16X8.maximum,
    )
