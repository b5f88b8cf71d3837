"""Clocks: the machine's, and ones that stand still until they are told to go on.

All readings are in nanoseconds: of a monotonic clock since some arbitrary moment, of a wall clock
since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = [
    "FixedWallClock",
    "MonotonicClock",
    "SystemMonotonicClock",
    "SystemWallClock",
    "VirtualMonotonicClock",
    "VirtualWallClock",
    "WallClock",
]

_NANOSECONDS = 1_000_000_000


class MonotonicClock(Protocol):
    """A clock that never goes back. The deadlines of operations are on it."""

    @property
    def resolution_ns(self) -> int:
        """The smallest step it can show, at least 1."""
        ...

    def now_ns(self) -> int:
        """The present reading."""
        ...


class WallClock(Protocol):
    """A clock that tells the date; it may be set back."""

    @property
    def resolution_ns(self) -> int:
        """The smallest step it can show, at least 1."""
        ...

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        ...


def _resolution_ns(name: Literal["monotonic", "time"]) -> int:
    return max(1, round(time.get_clock_info(name).resolution * _NANOSECONDS))


class SystemMonotonicClock:
    """The machine's monotonic clock (``time.monotonic_ns``)."""

    resolution_ns = _resolution_ns("monotonic")

    def now_ns(self) -> int:
        """Nanoseconds since some moment before the process began."""
        return time.monotonic_ns()


class SystemWallClock:
    """The machine's date and time (``time.time_ns``)."""

    resolution_ns = _resolution_ns("time")

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        return time.time_ns()


@dataclass(slots=True)
class VirtualMonotonicClock:
    """A monotonic clock that moves only when :meth:`advance` says so."""

    reading_ns: int = 0
    resolution_ns: int = 1

    def now_ns(self) -> int:
        """The reading it was left at."""
        return self.reading_ns

    def advance(self, nanoseconds: int) -> None:
        """Move on by ``nanoseconds``. Raises ValueError for a step back."""
        if nanoseconds < 0:
            raise ValueError(f"a monotonic clock cannot go back by {-nanoseconds} ns")
        self.reading_ns += nanoseconds


@dataclass(frozen=True, slots=True)
class FixedWallClock:
    """A wall clock that always shows the same moment."""

    moment_ns: int
    resolution_ns: int = 1

    def now_ns(self) -> int:
        """The moment."""
        return self.moment_ns


@dataclass(frozen=True, slots=True)
class VirtualWallClock:
    """A wall clock that goes with a monotonic one, which read 0 at ``epoch_ns``."""

    monotonic: MonotonicClock
    epoch_ns: int = 0

    @property
    def resolution_ns(self) -> int:
        """That of the monotonic clock."""
        return self.monotonic.resolution_ns

    def now_ns(self) -> int:
        """The monotonic clock's reading, counted from ``epoch_ns``."""
        return self.epoch_ns + self.monotonic.now_ns()
