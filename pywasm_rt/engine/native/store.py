"""What instances made together share: their limits, and what they have used of them."""

from __future__ import annotations

import contextlib
from typing import Any

from pywasm_rt.engine.interface import Limits
from pywasm_rt.engine.native import core
from pywasm_rt.engine.native.core import Lines, ffi, lib
from pywasm_rt.engine.native.domain import Domain
from pywasm_rt.errors import ExhaustionError

__all__ = ["Line", "Store"]

_UNLIMITED = (1 << 64) - 1


def _bounded(limit: int | None) -> int:
    return _UNLIMITED if limit is None else max(0, min(limit, _UNLIMITED))


def _move(source: Lines, target: Lines) -> None:
    """Move all; other threads may take some meanwhile."""
    with contextlib.suppress(IndexError):
        while True:
            target.append(source.pop())


class Line(core.Line):
    """A C task for direct calls (``native/boundary.h``)."""

    __slots__ = ("task",)

    def __init__(self, task: Any) -> None:
        self.task = task
        self.bind(int(ffi.cast("uintptr_t", task)))


class Store:
    """Limits, and how much of each is used. Its instances live in its ``domain``.

    ``ended`` and ``idle`` are C tasks that nobody has any more (what is on the stacks of idle ones
    is known to be dead), and ``lines`` those that direct calls have used; to be used
    again. ``parked`` are lines too: direct calls take them by way of :meth:`line`, which sees to
    ``ended`` first.
    """

    __slots__ = (
        "__weakref__",
        "domain",
        "ended",
        "idle",
        "limits",
        "lines",
        "parked",
        "pointer",
    )

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits if limits is not None else Limits()
        self.domain = Domain()
        self.ended: list[Any] = []
        self.idle: list[Any] = []
        self.lines = Lines()
        self.parked = Lines()
        described = ffi.new("wr_store *")
        described.memory_bytes.limit = _bounded(self.limits.memory_bytes)
        described.table_elements.limit = _bounded(self.limits.table_elements)
        described.instances_limit = _bounded(self.limits.instances)
        described.fuel_limit = _bounded(self.limits.fuel)
        described.call_depth = max(0, min(self.limits.call_depth, 1 << 28))
        described.nested_executions = max(0, min(self.limits.nested_executions, 1 << 30))
        described.value_slots = max(0, min(self.limits.value_slots, 1 << 40))
        described.heap_bytes = _bounded(self.limits.heap_bytes)
        self.pointer = lib.wr_api_store(self.domain.pointer, described)
        if not self.pointer:
            raise ExhaustionError("memory", "no room for a store")

    @property
    def fuel_spent(self) -> int:
        """Fuel that all executions have spent."""
        fuel: int = self.pointer.fuel_spent
        return fuel

    @fuel_spent.setter
    def fuel_spent(self, fuel: int) -> None:
        self.pointer.fuel_spent = fuel

    @property
    def memory_bytes(self) -> int:
        """The size of all memories."""
        used: int = self.pointer.memory_bytes.used
        return used

    @property
    def instances(self) -> int:
        """How many instances there are."""
        count: int = self.pointer.instances
        return count

    def line(self) -> core.Line:
        """A line for a direct call. Raises ExhaustionError."""
        self._see_to_ended()
        _move(self.parked, self.lines)
        try:
            return self.lines.pop()
        except IndexError:
            return Line(self.task())

    def let_go(self, task: Any) -> None:
        """An execution is no more. Touches nothing of C: all may be on its way out together.

        Until it is seen that the task has ended, its stack keeps objects of the heap; so the next
        direct call is not to find a line without looking.
        """
        self.ended.append(task)
        _move(self.lines, self.parked)

    def _see_to_ended(self) -> None:
        self.domain.root.unpin()
        while self.ended:
            task = self.ended.pop()
            task.is_idle = True
            self.idle.append(task)

    def task(self) -> Any:
        """A C task for a new execution. Raises ExhaustionError."""
        self._see_to_ended()
        if self.idle:
            task = self.idle.pop()
            lib.wr_api_task_reset(task)
            return task
        task = lib.wr_api_task(self.pointer)
        if not task:
            raise ExhaustionError("memory", "no room for an execution")
        return task
