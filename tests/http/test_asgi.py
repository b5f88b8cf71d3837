"""The ASGI application by itself, with handlers in Python, without a server and in virtual time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.errors import OperationError, ProcessError, ProcessErrorKind
from pywasm_rt.http.asgi import BrokenResponse, ClientTimeouts, HandlerApplication
from pywasm_rt.http.exchange import Exchange
from pywasm_rt.process.http_message import ready
from pywasm_rt.wasi.capabilities.body import Body, RawFields
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead
from tests.http.asgi_client import Conversation, http_scope, in_virtual_time, settle

TRAILERS = {"http.response.trailers": {}}
POST = (b"host", b"a"), (b"transfer-encoding", b"chunked")


class Scripted:
    """A handler that does as the test says; ``seen`` are the exchanges."""

    def __init__(self, act: Callable[[Exchange], object]) -> None:
        self.act = act
        self.seen: list[Exchange] = []
        self.tasks: set[asyncio.Task[None]] = set()

    def begin(self, exchange: Exchange) -> None:
        self.seen.append(exchange)
        acting = self.act(exchange)
        if asyncio.iscoroutine(acting):
            task = asyncio.get_running_loop().create_task(acting)
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)


def respond(
    exchange: Exchange,
    status: int = 200,
    *fields: tuple[str, bytes],
    body: bytes | None = b"hello",
    trailers: RawFields = (),
) -> None:
    content = None
    if body is not None:
        content = Body()
        content.sink.write(body)
        content.sink.end(trailers)
    head = ResponseHead(status, fields, None if content is None else content.source)
    exchange.responder.settle(head)


def start(status: int = 200, *headers: tuple[bytes, bytes], **more: Any) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers), **more}


def data(body: bytes = b"", **more: Any) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, **more}


def ask(
    act: Callable[[Exchange], object], scope: dict[str, Any] | None = None
) -> tuple[list[Any], Scripted]:
    """What is said to a request without a body, and the handler."""
    handler = Scripted(act)

    async def main() -> list[Any]:
        conversation = Conversation(HandlerApplication(handler), scope or http_scope())
        conversation.body(b"")
        await conversation.task
        return conversation.sent

    return in_virtual_time(main()), handler


class TestResponses:
    def test_a_body_that_is_there(self) -> None:
        sent, handler = ask(lambda it: respond(it, 201, ("X-A", b" b ")))
        assert sent == [start(201, (b"x-a", b"b")), data(b"hello")]
        head = handler.seen[0].head
        assert (head.method, head.target, head.authority) == ("GET", "/a?b", "a.example")
        assert (head.scheme, head.fields) == ("HTTP", ())
        assert handler.seen[0].peer == "192.0.2.1"
        assert handler.seen[0].status == 201

    def test_no_body(self) -> None:
        assert ask(lambda it: respond(it, body=None))[0] == [
            start(200, (b"content-length", b"0")),
            data(),
        ]
        scope = http_scope("HEAD")
        assert ask(lambda it: respond(it, 200, ("Content-Length", b"5")), scope)[0] == [
            start(200, (b"content-length", b"5")),
            data(),
        ]
        assert ask(lambda it: respond(it, 304))[0] == [start(304), data()]

    def test_trailers_where_the_server_takes_them(self) -> None:
        def act(exchange: Exchange) -> None:
            respond(exchange, trailers=(("X-Sum", b"5"), ("Content-Length", b"7")))

        sent, _ = ask(act, http_scope(extensions=TRAILERS))
        assert sent == [
            start(trailers=True),
            data(more_body=True),
            data(b"hello", more_body=True),
            data(more_body=False),
            {"type": "http.response.trailers", "headers": [(b"x-sum", b"5")]},
        ]
        assert ask(act)[0] == [
            start(),
            data(more_body=True),
            data(b"hello", more_body=True),
            data(),
        ]

    def test_early_hints_where_the_server_takes_them(self) -> None:
        def act(exchange: Exchange) -> None:
            exchange.responder.inform(103, (("Link", b"</x>"), ("X-A", b"b")))
            exchange.responder.inform(102, ())
            respond(exchange)

        sent, _ = ask(act, http_scope(extensions={"http.response.early_hint": {}}))
        assert sent[0] == {"type": "http.response.early_hint", "links": [b"</x>"]}
        assert sent[1:] == ask(act)[0] == [start(), data(b"hello")]

    def test_as_it_is_written(self) -> None:
        async def main() -> None:
            body = Body()
            handler = Scripted(lambda it: it.responder.settle(ResponseHead(200, (), body.source)))
            conversation = Conversation(HandlerApplication(handler), http_scope())
            assert await conversation.next() == start()
            assert await conversation.next() == data(more_body=True), "servers wait for that"
            for piece in (b"one", b"two"):
                body.sink.write(piece)
                assert await conversation.next() == data(piece, more_body=True)
            body.sink.end()
            await conversation.task
            assert conversation.sent[-1] == data()

        in_virtual_time(main())

    @pytest.mark.parametrize(
        ("status", "fields", "log"),
        [
            (600, (), "600 is no status"),
            (101, (), "101 is no status"),
            (200, (("Content-Length", b"5"), ("content-length", b"6")), "conflicting"),
            (200, (("Content-Length", b"-5"),), "no number"),
            (200, (("a b", b"c"),), "'a b' cannot be sent"),
            (200, (("a", b"b\r\nc: d"),), "'a' cannot be sent"),
        ],
    )
    def test_what_cannot_be_sent(
        self, status: int, fields: RawFields, log: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        sent, handler = ask(lambda it: respond(it, status, *fields))
        assert (sent[0]["status"], sent[1]["body"]) == (500, b"500 Internal Server Error\n")
        assert log in caplog.text
        assert handler.seen[0].status == 500


class TestRequests:
    @pytest.mark.parametrize(
        ("scope", "authority", "target"),
        [
            (http_scope(target="http://b.example:81/c?d"), "b.example:81", "/c?d"),
            (http_scope(target="http://b.example"), "b.example", "/"),
            (http_scope("OPTIONS", "*"), "a.example", "*"),
            (http_scope(target="/x/a%20b", root_path="/x"), "a.example", "/a%20b"),
            (http_scope(target="/x", root_path="/x/"), "a.example", "/"),
            (http_scope(target="/xy", root_path="/x"), "a.example", "/xy"),
            (http_scope(raw_path=None, path="/ä b"), "a.example", "/%C3%A4%20b?b"),
            (http_scope(headers=()), None, "/a?b"),
        ],
    )
    def test_where_they_go(self, scope: dict[str, Any], authority: str, target: str) -> None:
        head = ask(respond, scope)[1].seen[0].head
        assert (head.authority, head.target) == (authority, target)

    @pytest.mark.parametrize(
        ("scope", "status"),
        [
            (http_scope("CONNECT", "a:1"), 501),
            (http_scope(target="ftp://a/"), 400),
            (http_scope(target="nowhere"), 400),
            (http_scope(target="http://["), 400),
        ],
    )
    def test_those_that_make_no_sense(self, scope: dict[str, Any], status: int) -> None:
        sent, handler = ask(respond, scope)
        assert sent[0]["status"] == status
        assert (b"connection", b"close") in sent[0]["headers"]
        assert handler.seen == []

    def test_fields_and_scheme(self) -> None:
        headers = (b"host", b"a"), (b"x-a", b"1"), (b"x-a", b"\xff"), (b"connection", b"close")
        head = ask(respond, http_scope(headers=headers, scheme="https"))[1].seen[0].head
        assert head.fields == (("x-a", b"1"), ("x-a", b"\xff"))
        assert head.scheme == "HTTPS"

    @pytest.mark.parametrize(
        ("version", "headers", "expected"),
        [
            ("1.1", (), False),
            ("1.1", ((b"content-length", b"0"),), False),
            ("1.1", ((b"content-length", b"1"),), True),
            ("1.1", ((b"transfer-encoding", b"chunked"),), True),
            ("2", (), True),
            ("2", ((b"content-length", b"0"),), False),
        ],
    )
    def test_whether_a_body_follows(
        self, version: str, headers: tuple[tuple[bytes, bytes], ...], expected: bool
    ) -> None:
        scope = http_scope(headers=headers, http_version=version)
        assert ask(respond, scope)[1].seen[0].has_body == expected

    def test_bodies_and_their_trailers(self) -> None:
        async def act(exchange: Exchange) -> None:
            read = b""
            while True:
                await ready(exchange.body.source)
                piece = exchange.body.source.read(100)
                if not piece:
                    break
                read += piece
            ((name, value),) = exchange.body.source.trailers
            respond(exchange, body=read + value + name.encode())

        async def main() -> None:
            conversation = Conversation(
                HandlerApplication(Scripted(act)), http_scope("POST", headers=POST)
            )
            conversation.body(b"one", more=True)
            await settle()
            conversation.body(b"two", trailers=[(b"x-t", b"u")])
            assert await conversation.answer() == (200, b"onetwoux-t")

        in_virtual_time(main())

    def test_no_more_is_taken_than_the_handler_reads(self) -> None:
        async def main() -> None:
            handler = Scripted(lambda _: None)
            scope = http_scope("POST", headers=POST)
            conversation = Conversation(HandlerApplication(handler), scope)
            for _ in range(10):
                conversation.body(bytes(40_000), more=True)
            await settle()
            assert (conversation.asked, conversation.untaken) == (2, 8), "64 KiB are enough"
            (exchange,) = handler.seen
            assert len(exchange.body.source.read(40_000)) == 40_000
            await settle()
            assert (conversation.asked, conversation.untaken) == (3, 7)
            exchange.body.source.give_up()
            await settle()
            assert conversation.untaken == 0, "what is not wanted is lost"
            respond(exchange)
            assert await conversation.answer() == (200, b"hello")

        in_virtual_time(main())

    def test_a_client_that_waits_to_be_asked(self) -> None:
        async def main() -> None:
            handler = Scripted(lambda _: None)
            headers = (b"expect", b"100-Continue"), (b"content-length", b"5")
            conversation = Conversation(HandlerApplication(handler), http_scope(headers=headers))
            conversation.body(b"hello")
            await settle()
            assert conversation.asked == 0, "to ask is to say 100 Continue"
            source = handler.seen[0].body.source
            assert not source.ready()
            await ready(source)
            assert source.read(10) == b"hello"
            respond(handler.seen[0])
            await conversation.task

        in_virtual_time(main())


class TestTime:
    def test_a_body_that_stalls(self) -> None:
        async def act(exchange: Exchange) -> None:
            source = exchange.body.source
            try:
                while True:
                    await ready(source)
                    assert source.read(100) == b"five"
            except HttpError as error:
                respond(exchange, 408, body=f"{error.code}".encode())

        async def main() -> None:
            scope = http_scope("POST", headers=((b"content-length", b"9"),))
            timeouts = ClientTimeouts(body_seconds=7.0)
            conversation = Conversation(HandlerApplication(Scripted(act), timeouts), scope)
            await asyncio.sleep(6.0)
            conversation.body(b"five", more=True)
            assert await conversation.answer() == (408, b"connection-read-timeout")
            assert asyncio.get_running_loop().time() == pytest.approx(13.0), "since the last piece"

        in_virtual_time(main())

    def test_a_slow_handler_is_not_the_clients_fault(self) -> None:
        async def act(exchange: Exchange) -> None:
            await asyncio.sleep(1000.0)
            await ready(exchange.body.source)
            assert exchange.body.source.read(100_000) == bytes(100_000)
            await asyncio.sleep(1000.0)
            respond(exchange)

        async def main() -> None:
            scope = http_scope("POST", headers=POST)
            timeouts = ClientTimeouts(body_seconds=7.0)
            conversation = Conversation(HandlerApplication(Scripted(act), timeouts), scope)
            conversation.body(bytes(100_000), more=True)
            conversation.body(b"")
            assert (await conversation.answer())[0] == 200

        in_virtual_time(main())

    def test_a_client_that_does_not_read(self, caplog: pytest.LogCaptureFixture) -> None:
        body = Body()
        told: list[str] = []

        async def act(exchange: Exchange) -> None:
            exchange.responder.settle(ResponseHead(200, (), body.source))
            try:
                while True:
                    await ready(body.sink)
                    body.sink.write(bytes(70_000))
            except HttpError as error:
                told.append(error.message)

        async def main() -> None:
            handler = Scripted(act)
            timeouts = ClientTimeouts(write_seconds=7.0)
            conversation = Conversation(HandlerApplication(handler, timeouts), http_scope())
            while len(conversation.sent) < 5:
                await conversation.next()
            conversation.writable.clear()
            await settle()
            assert not body.sink.ready(), "the handler does not write either"
            sent = len(conversation.sent)
            with pytest.raises(BrokenResponse):
                await conversation.task
            assert asyncio.get_running_loop().time() == pytest.approx(7.0)
            assert len(conversation.sent) == sent
            await settle()
            assert told == ["connection-terminated: the client is gone"]

        in_virtual_time(main())
        assert caplog.messages == []

    def test_a_slow_client_gets_everything(self) -> None:
        async def act(exchange: Exchange) -> None:
            body = Body()
            exchange.responder.settle(ResponseHead(200, (), body.source))
            for number in range(5):
                await ready(body.sink)
                body.sink.write(bytes([number]) * 70_000)
            body.sink.end()

        async def main() -> None:
            application = HandlerApplication(Scripted(act), ClientTimeouts(write_seconds=7.0))
            conversation = Conversation(application, http_scope())
            conversation.writable.clear()
            while not conversation.task.done():
                await asyncio.sleep(6.0)
                conversation.writable.set()
                await conversation.next()
                conversation.writable.clear()
                await settle()
            status, received = await conversation.answer()
            assert (status, len(received)) == (200, 350_000)

        in_virtual_time(main())


class TestEarlyEnds:
    def test_a_client_that_leaves_before_the_response(self) -> None:
        async def main() -> None:
            told: list[str] = []

            def act(exchange: Exchange) -> None:
                exchange.responder.when_given_up(lambda: told.append("not wanted"))
                exchange.when_gone(lambda: told.append("gone"))

            handler = Scripted(act)
            conversation = Conversation(HandlerApplication(handler), http_scope())
            conversation.body(b"")
            await settle()
            assert told == []
            conversation.leave()
            await conversation.task
            assert (told, conversation.sent) == (["not wanted", "gone"], [])
            late = Body()
            handler.seen[0].responder.settle(ResponseHead(200, (), late.source))
            assert not late.sink.is_wanted, "a response that comes too late is not wanted"

        in_virtual_time(main())

    def test_a_client_that_leaves_within_its_body(self) -> None:
        async def main() -> None:
            handler = Scripted(lambda _: None)
            conversation = Conversation(
                HandlerApplication(handler), http_scope("POST", headers=POST)
            )
            conversation.body(b"one", more=True)
            conversation.leave()
            await conversation.task
            source = handler.seen[0].body.source
            assert source.read(10) == b"one"
            with pytest.raises(HttpError, match="the client is gone"):
                source.read(10)

        in_virtual_time(main())

    def test_a_client_that_leaves_within_the_response(self) -> None:
        async def main() -> None:
            body, told = Body(), asyncio.Event()

            def act(exchange: Exchange) -> None:
                exchange.when_gone(told.set)
                exchange.responder.settle(ResponseHead(200, (), body.source))

            conversation = Conversation(HandlerApplication(Scripted(act)), http_scope())
            body.sink.write(b"one")
            conversation.body(b"")
            await settle()
            conversation.leave()
            await conversation.task
            assert told.is_set()
            assert not body.sink.is_wanted
            assert conversation.sent[2:] == [data(b"one", more_body=True)]

        in_virtual_time(main())

    def test_a_client_that_leaves_after_it(self) -> None:
        async def main() -> None:
            told: list[str] = []

            async def act(exchange: Exchange) -> None:
                exchange.when_gone(lambda: told.append("gone"))
                await asyncio.sleep(1.0)
                respond(exchange)

            handler = Scripted(act)
            conversation = Conversation(HandlerApplication(handler), http_scope())
            conversation.body(b"")
            assert await conversation.answer() == (200, b"hello")
            conversation.leave()
            await settle()
            assert (told, handler.seen[0].is_gone) == ([], False)

        in_virtual_time(main())

    def test_a_server_that_says_so_when_sending(self) -> None:
        async def main() -> None:
            body = Body()
            handler = Scripted(lambda it: it.responder.settle(ResponseHead(200, (), body.source)))
            body.sink.write(b"one")

            async def receive() -> dict[str, Any]:
                await asyncio.sleep(1000.0)
                raise AssertionError("it is over by then")

            async def send(_: Any) -> None:
                raise BrokenPipeError

            await HandlerApplication(handler)(http_scope(), receive, send)
            assert handler.seen[0].is_gone
            assert not body.sink.is_wanted

        in_virtual_time(main())

    def test_a_server_that_cancels(self) -> None:
        async def main() -> None:
            handler = Scripted(lambda _: None)
            conversation = Conversation(HandlerApplication(handler), http_scope())
            await settle()
            conversation.task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await conversation.task
            assert handler.seen[0].is_gone
            assert handler.seen[0].responder._watchers == ()

        in_virtual_time(main())

    def test_a_server_that_fails_when_asked(self) -> None:
        async def main() -> None:
            async def receive() -> dict[str, Any]:
                raise RuntimeError("out of order")

            async def send(_: Any) -> None:
                raise AssertionError("there is nothing to be said")

            handler = Scripted(lambda _: None)
            with pytest.raises(RuntimeError, match="out of order"):
                await HandlerApplication(handler)(http_scope(), receive, send)

        in_virtual_time(main())


class TestFailures:
    def test_an_error_in_place_of_a_response(self, caplog: pytest.LogCaptureFixture) -> None:
        secret = HttpError(HttpErrorCode.INTERNAL_ERROR, "the password is 1234")
        sent, _ = ask(lambda it: it.responder.fail(secret))
        assert (sent[0]["status"], sent[1]["body"]) == (500, b"500 Internal Server Error\n")
        assert "1234" not in str(sent)
        assert caplog.messages == ["GET /a?b: internal-error: the password is 1234"]

    def test_too_much_to_do(self, caplog: pytest.LogCaptureFixture) -> None:
        def refuse(_: Exchange) -> None:
            raise OperationError("a thousand are enough")

        sent, _ = ask(refuse)
        assert (sent[0]["status"], sent[1]["body"]) == (503, b"503 Service Unavailable\n")
        assert "thousand" in caplog.text

    @pytest.mark.parametrize(
        ("written", "log"),
        [
            (b"abc", "of another length than the 5 bytes"),
            (b"abcdefg", "of another length than the 5 bytes"),
        ],
    )
    def test_another_length_than_announced(
        self, written: bytes, log: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(BrokenResponse, match="another length"):
            ask(lambda it: respond(it, 200, ("Content-Length", b"5"), body=written))
        assert log in caplog.text

    def test_a_body_that_breaks_off(self, caplog: pytest.LogCaptureFixture) -> None:
        def act(exchange: Exchange) -> None:
            body = Body()
            body.sink.write(b"begin")
            body.sink.fail(OperationError("out of ideas"))
            exchange.responder.settle(ResponseHead(200, (), body.source))

        with pytest.raises(BrokenResponse, match="out of ideas"):
            ask(act)
        assert caplog.messages == ["GET /a?b: the response broke off: out of ideas"]


class Startable(HandlerApplication):
    """Counts how often it was started, and fails to if it is to."""

    failure: ProcessError | None = None

    def __init__(self) -> None:
        super().__init__(Scripted(respond))
        self.steps: list[str] = []

    async def _open(self) -> None:
        await asyncio.sleep(1.0)
        if self.failure is not None:
            raise self.failure
        self.steps.append("open")

    async def _shut(self) -> None:
        self.steps.append("shut")


class TestLifespan:
    def test_beginning_and_end(self) -> None:
        async def main() -> None:
            application = Startable()
            conversation = Conversation(application, {"type": "lifespan"})
            conversation.tell("lifespan.startup")
            assert await conversation.next() == {"type": "lifespan.startup.complete"}
            request = Conversation(application, http_scope())
            assert (await request.answer())[0] == 200
            conversation.tell("lifespan.shutdown")
            await conversation.task
            assert conversation.sent[-1] == {"type": "lifespan.shutdown.complete"}
            assert application.steps == ["open", "shut"]

        in_virtual_time(main())

    def test_a_beginning_that_fails(self) -> None:
        async def main() -> None:
            application = Startable()
            application.failure = ProcessError("the port is in use", ProcessErrorKind.UNAVAILABLE)
            conversation = Conversation(application, {"type": "lifespan"})
            conversation.tell("lifespan.startup")
            await conversation.task
            (message,) = conversation.sent
            assert message["type"] == "lifespan.startup.failed"
            assert "the port is in use" in message["message"]

        in_virtual_time(main())

    def test_without_it_the_first_request_starts_it(self) -> None:
        async def main() -> None:
            application = Startable()
            requests = [Conversation(application, http_scope()) for _ in range(3)]
            assert [(await it.answer())[0] for it in requests] == [200] * 3
            await application.close()
            await application.close()
            assert application.steps == ["open", "shut"]
            async with application:
                assert application.steps[2:] == ["open"]

        in_virtual_time(main())


class TestOtherScopes:
    @pytest.mark.parametrize("in_http", [True, False])
    def test_websockets_are_refused(self, in_http: bool) -> None:
        async def main() -> None:
            scope: dict[str, Any] = {"type": "websocket", "path": "/"}
            if in_http:
                scope["extensions"] = {"websocket.http.response": {}}
            conversation = Conversation(HandlerApplication(Scripted(respond)), scope)
            conversation.tell("websocket.connect")
            await conversation.task
            first, *rest = conversation.sent
            if in_http:
                assert (first["type"], first["status"]) == ("websocket.http.response.start", 501)
                assert b"only HTTP is served here" in rest[0]["body"]
            else:
                assert (first["type"], first["code"], rest) == ("websocket.close", 1003, [])

        in_virtual_time(main())

    def test_what_nobody_knows(self) -> None:
        async def main() -> None:
            conversation = Conversation(HandlerApplication(Scripted(respond)), {"type": "mqtt"})
            with pytest.raises(ValueError, match="'mqtt' is not served here"):
                await conversation.task

        in_virtual_time(main())


@pytest.fixture(autouse=True)
def _logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="pywasm_rt.http")
