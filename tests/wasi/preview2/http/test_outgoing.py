"""Outgoing requests: what is sent, what is refused, and responses with their bodies."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.errors import OperationError, Trap
from pywasm_rt.operations import HttpResponse, Readable
from pywasm_rt.wasi.capabilities.body import Body
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.context import WasiLimits

IN = "io/streams.input-stream."
OUT = "io/streams.output-stream."
CLOSED = Err(Variant("closed"))


class TestRequests:
    def test_what_a_new_one_is(self, http: Any) -> None:
        request = http.call("outgoing-request", http.fields())
        assert http.call("outgoing-request.method", request) == Variant("get")
        for name in ("path-with-query", "scheme", "authority"):
            assert http.call(f"outgoing-request.{name}", request) is None

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("method", Variant("post")),
            ("method", Variant("other", "PROPFIND")),
            ("scheme", Variant("HTTP")),
            ("scheme", Variant("other", "gopher")),
            ("scheme", None),
            ("authority", "a.example:8080"),
            ("authority", "[::1]:80"),
            ("authority", "[::1]"),
            ("authority", "192.0.2.1"),
            ("authority", "localhost:"),
            ("authority", None),
            ("path-with-query", "/a/b%20c?d=e&f={g}|h"),
            ("path-with-query", "?q"),
            ("path-with-query", ""),
            ("path-with-query", "*"),
            ("path-with-query", None),
        ],
    )
    def test_what_can_be_set(self, http: Any, name: str, value: object) -> None:
        request = http.call("outgoing-request", http.fields())
        assert http.call(f"outgoing-request.set-{name}", request, value) == Ok()
        assert http.call(f"outgoing-request.{name}", request) == value

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("method", Variant("other", "")),
            ("method", Variant("other", "A B")),
            ("method", Variant("other", "GET /\r\n")),
            ("scheme", Variant("other", "1x")),
            ("scheme", Variant("other", "")),
            ("authority", ""),
            ("authority", "user:secret@a.example"),
            ("authority", "a.example:99999"),
            ("authority", "a.example:0"),
            ("authority", "a.example:x"),
            ("authority", "a example"),
            ("authority", "a.example/"),
            ("authority", "[::1"),
            ("authority", "[127.0.0.1]"),
            ("authority", "a.example\r\nX: y"),
            ("authority", "ä.example"),
            ("path-with-query", "a"),
            ("path-with-query", "/a b"),
            ("path-with-query", "/a#b"),
            ("path-with-query", "/\r\n"),
            ("path-with-query", "/ä"),
            ("path-with-query", "**"),
        ],
    )
    def test_what_is_refused(self, http: Any, name: str, value: object) -> None:
        request = http.call("outgoing-request", http.fields())
        before = http.call(f"outgoing-request.{name}", request)
        assert http.call(f"outgoing-request.set-{name}", request, value) == Err()
        assert http.call(f"outgoing-request.{name}", request) == before

    def test_options(self, http: Any) -> None:
        options = http.call("request-options")
        for number, name in enumerate(
            ("connect-timeout", "first-byte-timeout", "between-bytes-timeout"), 1
        ):
            assert http.call(f"request-options.{name}", options) is None
            assert http.call(f"request-options.set-{name}", options, number) == Ok()
            assert http.call(f"request-options.{name}", options) == number
        http.handle(http.request(), options)
        sent = http.sent
        assert sent.connect_timeout_ns == 1
        assert sent.first_byte_timeout_ns == 2
        assert sent.between_bytes_timeout_ns == 3

    def test_what_is_sent(self, http: Any) -> None:
        request = http.request(("Accept", b"x"), authority="A.example:8080")
        http.call("outgoing-request.set-method", request, Variant("post"))
        http.call("outgoing-request.set-scheme", request, Variant("HTTP"))
        http.call("outgoing-request.set-path-with-query", request, "?q=1")
        http.ok(http.handle(request))
        sent = http.sent
        assert (sent.method, sent.scheme, sent.host, sent.port, sent.authority, sent.target) == (
            "POST",
            "http",
            "A.example",
            8080,
            "A.example:8080",
            "/?q=1",
        )
        assert sent.headers == (("Accept", b"x"),)
        assert sent.body is None

    def test_defaults(self, http: Any) -> None:
        http.ok(http.handle(http.request()))
        assert (http.sent.scheme, http.sent.port, http.sent.target) == ("https", 443, "/")
        request = http.request(authority="[::1]")
        http.call("outgoing-request.set-scheme", request, Variant("HTTP"))
        http.ok(http.handle(request))
        assert (http.sent.host, http.sent.port) == ("::1", 80)

    def test_what_is_not_sent(self, http: Any) -> None:
        def refused(**changes: object) -> str:
            request = http.request()
            body = http.ok(http.call("outgoing-request.body", request))
            stream = http.ok(http.call("outgoing-body.write", body))
            for name, value in changes.items():
                http.call(f"outgoing-request.set-{name.replace('_', '-')}", request, value)
            tag: str = http.error(http.handle(request)).tag
            result = http.guest.call(OUT + "blocking-write-and-flush", stream, b"x")
            assert isinstance(result, Err), "nobody will read it"
            http.drop_stream("output", stream)
            http.drop("outgoing-body", body)
            return tag

        assert refused(method=Variant("connect")) == "HTTP-request-method-invalid"
        assert refused(scheme=Variant("other", "ftp")) == "HTTP-protocol-error"
        assert refused(authority=None) == "HTTP-request-URI-invalid"
        assert refused(path_with_query="*") == "HTTP-request-URI-invalid"
        assert http.begun == []

    def test_grants(self, make_http: Any) -> None:
        http = make_http("a.example:443", "127.0.0.1")
        http.ok(http.handle(http.request(authority="A.example.")))
        http.ok(http.handle(http.request(authority="127.0.0.1:1")))
        for authority in ("b.example", "a.example:80", "localhost", "[::1]", "127.0.0.2"):
            error = http.error(http.handle(http.request(authority=authority)))
            assert error.tag == "HTTP-request-denied"
        assert len(http.begun) == 2

    def test_a_limit_of_requests_at_once(self, make_http: Any) -> None:
        http = make_http("*", limits=WasiLimits(open_handles=1))
        future = http.ok(http.handle(http.request()))
        assert http.error(http.handle(http.request())).tag == "connection-limit-reached"
        http.drop("future-incoming-response", future)
        http.ok(http.handle(http.request()))


class TestRequestBodies:
    def test_a_body_is_streamed(self, http: Any) -> None:
        request = http.request()
        body = http.ok(http.call("outgoing-request.body", request))
        assert http.call("outgoing-request.body", request) == Err()
        stream = http.ok(http.call("outgoing-body.write", body))
        assert http.call("outgoing-body.write", body) == Err()
        http.ok(http.handle(request))
        source = http.sent.body
        assert source is not None
        assert not source.ready()
        http.guest.call(OUT + "blocking-write-and-flush", stream, b"hello")
        assert source.read(3) == b"hel"
        assert source.read(9) == b"lo"
        http.drop_stream("output", stream)
        trailers = http.fields(("X-Sum", b"5"))
        assert http.call("outgoing-body.finish", body, trailers) == Ok()
        assert source.read(9) == b""
        assert source.is_complete
        assert source.trailers == (("X-Sum", b"5"),)

    def test_a_reader_that_is_slow_slows_the_guest(self, http: Any, world: Any) -> None:
        request = http.request()
        body = http.ok(http.call("outgoing-request.body", request))
        stream = http.ok(http.call("outgoing-body.write", body))
        http.ok(http.handle(request))
        assert http.guest.call(OUT + "write", stream, bytes(100_000)) == Ok()
        assert http.guest.call(OUT + "check-write", stream) == Ok(0)
        pollable = http.guest.call(OUT + "subscribe", stream)
        assert http.guest.call("io/poll.pollable.ready", pollable) is False
        world.meanwhile = lambda _: http.sent.body.read(90_000)
        http.guest.call("io/poll.pollable.block", pollable)
        assert http.guest.call(OUT + "check-write", stream).value > 0
        http.drop_stream("output", stream)
        assert http.call("outgoing-body.finish", body, None) == Ok()

    @pytest.mark.parametrize("size", [0, 4])
    def test_a_body_shorter_than_announced(self, http: Any, size: int) -> None:
        request = http.request(("content-length", b"5"))
        body = http.ok(http.call("outgoing-request.body", request))
        stream = http.ok(http.call("outgoing-body.write", body))
        http.ok(http.handle(request))
        assert http.guest.call(OUT + "write", stream, bytes(size)) == Ok()
        http.drop_stream("output", stream)
        error = http.error(http.call("outgoing-body.finish", body, None))
        assert error == Variant("HTTP-request-body-size", size)
        if size:
            assert http.sent.body.read(size + 1) == bytes(size)
        with pytest.raises(HttpError):
            http.sent.body.read(1)

    def test_a_body_longer_than_announced(self, http: Any) -> None:
        request = http.request(("Content-Length", b"5"))
        body = http.ok(http.call("outgoing-request.body", request))
        stream = http.ok(http.call("outgoing-body.write", body))
        http.ok(http.handle(request))
        assert http.guest.call(OUT + "write", stream, b"12345") == Ok()
        result = http.guest.call(OUT + "write", stream, b"6")
        assert isinstance(result, Err)
        code = http.call("http-error-code", result.value.payload)
        assert code == Variant("HTTP-request-body-size", 6)
        http.drop_stream("output", stream)
        assert isinstance(http.call("outgoing-body.finish", body, None), Err)

    def test_just_what_was_announced(self, http: Any) -> None:
        request = http.request(("Content-Length", b"5"))
        body = http.ok(http.call("outgoing-request.body", request))
        stream = http.ok(http.call("outgoing-body.write", body))
        http.guest.call(OUT + "write", stream, b"12345")
        http.drop_stream("output", stream)
        assert http.call("outgoing-body.finish", body, None) == Ok()

    def test_a_body_that_is_dropped_is_corrupt(self, http: Any) -> None:
        request = http.request()
        body = http.ok(http.call("outgoing-request.body", request))
        http.ok(http.handle(request))
        http.drop("outgoing-body", body)
        with pytest.raises(HttpError, match="unfinished"):
            http.sent.body.read(1)

    def test_a_guest_that_ends_leaves_its_bodies_unfinished(self, http: Any) -> None:
        request = http.request()
        http.ok(http.call("outgoing-request.body", request))
        http.ok(http.handle(request))
        given_up: list[int] = []
        http.begun[-1].answer.when_given_up(lambda: given_up.append(1))
        http.guest.context.close()
        assert given_up == [1]
        with pytest.raises(HttpError, match="unfinished"):
            http.sent.body.read(1)

    def test_children_are_dropped_first(self, http: Any) -> None:
        request = http.request()
        body = http.ok(http.call("outgoing-request.body", request))
        stream = http.ok(http.call("outgoing-body.write", body))
        with pytest.raises(Trap, match="an outgoing body"):
            http.call("outgoing-body.finish", body, None)
        with pytest.raises(Trap, match="an outgoing body"):
            http.drop("outgoing-body", body)
        fields = http.call("outgoing-request.headers", request)
        with pytest.raises(Trap, match="an outgoing request"):
            http.drop("outgoing-request", request)
        with pytest.raises(Trap, match="an outgoing request"):
            http.handle(request)
        http.drop("fields", fields)
        http.drop("outgoing-request", request)
        result = http.guest.call(OUT + "blocking-write-and-flush", stream, b"x")
        assert isinstance(result, Err), "the request is gone"

    def test_fields_that_become_part_of_a_message_are_no_longer_children(self, http: Any) -> None:
        request = http.request(("a", b"b"))
        fields = http.call("outgoing-request.headers", request)
        other = http.call("outgoing-request", fields)
        http.drop("outgoing-request", request)
        assert http.call("fields.entries", http.call("outgoing-request.headers", other)) == [
            ("a", b"b")
        ]


def respond(http: Any, status: int = 200, *fields: tuple[str, bytes]) -> Body:
    """Answer the last request."""
    body = Body()
    http.begun[-1].answer.settle(HttpResponse(status, fields, body.source))
    return body


class TestResponses:
    def test_a_response_comes_when_it_comes(self, http: Any, world: Any) -> None:
        future = http.ok(http.handle(http.request()))
        assert http.call("future-incoming-response.get", future) is None
        pollable = http.call("future-incoming-response.subscribe", future)
        assert http.guest.call("io/poll.pollable.ready", pollable) is False
        world.meanwhile = lambda _: respond(http, 404, ("X", b"y"), ("Connection", b"close"))
        http.guest.call("io/poll.pollable.block", pollable)
        assert world.performed[-1] == Readable(future.answer)
        response = http.ok(http.ok(http.call("future-incoming-response.get", future)))
        assert http.call("incoming-response.status", response) == 404
        fields = http.call("incoming-response.headers", response)
        assert http.call("fields.entries", fields) == [("X", b"y")], "the rest is the host's"
        assert http.call("future-incoming-response.get", future) == Err()
        with pytest.raises(Trap, match="an incoming response"):
            http.drop("incoming-response", response)

    @pytest.mark.parametrize(
        ("failure", "code"),
        [
            (HttpError(HttpErrorCode.CONNECTION_REFUSED), Variant("connection-refused")),
            (
                HttpError.of_lookup("?", "NXDOMAIN"),
                Variant("DNS-error", {"rcode": "NXDOMAIN", "info-code": None}),
            ),
            (
                HttpError(HttpErrorCode.DNS_ERROR),
                Variant("DNS-error", {"rcode": None, "info-code": None}),
            ),
            (
                HttpError(HttpErrorCode.HTTP_RESPONSE_HEADER_SIZE),
                Variant("HTTP-response-header-size", {"field-name": None, "field-size": None}),
            ),
            (OperationError("no h11"), Variant("internal-error", "no h11")),
            (OSError("?"), Variant("internal-error", "?")),
        ],
    )
    def test_a_failure(self, http: Any, failure: Exception, code: Variant) -> None:
        future = http.ok(http.handle(http.request()))
        http.begun[-1].answer.fail(failure)
        result = http.ok(http.call("future-incoming-response.get", future))
        assert http.error(result) == code
        assert http.call("future-incoming-response.get", future) == Err()

    def receive(self, http: Any, *fields: tuple[str, bytes]) -> tuple[Any, Any, Body]:
        future = http.ok(http.handle(http.request()))
        body = respond(http, 200, *fields)
        response = http.ok(http.ok(http.call("future-incoming-response.get", future)))
        http.drop("future-incoming-response", future)
        incoming = http.ok(http.call("incoming-response.consume", response))
        assert http.call("incoming-response.consume", response) == Err()
        http.drop("incoming-response", response)
        return incoming, http.ok(http.call("incoming-body.stream", incoming)), body

    def test_a_body_with_trailers(self, http: Any, world: Any) -> None:
        incoming, stream, body = self.receive(http)
        assert http.call("incoming-body.stream", incoming) == Err()
        assert http.guest.call(IN + "read", stream, 9) == Ok(b"")
        body.sink.write(b"hello")
        assert http.guest.call(IN + "blocking-read", stream, 3) == Ok(b"hel")
        body.sink.end([("X-Sum", b"5")])
        assert http.guest.call(IN + "blocking-read", stream, 9) == Ok(b"lo")
        assert http.guest.call(IN + "blocking-read", stream, 9) == CLOSED
        with pytest.raises(Trap, match="an incoming body"):
            http.call("incoming-body.finish", incoming)
        http.drop_stream("input", stream)
        future = http.call("incoming-body.finish", incoming)
        trailers = http.ok(http.ok(http.call("future-trailers.get", future)))
        assert http.call("fields.entries", trailers) == [("X-Sum", b"5")]
        changed = http.call("fields.append", trailers, "a", b"b")
        assert changed == Err(Variant("immutable"))
        assert http.call("future-trailers.get", future) == Err()
        with pytest.raises(Trap, match="a future of trailers"):
            http.drop("future-trailers", future)
        http.drop("fields", trailers)
        http.drop("future-trailers", future)
        assert http.guest.context.open_handles == 0

    def test_trailers_come_although_the_body_is_not_read(self, http: Any, world: Any) -> None:
        incoming, stream, body = self.receive(http)
        body.sink.write(bytes(100_000))
        assert not body.sink.ready()
        http.drop_stream("input", stream)
        future = http.call("incoming-body.finish", incoming)
        assert body.sink.ready(), "the rest is lost"
        assert http.call("future-trailers.get", future) is None
        pollable = http.call("future-trailers.subscribe", future)
        assert http.guest.call("io/poll.pollable.ready", pollable) is False

        def end(_: object) -> None:
            body.sink.write(b"more")
            body.sink.end()

        world.meanwhile = end
        http.guest.call("io/poll.pollable.block", pollable)
        assert http.call("future-trailers.get", future) == Ok(Ok())

    def test_a_body_that_breaks_off(self, http: Any) -> None:
        incoming, stream, body = self.receive(http)
        body.sink.write(b"begin")
        body.sink.fail(HttpError(HttpErrorCode.HTTP_RESPONSE_INCOMPLETE))
        assert http.guest.call(IN + "blocking-read", stream, 9) == Ok(b"begin")
        result = http.guest.call(IN + "blocking-read", stream, 9)
        assert isinstance(result, Err)
        error = result.value.payload
        assert http.call("http-error-code", error) == Variant("HTTP-response-incomplete")
        assert http.guest.call("sockets/network.network-error-code", error) is None
        http.drop_stream("input", stream)
        future = http.call("incoming-body.finish", incoming)
        result = http.ok(http.call("future-trailers.get", future))
        assert http.error(result) == Variant("HTTP-response-incomplete")

    def test_what_is_dropped_is_not_wanted(self, http: Any) -> None:
        incoming, stream, body = self.receive(http)
        http.drop_stream("input", stream)
        assert body.sink.is_wanted
        http.drop("incoming-body", incoming)
        assert not body.sink.is_wanted
        assert http.guest.context.open_handles == 0

    def test_a_response_that_is_not_taken(self, http: Any) -> None:
        future = http.ok(http.handle(http.request()))
        body = respond(http)
        http.drop("future-incoming-response", future)
        assert not body.sink.is_wanted

        future = http.ok(http.handle(http.request()))
        http.drop("future-incoming-response", future)
        late = respond(http)
        assert not late.sink.is_wanted

        future = http.ok(http.handle(http.request()))
        http.begun[-1].answer.fail(HttpError(HttpErrorCode.CONNECTION_REFUSED))
        http.drop("future-incoming-response", future)
        assert http.guest.context.open_handles == 0

    def test_a_guest_that_ends_wants_nothing_more(self, http: Any) -> None:
        _, _, body = self.receive(http)
        http.guest.context.close()
        assert not body.sink.is_wanted


def test_errors_of_others_are_no_http_errors(http: Any) -> None:
    from pywasm_rt.wasi.preview2.resources import IoError  # noqa: PLC0415

    assert http.call("http-error-code", IoError("x")) is None
    assert http.call("http-error-code", IoError("x", None, OSError("y"))) is None
