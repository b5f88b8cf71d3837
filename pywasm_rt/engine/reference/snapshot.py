"""Snapshots of this engine's instances and executions."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from struct import pack
from typing import TYPE_CHECKING, Any, NamedTuple

from pywasm_rt.engine.float_bits import f32_to_bits, f64_to_bits
from pywasm_rt.engine.interface import Event, HostCall, Returned, Threw, Trapped
from pywasm_rt.engine.reference.function import (
    FunctionInstance,
    HostFunctionInstance,
    WasmFunction,
)
from pywasm_rt.engine.reference.heap import I31, Array, ExceptionInstance, Structure, Tag
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.engine.reference.table import Table
from pywasm_rt.engine.reference.variable import Global
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
from pywasm_rt.engine.snapshot.facts import Facts
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
from pywasm_rt.wasm.types import (
    F32,
    F64,
    I32,
    I64,
    V128,
    ArrayType,
    ExternKind,
    GlobalType,
    MemoryType,
    PackedType,
    ReferenceType,
    StorageType,
    StructType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate import DefinedType

if TYPE_CHECKING:
    from pywasm_rt.engine.reference.instance import Instance

__all__ = ["Activation", "EntitySource", "Standing", "snapshot_execution", "snapshot_instance"]

_CODES: dict[StorageType, str] = {PackedType.I8: "B", PackedType.I16: "H", I32: "I", I64: "Q"}
_SPACES = {
    ExternKind.TABLE: "table",
    ExternKind.MEMORY: "memory",
    ExternKind.GLOBAL: "global",
    ExternKind.TAG: "tag",
}


class Activation(NamedTuple):
    """An activation; ``taken`` is the first slot that a call in progress has taken."""

    function: WasmFunction
    pc: int
    slots: list[Any]
    taken: int | None


class Standing(NamedTuple):
    """Where an execution stands; see :class:`ExecutionState`. ``callee`` is the function of the
    host that is called; activations begin with the innermost.
    """

    status: Status
    function: FunctionInstance
    activations: Sequence[Activation]
    arguments: Sequence[object]
    answer: Sequence[object] | None
    callee: FunctionInstance | None
    event: Event | None
    fuel: int
    steps: int


def snapshot_instance(instance: Instance) -> Snapshot:
    """The state of an instance and of what can be reached from it."""
    walk = Walk(EntitySource())
    walk.instance(instance)
    return walk.finish(instance.store.fuel_spent)


def snapshot_execution(instance: Instance, standing: Standing) -> Snapshot:
    """The same with an execution."""
    walk = Walk(EntitySource())
    walk.instance(instance)
    state = _ExecutionWalk(walk).execution(standing)
    return walk.finish(instance.store.fuel_spent, state)


class _ExecutionWalk:
    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def execution(self, standing: Standing) -> ExecutionState:
        walk, status = self.walk, standing.status
        function = walk.function(_shown_reference(standing.function))
        frames: tuple[FrameState, ...] = ()
        if status is not Status.RETURNED:
            frames = tuple(map(self.frame, reversed(standing.activations)))
        values: Sequence[object] = ()
        types: Sequence[ValueType] = ()
        callee = None
        if status is Status.FRESH:
            types, values = standing.function.type.parameters, standing.arguments
        elif isinstance(standing.event, Returned) and status is Status.RETURNED:
            types, values = standing.function.type.results, standing.event.values
        elif standing.answer is not None:
            types, values = standing.function.type.results, standing.answer
        elif status is Status.WAITING and standing.callee is not None:
            assert isinstance(standing.event, HostCall), "it waits for the answer of a call"
            types, values = standing.callee.type.parameters, standing.event.arguments
            found = walk.function(_shown_reference(standing.callee))
            assert isinstance(found, HostFunctionReference), "it is the host that is called"
            callee = found
        return ExecutionState(
            status,
            function,
            standing.fuel,
            standing.steps,
            frames,
            walk.values(map(_shown, types, values)),
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
            shown = map(_shown, tag.type.parameters, values)
            return Thrown(self.walk.tag(tag), self.walk.values(shown))
        return None

    def frame(self, activation: Activation) -> FrameState:
        function, pc, slots, taken = activation
        walk, facts, lowered = self.walk, function.instance.module.facts, function.lowered
        point = facts.point(function.index, pc)
        assert point is not None, "it is at an instruction"
        operands = slots[lowered.operand_base : taken]
        exceptions = []
        for begin_pc in point.handlers:
            found = walk.value(_shown_reference(slots[lowered.exception_slots[begin_pc]]))
            assert isinstance(found, ObjectReference), "handlers deal with exceptions"
            exceptions.append(found)
        return FrameState(
            walk.instance(function.instance),
            function.index,
            pc,
            walk.values(map(_shown, facts.local_types(function.index), slots)),
            walk.values(map(_shown, point.operands, operands)),
            tuple(exceptions),
        )


def _shown(type: StorageType, value: Any) -> Shown:
    if isinstance(type, ReferenceType):
        return _shown_reference(value)
    if type is F32:
        return f32_to_bits(value)
    if type is F64:
        return f64_to_bits(value)
    number: int = value
    return number


def _shown_reference(value: object) -> Shown:
    match value:
        case None:
            return None
        case WasmFunction():
            return FunctionThing(value.instance, value.index)
        case HostFunctionInstance():
            return HostFunctionThing(id(value), value.host, value.defined_type, value)
        case I31():
            return I31Reference(value.value)
        case Structure() | Array() | ExceptionInstance():
            return HeapThing(id(value), value)
    return ExternalThing(value)


def _packed(storage: StorageType, elements: Sequence[Any]) -> bytes:
    """Elements of an array as bytes."""
    if storage is V128:
        return b"".join(element.to_bytes(16, "little") for element in elements)
    if storage is F32:
        return pack(f"<{len(elements)}I", *map(f32_to_bits, elements))
    if storage is F64:
        return pack(f"<{len(elements)}Q", *map(f64_to_bits, elements))
    return pack(f"<{len(elements)}{_CODES[storage]}", *elements)


class EntitySource:
    """See :class:`pywasm_rt.engine.snapshot.capture.Source`."""

    def facts(self, instance: Instance) -> Facts:
        """The module of an instance."""
        return instance.module.facts

    def name(self, instance: Instance) -> str:
        """The name of an instance."""
        return instance.name

    def key(self, thing: object) -> Hashable:
        """Identity."""
        return id(thing)

    def imported_functions(self, instance: Instance) -> Iterator[Shown]:
        """The functions that an instance imports."""
        count = instance.module.valid.imported_functions
        return map(_shown_reference, instance.spaces["function"][:count])

    def entities(self, instance: Instance, kind: ExternKind) -> Sequence[Any]:
        """An index space."""
        return instance.spaces[_SPACES[kind]]

    def elements(self, instance: Instance) -> Iterator[Sequence[Shown]]:
        """The references of its element segments."""
        for segment in instance.spaces["element"]:
            yield [_shown_reference(reference) for reference in segment.references]

    def datas(self, instance: Instance) -> Iterator[bool]:
        """Whether its data segments still have bytes."""
        for segment in instance.spaces["data"]:
            yield bool(segment.content)

    def memory(self, thing: Memory) -> tuple[MemoryType, tuple[tuple[int, bytes], ...]]:
        """Type and content of a memory."""
        return thing.type, used_runs(thing.u8)

    def table(self, thing: Table) -> tuple[TableType, Iterable[tuple[int, Shown]]]:
        """Type and content of a table."""
        runs = [(1, _shown_reference(element)) for element in thing.elements]
        runs.append((len(thing) - len(thing.elements), _shown_reference(thing.initial)))
        return thing.type, runs

    def variable(self, thing: Global) -> tuple[GlobalType, Shown]:
        """Type and value of a global."""
        return thing.type, _shown(thing.type.value, thing.content)

    def tag(self, thing: Tag) -> DefinedType:
        """The type of a tag."""
        return thing.defined_type

    def object(
        self, thing: Structure | Array | ExceptionInstance
    ) -> StructureThing | ArrayThing | ExceptionThing:
        """What something of the heap holds."""
        if isinstance(thing, ExceptionInstance):
            if not isinstance(thing.tag, Tag):
                return ExceptionThing(None, ())
            types = thing.tag.type.parameters
            return ExceptionThing(thing.tag, [*map(_shown, types, thing.values)])
        composite = thing.defined_type.composite
        if isinstance(thing, Structure):
            assert isinstance(composite, StructType), "structures have structure types"
            storages = [field.storage for field in composite.fields]
            return StructureThing(thing.defined_type, [*map(_shown, storages, thing.fields)])
        assert isinstance(composite, ArrayType), "arrays have array types"
        storage = composite.field.storage
        if isinstance(storage, ReferenceType):
            return ArrayThing(thing.defined_type, [*map(_shown_reference, thing.elements)])
        return ArrayThing(thing.defined_type, _packed(storage, thing.elements))
