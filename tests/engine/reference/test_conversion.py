"""Conversions against exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pywasm_rt.engine.float_bits import f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits
from pywasm_rt.engine.reference import conversion
from pywasm_rt.engine.reference.float import round_to_f32
from pywasm_rt.engine.reference.integer import signed_32, signed_64
from pywasm_rt.errors import Trap, TrapCode

SIGNED = {32: signed_32, 64: signed_64}
BOUNDS = {
    (bits, sign): (-(1 << bits - 1), (1 << bits - 1) - 1) if sign == "s" else (0, (1 << bits) - 1)
    for bits in (32, 64)
    for sign in "su"
}


@given(st.floats() | st.integers(-(2**65), 2**65).map(float), st.sampled_from(sorted(BOUNDS)))
@example(2147483647.9999998, (32, "s"))
@example(-2147483648.9999995, (32, "s"))
@example(-0.9999999999999999, (64, "u"))
@example(18446744073709549568.0, (64, "u"))
@example(18446744073709551616.0, (64, "u"))
def test_truncation(a: float, kind: tuple[int, str]) -> None:
    bits, sign = kind
    low, high = BOUNDS[kind]
    saturating = getattr(conversion, f"i{bits}_trunc_sat_f64_{sign}")(a)
    trapping = getattr(conversion, f"i{bits}_trunc_f64_{sign}")
    if math.isnan(a):
        code = TrapCode.INVALID_CONVERSION_TO_INTEGER
        expected = 0
    elif math.isinf(a) or not low <= math.trunc(a) <= high:
        code = TrapCode.INTEGER_OVERFLOW
        expected = high if a > 0 else low
    else:
        expected = math.trunc(Fraction(a))
        assert trapping(a) == saturating == expected % 2**bits
        return
    assert saturating == expected % 2**bits
    with pytest.raises(Trap) as caught:
        trapping(a)
    assert caught.value.code is code


@given(st.integers(0, 2**64 - 1), st.sampled_from([32, 64]), st.sampled_from("su"))
@example(0x7FFF_FF40_0000_0001, 64, "s")  # in two roundings this would become another number
@example(0x0020_0000_2000_0001, 64, "u")
@example(2**64 - 1, 64, "u")
def test_integers_to_floats_are_rounded_once(value: int, bits: int, sign: str) -> None:
    value &= (1 << bits) - 1
    number = SIGNED[bits](value) if sign == "s" else value
    assert getattr(conversion, f"f64_convert_i{bits}_{sign}")(value) == float(number)
    single = getattr(conversion, f"f32_convert_i{bits}_{sign}")(value)
    bits_of_single = f32_to_bits(single)
    # No other f32 is nearer, and of two equally near ones the even one was taken.
    for neighbour in (bits_of_single - 1, bits_of_single + 1):
        if 0 <= neighbour < 1 << 32 and number:
            other = abs(Fraction(f32_from_bits(neighbour)) - number)
            mine = abs(Fraction(single) - number)
            assert mine < other or (mine == other and bits_of_single % 2 == 0)


@given(st.integers(0, 2**64 - 1))
def test_demotion_and_promotion(bits: int) -> None:
    a = f64_from_bits(bits)
    single = conversion.f32_demote_f64(a)
    if math.isnan(a):
        quiet = f64_to_bits(a) | 1 << 51
        assert f64_to_bits(single) == quiet & ~((1 << 29) - 1)
    else:
        assert single == round_to_f32(a)
    promoted = conversion.f64_promote_f32(f32_from_bits(bits & 0xFFFF_FFFF))
    if math.isnan(promoted):
        assert f64_to_bits(promoted) & 1 << 51
    else:
        assert promoted == f32_from_bits(bits & 0xFFFF_FFFF)


@given(st.integers(0, 2**64 - 1))
def test_reinterpretation_keeps_every_bit(bits: int) -> None:
    low = bits & 0xFFFF_FFFF
    assert conversion.i32_reinterpret_f32(conversion.f32_reinterpret_i32(low)) == low
    assert conversion.i64_reinterpret_f64(conversion.f64_reinterpret_i64(bits)) == bits


@given(st.integers(0, 2**64 - 1))
def test_integer_widths(bits: int) -> None:
    low = bits & 0xFFFF_FFFF
    assert conversion.i32_wrap_i64(bits) == low
    assert conversion.i64_extend_i32_u(low) == low
    assert conversion.i64_extend_i32_s(low) == signed_32(low) % 2**64
