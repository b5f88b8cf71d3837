"""A handler as an application of ASGI 3, for any server that speaks it.

What a handler does wrong stays here: the client sees a plain 500, or, if the response has begun, a
connection that breaks off; what happened is logged.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from pywasm_rt.errors import OperationError, WasmError
from pywasm_rt.http.asgi_messages import (
    EARLY_HINT,
    TRAILERS,
    Headers,
    Message,
    Receive,
    Scope,
    Send,
    declared_length,
    expects_to_be_asked,
    has_body,
    phrase,
    request_head,
    response_headers,
    trailer_fields,
    trailer_headers,
)
from pywasm_rt.http.exchange import Exchange, Handler, client_is_gone
from pywasm_rt.operations import HttpBody
from pywasm_rt.process.http_message import Telling, ready
from pywasm_rt.wasi.capabilities.body import Body, BodySource, RawFields
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead

__all__ = ["BrokenResponse", "ClientTimeouts", "HandlerApplication"]

logger = logging.getLogger(__name__)

_READ_BYTES = 65_536
_WITHOUT_BODY = {204, 304}
_EARLY_HINTS = 103
_UNSUPPORTED_DATA = 1003
Observer = Callable[[Exchange, float], object]


class BrokenResponse(OperationError):
    """A response breaks off: the server is to close the connection, so that the client sees it."""


@dataclass(frozen=True, slots=True)
class ClientTimeouts:
    """How long a client is waited for: between two pieces of its body, and for it to take a piece
    of the response. None means for ever.
    """

    body_seconds: float | None = 60.0
    write_seconds: float | None = 60.0


class HandlerApplication:
    """An ASGI 3 application that has a handler answer.

    It is started by the server's ``lifespan``, as an asynchronous context manager, or, where
    neither is done (mounted in another application, for example), by the first request.
    ``observe`` is told of each exchange that is over, and how many seconds it took.
    """

    def __init__(
        self,
        handler: Handler,
        timeouts: ClientTimeouts | None = None,
        observe: Observer | None = None,
    ) -> None:
        self._handler = handler
        self._timeouts = timeouts if timeouts is not None else ClientTimeouts()
        self._observe = observe
        self._started = False
        self._starting: asyncio.Lock | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what a server asks. Raises ValueError for a scope that ASGI's HTTP has not, and
        BrokenResponse.
        """
        match scope["type"]:
            case "http":
                if not self._started:
                    await self.start()
                await self._http(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case "websocket":
                await _refuse_websocket(scope, receive, send)
            case other:
                raise ValueError(f"an ASGI scope of type {other!r} is not served here")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Get ready to answer; more than once is once. Raises WasmError."""
        if self._starting is None:
            self._starting = asyncio.Lock()
        async with self._starting:
            if not self._started:
                await self._open()
                self._started = True

    async def close(self) -> None:
        """End what answers; it may be started again."""
        if self._started:
            self._started = False
            await self._shut()

    async def _open(self) -> None:
        """What there is to be done before the first request."""

    async def _shut(self) -> None:
        """What there is to be done behind the last."""

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.start()
                except WasmError as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = request_head(scope)
        if isinstance(head, int):
            await _refuse(scope, send, head, close=True)
            return
        client = scope.get("client")
        exchange = Exchange(head, peer=client[0] if client else "", has_body=has_body(scope))
        conversation = _Conversation(exchange, scope, receive, send, self._timeouts)
        if self._observe is None:
            await conversation.hold(self._handler)
            return
        began = time.perf_counter()
        try:
            await conversation.hold(self._handler)
        finally:
            self._observe(exchange, time.perf_counter() - began)


class _Conversation:
    """One request and its response."""

    def __init__(
        self,
        exchange: Exchange,
        scope: Scope,
        receive: Receive,
        send: Send,
        timeouts: ClientTimeouts,
    ) -> None:
        self._exchange = exchange
        self._scope = scope
        self._receive = receive
        self._send_message = send
        self._timeouts = timeouts
        self._extensions = scope.get("extensions") or {}
        self._changed = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._over = False  # nothing more is to be sent

    async def hold(self, handler: Handler) -> None:
        """Have the request answered, and send the answer. Raises BrokenResponse."""
        exchange = self._exchange
        if not exchange.has_body:
            exchange.body.sink.end()
        try:
            try:
                handler.begin(exchange)
            except OperationError as error:
                logger.warning("%s: %s", exchange, error)
                await self._refuse(503, close=True)
                return
            await self._respond()
        finally:
            if not self._over:
                exchange.leave()
            exchange.body.sink.fail(client_is_gone())
            exchange.responder.give_up()
            await self._stop_listening()

    # What comes from the client.

    def _listen(self) -> None:
        """From now on take what the client sends, and notice when it leaves."""
        if self._listening is None:
            self._listening = asyncio.get_running_loop().create_task(self._take())

    async def _stop_listening(self) -> None:
        task, self._listening = self._listening, None
        if task is None:
            return
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()

    async def _take(self) -> None:
        """Take what the client sends. If that cannot be done, it counts as gone."""
        try:
            await self._take_body()
        except OSError:
            self._leave()
        except BaseException:
            self._leave()
            raise

    async def _take_body(self) -> None:
        """Take the request's body as the handler reads it, then wait for the client to leave."""
        exchange, sink = self._exchange, self._exchange.body.sink
        if exchange.has_body and expects_to_be_asked(self._scope):
            await ready(_Asked(exchange.body))
        seconds = self._timeouts.body_seconds if exchange.has_body else None
        wanted = True
        while True:
            if wanted and not sink.ready():
                await ready(sink)
            try:
                async with asyncio.timeout(seconds):
                    message = await self._receive()
            except TimeoutError:
                sink.fail(HttpError(HttpErrorCode.CONNECTION_READ_TIMEOUT))
                seconds, wanted = None, False
                continue
            if message["type"] == "http.disconnect":
                self._leave()
                return
            if not wanted:
                continue
            with suppress(OperationError):  # what is not read is taken all the same
                sink.write(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                sink.end(trailer_fields(message))
                seconds, wanted = None, False

    def _leave(self) -> None:
        if not self._over:
            self._exchange.leave()
            self._changed.set()

    async def _until(self, thing: Telling) -> None:
        """Wait until a thing is ready, or the client is gone."""
        self._listen()
        loop = asyncio.get_running_loop()

        def tell() -> None:
            # The loop is closed if the program ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._changed.set)

        thing.watch(tell)
        try:
            while not thing.ready() and not self._exchange.is_gone:
                await self._changed.wait()
                self._changed.clear()
        finally:
            thing.unwatch(tell)

    # What goes to the client.

    async def _respond(self) -> None:
        exchange = self._exchange
        responder = exchange.responder
        while True:
            if not responder.ready():
                await self._until(responder)
            if exchange.is_gone:
                return
            informational = responder.next_informational()
            if informational is None:
                break
            await self._inform(*informational)
        try:
            head = responder.result()
            assert isinstance(head, ResponseHead), "handlers give that"
            for decorate in exchange.decorations:
                head = decorate(head)
            headers = response_headers(head)
        except OperationError as error:
            logger.error("%s: %s", exchange, error)
            await self._refuse(500)
            return
        exchange.status = head.status
        try:
            await self._send_response(head, headers)
        except BrokenResponse:
            raise
        except OperationError as error:
            logger.error("%s: the response broke off: %s", exchange, error)
            self._over = True
            raise BrokenResponse(str(error)) from error
        finally:
            if head.body is not None and not head.body.is_complete:
                head.body.give_up(client_is_gone())

    async def _inform(self, status: int, fields: RawFields) -> None:
        """Send what ASGI has a message for: early hints."""
        if status == _EARLY_HINTS and EARLY_HINT in self._extensions:
            links = [value for name, value in fields if name.lower() == "link"]
            await self._send({"type": EARLY_HINT, "links": links})

    async def _refuse(self, status: int, *, close: bool = False) -> None:
        self._exchange.status = status
        self._over = True
        with suppress(OSError):
            await _refuse(self._scope, self._send_message, status, close=close)

    async def _send_response(self, head: ResponseHead, headers: Headers) -> None:
        """Send a response. Raises OperationError where its body breaks off."""
        body = head.body
        length = declared_length(headers)
        if self._exchange.head.method == "HEAD" or head.status in _WITHOUT_BODY:
            if body is not None:
                body.give_up()  # nobody sees it
            await self._send_whole(head.status, headers, b"")
            return
        if body is None:
            if length is None:
                headers.append((b"content-length", b"0"))
            await self._send_whole(head.status, headers, b"")
            return
        data = body.take_whole() if isinstance(body, BodySource) else None
        if data is not None and length in {None, len(data)}:
            await self._send_whole(head.status, headers, data)
            return
        await self._send_pieces(head.status, headers, body, data)

    async def _send_whole(self, status: int, headers: Headers, data: bytes) -> None:
        self._over = True
        await self._send(
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": data},
        )

    async def _send_pieces(
        self, status: int, headers: Headers, body: HttpBody, first: bytes | None
    ) -> None:
        """Send a body as its writer writes it; ``first`` was taken of it before."""
        self._listen()
        length = declared_length(headers)
        with_trailers = length is None and TRAILERS in self._extensions
        start = {"type": "http.response.start", "status": status, "headers": headers}
        # Servers keep the head until there is a piece of a body.
        nothing = {"type": "http.response.body", "body": b"", "more_body": True}
        await self._send({**start, "trailers": True} if with_trailers else start, nothing)
        sent = 0
        while True:
            if not first and not body.ready():
                await self._until(body)
            if self._exchange.is_gone:
                return
            data, first = first or body.read(_READ_BYTES), None
            if not data:
                break
            sent += len(data)
            if length is not None and sent > length:
                raise _wrong_length(length)
            await self._send({"type": "http.response.body", "body": data, "more_body": True})
        if length is not None and sent != length:
            raise _wrong_length(length)
        if not with_trailers:
            self._over = True
            await self._send({"type": "http.response.body", "body": b""})
            return
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        self._over = True
        await self._send({"type": TRAILERS, "headers": trailer_headers(body.trailers)})

    async def _send(self, *messages: Message) -> None:
        """Send messages. Raises BrokenResponse if the client takes nothing for too long."""
        try:
            async with asyncio.timeout(self._timeouts.write_seconds):
                for message in messages:
                    await self._send_message(message)
        except TimeoutError as error:
            self._over = False
            self._leave()
            raise BrokenResponse("the client does not read") from error
        except OSError:
            self._over = False
            self._leave()


class _Asked:
    """The moment at which a handler begins to read a body, or gives it up."""

    def __init__(self, body: Body) -> None:
        self._sink = body.sink
        self.watch: Callable[[Callable[[], object]], None] = body.sink.watch
        self.unwatch: Callable[[Callable[[], object]], None] = body.sink.unwatch

    def ready(self) -> bool:
        """Whether it has come."""
        return self._sink.is_asked_for or not self._sink.is_wanted


def _wrong_length(length: int) -> HttpError:
    message = f"a body of another length than the {length} bytes that were announced"
    return HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, message)


async def _refuse(scope: Scope, send: Send, status: int, *, close: bool = False) -> None:
    """Send a plain error that says nothing more."""
    text = f"{status} {phrase(status)}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
    ]
    if close and str(scope.get("http_version", "1.1")).startswith("1"):
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = b"" if scope.get("method") == "HEAD" else text
    await send({"type": "http.response.body", "body": body})


async def _refuse_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Say that there is no such thing here, in HTTP's words where the server lets us."""
    await receive()
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": _UNSUPPORTED_DATA, "reason": "only HTTP"})
        return
    text = b"501 Not Implemented: only HTTP is served here\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
    ]
    await send({"type": "websocket.http.response.start", "status": 501, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": text})
