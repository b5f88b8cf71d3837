"""The types that validation saw, again and on demand: for debuggers and for teaching."""

from __future__ import annotations

from dataclasses import dataclass

from pywasm_rt.wasm.types import ValueType
from pywasm_rt.wasm.validate.control import Label
from pywasm_rt.wasm.validate.valid_module import ValidModule

__all__ = ["FunctionTrace", "TracePoint", "trace"]


@dataclass(frozen=True, slots=True)
class TracePoint:
    """What is known before an instruction runs.

    ``operands`` are the types on this frame's operand stack, bottom first. ``labels`` are the
    blocks entered, outermost first: the function's own label (``kind`` "function") is the first.
    In code that cannot be reached operands may be missing at the bottom, and a type may be None.
    """

    operands: tuple[ValueType | None, ...]
    labels: tuple[Label, ...]


class FunctionTrace:
    """The types at every instruction of a function body: ``trace.at(pc)``, ``len(trace)``,
    iteration. Costs a replay of the body up to the pc, less when asked in order or again.
    """

    def __init__(self, valid_module: ValidModule, function_index: int) -> None:
        self.valid_module = valid_module
        self.function_index = function_index

    def at(self, pc: int) -> TracePoint:
        """What is known before instruction ``pc``. Raises IndexError if there is none."""
        raise NotImplementedError


def trace(valid_module: ValidModule, function_index: int) -> FunctionTrace:
    """The types at every instruction of a defined function, given by its index.

    Raises IndexError if the function is imported or does not exist.
    """
    return FunctionTrace(valid_module, function_index)
