"""Moving HTTP messages between an asyncio connection and bodies that guests read and write.

The client stands on this: a :class:`Wire` is a connection with its protocol state (h11). And
:func:`ready` lets a coroutine wait for a body, or for anything else that tells
(:class:`~pywasm_rt.operations.ReadyWhen`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

import h11

from pywasm_rt.errors import OperationError
from pywasm_rt.operations import HttpBody
from pywasm_rt.wasi.capabilities.body import Body, RawFields
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode

__all__ = ["Telling", "Wire", "raw_fields", "ready", "sendable_fields", "sendable_trailers"]

_READ_BYTES = 65_536
MAX_HEAD_BYTES = 131_072
# Fields that frame a message, or say where it goes: never at its end (RFC 9110, 6.5.1).
_NOT_IN_TRAILERS = {"content-length", "host", "trailer", "transfer-encoding", "content-encoding"}


class Telling(Protocol):
    """What tells when it may have become ready."""

    def ready(self) -> bool:
        """Whether it is."""
        ...

    def watch(self, callback: Callable[[], object]) -> None:
        """Call from any thread when something may have changed."""
        ...

    def unwatch(self, callback: Callable[[], object]) -> None:
        """Take that back."""
        ...


async def ready(thing: Telling) -> None:
    """Wait until a thing is ready."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def tell() -> None:
        # The loop is closed if the program ended meanwhile.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(changed.set)

    thing.watch(tell)
    try:
        while not thing.ready():
            await changed.wait()
            changed.clear()
    finally:
        thing.unwatch(tell)


class _Headers(Protocol):
    """Fields as h11 has them."""

    def raw_items(self) -> list[tuple[bytes, bytes]]:
        """With the names as they came."""
        ...


def raw_fields(headers: _Headers) -> RawFields:
    """Fields as they came, names in their own spelling."""
    return tuple((name.decode("ascii"), bytes(value)) for name, value in headers.raw_items())


def sendable_fields(fields: Iterable[tuple[str, bytes]]) -> list[tuple[bytes, bytes]]:
    """Fields as h11 takes them: white space around a value is no part of it."""
    return [(name.encode("ascii"), value.strip(b" \t")) for name, value in fields]


def sendable_trailers(fields: Iterable[tuple[str, bytes]]) -> list[tuple[bytes, bytes]]:
    """The same, without what must not stand behind a body."""
    return sendable_fields(it for it in fields if it[0].lower() not in _NOT_IN_TRAILERS)


class Wire:
    """A connection, and where in the protocol it is.

    ``sends_chunks`` is for whoever sends a head to say: whether the body behind it comes in chunks,
    and so can have trailers. One coroutine may send while another receives.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self.sends_chunks = False
        self.received_bytes = 0
        self._reader = reader
        self._writer = writer

    async def send(self, *events: h11.Event) -> None:
        """Send events together. Raises HttpError for one that does not fit, OSError for a
        connection that is gone.
        """
        try:
            data = b"".join(self.connection.send(event) or b"" for event in events)
        except h11.LocalProtocolError as error:
            raise HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, str(error)) from error
        if data:
            self._writer.write(data)
            await self._writer.drain()

    async def receive(self, timeout_seconds: float | None = None) -> h11.Event | type[h11.PAUSED]:
        """The next event. Raises h11.RemoteProtocolError, TimeoutError, OSError."""
        while True:
            event = self.connection.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value] # NEED_DATA is the only other
            async with asyncio.timeout(timeout_seconds):
                data = await self._reader.read(_READ_BYTES)
            self.received_bytes += len(data)
            self.connection.receive_data(data)

    async def send_body(self, body: HttpBody) -> None:
        """Send a body as its writer writes it, and its end.

        Raises the OperationError with which the writer ended it too early, HttpError and OSError.
        """
        while True:
            if not body.ready():
                await ready(body)
            data = body.read(_READ_BYTES)
            if not data:
                break
            await self.send(h11.Data(data=data))
        trailers = sendable_trailers(body.trailers) if self.sends_chunks else []
        await self.send(h11.EndOfMessage(headers=trailers))

    async def receive_body(self, body: Body, timeout_seconds: float | None = None) -> None:
        """Receive a body for its reader as it reads it; return when it has ended, or is not wanted.

        Raises h11.RemoteProtocolError, TimeoutError, OSError.
        """
        while body.sink.is_wanted:
            if not body.sink.ready():
                await ready(body.sink)
                continue
            event = await self.receive(timeout_seconds)
            if isinstance(event, h11.Data):
                with suppress(OperationError):  # it has just been given up
                    body.sink.write(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                body.sink.end(raw_fields(event.headers))
                return
            else:
                raise h11.RemoteProtocolError(f"{event} within a body")

    def abort(self) -> None:
        """Close at once."""
        self._writer.transport.abort()
