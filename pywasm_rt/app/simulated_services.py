"""Services in virtual time: :mod:`pywasm_rt.process.supervision`, driven by who lets time pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from pywasm_rt.process.failure import as_process_error
from pywasm_rt.process.interface import ExitResult
from pywasm_rt.process.lifecycle import ServiceInformation, ServiceSpec, SupervisorSpec
from pywasm_rt.process.services import ServiceRun, Startable
from pywasm_rt.process.supervision import (
    Action,
    CancelService,
    StartService,
    Supervision,
)

__all__ = ["SimulatedServices"]


class SimulatedServices:
    """What a :class:`~pywasm_rt.process.services.ServiceRunner` does, without a thread.

    Nothing happens but in :meth:`act`. Delays have no jitter. ``on_change``, if set, is told of
    each service that has come into another state.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._supervision = Supervision(random=lambda: 0.5)
        self._startables: dict[str, Startable] = {}
        self._runs: dict[tuple[str, int], ServiceRun] = {}
        self._reports: deque[tuple[str, int, ExitResult]] = deque()
        self.on_change: Callable[[ServiceInformation], object] | None = None

    def add(self, spec: ServiceSpec, startable: Startable) -> None:
        """Make a service known. Raises ProcessError as :meth:`Supervision.add`."""
        self._supervision.add(spec)
        self._startables[spec.id] = startable

    def add_supervisor(self, spec: SupervisorSpec) -> None:
        """Make a supervisor known, after its children. Raises as :meth:`Supervision.add`."""
        self._supervision.add(spec)

    def remove(self, id: str) -> None:
        """Stop a service, and forget it when it is down. Raises ProcessError (NotFound)."""
        self._supervision.remove(id)

    def start(self, id: str | None = None) -> None:
        """Start a service, or all that start by themselves. Raises as :meth:`Supervision.start`."""
        self._supervision.start(id)

    def stop(self, id: str | None = None) -> None:
        """Stop a service and what requires it, or all. Raises ProcessError (NotFound)."""
        self._supervision.stop(id)

    def restart(self, id: str) -> None:
        """Stop a service and start it again. Raises ProcessError (NotFound)."""
        self._supervision.restart(id)

    def force(self) -> None:
        """Terminate everything."""
        self._supervision.force()

    def services(self) -> tuple[ServiceInformation, ...]:
        """All services, in the order in which they were added."""
        return self._supervision.services()

    @property
    def is_settled(self) -> bool:
        """Whether nothing is about to start or stop."""
        return self._supervision.is_settled

    @property
    def is_down(self) -> bool:
        """Whether nothing runs."""
        return self._supervision.is_down

    def startup_failures(self) -> tuple[ServiceInformation, ...]:
        """The required services that have failed without ever having run."""
        return self._supervision.startup_failures()

    @property
    def next_wake_ns(self) -> int | None:
        """When there will be something to do, at the latest."""
        return self._supervision.next_wake_ns

    def act(self) -> bool:
        """Do what is to be done now; whether there was anything."""
        supervision = self._supervision
        supervision.tick(self._now_ns())
        worked = bool(self._reports)
        while self._reports:
            id, run, result = self._reports.popleft()
            self._runs.pop((id, run), None)
            supervision.ended(id, run, result)
        actions = supervision.take_actions()
        for change in supervision.take_changes():
            if self.on_change is not None:
                self.on_change(change)
        for action in actions:
            self._act(action)
        return worked or bool(actions)

    def _act(self, action: Action) -> None:
        key = action.id, action.run
        if isinstance(action, StartService):
            self._start(action)
        elif key in self._runs and isinstance(action, CancelService):
            self._runs[key].cancel(action.reason)
        elif key in self._runs:
            self._runs[key].terminate()

    def _start(self, action: StartService) -> None:
        id, number = action.id, action.run
        try:
            run = self._startables[id].start(partial(self._report, id, number))
        except Exception as error:  # noqa: BLE001 - foreign code: its fault is the start's error
            self._supervision.start_failed(id, number, as_process_error(error))
        else:
            self._runs[id, number] = run
            self._supervision.started(id, number)

    def _report(self, id: str, run: int, result: ExitResult) -> None:
        self._reports.append((id, run, result))
