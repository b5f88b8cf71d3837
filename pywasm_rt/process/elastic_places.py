"""How many places an elastic pool has: more while calls wait, fewer when they are not needed.

A plain object without a clock: whoever changes how many places are in use says what time it is.
The number doubles when calls have been waiting for :data:`GROW_NS`, and again after each further
:data:`GROW_NS`. It halves after each :data:`SHRINK_NS` in which never more than half of the places
were in use. What is not asked for is not changed: no timer is needed to shrink.
"""

from __future__ import annotations

__all__ = ["GROW_NS", "SHRINK_NS", "ElasticPlaces"]

GROW_NS = 10_000_000
SHRINK_NS = 10_000_000_000


class ElasticPlaces:
    """From ``least`` to ``most`` places; ``least`` at the beginning."""

    __slots__ = ("_in_use", "_spare_since_ns", "count", "least", "most")

    def __init__(self, least: int, most: int) -> None:
        self.least = least
        self.most = most
        self.count = least
        self._in_use = 0
        self._spare_since_ns: int | None = None

    @property
    def may_grow(self) -> bool:
        """Whether there are fewer places than there may be."""
        return self.count < self.most

    def grow(self, now_ns: int) -> None:
        """Calls have waited: have twice as many places, as far as that may be."""
        self.shrink(now_ns)
        self.count = min(2 * self.count, self.most)
        self._look(now_ns)

    def use(self, in_use: int, now_ns: int) -> None:
        """Say how many places are in use from now on."""
        self.shrink(now_ns)
        self._in_use = in_use
        self._look(now_ns)

    def shrink(self, now_ns: int) -> None:
        """Give up what has not been needed until now."""
        while self._spare_since_ns is not None and now_ns - self._spare_since_ns >= SHRINK_NS:
            self.count = max(self.count // 2, self.least)
            shrunk_ns = self._spare_since_ns + SHRINK_NS
            self._spare_since_ns = None
            self._look(shrunk_ns)

    def _look(self, now_ns: int) -> None:
        """Note since when half of the places have been too many."""
        if self.count <= self.least or 2 * self._in_use > self.count:
            self._spare_since_ns = None
        elif self._spare_since_ns is None:
            self._spare_since_ns = now_ns
