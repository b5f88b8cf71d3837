"""Who waits for what to become ready, on one event loop.

File descriptors are watched by the loop, which knows one callback per descriptor and direction;
here many can wait for the same. Other things tell by themselves, from any thread (see
:class:`~pywasm_rt.operations.ReadyWhen`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

__all__ = ["Direction", "Readiness", "Watch"]

Direction = Literal["read", "write"]


@dataclass(eq=False, slots=True)
class Watch:
    """One who waits; ``callback`` is called as long as a descriptor is ready.

    ``release`` ends it: it lets go of what was held, or tells who would have called.
    """

    descriptor: int
    direction: Direction
    callback: Callable[[], None]
    release: Callable[[], object] | None = None


class Readiness:
    """The watches of one loop; used on the loop's thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watches: dict[tuple[int, Direction], list[Watch]] = {}

    def watch(self, stream: object, direction: Direction, callback: Callable[[], None]) -> Watch:
        """Wait for a stream. Raises OSError if it cannot be watched."""
        fileno = getattr(stream, "fileno", None)
        if fileno is None:
            return self._watch_teller(stream, direction, callback)
        hold = getattr(stream, "hold", None)
        watch = Watch(-1, direction, callback, None if hold is None else hold())
        try:
            watch.descriptor = fileno()
            key = (watch.descriptor, direction)
            watches = self._watches.get(key)
            if watches is None:
                self._add(watch.descriptor, direction)
                watches = self._watches.setdefault(key, [])
        except OSError:
            if watch.release is not None:
                watch.release()
            raise
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
        if watch.release is not None:
            watch.release()

    def _watch_teller(
        self, stream: object, direction: Direction, callback: Callable[[], None]
    ) -> Watch:
        """Wait for something that tells by itself."""
        if not hasattr(stream, "watch") or not hasattr(stream, "unwatch"):
            raise OSError("the stream has no file descriptor")

        def tell() -> None:
            # The loop is closed if the program ended meanwhile.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(callback)

        stream.watch(tell)
        return Watch(-1, direction, callback, lambda: stream.unwatch(tell))

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
