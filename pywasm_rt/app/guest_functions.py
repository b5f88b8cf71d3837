"""``wippy:runtime/funcs``: guests that call functions of the application by their IDs.

``call-string(target, input)`` and ``call-bytes(target, input)`` pass one argument and answer
``ok`` with what the function returns, or ``err`` with a sentence. The guest waits, its thread does
not.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from pywasm_rt.app.functions import call
from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.values import Err, Ok, Record, Some, Variant
from pywasm_rt.errors import ProcessError

__all__ = ["FUNCS", "INTERFACE_NAME"]

INTERFACE_NAME = "wippy:runtime/funcs"


def _call(target: str, argument: object) -> Generator[object, Any, Ok | Err]:
    try:
        value = yield call(target, (argument,))
    except ProcessError as error:
        return Err(error.message)
    return Ok(value)


def _call_string(target: str, input: str) -> Generator[object, Any, Ok | Err]:
    result = yield from _call(target, input)
    if isinstance(result, Err):
        return result
    value = result.value
    if isinstance(value, bytes):
        try:
            return Ok(value.decode())
        except UnicodeDecodeError:
            return Err(f"{target} returned bytes that are not UTF-8")
    return Ok(_as_text(value))


def _call_bytes(target: str, input: bytes) -> Generator[object, Any, Ok | Err]:
    result = yield from _call(target, input)
    if isinstance(result, Err):
        return result
    value = result.value
    return Ok(value if isinstance(value, bytes) else _as_text(value).encode())


def _as_text(value: object) -> str:
    """Text as it is, nothing as "", other values as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=_plain)


def _plain(value: object) -> object:
    """What JSON has no form for, without knowing its type."""
    match value:
        case Record():
            return dict(vars(value))
        case Variant():
            return {value.tag: value.payload}
        case Ok():
            return {"ok": value.value}
        case Err():
            return {"err": value.value}
        case Some():
            return {"some": value.value}
        case bytes():
            return list(value)
        case frozenset() | set():
            return sorted(map(str, value))
    return str(value)


FUNCS = HostInterface(
    INTERFACE_NAME, {"call-string": _call_string, "call-bytes": _call_bytes}, version="0.1.0"
)
"""The interface, the same for every guest."""
