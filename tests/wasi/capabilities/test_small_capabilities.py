"""Clocks, random numbers, environment and error codes."""

from __future__ import annotations

import errno

import pytest

from pywasm_rt.errors import ConfigError, OperationError
from pywasm_rt.wasi.capabilities.clocks import (
    FixedWallClock,
    SystemMonotonicClock,
    SystemWallClock,
    VirtualMonotonicClock,
    VirtualWallClock,
)
from pywasm_rt.wasi.capabilities.environment import argument_list, environment_pairs
from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.random import SeededRandom, SystemRandom


def test_the_machine_s_clocks() -> None:
    clock = SystemMonotonicClock()
    readings = [clock.now_ns() for _ in range(100)]
    assert readings == sorted(readings)
    assert clock.resolution_ns >= 1
    assert SystemWallClock().now_ns() > 1_600_000_000_000_000_000
    assert SystemWallClock().resolution_ns >= 1


def test_clocks_that_stand_still() -> None:
    clock = VirtualMonotonicClock(5)
    wall = VirtualWallClock(clock, 100)
    assert (clock.now_ns(), wall.now_ns()) == (5, 105)
    clock.advance(7)
    assert (clock.now_ns(), wall.now_ns()) == (12, 112)
    assert wall.resolution_ns == clock.resolution_ns == 1
    with pytest.raises(ValueError, match="cannot go back by 1 ns"):
        clock.advance(-1)
    assert FixedWallClock(3).now_ns() == 3


def test_random_bytes() -> None:
    assert len(SystemRandom().read(33)) == 33
    assert SystemRandom().read(16) != SystemRandom().read(16)
    assert SeededRandom(7).read(33) == SeededRandom(7).read(33)
    assert SeededRandom("a").read(8) != SeededRandom("b").read(8)


def test_arguments_and_variables() -> None:
    assert argument_list(["a", "", "ü"]) == ("a", "", "ü")
    assert environment_pairs({"A": "1", "B": "x=y"}) == (("A", "1"), ("B", "x=y"))
    assert environment_pairs([("B", ""), ("A", "")]) == (("B", ""), ("A", ""))


def test_arguments_that_no_guest_can_receive() -> None:
    with pytest.raises(ConfigError) as caught:
        argument_list(["good", "a\0b", "\ud800"])
    assert [str(fault) for fault in caught.value.faults] == [
        "argument 1 contains a NUL character: 'a\\x00b'",
        "argument 2 cannot be written in UTF-8: '\\ud800'",
    ]


def test_all_faults_of_an_environment() -> None:
    pairs = [("", "x"), ("A=B", "x"), ("C", "1"), ("C", "2"), ("D", "\0")]
    with pytest.raises(ConfigError) as caught:
        environment_pairs(pairs)
    assert [str(fault) for fault in caught.value.faults] == [
        "an environment variable has no name",
        "the name of an environment variable contains '=': 'A=B'",
        "environment variable C is given twice",
        "environment variable D contains a NUL character: '\\x00'",
    ]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, ErrorCode.NO_ENTRY),
        (errno.EPERM, ErrorCode.NOT_PERMITTED),
        (errno.EACCES, ErrorCode.ACCESS),
        (errno.EMFILE, ErrorCode.TOO_MANY_OPEN_FILES),
        (errno.ELOOP, ErrorCode.LOOP),
        (errno.EXDEV, ErrorCode.CROSS_DEVICE),
        (errno.ECONNRESET, ErrorCode.IO),
        (None, ErrorCode.IO),
    ],
)
def test_what_the_system_says_in_wasi_s_words(number: int | None, code: ErrorCode) -> None:
    error = OSError(number, "reason") if number else OSError("reason")
    failure = FilesystemError.from_os_error(error)
    assert failure.code is code
    assert isinstance(failure, OperationError)


def test_wit_names() -> None:
    assert ErrorCode.NO_ENTRY.wit_name == "no-entry"
    assert ErrorCode.TOO_MANY_OPEN_FILES.wit_name == "quota"
    assert len({code.wit_name for code in ErrorCode}) == 37
    assert str(FilesystemError(ErrorCode.IO)) == "io"
    assert str(FilesystemError(ErrorCode.IO, "because")) == "io: because"
