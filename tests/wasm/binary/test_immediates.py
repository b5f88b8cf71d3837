"""Immediates in the binary format: every kind, both ways, and every instruction alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.errors import ByteOffset, DecodeError, UnsupportedFeature
from pywasm_rt.wasm.binary.immediates import READERS, SPECIAL_READERS, SPECIAL_WRITERS, WRITERS
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.features import DEFAULT, WASM_1, WASM_2, Features
from pywasm_rt.wasm.instructions import ROWS, MemoryArgument
from pywasm_rt.wasm.instructions.immediates import KINDS


def test_every_kind_can_be_read_and_written() -> None:
    assert set(READERS) == set(WRITERS) == set(KINDS)


def test_every_special_encoding_can_be_read_and_written() -> None:
    used = {row.encoding for row in ROWS if row.encoding}
    assert set(SPECIAL_READERS) == set(SPECIAL_WRITERS) == used


@settings(max_examples=300)
@given(st.data())
def test_values_come_back(
    kind_strategies: dict[str, st.SearchStrategy[object]], data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(sorted(set(KINDS) - {"reference_type"})))
    value = data.draw(kind_strategies[kind])
    reader = Reader(WRITERS[kind](value))
    assert READERS[kind](reader, DEFAULT) == value
    assert reader.remaining == 0


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("f32", 0x7FC0_0001, "01 00 c0 7f"),
        ("f64", 1, "01 00 00 00 00 00 00 00"),
        ("i32", -1, "7f"),
        ("block_type", None, "40"),
        ("block_type", 64, "c0 00"),
        ("labels", (1, 2), "02 01 02"),
        ("memory_argument", MemoryArgument(2, 0, 128), "02 80 01"),
        ("memory_argument", MemoryArgument(2, 3, 0), "42 03 00"),
    ],
)
def test_known_bytes(kind: str, value: object, written: str) -> None:
    assert WRITERS[kind](value).hex(" ") == written
    assert READERS[kind](Reader(bytes.fromhex(written)), DEFAULT) == value


@pytest.mark.parametrize(
    ("kind", "written", "message", "offset"),
    [
        ("block_type", "41", "malformed value type 0x41", 0),
        ("block_type", "ff 7f", "malformed block type", 0),
        ("block_type", "", "unexpected end", 0),
        ("memory_argument", "80 01 00", "malformed memop flags 0x80", 0),
        ("memory_argument", "02 80 80 80 80 80 80 80 80 80 02", "integer too large", 1),
        ("catches", "01 04 00", "malformed catch clause 0x04", 1),
        ("catches", "ff ff ff ff 0f", "unexpected end", 5),
        ("labels", "ff ff ff ff 0f 00", "unexpected end", 6),
        ("value_types", "01 40", "malformed value type 0x40", 1),
        ("lanes16", "00 01", "unexpected end", 2),
        ("v128", "00 01", "unexpected end", 2),
        ("f64", "00", "unexpected end", 1),
    ],
)
def test_malformed_immediates(kind: str, written: str, message: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        READERS[kind](Reader(bytes.fromhex(written)), DEFAULT)
    assert caught.value.message == message
    assert caught.value.where == ByteOffset(offset)


@pytest.mark.parametrize(
    ("kind", "features"), [("memory", WASM_2), ("table", WASM_1)], ids=["memory", "table"]
)
def test_indices_were_zero_bytes_once(kind: str, features: Features) -> None:
    assert READERS[kind](Reader(b"\x01"), DEFAULT) == 1
    assert READERS[kind](Reader(b"\x00"), features) == 0
    for written in (b"\x01", b"\x80\x00"):
        with pytest.raises(DecodeError, match="zero byte expected"):
            READERS[kind](Reader(written), features)


@pytest.mark.parametrize(
    ("kind", "written", "features", "feature"),
    [
        ("memory_argument", "42 00 00", WASM_2, "multi-memory"),
        ("block_type", "00", WASM_1, "multi-value"),
    ],
)
def test_forms_of_proposals_that_are_off(
    kind: str, written: str, features: Features, feature: str
) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        READERS[kind](Reader(bytes.fromhex(written)), features)
    assert caught.value.feature == feature


def test_offsets_have_64_bits_only_with_memory64() -> None:
    written = b"\x00" + b"\x80" * 5 + b"\x01"
    assert READERS["memory_argument"](Reader(written), DEFAULT) == (0, 0, 1 << 35)
    with pytest.raises(DecodeError, match="integer representation too long"):
        READERS["memory_argument"](Reader(written), WASM_2)


@pytest.mark.parametrize(
    ("encoding", "written", "message"),
    [
        ("cast_flags", "04 00 70 70", "malformed br_on_cast flags 0x04"),
        ("zero_byte", "01", "zero byte expected"),
    ],
)
def test_malformed_special_forms(encoding: str, written: str, message: str) -> None:
    read: Callable[..., object] = SPECIAL_READERS[encoding]
    with pytest.raises(DecodeError, match=message):
        read(Reader(bytes.fromhex(written)), DEFAULT)
