"""Sections as they lie in a binary."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.errors import ByteOffset, DecodeError
from pywasm_rt.wasm.binary.sections import SectionExtent, is_component, scan_sections

COMPONENT = b"\0asm\x0d\0\x01\0"


def test_sections_of_a_module(module_of: Callable[..., bytes]) -> None:
    data = module_of((0, b"\x01aXY"), (1, b"\x00"), (13, b"\x00"))
    assert not is_component(data)
    assert scan_sections(data) == [
        SectionExtent("custom", "a", 10, 4),
        SectionExtent("type", "", 16, 1),
        SectionExtent("tag", "", 19, 1),
    ]


def test_sections_of_a_component() -> None:
    data = COMPONENT + bytes.fromhex("04 01 00 0b 00")
    assert is_component(data)
    assert [section.kind for section in scan_sections(data)] == ["component", "export"]


@pytest.mark.parametrize(
    ("data", "message", "offset"),
    [
        (b"", "unexpected end", 0),
        (b"\0asn\x01\0\0\0", "magic header not detected", 0),
        (b"\0asm\x01\0\0\0\x0e\0", "malformed section id 14", 8),
        (COMPONENT + b"\x0d\0", "malformed section id 13", 8),
        (COMPONENT + b"\x01\x03\0", "length out of bounds", 9),
        (COMPONENT + b"\x01\x02\0", "unexpected end", 11),
        (COMPONENT + b"\0\x02\x01\xff", "malformed UTF-8 encoding", 11),
    ],
)
def test_malformed_frames(data: bytes, message: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        scan_sections(data)
    assert caught.value.message == message
    assert isinstance(caught.value.where, ByteOffset)
    assert caught.value.where.offset == offset
