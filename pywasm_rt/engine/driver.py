"""Answering an execution's host calls.

An engine stops at every host call. :func:`drive` is the loop that answers: it calls the host
function, passes on what the function waits for, and hands the result back. It is a generator, so
that whoever drives the driver (a process, a test, a plain loop) decides how to wait:

* it yields an :class:`~pywasm_rt.operations.Operation` and is sent the operation's result (or has
  the operation's error thrown in), and
* it yields :class:`~pywasm_rt.engine.interface.Paused` when the meter's quantum is spent, and goes
  on when it is sent None.

:func:`call` is the plain loop for host functions that never wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from types import GeneratorType
from typing import Any

from pywasm_rt.engine.interface import (
    Event,
    Execution,
    Function,
    HostCall,
    Instance,
    Paused,
    Restored,
    Returned,
    Store,
    Threw,
    Trapped,
    Unfinished,
)
from pywasm_rt.errors import (
    ExhaustionError,
    OperationError,
    SnapshotError,
    Trap,
    TrapCode,
    WasmError,
)
from pywasm_rt.operations import Operation

__all__ = ["Drive", "Meter", "call", "complete", "drive", "finish", "go_on", "run"]

Drive = Generator["Operation | Paused", object, object]


class _Calls(threading.local):
    """How many calls of :func:`call` are inside each other in this thread."""

    depth = 0


_calls = _Calls()


class Meter:
    """The fuel that drivers sharing this meter may spend before they yield ``Paused``.

    ``quantum`` None means no pauses. Whoever receives ``Paused`` sets a new quantum.
    ``current`` is the innermost running execution, for interrupts and for looking at, and
    ``depth`` the number of those that wait for one another; ``store`` is what they live in, if
    whoever began them says so. ``is_plain`` says that nobody wants pauses or the current execution,
    so that calls may go the short way (:meth:`~pywasm_rt.engine.interface.Instance.attempt`);
    ``in_slices`` asks for a pause every few milliseconds, whatever the quantum.
    """

    __slots__ = ("current", "depth", "in_slices", "is_plain", "quantum", "store")

    def __init__(self, quantum: int | None = None, *, is_plain: bool = False) -> None:
        self.quantum = quantum
        self.is_plain = is_plain
        self.in_slices = False
        self.depth = 0
        self.current: Execution | None = None
        self.store: Store | None = None


def run(instance: Instance, function: Function, arguments: Sequence[object], meter: Meter) -> Drive:
    """Call a function: what :func:`drive` does for an execution, in the short way if the meter is
    a plain one.
    """
    if not meter.is_plain:
        return (yield from drive(instance.start(function, arguments), meter))
    meter.depth += 1
    try:
        found = instance.attempt(function, arguments)
    finally:
        meter.depth -= 1
    if isinstance(found, Unfinished):
        return (yield from drive(found.execution, meter, found.reply))
    return found


def drive(
    execution: Execution,
    meter: Meter,
    reply: Callable[[], object] | None = None,
    event: Event | None = None,
) -> Drive:
    """Run ``execution`` to its end and return its results as a tuple. ``reply`` answers the first
    host call instead of its function (see :class:`~pywasm_rt.engine.interface.Unfinished`).
    ``event`` is the one at which the execution stands (see
    :class:`~pywasm_rt.engine.interface.Restored`); None if it can go on by itself.

    Raises the trap, the guest's exception, or the host function's own WasmError.
    """
    outer = meter.current
    meter.depth += 1
    meter.current = execution
    try:
        while True:
            if event is None:
                event = _advance(execution, meter)
            if isinstance(event, Returned):
                return event.values
            if isinstance(event, HostCall):
                yield from _answer(execution, event, meter.depth, reply)
                reply = None
                meter.current = execution
            elif isinstance(event, Paused):
                yield event
            elif isinstance(event, Trapped):
                raise event.trap
            elif isinstance(event, Threw):
                raise event.exception
            event = None
    finally:
        meter.depth -= 1
        meter.current = outer


def _advance(execution: Execution, meter: Meter) -> Event:
    """Run for what is left of the quantum."""
    before = execution.fuel_spent
    quantum = meter.quantum
    event = execution.run(quantum, in_slices=True) if meter.in_slices else execution.run(quantum)
    if meter.quantum is not None:
        meter.quantum = max(0, meter.quantum - (execution.fuel_spent - before))
    return event


def _answer(
    execution: Execution, event: HostCall, depth: int, reply: Callable[[], object] | None
) -> Drive:
    """Call the host function of ``event`` and resume ``execution`` with what comes of it."""
    limit = event.caller.store.limits.nested_executions
    if depth > limit:
        sentence = "call stack exhausted: host functions call the guest that calls them"
        execution.throw(ExhaustionError("call stack", sentence, limit))
        return None
    try:
        result = event.function.implementation(*event.arguments) if reply is None else reply()
        if isinstance(result, GeneratorType):
            result = yield from result
        elif isinstance(result, Operation):
            result = yield result
    except WasmError as error:
        execution.throw(error)
    except OSError as error:
        execution.throw(OperationError(str(error)))
    except RecursionError:
        execution.throw(ExhaustionError("call stack", "call stack exhausted"))
    else:
        execution.resume(result)
    return None


def call(
    instance: Instance, function: Function, arguments: Sequence[object] = ()
) -> tuple[object, ...]:
    """Call ``function`` and return its results, answering host functions that never wait.

    Raises what :func:`drive` raises; a host function that asks for an operation gets a Trap. A
    host function may call again, as deep as the store's limits allow.
    """
    found = instance.attempt(function, arguments)
    return finish(found) if isinstance(found, Unfinished) else found


def finish(begun: Unfinished) -> tuple[object, ...]:
    """Go on with a call that was attempted; raises as :func:`call` does."""
    meter = Meter()
    meter.depth = _calls.depth + begun.nesting
    _calls.depth += 1
    try:
        values: Any = _complete(drive(begun.execution, meter, begun.reply))
    finally:
        _calls.depth -= 1
    return values  # type: ignore[no-any-return]


def go_on(restored: Restored) -> tuple[object, ...]:
    """Run an execution that was restored to its end, and return its results, as :func:`call` does.

    Raises what :func:`call` raises, and SnapshotError if the snapshot had no execution.
    """
    if restored.execution is None:
        raise SnapshotError("the snapshot was of an instance: there is nothing to go on with")
    meter = Meter()
    meter.depth = _calls.depth
    _calls.depth += 1
    try:
        values: Any = _complete(drive(restored.execution, meter, None, restored.event))
    finally:
        _calls.depth -= 1
    return values  # type: ignore[no-any-return]


def complete(answer: object) -> object:
    """The value behind what a host function answered with, in a plain loop.

    Raises what the function raises; an operation cannot be awaited and is answered with a Trap.
    """
    if isinstance(answer, Operation):
        raise _cannot_await(answer)
    return _complete(answer) if isinstance(answer, GeneratorType) else answer


def _complete(steps: Generator[object, Any, object]) -> object:
    try:
        request = next(steps)
        while True:
            if isinstance(request, Paused):
                request = steps.send(None)
            else:
                request = steps.throw(_cannot_await(request))
    except StopIteration as end:
        return end.value


def _cannot_await(request: object) -> Trap:
    return Trap(TrapCode.HOST, f"{type(request).__name__} cannot be awaited in a plain call")
