"""Warm instances: those of calls before, put back to what they were when they were new.

Only core modules that import nothing are kept: all of their state is in their own memories, tables
and globals, and resetting writes back what differs. What did not end well is not kept, nor what has
grown too large.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pywasm_rt.component.core_signature import TypedCoreFunction, typed_core_function
from pywasm_rt.component.types import FunctionType
from pywasm_rt.engine.interface import Engine, Instance, Limits, LoadedModule
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.errors import SnapshotError

__all__ = ["WarmInstance", "WarmInstances", "WarmPolicy"]

IDLE_NS = 30_000_000_000


@dataclass(slots=True)
class WarmInstance:
    """An instance with the function that is called, and what it is reset to."""

    instance: Instance
    function: TypedCoreFunction
    baseline: Snapshot
    idle_since_ns: int = 0


@dataclass(frozen=True, slots=True)
class WarmPolicy:
    """At most ``kept`` instances wait for calls; one is dropped after ``idle_ns`` (None: never), or
    if its memories have more than ``retained_bytes`` (None: any) after a call.
    """

    kept: int = 1
    idle_ns: int | None = None
    retained_bytes: int | None = 64 << 20


class WarmInstances:
    """Those of one function. All methods may be called from any thread."""

    def __init__(
        self,
        module: LoadedModule,
        method: str,
        type: FunctionType | None,
        limits: Limits,
        engine: Engine,
        policy: WarmPolicy,
        now_ns: Callable[[], int],
    ) -> None:
        self._module = module
        self._method = method
        self._type = type
        self._limits = limits
        self._engine = engine
        self._policy = policy
        self._now_ns = now_ns
        self._lock = threading.Lock()
        self._idle: deque[WarmInstance] = deque()

    def __len__(self) -> int:
        return len(self._idle)

    def take(self) -> WarmInstance | None:
        """One that waits, the one that was used last; None if none does."""
        with self._lock:
            self._drop_old()
            return self._idle.pop() if self._idle else None

    def keep(self, instance: Instance) -> WarmInstance | None:
        """A new instance that has been initialised, for calls; None if it cannot be reset."""
        try:
            baseline = instance.snapshot()
        except SnapshotError:
            return None
        function = typed_core_function(instance, self._method, self._type)
        return WarmInstance(instance, function, baseline)

    def give_back(self, warm: WarmInstance) -> bool:
        """Reset one whose call has ended well, and let it wait; whether it is kept."""
        policy = self._policy
        store = warm.instance.store
        if policy.retained_bytes is not None and store.memory_bytes > policy.retained_bytes:
            return False
        if len(self._idle) >= policy.kept:
            return False
        try:
            warm.instance.reset_to(warm.baseline)
        except SnapshotError:
            return False
        store.fuel_spent = 0
        warm.idle_since_ns = self._now_ns()
        with self._lock:
            self._drop_old()
            if len(self._idle) >= policy.kept:
                return False
            self._idle.append(warm)
            return True

    def prepare(self, count: int, make: Callable[[], Instance]) -> None:
        """Have so many wait already. Raises what making one raises."""
        for _ in range(count - len(self._idle)):
            warm = self.keep(make())
            if warm is None:
                return
            warm.idle_since_ns = self._now_ns()
            with self._lock:
                self._idle.append(warm)

    def _drop_old(self) -> None:
        idle_ns = self._policy.idle_ns
        if idle_ns is None:
            return
        oldest_ns = self._now_ns() - idle_ns
        while self._idle and self._idle[0].idle_since_ns < oldest_ns:
            self._idle.popleft()
