"""Preview 1: ending, signals, giving way, and sockets."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.errors import GuestExit
from pywasm_rt.wasi.preview1.errno import Errno


@pytest.mark.parametrize("code", [0, 1, 3, 255, 2**32 - 1])
def test_exit(guest: Any, code: int) -> None:
    with pytest.raises(GuestExit) as caught:
        guest.call("proc_exit", code)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("signal", "outcome"),
    [(0, 0), (13, 0), (16, 0), (27, 0), (18, Errno.NOTSUP), (31, Errno.INVAL)],
)
def test_signals_that_do_not_end(guest: Any, signal: int, outcome: int) -> None:
    assert guest.call("proc_raise", signal) == outcome


@pytest.mark.parametrize("signal", [1, 6, 9, 15, 30])
def test_signals_that_end(guest: Any, signal: int) -> None:
    with pytest.raises(GuestExit) as caught:
        guest.call("proc_raise", signal)
    assert caught.value.code == 128 + signal


def test_giving_way(guest: Any) -> None:
    assert guest.call("sched_yield") == Errno.SUCCESS


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sock_accept", (0, 8)),
        ("sock_recv", (0, 0, 0, 8, 16)),
        ("sock_send", (0, 0, 0, 8)),
        ("sock_shutdown", (1,)),
    ],
)
def test_there_are_no_sockets(guest: Any, name: str, arguments: tuple[int, ...]) -> None:
    for fd in (0, 3, guest.open("a.txt")):
        assert guest.call(name, fd, *arguments) == Errno.NOTSOCK
    assert guest.call(name, 99, *arguments) == Errno.BADF
