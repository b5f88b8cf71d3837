"""Supervision in virtual time: order, timeouts, backoff, strategies, graceful and forced stops."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import ProcessError, ProcessErrorKind
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
MS = 1_000_000


class Stage:
    """A supervision, its clock, and services that start and stop as they are told."""

    def __init__(self, *, random: float = 0.5) -> None:
        self.it = Supervision(lambda: random)
        self.now_ns = 0
        self.log: list[str] = []
        self.runs: dict[str, int] = {}
        self.living: set[str] = set()
        self.obedient = True
        self.start_errors: dict[str, ProcessError] = {}
        self.slow: set[str] = set()

    def add(
        self,
        *ids: str,
        requires: tuple[str, ...] = (),
        when: RestartWhen = RestartWhen.TRANSIENT,
        required: bool = True,
        auto_start: bool = True,
        **restart: object,
    ) -> None:
        for id in ids:
            policy = RestartPolicy(**{"jitter": 0.0, **restart})  # type: ignore[arg-type]
            lifecycle = LifecyclePolicy(
                required=required, auto_start=auto_start, requires=requires, restart=policy
            )
            self.it.add(ServiceSpec(id, lifecycle, when))

    def supervisor(self, id: str, *children: str, auto_start: bool = True, **more: object) -> None:
        lifecycle = LifecyclePolicy(auto_start=auto_start, restart=RestartPolicy(jitter=0.0))
        spec = SupervisorSpec(id, children, lifecycle=lifecycle, **more)  # type: ignore[arg-type]
        self.it.add(spec)

    def act(self) -> None:
        """Do what is wanted until nothing is."""
        while actions := self.it.take_actions():
            for action in actions:
                self.perform(action)

    def perform(self, action: object) -> None:
        match action:
            case StartService(id, run):
                self.runs[id] = run
                if id in self.start_errors:
                    self.log.append(f"!{id}")
                    self.it.start_failed(id, run, self.start_errors[id])
                elif id not in self.slow:
                    self.log.append(f"+{id}")
                    self.living.add(id)
                    self.it.started(id, run)
            case CancelService(id, run):
                self.log.append(f"~{id}")
                if self.obedient and id in self.living:
                    self.end(id, None)
            case TerminateService(id, run):
                if id in self.living:
                    self.log.append(f"x{id}")
                    self.end(id, ProcessError("process terminated"))

    def end(self, id: str, error: ProcessError | None) -> None:
        self.living.discard(id)
        self.log.append(f"-{id}")
        self.it.ended(id, self.runs[id], ExitResult(error=error))
        self.act()

    def fail(self, id: str) -> None:
        self.end(id, ProcessError("it trapped", ProcessErrorKind.INTERNAL))

    def start(self, id: str | None = None) -> str:
        self.it.start(id)
        self.act()
        return self.take_log()

    def stop(self, id: str | None = None) -> str:
        self.it.stop(id)
        self.act()
        return self.take_log()

    def run_for(self, ns: int) -> str:
        """Let time pass, stopping at every moment at which something is due."""
        end_ns = self.now_ns + ns
        while (next_ns := self.it.next_wake_ns) is not None and next_ns <= end_ns:
            self.now_ns = max(next_ns, self.now_ns)
            self.it.tick(self.now_ns)
            self.act()
        self.now_ns = end_ns
        self.it.tick(end_ns)
        self.act()
        return self.take_log()

    def take_log(self) -> str:
        log, self.log = self.log, []
        return " ".join(log)

    def state(self, id: str) -> ServiceState:
        return self.it.service(id).state


@pytest.fixture
def stage() -> Stage:
    return Stage()


# Order.


def test_what_is_required_starts_first_and_stops_last(stage: Stage) -> None:
    stage.add("web", requires=("cache", "db"))
    stage.add("cache", requires=("db",))
    stage.add("db")
    assert stage.start() == "+db +cache +web"
    assert stage.it.is_settled
    assert stage.stop() == "~web -web ~cache -cache ~db -db"
    assert stage.it.is_down


def test_a_service_that_does_not_start_by_itself_starts_when_it_is_required(stage: Stage) -> None:
    stage.add("db", auto_start=False)
    stage.add("other", auto_start=False)
    stage.add("web", requires=("db",))
    assert stage.start() == "+db +web"
    assert stage.state("other") is ServiceState.UNKNOWN
    assert stage.stop("db") == "~web -web ~db -db"


def test_services_that_require_each_other_are_refused(stage: Stage) -> None:
    stage.add("a", requires=("b",))
    stage.add("b", requires=("a",))
    with pytest.raises(ProcessError, match="services require each other: a -> b -> a"):
        stage.start()


@pytest.mark.parametrize("started", ["top", "a", "b"])
def test_an_elder_sibling_that_requires_a_younger_one_is_refused(
    stage: Stage, started: str
) -> None:
    stage.add("a", requires=("b",), auto_start=False)
    stage.add("b", auto_start=False)
    stage.supervisor("top", "a", "b", auto_start=False)
    with pytest.raises(ProcessError, match="services require each other"):
        stage.start(started)


def test_a_missing_or_failed_requirement_blocks_and_is_named(stage: Stage) -> None:
    stage.add("a", requires=("ghost",))
    stage.add("b")
    stage.add("c", requires=("b",))
    stage.start_errors["b"] = ProcessError("factory not found: b", ProcessErrorKind.NOT_FOUND)
    assert stage.start() == "!b"
    told = {it.id: str(it.error) for it in stage.it.startup_failures()}
    blocked = "service startup blocked by missing dependencies"
    assert told == {
        "a": f"{blocked}: a requires ghost",
        "b": "factory not found: b",
        "c": f"{blocked}: c requires b",
    }
    # When it can be started after all, so can what requires it.
    stage.start_errors.clear()
    assert stage.start("b") == "+b +c"


def test_an_optional_service_that_fails_is_no_failure_of_the_start(stage: Stage) -> None:
    stage.add("a", required=False)
    stage.start_errors["a"] = ProcessError("no", ProcessErrorKind.INVALID)
    stage.start()
    assert stage.state("a") is ServiceState.FAILED
    assert stage.it.startup_failures() == ()


# Restarts.


def test_a_trapped_service_is_restarted_with_growing_delays(stage: Stage) -> None:
    stage.add("a", max_delay_ns=5 * S)
    stage.start()
    delays = []
    for _ in range(5):
        stage.fail("a")
        assert stage.state("a") is ServiceState.RESTARTING
        restart_at_ns = stage.it.service("a").restart_at_ns
        assert restart_at_ns is not None
        delays.append((restart_at_ns - stage.now_ns) // S)
        assert stage.run_for(restart_at_ns - stage.now_ns - 1) == "-a"
        assert stage.run_for(1) == "+a"
    assert delays == [1, 2, 4, 5, 5]
    assert stage.it.service("a").restarts == 5


def test_a_stable_run_sets_the_attempts_back(stage: Stage) -> None:
    stage.add("a", max_attempts=2)
    stage.start()
    for _ in range(3):
        stage.fail("a")
        stage.run_for(1 * S)
        stage.fail("a")
        stage.run_for(2 * S)
        stage.run_for(5 * S)
    assert stage.state("a") is ServiceState.RUNNING
    stage.fail("a")
    stage.run_for(1 * S)
    stage.fail("a")
    stage.run_for(2 * S)
    stage.fail("a")
    assert stage.state("a") is ServiceState.FAILED
    assert stage.it.next_wake_ns is None
    assert stage.it.service("a").error is not None


@pytest.mark.parametrize(("random", "delay_ns"), [(0.0, 900 * MS), (0.5, S), (1.0, 1100 * MS)])
def test_jitter_is_a_fraction_of_the_delay(random: float, delay_ns: int) -> None:
    assert RestartPolicy().delay_ns(1, random) == delay_ns


def test_delays_never_exceed_the_greatest_nor_overflow() -> None:
    policy = RestartPolicy(backoff_factor=10.0)
    assert policy.delay_ns(10_000, 1.0) == 90 * S
    assert RestartPolicy(initial_delay_ns=0).delay_ns(3) == 0


def test_a_normal_end_is_no_failure(stage: Stage) -> None:
    stage.add("once")
    stage.add("always", when=RestartWhen.PERMANENT)
    stage.add("never", when=RestartWhen.TEMPORARY)
    stage.start()
    for id in ("once", "always"):
        stage.end(id, None)
    stage.fail("never")
    states = [stage.state(id) for id in ("once", "always", "never")]
    assert states == [ServiceState.EXITED, ServiceState.RESTARTING, ServiceState.FAILED]
    stage.take_log()
    assert stage.run_for(90 * S) == "+always"


def test_a_start_that_may_succeed_later_is_tried_again(stage: Stage) -> None:
    stage.add("a")
    error = ProcessError("host full", ProcessErrorKind.RATE_LIMITED, retryable=True)
    stage.start_errors["a"] = error
    assert stage.start() == "!a"
    assert stage.run_for(1 * S) == "!a"
    stage.start_errors.clear()
    assert stage.run_for(2 * S) == "+a"
    assert stage.it.service("a").error is None


def test_a_start_that_takes_too_long_is_given_up(stage: Stage) -> None:
    stage.add("a")
    stage.slow.add("a")
    stage.start()
    late_run = stage.runs["a"]
    stage.run_for(10 * S - 1)
    assert stage.state("a") is ServiceState.STARTING
    stage.run_for(1)
    error = stage.it.service("a").error
    assert error is not None
    assert error.message == "service start timed out: a"
    stage.it.started("a", late_run)
    assert stage.state("a") is ServiceState.RESTARTING


# Stopping.


def test_a_service_that_ignores_the_cancellation_is_terminated(stage: Stage) -> None:
    stage.add("a")
    stage.start()
    stage.obedient = False
    assert stage.stop() == "~a"
    assert stage.run_for(10 * S - 1) == ""
    assert stage.run_for(1) == "xa -a"
    info = stage.it.service("a")
    assert info.state is ServiceState.STOPPED
    assert str(info.error) == "service stop timed out: a"


def test_a_second_request_forces(stage: Stage) -> None:
    stage.add("b", requires=("a",))
    stage.add("a")
    stage.start()
    stage.obedient = False
    assert stage.stop() == "~b"
    stage.it.force()
    stage.act()
    assert sorted(stage.take_log().split()) == ["-a", "-b", "xa", "xb"]
    assert stage.it.is_down


def test_a_restart_that_is_due_does_not_happen_after_a_stop(stage: Stage) -> None:
    stage.add("a")
    stage.start()
    stage.fail("a")
    stage.stop()
    assert stage.state("a") is ServiceState.STOPPED
    assert stage.run_for(100 * S) == ""
    assert stage.it.is_down


def test_a_start_while_it_is_stopping_starts_it_again_when_it_is_down(stage: Stage) -> None:
    stage.add("a")
    stage.start()
    stage.obedient = False
    assert stage.stop() == "~a"
    assert stage.start("a") == ""
    stage.end("a", None)
    assert stage.take_log() == "-a +a"
    assert stage.state("a") is ServiceState.RUNNING


def test_restarting_by_hand_counts_for_nothing(stage: Stage) -> None:
    stage.add("a")
    stage.start()
    stage.it.restart("a")
    stage.act()
    assert stage.take_log() == "~a -a +a"
    assert stage.it.service("a").restarts == 0


def test_a_removed_service_stops_and_is_forgotten(stage: Stage) -> None:
    stage.add("a")
    stage.start()
    stage.it.remove("a")
    stage.act()
    assert stage.take_log() == "~a -a"
    with pytest.raises(ProcessError, match="service not found: a"):
        stage.it.service("a")


# Supervisors.


def three(stage: Stage, strategy: Strategy, intensity: int = 1) -> None:
    stage.add("a", "b", "c", auto_start=False)
    stage.supervisor("top", "a", "b", "c", strategy=strategy, intensity=intensity)
    assert stage.start() == "+a +b +c"
    assert stage.state("top") is ServiceState.RUNNING


@pytest.mark.parametrize(
    ("strategy", "at_once", "later"),
    [
        (Strategy.ONE_FOR_ONE, "-b", "+b"),
        (Strategy.ONE_FOR_ALL, "-b ~c -c ~a -a", "+a +b +c"),
        (Strategy.REST_FOR_ONE, "-b ~c -c", "+b +c"),
    ],
)
def test_strategies(stage: Stage, strategy: Strategy, at_once: str, later: str) -> None:
    three(stage, strategy)
    stage.fail("b")
    assert stage.take_log() == at_once
    assert stage.run_for(1 * S) == later
    assert stage.stop() == "~c -c ~b -b ~a -a"
    assert stage.it.is_down


def test_too_many_restarts_within_the_period_fail_the_supervisor(stage: Stage) -> None:
    three(stage, Strategy.ONE_FOR_ONE, intensity=2)
    stage.fail("a")
    stage.fail("b")
    assert stage.state("top") is ServiceState.RUNNING
    stage.take_log()
    stage.fail("c")
    info = stage.it.service("top")
    assert info.state is ServiceState.RESTARTING
    assert str(info.error) == ("supervisor top failed: too many restarts, of c last: it trapped")
    # It is at the top, so its own lifecycle says what comes next: all of them, after a second.
    assert stage.run_for(1 * S) == "-c +a +b +c"


def test_restarts_that_are_far_enough_apart_are_not_too_many(stage: Stage) -> None:
    three(stage, Strategy.ONE_FOR_ONE)
    for _ in range(5):
        stage.fail("a")
        stage.run_for(6 * S)
    assert stage.state("top") is ServiceState.RUNNING


def test_failures_climb_the_tree(stage: Stage) -> None:
    stage.add("leaf", "beside", auto_start=False)
    stage.supervisor("inner", "leaf", auto_start=False, intensity=0)
    stage.supervisor("outer", "beside", "inner", strategy=Strategy.ONE_FOR_ALL)
    assert stage.start() == "+beside +leaf"
    stage.fail("leaf")
    assert stage.take_log() == "-leaf ~beside -beside"
    assert stage.state("outer") is ServiceState.RUNNING
    assert stage.run_for(1 * S) == "+beside +leaf"
    stage.fail("leaf")
    assert stage.state("outer") is ServiceState.RESTARTING
    assert stage.run_for(1 * S) == "-leaf ~beside -beside +beside +leaf"


def test_a_second_failure_while_siblings_stop_is_not_counted(stage: Stage) -> None:
    three(stage, Strategy.ONE_FOR_ALL)
    stage.obedient = False
    stage.fail("a")
    assert stage.take_log() == "-a ~c"
    stage.fail("c")
    assert stage.take_log() == "-c ~b"
    stage.fail("b")
    assert stage.run_for(1 * S) == "-b +a +b +c"
    assert stage.it.service("c").restarts == 0


def test_children_of_one_supervisor_only(stage: Stage) -> None:
    stage.add("a")
    stage.supervisor("one", "a")
    with pytest.raises(ProcessError, match="a is supervised by one"):
        stage.supervisor("two", "a")
    with pytest.raises(ProcessError, match="service not found: ghost"):
        stage.supervisor("three", "ghost")
    with pytest.raises(ProcessError, match="service already registered: a"):
        stage.add("a")
