"""The server with handlers in Python: what clients see, and what they never see."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from pywasm_rt.errors import OperationError
from pywasm_rt.http.asgi import ClientTimeouts, HandlerApplication
from pywasm_rt.http.exchange import Exchange
from pywasm_rt.http.server import HttpServer
from pywasm_rt.process.http_message import ready
from pywasm_rt.wasi.capabilities.body import Body, RawFields
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead

PATIENCE = 10.0
GET = b"GET /a?b HTTP/1.1\r\nHost: a.example\r\n\r\n"


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
        if body:
            content.sink.write(body)
        content.sink.end(trailers)
    head = ResponseHead(status, fields, None if content is None else content.source)
    exchange.responder.settle(head)


class Client:
    """A connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def ask(self, data: bytes) -> str:
        """Send, and read to the end of the connection; without the date, which changes."""
        self.send(data)
        answer = (await self.reader.read()).decode()
        head, _, rest = answer.partition("\r\n\r\n")
        first, *fields = head.split("\r\n")
        names = (it.partition(":") for it in fields)
        shown = [f"{name.lower()}:{value}" for name, _, value in names if name.lower() != "date"]
        return "\r\n".join([first, *shown]) + "\r\n\r\n" + rest if answer else ""

    async def until(self, end: bytes) -> bytes:
        return await self.reader.readuntil(end)


Test = Callable[[HttpServer, Callable[[], Awaitable[Client]]], Awaitable[None]]


def serve(
    handler: Scripted,
    test: Test,
    timeouts: ClientTimeouts | None = None,
    request_seconds: float | None = PATIENCE,
) -> None:
    """Run ``test`` with a server; nothing may be left over."""

    async def main() -> None:
        server = HttpServer(HandlerApplication(handler, timeouts), request_seconds)
        port = await server.start("127.0.0.1", 0)
        clients: list[Client] = []

        async def connect() -> Client:
            clients.append(Client(*await asyncio.open_connection("127.0.0.1", port)))
            return clients[-1]

        async with asyncio.timeout(PATIENCE):
            await test(server, connect)
            for client in clients:
                client.writer.close()
            await server.close(PATIENCE)
            assert not server.connections
            for task in tuple(handler.tasks):
                task.cancel()
            await asyncio.gather(*handler.tasks, return_exceptions=True)
            for exchange in handler.seen:
                assert exchange.responder._watchers == ()
                assert exchange.body.sink._watchers == ()

    asyncio.run(main())


def ask(
    handler: Scripted,
    *requests: bytes,
    timeouts: ClientTimeouts | None = None,
    request_seconds: float | None = PATIENCE,
) -> list[str]:
    """The answers to requests, each on a connection of its own."""
    answers: list[str] = []

    async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
        for request in requests:
            client = await connect()
            answers.append(await client.ask(request))

    serve(handler, test, timeouts, request_seconds)
    return answers


CLOSE = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


class TestResponses:
    def test_chunks_and_trailers(self) -> None:
        handler = Scripted(lambda it: respond(it, 200, ("X-A", b"b"), trailers=(("X-T", b"u"),)))
        (answer,) = ask(handler, CLOSE)
        assert answer == (
            "HTTP/1.1 200 OK\r\nx-a: b\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
            "5\r\nhello\r\n0\r\nx-t: u\r\n\r\n"
        )
        head = handler.seen[0].head
        assert (head.method, head.target, head.authority) == ("GET", "/a?b", "a.example")
        assert head.scheme == "HTTP"
        assert head.fields == (), "Host and Connection are the server's"

    def test_a_known_length(self) -> None:
        handler = Scripted(lambda it: respond(it, 200, ("Content-Length", b"5")))
        (answer,) = ask(handler, CLOSE)
        assert answer.endswith("content-length: 5\r\nconnection: close\r\n\r\nhello")

    def test_nothing(self) -> None:
        (answer,) = ask(Scripted(lambda it: respond(it, 299, body=None)), CLOSE)
        assert answer == "HTTP/1.1 299 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        (answer,) = ask(Scripted(lambda it: respond(it, 299, body=b"")), CLOSE)
        assert answer.endswith("transfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n")

    def test_what_has_no_body(self) -> None:
        handler = Scripted(lambda it: respond(it, 200, ("Content-Length", b"5")))
        (answer,) = ask(handler, CLOSE.replace(b"GET", b"HEAD"))
        assert answer.endswith("content-length: 5\r\nconnection: close\r\n\r\n")
        for status in (204, 304):
            handler = Scripted(lambda it, status=status: respond(it, status))
            (answer,) = ask(handler, CLOSE)
            assert answer.endswith("connection: close\r\n\r\n")

    def test_an_old_client(self) -> None:
        handler = Scripted(lambda it: respond(it, trailers=(("X-T", b"u"),)))
        (answer,) = ask(handler, b"GET / HTTP/1.0\r\n\r\n")
        assert answer == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello"
        assert handler.seen[0].head.authority is None

    def test_informational_ones(self) -> None:
        def act(exchange: Exchange) -> None:
            exchange.responder.inform(103, (("Link", b"</x>"),))
            exchange.responder.inform(199, ())
            respond(exchange, body=None)

        answers = ask(Scripted(act), CLOSE, b"GET / HTTP/1.0\r\n\r\n")
        assert answers[0].startswith(
            "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n"
        ), "ASGI knows of no others"
        assert answers[1].startswith("HTTP/1.1 200 OK\r\n")

    def test_as_it_is_written(self) -> None:
        async def act(exchange: Exchange) -> None:
            body = Body()
            exchange.responder.settle(ResponseHead(200, (), body.source))
            for piece in (b"one", b"two"):
                await ready(exchange.body.source)
                assert exchange.body.source.read(100) == piece
                body.sink.write(piece.upper())
            body.sink.end()

        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\none")
            assert (await client.until(b"ONE\r\n")).startswith(b"HTTP/1.1 200 OK")
            client.send(b"two")
            assert await client.until(b"0\r\n\r\n") == b"3\r\nTWO\r\n0\r\n\r\n"

        serve(Scripted(act), test)

    def test_several_requests_on_one_connection(self) -> None:
        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(GET * 2)
            for _number in range(2):
                assert b"200 OK" in await client.until(b"0\r\n\r\n")
            assert b"HTTP/1.1 200 OK" in (await client.ask(CLOSE)).encode()

        handler = Scripted(respond)
        serve(handler, test)
        assert len(handler.seen) == 3


