"""Preview 1: arguments, environment variables, clocks, random numbers."""

from __future__ import annotations

from collections.abc import Sequence

from pywasm_rt.wasi.capabilities.clocks import MonotonicClock, WallClock
from pywasm_rt.wasi.preview1.errno import Errno, Failure
from pywasm_rt.wasi.preview1.layout import ClockId
from pywasm_rt.wasi.preview1.state import FunctionRow, State

__all__ = ["ENVIRONMENT_FUNCTIONS"]

_RANDOM_PIECE_BYTES = 1 << 20


def _argument_strings(state: State) -> list[bytes]:
    return [argument.encode() + b"\0" for argument in state.context.argument_list]


def _environment_strings(state: State) -> list[bytes]:
    return [f"{name}={value}\0".encode() for name, value in state.context.environment_pairs]


def _write_sizes(
    state: State, strings: Sequence[bytes], count_address: int, size_address: int
) -> None:
    state.memory.write_u32(count_address, len(strings))
    state.memory.write_u32(size_address, sum(map(len, strings)))


def _write_strings(
    state: State, strings: Sequence[bytes], array_address: int, buffer_address: int
) -> None:
    """The strings one after the other, and an array of pointers to them."""
    state.memory.check(array_address, 4 * len(strings), 4)
    for index, string in enumerate(strings):
        state.memory.write_u32(array_address + 4 * index, buffer_address)
        state.memory.write(buffer_address, string)
        buffer_address += len(string)


def _args_get(state: State, array_address: int, buffer_address: int) -> None:
    _write_strings(state, _argument_strings(state), array_address, buffer_address)


def _args_sizes_get(state: State, count_address: int, size_address: int) -> None:
    _write_sizes(state, _argument_strings(state), count_address, size_address)


def _environ_get(state: State, array_address: int, buffer_address: int) -> None:
    _write_strings(state, _environment_strings(state), array_address, buffer_address)


def _environ_sizes_get(state: State, count_address: int, size_address: int) -> None:
    _write_sizes(state, _environment_strings(state), count_address, size_address)


def _clock(state: State, clock_id: int) -> MonotonicClock | WallClock:
    """The clock. ``Failure(INVAL)`` for the CPU-time clocks, which a guest cannot have."""
    if clock_id == ClockId.REALTIME:
        return state.context.wall_clock
    if clock_id == ClockId.MONOTONIC:
        return state.context.monotonic_clock
    raise Failure(Errno.INVAL)


def _clock_res_get(state: State, clock_id: int, address: int) -> None:
    state.memory.write_u64(address, _clock(state, clock_id).resolution_ns)


def _clock_time_get(state: State, clock_id: int, _precision_ns: int, address: int) -> None:
    state.memory.write_u64(address, _clock(state, clock_id).now_ns())


def _random_get(state: State, address: int, count: int) -> None:
    state.memory.check(address, count)
    for start in range(0, count, _RANDOM_PIECE_BYTES):
        piece_bytes = min(_RANDOM_PIECE_BYTES, count - start)
        state.memory.write(address + start, state.context.random.read(piece_bytes))


ENVIRONMENT_FUNCTIONS = (
    FunctionRow("args_get", "ii", _args_get),
    FunctionRow("args_sizes_get", "ii", _args_sizes_get),
    FunctionRow("environ_get", "ii", _environ_get),
    FunctionRow("environ_sizes_get", "ii", _environ_sizes_get),
    FunctionRow("clock_res_get", "ii", _clock_res_get),
    FunctionRow("clock_time_get", "iIi", _clock_time_get),
    FunctionRow("random_get", "ii", _random_get),
)
