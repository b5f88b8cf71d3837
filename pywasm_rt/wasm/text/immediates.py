"""The immediates of instructions in the text format: one reader a kind, as a table.

Most instructions read their immediates in the order of their row. The few whose text differs
from their binary (optional indices, another order) are listed in ``_BY_MNEMONIC``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pywasm_rt.wasm.instructions.instruction import Catch, MemoryArgument, Row
from pywasm_rt.wasm.text.context import FunctionContext, index_in
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.text.literals import float_bits, integer
from pywasm_rt.wasm.text.types import (
    function_signature,
    heap_type,
    reference_type,
    type_use,
    value_type,
)
from pywasm_rt.wasm.types import ValueType

__all__ = ["block_type", "catches", "lane_bits", "read_immediates", "select_types"]

_SHAPES = {
    "i8x16": (8, 16),
    "i16x8": (16, 8),
    "i32x4": (32, 4),
    "i64x2": (64, 2),
    "f32x4": (32, 4),
    "f64x2": (64, 2),
}

_NATURAL = re.compile(r"0x[0-9a-fA-F_]+|[0-9_]+")

Reader = Callable[[Cursor, FunctionContext, Row], object]


def _integer(bits: int) -> Reader:
    def read(cursor: Cursor, _context: FunctionContext, _row: Row) -> int:
        return _literal(cursor, integer, bits, "constant out of range")

    return read


def _float(bits: int) -> Reader:
    def read(cursor: Cursor, _context: FunctionContext, _row: Row) -> int:
        return _literal(cursor, float_bits, bits, "constant out of range")

    return read


def _literal(
    cursor: Cursor, convert: Callable[[str, int], int | None], bits: int, complaint: str
) -> int:
    text = cursor.number()
    try:
        value = convert(text, bits)
    except ValueError:
        raise cursor.error(f"unknown operator {text}", cursor.index - 1) from None
    if value is None:
        raise cursor.error(complaint, cursor.index - 1)
    return value


def _index(space: str) -> Reader:
    def read(cursor: Cursor, context: FunctionContext, _row: Row) -> int:
        return index_in(context.module.spaces[space], cursor)

    return read


def _optional_index(cursor: Cursor, context: FunctionContext, space: str) -> int:
    if cursor.kind() in ("id", "number"):
        return index_in(context.module.spaces[space], cursor)
    return 0


def _local(cursor: Cursor, context: FunctionContext, _row: Row) -> int:
    return index_in(context.locals, cursor)


def _label(cursor: Cursor, context: FunctionContext, _row: Row) -> int:
    return context.label(cursor)


def _heap(cursor: Cursor, context: FunctionContext, _row: Row) -> object:
    return heap_type(cursor, context.module)


def _reference(cursor: Cursor, context: FunctionContext, _row: Row) -> object:
    return reference_type(cursor, context.module)


def _lane(cursor: Cursor, _context: FunctionContext, _row: Row) -> int:
    return _lane_number(cursor)


def _lane_number(cursor: Cursor) -> int:
    if cursor.kind() == "number" and str(cursor.values[cursor.index])[0] in "+-":
        raise cursor.unexpected("expected a lane number")
    return cursor.natural(8, "i8 constant out of range")


def _sixteen_lanes(cursor: Cursor, _context: FunctionContext, _row: Row) -> tuple[int, ...]:
    begin = cursor.index
    lanes: list[int] = []
    while cursor.kind() == "number":
        if not _NATURAL.fullmatch(str(cursor.values[cursor.index])):
            raise cursor.error("i8 constant out of range")
        lanes.append(_lane_number(cursor))
    if len(lanes) != 16:
        raise cursor.error("invalid lane length", begin)
    return tuple(lanes)


def _count(cursor: Cursor, _context: FunctionContext, _row: Row) -> int:
    return cursor.natural(32)


def _memory_argument(cursor: Cursor, context: FunctionContext, row: Row) -> MemoryArgument:
    memory = 0
    # Behind a lone number of a lane access stands nothing more: it is the lane, not the memory.
    more = cursor.kind(1) in ("number", "word") and "lane" in row.immediates
    lone = "lane" in row.immediates and not (more and _begins_argument(cursor, 1))
    if cursor.kind() == "id" or (cursor.kind() == "number" and not lone):
        memory = index_in(context.module.spaces["memory"], cursor)
    offset = _keyed(cursor, "offset", 64)
    align = _keyed(cursor, "align", 64)
    if align is None:
        return MemoryArgument(row.natural_align_log2, memory, offset or 0)
    if align == 0 or align & align - 1:
        raise cursor.error("alignment must be a power of two", cursor.index - 1)
    return MemoryArgument(align.bit_length() - 1, memory, offset or 0)


def _begins_argument(cursor: Cursor, ahead: int) -> bool:
    """Whether the token ahead is a number or begins with ``offset=`` or ``align=``."""
    value = str(cursor.values[cursor.index + ahead])
    return cursor.kind(ahead) == "number" or value.startswith(("offset=", "align="))


def _keyed(cursor: Cursor, key: str, bits: int) -> int | None:
    """Read ``key=N`` if it comes next."""
    word = cursor.word()
    if not word.startswith(key + "="):
        return None
    text = word[len(key) + 1 :].replace("_", "")
    try:
        value = int(text, 16 if text.startswith("0x") else 10)
    except ValueError:
        raise cursor.error(f"unknown operator {word}") from None
    if text[0] in "+-":
        raise cursor.error(f"unknown operator {word}")
    if value >= 1 << bits:
        raise cursor.error("constant out of range")
    cursor.index += 1
    return value


def lane_bits(cursor: Cursor) -> tuple[str, int, int]:
    """Read the shape of a ``v128.const``: its word, the bits of a lane, the number of lanes."""
    shape = cursor.word()
    if shape not in _SHAPES:
        raise cursor.unexpected("expected the shape of a vector")
    cursor.index += 1
    return shape, *_SHAPES[shape]


def _vector(cursor: Cursor, _context: FunctionContext, _row: Row) -> int:
    shape, bits, count = lane_bits(cursor)
    convert = integer if shape[0] == "i" else float_bits
    numbers = 0
    while cursor.kind(numbers) == "number":
        numbers += 1
    if cursor.kind(numbers) == "reserved" or (numbers == 0 and cursor.kind() == "word"):
        cursor.index += numbers
        raise cursor.unexpected("expected a lane")
    if numbers != count:
        raise cursor.error("wrong number of lane literals")
    value = 0
    for lane in range(count):
        number = _literal(cursor, convert, bits, "constant out of range")
        value |= (number & (1 << bits) - 1) << bits * lane
    return value


def block_type(cursor: Cursor, context: FunctionContext) -> object:
    """Read a block's type: None, one value type, or a type index."""
    if not cursor.opens("type"):
        begin = cursor.index
        parameters, results = function_signature(cursor, context.module, named=False)
        if not parameters and len(results) <= 1:
            return results[0] if results else None
        cursor.index = begin
    return type_use(cursor, context.module, named=False)[0]


