"""The search for a handler of an exception, through the frames of a machine.

A handler belongs to a region of a function body (``try_table``, or the legacy ``try``). Nothing is
thrown away before a handler has been found, so that a machine whose exception nobody handles can
still be looked at.
"""

from __future__ import annotations

from typing import NamedTuple

from pywasm_rt.engine.reference.function import WasmFunction
from pywasm_rt.engine.reference.heap import ExceptionInstance
from pywasm_rt.engine.reference.machine import Machine
from pywasm_rt.wasm.instructions import Catch
from pywasm_rt.wasm.validate import Branch, TryRegion

__all__ = ["handle"]


class _Handler(NamedTuple):
    region: TryRegion
    catch: Catch
    branch: Branch


def handle(machine: Machine, exception: ExceptionInstance) -> bool:
    """Go on at the innermost handler that fits; False, and nothing is changed, if there is none.

    Every activation is at the instruction before its position: a call, or the throw itself.
    """
    function, position = machine.function, machine.position
    depth = len(machine.frames)
    while function is not None:
        handler = _find_handler(function, machine.pc_of(function, position) - 1, exception)
        if handler is not None:
            _unwind(machine, depth)
            _enter_handler(machine, handler, exception)
            return True
        depth -= 1
        if depth < 0:
            break
        function, position, _, _ = machine.frames[depth]
    return False


def _find_handler(function: WasmFunction, pc: int, exception: ExceptionInstance) -> _Handler | None:
    control = function.lowered.control
    index = control.region_at(pc)
    tags = function.instance.spaces["tag"]
    while index >= 0:
        region = control.regions[index]
        for catch, branch in region.handlers:
            if catch.tag_index is None or tags[catch.tag_index] is exception.tag:
                return _Handler(region, catch, branch)
        index = region.outer
    return None


def _unwind(machine: Machine, depth: int) -> None:
    """Drop activations until ``depth`` frames are left below the innermost one."""
    function: WasmFunction = machine.function
    pc = machine.pc_of(function, machine.position)
    machine.fuel += function.lowered.spent_before[pc]
    machine.steps += pc
    while len(machine.frames) > depth:
        machine.room += machine.function.size
        machine.function, machine.position, machine.slots, _ = machine.frames.pop()


def _enter_handler(machine: Machine, handler: _Handler, exception: ExceptionInstance) -> None:
    """Leave the exception's values where the handler expects them, and go there."""
    lowered = machine.function.lowered
    region, catch, branch = handler
    values: list[object] = []
    if catch.tag_index is not None:
        values += exception.values
    if catch.kind.endswith("_ref"):
        values.append(exception)
    first = lowered.operand_base + branch.height
    machine.slots[first : first + len(values)] = values
    if region.is_legacy:
        machine.slots[lowered.exception_slots[region.begin_pc]] = exception
    machine.position.__setstate__(branch.target_pc)
    machine.fuel -= lowered.spent_before[branch.target_pc]
    machine.steps -= branch.target_pc
