"""Operations without waiting."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import OperationError, ProcessError
from pywasm_rt.operations import Poll, Readable, ReadStream, Sleep, Writable, WriteStream
from pywasm_rt.process.immediate import NOT_YET, outcome, perform_now, wake_ns, write_all
from pywasm_rt.wasi.capabilities.stdio import BytesSource, CallbackSource, CollectingSink


class Slow:
    """A stream that may block; ``is_ready`` says whether it would."""

    may_block = True

    def __init__(self, is_ready: bool = False) -> None:
        self.is_ready = is_ready

    def ready(self) -> bool:
        return self.is_ready

    def read(self, max_bytes: int) -> bytes:
        raise AssertionError("not to be read here")

    def write(self, data: bytes) -> int:
        raise AssertionError("not to be written here")

    def flush(self) -> None:
        raise AssertionError("not to be written here")


def test_sleep_and_wake() -> None:
    assert perform_now(Sleep(5), 4) is NOT_YET
    assert perform_now(Sleep(5), 5) is None
    assert wake_ns(Sleep(5)) == 5
    assert wake_ns(Poll((Sleep(9), Readable(Slow()), Sleep(7)))) == 7
    assert wake_ns(Readable(Slow())) is None


def test_streams_that_may_block_are_left_alone() -> None:
    assert perform_now(ReadStream(Slow(is_ready=True), 5), 0) is NOT_YET
    assert perform_now(WriteStream(Slow(is_ready=True), b"x"), 0) is NOT_YET
    assert perform_now(ReadStream(BytesSource(b"abc"), 2), 0) == b"ab"
    sink = CollectingSink()
    assert perform_now(WriteStream(sink, b"abc", flush=True), 0) is None
    assert sink.data == b"abc"


def test_poll_tells_all_that_are_over() -> None:
    waits = (Sleep(5), Readable(Slow()), Writable(Slow(is_ready=True)), Readable(BytesSource()))
    assert perform_now(Poll(waits), 4) == [2, 3]
    assert perform_now(Poll(waits), 5) == [0, 2, 3]
    assert perform_now(Poll(waits[:2]), 4) is NOT_YET
    with pytest.raises(OperationError, match="a poll of nothing"):
        perform_now(Poll(()), 0)


def test_writing_all_of_it() -> None:
    class Dribble(CollectingSink):
        def write(self, data: bytes) -> int:
            return super().write(data[:2])

    sink = Dribble()
    write_all(sink, b"abcde", flush=True)
    assert sink.data == b"abcde"

    class Full(CollectingSink):
        def write(self, data: bytes) -> int:
            return 0

    with pytest.raises(OSError, match="took none of 3 bytes"):
        write_all(Full(), b"abc", flush=False)


def test_outcomes() -> None:
    def closed(_: int) -> bytes:
        raise ValueError("I/O operation on closed file")

    assert outcome(lambda: 5) == (5, None)
    result, error = outcome(lambda: CallbackSource(closed).read(1))
    assert result is None
    assert isinstance(error, ProcessError)
    assert "closed file" in str(error)
