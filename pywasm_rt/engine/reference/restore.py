"""Snapshots become instances and executions of this engine again."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from pywasm_rt.engine.interface import Event, Limits, Restored, Threw, Trapped
from pywasm_rt.engine.reference.execution import Execution, prepare
from pywasm_rt.engine.reference.filling import Filler
from pywasm_rt.engine.reference.function import HostFunctionInstance
from pywasm_rt.engine.reference.heap import Tag
from pywasm_rt.engine.reference.instance import Instance
from pywasm_rt.engine.reference.loaded_module import LoadedModule
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.engine.reference.store import Store
from pywasm_rt.engine.reference.table import Table
from pywasm_rt.engine.reference.variable import Global
from pywasm_rt.engine.snapshot.check import resolved_global, resolved_table
from pywasm_rt.engine.snapshot.outcome import error_of
from pywasm_rt.engine.snapshot.preparing import Prepared
from pywasm_rt.engine.snapshot.state import (
    ExecutionState,
    Failure,
    FrameState,
    InstanceState,
    MemoryState,
    Status,
    Thrown,
)
from pywasm_rt.errors import GuestException
from pywasm_rt.wasm.types import (
    I32,
    I64,
    ExternKind,
    PackedType,
    StorageType,
)

__all__ = ["Restorer"]

_CODES: dict[StorageType, str] = {PackedType.I8: "B", PackedType.I16: "H", I32: "I", I64: "Q"}


class Restorer(Filler):
    """Makes everything in a snapshot that has been checked."""

    def __init__(self, prepared: Prepared[LoadedModule], limits: Limits | None) -> None:
        snapshot, types = prepared.snapshot, prepared.types
        host_functions = [
            HostFunctionInstance(type, function) for type, function in prepared.host_functions
        ]
        tags = [Tag(types[number]) for number in snapshot.tags]
        self.store = Store(limits)
        externals, heap = prepared.externals, self.store.heap
        super().__init__(snapshot, types, host_functions, externals, tags, heap)
        self.prepared = prepared

    def restore(self) -> Restored:
        """All of it. Raises ExhaustionError for limits."""
        snapshot = self.snapshot
        self.store.spend_fuel(snapshot.store_fuel)
        for state, module in zip(snapshot.instances, self.prepared.modules, strict=True):
            self.store.take_instance()
            self.instances.append(Instance.bare(module, self.store, state.name))
        self.memories = [self._memory(state) for state in snapshot.memories]
        for table in snapshot.tables:
            type = resolved_table(table.type, self.types)
            self.tables.append(Table(type, None, self.store))
        for variable in snapshot.globals:
            self.globals.append(Global(resolved_global(variable.type, self.types), None))
        for state, instance in zip(snapshot.instances, self.instances, strict=True):
            self._link(state, instance)
        self.fill()
        for instance in self.instances:
            instance.find_exports()
        execution = snapshot.execution
        restored, event = (None, None) if execution is None else self._execution(execution)
        imported = MappingProxyType(self._imported())
        return Restored(self.store, tuple(self.instances), restored, event, imported)

    # Entities

    def _memory(self, state: MemoryState) -> Memory:
        memory = Memory(state.type, self.store)
        for address, data in state.runs:
            memory.write(address, data)
        return memory

    def _link(self, state: InstanceState, instance: Instance) -> None:
        """Fill in the index spaces."""
        spaces = instance.spaces
        imported = [self.reference(function) for function in state.functions]
        spaces["function"][: len(imported)] = imported
        spaces["table"] += [self.tables[number] for number in state.tables]
        spaces["memory"] += [self.memories[number] for number in state.memories]
        spaces["global"] += [self.globals[number] for number in state.globals]
        spaces["tag"] += [self.tags[number] for number in state.tags]

    def _imported(self) -> dict[tuple[str, str], Any]:
        found: dict[tuple[str, str], Any] = {}
        for instance in self.instances:
            module = instance.module.valid.module
            for kind, space in (
                (ExternKind.TABLE, "table"),
                (ExternKind.MEMORY, "memory"),
                (ExternKind.GLOBAL, "global"),
                (ExternKind.TAG, "tag"),
            ):
                items = [item for item in module.imports if item.kind is kind]
                for item, entity in zip(items, instance.spaces[space], strict=False):
                    found.setdefault((item.module, item.name), entity)
        return found

    # Executions

    def _execution(self, state: ExecutionState) -> tuple[Execution, Event | None]:
        function = self.reference(state.function)
        frames = [self._frame(frame) for frame in state.frames]
        types: Sequence[Any] = ()
        if state.status is Status.FRESH:
            types = function.type.parameters
        elif state.is_answered or state.status is Status.RETURNED:
            types = function.type.results
        callee = None
        if state.callee is not None:
            callee = self.host_functions[state.callee.number]
            types = callee.type.parameters
        values = self.values(types, state.values)
        execution = Execution(self.instances[0], function, values)
        event = execution.place(
            state.status,
            (state.fuel, state.steps),
            frames,
            tuple(values),
            callee,
            self._outcome(state.outcome),
        )
        return execution, event

    def _outcome(self, outcome: Failure | Thrown | None) -> Event | None:
        if isinstance(outcome, Failure):
            return Trapped(error_of(outcome))
        if outcome is None:
            return None
        if outcome.tag < 0:
            return Threw(GuestException(None, ()))
        tag = self.tags[outcome.tag]
        return Threw(GuestException(tag, self.values(tag.type.parameters, outcome.values)))

    def _frame(self, state: FrameState) -> tuple[Any, int, list[Any]]:
        """Function, pc and slots of an activation."""
        instance = self.instances[state.instance]
        function = instance.spaces["function"][state.function]
        prepare(function)
        slots = function.template.copy()
        facts, lowered = instance.module.facts, function.lowered
        point = facts.point(state.function, state.pc)
        assert point is not None, "frames have been checked"
        types = facts.local_types(state.function)
        slots[: len(types)] = self.values(types, state.locals)
        first = lowered.operand_base
        operands = self.values(point.operands[: len(state.operands)], state.operands)
        slots[first : first + len(operands)] = operands
        for begin_pc, reference in zip(point.handlers, state.exceptions, strict=True):
            slots[lowered.exception_slots[begin_pc]] = self.reference(reference)
        return function, state.pc, slots
