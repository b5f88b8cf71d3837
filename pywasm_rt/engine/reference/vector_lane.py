"""Vectors as a whole, and their lanes: bitwise operations, splats, extracts, shuffles.

Pure functions, named by their mnemonic; immediates (lane numbers) come after the operands.
"""

from __future__ import annotations

from pywasm_rt.engine.float_bits import f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits
from pywasm_rt.engine.reference.vector_shape import I8X16, I16X8, I32X4, I64X2, MASK_128

__all__ = [
    "f32x4_extract_lane",
    "f32x4_replace_lane",
    "f32x4_splat",
    "f64x2_extract_lane",
    "f64x2_replace_lane",
    "f64x2_splat",
    "i8x16_extract_lane_s",
    "i8x16_extract_lane_u",
    "i8x16_replace_lane",
    "i8x16_shuffle",
    "i8x16_splat",
    "i8x16_swizzle",
    "i16x8_extract_lane_s",
    "i16x8_extract_lane_u",
    "i16x8_replace_lane",
    "i16x8_splat",
    "i32x4_extract_lane",
    "i32x4_replace_lane",
    "i32x4_splat",
    "i64x2_extract_lane",
    "i64x2_replace_lane",
    "i64x2_splat",
    "v128_and",
    "v128_andnot",
    "v128_any_true",
    "v128_bitselect",
    "v128_not",
    "v128_or",
    "v128_xor",
]


def v128_not(a: int) -> int:
    """Flip every bit."""
    return a ^ MASK_128


def v128_and(a: int, b: int) -> int:
    """Bits set in both."""
    return a & b


def v128_andnot(a: int, b: int) -> int:
    """Bits set in ``a`` but not in ``b``."""
    return a & (b ^ MASK_128)


def v128_or(a: int, b: int) -> int:
    """Bits set in either."""
    return a | b


def v128_xor(a: int, b: int) -> int:
    """Bits set in exactly one."""
    return a ^ b


def v128_bitselect(a: int, b: int, choose: int) -> int:
    """Each bit from ``a`` where ``choose`` has a one, else from ``b``."""
    return (a & choose) | (b & (choose ^ MASK_128))


def v128_any_true(a: int) -> int:
    """Whether any bit is set."""
    return int(a != 0)


def i8x16_splat(x: int) -> int:
    """The low 8 bits in every lane."""
    return (x & 0xFF) * I8X16.lowest


def i16x8_splat(x: int) -> int:
    """The low 16 bits in every lane."""
    return (x & 0xFFFF) * I16X8.lowest


def i32x4_splat(x: int) -> int:
    """The number in every lane."""
    return x * I32X4.lowest


def i64x2_splat(x: int) -> int:
    """The number in every lane."""
    return x * I64X2.lowest


def f32x4_splat(x: float) -> int:
    """The number in every lane."""
    return f32_to_bits(x) * I32X4.lowest


def f64x2_splat(x: float) -> int:
    """The number in every lane."""
    return f64_to_bits(x) * I64X2.lowest


def i8x16_extract_lane_s(a: int, lane: int) -> int:
    """One lane, sign-extended to 32 bits."""
    return (((a >> 8 * lane & 0xFF) ^ 0x80) - 0x80) & 0xFFFFFFFF


def i8x16_extract_lane_u(a: int, lane: int) -> int:
    """One lane, zero-extended to 32 bits."""
    return a >> 8 * lane & 0xFF


def i16x8_extract_lane_s(a: int, lane: int) -> int:
    """One lane, sign-extended to 32 bits."""
    return (((a >> 16 * lane & 0xFFFF) ^ 0x8000) - 0x8000) & 0xFFFFFFFF


def i16x8_extract_lane_u(a: int, lane: int) -> int:
    """One lane, zero-extended to 32 bits."""
    return a >> 16 * lane & 0xFFFF


def i32x4_extract_lane(a: int, lane: int) -> int:
    """One lane."""
    return a >> 32 * lane & 0xFFFFFFFF


def i64x2_extract_lane(a: int, lane: int) -> int:
    """One lane."""
    return a >> 64 * lane & 0xFFFFFFFFFFFFFFFF


def f32x4_extract_lane(a: int, lane: int) -> float:
    """One lane."""
    return f32_from_bits(a >> 32 * lane & 0xFFFFFFFF)


def f64x2_extract_lane(a: int, lane: int) -> float:
    """One lane."""
    return f64_from_bits(a >> 64 * lane & 0xFFFFFFFFFFFFFFFF)


def i8x16_replace_lane(a: int, x: int, lane: int) -> int:
    """``a`` with the low 8 bits of ``x`` in one lane."""
    return a & ~(0xFF << 8 * lane) | (x & 0xFF) << 8 * lane


def i16x8_replace_lane(a: int, x: int, lane: int) -> int:
    """``a`` with the low 16 bits of ``x`` in one lane."""
    return a & ~(0xFFFF << 16 * lane) | (x & 0xFFFF) << 16 * lane


def i32x4_replace_lane(a: int, x: int, lane: int) -> int:
    """``a`` with ``x`` in one lane."""
    return a & ~(0xFFFFFFFF << 32 * lane) | x << 32 * lane


def i64x2_replace_lane(a: int, x: int, lane: int) -> int:
    """``a`` with ``x`` in one lane."""
    return a & ~(0xFFFFFFFFFFFFFFFF << 64 * lane) | x << 64 * lane


def f32x4_replace_lane(a: int, x: float, lane: int) -> int:
    """``a`` with ``x`` in one lane."""
    return i32x4_replace_lane(a, f32_to_bits(x), lane)


def f64x2_replace_lane(a: int, x: float, lane: int) -> int:
    """``a`` with ``x`` in one lane."""
    return i64x2_replace_lane(a, f64_to_bits(x), lane)


def i8x16_shuffle(a: int, b: int, lanes: tuple[int, ...]) -> int:
    """Sixteen bytes chosen by fixed numbers: 0 to 15 from ``a``, 16 to 31 from ``b``."""
    source = a.to_bytes(16, "little") + b.to_bytes(16, "little")
    return int.from_bytes(bytes([source[lane] for lane in lanes]), "little")


def i8x16_swizzle(a: int, choose: int) -> int:
    """Bytes of ``a`` chosen by the bytes of ``choose``; 0 where that is 16 or more."""
    source = a.to_bytes(16, "little") + bytes(240)
    return int.from_bytes(choose.to_bytes(16, "little").translate(source), "little")
