"""Instances, canonical definitions, imports and exports in the component binary format."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.component.binary.reader import ComponentReader
from pywasm_rt.component.binary.types import extern_use, function_result
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.syntax import (
    CanonBuiltin,
    CanonLift,
    CanonLower,
    CanonResource,
    CoreInlineExports,
    CoreInstantiate,
    Export,
    Import,
    InlineExports,
    Instantiate,
    ResourceOperation,
    SortIndex,
)
from pywasm_rt.wasm.binary.types import value_type as core_value_type
from pywasm_rt.wasm.features import DEFAULT

__all__ = ["canon", "core_instance", "export", "import_", "instance"]

_ARGUMENT_KIND = "instantiation arg kind"
_EXTERNAL_KIND = "component external kind"


def core_instance(reader: ComponentReader) -> CoreInstantiate | CoreInlineExports:
    """An entry of the core instance section."""
    start = reader.position
    form = reader.byte()
    if form == 0x00:
        return CoreInstantiate(reader.u32(), reader.vector(_core_argument), start)
    if form == 0x01:
        return CoreInlineExports(reader.vector(_core_inline_export), start)
    raise reader.invalid_byte(form, "core instance", start)


def _core_argument(reader: ComponentReader) -> tuple[str, int]:
    name, start = reader.name(), reader.position
    kind = reader.byte()
    if kind != 0x12:
        raise reader.invalid_byte(kind, _ARGUMENT_KIND, start)
    return name, reader.u32()


def _core_inline_export(reader: ComponentReader) -> tuple[str, SortIndex]:
    return reader.name(), SortIndex(reader.core_sort("external kind"), reader.u32())


def instance(reader: ComponentReader) -> Instantiate | InlineExports:
    """An entry of the instance section."""
    start = reader.position
    form = reader.byte()
    if form == 0x00:
        return Instantiate(reader.u32(), reader.vector(_argument), start)
    if form == 0x01:
        return InlineExports(reader.vector(_inline_export), start)
    raise reader.invalid_byte(form, "instance", start)


def _argument(reader: ComponentReader) -> tuple[str, SortIndex]:
    return reader.name(), _sort_index(reader)


def _inline_export(reader: ComponentReader) -> tuple[ExternName, SortIndex]:
    return reader.extern_name(), _sort_index(reader)


def _sort_index(reader: ComponentReader) -> SortIndex:
    return SortIndex(reader.sort(_EXTERNAL_KIND), reader.u32())


def import_(reader: ComponentReader) -> Import:
    """An entry of the import section."""
    start = reader.position
    return Import(reader.extern_name(), extern_use(reader), start)


def export(reader: ComponentReader) -> Export:
    """An entry of the export section."""
    start = reader.position
    name, item = reader.extern_name(), _sort_index(reader)
    return Export(name, item, reader.optional(extern_use, "optional component export type"), start)


def _sort_byte(reader: ComponentReader, what: str) -> None:
    start = reader.position
    byte = reader.byte()
    if byte:
        raise reader.invalid_byte(byte, what, start)


def _lift(reader: ComponentReader, start: int) -> CanonLift:
    _sort_byte(reader, "canonical function lift")
    return CanonLift(reader.u32(), reader.canon_options(), reader.u32(), start)


def _lower(reader: ComponentReader, start: int) -> CanonLower:
    _sort_byte(reader, "canonical function lower")
    return CanonLower(reader.u32(), reader.canon_options(), start)


_RESOURCE = {
    0x02: ResourceOperation.NEW,
    0x03: ResourceOperation.DROP,
    0x04: ResourceOperation.REP,
}

_index: Callable[[ComponentReader], object] = ComponentReader.u32
_flag: Callable[[ComponentReader], object] = ComponentReader.boolean
_options: Callable[[ComponentReader], object] = ComponentReader.canon_options


def _core_type(reader: ComponentReader) -> object:
    return core_value_type(reader, DEFAULT)


_BUILTINS: dict[int, tuple[str, tuple[Callable[[ComponentReader], object], ...]]] = {
    0x05: ("task.cancel", ()),
    0x06: ("subtask.cancel", (_flag,)),
    0x09: ("task.return", (function_result, _options)),
    0x0A: ("context.get", (_core_type, _index)),
    0x0B: ("context.set", (_core_type, _index)),
    0x0C: ("thread.yield", (_flag,)),
    0x0D: ("subtask.drop", ()),
    0x0E: ("stream.new", (_index,)),
    0x0F: ("stream.read", (_index, _options)),
    0x10: ("stream.write", (_index, _options)),
    0x11: ("stream.cancel-read", (_index, _flag)),
    0x12: ("stream.cancel-write", (_index, _flag)),
    0x13: ("stream.drop-readable", (_index,)),
    0x14: ("stream.drop-writable", (_index,)),
    0x15: ("future.new", (_index,)),
    0x16: ("future.read", (_index, _options)),
    0x17: ("future.write", (_index, _options)),
    0x18: ("future.cancel-read", (_index, _flag)),
    0x19: ("future.cancel-write", (_index, _flag)),
    0x1A: ("future.drop-readable", (_index,)),
    0x1B: ("future.drop-writable", (_index,)),
    0x1C: ("error-context.new", (_options,)),
    0x1D: ("error-context.debug-message", (_options,)),
    0x1E: ("error-context.drop", ()),
    0x1F: ("waitable-set.new", ()),
    0x20: ("waitable-set.wait", (_flag, _index)),
    0x21: ("waitable-set.poll", (_flag, _index)),
    0x22: ("waitable-set.drop", ()),
    0x23: ("waitable.join", ()),
    0x24: ("backpressure.inc", ()),
    0x25: ("backpressure.dec", ()),
    0x26: ("thread.index", ()),
    0x27: ("thread.new-indirect", (_index, _index)),
    0x28: ("thread.resume-later", ()),
    0x29: ("thread.suspend", (_flag,)),
    0x2A: ("thread.suspend-then-resume", (_flag,)),
    0x2B: ("thread.yield-then-resume", (_flag,)),
    0x2C: ("thread.suspend-then-promote", (_flag,)),
    0x2D: ("thread.yield-then-promote", (_flag,)),
    0x40: ("thread.spawn-ref", (_index,)),
    0x41: ("thread.spawn-indirect", (_index, _index)),
    0x42: ("thread.available-parallelism", ()),
}


def canon(reader: ComponentReader) -> CanonLift | CanonLower | CanonResource | CanonBuiltin:
    """An entry of the canonical section."""
    start = reader.position
    code = reader.byte()
    if code == 0x00:
        return _lift(reader, start)
    if code == 0x01:
        return _lower(reader, start)
    if code in _RESOURCE:
        return CanonResource(_RESOURCE[code], reader.u32(), start)
    if code not in _BUILTINS:
        raise reader.invalid_byte(code, "canonical function", start)
    name, operands = _BUILTINS[code]
    return CanonBuiltin(name, tuple([operand(reader) for operand in operands]), start)
