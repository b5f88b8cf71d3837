"""Random trees and requirements of services that are slow, stubborn and fail: what always holds.

No service starts before what it requires, or before its elder siblings are up or given up; none is
canceled before what depends on it is down; a run is started once; and whatever has happened,
everything can be stopped.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress

import pytest

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
from pywasm_rt.process.supervision import (
    CancelService,
    StartService,
    Supervision,
    TerminateService,
)

S = 1_000_000_000
STEPS = int(os.environ.get("PYWASM_RT_MODEL_STEPS", "8000"))
SEEDS = 8
UP_OR_ANEW = {ServiceState.RUNNING, ServiceState.EXITED, ServiceState.STARTING}


class World:
    """Services, and what is known of their runs."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.it = Supervision(self.random.random)
        self.requires: dict[str, tuple[str, ...]] = {}
        self.children: dict[str, tuple[str, ...]] = {}
        self.living: dict[str, int] = {}
        self.starting: dict[str, int] = {}
        self.canceled: set[tuple[str, int]] = set()
        self.started_runs: set[tuple[str, int]] = set()
        self.make()

    def make(self) -> None:
        ids = [f"s{number}" for number in range(self.random.randrange(2, 8))]
        for index, id in enumerate(ids):
            elders = self.random.sample(ids[:index], self.random.randrange(min(index, 2) + 1))
            self.requires[id] = tuple(elders)
            when = self.random.choice(list(RestartWhen))
            self.it.add(ServiceSpec(id, self.policy(tuple(elders)), when))
        free = list(ids)
        for number in range(self.random.randrange(3)):
            chosen = tuple(self.random.sample(free, min(len(free), self.random.randrange(1, 4))))
            id = f"v{number}"
            strategy = self.random.choice(list(Strategy))
            intensity = self.random.randrange(4)
            self.it.add(SupervisorSpec(id, chosen, strategy, intensity, 5 * S, self.policy(())))
            self.children[id] = chosen
            free = [it for it in free if it not in chosen]
            # It may become the child of another.
            free.append(id)

    def policy(self, requires: tuple[str, ...]) -> LifecyclePolicy:
        attempts = self.random.choice([0, 0, 3])
        return LifecyclePolicy(
            auto_start=self.random.random() < 0.8,
            requires=requires,
            restart=RestartPolicy(max_delay_ns=8 * S, max_attempts=attempts),
        )

    # What happens.

    def act(self) -> None:
        while actions := self.it.take_actions():
            for index, action in enumerate(actions):
                self.perform(action, first=index == 0)

    def perform(self, action: object, *, first: bool) -> None:
        """What came ``first`` is still as it was when it was wanted."""
        match action:
            case StartService(id, run):
                assert (id, run) not in self.started_runs
                self.started_runs.add((id, run))
                for needed in self.requires[id] if first else ():
                    state = self.it.service(needed).state
                    # One that had exited may be starting anew in the same moment.
                    assert state in UP_OR_ANEW, (id, needed, state)
                self.starting[id] = run
                if self.random.random() < 0.8:
                    self.finish_start(id)
            case CancelService(id, run):
                self.canceled.add((id, run))
                self.check_dependents_are_down(id)
                if self.living.get(id) == run and self.random.random() < 0.7:
                    self.end(id, None)
            case TerminateService(id, run):
                if self.starting.get(id) == run:
                    del self.starting[id]
                    self.it.start_failed(id, run, ProcessError("process terminated"))
                if self.living.get(id) == run:
                    self.end(id, ProcessError("process terminated"))

    def check_dependents_are_down(self, id: str) -> None:
        """Those that are to stop have; one that is to stay may."""
        for other, needed in self.requires.items():
            if id in needed and other in self.living:
                information = self.it.service(other)
                assert information.state is not ServiceState.STOPPING, (id, other)

    def finish_start(self, id: str) -> None:
        run = self.starting.pop(id)
        if self.random.random() < 0.1:
            error = ProcessError("not today", retryable=self.random.random() < 0.7)
            self.it.start_failed(id, run, error)
        else:
            self.living[id] = run
            self.it.started(id, run)

    def end(self, id: str, error: ProcessError | None) -> None:
        self.it.ended(id, self.living.pop(id), ExitResult(error=error))

    def step(self) -> None:
        choice = self.random.random()
        if choice < 0.25 and self.living:
            well = self.random.random() < 0.3
            id = self.random.choice(sorted(self.living))
            self.end(id, None if well else ProcessError("it failed"))
        elif choice < 0.4 and self.starting:
            self.finish_start(self.random.choice(sorted(self.starting)))
        elif choice < 0.45:
            self.ask()
        else:
            self.it.tick(self.it.now_ns + self.random.choice([0, 1, 1, 2, 12]) * S)
        self.act()
        self.check()

    def ask(self) -> None:
        ids = [*self.requires, *self.children]
        id = self.random.choice([None, *ids])
        what = self.random.choice(["start", "start", "stop", "restart"])
        if what == "restart" and id is not None:
            with suppress(ProcessError):
                self.it.restart(id)
        elif what == "stop":
            self.it.stop(id)
        else:
            self.start(id)

    def start(self, id: str | None) -> None:
        """Start, unless elder siblings would have to wait for younger ones, or the like."""
        with suppress(ProcessError):
            self.it.start(id)

    def check(self) -> None:
        for id in self.requires:
            state = self.it.service(id).state
            if state is ServiceState.RUNNING:
                assert id in self.living
            if id in self.living and (id, self.living[id]) not in self.canceled:
                assert state in {ServiceState.RUNNING, ServiceState.STOPPING}, (id, state)
        for id, children in self.children.items():
            if self.it.service(id).state in {ServiceState.STOPPED, ServiceState.FAILED}:
                assert not any(child in self.living for child in children)

    def finish(self) -> None:
        """Everything can be stopped, whatever it is in."""
        self.it.stop()
        self.act()
        for _ in range(100):
            if self.it.is_down:
                break
            for id in sorted(self.starting):
                self.finish_start(id)
            self.act()
            self.it.tick(self.it.now_ns + 4 * S)
            self.act()
        shown = [(it.id, str(it.state), it.supervisor, it.requires) for it in self.it.services()]
        assert self.it.is_down, shown
        assert not self.living


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_always_holds(seed: int) -> None:
    steps, round_number = 0, 0
    while steps < STEPS // SEEDS:
        world = World(seed * 1_000_003 + round_number)
        world.start(None)
        world.act()
        for _ in range(60):
            world.step()
        world.finish()
        steps += 60
        round_number += 1
