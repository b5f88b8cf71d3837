"""Descriptions of things that only the outside world can do.

A guest that blocks does not block us: the host function that it called answers with one of these
descriptions, the execution waits as a value, and whoever drives it (a process scheduler, a plain
loop, a test with a virtual clock) performs the operation and resumes the guest with its result.

Operations are frozen data without behaviour. They do not know who performs them. A failed
operation is answered by throwing an :class:`~pywasm_rt.errors.OperationError` (or an ``OSError``)
into the waiting guest's host function.

Instants are nanoseconds on the monotonic clock of whoever performs the operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

__all__ = [
    "Answer",
    "Begin",
    "ByteSink",
    "ByteSource",
    "HttpBody",
    "HttpRequest",
    "HttpResponse",
    "Operation",
    "Poll",
    "ReadStream",
    "Readable",
    "ReadyWhen",
    "ResolveAddresses",
    "Sleep",
    "Wait",
    "WaitForNotification",
    "Waiter",
    "Writable",
    "WriteStream",
]


@runtime_checkable
class ReadyWhen(Protocol):
    """Anything that becomes ready: a source, a sink, a listening socket, the answer to a question.

    ``may_block`` False means that it always is. Whoever waits for it learns of it in one of three
    ways: the operating system watches its ``fileno()``; or it has ``watch(callback)`` and
    ``unwatch(callback)`` and calls, from whatever thread, when something may have changed; or it is
    looked at again and again. One that others may close meanwhile has ``hold()``, which keeps its
    file descriptor open until the function that it returns is called.
    """

    may_block: bool

    def ready(self) -> bool:
        """Whether it is ready. Never waits."""
        ...


@runtime_checkable
class ByteSource(Protocol):
    """Bytes that can be read. ``may_block`` says whether :meth:`read` can wait.

    A source that may block is read on a thread of the dispatcher; one that may not is read at
    once. ``read`` returns between 1 and ``max_bytes`` bytes, or ``b""`` at the end. ``ready``
    says without waiting whether a read would return at once.
    """

    may_block: bool

    def read(self, max_bytes: int) -> bytes:
        """Return up to ``max_bytes`` bytes; ``b""`` means the end. Raises OSError."""
        ...

    def ready(self) -> bool:
        """Whether :meth:`read` would return without waiting."""
        ...


@runtime_checkable
class ByteSink(Protocol):
    """A place that bytes can be written to; ``may_block`` as in :class:`ByteSource`.

    One that may block and has ``takes_some`` set to True never does so in ``write``: it takes as
    much as fits, which is nothing if it is not ready.
    """

    may_block: bool

    def write(self, data: bytes) -> int:
        """Write some of ``data`` and return how many bytes were taken. Raises OSError."""
        ...

    def flush(self) -> None:
        """Hand everything written to the outside world. Raises OSError."""
        ...

    def ready(self) -> bool:
        """Whether :meth:`write` would take at least one byte without waiting."""
        ...


@runtime_checkable
class Waiter(Protocol):
    """Somebody who waits at a place in shared memory until another thread of the guest notifies."""

    is_notified: bool

    def when_notified(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` once, in whichever thread notifies; at once if that has happened."""
        ...


class Operation:
    """The common root: whatever a host function may answer with instead of a value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Sleep(Operation):
    """Wait until the monotonic clock reads ``deadline_ns``. Result: None."""

    deadline_ns: int


@dataclass(frozen=True, slots=True)
class ReadStream(Operation):
    """Read from a source. Result: bytes, ``b""`` at the end."""

    source: ByteSource
    max_bytes: int


@dataclass(frozen=True, slots=True)
class WriteStream(Operation):
    """Write all of ``data`` to a sink and, if asked, flush it. Result: None."""

    sink: ByteSink
    data: bytes
    flush: bool = False


@dataclass(frozen=True, slots=True)
class Readable(Operation):
    """Wait until a source can be read, or something else is ready. Result: None."""

    source: ReadyWhen


@dataclass(frozen=True, slots=True)
class Writable(Operation):
    """Wait until a sink takes bytes without waiting. Result: None."""

    sink: ReadyWhen


Wait = Sleep | Readable | Writable


@dataclass(frozen=True, slots=True)
class Poll(Operation):
    """Wait until at least one of ``waits`` is over. Result: the sorted indices of those."""

    waits: tuple[Wait, ...]


@dataclass(frozen=True, slots=True)
class WaitForNotification(Operation):
    """Wait until ``waiter`` is notified, at most ``timeout_ns`` (None: for ever).

    Result: None, whether it was notified or not; the waiter says which.
    """

    waiter: Waiter
    timeout_ns: int | None


class Answer(Protocol):
    """Where the result of something that goes on in the background is put, from any thread."""

    def settle(self, result: object) -> None:
        """It is done."""
        ...

    def fail(self, error: Exception) -> None:
        """It failed."""
        ...

    def when_given_up(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` once, in whichever thread gives up waiting; at once if one has."""
        ...


@dataclass(frozen=True, slots=True)
class Begin(Operation):
    """Begin ``operation`` and do not wait for it. Result: None, at once.

    What comes of it is told to ``answer``. It is withdrawn when the answer is given up.
    """

    operation: Operation
    answer: Answer


@dataclass(frozen=True, slots=True)
class ResolveAddresses(Operation):
    """Look a host name up. Result: a tuple of IP addresses as texts, the best ones first.

    Fails with a ``socket.gaierror``, which is an OSError.
    """

    name: str


class HttpBody(Protocol):
    """The body of an HTTP message as its reader sees it: a source of bytes, and what comes after.

    Reading it raises the OperationError that ended it too early, if one did.
    """

    may_block: bool

    def read(self, max_bytes: int) -> bytes:
        """As :meth:`ByteSource.read`; it is to be ``ready``, for nobody can wait in here."""
        ...

    def ready(self) -> bool:
        """Whether there are bytes, or the end, or an error."""
        ...

    def watch(self, callback: Callable[[], object]) -> None:
        """Call ``callback``, from whatever thread, whenever something may have changed."""
        ...

    def unwatch(self, callback: Callable[[], object]) -> None:
        """Take that back."""
        ...

    @property
    def is_complete(self) -> bool:
        """Whether the writer has ended it and everything was read."""
        ...

    @property
    def trailers(self) -> tuple[tuple[str, bytes], ...]:
        """The fields behind a body that is complete."""
        ...

    def give_up(self, error: Exception | None = None) -> None:
        """Read no more of it. ``error`` is for whoever writes it."""
        ...


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The head of a response; its body is still on its way. Give the body up if it is not read."""

    status: int
    headers: tuple[tuple[str, bytes], ...]
    body: HttpBody


@dataclass(frozen=True, slots=True)
class HttpRequest(Operation):
    """Send an HTTP request. Result: an :class:`HttpResponse`, as soon as its head is there.

    ``scheme`` is ``http`` or ``https``, ``host`` a name or an IP address without brackets.
    ``authority`` is what the host field says, ``target`` path and query. ``body`` None means that
    there is none. The timeouts are for making the connection, from then to the head of the
    response, and between two pieces of its body; None means the performer's own.

    Fails with an OperationError whose ``details`` say why.
    """

    method: str
    scheme: str
    host: str
    port: int
    authority: str
    target: str
    headers: tuple[tuple[str, bytes], ...] = ()
    body: HttpBody | None = None
    connect_timeout_ns: int | None = None
    first_byte_timeout_ns: int | None = None
    between_bytes_timeout_ns: int | None = None
