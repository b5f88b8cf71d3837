"""WebAssembly as a process: a generator that drives a guest, behind Init, Step and Close.

It does not know what is driven, a core module or a component, nor how that is made: it is given a
function that begins the run (:data:`Start`). Each operation that the guest waits for is yielded to
the scheduler; the guest sees only that its call took a while.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from pywasm_rt.engine.driver import Drive, Meter
from pywasm_rt.engine.interface import Execution, Frame, Paused
from pywasm_rt.errors import CodeLocation, EngineBug, GuestExit, OperationError, WasmError
from pywasm_rt.operations import Operation
from pywasm_rt.process.failure import as_process_error
from pywasm_rt.process.interface import (
    Continue,
    Done,
    Failed,
    OperationCompleted,
    OperationFailed,
    ProcessContext,
    ProcessEvent,
    Step,
    Usage,
    Yield,
)

__all__ = ["Start", "WasmProcess"]

Start = Callable[[ProcessContext, str, tuple[object, ...], Meter], Drive]


class WasmProcess:
    """A guest's run as a process.

    ``start(context, method, arguments, meter)`` is called in the first step. It instantiates the
    guest and returns a generator in the sense of :mod:`pywasm_rt.engine.driver`: it yields
    operations and ``Paused``, and returns the result. ``meter`` is to be given to all its drivers.
    The generator is closed in the end, so that its ``finally`` clauses give back what it holds;
    ``release``, if given, is called after that.

    How it ends: a value returned is the result; exit code 0 is a result of None; a trap, a limit,
    another exit code (``details["exit_code"]``) or a link fault is the error.
    """

    def __init__(self, start: Start, release: Callable[[], object] | None = None) -> None:
        self._start = start
        self._release = release
        self._meter = Meter()
        self._drive: Drive | None = None
        self._begin: Callable[[], Drive] | None = None
        self._tag = 0
        self._closed = False

    def init(self, context: ProcessContext, method: str, arguments: Sequence[object]) -> None:
        """Keep the arguments; the guest is instantiated in the first step."""
        captured = tuple(arguments)
        self._begin = lambda: self._start(context, method, captured, self._meter)

    def step(self, events: Sequence[ProcessEvent], budget: int) -> Step:
        """Run until the guest waits, ends, or has spent ``budget`` units of fuel."""
        self._meter.quantum = budget
        try:
            request = self._advance(events)
        except StopIteration as end:
            return Done(end.value)
        except GuestExit as error:
            return Done() if error.code == 0 else Failed(as_process_error(error))
        except (WasmError, OSError, MemoryError, RecursionError) as error:
            return Failed(as_process_error(error))
        if isinstance(request, Paused):
            return Continue()
        self._tag += 1
        return Yield(((self._tag, request),))

    def close(self) -> None:
        """End the run where it is, and give everything back.

        Raises WasmError or OSError where giving back fails.
        """
        if self._closed:
            return
        self._closed = True
        drive, self._drive, self._begin = self._drive, None, None
        try:
            if drive is not None:
                # A generator that would rather go on than end is a guest's destructor that waits.
                with suppress(RuntimeError):
                    drive.close()
        finally:
            if self._release is not None:
                self._release()

    def interrupt(self) -> None:
        """Let the running step end at the next checkpoint; from any thread."""
        execution = self._meter.current
        if execution is not None:
            execution.interrupt()

    def usage(self) -> Usage:
        """The fuel that the guest has spent, and the size of its memories."""
        store = self._meter.store
        return Usage(0, 0) if store is None else Usage(store.fuel_spent, store.memory_bytes)

    def whereabouts(self) -> tuple[CodeLocation, ...]:
        """The guest's functions, innermost first."""
        execution: Execution | None = self._meter.current
        return () if execution is None else tuple(map(_location, execution.frames()))

    def _advance(self, events: Sequence[ProcessEvent]) -> Operation | Paused:
        if self._drive is None:
            if self._begin is None:
                raise EngineBug("a step before init or after the end")
            self._drive = self._begin()
            return next(self._drive)
        for event in events:
            if isinstance(event, OperationCompleted) and event.tag == self._tag:
                return self._drive.send(event.result)
            if isinstance(event, OperationFailed) and event.tag == self._tag:
                return self._drive.throw(_operation_error(event.error))
        return self._drive.send(None)


def _operation_error(error: Exception) -> Exception:
    """What a driver understands: WasmError and OSError."""
    if isinstance(error, WasmError | OSError):
        return error
    wrapped = OperationError(f"{type(error).__name__}: {error}")
    wrapped.__cause__ = error
    return wrapped


def _location(frame: Frame) -> CodeLocation:
    return CodeLocation(
        frame.function_index,
        frame.function_name,
        frame.pc,
        frame.offset,
        frame.instruction.row.mnemonic,
    )
