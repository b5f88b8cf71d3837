"""A connection by itself: bytes in, bytes out, in virtual time, over a transport that is none."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from pywasm_rt.http.asgi import HandlerApplication
from pywasm_rt.http.connection import ServedConnection
from pywasm_rt.http.exchange import Exchange
from tests.http.asgi_client import in_virtual_time, settle
from tests.http.test_asgi import Scripted, respond

SECONDS = 60.0
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"


class Wire(asyncio.Transport):
    """What the connection writes. With ``lingers`` the client does not take it, so that the end of
    the connection is not told.
    """

    lingers = False

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 5)})
        self.written = b""
        self.closed_at: float | None = None

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed_at is not None

    def close(self) -> None:
        if self.closed_at is None:
            loop = asyncio.get_running_loop()
            self.closed_at = loop.time()
            if not self.lingers:
                loop.call_soon(self.protocol.connection_lost, None)

    abort = close

    def pause_reading(self) -> None:
        """There is nothing to be read that is not given."""

    resume_reading = pause_reading

    protocol: ServedConnection


def connect(handler: Scripted, seconds: float | None = SECONDS) -> tuple[ServedConnection, Wire]:
    """A connection that has just been made."""
    config = Config(
        HandlerApplication(handler), interface="asgi3", lifespan="off", ws="none", log_config=None
    )
    config.load()
    wire = Wire()
    wire.protocol = ServedConnection(config, ServerState(), seconds, lambda: None)
    wire.protocol.connection_made(wire)
    return wire.protocol, wire


async def closing_time(wire: Wire) -> float:
    """When it was closed."""
    while wire.closed_at is None:
        await asyncio.sleep(1.0)
    await settle()
    return wire.closed_at


def now() -> float:
    return asyncio.get_running_loop().time()


class TestTime:
    def test_a_client_that_says_nothing(self) -> None:
        async def main() -> None:
            _, wire = connect(Scripted(respond))
            assert await closing_time(wire) == pytest.approx(SECONDS)
            assert wire.written == b""

        in_virtual_time(main())

    def test_a_head_that_comes_byte_by_byte(self) -> None:
        async def main() -> None:
            connection, wire = connect(Scripted(respond))
            connection.data_received(GET[:-2])
            while wire.closed_at is None:
                await asyncio.sleep(1.0)
                connection.data_received(b"a: b\r\n")
            assert wire.closed_at == pytest.approx(SECONDS), "bytes do not prolong it"
            assert wire.written == b""

        in_virtual_time(main())

    def test_a_request_may_take_as_long_as_it_takes(self) -> None:
        async def act(exchange: Exchange) -> None:
            await asyncio.sleep(10 * SECONDS)
            respond(exchange)

        async def main() -> None:
            connection, wire = connect(Scripted(act))
            connection.data_received(GET)
            assert await closing_time(wire) == pytest.approx(11 * SECONDS), "it was idle since"
            assert wire.written.startswith(b"HTTP/1.1 200 OK\r\n")

        in_virtual_time(main())

    def test_each_request_has_its_own_time(self) -> None:
        async def main() -> None:
            connection, wire = connect(Scripted(respond))
            for _ in range(3):
                await asyncio.sleep(SECONDS - 1.0)
                connection.data_received(GET)
            assert await closing_time(wire) == pytest.approx(4 * SECONDS - 3.0)
            assert wire.written.count(b"HTTP/1.1 200 OK\r\n") == 3

        in_virtual_time(main())

    def test_a_body_that_does_not_end_behind_its_response(self) -> None:
        async def main() -> None:
            connection, wire = connect(Scripted(respond))
            connection.data_received(POST)
            await settle()
            assert wire.written.endswith(b"0\r\n\r\n")
            for _ in range(9):
                await asyncio.sleep(10.0)
                if not wire.is_closing():
                    connection.data_received(b"x")
            assert await closing_time(wire) == pytest.approx(SECONDS)

        in_virtual_time(main())

    def test_a_client_that_waits_to_be_asked_and_is_not(self) -> None:
        async def main() -> None:
            connection, wire = connect(Scripted(lambda it: respond(it, 403, body=None)))
            connection.data_received(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
            await settle()
            assert wire.written.startswith(b"HTTP/1.1 403 Forbidden\r\n")
            assert await closing_time(wire) == pytest.approx(SECONDS)

        in_virtual_time(main())

    def test_without_a_limit(self) -> None:
        async def main() -> None:
            connection, wire = connect(Scripted(respond), None)
            await asyncio.sleep(1_000_000.0)
            connection.data_received(GET)
            await asyncio.sleep(1_000_000.0)
            connection.data_received(GET)
            await settle()
            assert wire.written.count(b"HTTP/1.1 200 OK\r\n") == 2
            wire.close()

        in_virtual_time(main())


class TestRequests:
    def test_several_at_once_are_answered_in_turn(self) -> None:
        async def main() -> None:
            go_on = asyncio.Event()

            async def act(exchange: Exchange) -> None:
                await go_on.wait()
                respond(exchange)

            handler = Scripted(act)
            connection, wire = connect(handler)
            connection.data_received(GET * 3)
            await settle()
            assert len(handler.seen) == 1
            go_on.set()
            await settle()
            await asyncio.sleep(SECONDS - 1.0)
            assert len(handler.seen) == 3
            assert wire.closed_at is None
            assert await closing_time(wire) == pytest.approx(SECONDS)

        in_virtual_time(main())

    @pytest.mark.parametrize("given", [b"xyz\r\n", b"5\r\nhelloxx"])
    def test_a_body_that_is_none(self, given: bytes) -> None:
        async def main() -> None:
            handler = Scripted(lambda _: None)
            connection, wire = connect(handler)
            connection.data_received(
                POST.replace(b"Content-Length: 10", b"Transfer-Encoding: chunked")
            )
            connection.data_received(given)
            await settle()
            assert wire.written.startswith(b"HTTP/1.1 400 Bad Request\r\n")
            assert handler.seen[0].is_gone
            assert not connection.server_state.tasks

        in_virtual_time(main())

    def test_a_refusal_that_is_not_taken(self, caplog: pytest.LogCaptureFixture) -> None:
        async def main() -> None:
            handler = Scripted(lambda _: None)
            connection, wire = connect(handler)
            wire.lingers = True
            connection.data_received(
                POST.replace(b"Content-Length: 10", b"Transfer-Encoding: chunked")
            )
            await settle()
            connection.data_received(b"xyz\r\n")
            respond(handler.seen[0])
            await settle()
            assert wire.written.count(b"HTTP/1.1") == 1, "it is the only response"
            assert not connection.server_state.tasks

        in_virtual_time(main())
        assert caplog.messages == []

    @pytest.mark.parametrize(
        ("request_bytes", "status"),
        [
            (b"nonsense\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x: y\r\n" * 30_000, b"431"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
        ],
    )
    def test_what_is_no_http(self, request_bytes: bytes, status: bytes) -> None:
        async def main() -> None:
            handler = Scripted(respond)
            connection, wire = connect(handler)
            connection.data_received(request_bytes)
            await settle()
            assert wire.written.startswith(b"HTTP/1.1 " + status)
            assert b"\r\nDate: " in wire.written
            assert wire.is_closing()
            assert handler.seen == []

        in_virtual_time(main())


def test_the_end_of_a_connection_is_told() -> None:
    async def main() -> None:
        told: list[str] = []
        config = Config(HandlerApplication(Scripted(respond)), ws="none", log_config=None)
        config.load()
        wire = Wire()
        wire.protocol = ServedConnection(config, ServerState(), None, lambda: told.append("ended"))
        wire.protocol.connection_made(wire)
        wire.close()
        await settle()
        assert told == ["ended"]

    in_virtual_time(main())
