"""An HTTP/1.1 server on asyncio and h11 that hands each request to a handler.

What a handler does wrong stays here: the client sees a plain 500, or, if the response has begun, a
connection that breaks off; what happened is logged.
"""

from __future__ import annotations

import asyncio
import email.utils
import http
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import h11

from pywasm_rt.errors import OperationError
from pywasm_rt.process.http_message import Wire, raw_fields, ready, sendable_fields
from pywasm_rt.wasi.capabilities.answer import PendingAnswer
from pywasm_rt.wasi.capabilities.body import Body, BodySource, RawFields
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead
from pywasm_rt.wasi.preview2.http.fields import without_forbidden
from pywasm_rt.wasi.preview2.http.messages import RequestHead

__all__ = ["Exchange", "Handler", "HttpServer", "Responder", "ServerLimits"]

logger = logging.getLogger(__name__)

_WITHOUT_BODY = {204, 304}
_CONTINUE = 100


class Responder(PendingAnswer):
    """Where a handler puts its response: a :class:`ResponseHead`, or an error; before that
    informational ones.
    """

    def __init__(self) -> None:
        super().__init__(_discard)
        self._informational: deque[tuple[int, RawFields]] = deque()

    def inform(self, status: int, fields: RawFields) -> None:
        """Send a response before the response (1xx)."""
        self._informational.append((status, fields))
        self.tell()

    def next_informational(self) -> tuple[int, RawFields] | None:
        """One that is to be sent now."""
        return self._informational.popleft() if self._informational else None

    def ready(self) -> bool:
        """Whether there is something to be sent."""
        return bool(self._informational) or super().ready()


def _discard(head: object) -> None:
    """A response that comes when the client is gone."""
    if isinstance(head, ResponseHead) and head.body is not None:
        head.body.give_up(_gone())


@dataclass(slots=True, eq=False)
class Exchange:
    """A request, and where its response goes. ``body`` is read by the handler.

    ``peer`` is the client's address, ``decorations`` change the head of the response before it is
    sent, ``status`` is what was sent (0 before). ``answerer`` is what answers, for logs and
    figures.
    """

    head: RequestHead
    body: Body = field(default_factory=Body)
    responder: Responder = field(default_factory=Responder)
    peer: str = ""
    has_body: bool = True
    decorations: list[Callable[[ResponseHead], ResponseHead]] = field(default_factory=list)
    status: int = 0
    answerer: str = ""

    def __str__(self) -> str:
        return f"{self.head.method} {self.head.target}"


class Handler(Protocol):
    """Whoever answers requests."""

    def begin(self, exchange: Exchange) -> None:
        """Begin to answer, without waiting; from the server's thread.

        The responder gets a response or an error sooner or later. Raises OperationError where that
        cannot be begun now, for example because there is too much to do.
        """
        ...


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """How long the server waits for a client: for a request, between two pieces of its body, and
    for it to take a piece of the response; and, when it has answered, for the rest of the request.
    None means for ever.
    """

    request_seconds: float | None = 60.0
    body_seconds: float | None = 60.0
    write_seconds: float | None = 60.0
    rest_seconds: float = 1.0


