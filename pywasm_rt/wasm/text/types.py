"""Types in the text format: values, references, functions, structures, arrays, limits."""

from __future__ import annotations

from typing import NamedTuple

from pywasm_rt.wasm.text.annotations import name_annotation
from pywasm_rt.wasm.text.context import ModuleContext, Space, index_in
from pywasm_rt.wasm.text.cursor import Cursor
from pywasm_rt.wasm.types import (
    F32,
    F64,
    I32,
    I64,
    V128,
    AbstractHeapType,
    ArrayType,
    CompositeType,
    FieldType,
    FunctionType,
    GlobalType,
    HeapType,
    Limits,
    MemoryType,
    PackedType,
    RecursiveType,
    ReferenceType,
    StorageType,
    StructType,
    SubType,
    TableType,
    ValueType,
)

__all__ = [
    "Parameter",
    "function_signature",
    "global_type",
    "heap_type",
    "is_value_type",
    "limits",
    "memory_type",
    "parse_type_field",
    "reference_type",
    "sub_type",
    "table_type",
    "type_use",
    "value_type",
]

_NUMBERS: dict[str, ValueType] = {"i32": I32, "i64": I64, "f32": F32, "f64": F64, "v128": V128}
_PACKED = {"i8": PackedType.I8, "i16": PackedType.I16}
_HEAPS = {heap.value: heap for heap in AbstractHeapType}
_REFERENCES = {
    str(ReferenceType(nullable=True, heap=heap)): ReferenceType(nullable=True, heap=heap)
    for heap in AbstractHeapType
}


class Parameter(NamedTuple):
    """A parameter: its identifier, its type, and the name that an annotation gives to it."""

    name: str | None
    type: ValueType
    annotated: str | None = None


def heap_type(cursor: Cursor, context: ModuleContext) -> HeapType:
    """Read ``func``, ``any`` ... or a type index."""
    heap = _HEAPS.get(cursor.word())
    if heap is not None:
        cursor.index += 1
        return heap
    if cursor.kind() not in ("id", "number"):
        raise cursor.unexpected("expected a heap type")
    return index_in(context.spaces["type"], cursor)


def reference_type(cursor: Cursor, context: ModuleContext) -> ReferenceType:
    """Read ``funcref`` ... or ``(ref null? heap)``."""
    reference = _REFERENCES.get(cursor.word())
    if reference is not None:
        cursor.index += 1
        return reference
    cursor.expect("ref")
    nullable = cursor.accept_word("null")
    heap = heap_type(cursor, context)
    cursor.close()
    return ReferenceType(nullable, heap)


def value_type(cursor: Cursor, context: ModuleContext) -> ValueType:
    """Read any value type."""
    number = _NUMBERS.get(cursor.word())
    if number is not None:
        cursor.index += 1
        return number
    return reference_type(cursor, context)


def is_value_type(cursor: Cursor) -> bool:
    """Whether a value type comes next."""
    word = cursor.word()
    return word in _NUMBERS or word in _REFERENCES or cursor.opens("ref")


def function_signature(
    cursor: Cursor, context: ModuleContext, *, named: bool = True
) -> tuple[list[Parameter], list[ValueType]]:
    """Read ``(param ...)* (result ...)*``; parameters with their names (if ``named`` allows)."""
    parameters: list[Parameter] = []
    results: list[ValueType] = []
    while cursor.enter("param"):
        name = cursor.identifier() if named else None
        note = name_annotation(cursor) if named else None
        if name is not None or note is not None:
            parameters.append(Parameter(name, value_type(cursor, context), note))
        else:
            while cursor.kind() != ")":
                parameters.append(Parameter(None, value_type(cursor, context)))
        cursor.close()
    while cursor.enter("result"):
        while cursor.kind() != ")":
            results.append(value_type(cursor, context))
        cursor.close()
    return parameters, results


def type_use(
    cursor: Cursor, context: ModuleContext, *, named: bool = True
) -> tuple[int, list[Parameter]]:
    """Read ``(type x)? (param ...)* (result ...)*``.

    Returns the type index, and the parameters with their names where they were written. Raises
    ParseError "inline function type" where type and signature do not agree.
    """
    begin = cursor.index
    index: int | None = None
    if cursor.enter("type"):
        index = index_in(context.spaces["type"], cursor)
        cursor.close()
    parameters, results = function_signature(cursor, context, named=named)
    inline = FunctionType(tuple(item.type for item in parameters), tuple(results))
    if cursor.opened_word() in ("param", "result", "type"):
        cursor.index += 1
        raise cursor.unexpected()
    if index is None:
        return context.function_type(inline), parameters
    if parameters or results:
        known = context.types[index].composite if index < len(context.types) else None
        if known is None:
            raise cursor.error(f"unknown type {index}", begin)
        if known != inline:
            raise cursor.error("inline function type does not match the type named", begin)
    return index, parameters


