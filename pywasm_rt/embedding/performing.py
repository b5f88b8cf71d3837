"""Performing what guests wait for: on the running event loop, or while a thread blocks.

Both stand on the process layer's :class:`~pywasm_rt.process.dispatcher.Dispatcher`. Each event loop
has one, which begins with the first guest that waits there; plain calls share one with a thread of
its own.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pywasm_rt.component.drive import Steps
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Paused
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.operations import Operation
from pywasm_rt.process.dispatcher import Dispatcher
from pywasm_rt.process.immediate import NOT_YET, perform_now, with_deadline
from pywasm_rt.process.pid import PID
from pywasm_rt.wasi.capabilities.clocks import SystemMonotonicClock

__all__ = ["Await", "complete_async", "complete_within", "perform_blocking"]

_NANOSECONDS = 1_000_000_000
_CLOCK = SystemMonotonicClock()
_NOBODY = PID("embedding", 0)


@dataclass(frozen=True, slots=True)
class Await(Operation):
    """Await a coroutine function of the host's. Result: what it returns."""

    function: Callable[..., Awaitable[object]]
    arguments: tuple[object, ...] = ()


def _settle(future: Any, result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class _LoopPerformer:
    """Performs operations on one event loop."""

    def __init__(self) -> None:
        self._futures: dict[int, asyncio.Future[object]] = {}
        self._tags = itertools.count(1)
        self._dispatcher = Dispatcher(self._report, lambda: None, _CLOCK)
        self._dispatcher.attach()

    async def perform(self, operation: Operation) -> object:
        """The result of an operation; a cancelled one is withdrawn."""
        if isinstance(operation, Await):
            return await operation.function(*operation.arguments)
        tag = next(self._tags)
        future = asyncio.get_running_loop().create_future()
        self._futures[tag] = future
        self._dispatcher.submit(_NOBODY, tag, operation)
        try:
            return await future
        except asyncio.CancelledError:
            self._dispatcher.withdraw(_NOBODY, tag)
            raise
        finally:
            del self._futures[tag]

    def close(self) -> None:
        """Give back what is held beside the loop, which is closed."""
        self._dispatcher.detach()

    def _report(self, _: PID, tag: int, result: object, error: Exception | None) -> None:
        future = self._futures.get(tag)
        if future is not None:
            _settle(future, result, error)


_performers: dict[asyncio.AbstractEventLoop, _LoopPerformer] = {}
_performers_lock = threading.Lock()


def _performer() -> _LoopPerformer:
    """That of the running loop; those of loops that are closed are given up."""
    loop = asyncio.get_running_loop()
    performer = _performers.get(loop)
    if performer is None:
        with _performers_lock:
            for other in [it for it in _performers if it.is_closed()]:
                _performers.pop(other).close()
            performer = _performers[loop] = _LoopPerformer()
    return performer


async def complete_async(steps: Steps, meter: Meter) -> Any:
    """Run to the end on the running event loop, and return the value.

    Others run while the guest waits, and every few milliseconds while it computes. When the task is
    cancelled the guest is closed where it stands, and its host functions' ``finally`` clauses run.
    """
    performer = _performer()
    meter.in_slices = True
    try:
        request = next(steps)
        while True:
            if isinstance(request, Paused):
                await asyncio.sleep(0)
                request = steps.send(None)
                continue
            try:
                result = await performer.perform(request)
            except Exception as error:  # noqa: BLE001 - whoever asked for the operation decides
                request = steps.throw(error)
            else:
                request = steps.send(result)
    except StopIteration as end:
        return end.value
    finally:
        # A generator that would rather go on than end is a guest's destructor that waits.
        with suppress(RuntimeError):
            steps.close()


class _ThreadPerformer:
    """Performs operations on a thread while whoever asked blocks."""

    def __init__(self) -> None:
        self._futures: dict[int, Future[object]] = {}
        self._tags = itertools.count(1)
        self._dispatcher = Dispatcher(self._report, lambda: None, _CLOCK)
        self._dispatcher.register(Await, self._await)
        self._dispatcher.start()

    def perform(self, operation: Operation, timeout_seconds: float | None) -> object:
        """The result of an operation. Raises TimeoutError."""
        tag = next(self._tags)
        future: Future[object] = Future()
        self._futures[tag] = future
        self._dispatcher.submit(_NOBODY, tag, operation)
        try:
            return future.result(timeout_seconds)
        finally:
            del self._futures[tag]
            if not future.done():
                self._dispatcher.withdraw(_NOBODY, tag)

    async def _await(self, operation: Await) -> object:
        """Put what a coroutine raises, of whatever kind, into the value that is reported."""
        try:
            return await operation.function(*operation.arguments)
        except Exception as error:  # noqa: BLE001 - it goes to whoever called the guest
            return _Raised(error)

    def _report(self, _: PID, tag: int, result: object, error: Exception | None) -> None:
        future = self._futures.get(tag)
        if future is None:
            return
        if isinstance(result, _Raised):
            failure: BaseException | None = result.error
            result = None
        else:
            failure = error
        with suppress(InvalidStateError):
            _settle(future, result, failure)


@dataclass(frozen=True, slots=True)
class _Raised:
    error: Exception


class _Shared:
    """The performer of all plain calls, made when the first one waits."""

    lock = threading.Lock()
    performer: _ThreadPerformer | None = None


def _forget_after_fork() -> None:
    """A child process has none of its parent's threads."""
    _Shared.lock = threading.Lock()
    _Shared.performer = None
    _performers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)


def _shared_performer() -> _ThreadPerformer:
    with _Shared.lock:
        if _Shared.performer is None:
            _Shared.performer = _ThreadPerformer()
        return _Shared.performer


def perform_blocking(operation: Operation, timeout_seconds: float | None = None) -> object:
    """Perform an operation and block the thread as long as it takes.

    Raises TimeoutError after ``timeout_seconds``, and what the operation fails with.
    """
    now_ns = _CLOCK.now_ns()
    operation = with_deadline(operation, now_ns)
    result = perform_now(operation, now_ns)
    if result is not NOT_YET:
        return result
    return _shared_performer().perform(operation, timeout_seconds)


def complete_within(steps: Steps, meter: Meter, seconds: float) -> Any:
    """Run to the end in a plain loop within a time, and return the value.

    Raises:
        ExhaustionError: (``time``) when it is over; the guest is closed where it stands, whether
            it computes or waits.
    """
    deadline_ns = _CLOCK.now_ns() + round(seconds * _NANOSECONDS)
    meter.in_slices = True
    try:
        request = next(steps)
        while True:
            left_ns = deadline_ns - _CLOCK.now_ns()
            if left_ns <= 0:
                raise _out_of_time(seconds)
            if isinstance(request, Paused):
                request = steps.send(None)
                continue
            try:
                result = perform_blocking(request, left_ns / _NANOSECONDS)
            except Exception as error:
                if isinstance(error, TimeoutError) and _CLOCK.now_ns() >= deadline_ns:
                    raise _out_of_time(seconds) from error
                request = steps.throw(error)
            else:
                request = steps.send(result)
    except StopIteration as end:
        return end.value
    finally:
        with suppress(RuntimeError):
            steps.close()


def _out_of_time(seconds: float) -> ExhaustionError:
    milliseconds = round(seconds * 1000)
    return ExhaustionError("time", f"the call took longer than {milliseconds} ms", milliseconds)
