"""Values between Python and Lua, as one string; ``prelude/wire.lua`` is the other end.

==============  ==================================================================================
Lua             Python
==============  ==================================================================================
nil             None
boolean         bool
integer         int of 64 bits
float           float
string          str if it is UTF-8, else bytes
table           list if its keys are 1 .. n (or it is empty), else dict
error object    ProcessError
message, event  dict of its fields
==============  ==================================================================================

In the other direction tuples and sets are arrays too, mappings and component records are tables by
name, component variants are tables of one case, results are ``{ok=...}`` or ``{err=...}``, and
PIDs are their text.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from pywasm_rt.component.values import Err, Ok, Record, Some, Variant
from pywasm_rt.errors import EngineBug, ProcessError, ProcessErrorKind, WasmError
from pywasm_rt.process.failure import as_process_error
from pywasm_rt.process.interface import Cancel, Exit, LinkDown, Message, Outdated
from pywasm_rt.process.pid import PID

__all__ = ["decode", "encode"]

_DEEPEST = 60
_INTEGER = struct.Struct("<q")
_DOUBLE = struct.Struct("<d")
_COUNT = struct.Struct("<I")
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1

_EVENT_KINDS: dict[type, str] = {
    Exit: "pid.exit",
    LinkDown: "pid.link.down",
    Cancel: "pid.cancel",
    Outdated: "pid.outdated",
}


def encode(value: object) -> bytes:
    """The string for a value. Raises ProcessError (Invalid) for what Lua has no form of."""
    out = bytearray()
    _write(out, value, 1)
    return bytes(out)


def decode(data: bytes) -> Any:
    """The value of a string that Lua made."""
    value, end = _read(data, 0)
    if end != len(data):
        raise EngineBug("bytes are left after a value from Lua")
    return value


def _invalid(message: str) -> ProcessError:
    return ProcessError(message, ProcessErrorKind.INVALID)


def _write(out: bytearray, value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise _invalid("the value is nested too deeply, or contains itself")
    writer = _WRITERS.get(type(value))
    if writer is not None:
        writer(out, value, depth)
        return
    for type_, general_writer in _GENERAL_WRITERS:
        if isinstance(value, type_):
            general_writer(out, value, depth)
            return
    raise _invalid(f"a {type(value).__name__} has no form in Lua")


def _write_none(out: bytearray, _: None, __: int) -> None:
    out += b"z"


def _write_bool(out: bytearray, value: bool, _: int) -> None:
    out += b"t" if value else b"f"


def _write_int(out: bytearray, value: int, _: int) -> None:
    if not _LEAST <= value <= _MOST:
        raise _invalid(f"integer {value} does not fit into the 64 bits of a Lua integer")
    out += b"i" + _INTEGER.pack(value)


def _write_float(out: bytearray, value: float, _: int) -> None:
    out += b"n" + _DOUBLE.pack(value)


def _write_bytes(out: bytearray, value: bytes | bytearray | memoryview, _: int) -> None:
    data = bytes(value)
    out += b"s" + _COUNT.pack(len(data))
    out += data


def _write_str(out: bytearray, value: str, depth: int) -> None:
    _write_bytes(out, value.encode("utf-8", "surrogatepass"), depth)


def _write_sequence(out: bytearray, value: Any, depth: int) -> None:
    out += b"a" + _COUNT.pack(len(value))
    for item in value:
        _write(out, item, depth + 1)


def _write_set(out: bytearray, value: Any, depth: int) -> None:
    _write_sequence(out, sorted(value, key=repr), depth)


def _write_mapping(out: bytearray, value: Mapping[Any, Any], depth: int) -> None:
    out += b"m" + _COUNT.pack(len(value))
    for key, item in value.items():
        if key is None or key != key:
            raise _invalid("neither nil nor NaN can be a key of a Lua table")
        _write(out, key, depth + 1)
        _write(out, item, depth + 1)


def _write_record(out: bytearray, value: Record, depth: int) -> None:
    _write_mapping(out, vars(value), depth)


def _write_variant(out: bytearray, value: Variant, depth: int) -> None:
    _write_mapping(out, {value.tag: _present(value.payload)}, depth)


def _write_result(out: bytearray, value: Ok | Err, depth: int) -> None:
    case = "ok" if isinstance(value, Ok) else "err"
    _write_mapping(out, {case: _present(value.value)}, depth)


def _write_some(out: bytearray, value: Some, depth: int) -> None:
    _write_mapping(out, {"some": value.value}, depth)


def _present(payload: object) -> object:
    """A case without payload is still a key of its table."""
    return True if payload is None else payload


def _write_text(out: bytearray, value: object, depth: int) -> None:
    _write_str(out, str(value), depth)


def _write_error(out: bytearray, error: Exception, depth: int) -> None:
    told = as_process_error(error)
    out += b"e"
    fields = {
        "message": str(told),
        "kind": str(told.kind),
        "retryable": told.retryable,
        "details": _plain(told.details),
    }
    _write_mapping(out, fields, depth)


def _plain(details: Mapping[str, object]) -> object:
    """Details as far as they have a form in Lua; the others as text."""
    plain: dict[str, object] = {}
    for name, value in details.items():
        try:
            encode(value)
        except ProcessError:
            plain[name] = str(value)
        else:
            plain[name] = value
    return plain or None


def _write_message(out: bytearray, message: Message, depth: int) -> None:
    out += b"M"
    fields = {
        "topic": message.topic,
        "from": message.sender,
        "payloads": message.payloads,
    }
    _write_mapping(out, fields, depth)


def _write_event(out: bytearray, event: Exit | LinkDown | Cancel | Outdated, depth: int) -> None:
    fields: dict[str, object] = {"kind": _EVENT_KINDS[type(event)], "at": event.at_ns}
    match event:
        case Outdated():
            fields["sources"] = event.sources
        case Cancel():
            fields |= {"from": event.sender, "reason": event.reason}
        case _:
            fields |= {"from": event.sender, "result": _result_fields(event)}
    out += b"x"
    _write_mapping(out, fields, depth)


def _result_fields(event: Exit | LinkDown) -> dict[str, object]:
    """A result that has no form in Lua is told as an error: the event itself must arrive."""
    try:
        encode(event.result.value)
    except ProcessError as error:
        return {"error": error}
    return {"value": event.result.value, "error": event.result.error}


_WRITERS: dict[type, Callable[[bytearray, Any, int], None]] = {
    type(None): _write_none,
    bool: _write_bool,
    int: _write_int,
    float: _write_float,
    str: _write_str,
    bytes: _write_bytes,
    list: _write_sequence,
    tuple: _write_sequence,
    dict: _write_mapping,
    Record: _write_record,
    Variant: _write_variant,
    Ok: _write_result,
    Err: _write_result,
    Some: _write_some,
    PID: _write_text,
    Message: _write_message,
    Exit: _write_event,
    LinkDown: _write_event,
    Cancel: _write_event,
    Outdated: _write_event,
}
_GENERAL_WRITERS: tuple[tuple[type | tuple[type, ...], Callable[[bytearray, Any, int], None]], ...]
_GENERAL_WRITERS = (
    (int, _write_int),
    (float, _write_float),
    (str, _write_str),
    ((bytearray, memoryview), _write_bytes),
    (Mapping, _write_mapping),
    ((list, tuple), _write_sequence),
    ((set, frozenset), _write_set),
    ((WasmError, OSError), _write_error),
)


def _read(data: bytes, at: int) -> tuple[Any, int]:
    tag = data[at : at + 1]
    reader = _READERS.get(tag)
    if reader is None:
        raise EngineBug(f"unknown tag {tag!r} from Lua")
    return reader(data, at + 1)


def _read_string(data: bytes, at: int) -> tuple[str | bytes, int]:
    (length,) = _COUNT.unpack_from(data, at)
    begin, end = at + 4, at + 4 + length
    piece = data[begin:end]
    try:
        return piece.decode(), end
    except UnicodeDecodeError:
        return piece, end


def _read_array(data: bytes, at: int) -> tuple[list[Any], int]:
    (count,) = _COUNT.unpack_from(data, at)
    at += 4
    items = []
    for _ in range(count):
        item, at = _read(data, at)
        items.append(item)
    return items, at


def _read_map(data: bytes, at: int) -> tuple[dict[Any, Any], int]:
    (count,) = _COUNT.unpack_from(data, at)
    at += 4
    items = {}
    for _ in range(count):
        key, at = _read(data, at)
        if isinstance(key, list | dict | ProcessError):
            raise _invalid("a table cannot be a key of a table that leaves the process")
        items[key], at = _read(data, at)
    return items, at


def _read_error(data: bytes, at: int) -> tuple[ProcessError, int]:
    fields, end = _read(data, at)
    error = ProcessError(
        _as_text(fields["message"]),
        ProcessErrorKind(fields["kind"]),
        retryable=fields.get("retryable", False),
    )
    details = fields.get("details")
    known = details if isinstance(details, dict) else {"details": details} if details else {}
    stack = fields.get("stack")
    error.details = {**known, "traceback": stack} if stack else known
    return error, end


def _as_text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode(errors="replace")


def _read_number(form: struct.Struct) -> Callable[[bytes, int], tuple[Any, int]]:
    return lambda data, at: (form.unpack_from(data, at)[0], at + 8)


_READERS: dict[bytes, Callable[[bytes, int], tuple[Any, int]]] = {
    b"z": lambda _, at: (None, at),
    b"t": lambda _, at: (True, at),
    b"f": lambda _, at: (False, at),
    b"i": _read_number(_INTEGER),
    b"n": _read_number(_DOUBLE),
    b"s": _read_string,
    b"a": _read_array,
    b"m": _read_map,
    b"e": _read_error,
    b"M": _read,
    b"P": _read,
    b"T": _read,
}
