"""Supervision against a small model of OTP's supervisors, over random histories in virtual time.

The model is a list of children and a clock. It knows nothing of goals or passes: it says what a
supervisor does, event by event, and what comes of both is compared as a log.

``PYWASM_RT_MODEL_STEPS=100000`` makes the histories that long together (the default is shorter).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pywasm_rt.errors import ProcessError
from pywasm_rt.process.interface import ExitResult
from pywasm_rt.process.lifecycle import (
    LifecyclePolicy,
    RestartPolicy,
    RestartWhen,
    ServiceSpec,
    ServiceState,
    Strategy,
    SupervisorSpec,
)
from pywasm_rt.process.supervision import CancelService, StartService, Supervision

S = 1_000_000_000
STEPS_IN_ROW = 40
STEPS = int(os.environ.get("PYWASM_RT_MODEL_STEPS", "4000"))
STABLE_NS = 5 * S


def delay_ns(attempt: int) -> int:
    """One second, doubled at each attempt, at most 20."""
    return min(2 ** (attempt - 1), 20) * S


@dataclass
class Child:
    """A child as OTP sees it; ``due_ns`` is when it is started again."""

    id: str
    when: RestartWhen
    up: bool = False
    began_ns: int = 0
    attempts: int = 0
    due_ns: int | None = None
    gone: bool = False
    exited: bool = False


@dataclass
class Model:
    """One supervisor, whose children start and stop at once."""

    strategy: Strategy
    intensity: int
    period_ns: int
    max_attempts: int
    children: list[Child]
    now_ns: int = 0
    log: list[str] = field(default_factory=list)
    restarts_ns: list[int] = field(default_factory=list)
    group: list[Child] = field(default_factory=list)
    group_due_ns: int = 0
    up: bool = False
    began_ns: int = 0
    attempts: int = 0
    due_ns: int | None = None

    def start(self) -> None:
        self.up, self.began_ns, self.due_ns, self.restarts_ns = True, self.now_ns, None, []
        for child in self.children:
            child.attempts, child.gone, child.exited = 0, False, False
            self.start_child(child)

    def start_child(self, child: Child) -> None:
        child.up, child.due_ns, child.began_ns, child.exited = True, None, self.now_ns, False
        self.log.append(f"+{child.id}")

    def stop_children(self, children: list[Child]) -> None:
        for child in reversed(children):
            child.due_ns = None
            if child.up:
                child.up = False
                self.log.append(f"-{child.id}")

    def stop(self) -> None:
        self.up, self.due_ns, self.group = False, None, []
        self.stop_children(self.children)

    def end(self, child: Child, *, well: bool) -> None:
        child.up = False
        if self.now_ns - child.began_ns >= STABLE_NS:
            child.attempts = 0
        if child.when is RestartWhen.TEMPORARY or (well and child.when is RestartWhen.TRANSIENT):
            child.gone = child.when is RestartWhen.TEMPORARY
            child.exited = well
            return
        if 0 < self.max_attempts <= child.attempts:
            self.give_up()
            return
        self.restarts_ns = [it for it in self.restarts_ns if it >= self.now_ns - self.period_ns]
        self.restarts_ns.append(self.now_ns)
        if len(self.restarts_ns) > self.intensity:
            self.give_up()
            return
        child.attempts += 1
        child.due_ns = self.now_ns + delay_ns(child.attempts)
        if self.strategy is not Strategy.ONE_FOR_ONE:
            self.hold(child)

    def hold(self, failed: Child) -> None:
        """Stop its siblings, to start them together."""
        assert failed.due_ns is not None
        due_ns = failed.due_ns
        affected = self.children
        if self.strategy is Strategy.REST_FOR_ONE:
            affected = affected[affected.index(failed) :]
        if self.group:
            due_ns = max(due_ns, self.group_due_ns)
        self.stop_children(affected)
        for child in affected:
            child.gone |= child.when is RestartWhen.TEMPORARY
        self.group, self.group_due_ns = [it for it in affected if not it.gone], due_ns

    def give_up(self) -> None:
        """The supervisor fails; it is at the top, so it restarts after a delay of its own."""
        self.stop()
        if self.now_ns - self.began_ns >= STABLE_NS:
            self.attempts = 0
        self.attempts += 1
        self.due_ns = self.now_ns + delay_ns(self.attempts)

    def next_due_ns(self) -> int | None:
        dues = [child.due_ns for child in self.children if child.due_ns is not None]
        dues += [self.group_due_ns] if self.group else []
        dues += [self.due_ns] if self.due_ns is not None else []
        return min(dues, default=None)

    def advance(self, to_ns: int) -> None:
        while (due_ns := self.next_due_ns()) is not None and due_ns <= to_ns:
            self.now_ns = max(self.now_ns, due_ns)
            if self.due_ns is not None and self.due_ns <= self.now_ns:
                self.start()
            elif self.group and self.group_due_ns <= self.now_ns:
                group, self.group = self.group, []
                for child in group:
                    self.start_child(child)
            else:
                for child in self.children:
                    if child.due_ns is not None and child.due_ns <= self.now_ns:
                        self.start_child(child)
        self.now_ns = to_ns


class SupervisionAgainstModel(RuleBasedStateMachine):
    """Every rule does the same to both."""

    @initialize(
        strategy=st.sampled_from(list(Strategy)),
        kinds=st.lists(st.sampled_from(list(RestartWhen)), min_size=1, max_size=4),
        intensity=st.integers(0, 4),
        period=st.integers(1, 30),
        max_attempts=st.sampled_from([0, 0, 2]),
    )
    def begin(
        self,
        strategy: Strategy,
        kinds: list[RestartWhen],
        intensity: int,
        period: int,
        max_attempts: int,
    ) -> None:
        restart = RestartPolicy(max_delay_ns=20 * S, jitter=0.0, max_attempts=max_attempts)
        self.it = Supervision()
        self.log: list[str] = []
        self.runs: dict[str, int] = {}
        ids = [f"c{number}" for number in range(len(kinds))]
        for id, kind in zip(ids, kinds, strict=True):
            self.it.add(ServiceSpec(id, LifecyclePolicy(restart=restart), kind))
        own = LifecyclePolicy(
            auto_start=True, restart=RestartPolicy(max_delay_ns=20 * S, jitter=0.0)
        )
        spec = SupervisorSpec("top", tuple(ids), strategy, intensity, period * S, own)
        self.it.add(spec)
        children = [Child(id, kind) for id, kind in zip(ids, kinds, strict=True)]
        self.model = Model(strategy, intensity, period * S, max_attempts, children)
        self.model.start()
        self.it.start()
        self.act()

    def act(self) -> None:
        while actions := self.it.take_actions():
            for action in actions:
                if isinstance(action, StartService):
                    self.log.append(f"+{action.id}")
                    self.runs[action.id] = action.run
                    self.it.started(action.id, action.run)
                elif isinstance(action, CancelService):
                    self.log.append(f"-{action.id}")
                    self.it.ended(action.id, action.run, ExitResult())

    @rule(data=st.data(), well=st.booleans())
    def end(self, data: st.DataObject, well: bool) -> None:
        running = [child for child in self.model.children if child.up]
        if not running:
            return
        child = data.draw(st.sampled_from(running))
        self.model.end(child, well=well)
        error = None if well else ProcessError("it failed")
        self.it.ended(child.id, self.runs[child.id], ExitResult(error=error))
        self.act()

    @rule(seconds=st.sampled_from([0, 1, 1, 2, 3, 5, 8, 40]))
    def advance(self, seconds: int) -> None:
        to_ns = self.it.now_ns + seconds * S
        self.model.advance(to_ns)
        while (next_ns := self.it.next_wake_ns) is not None and next_ns <= to_ns:
            self.it.tick(next_ns)
            self.act()
        self.it.tick(to_ns)
        self.act()

    @precondition(lambda self: self.model.up)
    @rule()
    def stop_and_start(self) -> None:
        self.model.stop()
        self.it.stop()
        self.act()
        assert self.it.is_down
        # Whoever starts it begins anew.
        self.model.attempts = 0
        self.model.start()
        self.it.start("top")
        self.act()

    @invariant()
    def the_same_happened(self) -> None:
        if not hasattr(self, "model"):
            return
        assert self.log == self.model.log
        self.log.clear()
        self.model.log.clear()
        for child in self.model.children:
            running = self.it.service(child.id).state is ServiceState.RUNNING
            assert running == child.up
        assert (self.it.service("top").state is ServiceState.RUNNING) == self.model.up


SupervisionAgainstModel.TestCase.settings = settings(
    max_examples=max(1, STEPS // STEPS_IN_ROW), stateful_step_count=STEPS_IN_ROW, deadline=None
)
TestSupervisionAgainstModel = SupervisionAgainstModel.TestCase
