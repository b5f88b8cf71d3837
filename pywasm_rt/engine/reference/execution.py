"""A call in progress: what the interface calls an execution.

It starts the machine, looks why it stopped, says so as an event, and takes the answer.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

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
    TypedValue,
)
from pywasm_rt.engine.reference.atomic_wait import Suspension, suspend
from pywasm_rt.engine.reference.exception import Thrown
from pywasm_rt.engine.reference.function import FunctionInstance, HostFunctionInstance, WasmFunction
from pywasm_rt.engine.reference.heap import ExceptionInstance, Tag, counted_in
from pywasm_rt.engine.reference.machine import CallSite, Machine, Stop, exhausted
from pywasm_rt.engine.reference.snapshot import Activation, Standing, snapshot_execution
from pywasm_rt.engine.reference.unwinding import handle
from pywasm_rt.engine.reference.values import from_host_all, results_from_host
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.engine.snapshot.state import Status
from pywasm_rt.errors import (
    CodeLocation,
    EngineBug,
    ExhaustionError,
    GuestException,
    SnapshotError,
    Trap,
    TrapCode,
    WasmError,
)
from pywasm_rt.wasm.types import ValueType
from pywasm_rt.wasm.validate import define_function

if TYPE_CHECKING:
    from pywasm_rt.engine.reference.instance import Instance

__all__ = ["Execution", "prepare"]

_UNLIMITED = 1 << 62
_BACKTRACE_LENGTH = 100
# About ten milliseconds.
_SLICE_FUEL = 50_000


class _State(enum.Enum):
    FRESH = "nothing has run yet"
    READY = "it can go on"
    RUNNING = "it is running"
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
        "_arguments",
        "_ended_between",
        "_error",
        "_event",
        "_function",
        "_instance",
        "_interrupted",
        "_is_suspended",
        "_lock",
        "_machine",
        "_pending",
        "_results",
        "_state",
        "fuel_spent",
        "steps_taken",
    )

    def __init__(
        self, instance: Instance, function: FunctionInstance, arguments: list[object]
    ) -> None:
        limits = instance.store.limits
        self._instance = instance
        self._function = function
        self._arguments = arguments
        self._machine = Machine(prepare, limits.call_depth - 1, limits.value_slots)
        self._state = _State.FRESH
        self._lock = threading.Lock()
        self._interrupted = False
        self._ended_between = False
        self._event: Event | None = None
        # The host call that waits, and where its results go: None for the outermost function.
        self._pending: tuple[FunctionInstance, CallSite | None] | None = None
        # Whether it is an instruction that waits, with its operands in place.
        self._is_suspended = False
        self._results: tuple[object, ...] | None = None
        self._error: WasmError | None = None
        self.fuel_spent = 0
        self.steps_taken = 0

    def run(self, fuel: int | None = None, *, in_slices: bool = False) -> Event:
        """Go on until something happens; pause at the first checkpoint at which this call of
        ``run`` has spent at least ``fuel``, and ``in_slices`` also after some milliseconds.
        Raises RuntimeError while a host call is unanswered or after the end.
        """
        if in_slices:
            fuel = _SLICE_FUEL if fuel is None else min(fuel, _SLICE_FUEL)
        return self._go(fuel, None)

    def step(self, count: int = 1) -> Event:
        """Execute exactly ``count`` instructions, or fewer if something else happens first.
        Raises like :meth:`run`, and ValueError for a negative count.
        """
        if count < 0:
            raise ValueError(f"{count} steps cannot be taken")
        return self._go(None, min(count, _UNLIMITED))

    def interrupt(self) -> None:
        """Ask for a ``Paused(INTERRUPT)`` at the next checkpoint; safe from any thread."""
        self._interrupted = True
        self._machine.fuel_limit = -1

    def resume(self, values: object = None) -> None:
        """Answer the pending host call with its result: None, a value, or a tuple of several.

        Raises TypeError if that is not what the function's type says (the call still waits), and
        RuntimeError if no host call waits.
        """
        function, site = self._waiting()
        results = results_from_host(function.type.results, values, function)
        if site is None:
            self._results = tuple(results)
        else:
            self._machine.slots[site.first : site.first + len(results)] = results
        self._state, self._pending, self._is_suspended = _State.READY, None, False

    def throw(self, error: WasmError) -> None:
        """Answer the pending host call with an error: the next event is ``Trapped(error)``, or
        the guest's handler for a GuestException. Raises RuntimeError if no host call waits, and
        TypeError for an exception whose values do not fit its tag (the call still waits).
        """
        self._waiting()
        if isinstance(error, GuestException) and isinstance(error.tag, Tag):
            from_host_all(error.tag.type.parameters, error.values, error.tag)
        self._error = error
        self._state, self._pending, self._is_suspended = _State.READY, None, False

    def frames(self) -> tuple[Frame, ...]:
        """The activations, innermost first; readable at every event, the end included."""
        if self._state is _State.RUNNING:
            raise RuntimeError("the frames of a running execution cannot be read")
        return tuple(_frame(*activation) for activation in self._activations())

    def snapshot(self) -> Snapshot:
        """Where it stands, with all that can be reached from it; see the interface.

        Raises SnapshotError, and RuntimeError while it runs.
        """
        if self._state is _State.RUNNING:
            raise RuntimeError("a running execution has no snapshot")
        if self._error is not None:
            raise SnapshotError("an error was thrown in: let the execution deal with it first")
        status = self._status()
        pending = self._pending
        activations = [Activation(*found) for found in self._activations()]
        if self._is_suspended and pending is not None:
            activations[0] = activations[0]._replace(taken=None)
        standing = Standing(
            status,
            self._function,
            activations,
            self._arguments,
            self._results,
            None if pending is None or self._is_suspended else pending[0],
            self._event,
            self.fuel_spent,
            self.steps_taken,
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
        self,
        status: Status,
        counts: tuple[int, int],
        frames: Sequence[tuple[WasmFunction, int, list[Any]]],
        values: tuple[object, ...],
        callee: FunctionInstance | None,
        outcome: Event | None,
    ) -> Event | None:
        """Stand where a snapshot says, which has been checked: the event that it stands at, if that
        is a call of the host or the end.

        ``counts`` are fuel and steps; ``frames`` functions, pcs and slots, outermost first;
        ``values`` those of :class:`~pywasm_rt.engine.snapshot.state.ExecutionState`. Raises
        ExhaustionError if the limits are too narrow.
        """
        machine = self._machine
        self.fuel_spent, self.steps_taken = counts
        for number, (function, pc, slots) in enumerate(frames):
            if function.size > machine.room or len(machine.frames) > machine.deepest:
                raise exhausted(function, machine.room, machine.deepest)
            is_innermost = number == len(frames) - 1
            position = iter(function.code or ())
            place = pc if is_innermost and status is Status.READY else pc + 1
            position.__setstate__(place)  # type: ignore[attr-defined]
            machine.room -= function.size
            if not is_innermost:
                machine.frames.append((function, position, slots, _site_at(function, pc)))
                continue
            machine.function, machine.position, machine.slots = function, position, slots
            machine.fuel = self.fuel_spent - function.lowered.spent_before[place]
            machine.steps = self.steps_taken - place
        if status is Status.WAITING:
            self._state = _State.WAITING
            self._event = self._call_again(callee, values, frames)
        elif status is not Status.FRESH:
            self._state = _State.READY if status is Status.READY else _State.ENDED
            self._results = values if status is Status.READY and not frames else None
            self._event = Returned(values) if status is Status.RETURNED else outcome
        return self._event

    def _call_again(
        self,
        callee: FunctionInstance | None,
        arguments: tuple[object, ...],
        frames: Sequence[tuple[WasmFunction, int, list[Any]]],
    ) -> Event:
        """The call of the host that a snapshot was waiting for."""
        if callee is not None:
            site = _site_at(frames[-1][0], frames[-1][1]) if frames else None
            return self._call_host(callee, arguments, site)
        function, pc, slots = frames[-1]
        point = function.instance.module.facts.point(function.index, pc)
        assert point is not None, "the snapshot has been checked"
        assert point.wait is not None, "the snapshot has been checked"
        wait = point.wait
        memory = function.instance.spaces["memory"][wait.memory]
        first = function.code[pc][1] if function.code else 0
        address, _, timeout = slots[first : first + 3]
        return self._suspended(suspend(memory, address + wait.offset, wait.width, timeout).function)

    def _waiting(self) -> tuple[FunctionInstance, CallSite | None]:
        if self._pending is None:
            raise RuntimeError("no host call waits for an answer")
        return self._pending

    def _go(self, quantum: int | None, count: int | None) -> Event:
        with self._lock:
            if self._state not in (_State.FRESH, _State.READY):
                raise RuntimeError(f"this execution cannot go on: {self._state.value}")
            was_fresh = self._state is _State.FRESH
            self._state = _State.RUNNING
        machine, store = self._machine, self._instance.store
        machine.fuel_limit = self._limit(quantum)
        machine.goal = None if count is None else self.steps_taken + count
        if self._interrupted:
            machine.fuel_limit = -1
        before = self.fuel_spent
        state = _State.ENDED
        try:
            event = self._enter() if was_fresh else None
            if event is None:
                with counted_in(store.heap):
                    event = self._advance()
            if isinstance(event, HostCall):
                state = _State.WAITING
            elif isinstance(event, Paused):
                state = _State.READY
        finally:
            # Whatever else came flying through the loop has left the machine in pieces.
            self._state = state
            self._count()
            store.spend_fuel(self.fuel_spent - before)
        self._event = event
        return event

    def _limit(self, quantum: int | None) -> int:
        """The fuel at which to stop: that of the quantum, or that which the store allows."""
        limit = _UNLIMITED if quantum is None else self.fuel_spent + quantum
        return min(limit, self._allowed_fuel() + 1)

    def _allowed_fuel(self) -> int:
        """The fuel that this execution may have spent in all."""
        store = self._instance.store
        if store.limits.fuel is None:
            return _UNLIMITED
        return self.fuel_spent + store.limits.fuel - store.fuel_spent

    def _count(self) -> None:
        machine = self._machine
        self.fuel_spent, self.steps_taken = machine.fuel, machine.steps
        if machine.function is not None:
            pc = machine.pc_of(machine.function, machine.position)
            self.fuel_spent += machine.function.lowered.spent_before[pc]
            self.steps_taken += pc

    def _enter(self) -> Event | None:
        """Make the first activation. An event if the call is over with that, or paused."""
        machine, function = self._machine, self._function
        code = prepare(function)
        if not isinstance(function, WasmFunction) or code is None:
            return self._call_host(function, tuple(self._arguments), None)
        if function.size > machine.room or machine.deepest < 0:
            return Trapped(exhausted(function, machine.room, machine.deepest))
        machine.slots = function.template.copy()
        machine.slots[: len(self._arguments)] = self._arguments
        machine.function, machine.position = function, iter(code)
        machine.room -= function.size
        machine.fuel = 1
        return self._at_checkpoint() if machine.fuel >= machine.fuel_limit else None

    def _advance(self) -> Event:
        """Run the machine until there is an event."""
        if self._results is not None:
            return Returned(self._results)
        machine, run = self._machine, self._instance.module.loop.run
        while True:
            try:
                if self._error is not None:
                    error, self._error = self._error, None
                    raise error
                stop = run(machine)
            except (Thrown, GuestException) as error:
                exception = _exception_of(error)
                if not handle(machine, exception):
                    return self._threw(error, exception)
            except Suspension as suspension:
                return self._suspended(suspension.function)
            except (WasmError, IndexError, MemoryError) as error:
                return Trapped(self._locate(self._wasm_error(error)))
            else:
                return self._event_of(stop)

    def _event_of(self, stop: Stop) -> Event:
        machine = self._machine
        match stop:
            case Stop.RETURNED:
                return Returned(tuple(machine.results))
            case Stop.STEPS:
                return Paused(PauseReason.STEPS)
            case Stop.CHECKPOINT:
                return self._at_checkpoint()
            case Stop.HOST_CALL:
                site: CallSite = machine.site
                callee: FunctionInstance = machine.callee
                last = site.first + len(callee.type.parameters)
                arguments = tuple(machine.slots[site.first : last])
                return self._call_host(callee, arguments, _leave(machine, site))
        raise EngineBug(f"the loop stopped with {stop}")

    def _suspended(self, host: HostFunction) -> Event:
        """An instruction waits for the host as if it had called this function."""
        machine = self._machine
        pc = machine.pc_of(machine.function, machine.position)
        first = machine.function.code[pc - 1][1]
        site = CallSite(first, 0, 0, is_tail=False)
        self._is_suspended = True
        return self._call_host(HostFunctionInstance(define_function(host.type), host), (), site)

    def _call_host(
        self, callee: FunctionInstance, arguments: tuple[object, ...], site: CallSite | None
    ) -> Event:
        self._pending = (callee, site)
        function = self._machine.function
        caller = self._instance if function is None else function.instance
        assert callee.host is not None, "only functions of the host have no code"
        return HostCall(callee.host, arguments, caller)

    def _at_checkpoint(self) -> Event:
        """Why the machine stopped at a checkpoint."""
        if self._interrupted:
            self._interrupted = False
            return Paused(PauseReason.INTERRUPT)
        allowed = self._allowed_fuel()
        self._count()
        if self.fuel_spent > allowed:
            limit = self._instance.store.limits.fuel
            self._ended_between = True
            return Trapped(self._locate(ExhaustionError("fuel", "all fuel consumed", limit)))
        return Paused(PauseReason.FUEL)

    def _wasm_error(self, error: WasmError | IndexError | MemoryError) -> WasmError:
        """What came out of the loop as an error of ours."""
        if isinstance(error, MemoryError):
            return ExhaustionError("memory", "the system has no more memory")
        if isinstance(error, WasmError):
            return error
        location = self._locations(1)
        row = _row_at(self._machine)
        if row is None or not {"memory_argument", "memory"}.intersection(row.immediates):
            raise EngineBug(f"IndexError {location}: {error}") from error
        return Trap(TrapCode.MEMORY_OUT_OF_BOUNDS)

    def _threw(self, error: Thrown | GuestException, exception: ExceptionInstance) -> Event:
        if isinstance(error, GuestException):
            return Threw(error)
        where = next(iter(self._locations(1)), None)
        return Threw(GuestException(exception.tag, exception.values, where))

    def _locate(self, error: WasmError) -> WasmError:
        """Say in an error where it happened, if it does not say so yet."""
        if isinstance(error, Trap | ExhaustionError) and not error.backtrace:
            error.backtrace = tuple(self._locations(_BACKTRACE_LENGTH))
            if error.where is None and error.backtrace:
                error.where = error.backtrace[0]
        return error

    def _locations(self, count: int) -> list[CodeLocation]:
        """Where the innermost activations are: in an instruction, or ended before it."""
        activations = self._activations(is_between=self._ended_between)
        return [
            _location(function, pc)
            for (function, pc, _, _), _ in zip(activations, range(count), strict=False)
        ]

    def _activations(
        self, *, is_between: bool | None = None
    ) -> Iterator[tuple[WasmFunction, int, list[Any], int | None]]:
        """Function, pc, slots of each activation, and the first slot that a call has taken.

        Between two instructions the innermost one's pc is that of the next instruction.
        """
        machine = self._machine
        if machine.function is None:
            return
        pending = self._pending[1] if self._pending is not None else None
        if is_between is None:
            ready = self._state is _State.READY and self._error is None
            is_between = ready or self._ended_between
        pc = machine.pc_of(machine.function, machine.position)
        taken = None if pending is None else pending.first
        yield machine.function, pc if is_between else pc - 1, machine.slots, taken
        for function, position, slots, site in reversed(machine.frames):
            yield function, machine.pc_of(function, position) - 1, slots, site.first


def prepare(function: FunctionInstance) -> list[Any] | None:
    """The body of a function for the machine, made now if need be; None for one of the host."""
    if not isinstance(function, WasmFunction):
        return None
    if function.code is None:
        instance = function.instance
        lowered = instance.module.lowered(function.index)
        function.lowered = lowered
        function.template = lowered.template
        function.size = len(lowered.template)
        function.code = lowered.bind(instance.spaces)
    return function.code


def _site_at(function: WasmFunction, pc: int) -> CallSite:
    """The site of the call at a pc."""
    assert function.code is not None, "it has been prepared"
    detail = function.code[pc][2]
    site: CallSite = detail if isinstance(detail, CallSite) else detail[-1]
    return site


def _leave(machine: Machine, site: CallSite) -> CallSite | None:
    """Where the results of a host function go. A tail call ends the activation it is made in."""
    if not site.is_tail:
        return site
    function: WasmFunction = machine.function
    machine.fuel += site.spent
    machine.steps += site.passed
    machine.room += function.size
    if not machine.frames:
        machine.function = None
        return None
    machine.function, machine.position, machine.slots, outer = machine.frames.pop()
    machine.fuel -= outer.spent
    machine.steps -= outer.passed
    return outer


def _exception_of(error: Thrown | GuestException) -> ExceptionInstance:
    """What handlers get to see of it."""
    if isinstance(error, Thrown):
        return error.exception
    values = error.values
    if isinstance(error.tag, Tag):
        values = tuple(from_host_all(error.tag.type.parameters, values, error.tag))
    with counted_in(None):  # it is the host's
        return ExceptionInstance(error.tag, values)


def _row_at(machine: Machine) -> Any:
    """The row of the instruction that the innermost activation is executing."""
    function = machine.function
    if function is None:
        return None
    return _body_of(function).instructions[machine.pc_of(function, machine.position) - 1].row


def _body_of(function: WasmFunction) -> Any:
    valid = function.instance.module.valid
    return valid.module.functions[function.index - valid.imported_functions].body


def _location(function: WasmFunction, pc: int) -> CodeLocation:
    body = _body_of(function)
    position = body.positions[pc] if pc < len(body.positions) else None
    mnemonic = body.instructions[pc].row.mnemonic
    if position is None or not function.instance.module.valid.module.is_text:
        return CodeLocation(function.index, function.name, pc, position, mnemonic)
    line, column = position >> 12, position & 0xFFF
    return CodeLocation(function.index, function.name, pc, None, mnemonic, line, column)


def _frame(function: WasmFunction, pc: int, slots: list[Any], taken: int | None) -> Frame:
    module = function.instance.module
    body = _body_of(function)
    point = module.trace(function.index).at(pc)
    base = function.lowered.operand_base
    operands = slots[base : base + len(point.operands)]
    if taken is not None:
        operands = operands[: taken - base]
    return Frame(
        function.instance,
        function.index,
        function.name,
        pc,
        body.positions[pc] if pc < len(body.positions) else None,
        body.instructions[pc],
        tuple(map(TypedValue, module.valid.local_types(function.index), slots)),
        tuple(map(TypedValue, _known(point.operands), operands)),
        point.labels,
    )


def _known(types: tuple[ValueType | None, ...]) -> Iterator[ValueType]:
    """The types of operands of code that is reached, which are all known."""
    for type in types:
        assert type is not None, "only unreachable code has operands of no type"
        yield type
