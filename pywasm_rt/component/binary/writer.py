"""Writing the small pieces of the component binary format."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.syntax import CanonOptions, Sort, SortIndex
from pywasm_rt.wasm.binary.leb128 import unsigned
from pywasm_rt.wasm.binary.names import write_name

__all__ = [
    "write_extern_name",
    "write_item",
    "write_optional",
    "write_options",
    "write_sort",
    "write_vector",
]

_SORTS = {
    Sort.CORE_FUNCTION: b"\x00\x00",
    Sort.CORE_TABLE: b"\x00\x01",
    Sort.CORE_MEMORY: b"\x00\x02",
    Sort.CORE_GLOBAL: b"\x00\x03",
    Sort.CORE_TAG: b"\x00\x04",
    Sort.CORE_TYPE: b"\x00\x10",
    Sort.CORE_MODULE: b"\x00\x11",
    Sort.CORE_INSTANCE: b"\x00\x12",
    Sort.FUNCTION: b"\x01",
    Sort.VALUE: b"\x02",
    Sort.TYPE: b"\x03",
    Sort.COMPONENT: b"\x04",
    Sort.INSTANCE: b"\x05",
}
_ENCODINGS = {
    StringEncoding.UTF8: b"\x00",
    StringEncoding.UTF16: b"\x01",
    StringEncoding.LATIN1_UTF16: b"\x02",
}

Item = TypeVar("Item")


def write_vector(items: Collection[Item], write: Callable[[Item], bytes]) -> bytes:
    """A vector: how many, and each."""
    return unsigned(len(items)) + b"".join(map(write, items))


def write_optional(item: Item | None, write: Callable[[Item], bytes]) -> bytes:
    """Nothing (0x00), or an element (0x01)."""
    return b"\x00" if item is None else b"\x01" + write(item)


def write_sort(sort: Sort) -> bytes:
    """A sort's one or two bytes."""
    return _SORTS[sort]


def write_item(item: SortIndex) -> bytes:
    """A sort and an index."""
    return _SORTS[item.sort] + unsigned(item.index)


def write_extern_name(name: ExternName) -> bytes:
    """The name of an import or export, with its attributes."""
    given = ((0x00, name.implements), (0x01, name.version_suffix), (0x02, name.external_id))
    attributes = [bytes((code,)) + write_name(text) for code, text in given if text is not None]
    if not attributes:
        return b"\x00" + write_name(name.text)
    return b"\x02" + write_name(name.text) + unsigned(len(attributes)) + b"".join(attributes)


def write_options(options: CanonOptions) -> bytes:
    """The options of a canonical definition."""
    given = (
        (b"\x03", options.memory),
        (b"\x04", options.realloc),
        (b"\x05", options.post_return),
        (b"\x07", options.callback),
    )
    out = [code + unsigned(index) for code, index in given if index is not None]
    if options.is_async:
        out.insert(0, b"\x06")
    if options.encoding is not None:
        out.insert(0, _ENCODINGS[options.encoding])
    return unsigned(len(out)) + b"".join(out)
