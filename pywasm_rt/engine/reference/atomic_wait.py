"""Waiting at a place in shared memory, and notifying those who wait (proposal "threads").

Waiting is for the outside world to do. The instruction leaves the loop as a :class:`Suspension`,
and the execution reports a call of a host function, which answers with the operation
:class:`~pywasm_rt.operations.WaitForNotification`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import cast

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.engine.reference.atomic import check_aligned
from pywasm_rt.engine.reference.integer import signed_64
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.operations import WaitForNotification
from pywasm_rt.wasm.types import I32, FunctionType

__all__ = [
    "NotifiedWaiter",
    "Suspension",
    "memory_atomic_notify",
    "memory_atomic_wait32",
    "memory_atomic_wait64",
    "suspend",
]

_NOTIFIED, _NOT_EQUAL, _TIMED_OUT = range(3)


class NotifiedWaiter:
    """Somebody who waits at an address of a memory; see :class:`pywasm_rt.operations.Waiter`."""

    __slots__ = ("_callbacks", "_lock", "address", "is_notified", "memory")

    def __init__(self, memory: Memory, address: int) -> None:
        self.memory = memory
        self.address = address
        self.is_notified = False
        self._callbacks: list[Callable[[], object]] = []
        self._lock = threading.Lock()

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

    def leave(self) -> None:
        """Wait no longer."""
        with self.memory.lock:
            waiters = self.memory.waiters.get(self.address, [])
            if self in waiters:
                waiters.remove(self)
            if not waiters:
                self.memory.waiters.pop(self.address, None)


class Suspension(Exception):
    """How an instruction that must wait leaves the machine's loop: what the host is to do."""

    def __init__(self, function: HostFunction) -> None:
        super().__init__(f"{function.name} waits")
        self.function = function


def _wait(memory: Memory, address: int, width_bytes: int, expected: int, timeout: int) -> int:
    check_aligned(address, width_bytes)
    memory.check(address, width_bytes)
    if not memory.is_shared:
        raise Trap(TrapCode.EXPECTED_SHARED_MEMORY)
    with memory.lock:
        if memory.load(address, width_bytes) != expected:
            return _NOT_EQUAL
        raise suspend(memory, address, width_bytes, timeout)


def suspend(memory: Memory, address: int, width_bytes: int, timeout: int) -> Suspension:
    """Be among those that wait at an address; the memory's lock is held, or nobody else has it."""
    waiter = NotifiedWaiter(memory, address)
    memory.waiters.setdefault(address, []).append(waiter)
    return _suspension(waiter, signed_64(timeout), f"memory.atomic.wait{8 * width_bytes}")


def _suspension(waiter: NotifiedWaiter, timeout_ns: int, name: str) -> Suspension:
    def wait() -> Generator[WaitForNotification, object, int]:
        try:
            yield WaitForNotification(waiter, None if timeout_ns < 0 else timeout_ns)
        finally:
            waiter.leave()
        return _NOTIFIED if waiter.is_notified else _TIMED_OUT

    return Suspension(HostFunction(FunctionType((), (I32,)), wait, name))


def memory_atomic_wait32(memory: Memory, address: int, expected: int, timeout: int) -> int:
    """Wait at an address that holds the expected four bytes: 0 when notified, 1 if they differ, 2
    when the time (in ns, below zero: no end) is over. Traps if the memory is not shared.
    """
    return _wait(memory, address, 4, expected, timeout)


def memory_atomic_wait64(memory: Memory, address: int, expected: int, timeout: int) -> int:
    """Wait at an address that holds the expected eight bytes, like ``memory.atomic.wait32``."""
    return _wait(memory, address, 8, expected, timeout)


def memory_atomic_notify(memory: Memory, address: int, count: int) -> int:
    """Let at most so many go on that wait at an address, the first ones first; how many."""
    check_aligned(address, 4)
    memory.check(address, 4)
    with memory.lock:
        waiters = cast("list[NotifiedWaiter]", memory.waiters.get(address, []))
        woken = waiters[:count]
        del waiters[:count]
    for waiter in woken:
        waiter.notify()
    return len(woken)
