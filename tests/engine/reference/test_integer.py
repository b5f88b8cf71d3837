"""Integer meanings against C's own arithmetic (ctypes) and plain definitions."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.engine.reference import integer
from pywasm_rt.engine.reference.integer import MASK_32, MASK_64, signed_32, signed_64
from pywasm_rt.errors import Trap, TrapCode

SIGNED: dict[int, type[ctypes.c_int32 | ctypes.c_int64]] = {32: ctypes.c_int32, 64: ctypes.c_int64}
MASKS = {32: MASK_32, 64: MASK_64}


def numbers(bits: int) -> st.SearchStrategy[int]:
    edges = st.sampled_from([0, 1, MASKS[bits], 1 << bits - 1, (1 << bits - 1) - 1, bits, bits - 1])
    return edges | st.integers(0, MASKS[bits])


def meaning(bits: int, name: str) -> Callable[..., int]:
    function: Callable[..., int] = getattr(integer, f"i{bits}_{name}")
    return function


@st.composite
def pairs(draw: st.DrawFn) -> tuple[int, int, int]:
    bits = draw(st.sampled_from([32, 64]))
    return bits, draw(numbers(bits)), draw(numbers(bits))


def digits(bits: int, value: int) -> str:
    return f"{value:0{bits}b}"


@given(pairs())
def test_wrapping_arithmetic(case: tuple[int, int, int]) -> None:
    bits, a, b = case
    assert meaning(bits, "add")(a, b) == (a + b) % 2**bits
    assert meaning(bits, "sub")(a, b) == (a - b) % 2**bits
    assert meaning(bits, "mul")(a, b) == (a * b) % 2**bits


@given(pairs())
def test_division_has_c_semantics(case: tuple[int, int, int]) -> None:
    bits, a, b = case
    x, y = SIGNED[bits](a).value, SIGNED[bits](b).value
    if not b:
        for name in ("div_s", "div_u", "rem_s", "rem_u"):
            with pytest.raises(Trap) as caught:
                meaning(bits, name)(a, b)
            assert caught.value.code is TrapCode.INTEGER_DIVIDE_BY_ZERO
        return
    assert meaning(bits, "div_u")(a, b) * b + meaning(bits, "rem_u")(a, b) == a
    remainder = SIGNED[bits](meaning(bits, "rem_s")(a, b)).value
    assert abs(remainder) < abs(y)
    assert remainder == 0 or (remainder < 0) == (x < 0)
    if x == -(1 << bits - 1) and y == -1:
        with pytest.raises(Trap) as caught:
            meaning(bits, "div_s")(a, b)
        assert caught.value.code is TrapCode.INTEGER_OVERFLOW
    else:
        assert SIGNED[bits](meaning(bits, "div_s")(a, b)).value * y + remainder == x


@given(pairs())
def test_shifts_and_rotations(case: tuple[int, int, int]) -> None:
    bits, a, count = case
    places = count % bits
    text = digits(bits, a)
    assert digits(bits, meaning(bits, "shl")(a, count)) == text[places:] + "0" * places
    assert digits(bits, meaning(bits, "shr_u")(a, count)) == "0" * places + text[: bits - places]
    assert (
        digits(bits, meaning(bits, "shr_s")(a, count)) == text[0] * places + text[: bits - places]
    )
    assert digits(bits, meaning(bits, "rotl")(a, count)) == text[places:] + text[:places]
    split = bits - places
    assert digits(bits, meaning(bits, "rotr")(a, count)) == text[split:] + text[:split]


@given(pairs())
def test_counting_bits(case: tuple[int, int, int]) -> None:
    bits, a, _ = case
    text = digits(bits, a)
    assert meaning(bits, "clz")(a) == len(text) - len(text.lstrip("0"))
    assert meaning(bits, "ctz")(a) == len(text) - len(text.rstrip("0"))
    assert meaning(bits, "popcnt")(a) == text.count("1")
    assert meaning(bits, "eqz")(a) == (a == 0)


@given(pairs())
def test_bitwise(case: tuple[int, int, int]) -> None:
    bits, a, b = case
    truth: dict[str, Callable[[str, str], bool]] = {
        "and": lambda x, y: x == y == "1",
        "or": lambda x, y: "1" in (x, y),
        "xor": lambda x, y: x != y,
    }
    for name, expected in truth.items():
        both = zip(digits(bits, a), digits(bits, b), strict=True)
        text = "".join("01"[expected(*pair)] for pair in both)
        assert digits(bits, meaning(bits, name)(a, b)) == text


@given(pairs())
def test_comparisons(case: tuple[int, int, int]) -> None:
    bits, a, b = case
    x, y = SIGNED[bits](a).value, SIGNED[bits](b).value
    expected = {
        "eq": a == b,
        "ne": a != b,
        "lt_u": a < b,
        "gt_u": a > b,
        "le_u": a <= b,
        "ge_u": a >= b,
        "lt_s": x < y,
        "gt_s": x > y,
        "le_s": x <= y,
        "ge_s": x >= y,
    }
    for name, result in expected.items():
        assert meaning(bits, name)(a, b) is int(result), name


@given(pairs())
def test_sign_extension(case: tuple[int, int, int]) -> None:
    bits, a, _ = case
    assert meaning(bits, "extend8_s")(a) == ctypes.c_int8(a & 0xFF).value % 2**bits
    assert meaning(bits, "extend16_s")(a) == ctypes.c_int16(a & 0xFFFF).value % 2**bits
    if bits == 64:
        assert meaning(bits, "extend32_s")(a) == ctypes.c_int32(a & MASK_32).value % 2**bits


@given(numbers(32), numbers(64))
def test_signed_numbers(a: int, b: int) -> None:
    assert signed_32(a) == ctypes.c_int32(a).value
    assert signed_64(b) == ctypes.c_int64(b).value


def test_constants_are_unsigned() -> None:
    assert integer.i32_const(-1) == MASK_32
    assert integer.i64_const(-1) == MASK_64
    assert integer.i64_const(5) == 5
