"""What tables, globals, segments and objects hold: from a snapshot to this engine's entities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.domain import Domain
from pywasm_rt.engine.native.failures import heap_exhausted
from pywasm_rt.engine.native.memory import no_room as no_memory
from pywasm_rt.engine.native.reference import unpin, wrap_host_function
from pywasm_rt.engine.native.snapshot import EntitySource, held
from pywasm_rt.engine.native.table import no_room as no_table
from pywasm_rt.engine.native.types import type_number
from pywasm_rt.engine.native.values import slots_of
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
    MemoryState,
    ObjectState,
    StructureState,
    Value,
)
from pywasm_rt.engine.snapshot.values import WIDTHS
from pywasm_rt.wasm.types import V128, ArrayType, StorageType, StructType
from pywasm_rt.wasm.validate import DefinedType

if TYPE_CHECKING:
    from pywasm_rt.engine.native.instance import Instance
    from pywasm_rt.engine.native.store import Store

from pywasm_rt.errors import ExhaustionError

__all__ = ["Filler", "put_back", "put_memory", "reset_instance"]

_MASK_64 = (1 << 64) - 1


class Filler:
    """Fills C entities, in the order of a snapshot, with what they hold. ``types`` are the defined
    types of the snapshot, ``host_functions`` C functions of the host's, ``externals`` the host's
    objects. The domain's lock is held from :meth:`make_objects` to the end of :meth:`fill`.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        types: Sequence[DefinedType],
        host_functions: Sequence[Any],
        externals: Sequence[object],
        domain: Domain,
    ) -> None:
        self.snapshot = snapshot
        self.types = types
        self.host_functions = host_functions
        self.instances: list[Any] = []
        self.memories: list[Any] = []
        self.tables: list[Any] = []
        self.globals: list[Any] = []
        self.tags: list[Any] = []
        self.objects: list[int] = []
        # Pinned, until they are in their places.
        self.boxes = [domain.box(thing) for thing in externals]

    def let_go(self) -> None:
        """Everything is in its place, or nothing will be."""
        for word in self.boxes:
            unpin(word, is_boxed=True)

    def make_objects(self, domain: Any) -> None:
        """Make structures, arrays and exceptions, still empty. Raises ExhaustionError."""
        lib.wr_snapshot_make_room(domain)
        for state in self.snapshot.objects:
            kind, length = lib.WR_OBJECT_STRUCTURE, 0
            type = self.types[
                self.snapshot.tags[state.tag] if isinstance(state, ExceptionState) else state.type
            ]
            if isinstance(state, ArrayState):
                kind = lib.WR_OBJECT_ARRAY
                width = _element_bytes(type) if isinstance(state.elements, bytes) else 1
                length = len(state.elements) // width
            elif isinstance(state, ExceptionState):
                assert type.function is not None, "tags have function types"
                kind = lib.WR_OBJECT_EXCEPTION
                length = sum(map(slots_of, type.function.parameters))
            word = lib.wr_snapshot_object(domain, kind, type_number(type), length)
            if not word and domain.heap.is_full:
                raise heap_exhausted(domain.heap.limit)
            if not word:
                raise ExhaustionError("memory", "no room for an object")
            self.objects.append(word)

    def fill(self) -> None:
        """Put what tables, globals, segments and objects hold into those that there are.

        Raises ExhaustionError for a table that is too large now.
        """
        snapshot = self.snapshot
        for number, table in enumerate(self.tables):
            size = snapshot.tables[number].type.limits.minimum
            if not lib.wr_snapshot_fill_table(table, self._table_slots(number), size):
                raise no_table(size, None)
        for variable, state in zip(self.globals, snapshot.globals, strict=True):
            number = self.word(state.value)
            variable.value[0], variable.value[1] = number & _MASK_64, number >> 64
        self._fill_segments()
        for word, object_state in zip(self.objects, snapshot.objects, strict=True):
            self._fill_object(word, object_state)

    def _table_slots(self, number: int) -> Any:
        """What a table holds."""
        content = self.snapshot.tables[number]
        slots = ffi.new("wr_slot[]", content.type.limits.minimum)
        index = 0
        for count, reference in content.runs:
            word = self.word(reference)
            if word and count == 1:
                slots[index] = word
            elif word:
                slots[index : index + count] = [word] * count
            index += count
        return slots

    def word(self, value: Value) -> int:
        """A value as the number that is in its slots."""
        match value:
            case int():
                return value
            case FunctionReference(instance, index):
                function = lib.wr_snapshot_function(self.instances[instance], index)
                if not function:
                    raise ExhaustionError("memory", "no room for a function")
                return int(ffi.cast("uintptr_t", function))
            case HostFunctionReference(number):
                return int(ffi.cast("uintptr_t", self.host_functions[number]))
            case I31Reference(number):
                return number << 1 | 1
            case ExternalReference(number):
                return self.boxes[number]
            case None:
                return 0
        return self.objects[value.number]

    def put(self, types: Sequence[StorageType], values: Sequence[Value], slots: Any) -> int:
        """Values into slots one behind the other; how many slots they take."""
        index = 0
        for type, value in zip(types, values, strict=True):
            word = self.word(value)
            slots[index] = word & _MASK_64
            index += 1
            if type is V128:
                slots[index] = word >> 64
                index += 1
        return index

    def _fill_segments(self) -> None:
        for instance, state in zip(self.instances, self.snapshot.instances, strict=True):
            self._segments(state, instance)

    def _segments(self, state: InstanceState, instance: Any) -> None:
        for index, references in enumerate(state.elements):
            self._fill_elements(instance, index, references)
        is_dropped = bytes(not has_bytes for has_bytes in state.datas)
        ffi.memmove(instance.dropped_datas, is_dropped, len(is_dropped))

    def _fill_elements(self, instance: Any, index: int, references: Sequence[Value]) -> None:
        words = ffi.new("wr_slot[]", [self.word(reference) for reference in references])
        if not lib.wr_snapshot_fill_elements(instance, index, words, len(references)):
            raise ExhaustionError("memory", "no room for an element segment")

    def _fill_object(self, word: int, state: ObjectState) -> None:
        pointer = ffi.cast("wr_object *", word)
        if isinstance(state, ExceptionState):
            exception = ffi.cast("wr_exception *", word)
            exception.tag = self.tags[state.tag]
            type = self.types[self.snapshot.tags[state.tag]].function
            assert type is not None, "tags have function types"
            self.put(type.parameters, state.values, exception.values)
        elif isinstance(state, StructureState):
            composite = self.types[state.type].composite
            assert isinstance(composite, StructType), "the snapshot has been checked"
            slots = ffi.new("wr_slot[]", 2 * len(state.fields) + 1)
            self.put([field.storage for field in composite.fields], state.fields, slots)
            lib.wr_structure_fill(pointer, slots)
        elif isinstance(state.elements, bytes):
            ffi.memmove(pointer + 1, state.elements, len(state.elements))
        else:
            words = [self.word(element) for element in state.elements]
            ffi.memmove(pointer + 1, ffi.new("wr_slot[]", words), 8 * len(words))


