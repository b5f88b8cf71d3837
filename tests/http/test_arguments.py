"""Requests as arguments, results as responses."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.app.program import Program
from pywasm_rt.component.types import (
    BOOL,
    STRING,
    U8,
    U16,
    U32,
    FunctionType,
    ListType,
    OptionType,
    RecordType,
    ResultType,
    TupleType,
    ValueType,
)
from pywasm_rt.component.values import Err, Ok, Record
from pywasm_rt.errors import OperationError
from pywasm_rt.http.arguments import BadRequest, arguments_for, plain_response, response_of
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead

POINT = RecordType((("x", U32), ("y", OptionType(U32))))
REPLY = RecordType(
    (("status", U16), ("headers", ListType(TupleType((STRING, STRING)))), ("body", STRING))
)


def program(*parameters: tuple[str, ValueType], derived: bool = False) -> Program:
    code: Any = None
    return Program(code, "f", FunctionType(parameters, None), is_derived=derived)


@pytest.mark.parametrize(
    ("parameters", "path", "query", "body", "expected"),
    [
        ((), {}, "", b"", ()),
        ((), {"id": "7"}, "x=1", b"", ()),
        ((("s", STRING),), {}, "", b"text", ("text",)),
        ((("s", STRING),), {}, "", b"", None),
        ((("s", OptionType(STRING)),), {}, "", b"", (None,)),
        ((("user-id", U32),), {"user_id": "7"}, "", b"", (7,)),
        ((("a", U32), ("b", BOOL)), {"a": "1"}, "b=true&a=9", b"", (1, True)),
        ((("data", ListType(U8)), ("n", U32)), {}, "n=3", b"\xff", (b"\xff", 3)),
        ((("p", POINT),), {}, "", b'{"x": 1}', (Record(x=1, y=None),)),
        ((("p", POINT),), {}, "", b'{"x": -1}', None),
        ((("p", POINT),), {}, "", b"[", None),
        ((("n", OptionType(U32)),), {}, "n=5", b"", (5,)),
        ((("s", STRING),), {}, "s=", b"", ("",)),
        ((("a", U32),), {"a": "1"}, "", b"more", None),
    ],
)
def test_arguments(
    parameters: tuple[tuple[str, ValueType], ...],
    path: dict[str, str],
    query: str,
    body: bytes,
    expected: tuple[object, ...] | None,
) -> None:
    if expected is None:
        with pytest.raises(BadRequest):
            arguments_for(program(*parameters), path, query, body)
    else:
        assert arguments_for(program(*parameters), path, query, body) == expected


def test_a_core_function_takes_the_path_in_order() -> None:
    two = program(("p0", U32), ("p1", U32), derived=True)
    assert arguments_for(two, {"x": "1", "y": "2"}, "", b"") == (1, 2)
    assert arguments_for(two, {"x": "1"}, "", b" 2 ") == (1, 2)
    with pytest.raises(BadRequest, match="2 values are expected here, not 1"):
        arguments_for(two, {"x": "1"}, "", b"")


def sent(value: object, type: ValueType | None) -> tuple[int, dict[str, str], bytes]:
    return told(response_of(value, type))


def told(head: ResponseHead) -> tuple[int, dict[str, str], bytes]:
    body = b"" if head.body is None else head.body.read(1 << 20)
    return head.status, {name: text.decode() for name, text in head.fields}, body


@pytest.mark.parametrize(
    ("value", "type", "status", "content_type", "body"),
    [
        (None, None, 204, "", b""),
        (None, OptionType(STRING), 204, "", b""),
        ("é", STRING, 200, "text/plain; charset=utf-8", "é".encode()),
        ("é", OptionType(STRING), 200, "text/plain; charset=utf-8", "é".encode()),
        (b"\xff", ListType(U8), 200, "application/octet-stream", b"\xff"),
        (Record(x=1, y=None), POINT, 200, "application/json", b'{"x": 1, "y": null}'),
        (Ok("fine"), ResultType(STRING, STRING), 200, "text/plain; charset=utf-8", b"fine"),
        (Ok(), ResultType(None, STRING), 204, "", b""),
        ([1, 2], ListType(U32), 200, "application/json", b"[1, 2]"),
    ],
)
def test_results(
    value: object, type: ValueType | None, status: int, content_type: str, body: bytes
) -> None:
    got_status, fields, got_body = sent(value, type)
    assert (got_status, fields.get("Content-Type", ""), got_body) == (status, content_type, body)
    assert fields.get("Content-Length", "0") == str(len(body))


def test_a_record_with_a_status_is_a_response() -> None:
    value = Record(status=404, headers=[("x-a", "1"), ("Content-Type", "text/html")], body="<p>")
    assert sent(value, REPLY) == (
        404,
        {"x-a": "1", "Content-Type": "text/html", "Content-Length": "3"},
        b"<p>",
    )


@pytest.mark.parametrize(
    ("value", "type"),
    [
        (Err("secret"), ResultType(STRING, STRING)),
        (Record(status=7, headers=[], body=""), REPLY),
        (Record(status=200, headers=[("a", "\u20ac")], body=""), REPLY),
    ],
)
def test_what_is_no_response_is_a_failure(value: object, type: ValueType) -> None:
    with pytest.raises(OperationError):
        response_of(value, type)


@pytest.mark.parametrize(
    ("value", "status", "content_type", "body"),
    [
        (None, 204, "", b""),
        ("\u00e9", 200, "text/plain; charset=utf-8", "\u00e9".encode()),
        (b"\xff", 200, "application/octet-stream", b"\xff"),
        ({"x": [1, None, b"\x01"]}, 200, "application/json", b'{"x": [1, null, [1]]}'),
        (5, 200, "application/json", b"5"),
        ({"status": 404, "body": "no"}, 404, "text/plain; charset=utf-8", b"no"),
        ({"status": 201}, 201, "", b""),
        ({"status": 204}, 204, "", b""),
        ({"status": 200, "headers": {"content-type": "a/b"}, "body": b"x"}, 200, "", b"x"),
    ],
)
def test_results_without_a_type(value: object, status: int, content_type: str, body: bytes) -> None:
    got_status, fields, got_body = told(plain_response(value))
    assert (got_status, fields.get("Content-Type", ""), got_body) == (status, content_type, body)


@pytest.mark.parametrize(
    "value",
    [
        {"status": "ok"},
        {"status": 7},
        {"status": 200, "headers": 5},
        {"status": 200, "headers": [("a", "\u20ac")]},
        {("a", 1): 2},
    ],
)
def test_what_is_no_response_without_a_type_is_a_failure(value: object) -> None:
    with pytest.raises(OperationError):
        plain_response(value)


def test_what_contains_itself_is_no_response() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(OperationError, match="no form in JSON"):
        plain_response(value)
