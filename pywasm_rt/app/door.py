"""A door: a process through which code outside of all processes does what processes do.

It has a PID and a mailbox; whatever is posted it asks the scheduler for, in its own name.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Operation, Readable
from pywasm_rt.process.interface import (
    Done,
    OperationCompleted,
    OperationFailed,
    ProcessContext,
    ProcessEvent,
    Step,
    Yield,
)
from pywasm_rt.wasi.capabilities.answer import Watchers

__all__ = ["Door"]

_KNOCK = 0


class _Knocks(Watchers):
    """Ready when somebody has posted something."""

    may_block = True

    def __init__(self, requests: deque[tuple[Operation, Future[Any]]]) -> None:
        super().__init__()
        self.requests = requests
        self.is_closed = False

    def ready(self) -> bool:
        return bool(self.requests) or self.is_closed


class Door:
    """The process. :meth:`post` and :meth:`shut` may be called from any thread."""

    def __init__(self) -> None:
        self._requests: deque[tuple[Operation, Future[Any]]] = deque()
        self._knocks = _Knocks(self._requests)
        self._futures: dict[int, Future[Any]] = {}
        self._lock = threading.Lock()
        self._last_tag = _KNOCK
        self._watches = False
        self._is_closed = False

    def post(self, operation: Operation) -> Future[Any]:
        """Perform an operation as this process. Its failure is the future's exception."""
        future: Future[Any] = Future()
        with self._lock:
            if self._is_closed:
                future.set_exception(_closed())
                return future
            self._requests.append((operation, future))
        self._knocks.tell()
        return future

    def shut(self) -> None:
        """Let the process end."""
        self._knocks.is_closed = True
        self._knocks.tell()

    def init(self, context: ProcessContext, method: str, arguments: Sequence[object]) -> None:
        """Nothing is to be prepared."""

    def step(self, events: Sequence[ProcessEvent], budget: int) -> Step:  # noqa: ARG002 - it is short
        """Answer what is done, and ask for what was posted."""
        for event in events:
            if not isinstance(event, OperationCompleted | OperationFailed):
                continue
            if event.tag == _KNOCK:
                self._watches = False
                continue
            future = self._futures.pop(event.tag)
            if isinstance(event, OperationFailed):
                _fail(future, event.error)
            elif future.set_running_or_notify_cancel():
                future.set_result(event.result)
        if self._knocks.is_closed:
            return Done()
        operations: list[tuple[int, Operation]] = []
        while self._requests:
            operation, future = self._requests.popleft()
            self._last_tag += 1
            self._futures[self._last_tag] = future
            operations.append((self._last_tag, operation))
        if not self._watches:
            self._watches = True
            operations.append((_KNOCK, Readable(self._knocks)))
        return Yield(tuple(operations))

    def close(self) -> None:
        """Whoever still waits is told."""
        with self._lock:
            self._is_closed = True
            left = [*self._futures.values(), *(future for _, future in self._requests)]
            self._futures.clear()
            self._requests.clear()
        for future in left:
            _fail(future, _closed())


def _fail(future: Future[Any], error: Exception) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(error)


def _closed() -> ProcessError:
    return ProcessError("the application has ended", ProcessErrorKind.UNAVAILABLE)
