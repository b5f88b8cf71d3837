"""The sections of a binary as they lie in it, without reading what is inside."""

from __future__ import annotations

from dataclasses import dataclass

from pywasm_rt.errors import ByteOffset, DecodeError

__all__ = ["SectionExtent", "is_component", "scan_sections"]

_MAGIC = b"\0asm"
_CORE = {
    0: "custom",
    1: "type",
    2: "import",
    3: "function",
    4: "table",
    5: "memory",
    6: "global",
    7: "export",
    8: "start",
    9: "element",
    10: "code",
    11: "data",
    12: "data count",
    13: "tag",
}
_COMPONENT = {
    0: "custom",
    1: "core module",
    2: "core instance",
    3: "core type",
    4: "component",
    5: "instance",
    6: "alias",
    7: "type",
    8: "canon",
    9: "start",
    10: "import",
    11: "export",
    12: "value",
}


@dataclass(frozen=True, slots=True)
class SectionExtent:
    """A section: its kind, the name of a custom one, where its content begins, its bytes."""

    kind: str
    name: str
    offset: int
    size_bytes: int


def is_component(data: bytes) -> bool:
    """Whether the preamble is that of a component (layer 1)."""
    return data[:4] == _MAGIC and data[6:8] == b"\x01\x00"


def scan_sections(data: bytes) -> list[SectionExtent]:
    """The sections of a module or component in order. Raises DecodeError."""
    if data[:4] != _MAGIC:
        raise DecodeError("magic header not detected", ByteOffset(0))
    kinds = _COMPONENT if is_component(data) else _CORE
    position = 8
    sections: list[SectionExtent] = []
    while position < len(data):
        section_id = data[position]
        size, begin = _unsigned(data, position + 1)
        if begin + size > len(data):
            raise DecodeError("length out of bounds", ByteOffset(position))
        kind = kinds.get(section_id)
        if kind is None:
            raise DecodeError(f"malformed section id {section_id}", ByteOffset(position))
        name = _name(data, begin, begin + size) if kind == "custom" else ""
        sections.append(SectionExtent(kind, name, begin, size))
        position = begin + size
    return sections


def _unsigned(data: bytes, position: int) -> tuple[int, int]:
    """An unsigned LEB128 number of at most 32 bits, and the position behind it."""
    value = 0
    for shift in range(0, 35, 7):
        if position >= len(data):
            raise DecodeError("unexpected end", ByteOffset(position))
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise DecodeError("integer representation too long", ByteOffset(position))


def _name(data: bytes, begin: int, end: int) -> str:
    length, start = _unsigned(data, begin)
    if start + length > end:
        raise DecodeError("unexpected end", ByteOffset(start))
    return data[start : start + length].decode("utf-8", "replace")
