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
    "ByteSink",
    "ByteSource",
    "Operation",
    "Poll",
    "ReadStream",
    "Readable",
    "Sleep",
    "Wait",
    "WaitForNotification",
    "Waiter",
    "Writable",
    "WriteStream",
]


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
    """A place that bytes can be written to; ``may_block`` as in :class:`ByteSource`."""

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
    """Wait until a source can be read without waiting. Result: None."""

    source: ByteSource


@dataclass(frozen=True, slots=True)
class Writable(Operation):
    """Wait until a sink takes bytes without waiting. Result: None."""

    sink: ByteSink


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
