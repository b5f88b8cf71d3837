"""Waiting at a place in shared memory, and notifying those who wait (proposal "threads").

Waiting is for the outside world to do: the execution reports a call of a host function, which
answers with the operation :class:`~pywasm_rt.operations.WaitForNotification`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.engine.native.core import ffi
from pywasm_rt.engine.native.domain import Domain, wrappers
from pywasm_rt.engine.native.memory import Memory
from pywasm_rt.operations import WaitForNotification
from pywasm_rt.wasm.types import I32, FunctionType

__all__ = ["NotifiedWaiter", "notify", "wait", "wait_again"]

_NOTIFIED, _TIMED_OUT = 0, 2


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


def _memory(pointer: Any, domain: Domain) -> Memory:
    address = int(ffi.cast("uintptr_t", pointer))
    memory = wrappers.get(address)
    if memory is None:
        memory = wrappers[address] = Memory(domain.root, pointer)
    assert isinstance(memory, Memory), "addresses are those of one thing"
    return memory


def wait(task: Any, domain: Domain) -> HostFunction | None:
    """What the host is to do for an execution that waits; None if it need not wait any more.

    The content is looked at again once the waiter is known: whoever changed it before did not
    know of the waiter, and whoever changes it after that will notify the waiter.
    """
    waiting = task.waiting
    waiter = _enter(task, domain)
    memory, width = waiter.memory, waiting.width
    if int.from_bytes(memory.read(waiter.address, width), "little") != waiting.expected:
        waiter.leave()
        return None
    return _waiting(task, waiter)


def wait_again(task: Any, domain: Domain) -> HostFunction:
    """What the host is to do for an execution that has been waiting already."""
    return _waiting(task, _enter(task, domain))


def _enter(task: Any, domain: Domain) -> NotifiedWaiter:
    memory = _memory(task.waiting.memory, domain)
    waiter = NotifiedWaiter(memory, task.waiting.address)
    with memory.lock:
        memory.waiters.setdefault(waiter.address, []).append(waiter)
    return waiter


def _waiting(task: Any, waiter: NotifiedWaiter) -> HostFunction:
    timeout_ns = task.waiting.timeout_ns
    name = f"memory.atomic.wait{8 * task.waiting.width}"
    return HostFunction(FunctionType((), (I32,)), lambda: _wait(waiter, timeout_ns), name)


def _wait(waiter: NotifiedWaiter, timeout_ns: int) -> Generator[WaitForNotification, object, int]:
    try:
        yield WaitForNotification(waiter, None if timeout_ns < 0 else timeout_ns)
    finally:
        waiter.leave()
    return _NOTIFIED if waiter.is_notified else _TIMED_OUT


def notify(task: Any, domain: Domain) -> int:
    """Let at most as many go on as the guest says, the first ones first; how many."""
    waiting = task.waiting
    memory = _memory(waiting.memory, domain)
    count = waiting.expected
    with memory.lock:
        waiters = memory.waiters.get(waiting.address, [])
        woken = waiters[:count]
        del waiters[:count]
    for waiter in woken:
        waiter.notify()
    return len(woken)
