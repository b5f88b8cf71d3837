"""Preview 1: waiting for clocks and file descriptors at once."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from pywasm_rt.operations import Poll, Sleep
from pywasm_rt.wasi.capabilities.stdio import BytesSource
from pywasm_rt.wasi.preview1.errno import Errno

EPOCH_NS = 1_700_000_000_000_000_000
REALTIME, MONOTONIC, CPU_TIME = 0, 1, 2
CLOCK, FD_READ, FD_WRITE = 0, 1, 2
HANGUP = 1


def clock(user_data: int, timeout_ns: int, *, clock_id: int = 1, absolute: int = 0) -> bytes:
    """A clock subscription."""
    return struct.pack("<QB7xI4xQQH6x", user_data, CLOCK, clock_id, timeout_ns, 0, absolute)


def descriptor(user_data: int, kind: int, fd: int) -> bytes:
    """A subscription to a file descriptor."""
    return struct.pack("<QB7xI28x", user_data, kind, fd)


def poll(guest: Any, *subscriptions: bytes) -> list[tuple[int, ...]]:
    """``poll_oneoff``: (user data, error, type, bytes, flags) of each event."""
    address = guest.put(b"".join(subscriptions))
    assert guest.call("poll_oneoff", address, 8192, len(subscriptions), 8) == Errno.SUCCESS
    data = guest.memory.read(8192, 32 * guest.u32())
    return list(struct.iter_unpack("<QHBxxxxxQHxxxxxx", data))


@pytest.mark.parametrize(
    ("subscription", "deadline_ns"),
    [
        (clock(7, 500), 1_500),
        (clock(7, 500, clock_id=REALTIME), 1_500),
        (clock(7, 5_000, absolute=1), 5_000),
        (clock(7, EPOCH_NS + 3_000, clock_id=REALTIME, absolute=1), 3_000),
        (clock(7, 2**64 - 1), 2**64 + 999),
    ],
)
def test_one_clock(guest: Any, world: Any, subscription: bytes, deadline_ns: int) -> None:
    assert poll(guest, subscription) == [(7, 0, CLOCK, 0, 0)]
    assert world.performed == [Poll((Sleep(deadline_ns),))]
    assert world.clock.now_ns() == deadline_ns


@pytest.mark.parametrize(
    "subscription",
    [
        clock(7, 0),
        clock(7, 1_000, absolute=1),
        clock(7, 0, absolute=1),
        clock(7, 0, clock_id=REALTIME, absolute=1),
    ],
)
def test_a_moment_that_is_past(guest: Any, world: Any, subscription: bytes) -> None:
    assert poll(guest, subscription, clock(8, 9_999)) == [(7, 0, CLOCK, 0, 0)]
    assert world.performed == []


def test_the_first_of_several_clocks(guest: Any, world: Any) -> None:
    events = poll(guest, clock(1, 300), clock(2, 100), clock(3, 200), clock(4, 100))
    assert events == [(2, 0, CLOCK, 0, 0), (4, 0, CLOCK, 0, 0)]
    assert world.clock.now_ns() == 1_100


def test_standard_input_or_a_clock(make_guest: Any, world: Any, slow_source: Any) -> None:
    guest = make_guest(stdin=slow_source)
    subscriptions = clock(1, 300), descriptor(2, FD_READ, 0)
    assert poll(guest, *subscriptions) == [(1, 0, CLOCK, 0, 0)]
    world.meanwhile = lambda _: slow_source.arrived.append(b"x")
    assert poll(guest, *subscriptions) == [(2, 0, FD_READ, 1, 0)]
    assert world.clock.now_ns() == 1_300, "no time has passed"
    assert poll(guest, descriptor(2, FD_READ, 0)) == [(2, 0, FD_READ, 1, 0)]


def test_standard_input_at_its_end(make_guest: Any) -> None:
    guest = make_guest(stdin=BytesSource())
    assert poll(guest, descriptor(2, FD_READ, 0)) == [(2, 0, FD_READ, 1, 0)]
    assert guest.read(0, 1) == b""
    assert poll(guest, descriptor(2, FD_READ, 0)) == [(2, 0, FD_READ, 0, HANGUP)]


def test_standard_output(make_guest: Any, world: Any, slow_sink: Any) -> None:
    guest = make_guest(stdout=slow_sink)
    assert poll(guest, clock(1, 300), descriptor(2, FD_WRITE, 1)) == [(1, 0, CLOCK, 0, 0)]
    world.meanwhile = lambda _: setattr(slow_sink, "room", 10)
    assert poll(guest, clock(1, 300), descriptor(2, FD_WRITE, 1)) == [(2, 0, FD_WRITE, 0, 0)]


def test_files_are_always_ready(guest: Any, world: Any) -> None:
    fd = guest.open("a.txt")
    guest.read(fd, 5)
    events = poll(guest, descriptor(1, FD_READ, fd), descriptor(2, FD_WRITE, fd), clock(3, 100))
    assert events == [(1, 0, FD_READ, 6, 0), (2, 0, FD_WRITE, 0, 0)]
    assert world.performed == []


def test_what_cannot_be_waited_for_is_an_event(guest: Any) -> None:
    events = poll(
        guest,
        descriptor(1, FD_READ, 99),
        descriptor(2, FD_READ, 1),
        descriptor(3, FD_WRITE, 0),
        descriptor(4, FD_READ, 3),
        clock(5, 100, clock_id=CPU_TIME),
        clock(6, 100),
    )
    assert events == [
        (1, Errno.BADF, FD_READ, 0, 0),
        (2, Errno.BADF, FD_READ, 0, 0),
        (3, Errno.BADF, FD_WRITE, 0, 0),
        (4, Errno.BADF, FD_READ, 0, 0),
        (5, Errno.INVAL, CLOCK, 0, 0),
    ]


def test_what_is_no_poll(guest: Any) -> None:
    assert guest.call("poll_oneoff", 0, 8192, 0, 8) == Errno.INVAL
    address = guest.put(struct.pack("<QB39x", 1, 3))
    assert guest.call("poll_oneoff", address, 8192, 1, 8) == Errno.INVAL
