"""Lane-wise arithmetic of integers of one width.

Pure functions, named by their mnemonic. Sums and differences are taken of all lanes at once, the
most significant bits being kept apart so that nothing carries into the next lane.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import add, mul, sub

from pywasm_rt.engine.reference.vector_shape import (
    I8X16,
    I16X8,
    I32X4,
    I64X2,
    Shape,
    join,
    lanes_signed,
    lanes_unsigned,
    map_signed,
    map_unsigned,
    zip_signed,
    zip_unsigned,
)

__all__ = [
    "i8x16_abs",
    "i8x16_add",
    "i8x16_add_sat_s",
    "i8x16_add_sat_u",
    "i8x16_all_true",
    "i8x16_avgr_u",
    "i8x16_bitmask",
    "i8x16_max_s",
    "i8x16_max_u",
    "i8x16_min_s",
    "i8x16_min_u",
    "i8x16_neg",
    "i8x16_popcnt",
    "i8x16_shl",
    "i8x16_shr_s",
    "i8x16_shr_u",
    "i8x16_sub",
    "i8x16_sub_sat_s",
    "i8x16_sub_sat_u",
    "i16x8_abs",
    "i16x8_add",
    "i16x8_add_sat_s",
    "i16x8_add_sat_u",
    "i16x8_all_true",
    "i16x8_avgr_u",
    "i16x8_bitmask",
    "i16x8_max_s",
    "i16x8_max_u",
    "i16x8_min_s",
    "i16x8_min_u",
    "i16x8_mul",
    "i16x8_neg",
    "i16x8_shl",
    "i16x8_shr_s",
    "i16x8_shr_u",
    "i16x8_sub",
    "i16x8_sub_sat_s",
    "i16x8_sub_sat_u",
    "i32x4_abs",
    "i32x4_add",
    "i32x4_all_true",
    "i32x4_bitmask",
    "i32x4_max_s",
    "i32x4_max_u",
    "i32x4_min_s",
    "i32x4_min_u",
    "i32x4_mul",
    "i32x4_neg",
    "i32x4_shl",
    "i32x4_shr_s",
    "i32x4_shr_u",
    "i32x4_sub",
    "i64x2_abs",
    "i64x2_add",
    "i64x2_all_true",
    "i64x2_bitmask",
    "i64x2_mul",
    "i64x2_neg",
    "i64x2_shl",
    "i64x2_shr_s",
    "i64x2_shr_u",
    "i64x2_sub",
]


def _add(shape: Shape, a: int, b: int) -> int:
    rest = ~shape.highest
    return ((a & rest) + (b & rest)) ^ ((a ^ b) & shape.highest)


def _subtract(shape: Shape, a: int, b: int) -> int:
    top = shape.highest
    return ((a | top) - (b & ~top)) ^ ((a ^ b ^ top) & top)


def _saturate_signed(shape: Shape, x: int) -> int:
    return min(max(x, shape.minimum), shape.maximum)


def _saturate_unsigned(shape: Shape, x: int) -> int:
    return min(max(x, 0), shape.mask)


def _saturating(
    function: Callable[[int, int], int],
    shape: Shape,
    a: tuple[int, ...],
    b: tuple[int, ...],
    saturate: Callable[[Shape, int], int],
) -> int:
    return join(shape, [saturate(shape, x) for x in map(function, a, b)])


def _all_true(shape: Shape, a: int) -> int:
    return int(all(lanes_unsigned(shape, a)))


def _bitmask(shape: Shape, a: int) -> int:
    return sum((lane < 0) << number for number, lane in enumerate(lanes_signed(shape, a)))


def _average(x: int, y: int) -> int:
    return (x + y + 1) >> 1


def i8x16_abs(a: int) -> int:
    """The absolute value of each lane; the least number stays as it is."""
    return map_signed(I8X16, abs, a)


def i8x16_neg(a: int) -> int:
    """Each lane negated."""
    return _subtract(I8X16, 0, a)


def i8x16_popcnt(a: int) -> int:
    """How many bits are set in each lane."""
    return map_unsigned(I8X16, int.bit_count, a)


def i8x16_all_true(a: int) -> int:
    """Whether no lane is zero."""
    return _all_true(I8X16, a)


def i8x16_bitmask(a: int) -> int:
    """The sign bits of the lanes, lane 0 lowest."""
    return _bitmask(I8X16, a)


def i8x16_shl(a: int, count: int) -> int:
    """Each lane shifted left by ``count`` modulo 8."""
    return map_unsigned(I8X16, lambda x: x << count % 8, a)


def i8x16_shr_s(a: int, count: int) -> int:
    """Each lane shifted right by ``count`` modulo 8, keeping its sign."""
    return map_signed(I8X16, lambda x: x >> count % 8, a)


def i8x16_shr_u(a: int, count: int) -> int:
    """Each lane shifted right by ``count`` modulo 8, filling with zeros."""
    return map_unsigned(I8X16, lambda x: x >> count % 8, a)


def i8x16_add(a: int, b: int) -> int:
    """Lane-wise sum, wrapping around."""
    return _add(I8X16, a, b)


def i8x16_sub(a: int, b: int) -> int:
    """Lane-wise difference, wrapping around."""
    return _subtract(I8X16, a, b)


def i8x16_add_sat_s(a: int, b: int) -> int:
    """Lane-wise signed sum, saturating."""
    return _saturating(add, I8X16, lanes_signed(I8X16, a), lanes_signed(I8X16, b), _saturate_signed)


def i8x16_add_sat_u(a: int, b: int) -> int:
    """Lane-wise unsigned sum, saturating."""
    return _saturating(
        add, I8X16, lanes_unsigned(I8X16, a), lanes_unsigned(I8X16, b), _saturate_unsigned
    )


def i8x16_sub_sat_s(a: int, b: int) -> int:
    """Lane-wise signed difference, saturating."""
    return _saturating(sub, I8X16, lanes_signed(I8X16, a), lanes_signed(I8X16, b), _saturate_signed)


def i8x16_sub_sat_u(a: int, b: int) -> int:
    """Lane-wise unsigned difference, saturating."""
    return _saturating(
        sub, I8X16, lanes_unsigned(I8X16, a), lanes_unsigned(I8X16, b), _saturate_unsigned
    )


def i8x16_avgr_u(a: int, b: int) -> int:
    """Lane-wise unsigned average, rounded up."""
    return zip_unsigned(I8X16, _average, a, b)


def i8x16_min_s(a: int, b: int) -> int:
    """The lesser of each pair of lanes, signed."""
    return zip_signed(I8X16, min, a, b)


def i8x16_min_u(a: int, b: int) -> int:
    """The lesser of each pair of lanes, unsigned."""
    return zip_unsigned(I8X16, min, a, b)


def i8x16_max_s(a: int, b: int) -> int:
    """The greater of each pair of lanes, signed."""
    return zip_signed(I8X16, max, a, b)


def i8x16_max_u(a: int, b: int) -> int:
    """The greater of each pair of lanes, unsigned."""
    return zip_unsigned(I8X16, max, a, b)


def i16x8_abs(a: int) -> int:
    """The absolute value of each lane; the least number stays as it is."""
    return map_signed(I16X8, abs, a)


def i16x8_neg(a: int) -> int:
    """Each lane negated."""
    return _subtract(I16X8, 0, a)


def i16x8_all_true(a: int) -> int:
    """Whether no lane is zero."""
    return _all_true(I16X8, a)


def i16x8_bitmask(a: int) -> int:
    """The sign bits of the lanes, lane 0 lowest."""
    return _bitmask(I16X8, a)


def i16x8_shl(a: int, count: int) -> int:
    """Each lane shifted left by ``count`` modulo 16."""
    return map_unsigned(I16X8, lambda x: x << count % 16, a)


def i16x8_shr_s(a: int, count: int) -> int:
    """Each lane shifted right by ``count`` modulo 16, keeping its sign."""
    return map_signed(I16X8, lambda x: x >> count % 16, a)


def i16x8_shr_u(a: int, count: int) -> int:
    """Each lane shifted right by ``count`` modulo 16, filling with zeros."""
    return map_unsigned(I16X8, lambda x: x >> count % 16, a)


def i16x8_add(a: int, b: int) -> int:
    """Lane-wise sum, wrapping around."""
    return _add(I16X8, a, b)


def i16x8_sub(a: int, b: int) -> int:
    """Lane-wise difference, wrapping around."""
    return _subtract(I16X8, a, b)


def i16x8_add_sat_s(a: int, b: int) -> int:
    """Lane-wise signed sum, saturating."""
    return _saturating(add, I16X8, lanes_signed(I16X8, a), lanes_signed(I16X8, b), _saturate_signed)


def i16x8_add_sat_u(a: int, b: int) -> int:
    """Lane-wise unsigned sum, saturating."""
    return _saturating(
        add, I16X8, lanes_unsigned(I16X8, a), lanes_unsigned(I16X8, b), _saturate_unsigned
    )


def i16x8_sub_sat_s(a: int, b: int) -> int:
    """Lane-wise signed difference, saturating."""
    return _saturating(sub, I16X8, lanes_signed(I16X8, a), lanes_signed(I16X8, b), _saturate_signed)


def i16x8_sub_sat_u(a: int, b: int) -> int:
    """Lane-wise unsigned difference, saturating."""
    return _saturating(
        sub, I16X8, lanes_unsigned(I16X8, a), lanes_unsigned(I16X8, b), _saturate_unsigned
    )


def i16x8_avgr_u(a: int, b: int) -> int:
    """Lane-wise unsigned average, rounded up."""
    return zip_unsigned(I16X8, _average, a, b)


def i16x8_mul(a: int, b: int) -> int:
    """Lane-wise product, wrapping around."""
    return zip_unsigned(I16X8, mul, a, b)


def i16x8_min_s(a: int, b: int) -> int:
    """The lesser of each pair of lanes, signed."""
    return zip_signed(I16X8, min, a, b)


def i16x8_min_u(a: int, b: int) -> int:
    """The lesser of each pair of lanes, unsigned."""
    return zip_unsigned(I16X8, min, a, b)


def i16x8_max_s(a: int, b: int) -> int:
    """The greater of each pair of lanes, signed."""
    return zip_signed(I16X8, max, a, b)


def i16x8_max_u(a: int, b: int) -> int:
    """The greater of each pair of lanes, unsigned."""
    return zip_unsigned(I16X8, max, a, b)


def i32x4_abs(a: int) -> int:
    """The absolute value of each lane; the least number stays as it is."""
    return map_signed(I32X4, abs, a)


def i32x4_neg(a: int) -> int:
    """Each lane negated."""
    return _subtract(I32X4, 0, a)


def i32x4_all_true(a: int) -> int:
    """Whether no lane is zero."""
    return _all_true(I32X4, a)


def i32x4_bitmask(a: int) -> int:
    """The sign bits of the lanes, lane 0 lowest."""
    return _bitmask(I32X4, a)


def i32x4_shl(a: int, count: int) -> int:
    """Each lane shifted left by ``count`` modulo 32."""
    return map_unsigned(I32X4, lambda x: x << count % 32, a)


def i32x4_shr_s(a: int, count: int) -> int:
    """Each lane shifted right by ``count`` modulo 32, keeping its sign."""
    return map_signed(I32X4, lambda x: x >> count % 32, a)


def i32x4_shr_u(a: int, count: int) -> int:
    """Each lane shifted right by ``count`` modulo 32, filling with zeros."""
    return map_unsigned(I32X4, lambda x: x >> count % 32, a)


def i32x4_add(a: int, b: int) -> int:
    """Lane-wise sum, wrapping around."""
    return _add(I32X4, a, b)


def i32x4_sub(a: int, b: int) -> int:
    """Lane-wise difference, wrapping around."""
    return _subtract(I32X4, a, b)


def i32x4_mul(a: int, b: int) -> int:
    """Lane-wise product, wrapping around."""
    return zip_unsigned(I32X4, mul, a, b)


def i32x4_min_s(a: int, b: int) -> int:
    """The lesser of each pair of lanes, signed."""
    return zip_signed(I32X4, min, a, b)


def i32x4_min_u(a: int, b: int) -> int:
    """The lesser of each pair of lanes, unsigned."""
    return zip_unsigned(I32X4, min, a, b)


def i32x4_max_s(a: int, b: int) -> int:
    """The greater of each pair of lanes, signed."""
    return zip_signed(I32X4, max, a, b)


def i32x4_max_u(a: int, b: int) -> int:
    """The greater of each pair of lanes, unsigned."""
    return zip_unsigned(I32X4, max, a, b)


def i64x2_abs(a: int) -> int:
    """The absolute value of each lane; the least number stays as it is."""
    return map_signed(I64X2, abs, a)


def i64x2_neg(a: int) -> int:
    """Each lane negated."""
    return _subtract(I64X2, 0, a)


def i64x2_all_true(a: int) -> int:
    """Whether no lane is zero."""
    return _all_true(I64X2, a)


def i64x2_bitmask(a: int) -> int:
    """The sign bits of the lanes, lane 0 lowest."""
    return _bitmask(I64X2, a)


def i64x2_shl(a: int, count: int) -> int:
    """Each lane shifted left by ``count`` modulo 64."""
    return map_unsigned(I64X2, lambda x: x << count % 64, a)


def i64x2_shr_s(a: int, count: int) -> int:
    """Each lane shifted right by ``count`` modulo 64, keeping its sign."""
    return map_signed(I64X2, lambda x: x >> count % 64, a)


def i64x2_shr_u(a: int, count: int) -> int:
    """Each lane shifted right by ``count`` modulo 64, filling with zeros."""
    return map_unsigned(I64X2, lambda x: x >> count % 64, a)


def i64x2_add(a: int, b: int) -> int:
    """Lane-wise sum, wrapping around."""
    return _add(I64X2, a, b)


def i64x2_sub(a: int, b: int) -> int:
    """Lane-wise difference, wrapping around."""
    return _subtract(I64X2, a, b)


def i64x2_mul(a: int, b: int) -> int:
    """Lane-wise product, wrapping around."""
    return zip_unsigned(I64X2, mul, a, b)
