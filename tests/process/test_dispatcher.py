"""The dispatcher in real time; nothing here waits longer than it must."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from pywasm_rt.errors import OperationError
from pywasm_rt.operations import (
    Operation,
    Poll,
    Readable,
    ReadStream,
    Sleep,
    WaitForNotification,
    Writable,
    WriteStream,
)
from pywasm_rt.process.blocking import BlockingLanes, Job
from pywasm_rt.process.dispatcher import Dispatcher
from pywasm_rt.process.pid import PID
from pywasm_rt.wasi.capabilities.stdio import (
    BytesSource,
    CallbackSource,
    DescriptorSink,
    DescriptorSource,
)

A, B = PID("h", 1), PID("h", 2)
PATIENCE = 10.0
MS = 1_000_000


class SlowSource:
    """A source that may block, and of which nobody knows when it does not."""

    may_block = True

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.read = read

    def ready(self) -> bool:
        return False


class Reports:
    """A dispatcher and what it reports."""

    def __init__(self) -> None:
        self.reports: queue.Queue[tuple[PID, int, object, Exception | None]] = queue.Queue()
        self.alarms: queue.Queue[int] = queue.Queue()
        self.dispatcher = Dispatcher(
            lambda *report: self.reports.put(report),
            lambda: self.alarms.put(time.monotonic_ns()),
        )

    def next(self) -> tuple[PID, int, object]:
        pid, tag, result, error = self.reports.get(timeout=PATIENCE)
        if error is not None:
            raise error
        return pid, tag, result

    def perform(self, operation: Operation, tag: int = 1) -> object:
        self.dispatcher.submit(A, tag, operation)
        pid, got_tag, result = self.next()
        assert (pid, got_tag) == (A, tag)
        return result


@pytest.fixture
def reports() -> Iterator[Reports]:
    reports = Reports()
    reports.dispatcher.start()
    yield reports
    assert reports.dispatcher.stop() == 0
    assert not reports.dispatcher._waiting
    assert not reports.dispatcher._jobs


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def soon(ms: int) -> int:
    return time.monotonic_ns() + ms * MS


def test_sleeps_end_in_order_and_never_early(reports: Reports) -> None:
    deadlines = {tag: soon(5 * tag) for tag in (3, 1, 2)}
    for tag, deadline_ns in deadlines.items():
        reports.dispatcher.submit(A, tag, Sleep(deadline_ns))
    for tag in (1, 2, 3):
        assert reports.next() == (A, tag, None)
        assert time.monotonic_ns() >= deadlines[tag]


def test_a_pipe_is_waited_for_and_read(reports: Reports, pipe: tuple[int, int]) -> None:
    source = DescriptorSource(pipe[0])
    reports.dispatcher.submit(A, 1, ReadStream(source, 100))
    reports.dispatcher.submit(A, 2, Readable(source))
    os.write(pipe[1], b"hello")
    got = {reports.next()[1:] for _ in range(1)}
    os.write(pipe[1], b" again")
    got |= {reports.next()[1:]}
    assert (2, None) in got
    assert any(tag == 1 and result in {b"hello", b"hello again"} for tag, result in got)


def test_what_was_withdrawn_takes_nothing(reports: Reports, pipe: tuple[int, int]) -> None:
    source = DescriptorSource(pipe[0])
    reports.dispatcher.submit(A, 1, ReadStream(source, 100))
    reports.dispatcher.submit(A, 2, Sleep(soon(3_600_000)))
    reports.dispatcher.withdraw(A, 1)
    reports.dispatcher.withdraw(A, 2)
    assert reports.perform(Sleep(0), tag=3) is None
    os.write(pipe[1], b"mine")
    reports.dispatcher.submit(B, 1, ReadStream(source, 100))
    assert reports.next() == (B, 1, b"mine")
    assert reports.reports.empty()
    assert not reports.dispatcher._waiting


def test_poll_waits_for_the_first(reports: Reports, pipe: tuple[int, int]) -> None:
    source, sink = DescriptorSource(pipe[0]), DescriptorSink(pipe[1])
    far = soon(3_600_000)
    assert reports.perform(Poll((Readable(source), Sleep(soon(5))))) == [1]
    assert reports.perform(Poll((Readable(source), Writable(sink), Sleep(far)))) == [1]
    reports.dispatcher.submit(A, 1, Poll((Sleep(far), Readable(source))))
    os.write(pipe[1], b"x")
    assert reports.next() == (A, 1, [1])
    with pytest.raises(OperationError, match="a poll of nothing"):
        reports.perform(Poll(()))


def test_a_stream_that_nobody_can_watch_is_looked_at(reports: Reports) -> None:
    class Ripening(SlowSource):
        looks = 0

        def ready(self) -> bool:
            self.looks += 1
            return self.looks > 4

    source = Ripening(lambda _: b"")
    assert reports.perform(Readable(source)) is None
    assert source.looks == 5


def test_large_writes_go_out_on_a_thread_and_whole(reports: Reports, pipe: tuple[int, int]) -> None:
    data = bytes(range(256)) * 2_048
    sink = DescriptorSink(pipe[1])
    reports.dispatcher.submit(A, 1, WriteStream(sink, data))
    reports.dispatcher.submit(A, 2, WriteStream(sink, b"end", flush=True))
    read = b""
    while len(read) < len(data) + 3:
        read += os.read(pipe[0], 65_536)
    assert read == data + b"end"
    assert [reports.next() for _ in range(2)] == [(A, 1, None), (A, 2, None)]


def test_blocking_calls_on_one_stream_are_made_one_after_another(reports: Reports) -> None:
    going_on = threading.Event()
    running: list[int] = []

    def read(count: int) -> bytes:
        running.append(count)
        assert going_on.wait(PATIENCE)
        return bytes(count)

    slow = SlowSource(read)
    other = SlowSource(lambda count: b"y" * count)
    reports.dispatcher.submit(A, 1, ReadStream(slow, 1))
    reports.dispatcher.submit(A, 2, ReadStream(slow, 2))
    reports.dispatcher.submit(A, 3, ReadStream(other, 3))
    assert reports.next() == (A, 3, b"yyy")
    assert running == [1]
    reports.dispatcher.withdraw(A, 2)
    reports.dispatcher.submit(A, 4, ReadStream(slow, 4))
    going_on.set()
    assert [reports.next() for _ in range(2)] == [(A, 1, b"\0"), (A, 4, b"\0" * 4)]


def test_errors_are_reported(reports: Reports, pipe: tuple[int, int]) -> None:
    def broken(_: int) -> bytes:
        raise OSError(5, "device failed")

    with pytest.raises(OSError, match="device failed"):
        reports.perform(ReadStream(CallbackSource(broken), 1))
    with pytest.raises(OSError, match="device failed"):
        reports.perform(ReadStream(SlowSource(broken), 1))
    assert reports.perform(ReadStream(BytesSource(b"fine"), 10)) == b"fine"


def test_unknown_operations_are_refused_and_new_ones_registered(reports: Reports) -> None:
    @dataclass(frozen=True)
    class Fetch(Operation):
        what: str

    with pytest.raises(OperationError, match="nobody here performs Fetch"):
        reports.perform(Fetch("x"))

    async def fetch(operation: Fetch) -> str:
        await asyncio.sleep(0)
        if operation.what == "bad":
            raise KeyError(operation.what)
        if operation.what == "never":
            await asyncio.Event().wait()
        return operation.what * 2

    reports.dispatcher.register(Fetch, fetch)
    assert reports.perform(Fetch("x")) == "xx"
    with pytest.raises(Exception, match="internal fault: KeyError: 'bad'"):
        reports.perform(Fetch("bad"))
    reports.dispatcher.submit(A, 1, Fetch("never"))
    reports.dispatcher.submit(A, 2, Fetch("never"))
    reports.dispatcher.withdraw(A, 1)
    assert reports.perform(Fetch("y")) == "yy"
    assert reports.reports.empty()


class Place:
    """A place in shared memory that somebody waits at."""

    def __init__(self) -> None:
        self.is_notified = False
        self.callbacks: list[Callable[[], object]] = []

    def when_notified(self, callback: Callable[[], object]) -> None:
        self.callbacks.append(callback)

    def notify(self) -> None:
        self.is_notified = True
        for callback in self.callbacks:
            callback()


def test_waiting_at_a_place_in_shared_memory(reports: Reports) -> None:
    place = Place()
    assert reports.perform(WaitForNotification(place, 5 * MS)) is None
    assert not place.is_notified
    reports.dispatcher.submit(A, 1, WaitForNotification(place, None))
    reports.dispatcher.submit(A, 2, WaitForNotification(place, 3_600_000 * MS))
    reports.dispatcher.submit(A, 3, WaitForNotification(place, 0))
    assert reports.next() == (A, 3, None)
    place.notify()
    assert [reports.next() for _ in range(2)] == [(A, 1, None), (A, 2, None)]
    assert reports.perform(WaitForNotification(place, None)) is None


def test_alarms(reports: Reports) -> None:
    when_ns = soon(5)
    reports.dispatcher.set_alarm(soon(3_600_000))
    reports.dispatcher.set_alarm(when_ns)
    reports.alarms.get(timeout=PATIENCE)
    reports.dispatcher.set_alarm(soon(3_600_000))
    reports.dispatcher.set_alarm(None)
    assert reports.alarms.empty()


def test_what_comes_before_the_start_is_done_at_the_start() -> None:
    reports = Reports()
    reports.dispatcher.submit(A, 1, Sleep(0))
    reports.dispatcher.start()
    assert reports.next() == (A, 1, None)
    reports.dispatcher.stop()
    assert reports.dispatcher.stop() == 0


def test_a_read_that_never_ends_does_not_keep_the_dispatcher() -> None:
    never, begun = threading.Event(), threading.Event()

    def read(_: int) -> bytes:
        begun.set()
        never.wait(PATIENCE)
        return b""

    reports = Reports()
    reports.dispatcher.start()
    reports.dispatcher.submit(A, 1, ReadStream(SlowSource(read), 1))
    assert begun.wait(PATIENCE)
    assert reports.dispatcher.stop() == 1
    never.set()
    assert reports.reports.empty()


def test_idle_threads_are_used_again() -> None:
    lanes = BlockingLanes()
    threads: set[int] = set()
    done: queue.Queue[object] = queue.Queue()
    for _ in range(5):
        job = Job(
            object(),
            lambda: threads.add(threading.get_ident()),
            lambda result, error: done.put(error),
        )
        lanes.submit(job)
        assert done.get(timeout=PATIENCE) is None
        while lanes.is_busy(job.lane):
            pass
    assert len(threads) <= 2
    assert lanes.close() == 0
    lanes.submit(job)
    assert not lanes.is_busy(job.lane)
