"""Which Python values stand for numbers and characters."""

from __future__ import annotations

import enum
import math
from decimal import Decimal
from fractions import Fraction

import pytest

from pywasm_rt.component import types as t
from pywasm_rt.component.canonical.scalars import (
    CHECKS,
    Mismatch,
    bits_of_f32,
    bits_of_f64,
    char_of,
    describe,
    f32_of_bits,
)
from pywasm_rt.errors import Trap


class Colour(enum.IntEnum):
    RED = 3


class Indexed:
    def __index__(self) -> int:
        return 7


@pytest.mark.parametrize(
    ("type", "value", "expected"),
    [
        (t.BOOL, True, 1),
        (t.U8, 255, 255),
        (t.U8, Colour.RED, 3),
        (t.U8, Indexed(), 7),
        (t.S8, -128, -128),
        (t.U64, 2**64 - 1, 2**64 - 1),
        (t.F32, 0.1, f32_of_bits(0x3DCCCCCD)),
        (t.F32, 1e300, math.inf),
        (t.F64, 3, 3.0),
        (t.F64, Decimal("0.5"), 0.5),
        (t.F64, Fraction(1, 4), 0.25),
        (t.CHAR, "🍰", 0x1F370),
    ],
)
def test_what_fits(type: t.PrimitiveType, value: object, expected: object) -> None:
    assert CHECKS[type](value) == expected


@pytest.mark.parametrize(
    ("type", "value", "sentence"),
    [
        (t.BOOL, 1, "expected bool, got 1 (int)"),
        (t.U8, 256, "expected u8 (0 to 255), got 256 (int)"),
        (t.S64, 2**63, "expected s64"),
        (t.U8, True, "expected u8, got True"),
        (t.U8, 1.0, "expected u8, got 1.0 (float)"),
        (t.U8, "1", "expected u8, got '1' (str)"),
        (t.F64, "1", "expected f64, got '1' (str)"),
        (t.F64, True, "expected f64, got True"),
        (t.F64, None, "expected f64, got None"),
        (t.F64, 10**400, "expected f64"),
        (t.F32, [], "expected f32, got []"),
        (t.CHAR, "ab", "expected char (a string of one character), got 'ab' (str)"),
        (t.CHAR, "\ud800", "expected char (not a surrogate)"),
        (t.CHAR, 65, "expected char"),
    ],
)
def test_what_does_not_fit(type: t.PrimitiveType, value: object, sentence: str) -> None:
    with pytest.raises(Mismatch) as caught:
        CHECKS[type](value)
    assert str(caught.value).startswith(sentence)


def test_a_nan_becomes_the_canonical_one() -> None:
    assert bits_of_f64(CHECKS[t.F64](f64_nan())) == 0x7FF8_0000_0000_0000
    assert bits_of_f32(CHECKS[t.F32](f64_nan())) == 0x7FC0_0000


def f64_nan() -> float:
    return f32_of_bits(0x7FC0_1234)


@pytest.mark.parametrize("code", [0xD800, 0xDFFF, 0x11_0000, 0xFFFF_FFFF])
def test_codes_that_are_no_characters_trap(code: int) -> None:
    with pytest.raises(Trap, match=r"^invalid `char` bit pattern"):
        char_of(code)


def test_values_in_messages_are_short() -> None:
    assert len(describe("x" * 1000)) < 80
    assert describe(10**5000) == "... (int)"
