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
from collections.abc import Generator, Sequence
from types import GeneratorType

from pywasm_rt.engine.interface import (
    Execution,
    Function,
    HostCall,
    Instance,
    Paused,
    Returned,
    Threw,
    Trapped,
)
from pywasm_rt.errors import ExhaustionError, OperationError, Trap, TrapCode, WasmError
from pywasm_rt.operations import Operation

__all__ = ["Drive", "Meter", "call", "drive"]

Drive = Generator["Operation | Paused", object, object]


class _Calls(threading.local):
    """How many calls of :func:`call` are inside each other in this thread."""

    depth = 0


_calls = _Calls()


class Meter:
    """The fuel that drivers sharing this meter may spend before they yield ``Paused``.

    ``quantum`` None means no pauses. Whoever receives ``Paused`` sets a new quantum.
    ``current`` is the innermost running execution, for interrupts and for looking at, and
    ``depth`` the number of those that wait for one another.
    """

    __slots__ = ("current", "depth", "quantum")

    def __init__(self, quantum: int | None = None) -> None:
        self.quantum = quantum
        self.depth = 0
        self.current: Execution | None = None


def drive(execution: Execution, meter: Meter) -> Drive:
    """Run ``execution`` to its end and return its results as a tuple.

    Raises the trap, the guest's exception, or the host function's own WasmError.
    """
    outer = meter.current
    meter.depth += 1
    meter.current = execution
    try:
        while True:
            before = execution.fuel_spent
            event = execution.run(meter.quantum)
            if meter.quantum is not None:
                meter.quantum = max(0, meter.quantum - (execution.fuel_spent - before))
            if isinstance(event, Returned):
                return event.values
            if isinstance(event, HostCall):
                yield from _answer(execution, event, meter.depth)
                meter.current = execution
            elif isinstance(event, Paused):
                yield event
            elif isinstance(event, Trapped):
                raise event.trap
            elif isinstance(event, Threw):
                raise event.exception
    finally:
        meter.depth -= 1
        meter.current = outer


def _answer(execution: Execution, event: HostCall, depth: int) -> Drive:
    """Call the host function of ``event`` and resume ``execution`` with what comes of it."""
    limit = event.caller.store.limits.nested_executions
    if depth > limit:
        sentence = "call stack exhausted: host functions call the guest that calls them"
        execution.throw(ExhaustionError("call stack", sentence, limit))
        return None
    try:
        result = event.function.implementation(*event.arguments)
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
    meter = Meter()
    meter.depth = _calls.depth
    driver = drive(instance.start(function, arguments), meter)
    _calls.depth += 1
    try:
        request = next(driver)
        while True:
            if isinstance(request, Paused):
                request = driver.send(None)
            else:
                sentence = f"{type(request).__name__} cannot be awaited in a plain call"
                request = driver.throw(Trap(TrapCode.HOST, sentence))
    except StopIteration as end:
        values: tuple[object, ...] = end.value
        return values
    finally:
        _calls.depth -= 1
