"""Process hosts: the threads that run processes.

A host is a name that processes are started on, and a number of worker threads. A worker asks its
node for work, does it, and hands it back; all that needs thought is in the scheduler.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.work import Work

__all__ = ["Exchange", "ProcessHost", "TerminalHost"]

DEFAULT_QUEUE_SIZE = 1_024
DEFAULT_LOCAL_QUEUE_SIZE = 256
DEFAULT_MAX_PROCESSES = 1_000_000

Exchange = Callable[["ProcessHost", Work | None, int], Work | None]


class ProcessHost:
    """Runs processes on ``workers`` threads; 0 stands for as many as the machine has processors.

    ``queue_size`` and ``local_queue_size`` are accepted and told, for files written for runtimes
    whose queues have a fixed size; here a queue grows as it must, and ``max_processes`` bounds
    what may live on the host. 0 stands for the default.

    Raises ProcessError (Invalid) for a negative figure.
    """

    def __init__(
        self,
        id: str,
        workers: int = 0,
        queue_size: int = 0,
        local_queue_size: int = 0,
        *,
        max_processes: int = 0,
    ) -> None:
        figures = {
            "workers": workers,
            "queue_size": queue_size,
            "local_queue_size": local_queue_size,
            "max_processes": max_processes,
        }
        for name, figure in figures.items():
            if figure < 0:
                message = f"{name} must be greater than 0: {figure}"
                raise ProcessError(message, ProcessErrorKind.INVALID, host_id=id)
        self.id = id
        self.workers = workers or os.cpu_count() or 1
        self.queue_size = queue_size or DEFAULT_QUEUE_SIZE
        self.local_queue_size = local_queue_size or DEFAULT_LOCAL_QUEUE_SIZE
        self.max_processes = max_processes or DEFAULT_MAX_PROCESSES
        self.stopping = False
        self._threads: list[threading.Thread] = []
        self._condition: threading.Condition | None = None
        self._waiting = 0

    @property
    def running(self) -> bool:
        """Whether it has workers that take work."""
        return bool(self._threads) and not self.stopping

    def start(self, exchange: Exchange, lock: threading.Lock) -> None:
        """Start the workers. ``exchange`` hands finished work back and gives the next, or None.

        Raises ProcessError (AlreadyExists) if they were started before.
        """
        if self._threads:
            message = f"host already running: {self.id}"
            raise ProcessError(message, ProcessErrorKind.ALREADY_EXISTS, host_id=self.id)
        self._condition = threading.Condition(lock)
        for number in range(self.workers):
            thread = threading.Thread(
                target=self._work,
                args=(exchange,),
                name=f"pywasm-rt {self.id} worker {number}",
                daemon=True,
            )
            self._threads.append(thread)
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_seconds: float = 5.0) -> int:
        """Let the workers end after the step they are in; how many have not by then."""
        if self._condition is None:
            return 0
        with self._condition:
            self.stopping = True
            self._condition.notify_all()
        end = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return sum(thread.is_alive() for thread in self._threads)

    def notify(self, count: int) -> None:
        """Wake up to ``count`` workers that wait; the node's lock is held."""
        if self._waiting and count > 0 and self._condition is not None:
            self._condition.notify(min(count, self._waiting))

    def wait(self) -> None:
        """Wait for ``notify``, in a worker; the node's lock is held."""
        assert self._condition is not None, "only workers wait, and they were started"
        self._waiting += 1
        try:
            self._condition.wait()
        finally:
            self._waiting -= 1

    def _work(self, exchange: Exchange) -> None:
        work: Work | None = None
        elapsed_ns = 0
        while (work := exchange(self, work, elapsed_ns)) is not None:
            before_ns = time.perf_counter_ns()
            work.perform()
            elapsed_ns = time.perf_counter_ns() - before_ns


class TerminalHost(ProcessHost):
    """One worker, for commands that use the terminal."""

    def __init__(self, id: str) -> None:
        super().__init__(id, workers=1)
