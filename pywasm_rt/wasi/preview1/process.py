"""Preview 1: ending, signals and giving way; and sockets, of which there are none."""

from __future__ import annotations

from typing import NoReturn

from pywasm_rt.errors import GuestExit
from pywasm_rt.wasi.preview1.errno import Errno, Failure
from pywasm_rt.wasi.preview1.state import FunctionRow, State

__all__ = ["PROCESS_FUNCTIONS"]

_NO_SIGNAL = 0
_SIGNALS = 31
# ``pipe``, ``chld``, ``cont``, ``urg``, ``winch``: their default action is none.
_IGNORED_SIGNALS = frozenset({13, 16, 17, 22, 27})
# ``stop``, ``tstp``, ``ttin``, ``ttou``.
_STOPPING_SIGNALS = frozenset({18, 19, 20, 21})
_EXIT_CODE_OF_SIGNAL = 128


def _proc_exit(_state: State, code: int) -> NoReturn:
    raise GuestExit(code)


def _proc_raise(_state: State, signal: int) -> None:
    """The signal's default action; one that terminates exits as a shell would report it."""
    if signal >= _SIGNALS:
        raise Failure(Errno.INVAL)
    if signal in _STOPPING_SIGNALS:
        raise Failure(Errno.NOTSUP)
    if signal != _NO_SIGNAL and signal not in _IGNORED_SIGNALS:
        raise GuestExit(_EXIT_CODE_OF_SIGNAL + signal)


def _sched_yield(_state: State) -> None:
    """Nothing to do: whoever runs the guest shares out its time."""


def _no_socket(state: State, fd: int, *_arguments: int) -> NoReturn:
    state.table.get(fd)
    raise Failure(Errno.NOTSOCK)


PROCESS_FUNCTIONS = (
    FunctionRow("proc_exit", "i", _proc_exit, returns_errno=False),
    FunctionRow("proc_raise", "i", _proc_raise),
    FunctionRow("sched_yield", "", _sched_yield),
    FunctionRow("sock_accept", "iii", _no_socket),
    FunctionRow("sock_recv", "iiiiii", _no_socket),
    FunctionRow("sock_send", "iiiii", _no_socket),
    FunctionRow("sock_shutdown", "ii", _no_socket),
)
