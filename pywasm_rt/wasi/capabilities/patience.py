"""How long a guest may wait for one thing on a socket."""

from __future__ import annotations

from pywasm_rt.wasi.capabilities.clocks import MonotonicClock
from pywasm_rt.wasi.capabilities.network_error import NetworkError, NetworkErrorCode

__all__ = ["Patience"]

_NANOSECONDS_PER_MS = 1_000_000


class Patience:
    """A limit on each wait: it begins with the wait, and ends when what was waited for is there."""

    __slots__ = ("_clock", "_limit_ms", "_since_ns")

    def __init__(self, clock: MonotonicClock, limit_ms: int) -> None:
        self._clock = clock
        self._limit_ms = limit_ms
        self._since_ns: int | None = None

    def begin(self) -> None:
        """Something is waited for; if something is already, that wait goes on."""
        if self._since_ns is None:
            self._since_ns = self._clock.now_ns()

    def end(self) -> None:
        """It is there."""
        self._since_ns = None

    @property
    def deadline_ns(self) -> int | None:
        """When the present wait is over; None if there is none."""
        if self._since_ns is None:
            return None
        return self._since_ns + self._limit_ms * _NANOSECONDS_PER_MS

    @property
    def is_over(self) -> bool:
        """Whether the present wait has taken too long."""
        deadline_ns = self.deadline_ns
        return deadline_ns is not None and self._clock.now_ns() >= deadline_ns

    def error(self) -> NetworkError:
        """What a wait that took too long ends with."""
        message = f"nothing happened on the socket for {self._limit_ms} ms"
        return NetworkError(NetworkErrorCode.TIMEOUT, message)
