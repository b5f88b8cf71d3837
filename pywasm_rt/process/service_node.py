"""What supervision keeps about one service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pywasm_rt.errors import ProcessError
from pywasm_rt.process.interface import ExitResult
from pywasm_rt.process.lifecycle import (
    ServiceInformation,
    ServiceSpec,
    ServiceState,
    SupervisorSpec,
)

__all__ = ["DOWN", "UP", "Restarting", "ServiceNode"]

UP: Final = True
DOWN: Final = False

_ACTIVE = {ServiceState.STARTING, ServiceState.RUNNING, ServiceState.STOPPING}
_UP = {ServiceState.RUNNING, ServiceState.EXITED}
_ON_THE_WAY = {ServiceState.WAITING, ServiceState.STARTING}


@dataclass(slots=True)
class Restarting:
    """Children of a supervisor that are stopped, and start together again at ``due_ns``."""

    members: list[ServiceNode]
    due_ns: int


@dataclass(eq=False, slots=True)
class ServiceNode:
    """A service and its place among the others.

    ``goal`` is where it is to get, ``run`` the number of its present or last run, which began at
    ``run_since_ns``. ``again`` says that it is to go up as soon as it is down, ``leaving`` that it
    is to be forgotten then, ``blocked`` that it failed only for what it requires. ``failure`` is
    why a supervisor is stopping by itself, ``restart_times_ns`` are its children's restarts.
    """

    spec: ServiceSpec | SupervisorSpec
    state: ServiceState = ServiceState.UNKNOWN
    goal: bool = DOWN
    since_ns: int = 0
    run: int = 0
    run_since_ns: int | None = None
    attempts: int = 0
    restarts: int = 0
    restart_at_ns: int | None = None
    error: ProcessError | None = None
    result: ExitResult | None = None
    has_run: bool = False
    again: bool = False
    leaving: bool = False
    blocked: bool = False
    supervisor: ServiceNode | None = None
    children: list[ServiceNode] = field(default_factory=list)
    failure: ProcessError | None = None
    restarting: Restarting | None = None
    restart_times_ns: list[int] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its name."""
        return self.spec.id

    @property
    def is_supervisor(self) -> bool:
        """Whether it consists of others."""
        return isinstance(self.spec, SupervisorSpec)

    @property
    def is_active(self) -> bool:
        """Whether a run of it has begun and is not over."""
        return self.state in _ACTIVE

    @property
    def is_down(self) -> bool:
        """Whether nothing of it runs."""
        return self.state not in _ACTIVE

    @property
    def is_up(self) -> bool:
        """Whether what requires it may start."""
        return self.state in _UP

    @property
    def is_as_wanted(self) -> bool:
        """Whether its supervisor need not wait for it."""
        return self.is_up or self.goal == DOWN or self.state is ServiceState.FAILED

    def elder_siblings(self) -> list[ServiceNode]:
        """Those that start before it and stop after it."""
        siblings = [] if self.supervisor is None else self.supervisor.children
        return siblings[: siblings.index(self)] if siblings else []

    def younger_siblings(self) -> list[ServiceNode]:
        """Those that start after it and stop before it."""
        siblings = [] if self.supervisor is None else self.supervisor.children
        return siblings[siblings.index(self) + 1 :] if siblings else []

    def may_start_now(self) -> bool:
        """Whether its supervisor runs, and no elder sibling is still on its way up."""
        supervisor = self.supervisor
        if supervisor is None:
            return True
        if supervisor.state not in {ServiceState.STARTING, ServiceState.RUNNING}:
            return False
        elders = self.elder_siblings()
        if supervisor.state is ServiceState.STARTING:
            return all(elder.is_as_wanted for elder in elders)
        return not any(elder.goal == UP and elder.state in _ON_THE_WAY for elder in elders)

    def is_held(self) -> bool:
        """Whether it waits for its siblings, to start together with them."""
        group = None if self.supervisor is None else self.supervisor.restarting
        return group is not None and self in group.members

    def leave_group(self) -> None:
        """Do not start it together with its siblings."""
        if self.is_held():
            assert self.supervisor is not None, "its group is its supervisor's"
            assert self.supervisor.restarting is not None, "it is held by a group"
            self.supervisor.restarting.members.remove(self)

    def count_restart(self, now_ns: int) -> bool:
        """Note a restart of a child; whether that is within the intensity."""
        assert isinstance(self.spec, SupervisorSpec), "only supervisors count"
        since_ns = now_ns - self.spec.period_ns
        times_ns = [time_ns for time_ns in self.restart_times_ns if time_ns >= since_ns]
        self.restart_times_ns = [*times_ns, now_ns]
        return len(self.restart_times_ns) <= self.spec.intensity

    def information(self) -> ServiceInformation:
        """What can be told about it."""
        return ServiceInformation(
            self.id,
            self.state,
            self.since_ns,
            self.restarts,
            self.attempts,
            None if self.supervisor is None else self.supervisor.id,
            self.spec.strategy if isinstance(self.spec, SupervisorSpec) else None,
            self.spec.lifecycle.requires,
            self.error,
            self.result,
            self.restart_at_ns,
        )
