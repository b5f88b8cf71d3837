"""What the instructions of the proposal "wide arithmetic" mean: 128-bit numbers in two halves."""

from __future__ import annotations

from pywasm_rt.engine.reference.integer import MASK_64, signed_64

__all__ = ["i64_add128", "i64_mul_wide_s", "i64_mul_wide_u", "i64_sub128"]


def _halves(number: int) -> tuple[int, int]:
    return number & MASK_64, number >> 64 & MASK_64


def i64_add128(a_low: int, a_high: int, b_low: int, b_high: int) -> tuple[int, int]:
    """The sum of two 128-bit numbers, modulo 2**128."""
    return _halves((a_high << 64 | a_low) + (b_high << 64 | b_low))


def i64_sub128(a_low: int, a_high: int, b_low: int, b_high: int) -> tuple[int, int]:
    """The difference of two 128-bit numbers, modulo 2**128."""
    return _halves((a_high << 64 | a_low) - (b_high << 64 | b_low))


def i64_mul_wide_s(a: int, b: int) -> tuple[int, int]:
    """The whole product of two signed 64-bit numbers."""
    return _halves(signed_64(a) * signed_64(b))


def i64_mul_wide_u(a: int, b: int) -> tuple[int, int]:
    """The whole product of two unsigned 64-bit numbers."""
    return _halves(a * b)
