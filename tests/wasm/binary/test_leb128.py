"""Integers in LEB128, always as short as possible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.wasm.binary.leb128 import signed, unsigned


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "00"), (127, "7f"), (128, "80 01"), (624485, "e5 8e 26"), (2**32 - 1, "ff ff ff ff 0f")],
)
def test_unsigned(value: int, written: str) -> None:
    assert unsigned(value).hex(" ") == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *((0, "00"), (63, "3f"), (64, "c0 00"), (-64, "40"), (-65, "bf 7f"), (-123456, "c0 bb 78")),
        (-(2**63), "80 80 80 80 80 80 80 80 80 7f"),
    ],
)
def test_signed(value: int, written: str) -> None:
    assert signed(value).hex(" ") == written


@given(st.integers(0, 2**70))
def test_unsigned_is_minimal(value: int) -> None:
    written = unsigned(value)
    assert len(written) == max(1, -(-value.bit_length() // 7))
    assert sum((byte & 127) << 7 * place for place, byte in enumerate(written)) == value


@given(st.integers(-(2**70), 2**70))
def test_signed_is_minimal(value: int) -> None:
    written = signed(value)
    bits = (value if value >= 0 else ~value).bit_length() + 1
    assert len(written) == -(-bits // 7)
