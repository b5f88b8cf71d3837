"""From a request to the arguments of a function, and from its result to a response.

**Arguments.** A parameter gets the value of the path's parameter of its name, else that of the
query's (``user-id`` and ``user_id`` are the same name); of those that are left the first one gets
the body, if there is one, and ``option`` parameters get none. The parameters of a core function
without ``wit`` have no names: they take the path's parameters in their order. Text is read as on a
command line: as it is for ``string``, as WAVE for other types. A body is text for ``string``, bytes
for ``list<u8>``, and JSON for other types.

**Results.** No result is 204; a ``string`` is ``text/plain``, a ``list<u8>``
``application/octet-stream``, everything else JSON, with status 200. A record with a field
``status`` is a response itself: ``status``, and if it has them ``headers`` (a list of pairs) and
``body``. A ``result`` that is ``ok`` is its value; one that is ``err`` is a failure. What a
function of Lua or Python returns counts by what it is: text, bytes, nothing, a table or dict with
``status``, other values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from pywasm_rt.app.program import Program
from pywasm_rt.component.coerce import coerce, to_plain
from pywasm_rt.component.types import (
    STRING,
    U8,
    ListType,
    OptionType,
    RecordType,
    ResultType,
    ValueType,
)
from pywasm_rt.component.values import Err
from pywasm_rt.component.wave import parse_argument
from pywasm_rt.errors import ComponentError, OperationError, ParseError
from pywasm_rt.wasi.capabilities.body import Body, RawFields
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead

__all__ = ["BadRequest", "arguments_for", "plain_response", "response_of", "simple_response"]

MAX_STATUS = 599
MIN_STATUS = 200
_MISSING = object()


class BadRequest(Exception):
    """A request that does not fit the function; the sentence is for the client."""


def arguments_for(
    program: Program, parameters: Mapping[str, str], query: str, body: bytes
) -> tuple[object, ...]:
    """The function's arguments. Raises BadRequest."""
    types = program.type.parameters
    if program.is_derived:
        return _positional(types, tuple(parameters.values()), body)
    given = {_key(name): value for name, value in parse_qsl(query, keep_blank_values=True)}
    given |= {_key(name): value for name, value in parameters.items()}
    rest: bytes | object = body or _MISSING
    values: list[object] = []
    for name, type in types:
        text = given.get(_key(name))
        if text is not None:
            values.append(_from_text(name, text, type))
        elif isinstance(rest, bytes):
            values.append(_from_body(name, rest, type))
            rest = _MISSING
        elif isinstance(type, OptionType):
            values.append(None)
        else:
            raise BadRequest(f"missing {name}: in the path, the query, or as the body")
    if isinstance(rest, bytes):
        raise BadRequest("a body is not expected here")
    return tuple(values)


def _positional(
    types: Sequence[tuple[str, ValueType]], texts: tuple[str, ...], body: bytes
) -> tuple[object, ...]:
    if body:
        texts = (*texts, *_text(body).split())
    if len(texts) != len(types):
        raise BadRequest(f"{len(types)} values are expected here, not {len(texts)}")
    return tuple(
        _from_text(str(index + 1), text, type)
        for index, (text, (_, type)) in enumerate(zip(texts, types, strict=True))
    )


def _key(name: str) -> str:
    return name.replace("_", "-").lower()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8 text") from None


def _inner(type: ValueType) -> ValueType:
    """What an ``option`` is an option of."""
    return type.payload if isinstance(type, OptionType) else type


def _from_text(name: str, text: str, type: ValueType) -> object:
    type = _inner(type)
    if type == ListType(U8):
        return text.encode()
    try:
        return parse_argument(text, type)
    except ParseError as error:
        raise BadRequest(f"{name}: {error.message}") from None


def _from_body(name: str, body: bytes, type: ValueType) -> object:
    type = _inner(type)
    if type == ListType(U8):
        return body
    text = _text(body)
    if type is STRING:
        return text
    try:
        return coerce(json.loads(text), type, name)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{name}: not JSON: {error}") from None
    except ComponentError as error:
        raise BadRequest(error.message) from None


