"""Async functions that never wait (canonical ABI, "canon lift", "canon lower", "task.return").

An async function gives its result through ``task.return`` while it runs, and goes on until it
returns; whoever calls one asynchronously is told that it has returned already. That is all there
is as long as a guest asks for nothing that could make it wait: streams, futures, callbacks and
waitable sets are refused by name. What the host does for it may take time all the same, and then
the whole call waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import GeneratorType
from typing import Any

from pywasm_rt.component.canonical.lifting import CoreValue, Lifting
from pywasm_rt.component.canonical.signature import core_type_of_lowered
from pywasm_rt.component.drive import CoreFunction, Steps, answer, complete
from pywasm_rt.component.frame import Frame, HostItem
from pywasm_rt.component.functions import LiftedFunction, lowered_implementation, place_blocks
from pywasm_rt.component.plan import LowerFunction, TaskReturn
from pywasm_rt.component.resources import CallScope
from pywasm_rt.component.syntax import Sort
from pywasm_rt.component.types import ValueType
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.operations import Operation

__all__ = ["AsyncLiftedFunction", "Task", "async_lowered_function", "task_return"]

_RETURNED = 2


@dataclass(eq=False, slots=True)
class Task:
    """A call of an async function: what it is to give, and what it gave."""

    result: ValueType | None
    scope: CallScope
    is_resolved: bool = False
    value: object = None

    def resolve(self, value: object) -> None:
        """Take the result. Traps if there was one already, or a borrowed handle remains."""
        if self.is_resolved:
            raise Trap(TrapCode.CANONICAL_ABI, "`task.return` called more than once in one task")
        self.scope.check_borrows_dropped()
        self.is_resolved, self.value = True, value


class AsyncLiftedFunction(LiftedFunction):
    """A component function made by ``canon lift`` with the option ``async``, without a callback."""

    __slots__ = ()

    def call(
        self, arguments: Sequence[object], perform: Callable[[Operation], object] | None
    ) -> Any:
        """A plain call of the host's."""
        return complete(self.start(arguments, Meter(is_plain=True)), perform)

    def _call(self, arguments: Sequence[object], *, fused: bool) -> Steps:
        frame, scope = self.frame, CallScope()
        lowering, core = self._lower_parameters(scope, arguments)
        task = frame.task = Task(self.signature.type.result, scope)
        try:
            if lowering.blocks:
                yield from place_blocks(frame, lowering, self.memory, self.realloc, fused=fused)
            yield from frame.tree.execute(self.core, core)
            if not task.is_resolved:
                sentence = "an async function has ended without giving its result"
                raise Trap(TrapCode.CANONICAL_ABI, sentence)
        except BaseException as error:
            frame.tree.kill(error)
            raise
        finally:
            frame.task = None
            scope.end_lending()
        return task.value


def task_return(frame: Frame, step: TaskReturn) -> CoreFunction:
    """The core function of ``task.return``."""
    memory = (
        None if step.options.memory is None else frame.spaces[Sort.CORE_MEMORY][step.options.memory]
    )
    lift_parameters = step.signature.lift_parameters
    parts = [part for _, part in step.signature.type.parameters]
    result = parts[0] if parts else None

    def give(*core: CoreValue) -> None:
        frame.check_may_leave()
        task = frame.task
        if task is None or task.result != result:
            raise Trap(
                TrapCode.CANONICAL_ABI, "invalid `task.return` signature for the current task"
            )
        lifting = Lifting(memory, frame.handles, frame.resources, task.scope)
        values = lift_parameters(lifting, core)
        task.resolve(values[0] if values else None)

    return CoreFunction(HostFunction(step.type, give, "task.return"), None)


def async_lowered_function(frame: Frame, step: LowerFunction) -> CoreFunction:
    """The core function that ``canon lower`` with the option ``async`` makes.

    It answers that the call has returned, for it goes on until it has.
    """
    callee: LiftedFunction | HostItem = frame.spaces[Sort.FUNCTION][step.function]
    implementation = lowered_implementation(frame, callee, step.signature, step.options)

    def call(*core: CoreValue) -> object:
        outcome = implementation(*core)
        if isinstance(outcome, GeneratorType | Operation):
            return _finish(outcome)
        return _RETURNED

    signature = step.signature
    type = core_type_of_lowered(signature.type, is_async=True, address=signature.address)
    return CoreFunction(HostFunction(type, call), None)


def _finish(outcome: object) -> Steps:
    yield from answer(outcome)
    return _RETURNED
