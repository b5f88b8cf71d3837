"""Those who wait at a place in shared memory (proposal "threads"), the same in every engine.

Waiting is for the outside world to do: the execution reports a call of a host function, which
answers with the operation :class:`~pywasm_rt.operations.WaitForNotification`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Protocol

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.operations import WaitForNotification
from pywasm_rt.wasm.types import I32, FunctionType

__all__ = ["NOT_EQUAL", "NotifiedWaiter", "WaitableMemory", "notify"]

_NOTIFIED, NOT_EQUAL, _TIMED_OUT = range(3)


class WaitableMemory(Protocol):
    """An engine's memory: ``waiters`` are by address, and ``lock`` guards them."""

    lock: threading.Lock
    waiters: dict[int, list[NotifiedWaiter]]


class NotifiedWaiter:
    """Somebody who waits at an address of a memory; see :class:`pywasm_rt.operations.Waiter`."""

    __slots__ = ("_callbacks", "_lock", "address", "is_notified", "memory")

    def __init__(self, memory: WaitableMemory, address: int) -> None:
        self.memory = memory
        self.address = address
        self.is_notified = False
        self._callbacks: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Be among those who wait. The memory's lock is held, or nobody else has the memory."""
        self.memory.waiters.setdefault(self.address, []).append(self)

    def leave(self) -> None:
        """Wait no longer."""
        with self.memory.lock:
            waiters = self.memory.waiters.get(self.address, [])
            if self in waiters:
                waiters.remove(self)
            if not waiters:
                self.memory.waiters.pop(self.address, None)

    def when_notified(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` once, in whichever thread notifies; at once if that has happened."""
        with self._lock:
            if not self.is_notified:
                self._callbacks.append(callback)
                return
        callback()

    def notify(self) -> None:
        """Say that the waiting is over."""
        with self._lock:
            self.is_notified = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def function(self, width_bytes: int, timeout_ns: int) -> HostFunction:
        """What the host is to do, at most ``timeout_ns`` long (below zero: without an end)."""

        def wait() -> Generator[WaitForNotification, object, int]:
            try:
                yield WaitForNotification(self, None if timeout_ns < 0 else timeout_ns)
            finally:
                self.leave()
            return _NOTIFIED if self.is_notified else _TIMED_OUT

        return HostFunction(FunctionType((), (I32,)), wait, f"memory.atomic.wait{8 * width_bytes}")


def notify(memory: WaitableMemory, address: int, count: int) -> int:
    """Let at most so many go on that wait at an address, the first ones first; how many."""
    with memory.lock:
        waiters = memory.waiters.get(address, [])
        woken = waiters[:count]
        del waiters[:count]
    for waiter in woken:
        waiter.notify()
    return len(woken)
