"""The name section, read and written (specification, appendix "Name Section").

Names never matter for what a program does, so reading is lenient: subsections that are unknown are
skipped, and where the bytes stop making sense, the names before that place are kept.
"""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.errors import DecodeError
from pywasm_rt.wasm.binary.leb128 import unsigned
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.module import NameMap, Names

__all__ = ["NAME_SECTION", "decode_names", "encode_names", "write_name"]

NAME_SECTION = "name"
_MODULE = 0
# Subsection id -> field of Names.
_MAPS = {
    1: "functions",
    4: "types",
    5: "tables",
    6: "memories",
    7: "globals",
    8: "elements",
    9: "datas",
    11: "tags",
}
_INDIRECT_MAPS = {2: "locals", 3: "labels", 10: "fields"}


def decode_names(data: bytes) -> Names:
    """The names in the content of a name section; what is malformed is left out."""
    names = Names()
    reader = Reader(data)
    while reader.remaining:
        try:
            subsection = reader.byte()
            window = reader.window(reader.u32(), "name section")
            _read_subsection(names, subsection, window)
        except DecodeError:
            break
    return names


def _read_subsection(names: Names, subsection: int, reader: Reader) -> None:
    if subsection == _MODULE:
        names.module = reader.name()
    elif subsection in _MAPS:
        _read_map(reader, getattr(names, _MAPS[subsection]))
    elif subsection in _INDIRECT_MAPS:
        target: dict[int, NameMap] = getattr(names, _INDIRECT_MAPS[subsection])
        for _ in range(reader.count()):
            _read_map(reader, target.setdefault(reader.u32(), {}))


def _read_map(reader: Reader, target: NameMap) -> None:
    for _ in range(reader.count()):
        index = reader.u32()
        target[index] = reader.name()


def write_name(name: str) -> bytes:
    """A length in bytes and the name in UTF-8."""
    data = name.encode("utf-8")
    return unsigned(len(data)) + data


def _write_map(names: NameMap) -> bytes:
    entries = [unsigned(index) + write_name(name) for index, name in sorted(names.items())]
    return unsigned(len(entries)) + b"".join(entries)


def _write_indirect_map(maps: dict[int, NameMap]) -> bytes:
    entries = [unsigned(index) + _write_map(names) for index, names in sorted(maps.items())]
    return unsigned(len(entries)) + b"".join(entries)


def encode_names(names: Names) -> bytes:
    """The content of a name section: all names, subsections and indices in order."""
    parts: dict[int, bytes] = {}
    if names.module is not None:
        parts[_MODULE] = write_name(names.module)
    tables: tuple[tuple[dict[int, str], Callable[..., bytes]], ...] = (
        (_MAPS, _write_map),
        (_INDIRECT_MAPS, _write_indirect_map),
    )
    for fields, write in tables:
        for subsection, field in fields.items():
            content = getattr(names, field)
            if content:
                parts[subsection] = write(content)
    return b"".join(
        unsigned(subsection) + unsigned(len(part)) + part
        for subsection, part in sorted(parts.items())
    )
