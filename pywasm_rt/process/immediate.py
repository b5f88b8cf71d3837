"""Performing operations without waiting, and knowing when they can be performed.

What the dispatcher and the simulation have in common. Nothing in here blocks.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from pywasm_rt.errors import OperationError, WasmError
from pywasm_rt.operations import (
    ByteSink,
    Operation,
    Poll,
    Readable,
    ReadStream,
    Sleep,
    Wait,
    Waiter,
    WaitForNotification,
    Writable,
    WriteStream,
)
from pywasm_rt.process.failure import as_process_error

__all__ = [
    "NOT_YET",
    "AwaitNotification",
    "GradualWrite",
    "NotYet",
    "is_over",
    "outcome",
    "perform_now",
    "wake_ns",
    "with_deadline",
    "write_all",
]


class NotYet(enum.Enum):
    """The type of :data:`NOT_YET`."""

    NOT_YET = "not yet"


NOT_YET: Final = NotYet.NOT_YET


@dataclass(frozen=True, slots=True)
class AwaitNotification(Operation):
    """A :class:`~pywasm_rt.operations.WaitForNotification` that has begun: it ends at a moment."""

    waiter: Waiter
    deadline_ns: int | None


def with_deadline(operation: Operation, now_ns: int) -> Operation:
    """The same operation; one that waits for a time, from now on, waits until a moment."""
    if not isinstance(operation, WaitForNotification):
        return operation
    timeout_ns = operation.timeout_ns
    deadline_ns = None if timeout_ns is None else now_ns + timeout_ns
    return AwaitNotification(operation.waiter, deadline_ns)


def perform_now(operation: Operation, now_ns: int) -> object:
    """The result of ``operation``, or NOT_YET if it would have to wait (or cannot tell).

    A stream that may block is left alone: whoever owns it reads it. Raises OSError and WasmError
    where the operation fails.
    """
    match operation:
        case Sleep():
            return None if operation.deadline_ns <= now_ns else NOT_YET
        case ReadStream() if not operation.source.may_block:
            return operation.source.read(operation.max_bytes)
        case WriteStream() if not operation.sink.may_block:
            write_all(operation.sink, operation.data, flush=operation.flush)
            return None
        case Readable() | Writable():
            return None if is_over(operation, now_ns) else NOT_YET
        case Poll():
            return _poll(operation.waits, now_ns)
        case AwaitNotification(waiter, deadline_ns):
            is_late = deadline_ns is not None and deadline_ns <= now_ns
            return None if waiter.is_notified or is_late else NOT_YET
    return NOT_YET


def outcome(call: Callable[[], object]) -> tuple[object, Exception | None]:
    """What comes of a call: its result and None, or None and its error.

    An error of a kind that streams do not raise (a ValueError of a closed file, say) is told as
    a ProcessError.
    """
    try:
        return call(), None
    except (OSError, WasmError) as error:
        return None, error
    except Exception as error:  # noqa: BLE001 - a fault of a stream ends only whoever uses it
        return None, as_process_error(error)


def is_over(wait: Wait, now_ns: int) -> bool:
    """Whether a wait is over. Raises OSError."""
    match wait:
        case Sleep():
            return wait.deadline_ns <= now_ns
        case Readable():
            return not wait.source.may_block or wait.source.ready()
        case Writable():
            return not wait.sink.may_block or wait.sink.ready()


def wake_ns(operation: Operation) -> int | None:
    """When time alone lets ``operation`` go on; None if it never does."""
    if isinstance(operation, Sleep | AwaitNotification):
        return operation.deadline_ns
    if isinstance(operation, Poll):
        deadlines = [wait.deadline_ns for wait in operation.waits if isinstance(wait, Sleep)]
        return min(deadlines, default=None)
    return None


def write_all(sink: ByteSink, data: bytes, *, flush: bool) -> None:
    """Write all of ``data``. Raises OSError, also for a sink that takes nothing."""
    rest = memoryview(data)
    while rest:
        taken = sink.write(bytes(rest))
        if taken <= 0:
            raise OSError(f"the stream took none of {len(rest)} bytes")
        rest = rest[taken:]
    if flush:
        sink.flush()


class GradualWrite:
    """Writes to a sink that takes some at a time, whenever it is ready."""

    def __init__(self, operation: WriteStream) -> None:
        self._sink = operation.sink
        self._rest = memoryview(operation.data)
        self._flush = operation.flush

    def attempt(self) -> object:
        """Write what fits: NOT_YET while something is left. Raises OSError, OperationError."""
        while self._rest:
            taken = self._sink.write(bytes(self._rest)) if self._sink.ready() else 0
            if taken == 0:
                return NOT_YET
            self._rest = self._rest[taken:]
        if self._flush:
            self._sink.flush()
        return None


def _poll(waits: Iterable[Wait], now_ns: int) -> object:
    waits = tuple(waits)
    if not waits:
        raise OperationError("a poll of nothing never ends")
    over = [index for index, wait in enumerate(waits) if is_over(wait, now_ns)]
    return over or NOT_YET
