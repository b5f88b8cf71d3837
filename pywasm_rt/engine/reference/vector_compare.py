"""Lane-wise comparison of integers: a lane of ones for true, of zeros for false.

All lanes are compared at once: no lane's carry reaches its neighbour, because the most
significant bits are kept apart.
"""

from __future__ import annotations

from pywasm_rt.engine.reference.vector_shape import I8X16, I16X8, I32X4, I64X2, Shape

__all__ = [
    "i8x16_eq",
    "i8x16_ge_s",
    "i8x16_ge_u",
    "i8x16_gt_s",
    "i8x16_gt_u",
    "i8x16_le_s",
    "i8x16_le_u",
    "i8x16_lt_s",
    "i8x16_lt_u",
    "i8x16_ne",
    "i16x8_eq",
    "i16x8_ge_s",
    "i16x8_ge_u",
    "i16x8_gt_s",
    "i16x8_gt_u",
    "i16x8_le_s",
    "i16x8_le_u",
    "i16x8_lt_s",
    "i16x8_lt_u",
    "i16x8_ne",
    "i32x4_eq",
    "i32x4_ge_s",
    "i32x4_ge_u",
    "i32x4_gt_s",
    "i32x4_gt_u",
    "i32x4_le_s",
    "i32x4_le_u",
    "i32x4_lt_s",
    "i32x4_lt_u",
    "i32x4_ne",
    "i64x2_eq",
    "i64x2_ge_s",
    "i64x2_gt_s",
    "i64x2_le_s",
    "i64x2_lt_s",
    "i64x2_ne",
]


def _spread(shape: Shape, highest: int) -> int:
    """Ones in every lane whose most significant bit is set in ``highest`` (other bits clear)."""
    return (highest >> shape.bits - 1) * shape.mask


def _equal(shape: Shape, a: int, b: int) -> int:
    """The most significant bit of each lane in which ``a`` and ``b`` agree."""
    difference = a ^ b
    rest = shape.highest - shape.lowest
    return ~(((difference & rest) + rest) | difference) & shape.highest


def _less(shape: Shape, a: int, b: int) -> int:
    """The most significant bit of each lane in which ``a`` is below ``b``, both unsigned."""
    # a + ~b + 1 carries out of a lane unless a < b; the carry is computed below the top bit.
    partial = (a | shape.highest) - (b & ~shape.highest)
    return ((~a & b) | (~(a ^ b) & ~partial)) & shape.highest


def _signed(shape: Shape, a: int) -> int:
    """``a`` shifted so that unsigned comparison of the result is signed comparison of ``a``."""
    return a ^ shape.highest


def i8x16_eq(a: int, b: int) -> int:
    """Ones in each lane that is equal."""
    return _spread(I8X16, _equal(I8X16, a, b))


def i8x16_ne(a: int, b: int) -> int:
    """Ones in each lane that is not equal."""
    return _spread(I8X16, _equal(I8X16, a, b) ^ I8X16.highest)


def i8x16_lt_s(a: int, b: int) -> int:
    """Ones in each lane that is less, signed."""
    return _spread(I8X16, _less(I8X16, _signed(I8X16, a), _signed(I8X16, b)))


def i8x16_lt_u(a: int, b: int) -> int:
    """Ones in each lane that is less, unsigned."""
    return _spread(I8X16, _less(I8X16, a, b))


def i8x16_gt_s(a: int, b: int) -> int:
    """Ones in each lane that is greater, signed."""
    return _spread(I8X16, _less(I8X16, _signed(I8X16, b), _signed(I8X16, a)))


def i8x16_gt_u(a: int, b: int) -> int:
    """Ones in each lane that is greater, unsigned."""
    return _spread(I8X16, _less(I8X16, b, a))


def i8x16_le_s(a: int, b: int) -> int:
    """Ones in each lane that is less or equal, signed."""
    return _spread(I8X16, _less(I8X16, _signed(I8X16, b), _signed(I8X16, a)) ^ I8X16.highest)


def i8x16_le_u(a: int, b: int) -> int:
    """Ones in each lane that is less or equal, unsigned."""
    return _spread(I8X16, _less(I8X16, b, a) ^ I8X16.highest)


def i8x16_ge_s(a: int, b: int) -> int:
    """Ones in each lane that is greater or equal, signed."""
    return _spread(I8X16, _less(I8X16, _signed(I8X16, a), _signed(I8X16, b)) ^ I8X16.highest)


def i8x16_ge_u(a: int, b: int) -> int:
    """Ones in each lane that is greater or equal, unsigned."""
    return _spread(I8X16, _less(I8X16, a, b) ^ I8X16.highest)


def i16x8_eq(a: int, b: int) -> int:
    """Ones in each lane that is equal."""
    return _spread(I16X8, _equal(I16X8, a, b))


def i16x8_ne(a: int, b: int) -> int:
    """Ones in each lane that is not equal."""
    return _spread(I16X8, _equal(I16X8, a, b) ^ I16X8.highest)


