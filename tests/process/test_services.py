"""Services in real time: processes of a node, supervised by one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pywasm_rt.errors import ProcessError
from pywasm_rt.operations import Sleep
from pywasm_rt.process.generator import Body, GeneratorProcess
from pywasm_rt.process.host import TerminalHost
from pywasm_rt.process.interface import Cancel, ProcessContext, ProcessDefinition
from pywasm_rt.process.lifecycle import (
    LifecyclePolicy,
    RestartPolicy,
    ServiceSpec,
    ServiceState,
    SupervisorSpec,
)
from pywasm_rt.process.node import Node
from pywasm_rt.process.operations import Receive
from pywasm_rt.process.services import ProcessService, ServiceRunner

HOST = "test:host"
MS = 1_000_000
PATIENCE = 10.0


class Notes:
    """What happened, in order, from several threads."""

    def __init__(self) -> None:
        self.list: list[str] = []

    def __call__(self, text: str) -> None:
        self.list.append(text)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def node(notes: Notes) -> Iterator[Node]:
    before = set(threading.enumerate())
    node = Node()
    node.add_host(TerminalHost(HOST))

    def obedient(_: ProcessContext, name: str) -> Iterator[object]:
        notes(f"+{name}")
        event = yield Receive()
        if isinstance(event, Cancel):
            notes(f"-{name} {event.reason}")
            return
        notes(f"!{name}")
        raise ProcessError("told to")

    def stubborn(_: ProcessContext) -> Iterator[object]:
        while True:
            yield Receive()

    for name, body in (("obedient", obedient), ("stubborn", stubborn)):
        node.register(name, _define(body))
    with node:
        yield node
    assert not set(threading.enumerate()) - before


def _define(body: Body) -> ProcessDefinition:
    return ProcessDefinition(lambda _: GeneratorProcess(body))


def service(id: str, **lifecycle: Any) -> ServiceSpec:
    restart = RestartPolicy(initial_delay_ns=5 * MS)
    return ServiceSpec(id, LifecyclePolicy(auto_start=True, restart=restart, **lifecycle))


def test_services_start_restart_and_stop_in_order(node: Node, notes: Notes) -> None:
    with ServiceRunner() as runner:
        runner.add(service("b", requires=("a",)), ProcessService(node, "obedient", HOST, ("b",)))
        runner.add(service("a"), ProcessService(node, "obedient", HOST, ("a",), name="the a"))
        runner.start()
        assert runner.wait_started(PATIENCE) == ()
        first = node.find("the a")
        node.send("the a", "end")
        assert runner.wait(lambda it: it.service("a").restarts == 1, PATIENCE)
        assert runner.wait(lambda it: it.service("a").state is ServiceState.RUNNING, PATIENCE)
        assert node.find("the a") not in {None, first}
        assert runner.close(PATIENCE)
    # When their first lines run is up to the workers; they stop in turn.
    ends = ["-b service stopping", "-a service stopping"]
    assert [note for note in notes.list if note[1] == "a"] == ["+a", "!a", "+a", ends[1]]
    assert [note for note in notes.list if note[1] == "b"] == ["+b", ends[0]]
    assert notes.list[-2:] == ends
    assert node.processes() == ()


def test_every_change_of_a_state_is_told_in_order(node: Node) -> None:
    def failing(_: ProcessContext) -> Iterator[object]:
        yield Sleep(0)
        raise ProcessError("again")

    told: list[tuple[str, int]] = []
    node.register("failing", _define(failing))
    restart = RestartPolicy(initial_delay_ns=1, max_attempts=1)
    spec = ServiceSpec("a", LifecyclePolicy(auto_start=True, restart=restart))
    with ServiceRunner() as runner:
        runner.on_change = lambda it: told.append((it.state.value, it.restarts))
        runner.add(spec, ProcessService(node, "failing", HOST))
        runner.start()
        assert runner.wait(lambda it: it.service("a").state is ServiceState.FAILED, PATIENCE)
    assert told == [
        ("waiting", 0),
        ("starting", 0),
        ("running", 0),
        ("restarting", 1),
        ("starting", 1),
        ("running", 1),
        ("failed", 1),
    ]


def test_a_second_request_forces_what_does_not_want_to_stop(node: Node) -> None:
    with ServiceRunner() as runner:
        runner.add(service("s"), ProcessService(node, "stubborn", HOST))
        runner.add_supervisor(SupervisorSpec("top", ("s",)))
        runner.start()
        runner.wait_started(PATIENCE)
        runner.stop()
        assert not runner.wait_down(0)
        assert runner.service("s").state is ServiceState.STOPPING
        runner.force()
        assert runner.wait_down(PATIENCE)
        assert runner.service("top").state is ServiceState.STOPPED


def test_a_service_of_an_unknown_entry_fails_and_says_so(node: Node) -> None:
    with ServiceRunner() as runner:
        runner.add(service("s"), ProcessService(node, "ghost", HOST))
        runner.start("s")
        (failed,) = runner.wait_started(PATIENCE)
        assert (failed.id, str(failed.error)) == ("s", "factory not found: ghost")


def test_a_start_that_raises_anything_is_a_failed_start(node: Node) -> None:
    class Broken:
        def start(self, ended: object) -> Any:
            raise ZeroDivisionError("oops")

    with ServiceRunner() as runner:
        runner.add(service("s"), Broken())
        runner.start()
        (failed,) = runner.wait_started(PATIENCE)
        assert "internal fault: ZeroDivisionError: oops" in str(failed.error)


def test_what_is_asked_for_before_the_thread_runs_has_its_time_too(node: Node) -> None:
    runner = ServiceRunner()
    runner.add(service("a"), ProcessService(node, "obedient", HOST, ("a",)))
    runner.start()
    with runner:
        assert runner.wait_started(PATIENCE) == ()
        assert runner.service("a").state is ServiceState.RUNNING
        assert runner.service("a").restarts == 0
