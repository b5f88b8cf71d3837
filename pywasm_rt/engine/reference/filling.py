"""What tables, globals, segments and objects hold: from a snapshot to this engine's entities."""

from __future__ import annotations

from collections.abc import Sequence
from struct import unpack
from typing import TYPE_CHECKING, Any

from pywasm_rt.engine.float_bits import f32_from_bits, f64_from_bits
from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.engine.reference.function import HostFunctionInstance
from pywasm_rt.engine.reference.heap import (
    I31,
    Array,
    ExceptionInstance,
    Heap,
    Structure,
    Tag,
    counted_in,
    width_of,
)
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.engine.reference.memory_access import DataSegment
from pywasm_rt.engine.reference.snapshot import EntitySource
from pywasm_rt.engine.reference.table import ElementSegment, Table
from pywasm_rt.engine.reference.variable import Global
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.engine.snapshot.resetting import Reset, prepare_reset
from pywasm_rt.engine.snapshot.state import (
    ArrayState,
    ExceptionState,
    ExternalReference,
    FunctionReference,
    HostFunctionReference,
    I31Reference,
    InstanceState,
    ObjectState,
    StructureState,
    Value,
)
from pywasm_rt.wasm.types import (
    F32,
    F64,
    I32,
    I64,
    V128,
    ArrayType,
    PackedType,
    ReferenceType,
    StorageType,
    StructType,
)
from pywasm_rt.wasm.validate import DefinedType

if TYPE_CHECKING:
    from pywasm_rt.engine.reference.instance import Instance

__all__ = ["Filler", "put_back", "reset_instance"]

_CODES: dict[StorageType, str] = {PackedType.I8: "B", PackedType.I16: "H", I32: "I", I64: "Q"}


