"""Bytes, integers and names, and what is said where they are malformed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.errors import ByteOffset, DecodeError
from pywasm_rt.wasm.binary.leb128 import signed, unsigned
from pywasm_rt.wasm.binary.reader import Reader


def reader(text: str, *, inside: str = "") -> Reader:
    return Reader(bytes.fromhex(text), inside=inside)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_unsigned_integers_come_back(small: int, large: int) -> None:
    window = Reader(unsigned(small) + unsigned(large))
    assert (window.u32(), window.u64()) == (small, large)
    assert window.remaining == 0


@given(*(st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (32, 33, 64)))
def test_signed_integers_come_back(first: int, second: int, third: int) -> None:
    window = Reader(signed(first) + signed(second) + signed(third))
    assert (window.s32(), window.s33(), window.s64()) == (first, second, third)


@given(st.integers(-(2**31), 2**31 - 1))
def test_padded_integers_are_the_same(value: int) -> None:
    written = bytearray(signed(value))
    while len(written) < 5:
        fill = 0x7F if value < 0 else 0
        written[-1] |= 0x80
        written.append(fill)
    assert Reader(bytes(written)).s32() == value


@pytest.mark.parametrize(
    ("method", "written", "message"),
    [
        ("u32", "80 80 80 80 80 00", "integer representation too long"),
        ("u32", "80 80 80 80 10", "integer too large"),
        ("u32", "ff ff ff ff 1f", "integer too large"),
        ("u32", "80 80", "unexpected end"),
        ("u32", "", "unexpected end"),
        ("u64", "80 80 80 80 80 80 80 80 80 80 00", "integer representation too long"),
        ("u64", "80 80 80 80 80 80 80 80 80 02", "integer too large"),
        ("s32", "80 80 80 80 80 00", "integer representation too long"),
        ("s32", "ff ff ff ff 0f", "integer too large"),
        ("s32", "80 80 80 80 70", "integer too large"),
        ("s32", "80 80 80 80 08", "integer too large"),
        ("s33", "80 80 80 80 10", "integer too large"),
        ("s64", "80 80 80 80 80 80 80 80 80 80 00", "integer representation too long"),
        ("s64", "80 80 80 80 80 80 80 80 80 01", "integer too large"),
        ("s64", "ff ff", "unexpected end"),
    ],
)
def test_malformed_integers(method: str, written: str, message: str) -> None:
    window = reader("aa" + written)
    window.byte()
    with pytest.raises(DecodeError) as caught:
        getattr(window, method)()
    assert caught.value.message == message
    end = 1 + len(bytes.fromhex(written))
    assert caught.value.where == ByteOffset(end if message == "unexpected end" else 1)


def test_borders_of_signed_integers_are_allowed() -> None:
    assert reader("80 80 80 80 78").s32() == -(2**31)
    assert reader("ff ff ff ff 07").s32() == 2**31 - 1
    assert reader("80 80 80 80 70").s33() == -(2**32)
    assert reader("ff ff ff ff 0f").s33() == 2**32 - 1


def test_an_integer_that_leaves_its_window_is_judged_as_a_whole() -> None:
    data = bytes.fromhex("80 80 80 80 80 00")
    with pytest.raises(DecodeError, match="integer representation too long"):
        Reader(data, 0, 2, "type section").u32()
    with pytest.raises(DecodeError, match="unexpected end of section or function"):
        Reader(b"\x80\x01", 0, 1, "type section").u32()


def test_errors_name_the_place() -> None:
    window = reader("00 01 02 03", inside="data section")
    window.raw(4)
    with pytest.raises(DecodeError) as caught:
        window.byte()
    assert str(caught.value) == (
        "unexpected end of section or function (at offset 0x4 in data section)"
    )


def test_names_are_utf8() -> None:
    assert Reader(b"\x06" + "aé€".encode()).name() == "aé€"
    assert reader("00").name() == ""


@pytest.mark.parametrize(
    ("written", "message", "offset"),
    [
        ("03 61 ff 62", "malformed UTF-8 encoding", 2),
        ("03 ed a0 80", "malformed UTF-8 encoding", 1),
        ("02 c0 80", "malformed UTF-8 encoding", 1),
        ("03 61 62", "length out of bounds", 0),
        ("ff ff ff ff 0f 61", "length out of bounds", 0),
        ("", "unexpected end", 0),
    ],
)
def test_malformed_names(written: str, message: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        reader(written).name()
    assert caught.value.message == message
    assert caught.value.where == ByteOffset(offset)


def test_a_count_beyond_the_window_is_refused_at_once() -> None:
    with pytest.raises(DecodeError, match="unexpected end of section or function"):
        reader("ff ff ff ff 0f 00", inside="type section").count()
    assert reader("02 00 00").count() == 2


def test_windows_share_offsets() -> None:
    outer = reader("00 01 02 03 04")
    outer.byte()
    inner = outer.window(2, "table section")
    assert (inner.position, inner.end, outer.position) == (1, 3, 3)
    assert inner.raw(2) == b"\x01\x02"
    assert inner.peek() is None
    assert outer.peek() == 3
    with pytest.raises(DecodeError, match="unexpected end"):
        outer.window(3, "x")
