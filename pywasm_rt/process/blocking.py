"""Calls that may block, on threads that do not keep the program alive.

A read from a terminal cannot be taken back: the thread that does it may sit there for ever. So
these threads are daemons of our own, not those of :mod:`concurrent.futures`, which are waited for
at exit. Calls on one object (its *lane*) are made one after another, in order.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pywasm_rt.process.immediate import outcome

__all__ = ["BlockingLanes", "Job"]

_IDLE_SECONDS = 5.0


@dataclass(eq=False, slots=True)
class Job:
    """One call. ``done`` is told its result, or its error, on the thread that made it."""

    lane: object
    call: Callable[[], object]
    done: Callable[[object, Exception | None], None]


class BlockingLanes:
    """One thread for each object that calls are being made on; idle ones are used again."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._lanes: dict[int, deque[Job]] = {}
        self._unserved: deque[int] = deque()
        self._idle = 0
        self._threads: set[threading.Thread] = set()
        self._busy: set[threading.Thread] = set()
        self._closed = False

    def submit(self, job: Job) -> None:
        """Queue a call; nothing happens after ``close``."""
        with self._condition:
            if self._closed:
                return
            key = id(job.lane)
            queue = self._lanes.get(key)
            if queue is not None:
                queue.append(job)
                return
            self._lanes[key] = deque([job])
            self._unserved.append(key)
            if len(self._unserved) > self._idle:
                self._start_thread()
            self._condition.notify()

    def withdraw(self, job: Job) -> bool:
        """Forget a call that has not begun; whether that was so."""
        with self._condition:
            queue = self._lanes.get(id(job.lane))
            if queue is None or job not in queue:
                return False
            queue.remove(job)
            return True

    def is_busy(self, lane: object) -> bool:
        """Whether calls on ``lane`` are queued or being made."""
        with self._condition:
            return id(lane) in self._lanes

    def close(self, timeout_seconds: float = 1.0) -> int:
        """Drop what is queued and end the threads; how many are stuck in a call."""
        with self._condition:
            self._closed = True
            self._unserved.clear()
            for queue in self._lanes.values():
                queue.clear()
            self._condition.notify_all()
            stuck = tuple(self._busy)
            idle = tuple(self._threads - self._busy)
        for thread in idle:
            thread.join(timeout_seconds)
        return sum(thread.is_alive() for thread in stuck)

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._serve, name="pywasm-rt blocking", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _serve(self) -> None:
        thread = threading.current_thread()
        while (key := self._next_lane()) is not None:
            while (job := self._next_job(key, thread)) is not None:
                result = outcome(job.call)
                # Whoever hears of the result may close: this thread is not stuck any more.
                with self._condition:
                    self._busy.discard(thread)
                job.done(*result)
                # The frame must not keep the stream alive while it waits for the next call.
                del job
        with self._condition:
            self._threads.discard(thread)

    def _next_lane(self) -> int | None:
        """A lane that nobody serves, or None when it is time to end."""
        with self._condition:
            self._idle += 1
            try:
                self._condition.wait_for(lambda: self._unserved or self._closed, _IDLE_SECONDS)
            finally:
                self._idle -= 1
            if not self._unserved:
                return None
            return self._unserved.popleft()

    def _next_job(self, key: int, thread: threading.Thread) -> Job | None:
        with self._condition:
            queue = self._lanes[key]
            if queue:
                self._busy.add(thread)
                return queue.popleft()
            del self._lanes[key]
            return None
