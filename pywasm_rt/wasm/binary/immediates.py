"""The immediates of instructions in the binary format: one reader and one writer for each kind.

The kinds are those of ``instructions/immediates.py``. A row whose ``encoding`` is not "" has a
form of its own, in :data:`SPECIAL_READERS` and :data:`SPECIAL_WRITERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pywasm_rt.wasm.binary import types
from pywasm_rt.wasm.binary.leb128 import signed, unsigned
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions.instruction import Catch, MemoryArgument
from pywasm_rt.wasm.types import ReferenceType, ValueType

__all__ = ["READERS", "SPECIAL_READERS", "SPECIAL_WRITERS", "WRITERS"]

_EMPTY_BLOCK = 0x40
_HAS_MEMORY_INDEX = 0x40
_CATCH_KINDS = ("catch", "catch_ref", "catch_all", "catch_all_ref")


def _read_block_type(reader: Reader, features: Features) -> ValueType | int | None:
    start = reader.position
    first = reader.peek()
    if first == _EMPTY_BLOCK:
        reader.byte()
        return None
    # One byte with the sign bit set is a value type; indices are positive.
    if first is not None and _EMPTY_BLOCK < first < 0x80:
        return types.value_type(reader, features)
    index = reader.s33()
    if index < 0:
        raise reader.error("malformed block type", start)
    features.require("multi_value", "malformed block type: a type index", reader.where(start))
    return index


def _read_memory_argument(reader: Reader, features: Features) -> MemoryArgument:
    start = reader.position
    flags = reader.u32()
    if flags >= 2 * _HAS_MEMORY_INDEX:
        raise reader.error(f"malformed memop flags 0x{flags:x}", start)
    memory_index = 0
    if flags & _HAS_MEMORY_INDEX:
        what = f"malformed memop flags 0x{flags:x}: a memory index"
        features.require("multi_memory", what, reader.where(start))
        memory_index = reader.u32()
    offset = reader.u64() if features.memory64 else reader.u32()
    return MemoryArgument(flags & (_HAS_MEMORY_INDEX - 1), memory_index, offset)


def _write_memory_argument(argument: MemoryArgument) -> bytes:
    align_log2, memory_index, offset = argument
    if memory_index == 0:
        return unsigned(align_log2) + unsigned(offset)
    flags = unsigned(align_log2 | _HAS_MEMORY_INDEX)
    return flags + unsigned(memory_index) + unsigned(offset)


def _zero_byte(reader: Reader) -> int:
    start = reader.position
    if reader.byte() != 0:
        raise reader.error("zero byte expected", start)
    return 0


def _read_memory(reader: Reader, features: Features) -> int:
    return reader.u32() if features.multi_memory else _zero_byte(reader)


def _read_table(reader: Reader, features: Features) -> int:
    return reader.u32() if features.reference_types else _zero_byte(reader)


def _read_labels(reader: Reader, _: Features) -> tuple[int, ...]:
    return tuple([reader.u32() for _ in range(reader.count())])


def _read_catch(reader: Reader) -> Catch:
    start = reader.position
    code = reader.byte()
    if code >= len(_CATCH_KINDS):
        raise reader.error(f"malformed catch clause 0x{code:02x}", start)
    tag_index = reader.u32() if code < 2 else None
    return Catch(_CATCH_KINDS[code], tag_index, reader.u32())


def _read_catches(reader: Reader, _: Features) -> tuple[Catch, ...]:
    return tuple([_read_catch(reader) for _ in range(reader.count())])


def _write_catch(catch: Catch) -> bytes:
    kind = bytes((_CATCH_KINDS.index(catch.kind),))
    tag = b"" if catch.tag_index is None else unsigned(catch.tag_index)
    return kind + tag + unsigned(catch.label)


def _write_list(items: Sequence[Any], write: Callable[[Any], bytes]) -> bytes:
    return unsigned(len(items)) + b"".join(map(write, items))


def _write_block_type(kind: ValueType | int | None) -> bytes:
    if kind is None:
        return bytes((_EMPTY_BLOCK,))
    return signed(kind) if isinstance(kind, int) else types.write_value_type(kind)


def _read_index(reader: Reader, _: Features) -> int:
    return reader.u32()


Read = Callable[[Reader, Features], object]
Write = Callable[[Any], bytes]

READERS: dict[str, Read] = {
    "i32": lambda reader, _: reader.s32(),
    "i64": lambda reader, _: reader.s64(),
    "f32": lambda reader, _: int.from_bytes(reader.raw(4), "little"),
    "f64": lambda reader, _: int.from_bytes(reader.raw(8), "little"),
    "v128": lambda reader, _: int.from_bytes(reader.raw(16), "little"),
    "block_type": _read_block_type,
    "label": _read_index,
    "labels": _read_labels,
    "function": _read_index,
    "type": _read_index,
    "table": _read_table,
    "memory": _read_memory,
    "local": _read_index,
    "global": _read_index,
    "element": _read_index,
    "data": _read_index,
    "tag": _read_index,
    "field": _read_index,
    "memory_argument": _read_memory_argument,
    "lane": lambda reader, _: reader.byte(),
    "lanes16": lambda reader, _: tuple(reader.raw(16)),
    "heap_type": types.heap_type,
    "reference_type": types.heap_type,
    "value_types": types.value_types,
    "count": _read_index,
    "catches": _read_catches,
}

WRITERS: dict[str, Write] = {
    "i32": signed,
    "i64": signed,
    "f32": lambda bits: int(bits).to_bytes(4, "little"),
    "f64": lambda bits: int(bits).to_bytes(8, "little"),
    "v128": lambda bits: int(bits).to_bytes(16, "little"),
    "block_type": _write_block_type,
    "label": unsigned,
    "labels": lambda labels: _write_list(labels, unsigned),
    "function": unsigned,
    "type": unsigned,
    "table": unsigned,
    "memory": unsigned,
    "local": unsigned,
    "global": unsigned,
    "element": unsigned,
    "data": unsigned,
    "tag": unsigned,
    "field": unsigned,
    "memory_argument": _write_memory_argument,
    "lane": lambda lane: bytes((lane,)),
    "lanes16": bytes,
    "heap_type": types.write_heap_type,
    "reference_type": lambda kind: types.write_heap_type(kind.heap),
    "value_types": types.write_value_types,
    "count": unsigned,
    "catches": lambda catches: _write_list(catches, _write_catch),
}


def _read_cast_flags(reader: Reader, features: Features) -> tuple[object, ...]:
    """``br_on_cast``: nullability of both types in one byte, label, two heap types."""
    start = reader.position
    flags = reader.byte()
    if flags > 3:
        raise reader.error(f"malformed br_on_cast flags 0x{flags:02x}", start)
    label = reader.u32()
    source = ReferenceType(bool(flags & 1), types.heap_type(reader, features))
    return label, source, ReferenceType(bool(flags & 2), types.heap_type(reader, features))


def _write_cast_flags(label: int, source: ReferenceType, target: ReferenceType) -> bytes:
    flags = bytes((source.nullable | target.nullable << 1,))
    heaps = types.write_heap_type(source.heap) + types.write_heap_type(target.heap)
    return flags + unsigned(label) + heaps


def _read_zero_byte(reader: Reader, _: Features) -> tuple[object, ...]:
    """``atomic.fence``: a byte kept for later use."""
    _zero_byte(reader)
    return ()


SPECIAL_READERS: dict[str, Callable[[Reader, Features], tuple[object, ...]]] = {
    "cast_flags": _read_cast_flags,
    "zero_byte": _read_zero_byte,
}

SPECIAL_WRITERS: dict[str, Callable[..., bytes]] = {
    "cast_flags": _write_cast_flags,
    "zero_byte": lambda: b"\x00",
}
