"""Rounding decimals to f32 and printing without exponents."""

from __future__ import annotations

import math
import struct
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.component.numbers import decimal_to_f32, is_scalar_value, positional, round_to_f32

LARGEST = 3.4028234663852886e38


def f32(bits: int) -> float:
    number: float = struct.unpack("<f", struct.pack("<I", bits))[0]
    return number


@given(st.integers(0, 0x7F7F_FFFE), st.sampled_from([-1, 0, 1]), st.sampled_from([1, -1]))
def test_digits_decide_between_two_neighbours(bits: int, side: int, sign: int) -> None:
    middle = (Fraction(f32(bits)) + Fraction(f32(bits + 1))) / 2
    with localcontext() as context:
        context.prec = 300
        exact = Decimal(middle.numerator) / Decimal(middle.denominator)
        text = str(sign * exact * (1 + side * Decimal("1e-60")))
    even = f32(bits + bits % 2)
    expected = {-1: f32(bits), 0: even, 1: f32(bits + 1)}[side]
    assert decimal_to_f32(text) == sign * expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3.40282356779733661637539395458142568447e38", LARGEST),
        ("3.40282356779733661637539395458142568448e38", math.inf),
        ("-3.4028235677973366e38", -LARGEST),
        ("3.5e38", math.inf),
        ("1e-400", 0.0),
        ("7.0064923216240853e-46", 0.0),
        ("inf", math.inf),
    ],
)
def test_ends_of_the_range(text: str, value: float) -> None:
    assert decimal_to_f32(text) == value


@given(st.floats(width=32, allow_nan=False))
def test_shortest_f32_reads_back(value: float) -> None:
    text = positional(value, single=True)
    assert decimal_to_f32(text) == value
    assert math.copysign(1, decimal_to_f32(text)) == math.copysign(1, value)
    assert "e" not in text


@given(st.floats(allow_nan=False))
def test_shortest_f64_reads_back(value: float) -> None:
    assert float(positional(value)) == value


def test_rounding_keeps_nan_and_overflows_to_infinity() -> None:
    assert math.isnan(round_to_f32(math.nan))
    assert round_to_f32(-1e300) == -math.inf
    assert positional(math.nan) == "nan"


def test_scalar_values() -> None:
    assert all(map(is_scalar_value, (0, 0xD7FF, 0xE000, 0x10FFFF)))
    assert not any(map(is_scalar_value, (-1, 0xD800, 0xDFFF, 0x110000)))
