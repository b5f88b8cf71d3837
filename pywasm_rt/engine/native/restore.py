"""Snapshots become instances and executions of this engine again."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from pywasm_rt.engine.interface import Event, Limits, Restored, Threw, Trapped
from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.execution import Execution
from pywasm_rt.engine.native.failures import call_exhausted
from pywasm_rt.engine.native.filling import Filler, put_memory
from pywasm_rt.engine.native.instance import Instance
from pywasm_rt.engine.native.loaded_module import LoadedModule
from pywasm_rt.engine.native.memory import no_room as no_memory
from pywasm_rt.engine.native.reference import function_of, wrap_host_function
from pywasm_rt.engine.native.snapshot import held
from pywasm_rt.engine.native.store import Store
from pywasm_rt.engine.native.table import no_room as no_table
from pywasm_rt.engine.native.types import fill_limits, type_code, type_number
from pywasm_rt.engine.native.values import read_values, slots_of
from pywasm_rt.engine.native.variable import tag_of
from pywasm_rt.engine.snapshot.check import resolved_global, resolved_table
from pywasm_rt.engine.snapshot.outcome import error_of
from pywasm_rt.engine.snapshot.preparing import Prepared
from pywasm_rt.engine.snapshot.state import (
    ExecutionState,
    Failure,
    FrameState,
    FunctionNumber,
    GlobalState,
    HostFunctionReference,
    InstanceState,
    MemoryState,
    Status,
    TableState,
    Thrown,
)
from pywasm_rt.errors import ExhaustionError, GuestException
from pywasm_rt.wasm.types import ExternKind, FunctionType, ValueType

__all__ = ["Restorer"]

# Address, expected value, timeout of memory.atomic.wait: a slot each.
_WAIT_OPERANDS = 3


class Restorer:
    """Makes everything in a snapshot that has been checked."""

    def __init__(self, prepared: Prepared[LoadedModule], limits: Limits | None) -> None:
        self.prepared = prepared
        self.snapshot = prepared.snapshot
        self.store = Store(limits)
        self.instances: list[Instance] = []
        domain = self.store.domain
        hosts = [
            wrap_host_function(domain, function, type_number(type))
            for type, function in prepared.host_functions
        ]
        self.filler = Filler(prepared.snapshot, prepared.types, hosts, prepared.externals, domain)

    def restore(self) -> Restored:
        """All of it. Raises ExhaustionError for limits."""
        try:
            return self._restore()
        finally:
            self.filler.let_go()

    def _restore(self) -> Restored:
        snapshot, filler = self.snapshot, self.filler
        self.store.fuel_spent = snapshot.store_fuel
        for state, module in zip(snapshot.instances, self.prepared.modules, strict=True):
            self._instance(state, module)
        filler.memories += map(self._memory, snapshot.memories)
        filler.tables += map(self._table, snapshot.tables)
        filler.globals += map(self._global, snapshot.globals)
        filler.tags += map(self._tag, snapshot.tags)
        with held(self.store.domain) as domain:
            for state, pointer in zip(snapshot.instances, filler.instances, strict=True):
                self._link(state, pointer)
            filler.make_objects(domain)
            filler.fill()
        execution = snapshot.execution
        restored, event = (None, None) if execution is None else self._execution(execution)
        imported = MappingProxyType(self._imported())
        return Restored(self.store, tuple(self.instances), restored, event, imported)

    # Entities

    def _instance(self, state: InstanceState, module: LoadedModule) -> None:
        is_limit = ffi.new("bool *")
        pointer = lib.wr_snapshot_instance(module.program, self.store.pointer, is_limit)
        if not pointer and is_limit[0]:
            limit = self.store.limits.instances
            raise ExhaustionError("instances", f"no more than {limit} instances", limit)
        if not pointer:
            raise ExhaustionError("memory", "no room for an instance")
        self.filler.instances.append(pointer)
        self.instances.append(Instance.of_pointer(module, self.store, state.name, pointer))

    def _memory(self, state: MemoryState) -> Any:
        type, store = state.type, self.store
        limits = ffi.new("wr_limits *")
        fill_limits(limits, type.limits, shared=type.shared, page_log2=type.page_size_log2)
        pointer = lib.wr_api_memory(store.domain.pointer, store.pointer, limits)
        limit = store.limits.memory_bytes
        if not pointer:
            raise no_memory(type.limits.minimum << type.page_size_log2, limit)
        put_memory(pointer, state, limit)
        return pointer

    def _table(self, state: TableState) -> Any:
        type = resolved_table(state.type, self.prepared.types)
        described = ffi.new("wr_table_type *")
        described.element = type_code(type.element)
        fill_limits(described.limits, type.limits, shared=type.shared)
        pointer = lib.wr_snapshot_new_table(self.store.pointer, described)
        if not pointer:
            raise no_table(type.limits.minimum, self.store.limits.table_elements)
        return pointer

    def _global(self, state: GlobalState) -> Any:
        type = resolved_global(state.type, self.prepared.types)
        zeros = ffi.new("wr_slot[2]")
        domain = self.store.domain.pointer
        pointer = lib.wr_api_global(domain, type_code(type.value), type.mutable, zeros)
        if not pointer:
            raise ExhaustionError("memory", "no room for a global")
        return pointer

    def _tag(self, number: int) -> Any:
        type = type_number(self.prepared.types[number])
        pointer = lib.wr_api_tag(self.store.domain.pointer, type)
        if not pointer:
            raise ExhaustionError("memory", "no room for a tag")
        return pointer

    def _link(self, state: InstanceState, pointer: Any) -> None:
        """Fill in the index spaces."""
        filler = self.filler
        for index, function in enumerate(state.functions):
            pointer.functions[index] = ffi.cast("wr_callee *", filler.word(function))
        for space, numbers, things in (
            (pointer.tables, state.tables, filler.tables),
            (pointer.memories, state.memories, filler.memories),
            (pointer.globals, state.globals, filler.globals),
            (pointer.tags, state.tags, filler.tags),
        ):
            for index, number in enumerate(numbers):
                space[index] = things[number]
        lib.wr_snapshot_linked(pointer)

    def _imported(self) -> dict[tuple[str, str], Any]:
        found: dict[tuple[str, str], Any] = {}
        for instance in self.instances:
            counts = dict.fromkeys(ExternKind, 0)
            for item in instance.module.imports:
                if item.kind is not ExternKind.FUNCTION:
                    entity = instance.entity(item.kind, counts[item.kind])
                    found.setdefault((item.module, item.name), entity)
                counts[item.kind] += 1
        return found

    # Executions

    def _execution(self, state: ExecutionState) -> tuple[Execution, Event | None]:
        """An execution that stands where a snapshot says. Nobody else can use the domain yet, so
        that nothing that only its frames refer to can be collected before they are made.
        """
        store, filler = self.store, self.filler
        task = store.task()
        first = 0
        for frame in state.frames:
            first = self._push(task, frame, first)
        place = task.frames[task.depth].fp - task.stack + first if state.frames else 0
        types, callee, status = self._stand(state)
        is_waiting = status == lib.WR_WAIT
        if is_waiting:
            place -= _WAIT_OPERANDS
        slots = sum(map(slots_of, types))
        if not lib.wr_api_task_reserve(task, place + slots):
            raise ExhaustionError("memory", "no room for arguments")
        filler.put(types, state.values, task.stack + place)
        if not state.frames:
            task.live_slots = slots
        lib.wr_snapshot_place(task, status, state.fuel, state.steps, callee, place)
        if is_waiting:
            self._wait(task, state.frames[-1], place)
        function = function_of(store.domain, ffi.cast("wr_callee *", filler.word(state.function)))
        values = None
        if state.is_answered or state.status is Status.RETURNED:
            values = tuple(read_values(types, task.stack, place, store.domain))
        execution = Execution(self.instances[0], function, (), store=store, begun=task)
        return execution, execution.place(state.status, values, self._outcome(state.outcome))

    def _stand(self, state: ExecutionState) -> tuple[Sequence[ValueType], Any, int]:
        """The types of its values, the function that is called, and the status of its task."""
        snapshot, prepared = self.snapshot, self.prepared
        function = self._function_type(state.function)
        if state.status is Status.WAITING and state.callee is not None:
            type, _ = prepared.host_functions[state.callee.number]
            assert type.function is not None, "functions have function types"
            callee = self.filler.host_functions[state.callee.number]
            return type.function.parameters, callee, lib.WR_HOST_CALL
        assert snapshot.execution is state, "it is the snapshot's"
        if state.status is Status.WAITING:
            return (), ffi.NULL, lib.WR_WAIT
        if state.status is Status.FRESH:
            return function.parameters, ffi.NULL, lib.WR_STEPS
        has_results = state.is_answered or state.status is Status.RETURNED
        return function.results if has_results else (), ffi.NULL, lib.WR_STEPS

    def _function_type(self, function: FunctionNumber) -> FunctionType:
        if isinstance(function, HostFunctionReference):
            type, _ = self.prepared.host_functions[function.number]
        else:
            type = self.instances[function.instance].module.facts.functions[function.index]
        assert type.function is not None, "functions have function types"
        return type.function

    def _push(self, task: Any, state: FrameState, first: int) -> int:
        """Make an activation ``first`` slots behind its caller's first; how many of its own slots
        the callee leaves alone.
        """
        filler = self.filler
        instance = self.instances[state.instance]
        facts = instance.module.facts
        outcome = lib.wr_snapshot_push(task, instance.pointer, state.function, state.pc, first)
        if outcome == lib.WR_EXHAUSTED:
            raise call_exhausted(task, self.store.limits)
        place = facts.place(state.function, state.pc)
        if outcome != lib.WR_RUNNING or place is None:
            raise ExhaustionError("memory", "no room for an activation")
        frame = task.frames[task.depth]
        locals_end = frame.code.local_slots
        filler.put(facts.local_types(state.function), state.locals, frame.fp)
        for tries, exception in zip(place.tries, state.exceptions, strict=True):
            frame.fp[locals_end - 1 - tries] = filler.word(exception)
        types = place.point.operands[: len(state.operands)]
        return int(locals_end + filler.put(types, state.operands, frame.fp + locals_end))

    def _wait(self, task: Any, state: FrameState, place: int) -> None:
        """Say what an instruction that waits is waiting for."""
        instance = self.instances[state.instance]
        point = instance.module.facts.point(state.function, state.pc)
        assert point is not None, "the snapshot has been checked"
        assert point.wait is not None, "the snapshot has been checked"
        wait, waiting, slots = point.wait, task.waiting, task.stack + place
        waiting.memory = instance.pointer.memories[wait.memory]
        waiting.address = slots[0] + wait.offset
        waiting.expected = slots[1]
        waiting.timeout_ns = int(ffi.cast("int64_t", slots[2]))
        waiting.width = wait.width

    def _outcome(self, outcome: Failure | Thrown | None) -> Event | None:
        if isinstance(outcome, Failure):
            return Trapped(error_of(outcome))
        if outcome is None:
            return None
        if outcome.tag < 0:
            return Threw(GuestException(None, ()))
        tag = tag_of(self.store.domain, self.filler.tags[outcome.tag])
        types = tag.type.parameters
        slots = ffi.new("wr_slot[]", 2 * len(types) + 1)
        self.filler.put(types, outcome.values, slots)
        values = read_values(types, slots, 0, self.store.domain)
        return Threw(GuestException(tag, values))
