"""Supervision: which services run, in which order they start and stop, and what a failure leads to.

A plain object, like the scheduler: no clock, no thread, nothing is started in here. Whoever drives
it says what time it is (:meth:`Supervision.tick`), does what it wants
(:meth:`Supervision.take_actions`) and reports what came of it (:meth:`Supervision.started`,
:meth:`~Supervision.start_failed`, :meth:`~Supervision.ended`).

Every service has a goal, up or down; what is asked for and what fails changes goals, and one pass
over all services (:meth:`Supervision._settle`) takes every step towards the goals that is possible
now. **Up**: what a service requires runs first, and under a supervisor its elder siblings.
**Down**: in the reverse order. A service is canceled, and after its stop timeout terminated; a
forced stop terminates at once.

**Failures.** Whatever ends a running service abnormally, a trap too, is followed by a restart after
the growing delay of its policy. A start that fails with an error which is not retryable is not
tried again: it would fail in the same way.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.interface import ExitResult
from pywasm_rt.process.lifecycle import (
    RestartWhen,
    ServiceInformation,
    ServiceSpec,
    ServiceState,
    Strategy,
    SupervisorSpec,
)
from pywasm_rt.process.service_node import DOWN, UP, Restarting, ServiceNode
from pywasm_rt.process.timers import TimerQueue

__all__ = ["Action", "CancelService", "StartService", "Supervision", "TerminateService"]

STOP_REASON = "service stopping"
_ABOUT_TO_START = {ServiceState.WAITING, ServiceState.RESTARTING}


@dataclass(frozen=True, slots=True)
class StartService:
    """Start a service; report ``started`` or ``start_failed``, and later ``ended``, of this run."""

    id: str
    run: int


@dataclass(frozen=True, slots=True)
class CancelService:
    """Ask a run of a service to end."""

    id: str
    run: int
    reason: str


@dataclass(frozen=True, slots=True)
class TerminateService:
    """End a run of a service, whatever it does."""

    id: str
    run: int


Action = StartService | CancelService | TerminateService


class Supervision:
    """The services of an application. See the module's docstring.

    ``random`` gives numbers from 0 to 1, for the jitter of delays.
    """

    def __init__(self, random: Callable[[], float] = random.random) -> None:
        self._random = random
        self._now_ns = 0
        self._nodes: dict[str, ServiceNode] = {}
        self._actions: list[Action] = []
        self._changes: list[ServiceInformation] = []
        self._timers: TimerQueue[str] = TimerQueue()
        self._forced = False

    # What there is.

    def add(self, spec: ServiceSpec | SupervisorSpec) -> None:
        """Make a service or supervisor known; a supervisor's children are known before it.

        Raises ProcessError: AlreadyExists for a known ID, NotFound for an unknown child, Conflict
        for one that has a supervisor.
        """
        if spec.id in self._nodes:
            message = f"service already registered: {spec.id}"
            raise ProcessError(message, ProcessErrorKind.ALREADY_EXISTS, id=spec.id)
        node = ServiceNode(spec)
        if isinstance(spec, SupervisorSpec):
            children = [self._find(child) for child in spec.children]
            for child in children:
                if child.supervisor is not None:
                    message = f"{child.id} is supervised by {child.supervisor.id}"
                    raise ProcessError(message, ProcessErrorKind.CONFLICT, id=child.id)
            for child in children:
                child.supervisor = node
            node.children = children
        node.since_ns = self._now_ns
        self._nodes[spec.id] = node

    def remove(self, id: str) -> None:
        """Stop a service, and forget it when it is down. Raises ProcessError (NotFound)."""
        node = self._find(id)
        node.leaving = True
        node.leave_group()
        self._want(node, DOWN)
        self._settle()

    # What is asked for.

    def start(self, id: str | None = None) -> None:
        """Start a service and what it requires; None stands for all that start by themselves.

        Raises ProcessError: NotFound, or Invalid if any services require each other.
        """
        self._forced = False
        roots = [self._find(id)] if id is not None else []
        if id is None:
            roots = [node for node in self._nodes.values() if node.spec.lifecycle.auto_start]
        self._check_cycles()
        for node in roots:
            self._want_with_requirements(node)
        self._settle()

    def stop(self, id: str | None = None) -> None:
        """Stop a service and all that require it, or all there are, in reverse order."""
        nodes = list(self._nodes.values()) if id is None else self._with_dependents(self._find(id))
        for node in nodes:
            node.leave_group()
            self._want(node, DOWN)
        self._settle()

    def restart(self, id: str) -> None:
        """Stop a service and start it again, without counting that as a failure.

        Raises ProcessError as :meth:`start`.
        """
        node = self._find(id)
        self._check_cycles()
        node.attempts = 0
        self._want(node, DOWN)
        node.again = True
        self._settle()

    def force(self) -> None:
        """Stop everything now: what does not run is not waited for, what runs is terminated."""
        self._forced = True
        for node in self._nodes.values():
            node.leave_group()
            self._want(node, DOWN)
            if node.is_active and not node.is_supervisor:
                self._actions.append(TerminateService(node.id, node.run))
        self._settle()

    # What has happened.

    @property
    def now_ns(self) -> int:
        """What time it was last said to be."""
        return self._now_ns

    @property
    def next_wake_ns(self) -> int | None:
        """When ``tick`` has something to do, at the latest; None if never."""
        return self._timers.next_ns

    def tick(self, now_ns: int) -> None:
        """Say what time it is. Time never goes back."""
        self._now_ns = max(self._now_ns, now_ns)
        due = self._timers.pop_due(self._now_ns)
        for id in due:
            node = self._nodes.get(id)
            if node is not None:
                self._on_timer(node)
        if due:
            self._settle()

    def started(self, id: str, run: int) -> None:
        """A run of a service has begun. One that nobody asks for any longer is ignored."""
        node = self._running(id, run)
        if node is None or node.state is not ServiceState.STARTING:
            return
        self._timers.cancel(id)
        self._enter(node, ServiceState.RUNNING)
        node.error = None
        self._settle()

    def start_failed(self, id: str, run: int, error: ProcessError) -> None:
        """A run of a service could not begin."""
        node = self._running(id, run)
        if node is None:
            return
        self._timers.cancel(id)
        self._down(node, ExitResult(error=error), may_retry=error.retryable)
        self._settle()

    def ended(self, id: str, run: int, result: ExitResult) -> None:
        """A run of a service is over."""
        node = self._running(id, run)
        if node is None:
            return
        self._timers.cancel(id)
        self._down(node, result)
        self._settle()

    @property
    def has_actions(self) -> bool:
        """Whether anything is wanted."""
        return bool(self._actions)

    def take_actions(self) -> list[Action]:
        """What is wanted since the last time somebody asked, in order."""
        actions, self._actions = self._actions, []
        return actions

    @property
    def has_changes(self) -> bool:
        """Whether a service has come into another state."""
        return bool(self._changes)

    def take_changes(self) -> list[ServiceInformation]:
        """Services as they came into another state since the last time somebody asked, in order."""
        changes, self._changes = self._changes, []
        return changes

    # What can be seen.

    def services(self) -> tuple[ServiceInformation, ...]:
        """All services, in the order in which they were added."""
        return tuple(node.information() for node in self._nodes.values())

    def service(self, id: str) -> ServiceInformation:
        """One service. Raises ProcessError (NotFound)."""
        return self._find(id).information()

    @property
    def is_settled(self) -> bool:
        """Whether nothing is about to start or stop (a restart after its delay aside)."""
        moving = {ServiceState.STARTING, ServiceState.STOPPING, ServiceState.WAITING}
        return not any(node.state in moving for node in self._nodes.values())

    @property
    def is_down(self) -> bool:
        """Whether nothing runs, and nothing is to be started."""
        return all(node.is_down and node.goal == DOWN for node in self._nodes.values())

    def startup_failures(self) -> tuple[ServiceInformation, ...]:
        """The required services that have failed without ever having run."""
        return tuple(
            node.information()
            for node in self._nodes.values()
            if node.state is ServiceState.FAILED
            and node.spec.lifecycle.required
            and not node.has_run
        )

    # Goals.

    def _want(self, node: ServiceNode, goal: bool) -> None:
        node.goal = goal
        node.again = False
        if goal == DOWN:
            node.restarting = None
            for child in node.children:
                self._want(child, DOWN)

    def _want_with_requirements(self, node: ServiceNode) -> None:
        if node.goal == UP and node.state is not ServiceState.FAILED:
            return
        node.goal = UP
        node.attempts = 0
        if node.is_down:
            self._enter(node, ServiceState.WAITING)
        for id in node.spec.lifecycle.requires:
            if id in self._nodes:
                self._want_with_requirements(self._nodes[id])
        if node.supervisor is not None and node.supervisor.goal == DOWN:
            self._want_with_requirements(node.supervisor)
        elif node.is_supervisor:
            for child in node.children:
                self._want_with_requirements(child)

    def _with_dependents(self, node: ServiceNode) -> list[ServiceNode]:
        found = {node.id: node}
        pending = [node]
        while pending:
            needed = pending.pop()
            for other in self._nodes.values():
                if needed.id in other.spec.lifecycle.requires and other.id not in found:
                    found[other.id] = other
                    pending.append(other)
        return list(found.values())

    def _check_cycles(self) -> None:
        finished: set[str] = set()
        for root in self._nodes.values():
            path: dict[str, Iterator[str]] = {root.id: self._needs(root)}
            while path:
                id, rest = next(reversed(path.items()))
                needed = next(rest, None)
                if needed is None:
                    finished.add(id)
                    del path[id]
                elif needed in path:
                    names = [*path, needed]
                    cycle = " -> ".join(names[names.index(needed) :])
                    message = f"services require each other: {cycle}"
                    raise ProcessError(message, ProcessErrorKind.INVALID, id=needed)
                elif needed in self._nodes and needed not in finished:
                    path[needed] = self._needs(self._nodes[needed])

    def _needs(self, node: ServiceNode) -> Iterator[str]:
        """Everything that has to be up before a service is."""
        yield from node.spec.lifecycle.requires
        yield from (child.id for child in node.children)
        yield from (elder.id for elder in node.elder_siblings())
        above = node.supervisor
        while above is not None:
            yield from above.spec.lifecycle.requires
            yield from (elder.id for elder in above.elder_siblings())
            above = above.supervisor

    # Steps towards the goals.

    def _settle(self) -> None:
        """Take every step that is possible now."""
        changed = True
        while changed:
            changed = False
            for node in tuple(self._nodes.values()):
                if node.is_supervisor:
                    changed |= self._settle_supervisor(node)
                if node.goal == UP and node.is_down:
                    changed |= self._try_start(node)
                elif node.goal == DOWN and not node.is_down:
                    changed |= self._try_stop(node)
                elif node.goal == DOWN:
                    changed |= self._rest(node)

    def _rest(self, node: ServiceNode) -> bool:
        """A service that is down and is to be: forget it, start it again, or leave it there."""
        if node.leaving:
            del self._nodes[node.id]
            if node.supervisor is not None:
                node.supervisor.children.remove(node)
            for child in node.children:
                child.supervisor = None
            return True
        if node.again:
            node.again = False
            self._want_with_requirements(node)
            return True
        if node.state in _ABOUT_TO_START and not node.is_held():
            self._timers.cancel(node.id)
            node.restart_at_ns = None
            self._enter(node, ServiceState.STOPPED)
            return True
        return False

    def _try_start(self, node: ServiceNode) -> bool:
        if node.state in {ServiceState.FAILED, ServiceState.EXITED} and not node.blocked:
            return False
        if node.restart_at_ns is not None and node.restart_at_ns > self._now_ns:
            return False
        lacking = [id for id in node.spec.lifecycle.requires if not self._is_up(id)]
        hopeless = [id for id in lacking if self._is_hopeless(id)]
        if hopeless:
            return self._block(node, hopeless)
        if lacking or not node.may_start_now():
            if node.state is ServiceState.WAITING:
                return False
            node.blocked = False
            self._enter(node, ServiceState.WAITING)
            return True
        self._begin(node)
        return True

    def _begin(self, node: ServiceNode) -> None:
        node.restart_at_ns = None
        node.blocked = False
        node.run += 1
        self._enter(node, ServiceState.STARTING)
        if node.is_supervisor:
            node.restart_times_ns = []
            for child in node.children:
                self._want_with_requirements(child)
            return
        self._actions.append(StartService(node.id, node.run))
        self._timers.set(node.id, self._now_ns + node.spec.lifecycle.start_timeout_ns)

    def _block(self, node: ServiceNode, hopeless: list[str]) -> bool:
        if node.blocked:
            return False
        message = (
            f"service startup blocked by missing dependencies: {node.id} requires "
            f"{', '.join(hopeless)}"
        )
        node.blocked = True
        node.error = ProcessError(message, ProcessErrorKind.UNAVAILABLE, requires=hopeless)
        self._enter(node, ServiceState.FAILED)
        return True

    def _is_up(self, id: str) -> bool:
        return id in self._nodes and self._nodes[id].is_up

    def _is_hopeless(self, id: str) -> bool:
        return id not in self._nodes or self._nodes[id].state is ServiceState.FAILED

    def _try_stop(self, node: ServiceNode) -> bool:
        if node.state is ServiceState.STOPPING:
            return False
        if not self._forced and not self._may_stop(node):
            return False
        self._enter(node, ServiceState.STOPPING)
        if not node.is_supervisor:
            if self._forced:
                return True
            self._actions.append(CancelService(node.id, node.run, STOP_REASON))
            self._timers.set(node.id, self._now_ns + node.spec.lifecycle.stop_timeout_ns)
        return True

    def _may_stop(self, node: ServiceNode) -> bool:
        """Whether all that are to stop before it have."""
        dependents = (
            other for other in self._nodes.values() if node.id in other.spec.lifecycle.requires
        )
        return all(
            other.is_down or (other.goal == UP and other.state is not ServiceState.STOPPING)
            for other in (*dependents, *node.younger_siblings())
        )

    def _settle_supervisor(self, node: ServiceNode) -> bool:
        """What the states of its children mean for a supervisor."""
        if node.state is ServiceState.STOPPING and all(child.is_down for child in node.children):
            failure, node.failure = node.failure, None
            self._down(node, ExitResult(error=failure))
            return True
        if node.state is ServiceState.STARTING and all(
            child.is_as_wanted for child in node.children
        ):
            node.error = None
            self._enter(node, ServiceState.RUNNING)
            return True
        return self._resume_group(node)

    def _resume_group(self, supervisor: ServiceNode) -> bool:
        """Start the children again that were stopped for a restart, once all of them are down."""
        restarting = supervisor.restarting
        if restarting is None or restarting.due_ns > self._now_ns:
            return False
        if not all(child.is_down for child in restarting.members):
            return False
        supervisor.restarting = None
        for child in restarting.members:
            if child.spec.restart_when is not RestartWhen.TEMPORARY:
                child.goal = UP
                self._enter(child, ServiceState.WAITING)
        return True

    def _on_timer(self, node: ServiceNode) -> None:
        if node.state is ServiceState.STARTING:
            self._actions.append(TerminateService(node.id, node.run))
            message = f"service start timed out: {node.id}"
            error = ProcessError(message, ProcessErrorKind.TIMEOUT, retryable=True, id=node.id)
            self._down(node, ExitResult(error=error))
        elif node.state is ServiceState.STOPPING:
            message = f"service stop timed out: {node.id}"
            node.error = ProcessError(message, ProcessErrorKind.TIMEOUT, id=node.id)
            self._actions.append(TerminateService(node.id, node.run))

    # Ends.

    def _down(
        self,
        node: ServiceNode,
        result: ExitResult,
        *,
        may_retry: bool = True,
    ) -> None:
        """A service, or a supervisor with all its children, is down."""
        began_ns, node.run_since_ns = node.run_since_ns, None
        node.result = result
        # One that was asked to start again while it was stopping does so from here.
        as_asked = node.state is ServiceState.STOPPING and (
            not node.is_supervisor or result.error is None
        )
        if node.goal == DOWN or as_asked:
            self._enter(node, ServiceState.STOPPED)
            return
        stable_ns = node.spec.lifecycle.stable_threshold_ns
        if began_ns is not None and self._now_ns - began_ns >= stable_ns:
            node.attempts = 0
        if result.error is not None:
            node.error = result.error
        when = node.spec.restart_when
        if when is RestartWhen.PERMANENT or (
            when is RestartWhen.TRANSIENT and result.error is not None
        ):
            self._restart_or_give_up(node, may_retry=may_retry)
        else:
            well = result.error is None
            self._enter(node, ServiceState.EXITED if well else ServiceState.FAILED)

    def _restart_or_give_up(self, node: ServiceNode, *, may_retry: bool) -> None:
        restart = node.spec.lifecycle.restart
        if not may_retry or 0 < restart.max_attempts <= node.attempts:
            self._enter(node, ServiceState.FAILED)
            if node.supervisor is not None:
                self._escalate(node.supervisor, f"{node.id} cannot be started again", node)
            return
        supervisor = node.supervisor
        if supervisor is not None and not supervisor.count_restart(self._now_ns):
            self._enter(node, ServiceState.FAILED)
            self._escalate(supervisor, f"too many restarts, of {node.id} last", node)
            return
        node.attempts += 1
        node.restarts += 1
        node.restart_at_ns = self._now_ns + restart.delay_ns(node.attempts, self._random())
        self._timers.set(node.id, node.restart_at_ns)
        self._enter(node, ServiceState.RESTARTING)
        if supervisor is not None:
            self._restart_group(supervisor, node)

    def _restart_group(self, supervisor: ServiceNode, failed: ServiceNode) -> None:
        """Stop the siblings that the strategy restarts together with the one that failed."""
        assert isinstance(supervisor.spec, SupervisorSpec), "only supervisors have children"
        assert failed.restart_at_ns is not None, "it is about to be restarted"
        if supervisor.spec.strategy is Strategy.ONE_FOR_ONE:
            return
        members = supervisor.children
        if supervisor.spec.strategy is Strategy.REST_FOR_ONE:
            members = members[members.index(failed) :]
        before = supervisor.restarting
        due_ns = failed.restart_at_ns
        if before is not None:
            due_ns = max(due_ns, before.due_ns)
        held = [] if before is None else before.members
        members = [it for it in members if it in held or it.goal == UP]
        for child in members:
            self._want(child, DOWN)
        supervisor.restarting = Restarting(members, due_ns)
        # What is restarted together waits for the supervisor, not for a time of its own.
        failed.restart_at_ns = None
        self._timers.cancel(failed.id)
        self._timers.set(supervisor.id, due_ns)

    def _escalate(self, supervisor: ServiceNode, reason: str, child: ServiceNode) -> None:
        """A supervisor fails: its children stop, and then it is down."""
        if supervisor.failure is not None or supervisor.goal == DOWN:
            return
        why = f": {child.error}" if child.error is not None else ""
        supervisor.failure = ProcessError(
            f"supervisor {supervisor.id} failed: {reason}{why}", retryable=True, child=child.id
        )
        supervisor.failure.__cause__ = child.error
        for other in supervisor.children:
            self._want(other, DOWN)
        supervisor.restarting = None
        self._enter(supervisor, ServiceState.STOPPING)

    # Small things.

    def _enter(self, node: ServiceNode, state: ServiceState) -> None:
        node.state = state
        node.since_ns = self._now_ns
        if state is ServiceState.RUNNING:
            node.has_run = True
            node.run_since_ns = self._now_ns
        self._changes.append(node.information())

    def _find(self, id: str) -> ServiceNode:
        node = self._nodes.get(id)
        if node is None:
            message = f"service not found: {id}"
            raise ProcessError(message, ProcessErrorKind.NOT_FOUND, id=id)
        return node

    def _running(self, id: str, run: int) -> ServiceNode | None:
        """The service whose present run this is."""
        node = self._nodes.get(id)
        return node if node is not None and node.run == run and node.is_active else None
