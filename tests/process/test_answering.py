"""What processes ask of the scheduler: names, first messages, upgrades, options, giving up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Sleep
from pywasm_rt.process.generator import Body, GeneratorProcess
from pywasm_rt.process.interface import (
    Cancel,
    Exit,
    ProcessContext,
    ProcessDefinition,
    ProcessOptions,
    Upgrade,
)
from pywasm_rt.process.operations import (
    CancelProcess,
    Exec,
    GiveUp,
    LookupName,
    Receive,
    RegisterName,
    Send,
    Spawn,
    Subscribe,
    UpgradeSelf,
    WatchMailbox,
)
from pywasm_rt.process.simulation import DEFAULT_HOST, Simulation

MS = 1_000_000


def simulate(**bodies: Body) -> Simulation:
    simulation = Simulation()
    for name, body in bodies.items():
        define(simulation, name, body)
    return simulation


def define(simulation: Simulation, name: str, body: Body, **options: Any) -> None:
    definition = ProcessDefinition(
        lambda _: GeneratorProcess(body), options=ProcessOptions(**options)
    )
    simulation.register(name, definition)


def idle(_: ProcessContext) -> Iterator[Any]:
    event = yield Receive(messages=False)
    return event


def sleepy(context: ProcessContext, ms: int) -> Iterator[Any]:
    yield Sleep(context.clock.now_ns() + ms * MS)
    return "slept"


# Cancellations and their grace.


@pytest.mark.parametrize(
    ("grace_ms", "own_ms", "ended_at_ms"), [(None, 500, 500), (None, 10_000, 10_000), (20, 500, 20)]
)
def test_a_cancellation_becomes_a_termination_after_the_grace_time(
    grace_ms: int | None, own_ms: int, ended_at_ms: int
) -> None:
    def stubborn(_: ProcessContext) -> Iterator[Any]:
        while True:
            yield Receive()

    def main(context: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("stubborn", DEFAULT_HOST, monitored=True)
        yield Sleep(0)
        grace_ns = None if grace_ms is None else grace_ms * MS
        yield CancelProcess(pid, "why", grace_ns)
        event = yield Receive()
        return context.clock.now_ns() // MS, event.result.error

    simulation = simulate(main=main)
    define(simulation, "stubborn", stubborn, cancel_grace_ms=own_ms)
    at_ms, error = simulation.run("main").value  # type: ignore[misc]
    assert at_ms == ended_at_ms
    assert error.kind is ProcessErrorKind.CANCELED
    assert "did not end in time after it was canceled" in error.message


def test_a_process_without_a_grace_time_may_go_on_for_ever() -> None:
    def patient(_: ProcessContext) -> Iterator[Any]:
        event = yield Receive(messages=False)
        assert isinstance(event, Cancel)
        yield Sleep(3_600_000 * MS)
        return event.reason

    def main(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("patient", DEFAULT_HOST, monitored=True)
        yield Sleep(0)
        yield CancelProcess(pid, "take your time")
        event = yield Receive()
        return event.result.value

    simulation = simulate(main=main)
    define(simulation, "patient", patient, cancel_grace_ms=None)
    assert simulation.run("main").value == "take your time"


def test_who_receives_only_messages_is_stopped_by_a_cancellation() -> None:
    """It could not know of it: a CANCEL is an event."""

    def deaf(_: ProcessContext) -> Iterator[Any]:
        yield Receive(events=False)

    def subscribed(_: ProcessContext) -> Iterator[Any]:
        yield Subscribe()
        yield Receive(events=False)

    def main(_: ProcessContext, entry_id: str) -> Iterator[Any]:
        pid = yield Spawn(entry_id, DEFAULT_HOST, monitored=True)
        yield Sleep(0)
        yield CancelProcess(pid, "now", 5 * MS)
        event = yield Receive()
        return event.result.error.message

    simulation = simulate(deaf=deaf, subscribed=subscribed, main=main)
    deaf_told = simulation.run("main", "deaf").value
    assert deaf_told == "process canceled: now while waiting for Receive"
    assert "did not end in time" in str(simulation.run("main", "subscribed").value)


# Names and first messages.


@pytest.mark.parametrize("name", ["", "{h|0x1}", "@system", "x" * 256])
def test_what_is_no_name(name: str) -> None:
    def main(_: ProcessContext) -> Iterator[Any]:
        yield RegisterName(name)

    error = simulate(main=main).run("main").error
    assert error is not None
    assert error.kind is ProcessErrorKind.INVALID


def test_a_spawn_whose_first_message_cannot_be_leaves_nothing_behind() -> None:
    def main(_: ProcessContext) -> Iterator[Any]:
        try:
            yield Spawn("idle", DEFAULT_HOST, name="n", messages=(("@no", ()),))
        except ProcessError as error:
            try:
                yield LookupName("n")
            except ProcessError as missing:
                return error.kind, missing.kind

    simulation = simulate(main=main, idle=idle)
    kinds = simulation.run("main").value
    assert kinds == (ProcessErrorKind.INVALID, ProcessErrorKind.NOT_FOUND)
    assert simulation.scheduler.holdings() == dict.fromkeys(simulation.scheduler.holdings(), 0)


def test_a_process_whose_init_fails_gives_its_name_back() -> None:
    def main(_: ProcessContext) -> Iterator[Any]:
        for _ in range(2):
            try:
                yield Spawn("idle", DEFAULT_HOST, ("too", "many"), name="n")
            except ProcessError as error:
                kind = error.kind
        return kind

    assert simulate(main=main, idle=idle).run("main").value is ProcessErrorKind.INVALID


# Upgrades.


@pytest.mark.parametrize("by_operation", [True, False])
def test_an_upgrade_keeps_pid_name_monitors_and_mail(by_operation: bool) -> None:
    def old(_: ProcessContext) -> Iterator[Any]:
        yield RegisterName("n")
        yield Receive(topic="go")
        yield UpgradeSelf("new", (1,)) if by_operation else Upgrade("new", (1,))
        raise AssertionError("it went on")

    def new(context: ProcessContext, number: int) -> Iterator[Any]:
        message = yield Receive()
        owner = yield LookupName("n")
        return number, message.topic, owner == context.pid, context.entry_id

    def main(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("old", DEFAULT_HOST, monitored=True)
        yield Send(pid, "kept")
        yield Send(pid, "go")
        event = yield Receive()
        assert isinstance(event, Exit)
        return event.sender == pid, event.result.value

    simulation = simulate(old=old, new=new, main=main)
    assert simulation.run("main").value == (True, (1, "kept", True, "new"))


# Calls and giving up.


def test_a_call_that_takes_too_long_is_ended() -> None:
    def main(context: ProcessContext) -> Iterator[Any]:
        fast = yield Exec("sleepy", DEFAULT_HOST, (10,), timeout_ns=20 * MS)
        try:
            yield Exec("sleepy", DEFAULT_HOST, (1000,), timeout_ns=20 * MS)
        except ProcessError as error:
            return fast, error.kind, str(error), context.clock.now_ns() // MS

    simulation = simulate(main=main, sleepy=sleepy)
    told = ("slept", ProcessErrorKind.TIMEOUT, "call timed out: sleepy", 30)
    assert simulation.run("main").value == told
    simulation.run_until_idle()
    assert not any(simulation.scheduler.holdings().values())


def test_who_waits_no_longer_is_not_answered() -> None:
    def main(_: ProcessContext) -> Iterator[Any]:
        # The tags of a generator count from 1.
        answers = yield (Exec("sleepy", DEFAULT_HOST, (1000,)), GiveUp(1), GiveUp(9))
        return answers

    simulation = simulate(main=main, sleepy=sleepy)
    # It waits for all three, of which one will not come.
    error = simulation.run("main").error
    assert str(error) == "the process waits, but for nothing"
    simulation.run_until_idle()
    assert not any(simulation.scheduler.holdings().values())


# Signals.


def test_a_signal_tells_what_is_in_the_mailbox() -> None:
    def main(context: ProcessContext) -> Iterator[Any]:
        messages = yield WatchMailbox()
        events = yield WatchMailbox(messages=False, events=True)
        seen = [(messages.ready(), events.ready())]
        told: list[str] = []
        messages.watch(lambda: told.append("mail"))
        yield Send(context.pid, "t")
        seen.append((messages.ready(), events.ready()))
        yield CancelProcess(context.pid)
        seen.append((messages.ready(), events.ready()))
        yield Receive(events=False)
        seen.append((messages.ready(), events.ready()))
        return seen, told

    seen, told = simulate(main=main).run("main").value  # type: ignore[misc]
    assert seen == [(False, False), (True, False), (True, True), (False, True)]
    assert told == ["mail", "mail"]
