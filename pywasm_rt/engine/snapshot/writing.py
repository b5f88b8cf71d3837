"""Snapshots to bytes; see ``layout.py``."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from pywasm_rt.engine.snapshot.layout import (
    HEADER,
    HEAPS,
    MAGIC,
    NUMBERS,
    VERSION,
    ObjectTag,
    OutcomeTag,
    ValueTag,
)
from pywasm_rt.engine.snapshot.state import (
    ArrayState,
    ExceptionState,
    ExecutionState,
    ExternalReference,
    ExternalState,
    Failure,
    FrameState,
    FunctionReference,
    GlobalState,
    HostFunctionReference,
    HostFunctionState,
    I31Reference,
    InstanceState,
    MemoryState,
    ObjectReference,
    ObjectState,
    StructureState,
    TableState,
    Value,
)
from pywasm_rt.errors import SnapshotError
from pywasm_rt.wasm.types import AbstractHeapType, Limits, ReferenceType, ValueType

if TYPE_CHECKING:
    from pywasm_rt.engine.snapshot.snapshot import Snapshot

__all__ = ["seal", "write_snapshot"]

_Item = TypeVar("_Item")
PersistentId = Callable[[object], "str | None"]


def write_snapshot(
    snapshot: Snapshot, persistent_id: PersistentId | None, *, compress: bool
) -> bytes:
    """The bytes of a snapshot. Raises SnapshotError for a thing of the host that has no name."""
    return seal(_Writer(persistent_id).whole(snapshot), compress=compress)


def seal(body: bytes, *, compress: bool) -> bytes:
    """A body with its header."""
    digest = hashlib.sha256(body).digest()
    content = zlib.compress(body, 1) if compress else body
    return HEADER.pack(MAGIC, VERSION, int(compress), len(body), digest) + content


class _Writer:
    def __init__(self, persistent_id: PersistentId | None) -> None:
        self.persistent_id = persistent_id
        self.out = bytearray()

    def whole(self, snapshot: Snapshot) -> bytes:
        self.every(snapshot.modules, self.out.extend)
        self.every(snapshot.types, self.numbers)
        self.every(snapshot.instances, self.instance)
        self.every(snapshot.host_functions, self.host_function)
        self.every(snapshot.externals, self.external)
        self.every(snapshot.memories, self.memory)
        self.every(snapshot.tables, self.table)
        self.every(snapshot.globals, self.variable)
        self.every(snapshot.tags, self.number)
        self.every(snapshot.objects, self.object)
        self.number(snapshot.store_fuel)
        self.optional(snapshot.execution, self.execution)
        return bytes(self.out)

    # What everything is made of

    def number(self, value: int) -> None:
        out = self.out
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)

    def numbers(self, values: Iterable[int]) -> None:
        for value in values:
            self.number(value)

    def octets(self, data: bytes) -> None:
        self.number(len(data))
        self.out += data

    def text(self, text: str) -> None:
        self.octets(text.encode("utf-8", "surrogatepass"))

    def every(self, items: Sequence[_Item], write: Callable[[_Item], object]) -> None:
        self.number(len(items))
        for item in items:
            write(item)

    def optional(self, item: _Item | None, write: Callable[[_Item], object]) -> None:
        self.number(item is not None)
        if item is not None:
            write(item)

    def value(self, value: Value) -> None:
        match value:
            case None:
                self.number(ValueTag.NULL)
            case int():
                self.numbers((ValueTag.NUMBER, value))
            case FunctionReference(instance, index):
                self.numbers((ValueTag.FUNCTION, instance, index))
            case HostFunctionReference(number):
                self.numbers((ValueTag.HOST_FUNCTION, number))
            case I31Reference(number):
                self.numbers((ValueTag.I31, number))
            case ObjectReference(number):
                self.numbers((ValueTag.OBJECT, number))
            case ExternalReference(number):
                self.numbers((ValueTag.EXTERNAL, number))

    def type(self, type: ValueType) -> None:
        if not isinstance(type, ReferenceType):
            self.number(NUMBERS.index(type))
            return
        self.number(len(NUMBERS) + type.nullable)
        heap = type.heap
        if isinstance(heap, AbstractHeapType):
            self.number(HEAPS.index(heap))
        else:
            assert isinstance(heap, int), "defined types have numbers in snapshots"
            self.number(len(HEAPS) + heap)

    def limits(self, limits: Limits) -> None:
        self.numbers((limits.is_64, limits.minimum))
        self.optional(limits.maximum, self.number)

    # Entities

    def instance(self, state: InstanceState) -> None:
        self.number(state.module)
        self.text(state.name)
        self.every(state.functions, self.value)
        for space in (state.tables, state.memories, state.globals, state.tags):
            self.every(space, self.number)
        self.every(state.elements, lambda segment: self.every(segment, self.value))
        self.every(state.datas, self.number)

    def host_function(self, state: HostFunctionState) -> None:
        self.numbers((state.importer + 1, state.index))
        self.text(state.module)
        self.text(state.name)
        if state.importer < 0:
            self.text(self._identifier(state.identifier, state.function))

    def external(self, state: ExternalState) -> None:
        self.text(self._identifier(state.identifier, state.object))

    def _identifier(self, identifier: str | None, thing: object) -> str:
        found = identifier
        if found is None and self.persistent_id is not None:
            found = self.persistent_id(thing)
        if found is None:
            raise SnapshotError(
                f"guests hold {thing!r:.80}, which has no persistent id: without one it can be in "
                "a snapshot that stays in this process only"
            )
        return found

    def memory(self, state: MemoryState) -> None:
        self.limits(state.type.limits)
        self.numbers((state.type.shared, state.type.page_size_log2))
        self.number(len(state.runs))
        for address, data in state.runs:
            self.number(address)
            self.octets(data)

    def table(self, state: TableState) -> None:
        self.type(state.type.element)
        self.limits(state.type.limits)
        self.number(state.type.shared)
        self.number(len(state.runs))
        for count, reference in state.runs:
            self.number(count)
            self.value(reference)

    def variable(self, state: GlobalState) -> None:
        self.type(state.type.value)
        self.number(state.type.mutable)
        self.value(state.value)

    def object(self, state: ObjectState) -> None:
        match state:
            case StructureState(type, fields):
                self.numbers((ObjectTag.STRUCTURE, type))
                self.every(fields, self.value)
            case ArrayState(type, bytes() as elements):
                self.numbers((ObjectTag.BYTES, type))
                self.octets(elements)
            case ArrayState(type, elements):
                self.numbers((ObjectTag.REFERENCES, type))
                self.every(elements, self.value)
            case ExceptionState(tag, values):
                self.numbers((ObjectTag.EXCEPTION, tag))
                self.every(values, self.value)

    # Executions

    def execution(self, state: ExecutionState) -> None:
        self.number(state.status.value)
        self.value(state.function)
        self.numbers((state.fuel, state.steps))
        self.every(state.frames, self.frame)
        self.every(state.values, self.value)
        self.optional(state.callee, self.value)
        self.number(state.is_answered)
        if state.outcome is None:
            self.number(OutcomeTag.NONE)
        elif isinstance(state.outcome, Failure):
            self.number(OutcomeTag.FAILURE)
            for text in (state.outcome.kind, state.outcome.code, state.outcome.message):
                self.text(text)
        else:
            self.numbers((OutcomeTag.THROWN, state.outcome.tag + 1))
            self.every(state.outcome.values, self.value)

    def frame(self, state: FrameState) -> None:
        self.numbers((state.instance, state.function, state.pc))
        self.every(state.locals, self.value)
        self.every(state.operands, self.value)
        self.every(state.exceptions, self.value)
