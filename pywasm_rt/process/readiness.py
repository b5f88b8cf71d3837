"""Who waits for which file descriptor, on one event loop.

An event loop knows one callback per descriptor and direction; here many can wait for the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Direction", "Readiness", "Watch"]

Direction = Literal["read", "write"]


@dataclass(eq=False, slots=True)
class Watch:
    """One who waits; ``callback`` is called as long as the descriptor is ready."""

    descriptor: int
    direction: Direction
    callback: Callable[[], None]


class Readiness:
    """The watches of one loop; used on the loop's thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watches: dict[tuple[int, Direction], list[Watch]] = {}

    def watch(self, stream: object, direction: Direction, callback: Callable[[], None]) -> Watch:
        """Wait for a stream. Raises OSError if the operating system cannot watch it."""
        fileno = getattr(stream, "fileno", None)
        if fileno is None:
            raise OSError("the stream has no file descriptor")
        watch = Watch(fileno(), direction, callback)
        key = (watch.descriptor, direction)
        watches = self._watches.get(key)
        if watches is None:
            self._add(watch.descriptor, direction)
            watches = self._watches.setdefault(key, [])
        watches.append(watch)
        return watch

    def forget(self, watch: Watch) -> None:
        """Take a watch back."""
        key = (watch.descriptor, watch.direction)
        watches = self._watches.get(key, [])
        if watch in watches:
            watches.remove(watch)
            if not watches:
                del self._watches[key]
                self._remove(*key)

    def _add(self, descriptor: int, direction: Direction) -> None:
        try:
            if direction == "read":
                self._loop.add_reader(descriptor, self._tell, descriptor, direction)
            else:
                self._loop.add_writer(descriptor, self._tell, descriptor, direction)
        except (NotImplementedError, ValueError) as error:
            raise OSError(str(error)) from error

    def _remove(self, descriptor: int, direction: Direction) -> None:
        if direction == "read":
            self._loop.remove_reader(descriptor)
        else:
            self._loop.remove_writer(descriptor)

    def _tell(self, descriptor: int, direction: Direction) -> None:
        for watch in tuple(self._watches.get((descriptor, direction), ())):
            watch.callback()