def i16x8_lt_s(a: int, b: int) -> int:
    """Ones in each lane that is less, signed."""
    return _spread(I16X8, _less(I16X8, _signed(I16X8, a), _signed(I16X8, b)))


def i16x8_lt_u(a: int, b: int) -> int:
    """Ones in each lane that is less, unsigned."""
    return _spread(I16X8, _less(I16X8, a, b))


def i16x8_gt_s(a: int, b: int) -> int:
    """Ones in each lane that is greater, signed."""
    return _spread(I16X8, _less(I16X8, _signed(I16X8, b), _signed(I16X8, a)))


def i16x8_gt_u(a: int, b: int) -> int:
    """Ones in each lane that is greater, unsigned."""
    return _spread(I16X8, _less(I16X8, b, a))


def i16x8_le_s(a: int, b: int) -> int:
    """Ones in each lane that is less or equal, signed."""
    return _spread(I16X8, _less(I16X8, _signed(I16X8, b), _signed(I16X8, a)) ^ I16X8.highest)


def i16x8_le_u(a: int, b: int) -> int:
    """Ones in each lane that is less or equal, unsigned."""
    return _spread(I16X8, _less(I16X8, b, a) ^ I16X8.highest)


def i16x8_ge_s(a: int, b: int) -> int:
    """Ones in each lane that is greater or equal, signed."""
    return _spread(I16X8, _less(I16X8, _signed(I16X8, a), _signed(I16X8, b)) ^ I16X8.highest)


def i16x8_ge_u(a: int, b: int) -> int:
    """Ones in each lane that is greater or equal, unsigned."""
    return _spread(I16X8, _less(I16X8, a, b) ^ I16X8.highest)


def i32x4_eq(a: int, b: int) -> int:
    """Ones in each lane that is equal."""
    return _spread(I32X4, _equal(I32X4, a, b))


def i32x4_ne(a: int, b: int) -> int:
    """Ones in each lane that is not equal."""
    return _spread(I32X4, _equal(I32X4, a, b) ^ I32X4.highest)


def i32x4_lt_s(a: int, b: int) -> int:
    """Ones in each lane that is less, signed."""
    return _spread(I32X4, _less(I32X4, _signed(I32X4, a), _signed(I32X4, b)))


def i32x4_lt_u(a: int, b: int) -> int:
    """Ones in each lane that is less, unsigned."""
    return _spread(I32X4, _less(I32X4, a, b))


def i32x4_gt_s(a: int, b: int) -> int:
    """Ones in each lane that is greater, signed."""
    return _spread(I32X4, _less(I32X4, _signed(I32X4, b), _signed(I32X4, a)))


def i32x4_gt_u(a: int, b: int) -> int:
    """Ones in each lane that is greater, unsigned."""
    return _spread(I32X4, _less(I32X4, b, a))


def i32x4_le_s(a: int, b: int) -> int:
    """Ones in each lane that is less or equal, signed."""
    return _spread(I32X4, _less(I32X4, _signed(I32X4, b), _signed(I32X4, a)) ^ I32X4.highest)


def i32x4_le_u(a: int, b: int) -> int:
    """Ones in each lane that is less or equal, unsigned."""
    return _spread(I32X4, _less(I32X4, b, a) ^ I32X4.highest)


def i32x4_ge_s(a: int, b: int) -> int:
    """Ones in each lane that is greater or equal, signed."""
    return _spread(I32X4, _less(I32X4, _signed(I32X4, a), _signed(I32X4, b)) ^ I32X4.highest)


def i32x4_ge_u(a: int, b: int) -> int:
    """Ones in each lane that is greater or equal, unsigned."""
    return _spread(I32X4, _less(I32X4, a, b) ^ I32X4.highest)


def i64x2_eq(a: int, b: int) -> int:
    """Ones in each lane that is equal."""
    return _spread(I64X2, _equal(I64X2, a, b))


def i64x2_ne(a: int, b: int) -> int:
    """Ones in each lane that is not equal."""
    return _spread(I64X2, _equal(I64X2, a, b) ^ I64X2.highest)


def i64x2_lt_s(a: int, b: int) -> int:
    """Ones in each lane that is less, signed."""
    return _spread(I64X2, _less(I64X2, _signed(I64X2, a), _signed(I64X2, b)))


def i64x2_gt_s(a: int, b: int) -> int:
    """Ones in each lane that is greater, signed."""
    return _spread(I64X2, _less(I64X2, _signed(I64X2, b), _signed(I64X2, a)))


def i64x2_le_s(a: int, b: int) -> int:
    """Ones in each lane that is less or equal, signed."""
    return _spread(I64X2, _less(I64X2, _signed(I64X2, b), _signed(I64X2, a)) ^ I64X2.highest)


def i64x2_ge_s(a: int, b: int) -> int:
    """Ones in each lane that is greater or equal, signed."""
    return _spread(I64X2, _less(I64X2, _signed(I64X2, a), _signed(I64X2, b)) ^ I64X2.highest)
