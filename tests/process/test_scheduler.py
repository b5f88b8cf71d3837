"""The scheduler, driven by hand or by a simulation: everything is exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from pywasm_rt.errors import CodeLocation, ProcessError, ProcessErrorKind, Trap, TrapCode
from pywasm_rt.operations import Operation, Sleep, WaitForNotification
from pywasm_rt.process.effects import Ended, Interrupt, Perform, Withdraw
from pywasm_rt.process.generator import Body, GeneratorProcess
from pywasm_rt.process.interface import (
    Cancel,
    Continue,
    Done,
    Exit,
    ExitResult,
    Failed,
    Idle,
    LinkDown,
    Message,
    ProcessContext,
    ProcessDefinition,
    ProcessEvent,
    ProcessOptions,
    Step,
    Upgrade,
    Yield,
)
from pywasm_rt.process.operations import (
    CancelProcess,
    Exec,
    Link,
    Monitor,
    Receive,
    Reschedule,
    Send,
    SetOptions,
    Spawn,
    Subscribe,
    TerminateProcess,
    Unlink,
    Unmonitor,
)
from pywasm_rt.process.pid import PID
from pywasm_rt.process.scheduler import Scheduler, SpawnRequest
from pywasm_rt.process.simulation import DEFAULT_HOST, Simulation
from pywasm_rt.process.task import ProcessState
from pywasm_rt.process.work import Turn

MS = 1_000_000


def define(body: Body, **options: Any) -> ProcessDefinition:
    return ProcessDefinition(lambda _: GeneratorProcess(body), options=ProcessOptions(**options))


def simulate(**bodies: Body) -> Simulation:
    simulation = Simulation()
    for name, body in bodies.items():
        simulation.register(name, define(body))
    return simulation


def child(name: str, *arguments: object, **options: Any) -> Spawn:
    return Spawn(name, DEFAULT_HOST, arguments, **options)


def asleep(context: ProcessContext, ms: int) -> Sleep:
    return Sleep(context.clock.now_ns() + ms * MS)


def returns(_: ProcessContext, value: object = None) -> Iterator[object]:
    return value
    yield


def fails(_: ProcessContext, message: str = "oops") -> Iterator[object]:
    raise ProcessError(message)
    yield


def sleeps(context: ProcessContext, ms: int = 1_000) -> Iterator[object]:
    yield asleep(context, ms)
    return context.clock.now_ns()


class Steps:
    """A process that answers each step with the next of a list, and keeps what it was given."""

    def __init__(self, *steps: Step | Callable[[], Step]) -> None:
        self.steps = list(steps)
        self.events: list[list[ProcessEvent]] = []
        self.budgets: list[int] = []
        self.closed = 0
        self.interrupted = 0

    def init(self, context: ProcessContext, method: str, arguments: Sequence[object]) -> None:
        self.context, self.method, self.arguments = context, method, arguments

    def step(self, events: Sequence[ProcessEvent], budget: int) -> Step:
        self.events.append(list(events))
        self.budgets.append(budget)
        step = self.steps.pop(0)
        return step if not callable(step) else step()

    def close(self) -> None:
        self.closed += 1

    def interrupt(self) -> None:
        self.interrupted += 1

    def whereabouts(self) -> Sequence[CodeLocation]:
        return (CodeLocation(3, "spin", 7), CodeLocation(0, "main", 1))


def scheduler_with(process: Steps, **options: Any) -> tuple[Scheduler, PID]:
    scheduler = Scheduler()
    scheduler.add_host("h")
    scheduler.register("p", ProcessDefinition(lambda _: process, options=ProcessOptions(**options)))
    return scheduler, spawn(scheduler)


def spawn(scheduler: Scheduler, entry_id: str = "p") -> PID:
    birth = scheduler.prepare_spawn(SpawnRequest(entry_id, "h"))
    birth.perform()
    scheduler.finish(birth)
    assert birth.error is None
    return birth.task.pid


def work(scheduler: Scheduler, elapsed_ns: int | None = None) -> None:
    piece = scheduler.take("h")
    assert piece is not None
    piece.perform()
    scheduler.finish(piece, elapsed_ns)


def state(scheduler: Scheduler) -> ProcessState:
    return scheduler.processes()[0].state


# The life of one process.


def test_a_process_is_told_about_itself_and_its_result_is_kept() -> None:
    simulation = Simulation()
    process = Steps(Done(42))
    simulation.register("demo:p", ProcessDefinition(lambda _: process, method="compute"))
    result = simulation.run("demo:p", 6, 7)
    assert result == ExitResult(42)
    assert (process.method, process.arguments) == ("compute", (6, 7))
    assert process.context.entry_id == "demo:p"
    assert process.context.host_id == DEFAULT_HOST
    assert str(process.context.pid) == "{local:host|0x00001}"
    assert process.closed == 1


def test_states() -> None:
    process = Steps(Continue(), Yield(((1, Sleep(5)),)), Idle(), Done())
    scheduler, pid = scheduler_with(process)
    assert state(scheduler) is ProcessState.READY
    turn = scheduler.take("h")
    assert isinstance(turn, Turn)
    assert state(scheduler) is ProcessState.RUNNING
    assert scheduler.take("h") is None
    turn.perform()
    scheduler.finish(turn)
    assert state(scheduler) is ProcessState.READY
    work(scheduler)
    assert state(scheduler) is ProcessState.BLOCKED
    assert scheduler.processes()[0].waiting_for == "Sleep"
    assert scheduler.take_effects() == [Perform(pid, 1, Sleep(5))]
    scheduler.complete(pid, 1, None)
    work(scheduler)
    assert state(scheduler) is ProcessState.IDLE
    scheduler.send(pid, "hello", (1,))
    work(scheduler)
    assert process.events[-1] == [Message(None, "hello", (1,))]
    assert len(scheduler) == 0
    assert scheduler.take_effects() == [Ended(pid, "p", ExitResult(), 0, 0)]
    assert process.closed == 1


def test_an_error_of_init_is_the_error_of_the_spawn() -> None:
    class Refuses(Steps):
        def init(self, *_: object) -> None:
            raise ProcessError("no such method", ProcessErrorKind.INVALID)

    process = Refuses()
    simulation = Simulation()
    simulation.register("p", ProcessDefinition(lambda _: process))
    with pytest.raises(ProcessError, match="no such method"):
        simulation.spawn("p")
    assert process.closed == 1
    assert len(simulation.scheduler) == 0


@pytest.mark.parametrize(
    ("entry_id", "host_id", "message"),
    [
        ("nothing", DEFAULT_HOST, "factory not found: nothing"),
        ("p", "nowhere", "host not found: nowhere"),
    ],
)
def test_unknown_entries_and_hosts(entry_id: str, host_id: str, message: str) -> None:
    with pytest.raises(ProcessError, match=message) as refused:
        simulate(p=returns).spawn(entry_id, host_id=host_id)
    assert refused.value.kind is ProcessErrorKind.NOT_FOUND


def test_a_host_may_be_full() -> None:
    scheduler = Scheduler()
    scheduler.add_host("h", max_processes=1)
    scheduler.register("p", define(returns))
    spawn(scheduler)
    with pytest.raises(ProcessError, match="max processes limit exceeded: 1 on h") as refused:
        spawn(scheduler)
    assert refused.value.retryable
    work(scheduler)
    spawn(scheduler)
    with pytest.raises(ProcessError, match="host already running"):
        scheduler.add_host("h")


def test_a_foreign_fault_ends_only_its_process() -> None:
    def faulty(_: ProcessContext) -> Iterator[object]:
        raise KeyError("x")
        yield

    result = simulate(p=faulty).run("p")
    assert result.error is not None
    assert str(result.error) == "internal fault: KeyError: 'x'"
    assert isinstance(result.error.__cause__, KeyError)

    class BadClose(Steps):
        def close(self) -> None:
            raise OSError(28, "disk full")

    simulation = Simulation()
    simulation.register("p", ProcessDefinition(lambda _: BadClose(Done(1))))
    assert "disk full" in str(simulation.run("p").error)


def test_waiting_for_nothing_and_using_a_tag_twice_are_failures() -> None:
    for steps, message in (
        ((Yield(()),), "waits, but for nothing"),
        ((Yield(((1, Sleep(5)), (1, Sleep(6)))),), "operation tag 1 is in use"),
    ):
        simulation = Simulation()
        simulation.register("p", ProcessDefinition(lambda _, steps=steps: Steps(*steps)))
        assert message in str(simulation.run("p").error)


# Fairness and budgets.


def test_processes_take_turns() -> None:
    order: list[str] = []

    def busy(_: ProcessContext, name: str) -> Iterator[object]:
        for _turn in range(3):
            order.append(name)
            yield Continue()

    simulation = simulate(busy=busy)
    for name in "abc":
        simulation.spawn("busy", name)
    simulation.run_until_idle()
    assert "".join(order) == "abcabcabc"


def test_who_answers_does_not_wait_for_all_who_compute_and_does_not_starve_them() -> None:
    computed = [0]

    def computes(_: ProcessContext) -> Iterator[object]:
        while True:
            computed[0] += 1
            yield Continue()

    def echoes(_: ProcessContext) -> Iterator[object]:
        while True:
            message = yield Receive()
            yield Send(message.sender, "back")

    def asks(_: ProcessContext) -> Iterator[object]:
        pid = yield child("echoes")
        turns = 0
        before = computed[0]
        for _round in range(100):
            yield Send(pid, "there")
            yield Receive()
            turns += 4
        return computed[0] - before, turns

    simulation = simulate(computes=computes, echoes=echoes, asks=asks)
    for _ in range(8):
        simulation.spawn("computes")
    computing, answering = simulation.run("asks").value  # type: ignore[misc]
    assert answering / 10 <= computing <= answering / 4


def test_a_process_that_is_always_answered_at_once_lets_others_run() -> None:
    order: list[str] = []

    def talks(context: ProcessContext, name: str) -> Iterator[object]:
        for _turn in range(40):
            order.append(name)
            yield Subscribe()

    simulation = simulate(talks=talks)
    simulation.spawn("talks", "a")
    simulation.spawn("talks", "b")
    simulation.run_until_idle()
    assert "".join(order) == "a" * 16 + "b" * 16 + "a" * 16 + "b" * 16 + "a" * 8 + "b" * 8


def test_who_gives_way_comes_after_the_others() -> None:
    order: list[str] = []

    def gives_way(context: ProcessContext, name: str) -> Iterator[object]:
        for _turn in range(3):
            order.append(name)
            yield Reschedule()

    simulation = simulate(gives_way=gives_way)
    for name in "abc":
        simulation.spawn("gives_way", name)
    simulation.run_until_idle()
    assert "".join(order) == "abcabcabc"


def test_the_budget_follows_the_time_that_a_step_takes() -> None:
    process = Steps(*[Continue()] * 5, Done())
    scheduler = Scheduler(budget=10_000, quantum_ns=4 * MS)
    scheduler.add_host("h")
    scheduler.register("p", ProcessDefinition(lambda _: process))
    spawn(scheduler)
    for elapsed_ns in (2 * MS, 40 * MS, 1, 1_000_000 * MS, 4 * MS, None):
        work(scheduler, elapsed_ns)
    assert process.budgets == [10_000, 20_000, 2_000, 8_000, 1_000, 1_000]


# Operations.


def test_operations_are_answered_in_any_order_and_failures_are_thrown_in() -> None:
    class Ask(Operation):
        pass

    process = Steps(Yield(((1, Ask()), (2, Ask()))), Yield(()), Done())
    scheduler, pid = scheduler_with(process)
    work(scheduler)
    scheduler.complete(pid, 2, "two")
    work(scheduler)
    error = OSError("gone")
    scheduler.fail(pid, 1, error)
    scheduler.fail(pid, 1, error)
    scheduler.complete(PID("h", 99), 1, None)
    work(scheduler)
    [[], [two], [one]] = process.events
    assert (two.tag, two.result) == (2, "two")  # type: ignore[union-attr]
    assert (one.tag, one.error) == (1, error)  # type: ignore[union-attr]


def test_operations_of_a_process_that_ended_are_withdrawn() -> None:
    process = Steps(Yield(((1, Sleep(5)), (2, Receive()))))
    scheduler, pid = scheduler_with(process)
    work(scheduler)
    scheduler.take_effects()
    scheduler.terminate(pid)
    work(scheduler)
    withdrawn, ended = scheduler.take_effects()
    assert withdrawn == Withdraw(pid, 1)
    assert isinstance(ended, Ended)
    assert "process terminated while waiting for Sleep, Receive in function $spin" in str(
        ended.result.error
    )


def test_a_hundred_sleepers_on_one_worker_end_after_exactly_300_ms() -> None:
    simulation = simulate(sleeper=sleeps)
    for _ in range(100):
        simulation.spawn("sleeper", 300)
    simulation.run_until_idle()
    assert simulation.clock.now_ns() == 300 * MS
    assert list(simulation.ended.values()) == [ExitResult(300 * MS)] * 100


def test_waiting_at_a_place_in_shared_memory_takes_virtual_time() -> None:
    class Place:
        is_notified = False

        def when_notified(self, callback: Callable[[], object]) -> None:
            raise AssertionError("a simulation looks for itself")

    place = Place()

    def waits(context: ProcessContext) -> Iterator[object]:
        yield WaitForNotification(place, 7 * MS)
        first = context.clock.now_ns()
        yield WaitForNotification(place, None)
        return first, context.clock.now_ns()

    def notifies(_: ProcessContext) -> Iterator[object]:
        yield Sleep(20 * MS)
        place.is_notified = True

    simulation = simulate(waits=waits, notifies=notifies)
    simulation.spawn("notifies")
    assert simulation.run("waits").value == (7 * MS, 20 * MS)


# Spawning from inside, exec.


def test_spawn_monitored_tells_the_end_once() -> None:
    def parent(_: ProcessContext) -> Iterator[object]:
        pid = yield child("child", 42, monitored=True)
        event = yield Receive()
        nothing = yield Receive(deadline_ns=10_000 * MS)
        return pid, event, nothing

    result = simulate(parent=parent, child=returns).run("parent")
    pid, event, nothing = result.value  # type: ignore[misc]
    assert event == Exit(pid, ExitResult(42), 0)
    assert nothing is None


def test_a_refused_spawn_is_an_error_of_the_operation() -> None:
    def parent(_: ProcessContext) -> Iterator[object]:
        errors = []
        for spawn_ in (child("nothing"), child("bad", 1, 2, 3, monitored=True)):
            try:
                yield spawn_
            except ProcessError as error:
                errors.append(error.kind)
        return errors, (yield Receive(deadline_ns=5))

    result = simulate(parent=parent, bad=sleeps).run("parent")
    assert result.value == ([ProcessErrorKind.NOT_FOUND, ProcessErrorKind.INVALID], None)


def test_the_parent_is_known() -> None:
    def parent(context: ProcessContext) -> Iterator[object]:
        return context.pid, (yield Exec("child", DEFAULT_HOST))

    def tells(context: ProcessContext) -> Iterator[object]:
        return context.parent
        yield

    pid, told = simulate(parent=parent, child=tells).run("parent").value  # type: ignore[misc]
    assert pid == told


def test_exec_gives_the_result_or_throws_the_error() -> None:
    def parent(_: ProcessContext) -> Iterator[object]:
        value = yield Exec("good", DEFAULT_HOST, (7,))
        try:
            yield Exec("bad", DEFAULT_HOST, ("why",))
        except ProcessError as error:
            return value, error.message

    result = simulate(parent=parent, good=returns, bad=fails).run("parent")
    assert result.value == (7, "why")


def test_an_executed_process_ends_with_its_caller() -> None:
    def parent(_: ProcessContext) -> Iterator[object]:
        yield Exec("child", DEFAULT_HOST)

    simulation = simulate(parent=parent, child=sleeps)
    pid = simulation.spawn("parent")
    simulation.run_until(5)
    simulation.scheduler.terminate(pid)
    simulation.run_until(6)
    assert len(simulation.scheduler) == 0
    assert "its caller ended" in str(simulation.ended[PID(DEFAULT_HOST, 2)].error)


# Messages.


def test_messages_of_one_sender_keep_their_order_and_the_exit_is_last() -> None:
    def sender(context: ProcessContext) -> Iterator[object]:
        yield tuple(Send(str(context.parent), "count", (number,)) for number in range(5))

    def parent(_: ProcessContext) -> Iterator[object]:
        pid = yield child("sender", monitored=True)
        mail = []
        for _number in range(6):
            mail += [(yield Receive())]
        return [getattr(item, "payloads", type(item)) for item in mail], {
            item.sender == pid for item in mail
        }

    value = simulate(parent=parent, sender=sender).run("parent").value
    assert value == ([(0,), (1,), (2,), (3,), (4,), Exit], {True})


def test_receive_can_be_narrowed_and_times_out_exactly() -> None:
    def body(context: ProcessContext) -> Iterator[object]:
        yield Send(context.pid, "b", (1,))
        yield Send(context.pid, "a", (2,))
        first = yield Receive(topic="a")
        event = yield Receive(messages=False, deadline_ns=7 * MS)
        looked = yield Receive(deadline_ns=0)
        return first.payloads, event, context.clock.now_ns(), looked.payloads

    assert simulate(p=body).run("p").value == ((2,), None, 7 * MS, (1,))


def test_send_fails_for_nobody_for_a_full_mailbox_and_for_system_topics() -> None:
    def body(context: ProcessContext) -> Iterator[object]:
        kinds = []
        full = [Send(context.pid, "t")] * 129
        for send in (Send("{h|0x00009}", "t"), Send("{?", "t"), Send(context.pid, "@x"), *full):
            try:
                yield send
            except ProcessError as error:
                kinds.append(str(error.kind))
        return kinds

    assert simulate(p=body).run("p").value == ["NotFound", "Invalid", "Invalid", "RateLimited"]


# Monitors and links.


def test_monitor_and_unmonitor() -> None:
    def body(_: ProcessContext) -> Iterator[object]:
        seen = []
        pid = yield child("sleeper", 5)
        yield Monitor(pid)
        for operation in (Monitor(pid), Monitor("{h|0x00077}"), Unmonitor("{h|0x00077}")):
            try:
                yield operation
            except ProcessError as error:
                seen.append(str(error))
        yield Unmonitor(pid)
        again = yield child("quick", monitored=True)
        yield Sleep(10 * MS)
        yield Unmonitor(again)  # its EXIT is there, unread
        return seen, (yield Receive(deadline_ns=20 * MS))

    seen, mail = simulate(p=body, sleeper=sleeps, quick=returns).run("p").value  # type: ignore[misc]
    assert seen == [
        "already monitoring pid",
        "pid not registered: {h|0x00077}",
        "not monitoring pid {h|0x00077}",
    ]
    assert mail is None


def test_a_failed_link_fails_the_other_and_a_normal_end_does_not() -> None:
    def body(_: ProcessContext, name: str) -> Iterator[object]:
        yield child(name, linked=True)
        yield Sleep(10 * MS)
        return "alive"

    simulation = simulate(p=body, good=returns, bad=fails)
    assert simulation.run("p", "good").value == "alive"
    error = simulation.run("p", "bad").error
    assert error is not None
    assert "linked process failed: {local:host|0x00004}: oops" in str(error)


def test_who_traps_links_is_told_instead() -> None:
    def body(_: ProcessContext) -> Iterator[object]:
        yield SetOptions(trap_links=True)
        pid = yield child("sleeper", 5)
        yield Link(pid)
        yield Sleep(1)
        yield TerminateProcess(pid)
        event = yield Receive()
        return event.sender == pid, type(event), event.result.error.message

    value = simulate(p=body, sleeper=sleeps).run("p").value
    assert value == (True, LinkDown, "process terminated while waiting for Sleep")


def test_links_go_both_ways_and_can_be_taken_back() -> None:
    def body(_: ProcessContext, keep: bool) -> Iterator[object]:
        pid = yield child("sleeper", 50)
        yield Link(pid)
        yield Link(pid)
        if not keep:
            yield Unlink(pid)
            with pytest.raises(ProcessError, match="not linked to pid"):
                yield Unlink(pid)
        raise ProcessError("over")

    for keep, now_ns in ((True, 0), (False, 50 * MS)):
        simulation = simulate(p=body, sleeper=sleeps)
        simulation.spawn("p", keep)
        simulation.run_until_idle()
        assert simulation.clock.now_ns() == now_ns


def test_a_process_cannot_monitor_or_link_to_itself() -> None:
    def body(context: ProcessContext) -> Iterator[object]:
        for operation in (Monitor(context.pid), Link(context.pid)):
            with pytest.raises(ProcessError, match="itself"):
                yield operation

    assert simulate(p=body).run("p").error is None


def test_a_long_chain_of_links_falls_together() -> None:
    def chain(_: ProcessContext, left: int) -> Iterator[object]:
        if left == 0:
            raise ProcessError("end of the chain")
        yield child("chain", left - 1, linked=True)
        yield Sleep(1_000 * MS)

    simulation = simulate(chain=chain)
    simulation.spawn("chain", 500)
    simulation.run_until_idle()
    assert len(simulation.ended) == 501
    assert simulation.clock.now_ns() == 0


# Cancel, terminate, deadlines.


def test_cancel_stops_who_does_not_look_into_its_mailbox() -> None:
    simulation = simulate(p=sleeps)
    pid = simulation.spawn("p")
    simulation.run_until(0)
    simulation.scheduler.cancel(pid, "enough")
    simulation.run_until_idle()
    error = simulation.ended[pid].error
    assert error is not None
    assert error.kind is ProcessErrorKind.CANCELED
    assert error.message == "process canceled: enough while waiting for Sleep"
    assert simulation.clock.now_ns() == 0


def test_cancel_is_an_event_for_who_does() -> None:
    def body(_: ProcessContext) -> Iterator[object]:
        yield Subscribe()
        yield Sleep(3 * MS)
        return (yield Receive())

    def canceler(context: ProcessContext, target: PID) -> Iterator[object]:
        yield CancelProcess(target, "please", grace_ns=5 * MS)
        return context.pid

    simulation = simulate(p=body, canceler=canceler)
    pid = simulation.spawn("p")
    simulation.run_until(1 * MS)
    sender = simulation.run("canceler", pid).value
    simulation.run_until_idle()
    assert simulation.ended[pid].value == Cancel(sender, "please", 1 * MS)
    assert simulation.clock.now_ns() == 3 * MS


def test_after_the_grace_time_cancel_becomes_terminate() -> None:
    def stubborn(_: ProcessContext) -> Iterator[object]:
        while True:
            yield Receive()

    simulation = simulate(p=stubborn)
    pid = simulation.spawn("p")
    simulation.run_until(0)
    simulation.scheduler.cancel(pid, grace_ns=5 * MS)
    simulation.run_until(4 * MS)
    assert pid not in simulation.ended
    simulation.run_until(5 * MS)
    assert "did not end in time after it was canceled" in str(simulation.ended[pid].error)


def test_terminate_of_a_running_process_interrupts_it_and_acts_after_the_step() -> None:
    process = Steps(Continue())
    scheduler, pid = scheduler_with(process)
    turn = scheduler.take("h")
    assert turn is not None
    scheduler.terminate(pid)
    scheduler.terminate(pid)
    assert scheduler.take_effects() == [Interrupt(process)]
    turn.perform()
    scheduler.finish(turn)
    assert state(scheduler) is ProcessState.ENDING
    scheduler.send(pid, "late", ())
    work(scheduler)
    assert process.closed == 1
    assert len(scheduler) == 0


def test_a_deadline_counts_from_the_first_step_and_includes_waiting() -> None:
    simulation = Simulation()
    simulation.register("p", define(sleeps, max_execution_ms=500))
    simulation.clock.advance(1_000 * MS)
    simulation.run_until(1_000 * MS)
    pid = simulation.spawn("p", 1_500)
    simulation.run_until_idle()
    error = simulation.ended[pid].error
    assert error is not None
    assert error.kind is ProcessErrorKind.TIMEOUT
    assert error.message == "execution time limit of 500 ms exceeded while waiting for Sleep"
    assert error.details["limit_ms"] == 500
    assert simulation.clock.now_ns() == 1_500 * MS


def test_a_deadline_says_where_a_running_process_was() -> None:
    process = Steps(*[Continue()] * 10)
    scheduler, _ = scheduler_with(process, max_execution_ms=500)
    for now_ms in (0, 200, 400, 600):
        turn = scheduler.take("h")
        assert turn is not None
        turn.perform()
        scheduler.tick(now_ms * MS)
        scheduler.finish(turn)
    work(scheduler)
    interrupt, ended = scheduler.take_effects()
    assert isinstance(interrupt, Interrupt)
    assert isinstance(ended, Ended)
    error = ended.result.error
    assert error is not None
    assert error.message == (
        "execution time limit of 500 ms exceeded in function $spin at instruction 7, "
        "called from $main"
    )
    assert error.details["backtrace"] == [
        "in function $spin at instruction 7",
        "in function $main at instruction 1",
    ]


def test_stopping_refuses_new_processes_and_ends_the_others() -> None:
    simulation = simulate(p=sleeps)
    simulation.spawn("p")
    simulation.run_until(0)
    simulation.scheduler.stop()
    with pytest.raises(ProcessError, match="scheduler is stopping"):
        simulation.spawn("p")
    simulation.run_until_idle()
    assert len(simulation.scheduler) == 0
    assert simulation.clock.now_ns() == 0


# Upgrade.


def test_upgrade_keeps_the_pid_the_mailbox_and_the_monitors() -> None:
    def old(_: ProcessContext) -> Iterator[object]:
        yield Sleep(2)
        yield Upgrade("new", ("hello",))

    def new(context: ProcessContext, word: str) -> Iterator[object]:
        return word, context.entry_id, (yield Receive())

    def parent(_: ProcessContext) -> Iterator[object]:
        pid = yield child("old", monitored=True)
        yield Send(pid, "kept")
        event = yield Receive()
        return event.sender == pid, event.result.value

    told, value = simulate(parent=parent, old=old, new=new).run("parent").value  # type: ignore[misc]
    assert told
    assert value[:2] == ("hello", "new")
    assert value[2].topic == "kept"


def test_an_upgrade_to_nothing_or_to_what_cannot_begin_is_a_failure() -> None:
    def old(_: ProcessContext, name: str) -> Iterator[object]:
        yield Upgrade(name, (1, 2, 3))

    simulation = simulate(old=old, bad=sleeps)
    assert "factory not found: nothing" in str(simulation.run("old", "nothing").error)
    assert "positional argument" in str(simulation.run("old", "bad").error)


def test_a_trap_reaches_its_watchers_with_function_names() -> None:
    trap = Trap(
        TrapCode.UNREACHABLE,
        backtrace=(CodeLocation(2, "inner", 4), CodeLocation(1, "outer", 9)),
    )

    class Traps(Steps):
        def step(self, events: Sequence[ProcessEvent], budget: int) -> Step:
            return Failed(trap)

    simulation = Simulation()
    simulation.register("p", ProcessDefinition(lambda _: Traps()))
    error = simulation.run("p").error
    assert error is not None
    assert str(error) == "unreachable in function $inner at instruction 4, called from $outer"
    assert error.__cause__ is trap
    assert error.details["trap"] == "unreachable"