def _element_bytes(type: DefinedType) -> int:
    assert isinstance(type.composite, ArrayType), "the snapshot has been checked"
    return WIDTHS[type.composite.field.storage]


def put_memory(pointer: Any, state: MemoryState, limit: int | None) -> None:
    """Give a memory its size and content. Raises ExhaustionError."""
    pages = state.type.limits.minimum
    size = pages << state.type.page_size_log2
    if not lib.wr_snapshot_resize(pointer, pages):
        raise no_memory(size, limit)
    end = 0
    for address, data in (*state.runs, (size, b"")):
        lib.wr_snapshot_put_back(pointer, end, ffi.NULL, address - end)
        lib.wr_snapshot_put_back(pointer, address, data, len(data))
        end = address + len(data)


def reset_instance(instance: Instance, snapshot: Snapshot) -> None:
    """Put an instance, and what it is linked with, back into the state of a snapshot.

    Raises SnapshotError if the snapshot is of something else.
    """
    source = EntitySource(instance.store.domain)
    put_back(instance.store, snapshot, prepare_reset(source, instance.pointer, snapshot))


def put_back(store: Store, snapshot: Snapshot, reset: Reset) -> None:
    """Make entities again what a snapshot of them, or of their twins, says."""
    domain = store.domain
    hosts = [
        wrap_host_function(domain, thing, type_number(type))
        if isinstance(thing, HostFunction)
        else thing
        for type, thing in reset.host_functions
    ]
    filler = Filler(snapshot, reset.types, hosts, reset.externals, domain)
    filler.instances, filler.memories, filler.tables = (
        reset.instances,
        reset.memories,
        reset.tables,
    )
    filler.globals, filler.tags = reset.globals, reset.tags
    try:
        with held(domain) as pointer:
            for memory, state in zip(reset.memories, snapshot.memories, strict=True):
                put_memory(memory, state, store.limits.memory_bytes)
            filler.make_objects(pointer)
            filler.fill()
    finally:
        filler.let_go()
