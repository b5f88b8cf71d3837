"""Services in real time: :mod:`pywasm_rt.process.supervision`, driven by one thread.

What a service is made of is given as a :class:`Startable`: a process of a node
(:class:`ProcessService`), or anything else that can be started and ended.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, Self

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.failure import as_process_error
from pywasm_rt.process.interface import ExitResult
from pywasm_rt.process.lifecycle import ServiceInformation, ServiceSpec, SupervisorSpec
from pywasm_rt.process.node import Node
from pywasm_rt.process.pid import PID
from pywasm_rt.process.security import Credentials
from pywasm_rt.process.supervision import (
    Action,
    CancelService,
    StartService,
    Supervision,
    TerminateService,
)
from pywasm_rt.wasi.capabilities.clocks import MonotonicClock, SystemMonotonicClock

__all__ = ["ProcessService", "ServiceRun", "ServiceRunner", "Startable"]

_NANOSECONDS = 1_000_000_000
Ended = Callable[[ExitResult], None]


class ServiceRun(Protocol):
    """One run of a service. Both methods may be called when it is over already."""

    def cancel(self, reason: str) -> None:
        """Ask it to end."""
        ...

    def terminate(self) -> None:
        """End it, whatever it does."""
        ...


class Startable(Protocol):
    """What a service is made of."""

    def start(self, ended: Ended) -> ServiceRun:
        """Start it; it runs when this returns. ``ended`` is to be called once, when it is over.

        Raises ProcessError if it cannot be started: ``retryable`` says whether to try again.
        """
        ...


@dataclass(frozen=True, slots=True)
class _ProcessRun:
    """A process as a run of a service."""

    node: Node
    pid: PID

    def cancel(self, reason: str) -> None:
        with suppress(ProcessError):
            self.node.cancel(self.pid, reason, grace_seconds=float("inf"))

    def terminate(self) -> None:
        with suppress(ProcessError):
            self.node.terminate(self.pid)


@dataclass(frozen=True, slots=True)
class ProcessService:
    """A process of a node as a service.

    ``name``, if given, is registered for each run, so that others can send to it by name.
    """

    node: Node
    entry_id: str
    host_id: str
    arguments: tuple[object, ...] = ()
    method: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    name: str = ""
    credentials: Credentials | None = None

    def start(self, ended: Ended) -> ServiceRun:
        """Spawn the process. Raises ProcessError, also if another process has its name."""
        if self.name and self.node.find(self.name) is not None:
            message = f"name already registered: {self.name}"
            raise ProcessError(message, ProcessErrorKind.ALREADY_EXISTS, retryable=True)
        pid, future = self.node.spawn_watched(
            self.entry_id,
            self.host_id,
            self.arguments,
            method=self.method,
            values=self.values,
            name=self.name,
            credentials=self.credentials,
        )
        future.add_done_callback(partial(_report_end, ended))
        return _ProcessRun(self.node, pid)


def _report_end(ended: Ended, future: Future[ExitResult]) -> None:
    error = future.exception()
    if error is None:
        ended(future.result())
    else:
        ended(ExitResult(error=as_process_error(error)))


class ServiceRunner:
    """Runs services. ``with ServiceRunner() as runner:``; at the end all are stopped, in order.

    All methods may be called from any thread, but not from a service's ``start``. ``on_change``, if
    set, is told of each service that has come into another state, on the runner's own thread.
    """

    def __init__(self, clock: MonotonicClock | None = None) -> None:
        self._clock = clock if clock is not None else SystemMonotonicClock()
        self._supervision = Supervision()
        self._startables: dict[str, Startable] = {}
        self._runs: dict[tuple[str, int], ServiceRun] = {}
        # A run may be over before ``start`` has returned; so what is reported is only queued.
        self._reports: deque[tuple[str, int, ExitResult]] = deque()
        self._changed = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        self._closed = False
        self._acting = False
        self._changes: list[ServiceInformation] = []
        self.on_change: Callable[[ServiceInformation], object] | None = None

    # What there is, and what is asked for.

    def add(self, spec: ServiceSpec, startable: Startable) -> None:
        """Make a service known. Raises ProcessError as :meth:`Supervision.add`."""
        with self._supervising() as supervision:
            supervision.add(spec)
            self._startables[spec.id] = startable

    def add_supervisor(self, spec: SupervisorSpec) -> None:
        """Make a supervisor known, after its children. Raises as :meth:`Supervision.add`."""
        with self._supervising() as supervision:
            supervision.add(spec)

    def remove(self, id: str) -> None:
        """Stop a service, and forget it when it is down. Raises ProcessError (NotFound)."""
        with self._supervising() as supervision:
            supervision.remove(id)

    def start(self, id: str | None = None) -> None:
        """Start a service, or all that start by themselves. Raises as :meth:`Supervision.start`."""
        with self._supervising() as supervision:
            supervision.start(id)

    def stop(self, id: str | None = None) -> None:
        """Stop a service and what requires it, or all, in reverse order. Raises NotFound."""
        with self._supervising() as supervision:
            supervision.stop(id)

    def restart(self, id: str) -> None:
        """Stop a service and start it again. Raises ProcessError (NotFound)."""
        with self._supervising() as supervision:
            supervision.restart(id)

    def force(self) -> None:
        """Terminate everything at once, whatever it does."""
        with self._supervising() as supervision:
            supervision.force()

    # What can be seen.

    def services(self) -> tuple[ServiceInformation, ...]:
        """All services, in the order in which they were added."""
        with self._supervising() as supervision:
            return supervision.services()

    def service(self, id: str) -> ServiceInformation:
        """One service. Raises ProcessError (NotFound)."""
        with self._supervising() as supervision:
            return supervision.service(id)

    def wait(
        self, condition: Callable[[Supervision], bool], timeout_seconds: float | None = None
    ) -> bool:
        """Wait until something is true of the services; whether it is."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._acting and condition(self._supervision), timeout_seconds
            )

    def wait_started(self, timeout_seconds: float | None = None) -> tuple[ServiceInformation, ...]:
        """Wait until nothing is about to start; the required services that could not be.

        Raises ProcessError (Timeout).
        """
        if not self.wait(lambda it: it.is_settled, timeout_seconds):
            raise ProcessError("services are still starting", ProcessErrorKind.TIMEOUT)
        with self._changed:
            return self._supervision.startup_failures()

    def wait_down(self, timeout_seconds: float | None = None) -> bool:
        """Wait until nothing runs; whether nothing does."""
        return self.wait(lambda it: it.is_down, timeout_seconds)

    # Before and after.

    def open(self) -> None:
        """Start the thread; what was asked for before is done now."""
        thread = threading.Thread(target=self._run, name="pywasm-rt services", daemon=True)
        self._thread = thread
        thread.start()

    def close(self, timeout_seconds: float | None = None) -> bool:
        """Stop all services in order, forced after ``timeout_seconds``; whether all are down."""
        self.stop()
        if self._thread is not None and not self.wait_down(timeout_seconds):
            self.force()
            self.wait_down(timeout_seconds)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        with self._changed:
            return self._supervision.is_down

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Inside.

    @contextmanager
    def _supervising(self) -> Iterator[Supervision]:
        """The supervision under the lock; the thread then looks what is to be done."""
        with self._changed:
            self._supervision.tick(self._clock.now_ns())
            yield self._supervision
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                actions = self._next_actions()
                if actions is None:
                    return
                self._acting = bool(actions)
                changes, self._changes = self._changes, []
            if self.on_change is not None:
                for change in changes:
                    self.on_change(change)
            for action in actions:
                self._act(action)
            with self._changed:
                self._acting = False
                self._changed.notify_all()

    def _next_actions(self) -> list[Action] | None:
        """What is to be done, or nothing where something has changed, after waiting for it; None
        at the end. The lock is held.
        """
        supervision = self._supervision
        while True:
            supervision.tick(self._clock.now_ns())
            while self._reports:
                id, run, result = self._reports.popleft()
                self._runs.pop((id, run), None)
                supervision.ended(id, run, result)
            actions = supervision.take_actions()
            self._changes += supervision.take_changes()
            if actions or self._changes:
                return actions
            if self._closed:
                return None
            self._changed.notify_all()
            next_ns = supervision.next_wake_ns
            left = None if next_ns is None else (next_ns - self._clock.now_ns()) / _NANOSECONDS
            if left is None or left > 0:
                self._changed.wait_for(self._is_due, left)

    def _is_due(self) -> bool:
        supervision = self._supervision
        news = bool(self._reports) or supervision.has_changes
        return self._closed or news or supervision.has_actions

    def _act(self, action: Action) -> None:
        key = action.id, action.run
        match action:
            case StartService():
                self._start(action)
            case CancelService():
                run = self._runs.get(key)
                if run is not None:
                    run.cancel(action.reason)
            case TerminateService():
                run = self._runs.get(key)
                if run is not None:
                    run.terminate()

    def _start(self, action: StartService) -> None:
        id, number = action.id, action.run
        try:
            run = self._startables[id].start(partial(self._report, id, number))
        except Exception as error:  # noqa: BLE001 - foreign code: its fault is the start's error
            failure = as_process_error(error)
            with self._changed:
                self._supervision.tick(self._clock.now_ns())
                self._supervision.start_failed(id, number, failure)
            return
        with self._changed:
            self._supervision.tick(self._clock.now_ns())
            self._runs[id, number] = run
            self._supervision.started(id, number)

    def _report(self, id: str, run: int, result: ExitResult) -> None:
        self._reports.append((id, run, result))
        with self._changed:
            self._changed.notify_all()
