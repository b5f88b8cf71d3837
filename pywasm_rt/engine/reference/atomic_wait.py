"""Waiting at a place in shared memory, and notifying those who wait (proposal "threads").

Waiting is for the outside world to do (``engine/waiting.py``). The instruction leaves the loop as a
:class:`Suspension`, which says what the host is to do.
"""

from __future__ import annotations

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.engine.reference.atomic import check_aligned
from pywasm_rt.engine.reference.integer import signed_64
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.engine.waiting import NOT_EQUAL, NotifiedWaiter, notify
from pywasm_rt.errors import Trap, TrapCode

__all__ = [
    "Suspension",
    "memory_atomic_notify",
    "memory_atomic_wait32",
    "memory_atomic_wait64",
    "suspend",
]


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
            return NOT_EQUAL
        raise suspend(memory, address, width_bytes, timeout)


def suspend(memory: Memory, address: int, width_bytes: int, timeout: int) -> Suspension:
    """Be among those that wait at an address; the memory's lock is held, or nobody else has it."""
    waiter = NotifiedWaiter(memory, address)
    waiter.enter()
    return Suspension(waiter.function(width_bytes, signed_64(timeout)))


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
    return notify(memory, address, count)
