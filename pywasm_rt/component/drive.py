"""Running core functions for a component, and running things to their end.

Whatever may take a while is a generator as in :mod:`pywasm_rt.engine.driver`: it yields operations
and pauses, and returns a value.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import GeneratorType
from typing import Any
from weakref import WeakSet

from pywasm_rt.engine.driver import Meter, drive
from pywasm_rt.engine.interface import (
    Execution,
    Function,
    HostFunction,
    Instance,
    Paused,
    Unfinished,
)
from pywasm_rt.errors import CodeLocation, ExhaustionError, Trap, TrapCode
from pywasm_rt.operations import Operation

__all__ = ["CoreFunction", "Steps", "answer", "complete", "execute", "go_on"]

Steps = Generator["Operation | Paused", Any, Any]


@dataclass(frozen=True, slots=True)
class CoreFunction:
    """A core function, and an instance that can start it (None for a function of ours)."""

    function: Function | HostFunction
    instance: Instance | None


def execute(
    core: CoreFunction, arguments: Sequence[object], meter: Meter, nested_limit: int
) -> Generator[Operation | Paused, Any, tuple[Any, ...]]:
    """Call a core function and return its results.

    Raises what :func:`~pywasm_rt.engine.driver.drive` raises, with a backtrace, and
    ExhaustionError where calls are nested deeper than ``nested_limit``.
    """
    function = core.function
    if isinstance(function, HostFunction):
        result = yield from answer(function.implementation(*arguments))
        return () if result is None else (result,)
    if meter.depth >= nested_limit:
        sentence = f"call stack exhausted: {nested_limit} calls between guests and host are nested"
        raise ExhaustionError("call stack", sentence, nested_limit)
    assert core.instance is not None, "every function that is not ours belongs to an instance"
    if not meter.is_plain:
        execution = core.instance.start(function, arguments)
        return (yield from go_on(Unfinished(execution, None, 0), meter))
    meter.depth += 1
    try:
        found = core.instance.attempt(function, arguments)
    finally:
        meter.depth -= 1
    return (yield from go_on(found, meter)) if isinstance(found, Unfinished) else found


def go_on(begun: Unfinished, meter: Meter) -> Generator[Operation | Paused, Any, tuple[Any, ...]]:
    """Drive a call of a core function to its end and return its results.

    Raises as :func:`execute` does.
    """
    try:
        values: Any = yield from drive(begun.execution, meter, begun.reply)
    except (Trap, ExhaustionError) as error:
        _trace(error, begun.execution)
        raise
    return values  # type: ignore[no-any-return]


_traced: WeakSet[BaseException] = WeakSet()


def _trace(error: Trap | ExhaustionError, execution: Execution) -> None:
    """Add an execution's activations to the backtrace, after those of the nested ones.

    The engine has put those of the innermost execution there itself.
    """
    if error in _traced or not error.backtrace:
        locations = tuple(
            CodeLocation(
                frame.function_index,
                frame.function_name,
                frame.pc,
                frame.offset,
                frame.instruction.row.mnemonic,
            )
            for frame in execution.frames()
        )
        error.backtrace = (*error.backtrace, *locations)
    _traced.add(error)


def answer(result: object) -> Steps:
    """The value behind what a host function answered with."""
    if isinstance(result, GeneratorType):
        result = yield from result
    elif isinstance(result, Operation):
        result = yield result
    return result


def complete(steps: Steps, perform: Callable[[Operation], object] | None = None) -> Any:
    """Run to the end in a plain loop, and return the value.

    Pauses are passed over. ``perform`` performs operations, waiting as long as they take; without
    it an operation cannot be awaited here, and traps. What ``perform`` raises is thrown into
    whoever asked; if that is no Exception (KeyboardInterrupt), the guest is closed.
    """
    try:
        request = next(steps)
        while True:
            if isinstance(request, Paused):
                request = steps.send(None)
                continue
            try:
                result = _refuse(request) if perform is None else perform(request)
            except Exception as error:  # noqa: BLE001 - whoever asked for the operation decides
                request = steps.throw(error)
            else:
                request = steps.send(result)
    except StopIteration as end:
        return end.value
    except BaseException:
        # A generator that would rather go on than end is a guest's destructor that waits.
        with suppress(RuntimeError):
            steps.close()
        raise


def _refuse(operation: Operation) -> object:
    sentence = f"{type(operation).__name__} cannot be awaited in a plain call"
    raise Trap(TrapCode.HOST, sentence)