def limits(cursor: Cursor, context: ModuleContext) -> Limits:
    """Read ``i64? min max?``. Figures have 64 bits since there are 64-bit memories, 32 before."""
    is_64 = cursor.accept_word("i64")
    if not is_64:
        cursor.accept_word("i32")
    bits = 64 if context.features.memory64 else 32
    complaint = f"i{bits} constant out of range"
    minimum = cursor.natural(bits, complaint)
    maximum = cursor.natural(bits, complaint) if cursor.kind() == "number" else None
    return Limits(minimum, maximum, is_64)


def memory_type(cursor: Cursor, context: ModuleContext) -> MemoryType:
    """Read ``i64? min max? shared? (pagesize n)?``."""
    bounds = limits(cursor, context)
    shared = cursor.accept_word("shared")
    return MemoryType(bounds, shared, page_size_log2(cursor))


def page_size_log2(cursor: Cursor) -> int:
    """Read ``(pagesize n)`` if it comes next; log2 of the size (16 without it)."""
    if not cursor.enter("pagesize"):
        return 16
    size = cursor.natural(64)
    if size == 0 or size & size - 1:
        raise cursor.error("invalid custom page size: not a power of two", cursor.index - 1)
    cursor.close()
    return size.bit_length() - 1


def table_type(cursor: Cursor, context: ModuleContext) -> TableType:
    """Read ``i64? min max? reftype``."""
    bounds = limits(cursor, context)
    shared = cursor.accept_word("shared")
    return TableType(reference_type(cursor, context), bounds, shared)


def global_type(cursor: Cursor, context: ModuleContext) -> GlobalType:
    """Read ``valtype`` or ``(mut valtype)``."""
    if cursor.enter("mut"):
        type_ = GlobalType(value_type(cursor, context), mutable=True)
        cursor.close()
        return type_
    return GlobalType(value_type(cursor, context))


def _storage(cursor: Cursor, context: ModuleContext) -> StorageType:
    packed = _PACKED.get(cursor.word())
    if packed is not None:
        cursor.index += 1
        return packed
    return value_type(cursor, context)


def _field_type(cursor: Cursor, context: ModuleContext) -> FieldType:
    if cursor.enter("mut"):
        field = FieldType(_storage(cursor, context), mutable=True)
        cursor.close()
        return field
    return FieldType(_storage(cursor, context))


def _struct(cursor: Cursor, context: ModuleContext, index: int) -> StructType:
    fields: list[FieldType] = []
    names = Space("field")
    while cursor.enter("field"):
        name, note = cursor.identifier(), name_annotation(cursor)
        if note is not None:
            context.annotate_field(index, len(fields), note)
        if name is not None:
            names.bind(cursor, name, len(fields))
        if name is not None or note is not None:
            fields.append(_field_type(cursor, context))
        else:
            while cursor.kind() != ")":
                fields.append(_field_type(cursor, context))
        cursor.close()
    context.fields[index] = names
    return StructType(tuple(fields))


def _composite(cursor: Cursor, context: ModuleContext, index: int) -> CompositeType:
    composite: CompositeType
    if cursor.enter("func"):
        parameters, results = function_signature(cursor, context)
        _refuse_duplicates(cursor, parameters)
        composite = FunctionType(tuple(item.type for item in parameters), tuple(results))
    elif cursor.enter("struct"):
        composite = _struct(cursor, context, index)
    elif cursor.enter("array"):
        composite = ArrayType(_field_type(cursor, context))
    else:
        raise cursor.unexpected("expected (func, (struct or (array")
    cursor.close()
    return composite


def _refuse_duplicates(cursor: Cursor, parameters: list[Parameter]) -> None:
    names = [item.name for item in parameters if item.name is not None]
    for name in names:
        if names.count(name) > 1:
            raise cursor.error(f"duplicate local ${name}")


def sub_type(cursor: Cursor, context: ModuleContext, index: int) -> SubType:
    """Read ``(sub final? x* comptype)`` or a composite type alone; ``index`` is the type's own."""
    if not cursor.enter("sub"):
        return SubType(_composite(cursor, context, index))
    final = cursor.accept_word("final")
    supertypes: list[int] = []
    while cursor.kind() in ("id", "number"):
        supertypes.append(index_in(context.spaces["type"], cursor))
    sub = SubType(_composite(cursor, context, index), final, tuple(supertypes))
    cursor.close()
    return sub


def parse_type_field(cursor: Cursor, context: ModuleContext, first: int) -> RecursiveType:
    """Read ``(type ...)`` or ``(rec (type ...)*)``; ``first`` is the index of its first type."""
    if cursor.enter("rec"):
        members: list[SubType] = []
        while cursor.kind() != ")":
            members.append(_type_definition(cursor, context, first + len(members)))
        cursor.close()
        return RecursiveType(tuple(members))
    return RecursiveType((_type_definition(cursor, context, first),))


def _type_definition(cursor: Cursor, context: ModuleContext, index: int) -> SubType:
    cursor.expect("type")
    cursor.identifier()
    note = name_annotation(cursor)
    if note is not None:
        context.annotate("type", index, note)
    sub = sub_type(cursor, context, index)
    cursor.close()
    return sub
