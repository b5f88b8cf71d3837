"""The activations of an execution, as people and tools see them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from pywasm_rt.engine.interface import Frame, TypedValue
from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.domain import Domain
from pywasm_rt.engine.native.values import read_value, slots_of
from pywasm_rt.errors import CodeLocation
from pywasm_rt.wasm.types import ValueType

__all__ = ["locations", "read_frames"]


def _instance(domain: Domain, pointer: Any) -> Any:
    return domain.root.instances[int(ffi.cast("uintptr_t", pointer))]


def locations(task: Any, domain: Domain, count: int) -> list[CodeLocation]:
    """Where the innermost activations are, in the middle of an instruction."""
    lib.wr_api_settle(task)
    offset = ffi.new("uint64_t *")
    found = []
    for depth in range(task.depth, max(0, task.depth - count), -1):
        frame = task.frames[depth]
        code = frame.code
        mnemonic = ffi.string(lib.wr_api_locate(code, frame.pc, offset)).decode()
        name = _instance(domain, frame.instance).module.function_name(code.function)
        found.append(CodeLocation(code.function, name, frame.pc, offset[0], mnemonic))
    return found


def read_frames(
    task: Any, domain: Domain, *, taken: int | None, is_answered: bool
) -> Iterator[Frame]:
    """The activations, innermost first.

    ``taken`` is the slot from which on operands belong to a call in progress, None if there is
    none. If ``is_answered``, the innermost activation is behind the call at its pc.
    """
    lib.wr_api_settle(task)
    for depth in range(task.depth, 0, -1):
        frame = task.frames[depth]
        pc = frame.pc
        if depth == task.depth and is_answered:
            pc += 1
        yield _frame(task, domain, frame, pc, taken)
        taken = frame.fp - task.stack


def _frame(task: Any, domain: Domain, frame: Any, pc: int, taken: int | None) -> Frame:
    instance = _instance(domain, frame.instance)
    module, index = instance.module, frame.code.function
    valid = module.valid
    body = valid.module.functions[index - valid.imported_functions].body
    point = module.trace(index).at(pc)
    local_types = valid.local_types(index)
    first_local = frame.fp - task.stack
    first_operand = first_local + frame.code.local_slots
    return Frame(
        instance,
        index,
        module.function_name(index),
        pc,
        body.positions[pc] if pc < len(body.positions) else None,
        body.instructions[pc],
        tuple(_values(task.stack, domain, local_types, first_local, None)),
        tuple(_values(task.stack, domain, point.operands, first_operand, taken)),
        point.labels,
    )


def _values(
    stack: Any,
    domain: Domain,
    types: tuple[ValueType | None, ...],
    first: int,
    end: int | None,
) -> Iterator[TypedValue]:
    """Values that lie one behind the other, as far as they lie before ``end``."""
    known = [type for type in types if type is not None]
    places = accumulate(map(slots_of, known), initial=first)
    for type, place in zip(known, places, strict=False):
        if end is None or place < end:
            yield TypedValue(type, read_value(type, stack, place, domain))
