"""A node with threads: what only real time can show."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from pywasm_rt.errors import ProcessError
from pywasm_rt.operations import Poll, Readable, ReadStream, Sleep, WriteStream
from pywasm_rt.process.generator import Body, GeneratorProcess
from pywasm_rt.process.host import ProcessHost, TerminalHost
from pywasm_rt.process.interface import (
    Continue,
    ExitResult,
    ProcessContext,
    ProcessDefinition,
    ProcessEvent,
    ProcessOptions,
    Step,
)
from pywasm_rt.process.node import Node
from pywasm_rt.process.operations import Exec, Receive, Send, Spawn
from pywasm_rt.process.pid import PID
from pywasm_rt.process.task import ProcessState
from pywasm_rt.wasi.capabilities.stdio import BytesSource, CollectingSink, DescriptorSource

HOST = "test:host"
MS = 1_000_000
PATIENCE = 10.0


def define(body: Body, **options: Any) -> ProcessDefinition:
    return ProcessDefinition(lambda _: GeneratorProcess(body), options=ProcessOptions(**options))


@pytest.fixture
def node() -> Iterator[Node]:
    before = set(threading.enumerate())
    node = Node()
    node.add_host(TerminalHost(HOST))
    node.register("sleeper", define(sleeper))
    node.register("loop", define(loop))
    with node:
        yield node
    left = set(threading.enumerate()) - before
    assert not left


def sleeper(context: ProcessContext, ms: int) -> Iterator[object]:
    yield Sleep(context.clock.now_ns() + ms * MS)
    return "slept"


def loop(_: ProcessContext) -> Iterator[object]:
    while True:
        yield Continue()


def test_a_hundred_sleepers_of_300_ms_on_one_worker(node: Node) -> None:
    begin = time.monotonic()
    futures = [node.spawn_watched("sleeper", HOST, (300,))[1] for _ in range(100)]
    assert {future.result(PATIENCE).value for future in futures} == {"slept"}
    assert 0.3 <= time.monotonic() - begin < 2


def test_run_gives_results_and_errors(node: Node) -> None:
    def body(_: ProcessContext, number: int) -> Iterator[object]:
        if number == 0:
            raise ProcessError("not zero")
        return number * 2
        yield

    node.register("p", define(body))
    assert node.run("p", HOST, (21,)) == ExitResult(42)
    assert str(node.run("p", HOST, (0,)).error) == "not zero"
    with pytest.raises(ProcessError, match="factory not found: q"):
        node.run("q", HOST)
    with pytest.raises(ProcessError, match="host not found: nowhere"):
        node.run("p", "nowhere", (1,))
    with pytest.raises(ProcessError, match="takes 2 positional arguments"):
        node.run("p", HOST, (1, 2))
    node.unregister("p")
    with pytest.raises(ProcessError, match="factory not found: p"):
        node.run("p", HOST, (1,))


def test_streams_without_waiting_are_used_on_the_spot(node: Node) -> None:
    sink = CollectingSink()

    def copy(_: ProcessContext) -> Iterator[object]:
        source = BytesSource(b"some bytes")
        while data := (yield ReadStream(source, 4)):
            yield WriteStream(sink, data)
        over = yield Poll((Sleep(0), Readable(source)))
        yield Readable(source)
        try:
            yield Poll(())
        except Exception as error:  # noqa: BLE001 - what it is, the test says
            return over, str(error)

    node.register("copy", define(copy))
    assert node.run("copy", HOST).value == ([0, 1], "a poll of nothing never ends")
    assert sink.data == b"some bytes"


def test_an_endless_loop_ends_at_its_deadline(node: Node) -> None:
    node.register("limited", define(loop, max_execution_ms=50))
    begin = time.monotonic()
    error = node.run("limited", HOST).error
    assert "execution time limit of 50 ms exceeded" in str(error)
    assert time.monotonic() - begin < 1


def test_a_loop_does_not_keep_others_from_running_and_can_be_terminated(node: Node) -> None:
    pid, future = node.spawn_watched("loop", HOST)
    assert node.run("sleeper", HOST, (1,)).value == "slept"
    assert [process.pid for process in node.processes()] == [pid]
    begin = time.monotonic()
    node.terminate(pid)
    assert str(future.result(PATIENCE).error) == "process terminated"
    assert time.monotonic() - begin < 1


def test_cancel_send_and_watch_from_outside(node: Node) -> None:
    def body(_: ProcessContext) -> Iterator[object]:
        return [(yield Receive()), (yield Receive())]

    node.register("p", define(body))
    pid = node.spawn("p", HOST)
    future = node.watch(pid)
    while node.processes()[0].state is not ProcessState.BLOCKED:
        pass
    node.send(pid, "topic", 1, 2)
    node.cancel(str(pid), "enough", grace_seconds=PATIENCE)
    message, cancel = future.result(PATIENCE).value  # type: ignore[misc]
    assert (message.topic, message.payloads, cancel.reason) == ("topic", (1, 2), "enough")
    with pytest.raises(ProcessError, match="process not found"):
        node.watch(pid)
    with pytest.raises(ProcessError, match="process not found"):
        node.send(pid, "topic")


def test_processes_talk_across_hosts(node: Node) -> None:
    node.add_host(ProcessHost("test:other", workers=2))
    with pytest.raises(ProcessError, match="host already running: test:other"):
        node.add_host(ProcessHost("test:other"))

    def echo(_: ProcessContext) -> Iterator[object]:
        while True:
            message = yield Receive()
            yield Send(message.sender, "echo", message.payloads)

    def main(_: ProcessContext) -> Iterator[object]:
        pids = []
        for host_id in (HOST, "test:other", HOST):
            pids += [(yield Spawn("echo", host_id))]
        answers = []
        for number in range(300):
            yield Send(pids[number % 3], "echo", (number,))
            answers.append((yield Receive()).payloads[0])
        return answers

    node.register("echo", define(echo))
    node.register("main", define(main))
    assert node.run("main", HOST).value == list(range(300))


def test_exec_and_values(node: Node) -> None:
    def inner(context: ProcessContext) -> Iterator[object]:
        return context.values["key"]
        yield

    def outer(_: ProcessContext) -> Iterator[object]:
        return (yield Exec("inner", HOST, values={"key": "inside"}))

    node.register("inner", define(inner))
    node.register("outer", define(outer))
    assert node.run("outer", HOST).value == "inside"
    assert node.run("inner", HOST, values={"key": "given"}).value == "given"


def test_close_ends_everything_and_runs_what_cleans_up() -> None:
    closed: list[int] = []

    def holds(context: ProcessContext) -> Iterator[object]:
        try:
            yield Sleep(context.clock.now_ns() + 3_600_000 * MS)
        finally:
            closed.append(context.pid.number)

    def stubborn(_: ProcessContext) -> Iterator[object]:
        while True:
            yield Receive()

    before = set(threading.enumerate())
    node = Node("here")
    node.add_host(ProcessHost(HOST, workers=2))
    node.register("holds", define(holds))
    node.register("stubborn", define(stubborn))
    node.register("loop", define(loop))
    node.start()
    with pytest.raises(ProcessError, match="started before"):
        node.start()
    futures = [node.spawn_watched("holds", HOST)[1] for _ in range(5)]
    pid, stubborn_future = node.spawn_watched("stubborn", HOST)
    assert str(pid) == "{here@test:host|0x00006}"
    node.spawn("loop", HOST)
    assert node.close(grace_seconds=0.05) == ()
    assert node.close() == ()
    assert sorted(closed) == [1, 2, 3, 4, 5] or not closed
    for future in futures:
        assert "process canceled: scheduler shutdown" in str(future.result(0).error)
    assert stubborn_future.result(0).error is not None
    assert set(threading.enumerate()) == before
    with pytest.raises(ProcessError, match="host is shutting down"):
        node.spawn("holds", HOST)


def test_a_node_that_never_started_can_be_closed() -> None:
    node = Node()
    node.add_host(TerminalHost(HOST))
    node.register("sleeper", define(sleeper))
    _, future = node.spawn_watched("sleeper", HOST, (1,))
    assert node.close() == ()
    assert future.result(0).error is not None


class Hangs:
    """Foreign code that does not come back until it is let go."""

    def __init__(self, go: threading.Event, begun: threading.Event) -> None:
        self.go, self.begun = go, begun

    def init(self, context: ProcessContext, method: str, arguments: Sequence[object]) -> None:
        pass

    def step(self, events: Sequence[ProcessEvent], budget: int) -> Step:
        self.begun.set()
        self.go.wait(PATIENCE)
        return Continue()

    def close(self) -> None:
        pass

    def interrupt(self) -> None:
        self.go.set()


def test_a_running_process_is_interrupted() -> None:
    go, begun = threading.Event(), threading.Event()
    with Node() as node:
        node.add_host(TerminalHost(HOST))
        node.register("hangs", ProcessDefinition(lambda _: Hangs(go, begun)))
        pid, future = node.spawn_watched("hangs", HOST)
        assert begun.wait(PATIENCE)
        node.terminate(pid)
        assert "process terminated" in str(future.result(PATIENCE).error)


def test_a_keyboard_interrupt_ends_what_runs(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Future.result
    calls: list[object] = []

    def interrupted(self: Any, timeout: float | None = None) -> object:
        if not calls:
            calls.append(self)
            raise KeyboardInterrupt
        return plain(self, timeout)

    monkeypatch.setattr(Future, "result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        node.run("sleeper", HOST, (3_600_000,))
    assert node.processes() == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: ProcessHost("h", workers=-1),
        lambda: ProcessHost("h", queue_size=-1),
        lambda: ProcessHost("h", local_queue_size=-5),
    ],
)
def test_hosts_refuse_negative_figures(make: Callable[[], ProcessHost]) -> None:
    with pytest.raises(ProcessError, match="must be greater than 0"):
        make()


def test_hosts_have_defaults() -> None:
    host = ProcessHost("h")
    assert (host.workers, host.queue_size, host.local_queue_size) == (os.cpu_count(), 1_024, 256)
    assert TerminalHost("t").workers == 1
    assert host.stop() == 0
    assert not host.running


BLOCKED_READ = """
import os, sys
from pywasm_rt.operations import ReadStream
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.host import TerminalHost
from pywasm_rt.process.interface import ProcessDefinition
from pywasm_rt.process.node import Node
from pywasm_rt.wasi.capabilities.stdio import CallbackSource, DescriptorSource