class HttpServer:
    """Listens and serves; all methods are for the event loop that it was started on.

    ``observe`` is told of each exchange that is over, and how many seconds it took.
    """

    def __init__(
        self,
        handler: Handler,
        limits: ServerLimits | None = None,
        observe: Callable[[Exchange, float], object] | None = None,
    ) -> None:
        self._handler = handler
        self._observe = observe
        self._limits = limits if limits is not None else ServerLimits()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.Task[None]] = set()
        self._closing = False

    async def start(self, host: str, port: int) -> int:
        """Listen; the port, which the system chooses if it is 0. Raises OSError."""
        self._server = await asyncio.start_server(self._connected, host, port)
        bound: tuple[str, int] = self._server.sockets[0].getsockname()
        return bound[1]

    async def close(self, grace_seconds: float = 10.0) -> None:
        """Listen no more, and end when what has begun is answered or the time is over."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        for task in tuple(self._idle):
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections, timeout=grace_seconds)
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is served by a task"
        self._connections.add(task)
        wire = Wire(reader, writer, h11.SERVER)
        wire.write_timeout_seconds = self._limits.write_seconds
        try:
            while await self._serve_one(wire, task):
                wire.connection.start_next_cycle()
            await wire.close()
        except OSError:
            wire.abort()  # the client is gone
        except asyncio.CancelledError:
            wire.abort()  # the server is being closed; whoever does that knows
        finally:
            self._idle.discard(task)
            self._connections.discard(task)
            wire.abort()

    async def _serve_one(self, wire: Wire, task: asyncio.Task[None]) -> bool:
        """Receive a request and answer it; whether the connection serves another one."""
        if self._closing:
            return False
        self._idle.add(task)
        try:
            async with asyncio.timeout(self._limits.request_seconds):
                event = await wire.receive()
        except h11.RemoteProtocolError as error:
            await _refuse(wire, error.error_status_hint)
            return False
        finally:
            self._idle.discard(task)
        if not isinstance(event, h11.Request):
            return False
        head = _request_head(event)
        if head is None:
            await _refuse(wire, 501 if event.method == b"CONNECT" else 400)
            return False
        exchange = Exchange(head, peer=wire.peer, has_body=_has_body(event))
        if self._observe is None:
            return await self._exchange(wire, exchange)
        began = time.perf_counter()
        try:
            return await self._exchange(wire, exchange)
        finally:
            self._observe(exchange, time.perf_counter() - began)

    async def _exchange(self, wire: Wire, exchange: Exchange) -> bool:
        """Have a request answered; whether the connection can go on."""
        receiving = asyncio.create_task(self._receive(wire, exchange.body))
        try:
            try:
                self._handler.begin(exchange)
            except OperationError as error:
                logger.warning("%s: %s", exchange, error)
                exchange.status = 503
                await _refuse(wire, 503, exchange.head.method, close=True)
                return False
            if not await self._respond(wire, exchange):
                return False
            exchange.body.source.discard()
            await asyncio.wait({receiving}, timeout=self._limits.rest_seconds)
        finally:
            receiving.cancel()
            exchange.body.sink.fail(_gone())
            exchange.responder.give_up()
            await asyncio.gather(receiving, return_exceptions=True)
        states = wire.connection.our_state, wire.connection.their_state
        return states == (h11.DONE, h11.DONE)

    async def _receive(self, wire: Wire, body: Body) -> None:
        """Receive the request's body as the handler reads it."""
        connection = wire.connection
        try:
            if connection.they_are_waiting_for_100_continue:
                await ready(_Asked(body))
                if connection.our_state is h11.SEND_RESPONSE:
                    await wire.send(h11.InformationalResponse(status_code=_CONTINUE, headers=[]))
            await wire.receive_body(body, self._limits.body_seconds)
            # What a client still sends must be taken, or it would not see the answer.
            while connection.their_state is h11.SEND_BODY:
                await wire.receive(self._limits.body_seconds)
        except TimeoutError:
            body.sink.fail(HttpError(HttpErrorCode.CONNECTION_READ_TIMEOUT))
        except h11.RemoteProtocolError as error:
            body.sink.fail(HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, str(error)))
        except (OSError, HttpError):
            body.sink.fail(_gone())

    async def _respond(self, wire: Wire, exchange: Exchange) -> bool:
        """Send the response; False if that broke off."""
        responder = exchange.responder
        while True:
            await ready(responder)
            informational = responder.next_informational()
            if informational is None:
                break
            await self._inform(wire, *informational)
        try:
            head = responder.result()
            assert isinstance(head, ResponseHead), "handlers give that"
            for decorate in exchange.decorations:
                head = decorate(head)
            response, has_body = self._response(wire, exchange, head)
        except (OperationError, h11.LocalProtocolError) as error:
            logger.error("%s: %s", exchange, error)
            exchange.status = 500
            await _refuse(wire, 500, exchange.head.method, close=self._closing)
            return True
        exchange.status = head.status
        try:
            await _send(wire, response, head, has_body=has_body)
        except OperationError as error:
            logger.error("%s: the response broke off: %s", exchange, error)
            wire.abort()
            return False
        finally:
            if head.body is not None and not head.body.is_complete:
                head.body.give_up(_gone())
        return True

    async def _inform(self, wire: Wire, status: int, fields: RawFields) -> None:
        peer = wire.connection.their_http_version or b"1.0"
        if peer >= b"1.1":  # an older client does not know of such a thing
            headers = sendable_fields(fields)
            with suppress(HttpError):
                await wire.send(h11.InformationalResponse(status_code=status, headers=headers))

    def _response(
        self, wire: Wire, exchange: Exchange, head: ResponseHead
    ) -> tuple[h11.Response, bool]:
        """The head that is sent, and whether a body follows. Raises h11.LocalProtocolError."""
        fields = list(head.fields)
        names = {name.lower() for name, _ in fields}
        has_body = exchange.head.method != "HEAD" and head.status not in _WITHOUT_BODY
        sized = "content-length" in names or head.body is None
        modern = (wire.connection.their_http_version or b"1.0") >= b"1.1"
        wire.sends_chunks = has_body and modern and not sized
        if has_body and head.body is None and "content-length" not in names:
            fields.append(("Content-Length", b"0"))
        if "date" not in names:
            fields.append(("Date", email.utils.formatdate(usegmt=True).encode()))
        if self._closing:
            fields.append(("Connection", b"close"))
        reason = _reason(head.status)
        response = h11.Response(
            status_code=head.status, headers=sendable_fields(fields), reason=reason
        )
        return response, has_body


