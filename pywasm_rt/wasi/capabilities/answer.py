"""What goes on in the background: an answer that is not there yet, and who is to be told.

The objects in here are used from several threads: by the guest's, and by whoever performs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["PendingAnswer", "Watchers"]

Callback = Callable[[], object]


class Watchers:
    """Those who want to be told whenever something may have changed."""

    def __init__(self) -> None:
        self._watchers: tuple[Callback, ...] = ()
        self._watchers_lock = threading.Lock()

    def watch(self, callback: Callback) -> None:
        """Call ``callback``, from whatever thread, at every change from now on."""
        with self._watchers_lock:
            self._watchers += (callback,)

    def unwatch(self, callback: Callback) -> None:
        """Take that back; a call that is under way may still come."""
        with self._watchers_lock:
            self._watchers = tuple(it for it in self._watchers if it != callback)

    def tell(self) -> None:
        """Something may have changed; no lock is held by whoever says so."""
        for callback in self._watchers:
            callback()


class PendingAnswer(Watchers):
    """The answer to a :class:`~pywasm_rt.operations.Begin`, until it is there and after that.

    ``discard`` is called with a result that comes when nobody wants it any more.
    """

    may_block = True

    def __init__(self, discard: Callable[[object], object] | None = None) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._discard = discard
        self._outcome: tuple[object, Exception | None] | None = None
        self._given_up = False
        self._when_given_up: list[Callback] = []

    # For whoever performs.

    def settle(self, result: object) -> None:
        """Give the result; the first word counts."""
        self._set(result, None)

    def fail(self, error: Exception) -> None:
        """Say that it failed."""
        self._set(None, error)

    def when_given_up(self, callback: Callback) -> None:
        """Call ``callback`` when nobody wants the answer any more, at once if that is so."""
        with self._lock:
            if not self._given_up:
                if self._outcome is None:
                    self._when_given_up.append(callback)
                return
        callback()

    # For whoever asked.

    @property
    def is_settled(self) -> bool:
        """Whether the answer, or an error, is there."""
        return self._outcome is not None

    def ready(self) -> bool:
        """The same."""
        return self.is_settled

    def result(self) -> object:
        """The answer, which is to be ready. Raises the error if it failed."""
        assert self._outcome is not None, "whoever takes it has waited for it"
        result, error = self._outcome
        if error is not None:
            raise error
        return result

    def give_up(self) -> None:
        """Want it no more. A result that is there stays whoever took it's own."""
        with self._lock:
            if self._given_up:
                return
            self._given_up = True
            callbacks, self._when_given_up = self._when_given_up, []
        for callback in callbacks:
            callback()

    def _set(self, result: object, error: Exception | None) -> None:
        with self._lock:
            if self._outcome is not None:
                return
            self._outcome = result, error
            self._when_given_up = []
            unwanted = self._given_up
        if unwanted and error is None and self._discard is not None:
            self._discard(result)
        self.tell()
