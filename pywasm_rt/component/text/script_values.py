"""Component values in scripts: ``(u32.const 1)``, ``(list.const (str.const "a"))`` and so on."""

from __future__ import annotations

import struct
from collections.abc import Callable

from pywasm_rt.component.numbers import INTEGER_RANGES
from pywasm_rt.component.script import NaNValue, WrittenValue
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.text.literals import float_bits

__all__ = ["MAX_VALUE_NESTING", "written_value"]

MAX_VALUE_NESTING = 100
"""How deep values may be nested; guards the host's stack."""

_RANGES = {type.value: bounds for type, bounds in INTEGER_RANGES.items()}
_NANS = {"nan:canonical": NaNValue(arithmetic=False), "nan:arithmetic": NaNValue(arithmetic=True)}
# How to read a float's bits of each width: as an unsigned integer, and as a float.
_FORMATS = {32: ("<I", "<f"), 64: ("<Q", "<d")}


def written_value(cursor: Cursor, depth: int = 0) -> WrittenValue:
    """Read ``(kind.const ...)``. Raises ParseError."""
    if cursor.kind() != "(":
        raise cursor.unexpected("expected a value")
    cursor.index += 1
    value = _bare_value(cursor, depth)
    cursor.close()
    return value


def _bare_value(cursor: Cursor, depth: int) -> WrittenValue:
    """Read ``kind.const ...`` up to the closing parenthesis."""
    if depth > MAX_VALUE_NESTING:
        raise cursor.error(f"values are nested deeper than {MAX_VALUE_NESTING}")
    kind, _, form = cursor.word().partition(".")
    if form == "const" and kind in _RANGES:
        cursor.index += 1
        return WrittenValue(kind, _integer(cursor, kind))
    if form == "const" and kind in ("f32", "f64"):
        cursor.index += 1
        return WrittenValue(kind, _float(cursor, int(kind[1:])))
    read = _READERS.get(cursor.word())
    if read is None:
        raise cursor.unexpected("expected a value")
    cursor.index += 1
    return read(cursor, depth)


def _integer(cursor: Cursor, kind: str) -> int:
    text = cursor.number().replace("_", "")
    low, high = _RANGES[kind]
    try:
        value = int(text, 16 if "0x" in text else 10)
    except ValueError:
        raise cursor.error(
            f"unexpected token {text}: expected an integer", cursor.index - 1
        ) from None
    if not low <= value <= high:
        raise cursor.error(f"constant out of range: {value} is no {kind}", cursor.index - 1)
    return value


def _float(cursor: Cursor, width: int) -> float | NaNValue:
    pattern = _NANS.get(cursor.word())
    if pattern is not None:
        cursor.index += 1
        return pattern
    text = cursor.number()
    try:
        bits = float_bits(text, width)
    except ValueError:
        bits = None
    if bits is None:
        raise cursor.error(f"constant out of range: {text}", cursor.index - 1)
    pack, unpack = _FORMATS[width]
    value: float = struct.unpack(unpack, struct.pack(pack, bits))[0]
    return value


def _bool(cursor: Cursor, _: int) -> WrittenValue:
    value = cursor.accept_word("true")
    if not value:
        cursor.expect_word("false")
    return WrittenValue("bool", value)


def _char(cursor: Cursor, _: int) -> WrittenValue:
    text = cursor.name()
    if len(text) != 1:
        raise cursor.error("unexpected token: expected one character", cursor.index - 1)
    return WrittenValue("char", text)


def _items(cursor: Cursor, depth: int) -> tuple[WrittenValue, ...]:
    items: list[WrittenValue] = []
    while cursor.kind() == "(":
        items.append(written_value(cursor, depth + 1))
    return tuple(items)


def _record(cursor: Cursor, depth: int) -> WrittenValue:
    """A field's value may be written with or without parentheses."""
    fields: list[tuple[str, WrittenValue]] = []
    while cursor.enter("field"):
        name = cursor.name()
        read = written_value if cursor.kind() == "(" else _bare_value
        fields.append((name, read(cursor, depth + 1)))
        cursor.close()
    return WrittenValue("record", tuple(fields))


def _payload(cursor: Cursor, depth: int) -> WrittenValue | None:
    return written_value(cursor, depth + 1) if cursor.kind() == "(" else None


def _variant(cursor: Cursor, depth: int) -> WrittenValue:
    case = cursor.name()
    return WrittenValue("variant", (case, _payload(cursor, depth)))


def _flags(cursor: Cursor, _: int) -> WrittenValue:
    labels: list[str] = []
    while cursor.kind() == "string":
        labels.append(cursor.name())
    return WrittenValue("flags", tuple(labels))


def _some(cursor: Cursor, depth: int) -> WrittenValue:
    return WrittenValue("option", written_value(cursor, depth + 1))


_READERS: dict[str, Callable[[Cursor, int], WrittenValue]] = {
    "bool.const": _bool,
    "char.const": _char,
    "str.const": lambda cursor, _: WrittenValue("string", cursor.name()),
    "list.const": lambda cursor, depth: WrittenValue("list", _items(cursor, depth)),
    "tuple.const": lambda cursor, depth: WrittenValue("tuple", _items(cursor, depth)),
    "record.const": _record,
    "variant.const": _variant,
    "enum.const": lambda cursor, _: WrittenValue("enum", cursor.name()),
    "flags.const": _flags,
    "option.none": lambda *_: WrittenValue("option", None),
    "option.some": _some,
    "result.ok": lambda cursor, depth: WrittenValue("result", ("ok", _payload(cursor, depth))),
    "result.err": lambda cursor, depth: WrittenValue("result", ("err", _payload(cursor, depth))),
}
