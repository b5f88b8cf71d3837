"""Timers as data: instants under keys, told in order when somebody says what time it is."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["TimerQueue", "in_nanoseconds"]

Key = TypeVar("Key", bound=Hashable)

_SLACK = 64
# Thirty years, so that moments stay what 64 bits hold.
_LONGEST_SECONDS = 1e9


def in_nanoseconds(seconds: float | None) -> int | None:
    """A span of time for the scheduler; None stays None, and what is very long is shorter."""
    return None if seconds is None else int(min(seconds, _LONGEST_SECONDS) * 1_000_000_000)


class TimerQueue(Generic[Key]):
    """At most one instant (nanoseconds) per key. Ties are told in the order they were set."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Key]] = []
        self._live: dict[Key, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, key: object) -> bool:
        return key in self._live

    def pending(self) -> tuple[Key, ...]:
        """The keys that are set."""
        return tuple(self._live)

    def set(self, key: Key, when_ns: int) -> None:
        """Tell ``key`` at ``when_ns``, in place of what was set for it before."""
        self._count += 1
        self._live[key] = self._count
        heapq.heappush(self._heap, (when_ns, self._count, key))
        if len(self._heap) > 2 * len(self._live) + _SLACK:
            self._drop_stale()

    def cancel(self, key: Key) -> None:
        """Forget ``key``; nothing happens if it is not set."""
        self._live.pop(key, None)

    @property
    def next_ns(self) -> int | None:
        """The earliest instant, or None."""
        heap = self._heap
        while heap and self._live.get(heap[0][2]) != heap[0][1]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now_ns: int) -> list[Key]:
        """Take out the keys whose instant has come, oldest first."""
        due: list[Key] = []
        while (when_ns := self.next_ns) is not None and when_ns <= now_ns:
            key = heapq.heappop(self._heap)[2]
            del self._live[key]
            due.append(key)
        return due

    def _drop_stale(self) -> None:
        """Cancelled timers stay in the heap until they surface; this keeps them from piling up."""
        self._heap = [item for item in self._heap if self._live.get(item[2]) == item[1]]
        heapq.heapify(self._heap)
