"""A request, its response, and whoever answers: what handlers and the ASGI application share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from pywasm_rt.wasi.capabilities.answer import PendingAnswer
from pywasm_rt.wasi.capabilities.body import Body, RawFields
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead
from pywasm_rt.wasi.preview2.http.messages import RequestHead

__all__ = ["Exchange", "Handler", "Responder", "client_is_gone"]


def client_is_gone() -> HttpError:
    """What whoever still reads from the client, or writes to it, is told."""
    return HttpError(HttpErrorCode.CONNECTION_TERMINATED, "the client is gone")


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
        """Whether there is something to be sent, or nobody to send it to."""
        return bool(self._informational) or self._given_up or super().ready()

    def give_up(self) -> None:
        """Want no response any more; whoever waits for one is woken."""
        super().give_up()
        self.tell()


def _discard(head: object) -> None:
    """A response that comes when the client is gone."""
    if isinstance(head, ResponseHead) and head.body is not None:
        head.body.give_up(client_is_gone())


@dataclass(slots=True, eq=False)
class Exchange:
    """A request, and where its response goes. ``body`` is read by the handler.

    ``peer`` is the client's address, ``decorations`` change the head of the response before it is
    sent, ``status`` is what was sent (0 before). ``answerer`` is what answers, for logs and
    figures. ``is_gone`` says that the client has left before its response was complete.
    """

    head: RequestHead
    body: Body = field(default_factory=Body)
    responder: Responder = field(default_factory=Responder)
    peer: str = ""
    has_body: bool = True
    decorations: list[Callable[[ResponseHead], ResponseHead]] = field(default_factory=list)
    status: int = 0
    answerer: str = ""
    is_gone: bool = False
    _when_gone: list[Callable[[], object]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.head.method} {self.head.target}"

    def when_gone(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` if the client leaves too early; from within ``begin`` only."""
        self._when_gone.append(callback)

    def leave(self) -> None:
        """The client has left: nobody wants the response, nor sends the rest of the request."""
        if self.is_gone:
            return
        self.is_gone = True
        self.body.sink.fail(client_is_gone())
        self.responder.give_up()
        for callback in self._when_gone:
            callback()


class Handler(Protocol):
    """Whoever answers requests."""

    def begin(self, exchange: Exchange) -> None:
        """Begin to answer, without waiting; from the application's event loop.

        The responder gets a response or an error sooner or later. Raises OperationError where that
        cannot be begun now, for example because there is too much to do.
        """
        ...
