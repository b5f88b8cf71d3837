"""An application's node in virtual time: nothing happens but what somebody waits for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from typing import TypeVar

from pywasm_rt.app.simulated_services import SimulatedServices
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.host_queue import PoolSettings
from pywasm_rt.process.interface import ExitResult, ProcessDefinition
from pywasm_rt.process.operations import Target
from pywasm_rt.process.pid import PID
from pywasm_rt.process.population import SpawnRequest
from pywasm_rt.process.security import Credentials, Policies
from pywasm_rt.process.simulation import Simulation, VirtualClock
from pywasm_rt.process.task import ProcessInformation
from pywasm_rt.process.timers import in_nanoseconds

__all__ = ["SimulatedNode"]

Result = TypeVar("Result")
_NANOSECONDS = 1_000_000_000


class SimulatedNode:
    """What a :class:`~pywasm_rt.process.node.Node` does, by a simulation.

    Processes run in :meth:`wait` and :meth:`run_for` only, on the thread that calls them.
    """

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self.simulation = Simulation((), clock=clock)
        self.clock = self.simulation.clock
        self._services = SimulatedServices(self.clock.now_ns)
        self._hosts: dict[str, ProcessHost] = {}
        self._futures: dict[PID, list[Future[ExitResult]]] = {}

    @property
    def hosts(self) -> Mapping[str, ProcessHost]:
        """The hosts by ID."""
        return self._hosts

    def add_host(self, host: ProcessHost) -> None:
        """Make a host known. Raises ProcessError (AlreadyExists)."""
        self.simulation.add_host(host.id, host.max_processes)
        self._hosts[host.id] = host

    def remove_host(self, host_id: str) -> None:
        """Forget a host. Raises ProcessError."""
        self.simulation.remove_host(host_id)
        del self._hosts[host_id]

    def add_pool(self, pool_id: str, host_id: str, settings: PoolSettings) -> None:
        """Make a pool known, or change it. Raises ProcessError."""
        self.simulation.scheduler.add_pool(pool_id, host_id, settings)

    def remove_pool(self, pool_id: str) -> None:
        """Forget a pool."""
        self.simulation.scheduler.remove_pool(pool_id)

    def set_policies(self, policies: Policies) -> None:
        """From now on processes may do what these say."""
        self.simulation.scheduler.set_policies(policies)

    def register(self, entry_id: str, definition: ProcessDefinition) -> None:
        """Make an entry known, or change it."""
        self.simulation.register(entry_id, definition)

    def unregister(self, entry_id: str) -> None:
        """Forget an entry."""
        self.simulation.scheduler.unregister(entry_id)

    def spawn_watched(
        self,
        entry_id: str,
        host_id: str,
        arguments: Sequence[object] = (),
        *,
        method: str | None = None,
        values: Mapping[str, object] | None = None,
        name: str = "",
        credentials: Credentials | None = None,
    ) -> tuple[PID, Future[ExitResult]]:
        """Start a process; how it will have ended. Raises ProcessError."""
        request = SpawnRequest(
            entry_id,
            host_id,
            tuple(arguments),
            method,
            values or {},
            name=name,
            credentials=credentials,
        )
        pid = self.simulation.start(request)
        return pid, self._future(pid)

    def execute(
        self,
        entry_id: str,
        host_id: str,
        arguments: Sequence[object] = (),
        *,
        method: str | None = None,
        values: Mapping[str, object] | None = None,
        pieces: int = 0,  # noqa: ARG002 - everything is done on one thread here
    ) -> tuple[PID, Future[ExitResult]]:
        """Start a process, perhaps later; how it will have ended. Raises ProcessError."""
        request = SpawnRequest(entry_id, host_id, tuple(arguments), method, values or {})
        pid = self.simulation.scheduler.execute(request)
        return pid, self._future(pid)

    def watch(self, target: Target) -> Future[ExitResult]:
        """How a process will have ended. Raises ProcessError (NotFound)."""
        return self._future(self.simulation.scheduler.find(target))

    def cancel(self, target: Target, reason: str = "", grace_seconds: float | None = None) -> None:
        """Ask a process to end. Raises ProcessError."""
        self.simulation.scheduler.cancel(target, reason, None, in_nanoseconds(grace_seconds))

    def terminate(self, target: Target) -> None:
        """End a process. Raises ProcessError."""
        self.simulation.scheduler.terminate(target)

    def find(self, name: str) -> PID | None:
        """Whose name it is; None if nobody's."""
        return self.simulation.scheduler.find_name(name)

    def announce(self, entry_ids: Collection[str], sources: Collection[str]) -> int:
        """Tell the upgradable processes of some entries that ``sources`` have changed."""
        return self.simulation.scheduler.announce(entry_ids, sources)

    def processes(self) -> tuple[ProcessInformation, ...]:
        """All living processes, oldest first."""
        return self.simulation.scheduler.processes()

    def start(self) -> None:
        """Nothing has to be started."""

    @property
    def services(self) -> SimulatedServices:
        """The services that run in the same time."""
        return self._services

    def close(self, grace_seconds: float = 10.0) -> tuple[PID, ...]:
        """Ask all processes to end, and terminate those that have not within the grace time."""
        scheduler = self.simulation.scheduler
        scheduler.stop()
        self.run_for(grace_seconds, until=lambda: not len(scheduler))
        for process in scheduler.processes():
            scheduler.terminate(process.pid)
        self.run_for(0.0)
        return tuple(process.pid for process in scheduler.processes())

    def run_until(self, condition: Callable[[], bool]) -> None:
        """Let happen what happens until something is so. Raises ProcessError if it never will."""
        while not condition():
            if not self._step():
                raise self.simulation.stuck()

    def run_for(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
        """Let virtual time pass, and happen what then happens, until ``until`` says so."""
        end_ns = self.clock.now_ns() + int(seconds * _NANOSECONDS)
        while not until() and self._step(end_ns):
            pass
        if not until():
            self.simulation.run_until(end_ns)
            self._settle()

    def wait(self, future: Future[Result]) -> Result:
        """Let happen what happens until ``future`` is done; its result, or its error is raised.

        Raises ProcessError if everything waits for ever.
        """
        self.run_until(future.done)
        return future.result()

    def _step(self, limit_ns: int | None = None) -> bool:
        """The next thing that happens, services' included; whether there is any."""
        if self._services.act():
            return True
        wake_ns = self._services.next_wake_ns
        moments = [it for it in (limit_ns, wake_ns) if it is not None]
        if self.simulation.step(min(moments, default=None)):
            self._settle()
            return True
        if wake_ns is None or (limit_ns is not None and wake_ns > limit_ns):
            return False
        self.simulation.run_until(wake_ns)
        self._services.act()
        return True

    def _future(self, pid: PID) -> Future[ExitResult]:
        future: Future[ExitResult] = Future()
        self._futures.setdefault(pid, []).append(future)
        self._settle()
        return future

    def _settle(self) -> None:
        ended = self.simulation.ended
        for pid in [pid for pid in self._futures if pid in ended]:
            for future in self._futures.pop(pid):
                future.set_result(ended[pid])
