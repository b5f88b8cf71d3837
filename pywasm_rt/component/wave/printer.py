"""Writing WAVE: as ``wasmtime run --invoke`` prints results.

One difference: a combining mark stays readable behind the letter it belongs to, where wasmtime
writes its number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from pywasm_rt.component.coerce.dynamic import coerce
from pywasm_rt.component.numbers import INTEGER_RANGES, positional
from pywasm_rt.component.types import (
    BOOL,
    CHAR,
    F32,
    F64,
    STRING,
    EnumType,
    FlagsType,
    ListType,
    MapType,
    OptionType,
    PrimitiveType,
    RecordType,
    ResultType,
    TupleType,
    ValueType,
    VariantType,
)
from pywasm_rt.component.values import Err, Ok, Record, Some, Variant
from pywasm_rt.component.wave.lexer import KEYWORDS
from pywasm_rt.errors import ComponentError

__all__ = ["format"]

_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "'": r"\'", '"': r"\"", "\\": r"\\"}
_MARKS = ("Mn", "Me")


def format(value: object, type: ValueType) -> str:
    """The text of a value of ``type``, on one line.

    The value may be anything that :func:`~pywasm_rt.component.coerce.coerce` accepts. Raises
    ComponentError for a value of another type, and for handles, streams and futures, which have
    no text form.
    """
    try:
        return _format(coerce(value, type), type)
    except RecursionError:
        raise ComponentError("the value is nested too deeply to be written as text") from None


def _format(value: Any, type: ValueType) -> str:
    write = _WRITERS.get(type if isinstance(type, PrimitiveType) else type.__class__)
    if write is None:
        raise ComponentError(f"a value of type {type} cannot be written as text", type=str(type))
    return write(value, type)


def _write_bool(value: bool, _: ValueType) -> str:
    return "true" if value else "false"


def _write_integer(value: int, _: ValueType) -> str:
    return str(value)


def _write_float(value: float, type: ValueType) -> str:
    return positional(value, single=type is F32)


def _write_char(value: str, _: ValueType) -> str:
    return f"'{_escape(value)}'"


def _write_string(value: str, _: ValueType) -> str:
    return f'"{_escape(value)}"'


def _escape(text: str) -> str:
    """Escape quotes, what cannot be seen, and marks that have nothing to stand on."""
    if text.isascii() and text.isprintable() and not any(mark in text for mark in "'\"\\"):
        return text
    parts: list[str] = []
    visible = False
    for char in text:
        escape = _ESCAPES.get(char)
        if escape is None:
            stands = visible or unicodedata.category(char) not in _MARKS
            escape = char if char.isprintable() and stands else f"\\u{{{ord(char):x}}}"
        visible = escape == char
        parts.append(escape)
    return "".join(parts)


def _write_list(value: Any, type: ListType) -> str:
    element = type.element
    return f"[{', '.join([_format(item, element) for item in value])}]"


def _write_map(value: dict[object, object], type: MapType) -> str:
    entries = (
        f"{_format(key, type.key)}: {_format(item, type.value)}" for key, item in value.items()
    )
    return f"{{{', '.join(entries)}}}"


def _write_tuple(value: tuple[object, ...], type: TupleType) -> str:
    items = [_format(item, part) for item, part in zip(value, type.elements, strict=True)]
    return f"({', '.join(items)})"


def _write_record(value: Record, type: RecordType) -> str:
    fields = [
        f"{name}: {_format(value[name], field)}"
        for name, field in type.fields
        if not (value[name] is None and isinstance(field, OptionType))
    ]
    return f"{{{', '.join(fields) or ':'}}}"


def _write_flags(value: frozenset[str], type: FlagsType) -> str:
    return f"{{{', '.join([label for label in type.labels if label in value])}}}"


def _case(label: str) -> str:
    return f"%{label}" if label in KEYWORDS else label


def _write_enum(value: str, _: EnumType) -> str:
    return _case(value)


def _write_variant(value: Variant, type: VariantType) -> str:
    return _case(value.tag) + _payload(value.payload, dict(type.cases)[value.tag])


def _payload(value: object, type: ValueType | None) -> str:
    return "" if type is None else f"({_format(value, type)})"


def _write_option(value: object, type: OptionType) -> str:
    if value is None:
        return "none"
    inner = value.value if isinstance(value, Some) else value
    return f"some({_format(inner, type.payload)})"


def _write_result(value: Ok | Err, type: ResultType) -> str:
    if isinstance(value, Ok):
        return f"ok{_payload(value.value, type.ok)}"
    return f"err{_payload(value.value, type.error)}"


_WRITERS: dict[object, Callable[[Any, Any], str]] = {
    BOOL: _write_bool,
    F32: _write_float,
    F64: _write_float,
    CHAR: _write_char,
    STRING: _write_string,
    **dict.fromkeys(INTEGER_RANGES, _write_integer),
    ListType: _write_list,
    MapType: _write_map,
    TupleType: _write_tuple,
    RecordType: _write_record,
    FlagsType: _write_flags,
    EnumType: _write_enum,
    VariantType: _write_variant,
    OptionType: _write_option,
    ResultType: _write_result,
}
