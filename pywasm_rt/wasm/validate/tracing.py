"""The types that validation saw, again and on demand: for debuggers and for teaching.

A trace replays the validator's own work, one instruction at a time, and looks at its stacks in
between.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from pywasm_rt.wasm.types import ValueType
from pywasm_rt.wasm.validate.body import BodyChecker, ControlFrame
from pywasm_rt.wasm.validate.control import Label
from pywasm_rt.wasm.validate.functions import body_checker
from pywasm_rt.wasm.validate.matching import is_defaultable
from pywasm_rt.wasm.validate.valid_module import ValidModule

__all__ = ["FunctionTrace", "TracePoint", "trace"]

_OPENERS = frozenset(("block", "loop", "if", "try_table", "try"))
_CLOSERS = frozenset(("end", "delegate"))
_HANDLERS = frozenset(("catch", "catch_all"))


@dataclass(frozen=True, slots=True)
class TracePoint:
    """What is known before an instruction runs.

    ``operands`` are the types on this frame's operand stack, bottom first. ``labels`` are the
    blocks entered, outermost first: the function's own label (``kind`` "function") is the first.
    In code that cannot be reached (not ``is_reachable``) operands may be missing, and a type of
    which nothing is known is None. ``unset`` are the locals that have no value yet, as their type
    has no default; ``handlers`` the pcs of the legacy ``try`` whose handlers this code is part of,
    outermost first.
    """

    operands: tuple[ValueType | None, ...]
    labels: tuple[Label, ...]
    unset: frozenset[int] = frozenset()
    handlers: tuple[int, ...] = ()
    is_reachable: bool = True


class FunctionTrace:
    """The types at every instruction of a function body: ``trace.at(pc)``, ``len(trace)`` and
    iteration in the order of the instructions.

    ``at`` costs a replay from the last pc asked for, or from the beginning for an earlier one, and
    nothing for one that was asked for before. Any thread may ask.
    """

    def __init__(self, valid_module: ValidModule, function_index: int) -> None:
        first = valid_module.imported_functions
        if not first <= function_index < len(valid_module.functions):
            raise IndexError(f"function {function_index} has no body in this module")
        self.valid_module = valid_module
        self.function_index = function_index
        self._function = valid_module.module.functions[function_index - first]
        self._targets = self._label_targets()
        self._known: dict[int, TracePoint] = {}
        self._lock = threading.Lock()
        self._checker = self._new_checker()
        self._pc = 0

    def __len__(self) -> int:
        return len(self._function.body.instructions)

    def at(self, pc: int) -> TracePoint:
        """What is known before instruction ``pc``. Raises IndexError if there is none."""
        if not 0 <= pc < len(self):
            raise IndexError(f"instruction {pc} of {len(self)}")
        with self._lock:
            point = self._known.get(pc)
            if point is None:
                if pc < self._pc:
                    self._checker, self._pc = self._new_checker(), 0
                self._checker.run(self._pc, pc)
                self._pc = pc
                point = self._known[pc] = self._look(pc, self._checker)
            return point

    def __iter__(self) -> Iterator[TracePoint]:
        checker = self._new_checker()
        for pc in range(len(self)):
            yield self._look(pc, checker)
            checker.run(pc, pc + 1)

    def _new_checker(self) -> BodyChecker:
        return body_checker(self.valid_module.planner, self.function_index, self._function)

    def _look(self, pc: int, checker: BodyChecker) -> TracePoint:
        operands, is_reachable = tuple(checker.stack), not checker.frame.unreachable
        if pc == len(self) - 1:
            # Whatever the code before it is, branches to the function's label come here.
            operands, is_reachable = tuple(checker.results), True
        return TracePoint(
            operands,
            tuple(map(self._label, checker.frames)),
            _unset(checker),
            tuple(frame.pc for frame in checker.frames if frame.kind in _HANDLERS),
            is_reachable,
        )

    def _label(self, frame: ControlFrame) -> Label:
        return Label(frame.kind, self._targets[frame.pc], len(frame.label_types), frame.height)

    def _label_targets(self) -> dict[int, int]:
        """Where branches to each block go, by the pc of its first instruction; the function's own
        label is that of a block that begins at -1.
        """
        instructions = self._function.body.instructions
        targets: dict[int, int] = {-1: len(instructions) - 1}
        opened: list[int] = []
        for pc, (row, _) in enumerate(instructions):
            if row.identifier in _OPENERS:
                opened.append(pc)
            elif row.identifier in _CLOSERS and opened:
                begin = opened.pop()
                is_loop = instructions[begin].row.identifier == "loop"
                targets[begin] = begin if is_loop else pc + 1
        return targets


def _unset(checker: BodyChecker) -> frozenset[int]:
    types = checker.local_types
    return frozenset(
        index
        for index in range(checker.first_unset, len(types))
        if index not in checker.assigned and not is_defaultable(types[index])
    )


def trace(valid_module: ValidModule, function_index: int) -> FunctionTrace:
    """The types at every instruction of a defined function, given by its index; the same object
    each time.

    Raises IndexError if the function is imported or does not exist.
    """
    known = valid_module.traces.get(function_index)
    if known is None:
        known = valid_module.traces[function_index] = FunctionTrace(valid_module, function_index)
    return known
