"""Sources of random bytes: the machine's, and one that repeats itself."""

from __future__ import annotations

import os
import random
from typing import Protocol

__all__ = ["RandomSource", "SeededRandom", "SystemRandom"]


class RandomSource(Protocol):
    """Random bytes, without end."""

    def read(self, count: int) -> bytes:
        """Exactly ``count`` bytes."""
        ...


class SystemRandom:
    """The operating system's generator, fit for keys."""

    def read(self, count: int) -> bytes:
        """Exactly ``count`` bytes."""
        return os.urandom(count)


class SeededRandom:
    """A generator that gives the same bytes for the same seed; for tests and replays, not keys."""

    def __init__(self, seed: int | str | bytes = 0) -> None:
        self._generator = random.Random(seed)

    def read(self, count: int) -> bytes:
        """Exactly ``count`` bytes."""
        return self._generator.randbytes(count)
