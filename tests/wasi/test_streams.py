"""Streams: reads and writes that never wait, and ones that do."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from pywasm_rt.errors import ExhaustionError, Trap
from pywasm_rt.operations import Readable, ReadStream, Writable, WriteStream
from pywasm_rt.wasi.capabilities.error_code import ErrorCode
from pywasm_rt.wasi.capabilities.stdio import (
    BytesSource,
    CallbackSink,
    CollectingSink,
    OutputBudget,
)
from pywasm_rt.wasi.streams import (
    WRITE_PERMIT_BYTES,
    InputStream,
    OutputStream,
    StreamClosed,
    StreamFailed,
)


class TestReading:
    def test_what_is_there_is_read_without_an_operation(self, world: Any) -> None:
        stream = InputStream(BytesSource(b"abcdef"))
        assert stream.read(2) == b"ab"
        assert stream.read(0) == b""
        assert world.drive(stream.blocking_read(3)) == b"cde"
        assert world.drive(stream.blocking_read(100)) == b"f"
        for _ in range(2):
            with pytest.raises(StreamClosed):
                stream.read(1)
        with pytest.raises(StreamClosed):
            stream.read(0)
        with pytest.raises(StreamClosed):
            world.drive(stream.blocking_read(0))
        assert world.performed == []

    def test_a_source_that_may_block_is_not_made_to(self, world: Any, slow_source: Any) -> None:
        stream = InputStream(slow_source)
        assert stream.read(5) == b""
        assert stream.pending() == Readable(slow_source)
        world.meanwhile = lambda _: slow_source.arrived.append(b"hello world")
        assert world.drive(stream.blocking_read(5)) == b"hello"
        assert world.performed == [ReadStream(slow_source, 5)]
        assert stream.pending() is None
        assert stream.read(100) == b" world"
        assert stream.read(100) == b"", "open, but nothing there"
        slow_source.ended = True
        with pytest.raises(StreamClosed):
            stream.read(1)
        assert stream.pending() is None, "a closed stream is ready"

    def test_a_failure_is_told_once(self, world: Any, slow_source: Any) -> None:
        stream = InputStream(slow_source)
        slow_source.broken = OSError(errno.ECONNRESET, "reset")
        with pytest.raises(StreamFailed) as caught:
            world.drive(stream.blocking_read(5))
        assert caught.value.code is ErrorCode.IO
        with pytest.raises(StreamClosed):
            world.drive(stream.blocking_read(5))

    def test_huge_reads_are_bounded(self, world: Any, slow_source: Any) -> None:
        stream = InputStream(slow_source)
        world.meanwhile = lambda _: slow_source.arrived.append(b"x")
        assert world.drive(stream.blocking_read(2**64 - 1)) == b"x"
        assert world.performed[0].max_bytes == 1 << 20


class TestWriting:
    def test_a_sink_that_takes_pieces_gets_all(self, world: Any) -> None:
        pieces: list[bytes] = []

        class Reluctant(CallbackSink):
            def write(self, data: bytes) -> int:
                pieces.append(data[:3])
                return len(pieces[-1])

        stream = OutputStream(Reluctant(print))
        stream.write(b"12345678")
        world.drive(stream.blocking_write_and_flush(b"9"))
        assert pieces == [b"123", b"456", b"78", b"9"]
        assert world.performed == []

    def test_what_a_sink_does_not_take_at_once_is_kept(self, world: Any, slow_sink: Any) -> None:
        stream = OutputStream(slow_sink)
        assert stream.check_write() == 0
        slow_sink.room = 4
        assert stream.check_write() == WRITE_PERMIT_BYTES
        stream.write(b"0123456789")
        assert slow_sink.taken == b"0123"
        assert stream.check_write() == 0
        assert stream.pending() == Writable(slow_sink)
        slow_sink.room = 3
        assert not stream.advance()
        assert slow_sink.taken == b"0123456"
        slow_sink.room = 100
        assert stream.advance()
        assert slow_sink.taken == b"0123456789"
        assert stream.pending() is None

    def test_more_than_is_permitted_traps(self, slow_sink: Any) -> None:
        stream = OutputStream(slow_sink)
        slow_sink.room = 1
        with pytest.raises(Trap, match="permits 1048576"):
            stream.write(bytes(WRITE_PERMIT_BYTES + 1))
        stream.write(b"abc")
        with pytest.raises(Trap, match="permits 0"):
            stream.write(b"d")

    def test_a_blocking_write_waits_for_what_is_left(self, world: Any, slow_sink: Any) -> None:
        stream = OutputStream(slow_sink)
        slow_sink.room = 2
        world.drive(stream.blocking_write_and_flush(b"abcdef"))
        assert world.performed == [WriteStream(slow_sink, b"cdef", flush=True)]
        assert slow_sink.taken == b"abcdef"
        assert slow_sink.flushes == 1

    def test_a_flush_waits_its_turn(self, world: Any, slow_sink: Any) -> None:
        stream = OutputStream(slow_sink)
        slow_sink.room = 1
        stream.write(b"ab")
        stream.flush()
        assert slow_sink.flushes == 0
        slow_sink.room = 10
        assert stream.check_write() > 0
        assert slow_sink.flushes == 1
        world.drive(stream.blocking_write_and_flush(b""))
        assert slow_sink.flushes == 2
        assert world.performed == []

    def test_a_sink_that_takes_nothing_is_waited_for(self, world: Any) -> None:
        class Stubborn(CollectingSink):
            stubborn = True

            def write(self, data: bytes) -> int:
                return 0 if self.stubborn else super().write(data)

        sink = Stubborn()
        stream = OutputStream(sink)
        stream.write(b"abc")
        assert stream.check_write() == 0
        assert stream.pending() == Writable(sink)
        world.meanwhile = lambda _: setattr(sink, "stubborn", False)
        world.drive(stream.blocking_write_and_flush(b"def"))
        assert sink.data == b"abcdef"
        assert world.performed == [WriteStream(sink, b"abcdef", flush=True)]

    def test_giving_up_writes_what_is_left(self, world: Any, slow_sink: Any) -> None:
        closed: list[bool] = []
        stream = OutputStream(slow_sink, on_close=lambda: closed.append(True))
        slow_sink.room = 1
        stream.write(b"abc")
        world.drive(stream.close())
        assert slow_sink.taken == b"abc"
        assert closed == [True]
        slow_sink.broken = OSError(errno.EPIPE, "nobody reads")
        world.drive(stream.close())
        assert closed == [True]

    @pytest.mark.parametrize("blocking", [True, False])
    def test_a_failure_is_told_once(self, world: Any, slow_sink: Any, blocking: bool) -> None:
        stream = OutputStream(slow_sink)
        slow_sink.broken = BrokenPipeError(errno.EPIPE, "nobody reads")

        def write() -> None:
            if blocking:
                world.drive(stream.blocking_write_and_flush(b"abc"))
            else:
                stream.write(b"abc")

        with pytest.raises(StreamFailed) as caught:
            write()
        assert caught.value.code is ErrorCode.PIPE
        for call in (stream.check_write, stream.flush, lambda: stream.write(b"")):
            with pytest.raises(StreamClosed):
                call()
        assert stream.pending() is None

    def test_a_failure_of_the_waiting_write(self, world: Any, slow_sink: Any) -> None:
        stream = OutputStream(slow_sink)

        def break_it(_: object) -> None:
            slow_sink.broken = OSError(errno.ENOSPC, "full")

        world.meanwhile = break_it
        with pytest.raises(StreamFailed) as caught:
            world.drive(stream.blocking_write_and_flush(b"abc"))
        assert caught.value.code is ErrorCode.INSUFFICIENT_SPACE

    def test_streams_share_a_budget(self, world: Any) -> None:
        budget = OutputBudget(10)
        out, err = CollectingSink(), CollectingSink()
        stdout, stderr = OutputStream(out, budget), OutputStream(err, budget)
        stdout.write(b"123456")
        world.drive(stderr.blocking_write_and_flush(b"1234"))
        with pytest.raises(ExhaustionError, match="output limit of 10 bytes") as caught:
            stdout.write(b"7")
        assert caught.value.resource == "output"
        assert caught.value.limit == 10
        assert (out.data, err.data) == (b"123456", b"1234")