begun = os.pipe()

def read(count):
    os.write(begun[1], b"x")
    return os.read(0, count)

def body(context):
    watched = sys.argv[1] == "watched"
    source = DescriptorSource(0) if watched else CallbackSource(read, may_block=True)
    return (yield ReadStream(source, 10))

with Node() as node:
    node.add_host(TerminalHost("h"))
    node.register("p", ProcessDefinition(lambda _: GeneratorProcess(body)))
    pid, future = node.spawn_watched("p", "h")
    if sys.argv[1] != "watched":
        os.read(begun[0], 1)
    node.terminate(pid)
    print(future.result(5).error)
print("over")
"""


@pytest.mark.parametrize("how", ["watched", "on a thread"])
def test_a_read_from_standard_input_does_not_keep_the_program(how: str) -> None:
    read_end, write_end = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-c", BLOCKED_READ, how],
            stdin=read_end,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        os.close(read_end)
        os.close(write_end)
    assert done.stderr == ""
    first, second = done.stdout.splitlines()
    assert first.startswith("process terminated")
    assert second == "over"


def test_a_watched_stream_serves_two_processes(node: Node) -> None:
    read_end, write_end = os.pipe()
    source = DescriptorSource(read_end)

    def reads(_: ProcessContext) -> Iterator[object]:
        return (yield ReadStream(source, 1))

    node.register("reads", define(reads))
    futures = [node.spawn_watched("reads", HOST)[1] for _ in range(2)]
    os.write(write_end, b"ab")
    assert {future.result(PATIENCE).value for future in futures} == {b"a", b"b"}
    os.close(read_end)
    os.close(write_end)


def test_pids_are_never_used_again(node: Node) -> None:
    numbers = []
    for _ in range(20):
        pid, future = node.spawn_watched("sleeper", HOST, (0,))
        future.result(PATIENCE)
        numbers.append(pid.number)
    assert numbers == sorted(set(numbers))
    assert PID.parse(str(pid)) == pid