def catches(cursor: Cursor, context: FunctionContext) -> tuple[Catch, ...]:
    """Read the handlers of a ``try_table``; their labels are those outside of it."""
    handlers: list[Catch] = []
    while cursor.opened_word() in ("catch", "catch_ref", "catch_all", "catch_all_ref"):
        kind = cursor.opened_word()
        cursor.index += 2
        tagged = kind in ("catch", "catch_ref")
        tag = index_in(context.module.spaces["tag"], cursor) if tagged else None
        handlers.append(Catch(kind, tag, context.label(cursor)))
        cursor.close()
    return tuple(handlers)


def _field_of_type(cursor: Cursor, context: FunctionContext) -> tuple[int, int]:
    type_index = index_in(context.module.spaces["type"], cursor)
    if cursor.kind() == "id":
        names = context.module.fields.get(type_index)
        if names is None:
            raise cursor.error(f"unknown field ${cursor.identifier()}")
        return type_index, index_in(names, cursor)
    return type_index, cursor.natural(32)


def _table_and_type(cursor: Cursor, context: FunctionContext, _row: Row) -> tuple[object, ...]:
    table = _optional_index(cursor, context, "table")
    type_index, _ = type_use(cursor, context.module, named=False)
    return type_index, table


def _two_of(space: str) -> Callable[[Cursor, FunctionContext, Row], tuple[object, ...]]:
    def read(cursor: Cursor, context: FunctionContext, _row: Row) -> tuple[object, ...]:
        if cursor.kind() not in ("id", "number"):
            return 0, 0
        names = context.module.spaces[space]
        return index_in(names, cursor), index_in(names, cursor)

    return read


