"""Warm instances: those of calls before, put back to what they were when they were new.

All that a guest can have changed is in its memories, tables, globals and handles; resetting writes
back what differs. What did not end well is not kept, nor what has grown too large, nor a guest that
asked its host for something while it was made: what it was told may not be true for another call;
nor one with much memory and little in it, which is sooner made anew than looked through.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pywasm_rt.component.types import FunctionType
from pywasm_rt.engine.driver import Drive, Meter
from pywasm_rt.engine.interface import Store
from pywasm_rt.errors import SnapshotError
from pywasm_rt.process.interface import ProcessContext
from pywasm_rt.wasi.context import WasiContext

__all__ = ["Callee", "Coerce", "Restorable", "WarmInstance", "WarmInstances", "WarmPolicy"]

IDLE_NS = 30_000_000_000

Coerce = Callable[[Sequence[object]], Sequence[object]]
"""Makes component values of the arguments of a call. Raises ComponentError."""


class Restorable(Protocol):
    """A state that an instance can be put back into."""

    @property
    def content_bytes(self) -> int:
        """How much of its memories is not zeros."""
        ...

    def restore(self) -> None:
        """Be so again. Raises SnapshotError."""
        ...


class Callee(Protocol):
    """A function of an instance, of a component or a core module."""

    @property
    def type(self) -> FunctionType:
        """Its type."""
        ...

    def start(self, arguments: Sequence[object], meter: Meter) -> Drive:
        """Begin a call."""
        ...


@dataclass(slots=True, eq=False)
class WarmInstance:
    """An instance with the function that is called, and what it is reset to. ``act_for`` lets its
    host's functions act for a call; None if it imports nothing.
    """

    function: Callee
    coerce: Coerce
    store: Store
    baseline: Restorable
    act_for: Callable[[WasiContext, ProcessContext | None], None] | None = None
    fuel: int = 0
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
    """Those of one function. All methods may be called from any thread; ``now_ns`` is what time it
    is, on whatever clock.

    ``is_useful`` is False once it was seen that instances of this program cannot be kept.
    """

    def __init__(self, policy: WarmPolicy) -> None:
        self.policy = policy
        self.is_useful = policy.kept > 0
        self._lock = threading.Lock()
        self._idle: deque[WarmInstance] = deque()

    def __len__(self) -> int:
        return len(self._idle)

    def take(self) -> WarmInstance | None:
        """One that waits, the one that was used last; None if none does."""
        with self._lock:
            return self._idle.pop() if self._idle else None

    def give_back(self, warm: WarmInstance, now_ns: int) -> bool:
        """Reset one whose call has ended well, and let it wait; whether it is kept."""
        kept = self.policy.kept
        if not self.has_room_for(warm.store):
            return False
        if len(self._idle) >= kept:
            return False
        try:
            warm.baseline.restore()
        except SnapshotError:
            return False
        warm.store.fuel_spent = warm.fuel
        warm.idle_since_ns = now_ns
        with self._lock:
            if len(self._idle) >= kept:
                return False
            self._idle.append(warm)
            return True

    def has_room_for(self, store: Store) -> bool:
        """Whether an instance has not grown too large to wait."""
        retained = self.policy.retained_bytes
        return retained is None or store.memory_bytes <= retained

    def trim(self, now_ns: int) -> int | None:
        """Drop those that have waited long enough; when the next one will have, None if none."""
        idle_ns = self.policy.idle_ns
        if idle_ns is None:
            return None
        dropped: list[WarmInstance] = []  # to be freed when the lock is not held any more
        with self._lock:
            while self._idle and self._idle[0].idle_since_ns + idle_ns <= now_ns:
                dropped.append(self._idle.popleft())
            return self._idle[0].idle_since_ns + idle_ns if self._idle else None