class TestRequests:
    def test_bodies_and_trailers(self) -> None:
        bodies: list[tuple[bytes, RawFields]] = []

        async def act(exchange: Exchange) -> None:
            data = b""
            while True:
                await ready(exchange.body.source)
                piece = exchange.body.source.read(1000)
                if not piece:
                    break
                data += piece
            bodies.append((data, exchange.body.source.trailers))
            respond(exchange)

        chunks = b"3\r\none\r\n3\r\ntwo\r\n0\r\nX-T: u\r\n\r\n"
        post = CLOSE.replace(b"GET", b"POST").replace(
            b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        ask(Scripted(act), post + chunks)
        assert bodies == [(b"onetwo", (("x-t", b"u"),))]

    def test_a_client_that_waits_to_be_asked(self) -> None:
        async def act(exchange: Exchange) -> None:
            await asked.wait()
            await ready(exchange.body.source)
            assert exchange.body.source.read(10) == b"hello"
            respond(exchange)

        expecting = (
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        )
        asked = asyncio.Event()

        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(expecting)
            while not handler.seen:
                await asyncio.sleep(0)
            asked.set()
            assert await client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.send(b"hello")
            assert b"200 OK" in await client.until(b"0\r\n\r\n")

        handler = Scripted(act)
        serve(handler, test)

    def test_what_is_not_read_is_taken_all_the_same(self) -> None:
        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n"
            for _number in range(2):
                client.send(head + bytes(300_000))
                assert b"200 OK" in await client.until(b"0\r\n\r\n")

        def act(exchange: Exchange) -> None:
            exchange.body.source.give_up()
            respond(exchange)

        serve(Scripted(act), test)

    def test_a_whole_url(self) -> None:
        handler = Scripted(respond)
        ask(
            handler,
            CLOSE.replace(b"/a?b", b"http://b.example:81/c?d"),
            CLOSE.replace(b"/a?b", b"http://b.example"),
            CLOSE.replace(b"GET /a?b", b"OPTIONS *"),
        )
        heads = [(it.head.authority, it.head.target) for it in handler.seen]
        assert heads == [
            ("b.example:81", "/c?d"),
            ("b.example", "/"),
            ("a.example", "*"),
        ]

    @pytest.mark.parametrize(
        ("request_bytes", "status"),
        [
            (b"nonsense\r\n\r\n", "400 Bad Request"),
            (b"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request"),
            (b"GET / HTTP/1.1\r\nHost: a\r\na b: c\r\n\r\n", "400 Bad Request"),
            (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"),
            (b"GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"),
            (b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"),
            (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "501 Not Implemented"),
            (
                b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x: y\r\n" * 70_000 + b"\r\n",
                "431 Request Header Fields Too Large",
            ),
        ],
    )
    def test_requests_that_are_none(self, request_bytes: bytes, status: str) -> None:
        handler = Scripted(respond)
        answers: list[str] = []

        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(request_bytes)
            answers.append((await client.until(b"\r\n\r\n")).decode())

        serve(handler, test)
        assert answers[0].startswith(f"HTTP/1.1 {status}\r\n")
        assert handler.seen == []

    def test_an_upgrade_is_not_offered(self) -> None:
        request = CLOSE.replace(b"Connection: close", b"Connection: Upgrade\r\nUpgrade: websocket")

        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(request)
            assert (await client.until(b"0\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")

        serve(Scripted(respond), test)

    def test_nonsense_within_a_response(self) -> None:
        body = Body()

        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            await client.until(b"\r\n\r\n")
            client.send(b"xyz\r\n")
            assert await client.reader.read() == b"", "it cannot be refused any more"
            while body.sink.is_wanted:
                await asyncio.sleep(0)

        serve(Scripted(lambda it: it.responder.settle(ResponseHead(200, (), body.source))), test)

    @pytest.mark.parametrize("request_bytes", [b"", b"GET / HT"])
    def test_clients_that_say_nothing(self, request_bytes: bytes) -> None:
        handler = Scripted(respond)
        assert ask(handler, request_bytes, request_seconds=0.01) == [""]
        assert handler.seen == []

    def test_a_body_that_stops(self) -> None:
        errors: list[str] = []

        async def act(exchange: Exchange) -> None:
            for _ in range(2):
                await ready(exchange.body.source)
                try:
                    exchange.body.source.read(100)
                except HttpError as error:
                    errors.append(error.code)
            respond(exchange, 408)

        request = CLOSE.replace(b"GET", b"POST").replace(
            b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\nfive"
        )
        (answer,) = ask(Scripted(act), request, timeouts=ClientTimeouts(body_seconds=0.01))
        assert errors == ["connection-read-timeout"]
        assert answer.startswith("HTTP/1.1 408")

    def test_a_body_that_is_none(self) -> None:
        errors: list[str] = []

        async def act(exchange: Exchange) -> None:
            await ready(exchange.body.source)
            with pytest.raises(HttpError) as caught:
                exchange.body.source.read(100)
            errors.append(caught.value.code)
            respond(exchange)

        request = CLOSE.replace(b"GET", b"POST").replace(
            b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"
        )
        (answer,) = ask(Scripted(act), request)
        assert answer.startswith("HTTP/1.1 400 Bad Request\r\n")
        assert errors == ["connection-terminated"], "it was told that it need not answer"


class TestFailures:
    PLAIN = "\r\n\r\n500 Internal Server Error\n"

    def test_an_error_in_place_of_a_response(self, caplog: pytest.LogCaptureFixture) -> None:
        secret = HttpError(HttpErrorCode.INTERNAL_ERROR, "the password is 1234")
        handler = Scripted(lambda it: it.responder.fail(secret))
        (answer,) = ask(handler, CLOSE)
        assert answer.startswith("HTTP/1.1 500 Internal Server Error\r\n")
        assert answer.endswith(self.PLAIN)
        assert "1234" not in answer
        assert caplog.messages == ["GET /a?b: internal-error: the password is 1234"]
        (answer,) = ask(
            Scripted(lambda it: it.responder.fail(secret)), CLOSE.replace(b"GET", b"HEAD")
        )
        assert answer.endswith("\r\n\r\n")

    def test_a_response_that_cannot_be_sent(self, caplog: pytest.LogCaptureFixture) -> None:
        fields = (("Content-Length", b"5"), ("content-length", b"6"))
        (answer,) = ask(Scripted(lambda it: respond(it, 200, *fields)), CLOSE)
        assert answer.endswith(self.PLAIN)
        assert "conflicting" in caplog.text

    def test_a_response_that_breaks_off(self, caplog: pytest.LogCaptureFixture) -> None:
        def act(exchange: Exchange) -> None:
            body = Body()
            body.sink.write(b"begin")
            body.sink.fail(OperationError("out of ideas"))
            exchange.responder.settle(ResponseHead(200, (), body.source))

        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(GET)
            await client.until(b"\r\n\r\n")
            rest = b""
            try:
                while piece := await client.reader.read(100):
                    rest += piece
            except ConnectionResetError:
                rest += b"!"
            assert rest.rstrip(b"!") == b"5\r\nbegin\r\n", "the end of the body is missing"

        serve(Scripted(act), test)
        assert caplog.messages == ["GET /a?b: the response broke off: out of ideas"]

    def test_too_much_to_do(self, caplog: pytest.LogCaptureFixture) -> None:
        def refuse(_: Exchange) -> None:
            raise OperationError("a thousand are enough")

        (answer,) = ask(Scripted(refuse), GET)
        assert answer.startswith("HTTP/1.1 503 Service Unavailable\r\n")
        assert "thousand" not in answer
        assert "thousand" in caplog.text

    def test_what_a_handler_does_not_expect(self, caplog: pytest.LogCaptureFixture) -> None:
        def fail(_: Exchange) -> None:
            raise ZeroDivisionError("the password is 1234")

        (answer,) = ask(Scripted(fail), CLOSE)
        assert answer.startswith("HTTP/1.1 500 Internal Server Error\r\n")
        assert "1234" not in answer
        assert "Exception in ASGI application" in caplog.text

    def test_a_client_that_leaves_while_it_waits(self) -> None:
        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(GET)
            while not handler.seen:
                await asyncio.sleep(0)
            client.writer.close()
            while not handler.seen[0].is_gone:
                await asyncio.sleep(0)

        handler = Scripted(lambda _: None)
        serve(handler, test)

    def test_a_client_that_is_gone(self) -> None:
        body = Body()

        async def act(exchange: Exchange) -> None:
            exchange.responder.settle(ResponseHead(200, (), body.source))
            while body.sink.is_wanted:
                if body.sink.ready():
                    body.sink.write(bytes(100_000))
                await asyncio.sleep(0)

        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(GET)
            await client.until(b"\r\n\r\n")
            client.writer.transport.abort()
            while body.sink.is_wanted:
                await asyncio.sleep(0)

        serve(Scripted(act), test)
        with pytest.raises(HttpError, match="the client is gone"):
            body.sink.write(b"x")

    def test_a_client_that_does_not_read(self) -> None:
        body = Body()

        async def act(exchange: Exchange) -> None:
            exchange.responder.settle(ResponseHead(200, (), body.source))
            while body.sink.is_wanted:
                if body.sink.ready():
                    body.sink.write(bytes(1_000_000))
                await asyncio.sleep(0)

        async def test(_: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(GET)
            while body.sink.is_wanted:
                await asyncio.sleep(0)

        serve(Scripted(act), test, ClientTimeouts(write_seconds=0.05))


class TestEnding:
    def test_what_has_begun_is_answered(self) -> None:
        go_on = asyncio.Event()

        async def act(exchange: Exchange) -> None:
            await go_on.wait()
            respond(exchange)

        handler = Scripted(act)

        async def test(server: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            idle, busy = await connect(), await connect()
            idle.send(b"")
            busy.send(GET)
            while not handler.seen:
                await asyncio.sleep(0)
            closing = asyncio.create_task(server.close(PATIENCE))
            assert await idle.reader.read() == b"", "who has asked nothing is let go"
            with pytest.raises(ConnectionRefusedError):
                await connect()
            go_on.set()
            answer = (await busy.reader.read()).decode()
            assert "connection: close" in answer
            assert answer.endswith("hello\r\n0\r\n\r\n")
            await closing

        serve(handler, test)

    def test_what_is_being_sent_is_sent_to_its_end(self) -> None:
        body = Body()

        async def test(server: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(GET)
            body.sink.write(b"one")
            await client.until(b"one\r\n")
            closing = asyncio.create_task(server.close(PATIENCE))
            await asyncio.sleep(0)
            body.sink.write(b"two")
            await client.until(b"two\r\n")
            assert not closing.done()
            body.sink.end()
            assert await client.reader.read() == b"0\r\n\r\n"
            await closing

        serve(Scripted(lambda it: it.responder.settle(ResponseHead(200, (), body.source))), test)

    def test_a_second_end_is_at_once(self) -> None:
        async def test(server: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(GET)
            while not handler.seen:
                await asyncio.sleep(0)
            closing = asyncio.create_task(server.close(PATIENCE))
            await asyncio.sleep(0)
            await server.close(0.0)
            await closing
            assert handler.seen[0].is_gone

        handler = Scripted(lambda _: None)
        serve(handler, test)

    def test_a_client_that_does_not_take_the_end_of_its_response(self) -> None:
        async def test(server: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(CLOSE)
            while not handler.seen or not handler.seen[0].status:
                await asyncio.sleep(0)
            await server.close(0.01)

        handler = Scripted(lambda it: respond(it, body=bytes(10_000_000)))
        serve(handler, test)

    def test_but_not_for_ever(self) -> None:
        async def test(server: HttpServer, connect: Callable[[], Awaitable[Client]]) -> None:
            client = await connect()
            client.send(GET)
            while not handler.seen:
                await asyncio.sleep(0)
            await server.close(0.01)
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await client.until(b"\r\n")
            late = Body()
            handler.seen[0].responder.settle(ResponseHead(200, (), late.source))
            assert not late.sink.is_wanted, "a response that comes too late is not wanted"

        handler = Scripted(lambda _: None)
        serve(handler, test)


@pytest.fixture(autouse=True)
def _logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="pywasm_rt.http")
