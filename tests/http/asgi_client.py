"""An ASGI server without sockets, for one request at a time, and a loop whose time is virtual."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, MutableMapping
from typing import Any, TypeVar

from pywasm_rt.http.asgi import HandlerApplication

__all__ = ["Conversation", "VirtualTimeLoop", "http_scope", "in_virtual_time"]

Result = TypeVar("Result")
Message = MutableMapping[str, Any]


class _JumpingSelector(selectors.SelectSelector):
    """Never waits: the time jumps to where there is something to do."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        if not events and timeout is not None:
            self.seconds += max(timeout, 0.0)
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop for what happens in one thread."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.seconds


def in_virtual_time(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run it to its end; who waits for what will never come is an error."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(coroutine)


def http_scope(
    method: str = "GET",
    target: str = "/a?b",
    headers: tuple[tuple[bytes, bytes], ...] = ((b"host", b"a.example"),),
    **more: Any,
) -> dict[str, Any]:
    """What a server would say of a request."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": list(headers),
        "client": ("192.0.2.1", 5),
        "server": ("192.0.2.2", 80),
        **more,
    }


class Conversation:
    """One scope, served by an application in a task: what the server tells it, and what it says.

    ``asked`` counts how often the application has asked for a message. While ``writable`` is not
    set the client takes nothing.
    """

    def __init__(self, application: HandlerApplication, scope: dict[str, Any]) -> None:
        self.sent: list[Message] = []
        self.asked = 0
        self.writable = asyncio.Event()
        self.writable.set()
        self._next = 0
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._changed = asyncio.Condition()
        self.task = asyncio.create_task(application(scope, self._receive, self._send))

    def tell(self, type: str, **fields: Any) -> None:
        """The server has a message."""
        self._messages.put_nowait({"type": type, **fields})

    def body(self, data: bytes, *, more: bool = False, **fields: Any) -> None:
        """A piece of the request's body."""
        self.tell("http.request", body=data, more_body=more, **fields)

    def leave(self) -> None:
        """The client closes its connection."""
        self.tell("http.disconnect")

    @property
    def untaken(self) -> int:
        """How many messages the application has not asked for."""
        return self._messages.qsize()

    async def next(self) -> Message:
        """What it says next, beginning with the first message."""
        number, self._next = self._next, self._next + 1
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.sent) > number)
        return self.sent[number]

    async def answer(self) -> tuple[int, bytes]:
        """Its response, when it has returned: status and body."""
        await self.task
        start, *rest = [it for it in self.sent if it["type"] != "http.response.early_hint"]
        assert start["type"] == "http.response.start"
        return start["status"], b"".join(it.get("body", b"") for it in rest)

    async def _receive(self) -> Message:
        self.asked += 1
        return await self._messages.get()

    async def _send(self, message: Message) -> None:
        await self.writable.wait()
        self.sent.append(message)
        async with self._changed:
            self._changed.notify_all()


async def settle() -> None:
    """Let everything happen that happens without time."""
    for _ in range(50):
        await asyncio.sleep(0)
