"""Snapshots of this engine's instances and executions.

Things are C pointers here; they are read as they are, while the domain's lock is held, so that
nobody runs guests or collects garbage meanwhile.
"""

from __future__ import annotations

import gc
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from pywasm_rt.engine.float_bits import f32_to_bits, f64_to_bits
from pywasm_rt.engine.interface import Event, HostCall, HostFunction, Returned, Threw, Trapped
from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.domain import Domain
from pywasm_rt.engine.native.facts import ModuleFacts
from pywasm_rt.engine.native.reference import I31, Function, HeapReference, top_of_code
from pywasm_rt.engine.native.types import defined_type, memory_type, table_type, value_type
from pywasm_rt.engine.native.values import slots_of
from pywasm_rt.engine.native.variable import Tag
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.engine.snapshot.capture import (
    ArrayThing,
    ExceptionThing,
    ExternalThing,
    FunctionThing,
    HeapThing,
    HostFunctionThing,
    Shown,
    StructureThing,
    Walk,
)
from pywasm_rt.engine.snapshot.memory_pages import used_runs
from pywasm_rt.engine.snapshot.outcome import failure_of
from pywasm_rt.engine.snapshot.state import (
    ExecutionState,
    Failure,
    FrameState,
    HostFunctionReference,
    I31Reference,
    ObjectReference,
    Status,
    Thrown,
)
from pywasm_rt.engine.snapshot.values import WIDTHS
from pywasm_rt.wasm.types import (
    F32,
    F64,
    I32,
    I64,
    V128,
    AbstractHeapType,
    ArrayType,
    ExternKind,
    GlobalType,
    MemoryType,
    ReferenceType,
    StorageType,
    StructType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate import DefinedType, define_function

if TYPE_CHECKING:
    from pywasm_rt.engine.native.instance import Instance

__all__ = ["EntitySource", "Standing", "held", "snapshot_execution", "snapshot_instance"]

_SPACES = {
    ExternKind.TABLE: ("tables", "table_count"),
    ExternKind.MEMORY: ("memories", "memory_count"),
    ExternKind.GLOBAL: ("globals", "global_count"),
    ExternKind.TAG: ("tags", "tag_count"),
}
_BITS: dict[StorageType, int] = {I32: 32, I64: 64, V128: 128}


class Standing(NamedTuple):
    """Where an execution stands; see :class:`ExecutionState`. If ``is_behind``, the innermost
    activation is behind the call at its pc.
    """

    status: Status
    function: Function
    task: Any
    is_behind: bool
    answer: Sequence[object] | None
    event: Event | None


@contextmanager
def held(domain: Domain) -> Iterator[Any]:
    """Hold a domain's lock; the C domain. Python's collector must not free other domains meanwhile:
    whoever merges them may be waiting for this one.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    pointer = lib.wr_domain_lock(domain.pointer)
    try:
        yield pointer
    finally:
        lib.wr_domain_unlock(pointer)
        if was_enabled:
            gc.enable()


def snapshot_instance(instance: Instance) -> Snapshot:
    """The state of an instance and of what can be reached from it."""
    with held(instance.store.domain):
        walk = Walk(EntitySource(instance.store.domain))
        walk.instance(instance.pointer)
        return walk.finish(instance.store.fuel_spent)


def snapshot_execution(instance: Instance, standing: Standing) -> Snapshot:
    """The same with an execution."""
    lib.wr_api_settle(standing.task)
    with held(instance.store.domain):
        source = EntitySource(instance.store.domain)
        walk = Walk(source)
        walk.instance(instance.pointer)
        state = _ExecutionWalk(walk, source).execution(standing)
        return walk.finish(instance.store.fuel_spent, state)


class _ExecutionWalk:
    def __init__(self, walk: Walk, source: EntitySource) -> None:
        self.walk = walk
        self.source = source

    def execution(self, standing: Standing) -> ExecutionState:
        walk, source, status, task = self.walk, self.source, standing.status, standing.task
        type = standing.function.type
        function = walk.function(source.function(standing.function.pointer))
        frames: tuple[FrameState, ...] = ()
        if status is not Status.RETURNED:
            frames = tuple(self.frames(standing))
        shown: list[Shown] = []
        callee = None
        if status is Status.FRESH:
            shown = source.values(type.parameters, task.stack, 0)
        elif isinstance(standing.event, Returned) and status is Status.RETURNED:
            shown = source.from_python(type.results, standing.event.values)
        elif standing.answer is not None:
            shown = source.from_python(type.results, standing.answer)
        elif status is Status.WAITING and task.status != lib.WR_WAIT:
            assert isinstance(standing.event, HostCall), "it waits for the answer of a call"
            called = standing.function.pointer if not task.callee else task.callee
            parameters = defined_type(called.type).function
            assert parameters is not None, "functions have function types"
            shown = source.from_python(parameters.parameters, standing.event.arguments)
            found = walk.function(source.function(called))
            assert isinstance(found, HostFunctionReference), "it is the host that is called"
            callee = found
        return ExecutionState(
            status,
            function,
            task.fuel_spent,
            task.steps,
            frames,
            walk.values(shown),
            callee,
            is_answered=standing.answer is not None and status is Status.READY,
            outcome=self.outcome(standing.event) if status.has_ended else None,
        )

    def outcome(self, event: Event | None) -> Failure | Thrown | None:
        if isinstance(event, Trapped):
            return failure_of(event.trap)
        if isinstance(event, Threw):
            tag, values = event.exception.tag, event.exception.values
            if not isinstance(tag, Tag):
                return Thrown(-1, ())
            shown = self.source.from_python(tag.type.parameters, values)
            return Thrown(self.walk.tag(tag.pointer), self.walk.values(shown))
        return None

    def frames(self, standing: Standing) -> list[FrameState]:
        """The activations, outermost first."""
        task, status = standing.task, standing.status
        found = []
        for depth in range(1, task.depth + 1):
            frame, pc = task.frames[depth], task.frames[depth].pc
            taken = None
            if depth < task.depth:
                taken = task.frames[depth + 1].fp - task.stack
            elif status is Status.WAITING and task.status != lib.WR_WAIT:
                taken = task.arguments
            if depth == task.depth:
                pc += standing.is_behind
            found.append(self.frame(task, frame, pc, taken))
        return found

    def frame(self, task: Any, frame: Any, pc: int, taken: int | None) -> FrameState:
        walk, source, code = self.walk, self.source, frame.code
        facts, index = source.facts(frame.instance), code.function
        place = facts.place(index, pc)
        assert place is not None, "it is at an instruction"
        first = frame.fp - task.stack
        first_operand = first + code.local_slots
        operands = place.point.operands
        if taken is not None:
            operands = _before(operands, taken - first_operand)
        exceptions = []
        for tries in place.tries:
            word = frame.fp[code.local_slots - 1 - tries]
            found = walk.value(HeapThing(word, word))
            assert isinstance(found, ObjectReference), "handlers deal with exceptions"
            exceptions.append(found)
        return FrameState(
            walk.instance(frame.instance),
            index,
            pc,
            walk.values(source.values(facts.local_types(index), task.stack, first)),
            walk.values(source.values(operands, task.stack, first_operand)),
            tuple(exceptions),
        )


def _before(types: Sequence[ValueType], slots: int) -> Sequence[ValueType]:
    """Those types whose values lie in the first so many slots."""
    count = 0
    while count < len(types) and slots > 0:
        slots -= slots_of(types[count])
        count += 1
    return types[:count]


class EntitySource:
    """See :class:`pywasm_rt.engine.snapshot.capture.Source`."""

    def __init__(self, domain: Domain) -> None:
        self._root = domain.root

    def _instance(self, pointer: Any) -> Any:
        return self._root.instances[int(ffi.cast("uintptr_t", pointer))]

    def facts(self, instance: Any) -> ModuleFacts:
        """The module of an instance."""
        return cast("ModuleFacts", self._instance(instance).module.facts)

    def name(self, instance: Any) -> str:
        """The name of an instance."""
        return cast("str", self._instance(instance).name)

    def key(self, thing: Any) -> Hashable:
        """The address."""
        return int(ffi.cast("uintptr_t", thing))

    # Values

    def function(self, pointer: Any) -> Shown:
        """A reference to a function."""
        if pointer.code:
            return FunctionThing(pointer.instance, pointer.index)
        host = self._root.objects[pointer.handle]
        assert isinstance(host, HostFunction), "functions without code are the host's"
        return HostFunctionThing(self.key(pointer), host, defined_type(pointer.type), pointer)

    def reference(self, word: int, *, is_function: bool) -> Shown:
        """A reference by its word."""
        if not word:
            return None
        if is_function:
            return self.function(ffi.cast("wr_callee *", word))
        if word & 1:
            return I31Reference(word >> 1)
        if ffi.cast("wr_object *", word).kind == lib.WR_OBJECT_EXTERNAL:
            return ExternalThing(self._root.objects[ffi.cast("wr_external *", word).handle])
        return HeapThing(word, word)

    def references(self, type: ReferenceType, words: Sequence[int]) -> list[Shown]:
        """References of one type by their words."""
        is_function = top_of_code(type) is AbstractHeapType.FUNC
        return [self.reference(word, is_function=is_function) for word in words]

    def values(self, types: Sequence[StorageType], slots: Any, index: int) -> list[Shown]:
        """Values that lie one behind the other."""
        found: list[Shown] = []
        for type in types:
            word = slots[index]
            index += 1
            if isinstance(type, ReferenceType):
                is_function = top_of_code(type) is AbstractHeapType.FUNC
                found.append(self.reference(word, is_function=is_function))
            elif type is V128:
                found.append(word | slots[index] << 64)
                index += 1
            else:
                found.append(word)
        return found

    def from_python(self, types: Sequence[ValueType], values: Sequence[object]) -> list[Shown]:
        """Values as the interface has them."""
        return [self._from_python(type, value) for type, value in zip(types, values, strict=True)]

    def _from_python(self, type: ValueType, value: Any) -> Shown:
        if type is F32:
            return f32_to_bits(float(value))
        if type is F64:
            return f64_to_bits(float(value))
        if not isinstance(type, ReferenceType):
            return int(value) & (1 << _BITS[type]) - 1
        match value:
            case None:
                return None
            case Function():
                return self.function(value.pointer)
            case HostFunction():
                found = define_function(value.type)
                return HostFunctionThing(id(value), value, found, value)
            case I31():
                return I31Reference(value.value)
            case HeapReference():
                return HeapThing(value.word, value.word)
        return ExternalThing(value)

    # Entities

    def imported_functions(self, instance: Any) -> Iterator[Shown]:
        """The functions that an instance imports."""
        count = instance.program.module.imported_functions
        return (self.function(instance.functions[index]) for index in range(count))

    def entities(self, instance: Any, kind: ExternKind) -> Sequence[Any]:
        """An index space."""
        space, count = _SPACES[kind]
        things = getattr(instance, space)
        return [things[index] for index in range(getattr(instance.program.module, count))]

    def elements(self, instance: Any) -> Iterator[Sequence[Shown]]:
        """The references of its element segments."""
        for number, (type, _) in enumerate(self.facts(instance).elements):
            segment = instance.elements[number]
            words = ffi.unpack(segment.items, segment.count) if segment.count else ()
            yield self.references(type, words)

    def datas(self, instance: Any) -> Iterator[bool]:
        """Whether its data segments still have bytes."""
        for number, size in enumerate(self.facts(instance).datas):
            yield bool(size) and not instance.dropped_datas[number]

    def memory(self, thing: Any) -> tuple[MemoryType, tuple[tuple[int, bytes], ...]]:
        """Type and content of a memory."""
        size = thing.size
        content = ffi.buffer(thing.base, size) if size else b""
        type = memory_type(thing.limits, size >> thing.limits.page_size_log2)
        return type, used_runs(memoryview(content))

    def table(self, thing: Any) -> tuple[TableType, Iterator[tuple[int, Shown]]]:
        """Type and content of a table."""
        type, size = table_type(thing.type, thing.size), thing.size
        slots = ffi.new("wr_slot[]", size)
        lib.wr_snapshot_table(thing, slots)
        is_function = top_of_code(type.element) is AbstractHeapType.FUNC
        runs = (
            (sum(1 for _ in same), self.reference(word, is_function=is_function))
            for word, same in groupby(ffi.unpack(slots, size) if size else ())
        )
        return type, runs

    def variable(self, thing: Any) -> tuple[GlobalType, Shown]:
        """Type and value of a global."""
        type = value_type(thing.type)
        (shown,) = self.values((type,), thing.value, 0)
        return GlobalType(type, mutable=thing.is_mutable), shown

    def tag(self, thing: Any) -> DefinedType:
        """The type of a tag."""
        return defined_type(thing.type)

    def object(self, thing: int) -> StructureThing | ArrayThing | ExceptionThing:
        """What something of the heap holds."""
        pointer = ffi.cast("wr_object *", thing)
        if pointer.kind == lib.WR_OBJECT_EXCEPTION:
            return self._exception(ffi.cast("wr_exception *", thing))
        type = defined_type(pointer.type)
        composite = type.composite
        if isinstance(composite, StructType):
            storages = [field.storage for field in composite.fields]
            slots = ffi.new("wr_slot[]", 2 * len(storages) + 1)
            lib.wr_snapshot_fields(pointer, slots)
            return StructureThing(type, self.values(storages, slots, 0))
        assert isinstance(composite, ArrayType), "it is a structure or an array"
        storage, length = composite.field.storage, pointer.length
        body = ffi.cast("uint8_t *", pointer + 1)
        if isinstance(storage, ReferenceType):
            words = ffi.unpack(ffi.cast("wr_slot *", body), length) if length else ()
            return ArrayThing(type, self.references(storage, words))
        size = length * WIDTHS[storage]
        return ArrayThing(type, ffi.buffer(body, size)[:] if size else b"")

    def _exception(self, pointer: Any) -> ExceptionThing:
        if not pointer.tag:
            return ExceptionThing(None, ())
        type = defined_type(pointer.tag.type).function
        assert type is not None, "tags have function types"
        return ExceptionThing(pointer.tag, self.values(type.parameters, pointer.values, 0))