class _Asked:
    """The moment at which a handler begins to read a body, or gives it up."""

    def __init__(self, body: Body) -> None:
        self._sink = body.sink
        self.watch: Callable[[Callable[[], object]], None] = body.sink.watch
        self.unwatch: Callable[[Callable[[], object]], None] = body.sink.unwatch

    def ready(self) -> bool:
        """Whether it has come."""
        return self._sink.is_asked_for or not self._sink.is_wanted


def _gone() -> HttpError:
    return HttpError(HttpErrorCode.CONNECTION_TERMINATED, "the client is gone")


def _reason(status: int) -> bytes:
    try:
        return http.HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""


def _has_body(event: h11.Request) -> bool:
    """Whether a body follows a request."""
    for name, value in event.headers:
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            return True
    return False


def _request_head(event: h11.Request) -> RequestHead | None:
    """What a handler sees of a request; None if it makes no sense, or asks for a tunnel."""
    fields = raw_fields(event.headers)
    target = event.target.decode("ascii", "replace")
    hosts = [value.decode("latin-1") for name, value in fields if name.lower() == "host"]
    authority = hosts[0] if hosts else None
    if event.method == b"CONNECT":
        return None
    if not target.startswith("/") and target != "*":
        # A proxy's clients write the whole URL; what it says counts.
        try:
            url = urlsplit(target)
        except ValueError:
            return None
        if url.scheme not in {"http", "https"} or not url.netloc:
            return None
        authority = url.netloc
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    method = event.method.decode("ascii", "replace")
    return RequestHead(method, target, "HTTP", authority, without_forbidden(fields))


async def _send(wire: Wire, response: h11.Response, head: ResponseHead, *, has_body: bool) -> None:
    """Send a response. Raises OperationError where its body breaks off, and OSError."""
    body = head.body
    if body is None or not has_body:
        if body is not None:
            body.give_up()  # nobody sees it
        await wire.send(response, h11.EndOfMessage())
        return
    data = body.take_whole() if isinstance(body, BodySource) else None
    if data is not None:
        await wire.send(response, h11.Data(data=data), h11.EndOfMessage())
    else:
        await wire.send(response)
        await wire.send_body(body)


async def _refuse(wire: Wire, status: int, method: str = "GET", *, close: bool = False) -> None:
    """Send a plain error that says nothing more."""
    if wire.connection.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
        return
    text = f"{status} {_reason(status).decode()}\n".encode()
    fields = [
        ("Content-Type", b"text/plain; charset=utf-8"),
        ("Content-Length", str(len(text)).encode()),
        ("Date", email.utils.formatdate(usegmt=True).encode()),
    ]
    if close:
        fields.append(("Connection", b"close"))
    head = h11.Response(status_code=status, headers=sendable_fields(fields), reason=_reason(status))
    with suppress(HttpError):
        data = text if method != "HEAD" else b""
        await wire.send(head, h11.Data(data=data), h11.EndOfMessage())
