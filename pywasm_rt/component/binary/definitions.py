"""Instances, canonical definitions, imports and exports in the component binary format."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.component.binary.reader import ComponentReader
from pywasm_rt.component.binary.types import extern_use, function_result
from pywasm_rt.component.builtins import BY_CODE, Operand
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
    Sort,
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
    """An item that passes between components: of core items, only modules do."""
    start = reader.position
    sort = reader.sort(_EXTERNAL_KIND)
    if sort.is_core and sort is not Sort.CORE_MODULE:
        raise reader.invalid_byte(reader.data[start + 1], _EXTERNAL_KIND, start)
    return SortIndex(sort, reader.u32())


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


def _core_type(reader: ComponentReader) -> object:
    return core_value_type(reader, DEFAULT)


_OPERANDS: dict[Operand, Callable[[ComponentReader], object]] = {
    Operand.ASYNC: ComponentReader.boolean,
    Operand.CANCELLABLE: ComponentReader.boolean,
    Operand.RESULT: function_result,
    Operand.OPTIONS: ComponentReader.canon_options,
    Operand.VALUE_TYPE: _core_type,
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
    builtin = BY_CODE.get(code)
    if builtin is None:
        raise reader.invalid_byte(code, "canonical function", start)
    readers = [_OPERANDS.get(operand, ComponentReader.u32) for operand in builtin.operands]
    return CanonBuiltin(builtin.name, tuple([read(reader) for read in readers]), start)
