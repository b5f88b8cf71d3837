"""An application's node in virtual time: nothing happens but what somebody waits for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from typing import TypeVar

from pywasm_rt.errors import ProcessError
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.host_queue import PoolSettings
from pywasm_rt.process.interface import ExitResult, ProcessDefinition
from pywasm_rt.process.operations import Target
from pywasm_rt.process.pid import PID
from pywasm_rt.process.population import SpawnRequest
from pywasm_rt.process.simulation import Simulation, VirtualClock
from pywasm_rt.process.task import ProcessInformation

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
        self._hosts: dict[str, ProcessHost] = {}
        self._futures: dict[PID, list[Future[ExitResult]]] = {}

    @property
    def hosts(self) -> Mapping[str, ProcessHost]:
        """The hosts by ID."""
        return self._hosts

    def add_host(self, host: ProcessHost) -> None:
        """Make a host known. Raises ProcessError (AlreadyExists)."""
        self.simulation.add_host(host.id)
        self._hosts[host.id] = host

    def add_pool(self, pool_id: str, host_id: str, settings: PoolSettings) -> None:
        """Make a pool known, or change it. Raises ProcessError."""
        self.simulation.scheduler.add_pool(pool_id, host_id, settings)

    def remove_pool(self, pool_id: str) -> None:
        """Forget a pool."""
        self.simulation.scheduler.remove_pool(pool_id)

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
    ) -> tuple[PID, Future[ExitResult]]:
        """Start a process; how it will have ended. Raises ProcessError."""
        request = SpawnRequest(entry_id, host_id, tuple(arguments), method, values or {}, name=name)
        birth = self.simulation.scheduler.prepare_spawn(request)
        birth.perform()
        self.simulation.scheduler.finish(birth)
        if birth.error is not None:
            raise birth.error
        return birth.task.pid, self._future(birth.task.pid)

    def execute(
        self,
        entry_id: str,
        host_id: str,
        arguments: Sequence[object] = (),
        *,
        method: str | None = None,
        values: Mapping[str, object] | None = None,
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
        grace_ns = None if grace_seconds is None else int(grace_seconds * _NANOSECONDS)
        self.simulation.scheduler.cancel(target, reason, None, grace_ns)

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

    def close(self, grace_seconds: float = 10.0) -> tuple[PID, ...]:
        """Ask all processes to end, and terminate those that have not within the grace time."""
        scheduler = self.simulation.scheduler
        scheduler.stop()
        self.run_for(grace_seconds)
        for process in scheduler.processes():
            scheduler.terminate(process.pid)
        self.run_for(0.0)
        return tuple(process.pid for process in scheduler.processes())

    def run_for(self, seconds: float) -> None:
        """Let virtual time pass, and happen what then happens."""
        self.simulation.run_until(self.clock.now_ns() + int(seconds * _NANOSECONDS))
        self._settle()

    def wait(self, future: Future[Result], nudge: Callable[[], object] | None = None) -> Result:
        """Let happen what happens until ``future`` is done; its result, or its error is raised.

        ``nudge`` is called before each step. Raises ProcessError if everything waits for ever.
        """
        while not future.done():
            if nudge is not None:
                nudge()
            if not self.simulation.step():
                waiting = "; ".join(
                    f"{it.pid} waits for {it.waiting_for or 'mail'}" for it in self.processes()
                )
                raise ProcessError(f"nothing can happen any more: {waiting}")
            self._settle()
        return future.result()

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
