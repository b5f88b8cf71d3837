"""The sections of a binary as they lie in it, without reading what is inside."""

from __future__ import annotations

from dataclasses import dataclass

from pywasm_rt.wasm.binary.reader import Reader

__all__ = ["SectionExtent", "is_component", "read_section", "scan_sections"]

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
    """The sections of a module or component, in order.

    Raises:
        DecodeError: the header or the frame of a section is malformed.
    """
    reader = Reader(data)
    if reader.raw(4) != _MAGIC:
        raise reader.error("magic header not detected", 0)
    reader.raw(4)
    kinds = _COMPONENT if is_component(data) else _CORE
    sections: list[SectionExtent] = []
    while reader.remaining:
        start = reader.position
        kind = kinds.get(reader.byte())
        if kind is None:
            raise reader.error(f"malformed section id {data[start]}", start)
        content = read_section(reader, f"{kind} section")
        begin, size = content.position, content.remaining
        name = content.name() if kind == "custom" else ""
        sections.append(SectionExtent(kind, name, begin, size))
    return sections


def read_section(reader: Reader, inside: str) -> Reader:
    """The content of a section, whose id was read, as a window.

    Raises:
        DecodeError: its size is malformed, or more than there is.
    """
    start = reader.position
    size = reader.u32()
    # The official suite counts the bytes of the size itself among those that are there, so a
    # section that is too long by no more than these ends where its content breaks off.
    if size > reader.end - start:
        raise reader.error("length out of bounds", start)
    content = reader.position
    window = reader.window(min(size, reader.remaining), inside)
    reader.position = content + size  # behind the end, if there was less: the next read says so
    return window
