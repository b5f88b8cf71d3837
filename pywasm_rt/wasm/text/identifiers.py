"""From names to identifiers: which items of a module can be written by name, and how."""

from __future__ import annotations

import re

from pywasm_rt.wasm.module import Module, NameMap

__all__ = ["ModuleIdentifiers", "bound", "identifier", "quote", "unique"]

_PLAIN = re.compile(r"[0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]+")
_BYTES = [
    chr(byte) if 32 <= byte < 127 and byte not in (34, 92) else f"\\{byte:02x}"
    for byte in range(256)
]


def quote(data: bytes | str) -> str:
    """A string literal for these bytes; names keep their characters, bytes are escaped."""
    if isinstance(data, bytes):
        return '"' + "".join([_BYTES[byte] for byte in data]) + '"'
    escaped = [
        _BYTES[ord(char)] if ord(char) < 128 else char if char.isprintable() else _scalar(char)
        for char in data
    ]
    return '"' + "".join(escaped) + '"'


def _scalar(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"


def identifier(name: str) -> str:
    """``$name``, or ``$"..."`` where the name has other characters."""
    return f"${name}" if _PLAIN.fullmatch(name) else f"${quote(name)}"


def unique(names: NameMap) -> NameMap:
    """Those names that can be identifiers: not empty, and the first of several equal ones."""
    seen: set[str] = set()
    result: NameMap = {}
    for index, name in names.items():
        if name and name not in seen:
            seen.add(name)
            result[index] = name
    return result


def bound(names: NameMap) -> NameMap:
    """How items with these names begin where they are defined: with an identifier, or with an
    annotation where the name cannot be one.
    """
    usable = unique(names)
    return {
        index: identifier(name) if index in usable else f"(@name {quote(name)})"
        for index, name in names.items()
    }


class ModuleIdentifiers:
    """How a module's items are written: by name if they have a usable one, else by number."""

    def __init__(self, module: Module) -> None:
        names = module.names
        self.raw = {
            "type": names.types,
            "func": names.functions,
            "table": names.tables,
            "memory": names.memories,
            "global": names.globals,
            "tag": names.tags,
            "elem": names.elements,
            "data": names.datas,
        }
        self.spaces = {word: unique(space) for word, space in self.raw.items()}
        self.fields = {index: unique(space) for index, space in names.fields.items()}
        self.bound_fields = {index: bound(space) for index, space in names.fields.items()}

    def use(self, word: str, index: object) -> str:
        """An item where it is used."""
        name = self.spaces[word].get(index)  # type: ignore[call-overload]
        return str(index) if name is None else identifier(name)

    def bind(self, word: str, index: int) -> str:
        """An item where it is defined: its identifier, or its number in a comment."""
        name = self.spaces[word].get(index)
        if name is not None:
            return identifier(name)
        raw = self.raw[word].get(index)
        # A name that another item has already, or an empty one, can only be an annotation.
        note = f" (@name {quote(raw)})" if raw is not None else ""
        return f"(;{index};){note}"

    def field(self, type_index: object, index: object) -> str:
        """A structure's field where it is used."""
        names = self.fields.get(type_index, {})  # type: ignore[call-overload]
        name = names.get(index)
        return str(index) if name is None else identifier(name)
