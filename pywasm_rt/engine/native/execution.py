"""A call in progress: what the interface calls an execution.

The C core runs it (``native/task.c``) and says why it stopped; here that becomes an event, and the
answer goes back.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pywasm_rt.engine.interface import (
    Event,
    Frame,
    HostCall,
    HostFunction,
    Paused,
    PauseReason,
    Returned,
    Threw,
    Trapped,
)
from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.failures import call_exhausted, heap_exhausted, trap_code
from pywasm_rt.engine.native.frames import locations, read_frames
from pywasm_rt.engine.native.notification import notify, wait, wait_again
from pywasm_rt.engine.native.reference import Function, function_of
from pywasm_rt.engine.native.snapshot import Standing, snapshot_execution
from pywasm_rt.engine.native.types import function_type
from pywasm_rt.engine.native.values import (
    layout_of,
    read_values,
    write_results,
    write_values,
)
from pywasm_rt.engine.native.variable import Tag, tag_of
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.engine.snapshot.state import Status
from pywasm_rt.errors import (
    CodeLocation,
    ExhaustionError,
    GuestException,
    SnapshotError,
    Trap,
    TrapCode,
    WasmError,
)
from pywasm_rt.wasm.types import ValueType

if TYPE_CHECKING:
    from pywasm_rt.engine.native.instance import Instance
    from pywasm_rt.engine.native.store import Store

__all__ = ["Execution"]

_BACKTRACE_LENGTH = 100
# So many slots every task has.
_FEW_SLOTS = 512
_PAUSED_FOR_FUEL = Paused(PauseReason.FUEL)
# Looked up once.
_run, _NOBODY, _FUEL = lib.wr_api_run, ffi.NULL, lib.WR_EVENT_FUEL


class _State(enum.Enum):
    FRESH = "nothing has run yet"
    READY = "it can go on"
    WAITING = "a host call is unanswered"
    ENDED = "it has ended"


_STATUSES = {
    _State.FRESH: Status.FRESH,
    _State.READY: Status.READY,
    _State.WAITING: Status.WAITING,
}


class Execution:
    """A call in progress; see :class:`pywasm_rt.engine.interface.Execution`.

    ``fuel_spent`` and ``steps_taken`` are as of the last event.
    """

    __slots__ = (
        "_error",
        "_event",
        "_function",
        "_in_slices",
        "_instance",
        "_is_answered",
        "_pending",
        "_results",
        "_state",
        "_store",
        "_task",
    )

    def __init__(
        self,
        instance: Instance,
        function: Function,
        arguments: Sequence[object],
        *,
        store: Store | None = None,
        begun: Any = None,
    ) -> None:
        """``begun`` is a C task of ``store`` in which the call was begun: its last event will be
        reported again.
        """
        store = instance.store if store is None else store
        self._store = store
        self._instance = instance
        self._function = function
        self._state = _State.FRESH if begun is None else _State.READY
        # The types of the results that a call of the host waits for, and its function.
        self._pending: tuple[tuple[ValueType, ...], HostFunction] | None = None
        self._is_answered = False
        self._error: WasmError | None = None
        # The last one; it keeps what it refers to.
        self._event: Event | None = None
        # Those of a function of the host that was called last of all.
        self._results: tuple[object, ...] | None = None
        self._task = begun
        if begun is None:
            self._write(arguments)

    def _write(self, arguments: Sequence[object]) -> None:
        """Take a task, and put the arguments where the function finds them."""
        store, function = self._store, self._function
        task = self._task = store.task()
        type, parameter_slots, result_slots = layout_of(function.number, function_type)
        if max(parameter_slots, result_slots) > _FEW_SLOTS:
            self._reserve(max(parameter_slots, result_slots))
        task.live_slots = parameter_slots
        write_values(type.parameters, task.stack, 0, arguments, store.domain, function)

    def __del__(self) -> None:
        task = getattr(self, "_task", None)
        if task is not None:
            self._store.let_go(task)

    def _reserve(self, slots: int) -> None:
        if not lib.wr_api_task_reserve(self._task, slots):
            raise ExhaustionError("memory", "no room for the arguments")

    @property
    def fuel_spent(self) -> int:
        """Fuel spent so far."""
        fuel: int = self._task.fuel_spent
        return fuel

    @property
    def steps_taken(self) -> int:
        """Instructions executed so far."""
        steps: int = self._task.steps
        return steps

    def run(self, fuel: int | None = None, *, in_slices: bool = False) -> Event:
        """Go on until something happens; pause at the first checkpoint at which this call of
        ``run`` has spent at least ``fuel``, and ``in_slices`` also after a few milliseconds. Raises
        RuntimeError while a host call is unanswered or after the end.
        """
        self._in_slices = in_slices
        if fuel is None or self._event is not _PAUSED_FOR_FUEL:
            return self._go(-1 if fuel is None else max(0, fuel), -1)
        # From one pause to the next, without detours: programs may do nothing else.
        task = self._task
        spent = task.fuel_spent
        number = _run(task, _NOBODY, max(0, fuel), -1)
        if number == _FUEL:
            return _PAUSED_FOR_FUEL
        event = self._event = self._events[number](self)
        return self._go(max(0, fuel - (task.fuel_spent - spent)), -1) if event is None else event

    def step(self, count: int = 1) -> Event:
        """Execute exactly ``count`` instructions, or fewer if something else happens first.
        Raises like :meth:`run`.
        """
        self._in_slices = False
        return self._go(-1, max(0, count))

    def interrupt(self) -> None:
        """Ask for a ``Paused(INTERRUPT)`` at the next checkpoint; safe from any thread."""
        lib.wr_api_interrupt(self._task)

    def resume(self, values: object = None) -> None:
        """Answer the pending host call with its result: None, a value, or a tuple of several.

        Raises TypeError if that is not what the function's type says (the call still waits), and
        RuntimeError if no host call waits.
        """
        types, function = self._waiting()
        task, domain = self._task, self._store.domain
        index = task.arguments
        write_results(types, task.stack, index, values, domain, function)
        if not task.depth:
            self._results = tuple(read_values(types, task.stack, index, domain))
        task.is_unanswered = False
        self._state, self._pending, self._is_answered = _State.READY, None, True

    def throw(self, error: WasmError) -> None:
        """Answer the pending host call with an error: the next event is ``Trapped(error)``, or
        the guest's handler for a GuestException. Raises RuntimeError if no host call waits.
        """
        self._waiting()
        self._error = error
        self._state, self._pending = _State.READY, None

    def _waiting(self) -> tuple[tuple[ValueType, ...], HostFunction]:
        if self._pending is None:
            raise RuntimeError("no host call waits for an answer")
        return self._pending

    def frames(self) -> tuple[Frame, ...]:
        """The activations, innermost first; readable at every event, the end included."""
        taken = self._task.arguments if self._pending is not None else None
        return tuple(
            read_frames(self._task, self._store.domain, taken=taken, is_answered=self._is_answered)
        )

    def snapshot(self) -> Snapshot:
        """Where it stands, with all that can be reached from it; see the interface.

        Raises SnapshotError, and RuntimeError while it runs.
        """
        task = self._task
        if task.is_running:
            raise RuntimeError("a running execution has no snapshot")
        if self._error is not None:
            raise SnapshotError("an error was thrown in: let the execution deal with it first")
        if self._state is _State.READY and task.is_unanswered:
            raise SnapshotError("the call was begun in another way: let it run first")
        standing = Standing(
            self._status(), self._function, task, self._is_answered, self._results, self._event
        )
        return snapshot_execution(self._instance, standing)

    def _status(self) -> Status:
        if self._state is not _State.ENDED:
            return _STATUSES[self._state]
        match self._event:
            case Returned():
                return Status.RETURNED
            case Trapped():
                return Status.TRAPPED
            case Threw():
                return Status.THREW
        raise SnapshotError("the execution broke off")

    def place(
        self, status: Status, values: tuple[object, ...] | None, outcome: Event | None
    ) -> Event | None:
        """Stand where a snapshot says, as its task does: the event that it stands at, if that is a
        call of the host or the end. ``values`` are results that are there.
        """
        domain, task = self._store.domain, self._task
        if status is Status.FRESH:
            self._state = _State.FRESH
        elif status is Status.READY:
            self._results = values
        elif status is Status.WAITING:
            task.is_unanswered = True
            if task.status == lib.WR_WAIT:
                outcome = self._call_wait(wait_again(task, domain))
            else:
                outcome = self._call_host(function_of(domain, task.callee), self._caller())
        else:
            self._state = _State.ENDED
            outcome = outcome if values is None else Returned(values)
        self._event = outcome
        return outcome

    def _go(self, quantum: int, count: int) -> Event:
        while True:
            fuel, steps = self.fuel_spent, self.steps_taken
            event = self._event = self._advance(quantum, count)
            if event is not None:
                return event
            # An instruction was done here, or signals were looked at: go on with what is left.
            if quantum >= 0:
                quantum = max(0, quantum - (self.fuel_spent - fuel))
            if count >= 0:
                count = max(0, count - (self.steps_taken - steps))

    def _advance(self, quantum: int, count: int) -> Event | None:
        """Run the core once; None if it left an instruction to do here, which has been done."""
        if self._state is _State.READY:
            callee = ffi.NULL
        elif self._state is _State.FRESH:
            if self._function.host is not None:
                return self._call_host(self._function, self._instance)
            callee = self._function.pointer
        else:
            raise RuntimeError(f"this execution cannot go on: {self._state.value}")
        if self._error is not None or self._results is not None:
            event = self._answer()
            if event is not None:
                return event
        self._is_answered = False
        self._state = _State.READY
        number = lib.wr_api_run(self._task, callee, quantum, count)
        return self._events[number](self)

    def _answer(self) -> Event | None:
        """What the host's answer makes of the execution, if the guest has no part in it."""
        if self._results is not None:
            self._state = _State.ENDED
            return Returned(self._results)
        error, self._error = self._error, None
        assert error is not None, "there is an answer"
        if isinstance(error, GuestException) and self._task.depth:
            self._throw_in(error)
            return None
        self._state = _State.ENDED
        return Threw(error) if isinstance(error, GuestException) else Trapped(self._locate(error))

    def _throw_in(self, error: GuestException) -> None:
        """Have the guest look for a handler of an exception."""
        domain, task = self._store.domain, self._task
        tag, slots = ffi.NULL, 0
        types: tuple[ValueType, ...] = ()
        if isinstance(error.tag, Tag):
            domain.root.kept.append(error.tag)
            tag = error.tag.pointer
            layout = layout_of(tag.type, function_type)
            types, slots = layout.type.parameters, layout.parameter_slots
        if not lib.wr_api_throw(task, tag, domain.keep(error), slots):
            raise ExhaustionError("memory", "no room for an exception")
        try:
            write_values(types, task.exception.values, 0, error.values, domain, error.tag)
        except TypeError:
            task.exception = ffi.NULL
            self._error = error
            raise

    # Events

    def _returned(self) -> Event:
        self._state = _State.ENDED
        types = layout_of(self._function.number, function_type).type.results
        task = self._task
        return Returned(tuple(read_values(types, task.stack, task.results, self._store.domain)))

    def _called_host(self) -> Event:
        return self._call_host(function_of(self._store.domain, self._task.callee), self._caller())

    def _caller(self) -> Instance:
        """The instance whose code makes the call."""
        task, instance = self._task, self._instance
        if task.depth:
            pointer = task.frames[task.depth].instance
            if pointer != instance.pointer:
                address = int(ffi.cast("uintptr_t", pointer))
                found: Instance = self._store.domain.root.instances[address]
                return found
        return instance

    def _call_host(self, function: Function, caller: Instance) -> Event:
        assert function.host is not None, "only functions of the host have no code"
        type = layout_of(function.number, function_type).type
        task, domain = self._task, self._store.domain
        arguments = read_values(type.parameters, task.stack, task.arguments, domain)
        self._state, self._pending = _State.WAITING, (type.results, function.host)
        return HostCall(function.host, tuple(arguments), caller)

    def _paused_for_fuel(self) -> Event:
        self._state = _State.READY
        return _PAUSED_FOR_FUEL

    def _paused_after_steps(self) -> Event:
        return self._paused(PauseReason.STEPS)

    def _interrupted(self) -> Event:
        return self._paused(PauseReason.INTERRUPT)

    def _paused(self, reason: PauseReason) -> Event:
        self._state = _State.READY
        return Paused(reason)

    def _trapped(self) -> Event:
        task = self._task
        code = trap_code(task.trap)
        if code is TrapCode.UNINITIALIZED_ELEMENT:
            sentence = f"{code} {task.trap_value}"
            return self._end(Trap(code, sentence, index=task.trap_value))
        return self._end(Trap(code))

    def _exhausted(self) -> Event:
        return self._end(call_exhausted(self._task, self._store.limits))

    def _out_of_fuel(self) -> Event:
        limit = self._store.limits.fuel
        return self._end(ExhaustionError("fuel", "all fuel consumed", limit))

    def _no_memory(self) -> Event:
        return self._end(ExhaustionError("memory", "the system has no more memory"))

    def _heap_full(self) -> Event:
        return self._end(heap_exhausted(self._store.limits.heap_bytes))

    def _end(self, error: WasmError) -> Event:
        self._state = _State.ENDED
        return Trapped(self._locate(error))

    def _threw(self) -> Event:
        self._state = _State.ENDED
        domain, exception = self._store.domain, self._task.exception
        if exception.handle:
            error = domain.root.objects[exception.handle]
            assert isinstance(error, GuestException), "handles of exceptions are those of errors"
            return Threw(error)
        types = layout_of(exception.tag.type, function_type).type.parameters
        values = read_values(types, exception.values, 0, domain)
        where = next(iter(self._locations(1)), None)
        return Threw(GuestException(tag_of(domain, exception.tag), values, where))

    def _waits(self) -> Event | None:
        task = self._task
        function = wait(task, self._store.domain)
        if function is None:  # what is in memory has changed in the meantime
            task.stack[task.arguments] = 1
            task.is_unanswered = False
            return None
        return self._call_wait(function)

    def _call_wait(self, function: HostFunction) -> Event:
        self._state, self._pending = _State.WAITING, (function.type.results, function)
        return HostCall(function, (), self._caller())

    def _notifies(self) -> None:
        task = self._task
        task.stack[task.arguments] = notify(task, self._store.domain)
        task.is_unanswered = False

    def _sliced(self) -> Event | None:
        """It has run for a while, and goes on when Python has looked at its signals."""
        return self._interrupted() if self._in_slices else None

    def _busy(self) -> Event:
        raise RuntimeError("this execution cannot go on: it is running")

    def _locate(self, error: WasmError) -> WasmError:
        """Say in an error where it happened, if it does not say so yet."""
        if isinstance(error, Trap | ExhaustionError) and not error.backtrace:
            error.backtrace = tuple(self._locations(_BACKTRACE_LENGTH))
            if error.where is None and error.backtrace:
                error.where = error.backtrace[0]
        return error

    def _locations(self, count: int) -> list[CodeLocation]:
        return locations(self._task, self._store.domain, count)

    _events: ClassVar[dict[int, Callable[[Execution], Event | None]]] = {
        lib.WR_EVENT_RETURNED: _returned,
        lib.WR_EVENT_HOST_CALL: _called_host,
        lib.WR_EVENT_FUEL: _paused_for_fuel,
        lib.WR_EVENT_STEPS: _paused_after_steps,
        lib.WR_EVENT_INTERRUPT: _interrupted,
        lib.WR_EVENT_TRAPPED: _trapped,
        lib.WR_EVENT_THREW: _threw,
        lib.WR_EVENT_EXHAUSTED: _exhausted,
        lib.WR_EVENT_OUT_OF_FUEL: _out_of_fuel,
        lib.WR_EVENT_NO_MEMORY: _no_memory,
        lib.WR_EVENT_WAIT: _waits,
        lib.WR_EVENT_NOTIFY: _notifies,
        lib.WR_EVENT_BUSY: _busy,
        lib.WR_EVENT_SLICE: _sliced,
        lib.WR_EVENT_HEAP_FULL: _heap_full,
    }
