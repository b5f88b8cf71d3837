"""Element and data segments in their various binary forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.errors import DecodeError, UnsupportedFeature
from pywasm_rt.wasm.binary.expressions import ExpressionReader, ExpressionWriter
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.binary.segments import (
    function_index,
    read_data_segment,
    read_element_segment,
    write_data_segment,
    write_element_segment,
)
from pywasm_rt.wasm.features import DEFAULT, WASM_1, Features
from pywasm_rt.wasm.instructions import INSTRUCTIONS, Instruction
from pywasm_rt.wasm.module import (
    DataMode,
    DataSegment,
    ElementMode,
    ElementSegment,
    Expression,
)
from pywasm_rt.wasm.types import EXTERNREF, FUNCREF, AbstractHeapType, ReferenceType

FUNCTIONS = ReferenceType(nullable=False, heap=AbstractHeapType.FUNC)
END = Instruction(INSTRUCTIONS.by_mnemonic["end"])


def expression(mnemonic: str, immediate: object) -> Expression:
    return Expression([Instruction(INSTRUCTIONS.by_mnemonic[mnemonic], (immediate,)), END])


OFFSET = expression("i32.const", 5)
FUNCTION = expression("ref.func", 3)
NULL = expression("ref.null", AbstractHeapType.FUNC)


def read_element(written: str, features: Features = DEFAULT) -> ElementSegment:
    reader = Reader(bytes.fromhex(written))
    segment = read_element_segment(reader, features, ExpressionReader(features, INSTRUCTIONS))
    assert reader.remaining == 0
    return segment


def read_data(written: str, features: Features = DEFAULT) -> DataSegment:
    reader = Reader(bytes.fromhex(written))
    segment = read_data_segment(reader, features, ExpressionReader(features, INSTRUCTIONS))
    assert reader.remaining == 0
    return segment


def element_bytes(segment: ElementSegment) -> str:
    return write_element_segment(segment, ExpressionWriter().write).hex(" ")


@pytest.mark.parametrize(
    ("written", "kind", "items", "mode"),
    [
        ("00 41 05 0b 01 03", FUNCTIONS, [FUNCTION], ElementMode(0, OFFSET)),
        ("01 00 01 03", FUNCTIONS, [FUNCTION], "passive"),
        ("02 07 41 05 0b 00 01 03", FUNCTIONS, [FUNCTION], ElementMode(7, OFFSET)),
        ("02 00 41 05 0b 00 00", FUNCTIONS, [], ElementMode(0, OFFSET)),
        ("03 00 00", FUNCTIONS, [], "declarative"),
        ("04 41 05 0b 01 d0 70 0b", FUNCREF, [NULL], ElementMode(0, OFFSET)),
        ("05 70 02 d0 70 0b d2 03 0b", FUNCREF, [NULL, FUNCTION], "passive"),
        ("05 64 70 01 d2 03 0b", FUNCTIONS, [FUNCTION], "passive"),
        ("06 00 41 05 0b 70 00", FUNCREF, [], ElementMode(0, OFFSET)),
        ("06 02 41 05 0b 6f 00", EXTERNREF, [], ElementMode(2, OFFSET)),
        ("07 6f 00", EXTERNREF, [], "declarative"),
    ],
)
def test_element_forms(
    written: str, kind: ReferenceType, items: list[Expression], mode: ElementMode | str
) -> None:
    segment = read_element(written)
    assert (segment.type, segment.items, segment.mode) == (kind, items, mode)
    assert element_bytes(segment) == written


@pytest.mark.parametrize(
    ("segment", "written"),
    [
        (ElementSegment(FUNCTIONS, [FUNCTION], ElementMode(0, OFFSET)), "00 41 05 0b 01 03"),
        (ElementSegment(FUNCTIONS, [FUNCTION], "declarative"), "03 00 01 03"),
        (ElementSegment(FUNCREF, [FUNCTION], ElementMode(0, OFFSET)), "04 41 05 0b 01 d2 03 0b"),
        (ElementSegment(EXTERNREF, [], ElementMode(0, OFFSET)), "06 00 41 05 0b 6f 00"),
        (ElementSegment(FUNCREF, [NULL], "passive"), "05 70 01 d0 70 0b"),
        (ElementSegment(FUNCTIONS, [], ElementMode(1, OFFSET)), "02 01 41 05 0b 00 00"),
        # Edited since it was read: the form gives way.
        (ElementSegment(FUNCREF, [NULL], "passive", flags=0), "05 70 01 d0 70 0b"),
        (ElementSegment(FUNCTIONS, [], ElementMode(0, OFFSET), flags=3), "00 41 05 0b 00"),
    ],
)
def test_the_shortest_form_is_chosen(segment: ElementSegment, written: str) -> None:
    assert element_bytes(segment) == written
    again = read_element(written)
    assert (again.type, again.items, again.mode) == (segment.type, segment.items, segment.mode)


@given(
    st.sampled_from([FUNCREF, EXTERNREF, FUNCTIONS]),
    st.lists(st.sampled_from([FUNCTION, NULL]), max_size=3),
    st.sampled_from(["passive", "declarative"])
    | st.builds(ElementMode, st.integers(0, 3), st.just(OFFSET)),
    st.none() | st.integers(0, 7),
)
def test_element_segments_come_back(
    kind: ReferenceType, items: list[Expression], mode: ElementMode | str, flags: int | None
) -> None:
    segment = ElementSegment(kind, items, mode, flags)
    again = read_element(element_bytes(segment))
    assert (again.type, again.items, again.mode) == (kind, items, mode)


def test_only_a_bare_function_reference_has_a_short_form() -> None:
    assert function_index(FUNCTION) == 3
    assert function_index(NULL) is None
    assert function_index(Expression([END])) is None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("08 00", "malformed elements segment kind 8"),
        ("01 01 00", "malformed element kind"),
        ("05 7f 00", "malformed reference type i32"),
        ("01 00 ff ff ff ff 0f", "unexpected end"),
    ],
)
def test_malformed_elements(written: str, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read_element(written)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("written", "mode"),
    [
        ("00 41 05 0b 02 61 62", DataMode(0, OFFSET)),
        ("01 02 61 62", None),
        ("02 00 41 05 0b 02 61 62", DataMode(0, OFFSET)),
        ("02 03 41 05 0b 02 61 62", DataMode(3, OFFSET)),
    ],
)
def test_data_forms(written: str, mode: DataMode | None) -> None:
    segment = read_data(written)
    assert (segment.data, segment.mode) == (b"ab", mode)
    assert write_data_segment(segment, ExpressionWriter().write).hex(" ") == written


def test_the_shortest_data_form_is_chosen() -> None:
    write = ExpressionWriter().write
    assert write_data_segment(DataSegment(b"", DataMode(0, OFFSET)), write)[0] == 0
    assert write_data_segment(DataSegment(b"", DataMode(1, OFFSET)), write)[:2] == b"\x02\x01"
    assert write_data_segment(DataSegment(b"a", None), write) == b"\x01\x01a"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("03", "malformed data segment kind 3"),
        ("01 ff ff ff ff 0f 00", "unexpected end"),
    ],
)
def test_malformed_data(written: str, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read_data(written)
    assert caught.value.message == message


def test_passive_segments_need_bulk_memory() -> None:
    with pytest.raises(UnsupportedFeature, match="bulk-memory"):
        read_data("01 00", WASM_1)
    with pytest.raises(UnsupportedFeature, match="bulk-memory"):
        read_element("01 00 00", WASM_1)
