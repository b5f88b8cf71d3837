"""``wasi:io``: pollables and streams."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.errors import Trap
from pywasm_rt.operations import Poll, Readable, ReadStream, Sleep, Writable, WriteStream
from pywasm_rt.wasi.capabilities.stdio import BytesSource, CollectingSink
from pywasm_rt.wasi.preview2.io import poll
from pywasm_rt.wasi.streams import WRITE_PERMIT_BYTES

CLOSED = Err(Variant("closed"))
SECOND = 1_000_000_000


def timer(guest: Any, duration_ns: int) -> Any:
    """A pollable that is ready after a time."""
    return guest.call("clocks/monotonic-clock.subscribe-duration", duration_ns)


class TestPoll:
    def test_several_sleeps(self, guest: Any, world: Any) -> None:
        timers = [timer(guest, seconds * SECOND) for seconds in (3, 1, 2, 1)]
        assert guest.call("io/poll.poll", timers) == [1, 3]
        assert world.clock.now_ns() == SECOND + 1_000
        assert guest.call("io/poll.poll", timers) == [1, 3], "they stay ready"
        assert guest.call("io/poll.poll", [timers[0], timers[2]]) == [1]
        assert guest.call("io/poll.poll", [timers[0], timers[0]]) == [0, 1]
        assert world.clock.now_ns() == 3 * SECOND + 1_000
        assert [type(operation) for operation in world.performed] == [Poll] * 3

    def test_ready_and_block(self, guest: Any, world: Any) -> None:
        pollable = timer(guest, 5)
        assert guest.call("io/poll.pollable.ready", pollable) is False
        assert guest.call("io/poll.pollable.block", pollable) is None
        assert world.performed == [Sleep(1_005)]
        assert guest.call("io/poll.pollable.ready", pollable) is True
        guest.call("io/poll.pollable.block", pollable)
        assert len(world.performed) == 1

    def test_a_moment(self, guest: Any, world: Any) -> None:
        subscribe = "clocks/monotonic-clock.subscribe-instant"
        assert guest.call("io/poll.pollable.ready", guest.call(subscribe, 1_000)) is True
        later = guest.call(subscribe, 2_000)
        guest.call("io/poll.pollable.block", later)
        assert world.clock.now_ns() == 2_000

    def test_what_never_comes(self, guest: Any) -> None:
        never = timer(guest, 2**64 - 1)
        assert never.deadline_ns == 2**64 - 1

    def test_nothing_to_wait_for_traps(self, guest: Any) -> None:
        with pytest.raises(Trap, match="empty list"):
            guest.call("io/poll.poll", [])

    def test_input_or_a_timer(self, make_guest: Any, world: Any, slow_source: Any) -> None:
        guest = make_guest(stdin=slow_source)
        stdin = guest.call("cli/stdin.get-stdin")
        pollables = [timer(guest, 5), guest.call("io/streams.input-stream.subscribe", stdin)]
        assert guest.call("io/poll.poll", pollables) == [0]
        assert world.performed == [Poll((Sleep(1_005), Readable(slow_source)))]
        pollables[0] = timer(guest, 5)
        world.meanwhile = lambda _: slow_source.arrived.append(b"x")
        assert guest.call("io/poll.poll", pollables) == [1]
        assert world.clock.now_ns() == 1_005

    def test_output_is_ready_only_when_nothing_is_left_to_write(
        self, make_guest: Any, world: Any, slow_sink: Any
    ) -> None:
        guest = make_guest(stdout=slow_sink)
        stdout = guest.call("cli/stdout.get-stdout")
        slow_sink.room = 1
        assert guest.call("io/streams.output-stream.write", stdout, b"abc") == Ok(None)

        def make_room(_: object) -> None:
            slow_sink.room = 1

        world.meanwhile = make_room
        pollable = guest.call("io/streams.output-stream.subscribe", stdout)
        assert guest.call("io/poll.pollable.ready", pollable) is False
        assert guest.call("io/poll.poll", [pollable]) == [0]
        assert slow_sink.taken == b"abc"
        assert world.performed == [Poll((Writable(slow_sink),))] * 3
        guest.call("io/poll.pollable.block", pollable)

    def test_what_others_implement_can_be_polled(self, world: Any) -> None:
        class Ready:
            def pending(self) -> None:
                return None

            def advance(self) -> bool:
                return True

        assert world.drive(poll([Ready(), Ready()])) == [0, 1]


class TestInputStreams:
    def test_reading_and_skipping(self, make_guest: Any, world: Any) -> None:
        guest = make_guest(stdin=BytesSource(b"0123456789"))
        stdin = guest.call("cli/stdin.get-stdin")
        stream = "io/streams.input-stream."
        assert guest.call(stream + "read", stdin, 3) == Ok(b"012")
        assert guest.call(stream + "skip", stdin, 2) == Ok(2)
        assert guest.call(stream + "blocking-read", stdin, 2) == Ok(b"56")
        assert guest.call(stream + "read", stdin, 0) == Ok(b"")
        assert guest.call(stream + "blocking-skip", stdin, 100) == Ok(3)
        for function in ("read", "skip", "blocking-read", "blocking-skip"):
            assert guest.call(stream + function, stdin, 1) == CLOSED
        pollable = guest.call(stream + "subscribe", stdin)
        assert guest.call("io/poll.pollable.ready", pollable) is True
        assert world.performed == []

    def test_nothing_there_yet(self, make_guest: Any, world: Any, slow_source: Any) -> None:
        guest = make_guest(stdin=slow_source)
        stdin = guest.call("cli/stdin.get-stdin")
        stream = "io/streams.input-stream."
        assert guest.call(stream + "read", stdin, 3) == Ok(b"")
        assert guest.call(stream + "skip", stdin, 3) == Ok(0)
        world.meanwhile = lambda _: slow_source.arrived.append(b"abc")
        assert guest.call(stream + "blocking-read", stdin, 2) == Ok(b"ab")
        assert guest.call(stream + "blocking-skip", stdin, 2) == Ok(1)
        assert guest.call(stream + "blocking-skip", stdin, 3) == Ok(3)
        assert world.performed == [ReadStream(slow_source, 2), ReadStream(slow_source, 3)]

    def test_a_failure(self, make_guest: Any, slow_source: Any) -> None:
        guest = make_guest(stdin=slow_source)
        stdin = guest.call("cli/stdin.get-stdin")
        slow_source.broken = OSError(errno.EIO, "unplugged")
        result = guest.call("io/streams.input-stream.blocking-read", stdin, 2)
        assert isinstance(result, Err)
        assert isinstance(result.value, Variant)
        assert result.value.tag == "last-operation-failed"
        error = result.value.payload
        text = guest.call("io/error.error.to-debug-string", error)
        assert text == "io: unplugged (io)"
        assert guest.call("filesystem/types.filesystem-error-code", error) == "io"
        assert guest.call("io/streams.input-stream.blocking-read", stdin, 2) == CLOSED

    def test_giving_standard_input_up_does_not_close_it(self, make_guest: Any) -> None:
        guest = make_guest(stdin=BytesSource(b"xy"))
        first = guest.call("cli/stdin.get-stdin")
        second = guest.call("cli/stdin.get-stdin")
        guest.drop("cli/stdin", "input-stream", first)
        assert guest.call("io/streams.input-stream.read", second, 9) == Ok(b"xy")


class TestOutputStreams:
    def test_writing(self, make_guest: Any, world: Any) -> None:
        guest = make_guest(stdout=CollectingSink())
        stdout = guest.call("cli/stdout.get-stdout")
        stream = "io/streams.output-stream."
        assert guest.call(stream + "check-write", stdout) == Ok(WRITE_PERMIT_BYTES)
        assert guest.call(stream + "write", stdout, b"ab") == Ok(None)
        assert guest.call(stream + "flush", stdout) == Ok(None)
        assert guest.call(stream + "write-zeroes", stdout, 2) == Ok(None)
        assert guest.call(stream + "blocking-write-and-flush", stdout, b"cd") == Ok(None)
        assert guest.call(stream + "blocking-write-zeroes-and-flush", stdout, 1) == Ok(None)
        assert guest.call(stream + "blocking-flush", stdout) == Ok(None)
        assert guest.context.stdout.data == b"ab\0\0cd\0"
        for function in ("write-zeroes", "blocking-write-zeroes-and-flush"):
            with pytest.raises(Trap, match="permits"):
                guest.call(stream + function, stdout, 2**64 - 1)
        assert world.performed == []

    def test_waiting(self, make_guest: Any, world: Any, slow_sink: Any) -> None:
        guest = make_guest(stdout=slow_sink)
        stdout = guest.call("cli/stdout.get-stdout")
        stream = "io/streams.output-stream."
        assert guest.call(stream + "check-write", stdout) == Ok(0)
        assert guest.call(stream + "blocking-write-and-flush", stdout, b"ab") == Ok(None)
        assert guest.call(stream + "blocking-write-zeroes-and-flush", stdout, 1) == Ok(None)
        assert guest.call(stream + "blocking-flush", stdout) == Ok(None)
        assert world.performed == [
            WriteStream(slow_sink, b"ab", flush=True),
            WriteStream(slow_sink, b"\0", flush=True),
            WriteStream(slow_sink, b"", flush=True),
        ]

    def test_a_failure(self, make_guest: Any, slow_sink: Any) -> None:
        guest = make_guest(stdout=slow_sink)
        stdout = guest.call("cli/stdout.get-stdout")
        stream = "io/streams.output-stream."
        slow_sink.broken = BrokenPipeError(errno.EPIPE, "nobody reads")
        result = guest.call(stream + "blocking-write-and-flush", stdout, b"x")
        assert isinstance(result.value, Variant)
        code = guest.call("filesystem/types.filesystem-error-code", result.value.payload)
        assert code == "pipe"
        for function, *arguments in (
            ("check-write",),
            ("write", b""),
            ("flush",),
            ("blocking-flush",),
            ("blocking-write-and-flush", b""),
            ("write-zeroes", 0),
        ):
            assert guest.call(stream + function, stdout, *arguments) == CLOSED

    def test_standard_output_and_error_in_one_place_stay_in_order(
        self, make_guest: Any, slow_sink: Any
    ) -> None:
        guest = make_guest(stdout=slow_sink, stderr=slow_sink)
        stdout, stderr = (
            guest.call("cli/stdout.get-stdout"),
            guest.call("cli/stderr.get-stderr"),
        )
        slow_sink.room = 1
        guest.call("io/streams.output-stream.write", stdout, b"ab")
        guest.call("io/streams.output-stream.blocking-write-and-flush", stderr, b"cd")
        assert slow_sink.taken == b"abcd"

    def test_giving_up_writes_what_is_left(
        self, make_guest: Any, world: Any, slow_sink: Any
    ) -> None:
        guest = make_guest(stdout=slow_sink)
        stdout = guest.call("cli/stdout.get-stdout")
        slow_sink.room = 1
        guest.call("io/streams.output-stream.write", stdout, b"abc")
        guest.drop("cli/stdout", "output-stream", stdout)
        assert slow_sink.taken == b"abc"
        assert world.performed == [WriteStream(slow_sink, b"bc", flush=False)]


class TestSplice:
    def test_at_once(self, make_guest: Any, world: Any) -> None:
        guest = make_guest(stdin=BytesSource(b"0123456789"), stdout=CollectingSink())
        stdin, stdout = guest.call("cli/stdin.get-stdin"), guest.call("cli/stdout.get-stdout")
        stream = "io/streams.output-stream."
        assert guest.call(stream + "splice", stdout, stdin, 4) == Ok(4)
        assert guest.call(stream + "splice", stdout, stdin, 0) == Ok(0)
        assert guest.call(stream + "blocking-splice", stdout, stdin, 100) == Ok(6)
        assert guest.call(stream + "splice", stdout, stdin, 1) == CLOSED
        assert guest.call(stream + "blocking-splice", stdout, stdin, 1) == CLOSED
        assert guest.context.stdout.data == b"0123456789"
        assert world.performed == []

    def test_waiting_for_both_ends(
        self, make_guest: Any, world: Any, slow_source: Any, slow_sink: Any
    ) -> None:
        guest = make_guest(stdin=slow_source, stdout=slow_sink)
        stdin, stdout = guest.call("cli/stdin.get-stdin"), guest.call("cli/stdout.get-stdout")
        stream = "io/streams.output-stream."
        assert guest.call(stream + "splice", stdout, stdin, 4) == Ok(0)

        def arrive(operation: object) -> None:
            if isinstance(operation, Writable):
                slow_sink.room = 2
            elif isinstance(operation, ReadStream):
                slow_source.arrived.append(b"abcd")

        world.meanwhile = arrive
        assert guest.call(stream + "blocking-splice", stdout, stdin, 3) == Ok(3)
        assert slow_sink.taken == b"abc"
        assert world.performed == [
            Writable(slow_sink),
            ReadStream(slow_source, 3),
            WriteStream(slow_sink, b"c", flush=True),
        ]
