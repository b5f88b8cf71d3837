"""Payloads of messages as guests see them: a format, and bytes.

``bytes`` are bytes, ``text`` is a string in UTF-8, and ``json`` is everything else that other
processes send: nil, booleans, numbers, lists, and tables by name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from pywasm_rt.component.values import Err, Ok, Record, Some, Variant
from pywasm_rt.errors import ProcessError, ProcessErrorKind

__all__ = ["FORMATS", "MAX_PAYLOADS", "from_guest", "to_guest"]

FORMATS = ("bytes", "text", "json")
MAX_PAYLOADS = 16

_DEEPEST = 60


def from_guest(format: str, data: bytes) -> object:
    """The value of a payload. Raises ProcessError (Invalid) for data that is not in its format."""
    if format == "bytes":
        return data
    try:
        text = data.decode()
        return text if format == "text" else json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"unsupported payload: not {format}: {error}"
        raise ProcessError(message, ProcessErrorKind.INVALID) from error


def to_guest(value: object) -> tuple[str, bytes]:
    """Format and data of a value; what has no form in JSON is its text."""
    if isinstance(value, bytes | bytearray | memoryview):
        return "bytes", bytes(value)
    if isinstance(value, str):
        return "text", value.encode("utf-8", "surrogatepass")
    return "json", json.dumps(_plain(value, 0), ensure_ascii=False).encode("utf-8", "replace")


def _plain(value: object, depth: int) -> object:
    """A value that JSON has a form for."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth > _DEEPEST:
        return str(type(value).__name__)
    depth += 1
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth) for key, item in value.items()}
    if isinstance(value, Record):
        return {key: _plain(item, depth) for key, item in vars(value).items()}
    if isinstance(value, Variant):
        return {value.tag: _plain(value.payload, depth)}
    if isinstance(value, Ok | Err):
        return {"ok" if isinstance(value, Ok) else "err": _plain(value.value, depth)}
    if isinstance(value, Some):
        return _plain(value.value, depth)
    if isinstance(value, bytes | bytearray | memoryview):
        return list(bytes(value))
    if isinstance(value, Sequence):
        return [_plain(item, depth) for item in value]
    if isinstance(value, AbstractSet):
        return [_plain(item, depth) for item in sorted(value, key=repr)]
    return str(value)