def simple_response(status: int, body: bytes | None, *fields: tuple[str, bytes]) -> ResponseHead:
    """A response whose body is there already."""
    if body is None:
        return ResponseHead(status, fields, None)
    content = Body()
    if body:
        content.sink.write(body)
    content.sink.end(())
    length = ("Content-Length", str(len(body)).encode())
    return ResponseHead(status, (*fields, length), content.source)


def response_of(value: Any, type: ValueType | None) -> ResponseHead:
    """The response that a function's result is. Raises OperationError for an ``err``, and for a
    record that is no response.
    """
    if isinstance(type, ResultType):
        if isinstance(value, Err):
            raise OperationError(f"the function returned an error: {value.value!r:.200}")
        value, type = value.value, type.ok
    if isinstance(type, OptionType):
        type = type.payload if value is not None else None
    if type is None or value is None:
        return ResponseHead(204, (), None)
    if isinstance(type, RecordType) and "status" in dict(type.fields):
        return _own_response(value, type)
    return simple_response(200, *_content(value, type))


def plain_response(value: Any) -> ResponseHead:
    """The same of a value without a type. Raises OperationError."""
    if value is None:
        return ResponseHead(204, (), None)
    if not isinstance(value, Mapping) or "status" not in value:
        return simple_response(200, *_plain_content(value))
    status, body = value["status"], value.get("body")
    fields = _fields(value.get("headers") or ())
    _check_status(status)
    if body is None:
        return simple_response(status, None if status == 204 else b"", *fields)
    data, content_type = _plain_content(body)
    if "content-type" not in {name.lower() for name, _ in fields}:
        fields = (*fields, content_type)
    return simple_response(status, data, *fields)


def _plain_content(value: Any) -> tuple[bytes, tuple[str, bytes]]:
    if isinstance(value, str):
        return _content(value, STRING)
    if isinstance(value, bytes | bytearray | memoryview):
        return _content(value, ListType(U8))
    try:
        text = json.dumps(value, ensure_ascii=False, default=_bytes_as_list)
    except (TypeError, ValueError, RecursionError) as error:
        raise OperationError(f"the function returned what has no form in JSON: {error}") from error
    return text.encode("utf-8", "replace"), ("Content-Type", b"application/json")


def _check_status(status: object) -> None:
    if not isinstance(status, int) or not MIN_STATUS <= status <= MAX_STATUS:
        raise OperationError(f"the function returned the status {status!r:.40}")


def _content(value: Any, type: ValueType) -> tuple[bytes, tuple[str, bytes]]:
    """A body and its type."""
    if isinstance(value, str) and type is STRING:
        return value.encode(), ("Content-Type", b"text/plain; charset=utf-8")
    if type == ListType(U8):
        return bytes(value), ("Content-Type", b"application/octet-stream")
    text = json.dumps(to_plain(value, type), ensure_ascii=False, default=_bytes_as_list)
    return text.encode(), ("Content-Type", b"application/json")


def _bytes_as_list(value: object) -> object:
    return list(value) if isinstance(value, bytes) else str(value)


def _own_response(value: Any, type: RecordType) -> ResponseHead:
    types = dict(type.fields)
    plain = to_plain(value, type)
    status = plain["status"]
    _check_status(status)
    fields = _fields(plain.get("headers") or ())
    names = {name.lower() for name, _ in fields}
    body = value["body"] if "body" in types else None
    if body is None:
        return simple_response(status, None if status == 204 else b"", *fields)
    data, content_type = _content(body, _inner(types["body"]))
    if "content-type" not in names:
        fields = (*fields, content_type)
    return simple_response(status, data, *fields)


def _fields(pairs: Any) -> RawFields:
    try:
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        return tuple((str(name), str(text).encode("latin-1")) for name, text in items)
    except (TypeError, ValueError) as error:
        raise OperationError(f"the function returned headers that are none: {error}") from error
