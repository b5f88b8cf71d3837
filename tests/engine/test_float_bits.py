"""Floats and their bits."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.engine.float_bits import f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits


@given(st.integers(0, 2**32 - 1))
def test_every_f32_survives(bits: int) -> None:
    value = f32_from_bits(bits)
    assert f32_to_bits(value) == bits
    if not math.isnan(value):
        assert value == struct.unpack("<f", struct.pack("<I", bits))[0]


@given(st.integers(0, 2**64 - 1))
def test_every_f64_survives(bits: int) -> None:
    assert f64_to_bits(f64_from_bits(bits)) == bits


def test_a_signalling_nan_stays_one() -> None:
    wide = f64_to_bits(f32_from_bits(0x7F800001))
    assert wide == 0x7FF0_0000_2000_0000


def test_a_number_too_large_for_an_f32() -> None:
    with pytest.raises(OverflowError):
        f32_to_bits(1e300)
