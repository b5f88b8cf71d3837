"""Whether the activations of a snapshot can be: each at an instruction that can be reached, with
the locals and operands that validation knows there, and called by the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pywasm_rt.engine.snapshot.facts import Facts, Point
from pywasm_rt.engine.snapshot.snapshot import Snapshot
from pywasm_rt.engine.snapshot.state import (
    ExceptionState,
    ExecutionState,
    FrameState,
    FunctionNumber,
    FunctionReference,
    Status,
    Thrown,
)
from pywasm_rt.engine.snapshot.values import ValueChecker
from pywasm_rt.errors import SnapshotError
from pywasm_rt.wasm.types import FunctionType, ValueType
from pywasm_rt.wasm.validate.matching import matches_results

__all__ = ["ExecutionChecker"]

_MOST_COUNTED = 1 << 62


class ExecutionChecker:
    """Checks the execution of a snapshot; ``facts`` are the modules of its instances."""

    def __init__(self, snapshot: Snapshot, facts: Sequence[Facts], values: ValueChecker) -> None:
        self.snapshot = snapshot
        self.facts = facts
        self.values = values
        self._points: dict[tuple[int, int, int], Point | None] = {}

    def check(self, state: ExecutionState) -> None:
        """Raise SnapshotError unless the execution can be."""
        function = self._function_type(state.function)
        if max(state.fuel, state.steps) >= _MOST_COUNTED:
            raise _misfit("so much cannot be counted")
        if state.is_answered and (state.status is not Status.READY or state.frames):
            raise _misfit("it cannot have an answer")
        has_outcome = state.outcome is not None
        if has_outcome is not (state.status in (Status.TRAPPED, Status.THREW)):
            raise _misfit("it has an outcome too few or too many")
        self._frames(state, function)
        self._values(state, function)
        if isinstance(state.outcome, Thrown):
            self._thrown(state.outcome)

    def _function_type(self, function: FunctionNumber) -> FunctionType:
        found = self.values.function_type(function)
        if found is None or found.function is None:
            raise _misfit("there is no such function")
        return found.function

    def _values(self, state: ExecutionState, function: FunctionType) -> None:
        types: Sequence[ValueType] = ()
        if state.status is Status.FRESH:
            types = function.parameters
        elif state.status is Status.RETURNED or state.is_answered:
            types = function.results
        elif state.status is Status.WAITING and state.callee is not None:
            types = self._function_type(state.callee).parameters
        self.values.check_all(state.values, types, "value")
        if state.callee is not None and state.status is not Status.WAITING:
            raise _misfit("no function of the host is called")

    def _thrown(self, thrown: Thrown) -> None:
        if thrown.tag < 0:
            return
        if thrown.tag >= len(self.snapshot.tags):
            raise _misfit(f"there is no tag {thrown.tag}")
        type = self.values.types[self.snapshot.tags[thrown.tag]].function
        assert type is not None, "tags have been checked"
        self.values.check_all(thrown.values, type.parameters, "value of the exception")

    # Activations

    def _frames(self, state: ExecutionState, function: FunctionType) -> None:
        frames = state.frames
        if not frames:
            self._without_frames(state, function)
            return
        if state.status in (Status.FRESH, Status.RETURNED):
            raise _misfit("it has activations too many")
        expected = function.results
        for number, frame in enumerate(frames):
            point = self._point(frame, number)
            results = self._function_type(FunctionReference(frame.instance, frame.function)).results
            if not matches_results(results, expected):
                raise _misfit(f"activation {number} gives other results")
            is_innermost = number == len(frames) - 1
            taken = 0
            if not is_innermost or (state.status is Status.WAITING and state.callee is not None):
                if point.call is None:
                    raise _misfit(f"activation {number} calls nobody")
                taken, expected = point.taken, point.call.results
            self._frame(frame, point, taken, f"activation {number}")
            if is_innermost and state.status is Status.WAITING:
                self._waiting(state, frame, point, expected)

    def _without_frames(self, state: ExecutionState, function: FunctionType) -> None:
        if state.status is Status.READY and not state.is_answered:
            raise _misfit("it has no activation")
        if state.status is Status.WAITING:
            if state.callee is None:
                raise _misfit("nobody waits")
            if not matches_results(self._function_type(state.callee).results, function.results):
                raise _misfit("the function of the host gives other results")

    def _waiting(
        self, state: ExecutionState, frame: FrameState, point: Point, expected: Sequence[ValueType]
    ) -> None:
        if state.callee is not None:
            found = self._function_type(state.callee).results
            if not matches_results(found, tuple(expected)):
                raise _misfit("the function of the host gives other results")
            return
        if point.wait is None:
            raise _misfit("nobody waits")
        memory_number = self.snapshot.instances[frame.instance].memories[point.wait.memory]
        type = self.snapshot.memories[memory_number].type
        address = frame.operands[-3]
        assert isinstance(address, int), "operands have been checked"
        address += point.wait.offset
        size = type.limits.minimum << type.page_size_log2
        is_there = not address % point.wait.width and address + point.wait.width <= size
        if not type.shared or not is_there:
            raise _misfit(f"nobody can wait at {address}")

    def _point(self, frame: FrameState, number: int) -> Point:
        function = FunctionReference(frame.instance, frame.function)
        if self.values.function_type(function) is None:
            raise _misfit(f"activation {number} has no function")
        key = (frame.instance, frame.function, frame.pc)
        if key not in self._points:
            self._points[key] = self.facts[frame.instance].point(frame.function, frame.pc)
        point = self._points[key]
        if point is None or not point.is_reachable:
            raise _misfit(f"activation {number} cannot be at instruction {frame.pc}")
        return point

    def _frame(self, frame: FrameState, point: Point, taken: int, what: str) -> None:
        values = self.values
        types = self.facts[frame.instance].local_types(frame.function)
        if len(types) != len(frame.locals):
            raise _misfit(f"{what} has {len(frame.locals)} locals")
        for index, (value, type) in enumerate(zip(frame.locals, types, strict=True)):
            place = f"local {index} of {what}"
            values.check(value, type, place, may_be_unset=index in point.unset)
        operands = point.operands[: len(point.operands) - taken]
        values.check_all(frame.operands, operands, f"{what}, operand")
        if len(frame.exceptions) != len(point.handlers):
            raise _misfit(f"{what} deals with {len(point.handlers)} exceptions")
        for reference in frame.exceptions:
            objects = self.snapshot.objects
            is_there = reference.number < len(objects)
            if not is_there or not isinstance(objects[reference.number], ExceptionState):
                raise _misfit(f"{what} deals with no exception")


def _misfit(what: str) -> SnapshotError:
    return SnapshotError(f"the execution in the snapshot cannot be: {what}")
