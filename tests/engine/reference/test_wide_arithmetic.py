"""128-bit arithmetic against Python's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.engine.reference.integer import signed_64
from pywasm_rt.engine.reference.wide_arithmetic import (
    i64_add128,
    i64_mul_wide_s,
    i64_mul_wide_u,
    i64_sub128,
)

HALF = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63, 2**64 - 1])


@given(HALF, HALF, HALF, HALF)
def test_sums_and_differences(a: int, b: int, c: int, d: int) -> None:
    first, second = b << 64 | a, d << 64 | c
    low, high = i64_add128(a, b, c, d)
    assert high << 64 | low == (first + second) % 2**128
    low, high = i64_sub128(a, b, c, d)
    assert high << 64 | low == (first - second) % 2**128


@given(HALF, HALF)
def test_products(a: int, b: int) -> None:
    low, high = i64_mul_wide_u(a, b)
    assert high << 64 | low == a * b
    low, high = i64_mul_wide_s(a, b)
    assert signed_64(high) << 64 | low == signed_64(a) * signed_64(b)
