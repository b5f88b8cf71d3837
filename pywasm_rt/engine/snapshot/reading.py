"""Bytes to snapshots; see ``layout.py``.

Bytes may come from anywhere. Here it is made sure that they are undamaged and have the form of a
snapshot; whether what they say makes sense for the modules is the business of ``check.py``.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

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
    FunctionNumber,
    FunctionReference,
    GlobalState,
    HostFunctionReference,
    HostFunctionState,
    I31Reference,
    InstanceState,
    MemoryState,
    ObjectReference,
    ObjectState,
    Reference,
    Status,
    StructureState,
    TableState,
    Thrown,
    Value,
)
from pywasm_rt.errors import SnapshotError
from pywasm_rt.wasm.types import (
    GlobalType,
    HeapType,
    Limits,
    MemoryType,
    ReferenceType,
    TableType,
    ValueType,
)

__all__ = ["read_parts"]

_Item = TypeVar("_Item")
_DIGEST_BYTES = 32
_COMPRESSED = 1
# As plain numbers, since there may be very many values.
_NULL, _NUMBER, _FUNCTION = map(int, (ValueTag.NULL, ValueTag.NUMBER, ValueTag.FUNCTION))
# The longest number that is written: the bits of a vector.
_MOST_BITS = 128


def read_parts(data: bytes, most_bytes: int) -> dict[str, Any]:
    """The fields of the snapshot in these bytes. Raises SnapshotError."""
    reader = _Reader(_body(bytes(data), most_bytes))
    parts = reader.whole()
    if reader.next != len(reader.body):
        raise SnapshotError("the snapshot is damaged: something follows its end")
    return parts


def _body(data: bytes, most_bytes: int) -> memoryview:
    if data[: len(MAGIC)] != MAGIC:
        raise SnapshotError("this is no snapshot: it does not begin like one")
    try:
        _, version, flags, size, digest = HEADER.unpack_from(data)
    except struct.error:
        raise SnapshotError("the snapshot is cut off: its header is incomplete") from None
    if version != VERSION:
        raise SnapshotError(
            f"the snapshot is of version {version}; this is version {VERSION}", version=version
        )
    if flags & ~_COMPRESSED:
        raise SnapshotError(f"the snapshot is damaged: its flags are {flags}")
    if size > most_bytes:
        raise SnapshotError(f"the snapshot takes {size} bytes; {most_bytes} are allowed")
    body = memoryview(data)[HEADER.size :]
    if flags & _COMPRESSED:
        inflater = zlib.decompressobj()
        try:
            body = memoryview(inflater.decompress(body, size + 1))
        except zlib.error as error:
            raise SnapshotError(f"the snapshot is damaged: {error}") from None
        if not inflater.eof:
            raise SnapshotError("the snapshot is cut off, or longer than it says")
        if inflater.unused_data:
            raise SnapshotError("the snapshot is damaged: something follows its end")
    if len(body) < size:
        raise SnapshotError(f"the snapshot is cut off: {len(body)} of its {size} bytes are there")
    if len(body) > size or hashlib.sha256(body).digest() != digest:
        raise SnapshotError("the snapshot is damaged: its checksum is another one")
    return body


class _Reader:
    def __init__(self, body: memoryview) -> None:
        self.body = body
        self.next = 0

    def whole(self) -> dict[str, Any]:
        return {
            "modules": self.every(lambda: self.raw(_DIGEST_BYTES)),
            "types": self.every(lambda: (self.number(), self.number())),
            "instances": self.every(self.instance),
            "host_functions": self.every(self.host_function),
            "externals": self.every(lambda: ExternalState(self.text())),
            "memories": self.every(self.memory),
            "tables": self.every(self.table),
            "globals": self.every(self.variable),
            "tags": self.every(self.number),
            "objects": self.every(self.object),
            "store_fuel": self.number(),
            "execution": self.optional(self.execution),
        }

    def damaged(self, what: str) -> SnapshotError:
        return SnapshotError(f"the snapshot is damaged: {what} at byte {self.next} of its body")

    # What everything is made of

    def number(self) -> int:
        body, place = self.body, self.next
        if place < len(body) and body[place] < 0x80:
            self.next = place + 1
            return body[place]
        value = shift = 0
        while True:
            if place >= len(body) or shift > _MOST_BITS:
                raise self.damaged("no number")
            byte = body[place]
            place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                self.next = place
                return value
            shift += 7

    def flag(self) -> bool:
        number = self.number()
        if number > 1:
            raise self.damaged("no flag")
        return bool(number)

    def flags(self) -> tuple[bool, ...]:
        """Several; there may be very many."""
        data = self.raw(self.number())
        if data.translate(None, b"\0\1"):
            raise self.damaged("no flags")
        return tuple(map(bool, data))

    def raw(self, count: int) -> bytes:
        data = bytes(self.body[self.next : self.next + count])
        if len(data) != count:
            raise self.damaged(f"no {count} bytes")
        self.next += count
        return data

    def octets(self) -> bytes:
        return self.raw(self.number())

    def text(self) -> str:
        data = self.octets()
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise self.damaged("no text") from None

    def every(self, read: Callable[[], _Item]) -> tuple[_Item, ...]:
        count = self.number()
        if count > len(self.body) - self.next:  # each item takes a byte at least
            raise self.damaged(f"no {count} items")
        return tuple([read() for _ in range(count)])

    def optional(self, read: Callable[[], _Item]) -> _Item | None:
        return read() if self.flag() else None

    def choice(self, kinds: type[_Item]) -> _Item:
        try:
            return kinds(self.number())  # type: ignore[call-arg]
        except ValueError:
            raise self.damaged(f"no {kinds.__name__}") from None

    def value(self) -> Value:
        tag = self.number()
        if tag == _NULL:
            return None
        number = self.number()
        if tag == _NUMBER:
            return number
        if tag == _FUNCTION:
            return FunctionReference(number, self.number())
        if tag not in _ONE_NUMBER:
            raise self.damaged("no ValueTag")
        return _ONE_NUMBER[tag](number)

    def reference(self) -> Reference:
        value = self.value()
        if isinstance(value, int):
            raise self.damaged("no reference")
        return value

    def function(self) -> FunctionNumber:
        value = self.value()
        if not isinstance(value, FunctionReference | HostFunctionReference):
            raise self.damaged("no function")
        return value

    def host_reference(self) -> HostFunctionReference:
        value = self.value()
        if not isinstance(value, HostFunctionReference):
            raise self.damaged("no function of the host")
        return value

    def exception(self) -> ObjectReference:
        value = self.value()
        if not isinstance(value, ObjectReference):
            raise self.damaged("no exception")
        return value

    def type(self) -> ValueType:
        kind = self.number()
        if kind < len(NUMBERS):
            return NUMBERS[kind]
        if kind > len(NUMBERS) + 1:
            raise self.damaged("no type")
        return self._reference(kind)

    def _reference(self, kind: int) -> ReferenceType:
        heap = self.number()
        target: HeapType = HEAPS[heap] if heap < len(HEAPS) else heap - len(HEAPS)
        return ReferenceType(kind > len(NUMBERS), target)

    def reference_type(self) -> ReferenceType:
        type = self.type()
        if not isinstance(type, ReferenceType):
            raise self.damaged("no reference type")
        return type

    def limits(self) -> Limits:
        is_64, minimum = self.flag(), self.number()
        return Limits(minimum, self.optional(self.number), is_64)

    # Entities

    def instance(self) -> InstanceState:
        return InstanceState(
            self.number(),
            self.text(),
            self.every(self.function),
            self.every(self.number),
            self.every(self.number),
            self.every(self.number),
            self.every(self.number),
            self.every(lambda: self.every(self.reference)),
            self.flags(),
        )

    def host_function(self) -> HostFunctionState:
        importer, index = self.number() - 1, self.number()
        module, name = self.text(), self.text()
        identifier = self.text() if importer < 0 else None
        return HostFunctionState(importer, index, module, name, identifier)

    def memory(self) -> MemoryState:
        limits = self.limits()
        type = MemoryType(limits, self.flag(), self.number())
        return MemoryState(type, self.every(lambda: (self.number(), self.octets())))

    def table(self) -> TableState:
        type = TableType(self.reference_type(), self.limits(), self.flag())
        return TableState(type, self.every(lambda: (self.number(), self.reference())))

    def variable(self) -> GlobalState:
        return GlobalState(GlobalType(self.type(), self.flag()), self.value())

    def object(self) -> ObjectState:
        tag = self.choice(ObjectTag)
        number = self.number()
        if tag is ObjectTag.BYTES:
            return ArrayState(number, self.octets())
        if tag is ObjectTag.REFERENCES:
            return ArrayState(number, self.every(self.reference))
        values = self.every(self.value)
        if tag is ObjectTag.STRUCTURE:
            return StructureState(number, values)
        return ExceptionState(number, values)

    # Executions

    def execution(self) -> ExecutionState:
        return ExecutionState(
            self.choice(Status),
            self.function(),
            self.number(),
            self.number(),
            self.every(self.frame),
            self.every(self.value),
            self.optional(self.host_reference),
            self.flag(),
            self._outcome(),
        )

    def _outcome(self) -> Failure | Thrown | None:
        tag = self.choice(OutcomeTag)
        if tag is OutcomeTag.FAILURE:
            return Failure(self.text(), self.text(), self.text())
        if tag is OutcomeTag.THROWN:
            return Thrown(self.number() - 1, self.every(self.value))
        return None

    def frame(self) -> FrameState:
        return FrameState(
            self.number(),
            self.number(),
            self.number(),
            self.every(self.value),
            self.every(self.value),
            self.every(self.exception),
        )


_ONE_NUMBER: dict[int, Callable[[int], Reference]] = {
    ValueTag.HOST_FUNCTION: HostFunctionReference,
    ValueTag.I31: I31Reference,
    ValueTag.OBJECT: ObjectReference,
    ValueTag.EXTERNAL: ExternalReference,
}