def _segment_and(
    segment: str, space: str
) -> Callable[[Cursor, FunctionContext, Row], tuple[object, ...]]:
    def read(cursor: Cursor, context: FunctionContext, _row: Row) -> tuple[object, ...]:
        target = 0
        if cursor.kind(1) in ("id", "number"):
            target = index_in(context.module.spaces[space], cursor)
        return index_in(context.module.spaces[segment], cursor), target

    return read


def _one_optional(space: str) -> Callable[[Cursor, FunctionContext, Row], tuple[object, ...]]:
    def read(cursor: Cursor, context: FunctionContext, _row: Row) -> tuple[object, ...]:
        return (_optional_index(cursor, context, space),)

    return read


def _branch_table(cursor: Cursor, context: FunctionContext, _row: Row) -> tuple[object, ...]:
    labels = [context.label(cursor)]
    while cursor.kind() in ("id", "number"):
        labels.append(context.label(cursor))
    return tuple(labels[:-1]), labels[-1]


def _structure_field(cursor: Cursor, context: FunctionContext, _row: Row) -> tuple[object, ...]:
    return _field_of_type(cursor, context)


_BY_MNEMONIC: dict[str, Callable[[Cursor, FunctionContext, Row], tuple[object, ...]]] = {
    "br_table": _branch_table,
    "call_indirect": _table_and_type,
    "return_call_indirect": _table_and_type,
    "memory.copy": _two_of("memory"),
    "table.copy": _two_of("table"),
    "memory.init": _segment_and("data", "memory"),
    "table.init": _segment_and("elem", "table"),
    **{f"memory.{name}": _one_optional("memory") for name in ("size", "grow", "fill")},
    **{f"table.{name}": _one_optional("table") for name in ("get", "set", "size", "grow", "fill")},
    **{f"struct.{name}": _structure_field for name in ("get", "get_s", "get_u", "set")},
}

_BY_KIND: dict[str, Reader] = {
    "i32": _integer(32),
    "i64": _integer(64),
    "f32": _float(32),
    "f64": _float(64),
    "v128": _vector,
    "function": _index("func"),
    "type": _index("type"),
    "table": _index("table"),
    "memory": _index("memory"),
    "global": _index("global"),
    "element": _index("elem"),
    "data": _index("data"),
    "tag": _index("tag"),
    "local": _local,
    "label": _label,
    "lane": _lane,
    "lanes16": _sixteen_lanes,
    "heap_type": _heap,
    "reference_type": _reference,
    "count": _count,
    "memory_argument": _memory_argument,
}


def read_immediates(cursor: Cursor, context: FunctionContext, row: Row) -> tuple[object, ...]:
    """Read the immediates of an instruction that is no block (the cursor is behind its word)."""
    special = _BY_MNEMONIC.get(row.mnemonic)
    if special is not None:
        return special(cursor, context, row)
    return tuple([_BY_KIND[kind](cursor, context, row) for kind in row.immediates])


def select_types(cursor: Cursor, context: FunctionContext) -> tuple[ValueType, ...] | None:
    """Read ``(result t*)*`` behind ``select``; None if there is none."""
    if not cursor.opens("result"):
        return None
    types: list[ValueType] = []
    while cursor.enter("result"):
        while cursor.kind() != ")":
            types.append(value_type(cursor, context.module))
        cursor.close()
    return tuple(types)
