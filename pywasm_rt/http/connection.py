"""A connection of uvicorn's with what HTTP/1.1 has beyond it: trailers both ways, early hints, a
time limit for the head of a request, refusals that name what is wrong, and a quiet end.
"""

from __future__ import annotations

import asyncio
import email.utils
import logging
import time
from collections.abc import Callable
from typing import Any

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from pywasm_rt.http.asgi import BrokenResponse
from pywasm_rt.http.asgi_messages import (
    EARLY_HINT,
    REQUEST_TRAILERS,
    TRAILERS,
    Headers,
    Message,
    Receive,
    Scope,
    Send,
    phrase,
)

__all__ = ["ServedConnection"]

# uvicorn warns of each client that makes no sense, which any client can make happen.
_quiet_logger = logging.getLogger("pywasm_rt.http.uvicorn")
_quiet_logger.setLevel(logging.ERROR)

_MAX_HEAD_BYTES = 131_072
_CLOSE = (b"connection", b"close")
_REFUSABLE = {h11.IDLE, h11.SEND_RESPONSE}
_EXTENSIONS = (TRAILERS, EARLY_HINT, REQUEST_TRAILERS)


class _State(h11.Connection):
    """Where in the protocol a connection is, and the trailers that go by."""

    def __init__(self) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size=_MAX_HEAD_BYTES)
        self.received_trailers: Headers = []
        self.trailers: Headers = []
        self.refusal = 400
        self._head = b""

    def next_event(self) -> Any:
        """As h11 has it."""
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as error:
            self.refusal = error.error_status_hint
            raise
        if isinstance(event, h11.EndOfMessage):
            self.received_trailers = [(name, bytes(value)) for name, value in event.headers]
        return event

    def send(self, event: h11.Event) -> Any:
        """As h11 has it, a head with what follows it, and the end of a body with its trailers."""
        if isinstance(event, h11.Response):
            self._head = super().send(event)
            return b""
        if self.trailers and isinstance(event, h11.EndOfMessage):
            event = h11.EndOfMessage(headers=self.trailers)
            self.trailers = []
        data = super().send(event)
        if not self._head or data is None:
            return data
        head, self._head = self._head, b""
        return head + data


class ServedConnection(H11Protocol):
    """One connection. From its beginning and from each response the head of the next request is to
    be there within ``request_seconds``; ``ended`` is called at the end.
    """

    def __init__(
        self,
        config: Config,
        state: ServerState,
        request_seconds: float | None,
        ended: Callable[[], object],
    ) -> None:
        super().__init__(config, state, {})
        self.conn = self._state = _State()
        self.logger = _quiet_logger
        self.access_log = False
        self._application: Callable[[Scope, Receive, Send], Any] = config.loaded_app
        self.app = self._answer
        self._request_seconds = request_seconds
        self._ended = ended
        self._timer: asyncio.TimerHandle | None = None

    # What asyncio and uvicorn call.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The client may begin."""
        super().connection_made(transport)
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Either side has closed."""
        self._stop_waiting()
        super().connection_lost(exc)
        self._ended()

    def on_response_complete(self) -> None:
        """The client may go on."""
        super().on_response_complete()
        self._unset_keepalive_if_required()  # our own limit is stricter: bytes do not prolong it
        if not self.transport.is_closing():
            self._wait_for_request()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the status says it
        """Refuse what is no HTTP; within a response it can only break off."""
        if self.conn.our_state not in _REFUSABLE:
            self.transport.abort()
            return
        status = self._state.refusal
        text = f"{status} {phrase(status)}\n".encode()
        headers = [
            (b"Content-Type", b"text/plain; charset=utf-8"),
            (b"Content-Length", str(len(text)).encode()),
            (b"Date", _date()),
            (b"Connection", b"close"),
        ]
        head = h11.Response(status_code=status, headers=headers, reason=phrase(status).encode())
        for event in (head, h11.Data(data=text), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        if self.cycle is not None and not self.cycle.response_complete:
            # Its answer has been given; it is not to wait until the client has taken that.
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def abort(self) -> None:
        """Close at once."""
        self.transport.abort()

    def _wait_for_request(self) -> None:
        self._stop_waiting()
        if self._request_seconds is not None:
            self._timer = self.loop.call_later(self._request_seconds, self.abort)

    def _stop_waiting(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    # Between uvicorn and the application.

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._stop_waiting()
        messages = _Messages(self, receive, send)
        if scope["http_version"] == "1.1":  # an older client knows of none
            scope["extensions"] = {name: {} for name in _EXTENSIONS}
        try:
            await self._application(scope, messages.receive, messages.send)
        except (BrokenResponse, asyncio.CancelledError):
            self.abort()
            await asyncio.sleep(0)  # so that uvicorn hears of it before it misses the response

    @property
    def state(self) -> _State:
        """Where in the protocol it is."""
        return self._state

    @property
    def is_last_request(self) -> bool:
        """Whether the connection is to be closed behind the response."""
        return not self.cycle.keep_alive


class _Messages:
    """The messages of one request and its response."""

    def __init__(self, connection: ServedConnection, receive: Receive, send: Send) -> None:
        self._connection = connection
        self._receive = receive
        self._send = send
        self._with_trailers = False

    async def receive(self) -> Message:
        """The next message, the last one of a body with its trailers."""
        message = await self._receive()
        trailers = self._connection.state.received_trailers
        if trailers and message["type"] == "http.request" and not message["more_body"]:
            return {**message, "trailers": trailers}
        return message

    async def send(self, message: Message) -> None:
        """Send a message, trailers and hints too."""
        match message["type"]:
            case "http.response.start":
                self._with_trailers = message.get("trailers", False)
                await self._send({**message, "headers": self._headers(message["headers"])})
            case "http.response.body" if self._with_trailers:
                await self._send({**message, "more_body": True})
            case "http.response.trailers":
                self._connection.state.trailers += message["headers"]
                if not message.get("more_trailers", False):
                    await self._send({"type": "http.response.body", "body": b""})
            case "http.response.early_hint":
                fields = [(b"link", link) for link in message["links"]]
                event = h11.InformationalResponse(
                    status_code=103, headers=fields, reason=b"Early Hints"
                )
                connection = self._connection
                if not connection.transport.is_closing():
                    connection.transport.write(connection.state.send(event) or b"")
            case _:
                await self._send(message)

    def _headers(self, headers: Headers) -> Headers:
        """The fields of a response, and those that are the server's to add."""
        names = {name for name, _ in headers}
        added: Headers = []
        if b"date" not in names:
            added.append((b"date", _date()))
        if self._connection.is_last_request and b"connection" not in names:
            added.append(_CLOSE)
        return [*headers, *added]


_dates: dict[int, bytes] = {}


def _date() -> bytes:
    """The time as HTTP writes it, to the second."""
    now = int(time.time())
    found = _dates.get(now)
    if found is None:
        found = email.utils.formatdate(now, usegmt=True).encode()
        _dates.clear()
        _dates[now] = found
    return found
