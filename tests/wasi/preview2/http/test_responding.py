"""Incoming requests and responses to them, as a guest that serves sees them."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.errors import Trap
from pywasm_rt.wasi.capabilities.answer import PendingAnswer
from pywasm_rt.wasi.capabilities.body import Body
from pywasm_rt.wasi.capabilities.http_error import HttpError
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead, ResponseOutparam
from pywasm_rt.wasi.preview2.http.messages import IncomingRequest, RequestHead


def incoming(http: Any, **changes: Any) -> tuple[IncomingRequest, Body]:
    head: dict[str, Any] = {
        "method": "GET",
        "target": "/a?b",
        "scheme": "HTTP",
        "authority": "a.example:80",
        "fields": (("X", b"y"),),
    }
    body = Body()
    return IncomingRequest(http.guest.context, RequestHead(**head | changes), body.source), body


def test_what_a_guest_sees_of_a_request(http: Any) -> None:
    request, body = incoming(http)
    assert http.call("incoming-request.method", request) == Variant("get")
    assert http.call("incoming-request.path-with-query", request) == "/a?b"
    assert http.call("incoming-request.scheme", request) == Variant("HTTP")
    assert http.call("incoming-request.authority", request) == "a.example:80"
    fields = http.call("incoming-request.headers", request)
    assert http.call("fields.entries", fields) == [("X", b"y")]
    assert http.call("fields.delete", fields, "X") == Err(Variant("immutable"))
    with pytest.raises(Trap, match="an incoming request"):
        http.drop("incoming-request", request)
    http.drop("fields", fields)
    http.ok(http.call("incoming-request.consume", request))
    assert http.call("incoming-request.consume", request) == Err()
    http.drop("incoming-request", request)
    assert body.sink.is_wanted


@pytest.mark.parametrize(
    ("method", "variant"),
    [
        ("PATCH", Variant("patch")),
        ("PROPFIND", Variant("other", "PROPFIND")),
        ("get", Variant("other", "get")),
    ],
)
def test_methods(http: Any, method: str, variant: Variant) -> None:
    request, _ = incoming(http, method=method, scheme=None, authority=None)
    assert http.call("incoming-request.method", request) == variant
    assert http.call("incoming-request.scheme", request) is None


def test_a_request_that_is_dropped_is_not_wanted(http: Any) -> None:
    request, body = incoming(http)
    http.drop("incoming-request", request)
    assert not body.sink.is_wanted


def test_a_response(http: Any) -> None:
    answer = PendingAnswer()
    response = http.call("outgoing-response", http.fields(("X", b"y")))
    assert http.call("outgoing-response.status-code", response) == 200
    for status in (0, 99, 1000, 65_535):
        assert http.call("outgoing-response.set-status-code", response, status) == Err()
    assert http.call("outgoing-response.set-status-code", response, 404) == Ok()
    assert http.call("outgoing-response.status-code", response) == 404
    fields = http.call("outgoing-response.headers", response)
    body = http.ok(http.call("outgoing-response.body", response))
    assert http.call("outgoing-response.body", response) == Err()
    outparam = ResponseOutparam(answer)
    with pytest.raises(Trap, match="an outgoing response"):
        http.call("response-outparam.set", outparam, Ok(response))
    http.drop("fields", fields)
    http.call("response-outparam.set", outparam, Ok(response))
    head = answer.result()
    assert isinstance(head, ResponseHead)
    assert (head.status, head.fields) == (404, (("X", b"y"),))
    http.drop("response-outparam", outparam)
    assert answer.result() is head, "the first word counts"
    stream = http.ok(http.call("outgoing-body.write", body))
    http.guest.call("io/streams.output-stream.blocking-write-and-flush", stream, b"hello")
    assert head.body is not None
    assert head.body.read(9) == b"hello"
    http.drop_stream("output", stream)
    assert http.call("outgoing-body.finish", body, None) == Ok()
    assert head.body.is_complete


def test_sizes_that_differ_are_those_of_a_response(http: Any) -> None:
    response = http.call("outgoing-response", http.fields(("Content-Length", b"3")))
    body = http.ok(http.call("outgoing-response.body", response))
    error = http.error(http.call("outgoing-body.finish", body, None))
    assert error == Variant("HTTP-response-body-size", 0)
    http.drop("outgoing-response", response)


def test_an_error_in_place_of_a_response(http: Any) -> None:
    answer = PendingAnswer()
    code = Variant("internal-error", "secret")
    http.call("response-outparam.set", ResponseOutparam(answer), Err(code))
    with pytest.raises(HttpError, match="internal-error"):
        answer.result()


def test_no_response_at_all(http: Any) -> None:
    answer = PendingAnswer()
    http.drop("response-outparam", ResponseOutparam(answer))
    with pytest.raises(HttpError, match="no response"):
        answer.result()


def test_a_status_that_is_not_final(http: Any) -> None:
    answer = PendingAnswer()
    response = http.call("outgoing-response", http.fields())
    http.call("outgoing-response.set-status-code", response, 103)
    http.ok(http.call("outgoing-response.body", response))
    http.call("response-outparam.set", ResponseOutparam(answer), Ok(response))
    with pytest.raises(HttpError, match="103"):
        answer.result()


def test_informational_responses(http: Any) -> None:
    told: list[tuple[int, object]] = []
    outparam = ResponseOutparam(PendingAnswer(), lambda *given: told.append(given))
    fields = [("Link", b"</a>")]
    send = "response-outparam.send-informational"
    assert http.call(send, outparam, 103, http.fields(*fields)) == Ok()
    assert told == [(103, (("Link", b"</a>"),))]
    for status, tag in ((99, "HTTP-protocol-error"), (200, "HTTP-protocol-error")):
        assert http.error(http.call(send, outparam, status, http.fields())).tag == tag
    assert http.error(http.call(send, outparam, 101, http.fields())).tag == "internal-error"
    silent = ResponseOutparam(PendingAnswer())
    assert http.error(http.call(send, silent, 103, http.fields())).tag == "internal-error"
