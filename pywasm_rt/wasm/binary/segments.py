"""Element and data segments in the binary format, read and written.

Both begin with flags: bit 0 "not active" (for elements, with bit 1, "declarative"), bit 1 "with an
explicit index", and for elements bit 2 "items are expressions with a type".
"""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.wasm.binary import types
from pywasm_rt.wasm.binary.expressions import ExpressionReader
from pywasm_rt.wasm.binary.leb128 import unsigned
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.module import (
    DataMode,
    DataSegment,
    ElementMode,
    ElementSegment,
    Expression,
)
from pywasm_rt.wasm.types import FUNCREF, AbstractHeapType, ReferenceType

__all__ = [
    "read_data_segment",
    "read_element_segment",
    "write_data_segment",
    "write_element_segment",
]

_NOT_ACTIVE, _HAS_INDEX, _EXPRESSIONS = 1, 2, 4
_FUNCTION_ITEMS = ReferenceType(nullable=False, heap=AbstractHeapType.FUNC)

WriteExpression = Callable[[Expression], bytes]


def read_element_segment(
    reader: Reader, features: Features, expressions: ExpressionReader
) -> ElementSegment:
    """An element segment.

    Raises:
        DecodeError: it is malformed.
        UnsupportedFeature: it is of a form that came with a proposal that is off.
    """
    start = reader.position
    flags = reader.u32()
    if flags > 7:
        raise reader.error(f"malformed elements segment kind {flags}", start)
    if flags:
        what = f"malformed elements segment kind {flags}"
        features.require("bulk_memory", what, reader.where(start))
    mode: ElementMode | str = "declarative" if flags & _HAS_INDEX else "passive"
    if not flags & _NOT_ACTIVE:
        table_index = reader.u32() if flags & _HAS_INDEX else 0
        mode = ElementMode(table_index, expressions.read(reader))
    kind = _FUNCTION_ITEMS
    if flags & _EXPRESSIONS:
        kind = FUNCREF
        if flags & (_NOT_ACTIVE | _HAS_INDEX):
            kind = types.reference_type(reader, features)
        items = [expressions.read(reader) for _ in range(reader.count())]
    else:
        if flags & (_NOT_ACTIVE | _HAS_INDEX) and reader.byte() != 0:
            raise reader.error("malformed element kind", reader.position - 1)
        items = [_function_item(reader, expressions) for _ in range(reader.count())]
    return ElementSegment(kind, items, mode, flags, start)


def _function_item(reader: Reader, expressions: ExpressionReader) -> Expression:
    """A function index, as the expression it is short for."""
    start = reader.position
    return expressions.function_reference(reader.u32(), start)


def function_index(item: Expression) -> int | None:
    """The function of an item that is just ``ref.func``, which a short form may hold."""
    if len(item.instructions) == 2 and item.instructions[0].row.identifier == "ref_func":
        index = item.instructions[0].immediates[0]
        assert isinstance(index, int)
        return index
    return None


def write_element_segment(segment: ElementSegment, write_expression: WriteExpression) -> bytes:
    """The bytes of an element segment, in the form it was read in, or else the shortest."""
    flags, mode = _element_flags(segment), segment.mode
    out = [unsigned(flags)]
    if isinstance(mode, ElementMode):
        if flags & _HAS_INDEX:
            out.append(unsigned(mode.table_index))
        out.append(write_expression(mode.offset))
    explicit = bool(flags & (_NOT_ACTIVE | _HAS_INDEX))
    if flags & _EXPRESSIONS:
        if explicit:
            out.append(types.write_reference_type(segment.type))
        items = [write_expression(item) for item in segment.items]
    else:
        if explicit:
            out.append(b"\x00")
        items = [unsigned(function_index(item) or 0) for item in segment.items]
    return b"".join((*out, unsigned(len(items)), *items))


def _element_flags(segment: ElementSegment) -> int:
    mode, kind, written = segment.mode, segment.type, segment.flags or 0
    flags = written & _EXPRESSIONS
    if kind != _FUNCTION_ITEMS or any(function_index(item) is None for item in segment.items):
        flags = _EXPRESSIONS
    if not isinstance(mode, ElementMode):
        return flags | _NOT_ACTIVE | (_HAS_INDEX if mode == "declarative" else 0)
    had_index = written & (_NOT_ACTIVE | _HAS_INDEX) == _HAS_INDEX
    if had_index or mode.table_index or (flags and kind != FUNCREF):
        flags |= _HAS_INDEX
    return flags


def read_data_segment(
    reader: Reader, features: Features, expressions: ExpressionReader
) -> DataSegment:
    """A data segment.

    Raises:
        DecodeError: it is malformed.
        UnsupportedFeature: it is of a form that came with a proposal that is off.
    """
    start = reader.position
    flags = reader.u32()
    if flags > _HAS_INDEX:
        raise reader.error(f"malformed data segment kind {flags}", start)
    if flags:
        what = f"malformed data segment kind {flags}"
        features.require("bulk_memory", what, reader.where(start))
    mode = None
    if not flags & _NOT_ACTIVE:
        memory_index = reader.u32() if flags & _HAS_INDEX else 0
        mode = DataMode(memory_index, expressions.read(reader))
    return DataSegment(reader.raw(reader.u32()), mode, flags, start)


def write_data_segment(segment: DataSegment, write_expression: WriteExpression) -> bytes:
    """The bytes of a data segment, in the form it was read in, or else the shortest."""
    mode = segment.mode
    if mode is None:
        head = unsigned(_NOT_ACTIVE)
    elif mode.memory_index or segment.flags == _HAS_INDEX:
        index = unsigned(mode.memory_index)
        head = unsigned(_HAS_INDEX) + index + write_expression(mode.offset)
    else:
        head = unsigned(0) + write_expression(mode.offset)
    return head + unsigned(len(segment.data)) + segment.data
