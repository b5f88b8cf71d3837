"""Waiting at a place in shared memory, as the C core asks for it; see ``engine/waiting.py``."""

from __future__ import annotations

from typing import Any

from pywasm_rt.engine import waiting as waiting_at
from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.engine.native.core import ffi
from pywasm_rt.engine.native.domain import Domain, wrappers
from pywasm_rt.engine.native.memory import Memory
from pywasm_rt.engine.waiting import NotifiedWaiter

__all__ = ["notify", "wait", "wait_again"]


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
    memory = _memory(waiting.memory, domain)
    waiter = _enter(memory, waiting)
    if int.from_bytes(memory.read(waiting.address, waiting.width), "little") != waiting.expected:
        waiter.leave()
        return None
    return waiter.function(waiting.width, waiting.timeout_ns)


def wait_again(task: Any, domain: Domain) -> HostFunction:
    """What the host is to do for an execution that has been waiting already."""
    waiting = task.waiting
    waiter = _enter(_memory(waiting.memory, domain), waiting)
    return waiter.function(waiting.width, waiting.timeout_ns)


def _enter(memory: Memory, waiting: Any) -> NotifiedWaiter:
    waiter = NotifiedWaiter(memory, waiting.address)
    with memory.lock:
        waiter.enter()
    return waiter


def notify(task: Any, domain: Domain) -> int:
    """Let at most as many go on as the guest says, the first ones first; how many."""
    waiting = task.waiting
    return waiting_at.notify(_memory(waiting.memory, domain), waiting.address, waiting.expected)
