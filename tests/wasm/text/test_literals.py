"""Numbers: every bit right, against Python's own conversions and exact fractions."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.wasm.text.literal_printer import print_float
from pywasm_rt.wasm.text.literals import float_bits, integer, unsigned_integer

FORMATS = {32: ("<f", 4), 64: ("<d", 8)}


def value_of(bits: int, width: int) -> float:
    code, size = FORMATS[width]
    number: float = struct.unpack(code, bits.to_bytes(size, "little"))[0]
    return number


@given(st.integers(0, 2**32 - 1))
def test_every_f32_reads_back_as_printed(bits: int) -> None:
    assert float_bits(print_float(bits, 32), 32) == bits


@given(st.integers(0, 2**64 - 1))
def test_every_f64_reads_back_as_printed(bits: int) -> None:
    assert float_bits(print_float(bits, 64), 64) == bits


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_f64_agrees_with_python(value: float) -> None:
    (bits,) = struct.unpack("<Q", struct.pack("<d", value))
    assert float_bits(value.hex(), 64) == bits
    assert float_bits(repr(value), 64) == bits


@given(st.decimals(allow_nan=False, allow_infinity=False, places=20, min_value=-10, max_value=10))
def test_f32_is_rounded_once(number: object) -> None:
    text = f"{number:f}"
    bits = float_bits(text, 32)
    assert bits is not None
    exact = Fraction(text)
    rounded = Fraction(value_of(bits, 32))
    magnitude = bits & 0x7FFFFFFF
    neighbours = [magnitude + step for step in (-1, 1) if 0 <= magnitude + step < 0x7F800000]
    sign = -1 if bits >> 31 else 1
    for neighbour in neighbours:
        other = sign * Fraction(value_of(neighbour, 32))
        assert abs(rounded - exact) <= abs(other - exact)


def test_the_case_that_double_rounding_gets_wrong() -> None:
    # Halfway between two f32 but for the last digit; through f64 it would round down.
    text = "1.00000017881393432617187500001"
    assert float_bits(text, 32) == 0x3F800002


@pytest.mark.parametrize(
    ("text", "width", "bits"),
    [
        ("0x1.fffffep127", 32, 0x7F7FFFFF),
        ("0x1p-149", 32, 1),
        ("0x1p-150", 32, 0),
        ("-0", 32, 0x80000000),
        ("inf", 64, 0x7FF0000000000000),
        ("-nan:0x1", 64, 0xFFF0000000000001),
        ("1e-999999999", 64, 0),
        ("1_0.5_0", 64, 0x4025000000000000),
    ],
)
def test_edges(text: str, width: int, bits: int) -> None:
    assert float_bits(text, width) == bits


@pytest.mark.parametrize(
    "text", ["0x1p128", "1e39", "nan:0x800000", "nan:0x0", "1e999999999", "0x1.ffffffp127"]
)
def test_f32_out_of_range(text: str) -> None:
    assert float_bits(text, 32) is None


@given(st.integers(-(2**63), 2**64 - 1))
def test_integers_wrap_to_signed(number: int) -> None:
    expected = number if number < 2**63 else number - 2**64
    assert integer(str(number), 64) == expected
    assert integer(f"{number:#x}", 64) == expected


def test_integers_out_of_range() -> None:
    assert integer("4294967296", 32) is None
    assert integer("-2147483649", 32) is None
    assert unsigned_integer("256", 8) is None
    with pytest.raises(ValueError, match="-1"):
        unsigned_integer("-1", 8)
