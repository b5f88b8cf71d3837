"""``wasi:cli``, ``wasi:clocks`` and ``wasi:random``."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok, Record
from pywasm_rt.errors import ExhaustionError, GuestExit
from pywasm_rt.wasi.capabilities.clocks import FixedWallClock
from pywasm_rt.wasi.capabilities.random import SeededRandom
from pywasm_rt.wasi.context import Terminals, WasiLimits


def test_environment(make_guest: Any) -> None:
    guest = make_guest(arguments=("a", "ü"), environment=[("B", "2"), ("A", "1=1")], cwd="/data")
    assert guest.call("cli/environment.get-arguments") == ["a", "ü"]
    assert guest.call("cli/environment.get-environment") == [("B", "2"), ("A", "1=1")]
    assert guest.call("cli/environment.initial-cwd") == "/data"
    guest = make_guest()
    assert guest.call("cli/environment.get-arguments") == []
    assert guest.call("cli/environment.get-environment") == []
    assert guest.call("cli/environment.initial-cwd") is None


@pytest.mark.parametrize(
    ("function", "argument", "code"),
    [
        ("exit", Ok(), 0),
        ("exit", Err(), 1),
        ("exit-with-code", 0, 0),
        ("exit-with-code", 255, 255),
    ],
)
def test_exit(guest: Any, function: str, argument: object, code: int) -> None:
    with pytest.raises(GuestExit) as caught:
        guest.call(f"cli/exit.{function}", argument)
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_terminals(make_guest: Any, name: str) -> None:
    function = f"cli/terminal-{name}.get-terminal-{name}"
    assert make_guest().call(function) is None
    assert make_guest(terminals=Terminals(**{name: True})).call(function) is not None


def test_clocks(guest: Any, world: Any) -> None:
    world.clock.advance(1_500_000_000)
    assert guest.call("clocks/monotonic-clock.now") == 1_500_001_000
    assert guest.call("clocks/monotonic-clock.resolution") == 1
    now = guest.call("clocks/wall-clock.now")
    assert now == Record(seconds=1_700_000_001, nanoseconds=500_001_000)
    assert guest.call("clocks/wall-clock.resolution") == Record(seconds=0, nanoseconds=1)
    assert guest.call("clocks/timezone.utc-offset", now) == 0
    assert guest.call("clocks/timezone.display", now).name == "UTC"


def test_dates_before_the_epoch(make_guest: Any) -> None:
    guest = make_guest(wall_clock=FixedWallClock(-1))
    assert guest.call("clocks/wall-clock.now") == Record(seconds=0, nanoseconds=0)


def test_random_numbers_repeat_with_their_seed(make_guest: Any) -> None:
    expected = SeededRandom(1).read(28)
    guest = make_guest()
    assert guest.call("random/random.get-random-bytes", 20) == expected[:20]
    number = guest.call("random/random.get-random-u64")
    assert number == int.from_bytes(expected[20:], "little")
    assert guest.call("random/random.get-random-bytes", 0) == b""
    guest = make_guest(insecure_random=SeededRandom(2))
    expected = SeededRandom(2).read(28)
    assert guest.call("random/insecure.get-insecure-random-bytes", 20) == expected[:20]
    assert guest.call("random/insecure.get-insecure-random-u64") < 2**64
    seed = guest.call("random/insecure-seed.insecure-seed")
    assert isinstance(seed, tuple)
    assert len(seed) == 2


@pytest.mark.parametrize(
    "function", ["random/random.get-random-bytes", "random/insecure.get-insecure-random-bytes"]
)
def test_too_many_random_bytes(make_guest: Any, function: str) -> None:
    guest = make_guest(limits=WasiLimits(random_bytes=100))
    assert len(guest.call(function, 100)) == 100
    with pytest.raises(ExhaustionError, match="101 random bytes"):
        guest.call(function, 101)
