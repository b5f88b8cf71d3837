"""Preview 1: arguments, environment variables, clocks, random numbers."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.wasi.capabilities.clocks import FixedWallClock
from pywasm_rt.wasi.capabilities.random import SeededRandom
from pywasm_rt.wasi.preview1.errno import Errno

EPOCH_NS = 1_700_000_000_000_000_000


@pytest.mark.parametrize(
    ("what", "strings"),
    [("args", ["prog", "ä", ""]), ("environ", ["HOME=/", "X=a=b"])],
)
def test_strings(guest: Any, what: str, strings: list[str]) -> None:
    expected = [string.encode() + b"\0" for string in strings]
    assert guest.call(f"{what}_sizes_get", 8, 16) == Errno.SUCCESS
    assert guest.u32(8) == len(expected)
    assert guest.u32(16) == sum(map(len, expected))
    assert guest.call(f"{what}_get", 32, 256) == Errno.SUCCESS
    assert guest.memory.read(256, guest.u32(16)) == b"".join(expected)
    address = 256
    for index, string in enumerate(expected):
        assert guest.u32(32 + 4 * index) == address
        address += len(string)


def test_no_strings(make_guest: Any) -> None:
    guest = make_guest(arguments=[], environment={})
    assert guest.call("args_sizes_get", 8, 16) == Errno.SUCCESS
    assert (guest.u32(8), guest.u32(16)) == (0, 0)
    assert guest.call("args_get", 0, 0) == Errno.SUCCESS


def test_clocks(guest: Any, world: Any) -> None:
    world.clock.advance(41)
    assert guest.call("clock_time_get", 0, 0, 8) == Errno.SUCCESS
    assert guest.u64() == EPOCH_NS + 1_041
    assert guest.call("clock_time_get", 1, 0, 8) == Errno.SUCCESS
    assert guest.u64() == 1_041
    for clock in (0, 1):
        assert guest.call("clock_res_get", clock, 8) == Errno.SUCCESS
        assert guest.u64() == 1


@pytest.mark.parametrize("clock", [2, 3, 4, 2**32 - 1])
def test_clocks_that_there_are_not(guest: Any, clock: int) -> None:
    assert guest.call("clock_time_get", clock, 0, 8) == Errno.INVAL
    assert guest.call("clock_res_get", clock, 8) == Errno.INVAL


def test_a_date_that_does_not_fit(make_guest: Any) -> None:
    guest = make_guest(wall_clock=FixedWallClock(2**64))
    assert guest.call("clock_time_get", 0, 0, 8) == Errno.OVERFLOW


def test_random_bytes(guest: Any) -> None:
    assert guest.call("random_get", 64, 20) == Errno.SUCCESS
    assert guest.memory.read(64, 20) == SeededRandom(1).read(20)
    assert guest.call("random_get", 0, 0) == Errno.SUCCESS
