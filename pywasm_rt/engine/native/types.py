"""Types as the C core numbers them, and as the rest of the package knows them.

A value type is a 32-bit word there (``native/types.h``); a defined type has a number, which like
the Python object stands for the type itself, however often it is declared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.errors import ExhaustionError
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
    HeapType,
    Limits,
    MemoryType,
    PackedType,
    ReferenceType,
    StorageType,
    StructType,
    SubType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate import DefinedType, define_function, define_group

__all__ = [
    "defined_type",
    "fill_limits",
    "function_type",
    "memory_type",
    "table_type",
    "type_code",
    "type_number",
    "value_type",
]

_REFERENCE, _NULLABLE, _ABSTRACT, _IN_GROUP = 1 << 31, 1 << 30, 1 << 29, 1 << 28
_INDEX_MASK = _ABSTRACT - 1
_SIMPLE: dict[int, StorageType] = {
    1: I32,
    2: I64,
    3: F32,
    4: F64,
    5: V128,
    6: PackedType.I8,
    7: PackedType.I16,
}
_HEAPS = {
    0x70: AbstractHeapType.FUNC,
    0x6F: AbstractHeapType.EXTERN,
    0x6E: AbstractHeapType.ANY,
    0x6D: AbstractHeapType.EQ,
    0x6C: AbstractHeapType.I31,
    0x6B: AbstractHeapType.STRUCT,
    0x6A: AbstractHeapType.ARRAY,
    0x69: AbstractHeapType.EXN,
    0x74: AbstractHeapType.NOEXN,
    0x73: AbstractHeapType.NOFUNC,
    0x72: AbstractHeapType.NOEXTERN,
    0x71: AbstractHeapType.NONE,
}
_SIMPLE_CODES = {type: code for code, type in _SIMPLE.items()}
_HEAP_CODES = {heap: code for code, heap in _HEAPS.items()}
_FUNCTION, _STRUCTURE, _ARRAY = range(3)

_defined: dict[int, DefinedType] = {}
_numbers: dict[DefinedType, int] = {}
_value_types: dict[int, ValueType] = {}
_lock = threading.RLock()


def value_type(code: int) -> ValueType:
    """The value type with this code; heap types in it are resolved."""
    type = _value_types.get(code)
    if type is None:
        storage = _storage(code, defined_type)
        assert not isinstance(storage, PackedType), "packed types are not value types"
        type = _value_types[code] = storage
    return type


def _storage(code: int, heap: Callable[[int], HeapType]) -> StorageType:
    if not code & _REFERENCE:
        return _SIMPLE[code]
    index = code & _INDEX_MASK
    target = _HEAPS[index] if code & _ABSTRACT else heap(index)
    return ReferenceType(nullable=bool(code & _NULLABLE), heap=target)


def defined_type(number: int) -> DefinedType:
    """The defined type with this number."""
    known = _defined.get(number)
    if known is not None:
        return known
    with _lock:
        plain = _plain_function(number)
        if plain is not None:
            return plain
        # Whatever a group refers to was defined before it: groups in order need no recursion.
        for first in sorted(_unknown_groups(number)):
            _define(first)
        return _defined[number]


def _plain_function(number: int) -> DefinedType | None:
    """The type with this number if it is a function of numbers alone, as nearly all are."""
    member = lib.wr_defined(number)
    if member.kind != _FUNCTION or member.group_count != 1 or member.depth != 1:
        return None
    parameters = ffi.unpack(member.params, member.param_count)
    results = ffi.unpack(member.results, member.result_count)
    if not member.is_final or any(code & _REFERENCE for code in (*parameters, *results)):
        return None
    function = FunctionType(tuple(map(value_type, parameters)), tuple(map(value_type, results)))
    type = _defined[number] = define_function(function)
    _numbers[type] = number
    return type


def _unknown_groups(number: int) -> set[int]:
    found: set[int] = set()
    pending = [number]
    while pending:
        first = lib.wr_defined(pending.pop()).group_first
        if first in found or first in _defined:
            continue
        found.add(first)
        for member in _members(first):
            pending += _mentioned(member)
    return found


def _members(first: int) -> list[Any]:
    return [lib.wr_defined(first + k) for k in range(lib.wr_defined(first).group_count)]


def _mentioned(member: Any) -> Iterator[int]:
    """The numbers of the types that a type refers to."""
    for code in _codes(member):
        if code & _REFERENCE and not code & _ABSTRACT:
            yield code & _INDEX_MASK
    if member.depth > 1:
        yield member.supers[member.depth - 2]


def _codes(member: Any) -> Iterator[int]:
    for k in range(member.param_count):
        yield member.params[k]
    for k in range(member.result_count):
        yield member.results[k]
    for k in range(member.field_count):
        yield member.fields[k].storage


def _define(first: int) -> None:
    members = _members(first)
    before: list[DefinedType] = []
    group = range(first, first + len(members))

    # In a group's own terms: types before it, in the order they are met, and then its members.
    outside = sorted({n for member in members for n in _mentioned(member)} - set(group))
    before = [_defined[number] for number in outside]
    places = {number: place for place, number in enumerate([*outside, *group])}

    subtypes = [
        SubType(
            _composite(member, places.__getitem__),
            final=member.is_final,
            supertypes=(places[member.supers[member.depth - 2]],) if member.depth > 1 else (),
        )
        for member in members
    ]
    for number, type in zip(group, define_group(subtypes, len(before), before), strict=True):
        _defined[number] = type
        _numbers[type] = number


def _composite(member: Any, heap: Callable[[int], HeapType]) -> CompositeType:
    def field(k: int) -> FieldType:
        entry = member.fields[k]
        return FieldType(_storage(entry.storage, heap), mutable=entry.is_mutable)

    if member.kind == _ARRAY:
        return ArrayType(field(0))
    if member.kind == _STRUCTURE:
        return StructType(tuple(map(field, range(member.field_count))))
    types = [_storage(code, heap) for code in _codes(member)]
    count = member.param_count
    return FunctionType(tuple(types[:count]), tuple(types[count:]))  # type: ignore[arg-type]


def function_type(number: int) -> FunctionType:
    """The function type that the defined type with this number is."""
    type = defined_type(number).function
    assert type is not None, "functions and tags have function types"
    return type


# The other way round: types that Python code made.


def type_number(type: DefinedType) -> int:
    """The number of a defined type, which the C core learns if it does not know it yet.

    Raises ExhaustionError.
    """
    known = _numbers.get(type)
    if known is not None:
        return known
    with _lock:
        pending = [type]
        while pending:
            missing = [
                other
                for other in _references(pending[-1])
                if other.group is not pending[-1].group and other not in _numbers
            ]
            if missing:
                pending += missing
            elif (last := pending.pop()) not in _numbers:
                _teach(last)
        return _numbers[type]


def _references(type: DefinedType) -> Iterator[DefinedType]:
    """The defined types that the group of a type refers to."""
    for member in type.group.members:
        if member.supertype is not None:
            yield member.supertype
        for storage in _storages(member.composite):
            if isinstance(storage, ReferenceType) and isinstance(storage.heap, DefinedType):
                yield storage.heap


def _storages(composite: CompositeType) -> tuple[StorageType, ...]:
    match composite:
        case FunctionType(parameters, results):
            return (*parameters, *results)
        case StructType(fields):
            return tuple(field.storage for field in fields)
        case ArrayType(field):
            return (field.storage,)


def _teach(type: DefinedType) -> None:
    members = type.group.members
    places = {member: _IN_GROUP | index for index, member in enumerate(members)}
    described = ffi.new("wr_group_member[]", len(members))
    kept: list[Any] = []

    def number(other: DefinedType) -> int:
        return places[other] if other in places else _numbers[other]

    for entry, member in zip(described, members, strict=True):
        codes = [_code(storage, number) for storage in _storages(member.composite)]
        entry.is_final = member.final
        if member.supertype is not None:
            entry.has_super, entry.super = True, number(member.supertype)
        if isinstance(member.composite, FunctionType):
            entry.kind = _FUNCTION
            entry.param_count = len(member.composite.parameters)
            entry.result_count = len(member.composite.results)
            kept.append(ffi.new("wr_type[]", codes or [0]))
            entry.params = kept[-1]
        else:
            is_array = isinstance(member.composite, ArrayType)
            entry.kind = _ARRAY if is_array else _STRUCTURE
            entry.field_count = len(codes)
            kept.append(_fields(member.composite, codes))
            entry.fields = kept[-1]
    first = lib.wr_define_group(described, len(members))
    if first == 0xFFFF_FFFF:
        raise ExhaustionError("memory", "no room for a type")
    for index, member in enumerate(members):
        _numbers[member] = first + index
        _defined[first + index] = member


def _fields(composite: CompositeType, codes: Iterable[int]) -> Any:
    declared = composite.fields if isinstance(composite, StructType) else (composite.field,)  # type: ignore[union-attr]
    fields = ffi.new("wr_field[]", max(1, len(declared)))
    for entry, field, code in zip(fields, declared, codes, strict=False):
        entry.storage, entry.is_mutable = code, field.mutable
    return fields


def type_code(type: StorageType) -> int:
    """The code of a type whose heap types are resolved. Raises ExhaustionError."""
    return _code(type, type_number)


def _code(type: StorageType, number: Callable[[DefinedType], int]) -> int:
    if not isinstance(type, ReferenceType):
        return _SIMPLE_CODES[type]
    code = _REFERENCE | (_NULLABLE if type.nullable else 0)
    if isinstance(type.heap, AbstractHeapType):
        return code | _ABSTRACT | _HEAP_CODES[type.heap]
    assert isinstance(type.heap, DefinedType), "heap types are resolved"
    return code | number(type.heap)


# Limits, memories, tables


def fill_limits(target: Any, limits: Limits, *, shared: bool = False, page_log2: int = 0) -> None:
    """Write limits into a C struct."""
    target.minimum = limits.minimum
    target.has_maximum = limits.maximum is not None
    target.maximum = limits.maximum or 0
    target.is_64, target.is_shared, target.page_size_log2 = limits.is_64, shared, page_log2


def _limits(source: Any, minimum: int) -> Limits:
    return Limits(minimum, source.maximum if source.has_maximum else None, is_64=source.is_64)


def memory_type(limits: Any, minimum: int | None = None) -> MemoryType:
    """The type of a memory, with its declared or another minimum in pages."""
    size = limits.minimum if minimum is None else minimum
    return MemoryType(_limits(limits, size), limits.is_shared, limits.page_size_log2)


def table_type(type: Any, minimum: int | None = None) -> TableType:
    """The type of a table, with its declared or another minimum."""
    element = value_type(type.element)
    assert isinstance(element, ReferenceType), "tables hold references"
    size = type.limits.minimum if minimum is None else minimum
    return TableType(element, _limits(type.limits, size), type.limits.is_shared)
