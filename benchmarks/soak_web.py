"""Slow HTTP for the soak test: a server whose answers dawdle, stall and break off, and clients that
do the same to the application's own server. Both count what they begin and what is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from benchmarks.web_guests import exit_code

__all__ = ["PATHS", "SlowClients", "SlowPeer", "is_expected"]

BODY = b"slow " * 400
_TIMEOUTS = frozenset(
    exit_code(it)
    for it in ("connection-timeout", "connection-read-timeout", "HTTP-response-timeout")
)
_BROKEN = frozenset({exit_code("connection-terminated"), exit_code("HTTP-response-incomplete")})

# What is asked for, how long the guest waits for it in milliseconds, and the exit codes of one that
# gets no answer; empty where it gets one.
PATHS: dict[str, tuple[int, frozenset[int]]] = {
    "/quick": (60_000, frozenset()),
    "/slow": (60_000, frozenset()),
    "/stall": (200, _TIMEOUTS),
    "/stall-body": (200, _TIMEOUTS | _BROKEN),
    "/reset": (60_000, _BROKEN),
    "/reset-body": (60_000, _BROKEN),
}
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY)
_PATIENCE = 60.0


def is_expected(path: str, value: object, code: object) -> bool:
    """Whether that is what comes of asking for a path: a value, or an exit code."""
    codes = PATHS[path][1]
    return code in codes if codes else value == len(BODY)


class SlowPeer:
    """A server on the loopback; ``opened`` and ``closed`` count connections."""

    def __init__(self, chance: random.Random) -> None:
        self.opened = 0
        self.closed = 0
        self.authority = ""
        self._chance = chance
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen at a free port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.authority = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Take no more connections, and wait until those there are have ended."""
        if self._server is not None:
            self._server.close()
        async with asyncio.timeout(_PATIENCE):
            while self.opened != self.closed:
                await asyncio.sleep(0.01)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
                await self._answer(path, reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self.closed += 1

    async def _answer(
        self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match path:
            case "/quick":
                writer.write(_HEAD + BODY)
            case "/slow":
                for piece in _pieces(_HEAD + BODY, self._chance):
                    writer.write(piece)
                    await asyncio.sleep(self._chance.random() * 0.05)
            case "/stall":
                await reader.read()
            case "/stall-body":
                writer.write(_HEAD + BODY[:100])
                await reader.read()
            case "/reset":
                writer.write(_HEAD[:20])
                writer.transport.abort()
            case _:
                writer.write(_HEAD + BODY[:100])
                await writer.drain()
                await asyncio.sleep(0.01)
                writer.transport.abort()


class SlowClients:
    """Clients of the application's server; ``counters`` say what came of their requests."""

    def __init__(self, chance: random.Random, address: str, authority: str, count: int) -> None:
        self.counters: Counter[str] = Counter()
        self._chance = chance
        self._authority = authority
        host, _, port = address.removeprefix("http://").rstrip("/").rpartition(":")
        self._place = host, int(port)
        self._stopping = False
        self._tasks = [asyncio.create_task(self._run()) for _ in range(count)]

    async def stop(self) -> None:
        """Let each end what it has begun. Raises what one of them met."""
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def _run(self) -> None:
        while not self._stopping:
            act = self._chance.choice((self._version, self._through, self._leave, self._hurry_off))
            reader, writer = await asyncio.open_connection(*self._place)
            try:
                await act(reader, writer)
            finally:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()
            await asyncio.sleep(self._chance.random() * 0.1)

    async def _version(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask in pieces, and read the answer in pieces."""
        for piece in _pieces(_request("/version"), self._chance):
            writer.write(piece)
            await asyncio.sleep(self._chance.random() * 0.05)
        status, body = await _read_answer(reader, lambda: self._chance.random() * 0.02)
        self._count("version", status == 200 and body.isdigit(), status, body)

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask for what the application has to ask the slow server for itself."""
        path = self._chance.choice(tuple(PATHS))
        timeout_ms, codes = PATHS[path]
        query = f"authority={self._authority}&path={path}&timeout-ms={timeout_ms}"
        writer.write(_request(f"/through?{query}"))
        status, body = await _read_answer(reader, lambda: 0.0)
        good = status >= 500 if codes else (status, body) == (200, b"%d" % len(BODY))
        self._count("through", good, status, body)

    async def _leave(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Go away in the middle of the question: nobody has asked anything."""
        writer.write(_request("/version")[:20])
        await asyncio.sleep(self._chance.random() * 0.05)
        self.counters["left"] += 1

    async def _hurry_off(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask, and go away before the answer."""
        query = f"authority={self._authority}&path=/slow&timeout-ms=60000"
        writer.write(_request(f"/through?{query}"))
        await writer.drain()
        await asyncio.sleep(self._chance.random() * 0.05)
        self.counters["unheard"] += 1

    def _count(self, what: str, good: bool, status: int, body: bytes) -> None:
        if not good:
            raise AssertionError(f"{what} was answered with {status} {body[:200]!r}")
        self.counters[what] += 1


def _request(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n\r\n".encode()


async def _read_answer(
    reader: asyncio.StreamReader, pause: Callable[[], float]
) -> tuple[int, bytes]:
    """The status and the body, read in small pieces with pauses, until the connection ends."""
    async with asyncio.timeout(_PATIENCE):
        data = b""
        while piece := await reader.read(64):
            data += piece
            await asyncio.sleep(pause())
    head, _, body = data.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    return (int(words[1]) if len(words) > 1 else 0), body


def _pieces(data: bytes, chance: random.Random) -> list[bytes]:
    """Data in a few pieces."""
    cuts = sorted(chance.randrange(len(data)) for _ in range(3))
    bounds = [0, *cuts, len(data)]
    return [data[begin:end] for begin, end in pairwise(bounds)]