class Filler:
    """Fills entities, in the order of a snapshot, with what they hold. ``types`` are the defined
    types of the snapshot, ``externals`` the host's objects.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        types: Sequence[DefinedType],
        host_functions: list[HostFunctionInstance],
        externals: Sequence[object],
        tags: list[Tag],
        heap: Heap,
    ) -> None:
        self.snapshot = snapshot
        self.types = types
        self.host_functions = host_functions
        self.externals = externals
        self.tags = tags
        with counted_in(heap):
            self.objects = [self._empty_object(state) for state in self.snapshot.objects]
        self.instances: list[Instance] = []
        self.memories: list[Memory] = []
        self.tables: list[Table] = []
        self.globals: list[Global] = []

    def fill(self) -> None:
        """Put what tables, globals, segments and objects hold into those that there are."""
        snapshot = self.snapshot
        for table, content in zip(self.tables, snapshot.tables, strict=True):
            table.reset(content.type.limits.minimum)
            runs = content.runs
            if runs and runs[-1][1] is None:  # what ``initial`` says
                runs = runs[:-1]
            for count, reference in runs:
                table.elements += [self.reference(reference)] * count
        for variable, state in zip(self.globals, snapshot.globals, strict=True):
            variable.content = self.value(variable.type.value, state.value)
        for instance, instance_state in zip(self.instances, snapshot.instances, strict=True):
            self._segments(instance_state, instance)
        for thing, object_state in zip(self.objects, snapshot.objects, strict=True):
            self._fill_object(thing, object_state)

    def value(self, type: StorageType, value: Value) -> Any:
        """A value of a type for the machine."""
        if not isinstance(value, int):
            return self.reference(value)
        if type is F32:
            return f32_from_bits(value)
        return f64_from_bits(value) if type is F64 else value

    def reference(self, value: Value) -> Any:
        """A reference for the machine."""
        match value:
            case FunctionReference(instance, index):
                return self.instances[instance].spaces["function"][index]
            case HostFunctionReference(number):
                return self.host_functions[number]
            case I31Reference(number):
                return I31(number)
            case ExternalReference(number):
                return self.externals[number]
            case None:
                return None
        assert not isinstance(value, int), "it is a reference"
        return self.objects[value.number]

    def values(self, types: Sequence[StorageType], values: Sequence[Value]) -> list[Any]:
        """Several values."""
        return [self.value(type, value) for type, value in zip(types, values, strict=True)]

    def _segments(self, state: InstanceState, instance: Instance) -> None:
        spaces, module = instance.spaces, instance.module.valid.module
        if not spaces["element"]:
            spaces["element"] += [ElementSegment(()) for _ in module.elements]
            spaces["data"] += [DataSegment(b"") for _ in module.datas]
        for segment, references in zip(spaces["element"], state.elements, strict=True):
            segment.references = [self.reference(item) for item in references]
        for data, has_bytes, declared in zip(
            spaces["data"], state.datas, module.datas, strict=True
        ):
            data.content = declared.data if has_bytes else b""

    def _empty_object(self, state: ObjectState) -> Structure | Array | ExceptionInstance:
        types = self.types
        if isinstance(state, ExceptionState):
            return ExceptionInstance(self.tags[state.tag], (None,) * len(state.values))
        type = types[state.type]
        if isinstance(state, StructureState):
            return Structure(type, [])
        assert isinstance(type.composite, ArrayType), "the snapshot has been checked"
        is_packed = isinstance(state.elements, bytes)
        width = width_of(type.composite.field.storage) if is_packed else 1
        return Array(type, [None] * (len(state.elements) // width))

    def _fill_object(
        self, thing: Structure | Array | ExceptionInstance, state: ObjectState
    ) -> None:
        if isinstance(thing, ExceptionInstance):
            assert isinstance(state, ExceptionState)
            assert isinstance(thing.tag, Tag)
            thing.values = tuple(self.values(thing.tag.type.parameters, state.values))
            return
        composite = thing.defined_type.composite
        if isinstance(thing, Structure):
            assert isinstance(state, StructureState)
            assert isinstance(composite, StructType)
            storages = [field.storage for field in composite.fields]
            thing.fields = self.values(storages, state.fields)
            return
        assert isinstance(state, ArrayState)
        assert isinstance(composite, ArrayType)
        thing.elements = self._elements(composite.field.storage, state.elements)

    def _elements(self, storage: StorageType, elements: bytes | Sequence[Value]) -> list[Any]:
        if not isinstance(elements, bytes):
            return [self.reference(element) for element in elements]
        if isinstance(storage, ReferenceType):
            return []
        if storage is V128:
            starts = range(0, len(elements), 16)
            return [int.from_bytes(elements[k : k + 16], "little") for k in starts]
        if storage is F32:
            return [f32_from_bits(b) for b in unpack(f"<{len(elements) // 4}I", elements)]
        if storage is F64:
            return [f64_from_bits(b) for b in unpack(f"<{len(elements) // 8}Q", elements)]
        code = _CODES[storage]
        count = len(elements) // {"B": 1, "H": 2, "I": 4, "Q": 8}[code]
        return list(unpack(f"<{count}{code}", elements))


def reset_instance(instance: Instance, snapshot: Snapshot) -> None:
    """Put an instance, and what it is linked with, back into the state of a snapshot.

    Raises SnapshotError if the snapshot is of something else.
    """
    put_back(snapshot, prepare_reset(EntitySource(), instance, snapshot))


def put_back(snapshot: Snapshot, reset: Reset) -> None:
    """Make entities again what a snapshot of them, or of their twins, says."""
    hosts = [
        HostFunctionInstance(type, thing) if isinstance(thing, HostFunction) else thing
        for type, thing in reset.host_functions
    ]
    filler = Filler(
        snapshot, reset.types, hosts, reset.externals, reset.tags, reset.instances[0].store.heap
    )
    filler.instances = reset.instances
    filler.tables = reset.tables
    filler.globals = reset.globals
    for memory, state in zip(reset.memories, snapshot.memories, strict=True):
        memory.reset(state.type.limits.minimum, state.runs)
    filler.fill()
