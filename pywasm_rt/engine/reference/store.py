"""What instances made together share: their limits, and what they have used of them."""

from __future__ import annotations

import threading

from pywasm_rt.engine.interface import Limits
from pywasm_rt.engine.reference.heap import Heap
from pywasm_rt.errors import ExhaustionError

__all__ = ["Store"]


class Store:
    """Limits, and how much of each is used; any thread may take from them."""

    __slots__ = (
        *("_lock", "fuel_spent", "heap", "instances", "limits", "memory_bytes", "table_elements"),
    )

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits if limits is not None else Limits()
        self.fuel_spent = 0
        self.memory_bytes = 0
        self.table_elements = 0
        self.instances = 0
        self.heap = Heap(self.limits.heap_bytes)
        self._lock = threading.Lock()

    def take_memory(self, count: int) -> bool:
        """Use so many more bytes of memory, unless that would be too many."""
        with self._lock:
            limit = self.limits.memory_bytes
            if limit is not None and self.memory_bytes + count > limit:
                return False
            self.memory_bytes += count
            return True

    def take_elements(self, count: int) -> bool:
        """Use so many more table elements, unless that would be too many."""
        with self._lock:
            limit = self.limits.table_elements
            if limit is not None and self.table_elements + count > limit:
                return False
            self.table_elements += count
            return True

    def take_instance(self) -> None:
        """Have one more instance. Raises ExhaustionError if that would be too many."""
        with self._lock:
            limit = self.limits.instances
            if limit is not None and self.instances >= limit:
                raise ExhaustionError("instances", f"no more than {limit} instances", limit)
            self.instances += 1

    def spend_fuel(self, count: int) -> None:
        """Note fuel that an execution has spent."""
        with self._lock:
            self.fuel_spent += count
