"""Types in the binary format, read and written (specification, binary format, "Types").

Readers raise :class:`~pywasm_rt.errors.DecodeError` for malformed bytes and
:class:`~pywasm_rt.errors.UnsupportedFeature` for types of a proposal that is switched off.
"""

from __future__ import annotations

from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.binary.leb128 import signed, unsigned
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.types import (
    F32,
    F64,
    FUNCREF,
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
    TagType,
    ValueType,
)

__all__ = [
    "global_type",
    "heap_type",
    "memory_type",
    "recursive_type",
    "reference_type",
    "table_type",
    "tag_type",
    "value_type",
    "value_types",
    "write_global_type",
    "write_heap_type",
    "write_memory_type",
    "write_recursive_type",
    "write_reference_type",
    "write_table_type",
    "write_tag_type",
    "write_value_type",
    "write_value_types",
]

_VALUE_TYPES: dict[int, tuple[ValueType, str]] = {
    0x7F: (I32, ""),
    0x7E: (I64, ""),
    0x7D: (F32, ""),
    0x7C: (F64, ""),
    0x7B: (V128, "simd"),
}
_HEAP_TYPES: dict[int, tuple[AbstractHeapType, str]] = {
    0x74: (AbstractHeapType.NOEXN, "exceptions"),
    0x73: (AbstractHeapType.NOFUNC, "gc"),
    0x72: (AbstractHeapType.NOEXTERN, "gc"),
    0x71: (AbstractHeapType.NONE, "gc"),
    0x70: (AbstractHeapType.FUNC, "reference_types"),
    0x6F: (AbstractHeapType.EXTERN, "reference_types"),
    0x6E: (AbstractHeapType.ANY, "gc"),
    0x6D: (AbstractHeapType.EQ, "gc"),
    0x6C: (AbstractHeapType.I31, "gc"),
    0x6B: (AbstractHeapType.STRUCT, "gc"),
    0x6A: (AbstractHeapType.ARRAY, "gc"),
    0x69: (AbstractHeapType.EXN, "exceptions"),
}
_NULLABLE = {
    code: (ReferenceType(nullable=True, heap=heap), feature)
    for code, (heap, feature) in _HEAP_TYPES.items()
}
_REF, _REF_NULL = 0x64, 0x63
_PACKED_TYPES = {0x78: PackedType.I8, 0x77: PackedType.I16}
_FUNCTION, _STRUCT, _ARRAY = 0x60, 0x5F, 0x5E
_SUB, _SUB_FINAL, _REC = 0x50, 0x4F, 0x4E
_HAS_MAXIMUM, _SHARED, _IS_64, _HAS_PAGE_SIZE = 1, 2, 4, 8
_LARGEST_PAGE_SIZE_LOG2 = 63

_CODE_OF: dict[ValueType | PackedType, int] = {
    **{kind: code for code, (kind, _) in _VALUE_TYPES.items()},
    **{kind: code for code, (kind, _) in _NULLABLE.items()},
    **{kind: code for code, kind in _PACKED_TYPES.items()},
}
_CODE_OF_HEAP = {heap: code for code, (heap, _) in _HEAP_TYPES.items()}


def heap_type(reader: Reader, features: Features) -> HeapType:
    """An abstract heap type, or the index of a type."""
    start = reader.position
    code = reader.peek()
    known = _HEAP_TYPES.get(-1 if code is None else code)
    if known is not None:
        heap, feature = known
        reader.position = start + 1
        features.require(feature, f"malformed heap type: {heap}", reader.where(start))
        return heap
    index = reader.s33()
    if index < 0:
        raise reader.error(f"malformed heap type 0x{index & 0x7F:x}", start)
    if not features.typed_references:
        what = "malformed heap type: a type index"
        features.require("function_references", what, reader.where(start))
    return index


def reference_type(reader: Reader, features: Features) -> ReferenceType:
    """A reference type."""
    start = reader.position
    kind = _value_type(reader, features, "reference")
    if not isinstance(kind, ReferenceType):
        raise reader.error(f"malformed reference type {kind}", start)
    return kind


def value_type(reader: Reader, features: Features) -> ValueType:
    """A value type."""
    return _value_type(reader, features, "value")


def _value_type(reader: Reader, features: Features, wanted: str) -> ValueType:
    start = reader.position
    code = reader.byte()
    known = _VALUE_TYPES.get(code) or _NULLABLE.get(code)
    if known is not None:
        kind, feature = known
        # In WebAssembly 1.0 funcref is the element type of tables, but not a value type.
        if feature and not (kind == FUNCREF and wanted == "reference"):
            features.require(feature, f"malformed {wanted} type: {kind}", reader.where(start))
        return kind
    if code not in (_REF, _REF_NULL):
        raise reader.error(f"malformed {wanted} type 0x{code:02x}", start)
    if not features.typed_references:
        what = f"malformed {wanted} type: (ref ...)"
        features.require("function_references", what, reader.where(start))
    return ReferenceType(nullable=code == _REF_NULL, heap=heap_type(reader, features))


def value_types(reader: Reader, features: Features) -> tuple[ValueType, ...]:
    """A list of value types."""
    return tuple([value_type(reader, features) for _ in range(reader.count())])


def _storage_type(reader: Reader, features: Features) -> StorageType:
    packed = _PACKED_TYPES.get(reader.peek() or 0)
    if packed is None:
        return value_type(reader, features)
    reader.byte()
    return packed


def _mutable(reader: Reader) -> bool:
    start = reader.position
    flag = reader.byte()
    if flag > 1:
        raise reader.error(f"malformed mutability 0x{flag:02x}", start)
    return flag == 1


def _field_type(reader: Reader, features: Features) -> FieldType:
    storage = _storage_type(reader, features)
    return FieldType(storage, _mutable(reader))


def _composite_type(reader: Reader, features: Features) -> CompositeType:
    start = reader.position
    code = reader.byte()
    if code == _FUNCTION:
        parameters = value_types(reader, features)
        results_start = reader.position
        results = value_types(reader, features)
        if len(results) > 1:
            what = "a function type with several results"
            features.require("multi_value", what, reader.where(results_start))
        return FunctionType(parameters, results)
    if code > 0x7F:
        raise reader.error("integer representation too long", start)
    if code not in (_STRUCT, _ARRAY):
        raise reader.error(f"malformed definition type 0x{code:02x}", start)
    what = "a structure type" if code == _STRUCT else "an array type"
    features.require("gc", f"malformed definition type: {what}", reader.where(start))
    if code == _ARRAY:
        return ArrayType(_field_type(reader, features))
    return StructType(tuple([_field_type(reader, features) for _ in range(reader.count())]))


def _sub_type(reader: Reader, features: Features) -> SubType:
    start = reader.position
    code = reader.peek()
    if code not in (_SUB, _SUB_FINAL):
        return SubType(_composite_type(reader, features))
    features.require("gc", "malformed definition type: a subtype", reader.where(start))
    reader.byte()
    supertypes = tuple([reader.u32() for _ in range(reader.count())])
    return SubType(_composite_type(reader, features), code == _SUB_FINAL, supertypes)


def recursive_type(reader: Reader, features: Features) -> RecursiveType:
    """An entry of the type section: a recursion group, or one type that is its own group."""
    if reader.peek() != _REC:
        return RecursiveType((_sub_type(reader, features),))
    features.require("gc", "malformed definition type: a recursion group", reader.where())
    reader.byte()
    return RecursiveType(tuple([_sub_type(reader, features) for _ in range(reader.count())]))


def _limits(reader: Reader, features: Features, flags: int) -> Limits:
    # With 64-bit memories in the language, every size has 64 bits and validation bounds it.
    size = reader.u64 if features.memory64 else reader.u32
    minimum = size()
    maximum = size() if flags & _HAS_MAXIMUM else None
    return Limits(minimum, maximum, bool(flags & _IS_64))


def _limits_flags(reader: Reader, features: Features, allowed: int) -> int:
    start = reader.position
    flags = reader.byte()
    if flags & ~allowed:
        raise reader.error(f"malformed limits flags 0x{flags:02x}", start)
    for flag, feature, what in (
        (_SHARED, "threads", "shared"),
        (_IS_64, "memory64", "64-bit addresses"),
        (_HAS_PAGE_SIZE, "custom_page_sizes", "a page size"),
    ):
        if flags & flag:
            message = f"malformed limits flags 0x{flags:02x}: {what}"
            features.require(feature, message, reader.where(start))
    if flags & _HAS_PAGE_SIZE and not reader.remaining:
        raise reader.error(f"malformed limits flags 0x{flags:02x}: no sizes follow", start)
    return flags


def memory_type(reader: Reader, features: Features) -> MemoryType:
    """A memory type: flags, limits and perhaps a page size."""
    flags = _limits_flags(reader, features, 15)
    limits = _limits(reader, features, flags)
    page_size_log2 = 16
    if flags & _HAS_PAGE_SIZE:
        start = reader.position
        page_size_log2 = reader.u32()
        if page_size_log2 > _LARGEST_PAGE_SIZE_LOG2:
            raise reader.error(f"invalid custom page size 2**{page_size_log2}", start)
    return MemoryType(limits, bool(flags & _SHARED), page_size_log2)


def table_type(reader: Reader, features: Features) -> TableType:
    """A table type: element type, flags and limits."""
    element = reference_type(reader, features)
    start = reader.position
    flags = _limits_flags(reader, features, 7 if features.threads else 5)
    limits = _limits(reader, features, flags)
    if flags & _SHARED:
        raise reader.error("tables cannot be shared (yet)", start)
    return TableType(element, limits)


def global_type(reader: Reader, features: Features) -> GlobalType:
    """A global type: value type and mutability."""
    value = value_type(reader, features)
    return GlobalType(value, _mutable(reader))


def tag_type(reader: Reader) -> TagType:
    """A tag type: an attribute that must be zero, and a type index."""
    start = reader.position
    if reader.byte() != 0:
        raise reader.error("malformed tag attribute", start)
    return TagType(reader.u32())


def write_heap_type(heap: HeapType) -> bytes:
    """The bytes of a heap type."""
    if isinstance(heap, int):
        return signed(heap)
    if isinstance(heap, AbstractHeapType):
        return bytes((_CODE_OF_HEAP[heap],))
    raise EngineBug(f"{heap!r} is not syntax: a module holds type indices")


def write_value_type(kind: StorageType) -> bytes:
    """The bytes of a value type or a packed type."""
    code = _CODE_OF.get(kind)
    if code is not None:
        return bytes((code,))
    assert isinstance(kind, ReferenceType)
    return bytes((_REF_NULL if kind.nullable else _REF,)) + write_heap_type(kind.heap)


def write_reference_type(kind: ReferenceType) -> bytes:
    """The bytes of a reference type, in the short form if it has one."""
    return write_value_type(kind)


def write_value_types(kinds: tuple[ValueType, ...]) -> bytes:
    """The bytes of a list of value types."""
    return unsigned(len(kinds)) + b"".join(map(write_value_type, kinds))


def _write_field_type(field: FieldType) -> bytes:
    return write_value_type(field.storage) + bytes((field.mutable,))


def _write_composite_type(composite: CompositeType) -> bytes:
    if isinstance(composite, FunctionType):
        parameters = write_value_types(composite.parameters)
        return bytes((_FUNCTION,)) + parameters + write_value_types(composite.results)
    if isinstance(composite, ArrayType):
        return bytes((_ARRAY,)) + _write_field_type(composite.field)
    fields = b"".join(map(_write_field_type, composite.fields))
    return bytes((_STRUCT,)) + unsigned(len(composite.fields)) + fields


def _write_sub_type(sub_type: SubType) -> bytes:
    composite = _write_composite_type(sub_type.composite)
    if sub_type.final and not sub_type.supertypes:
        return composite
    supertypes = b"".join(map(unsigned, sub_type.supertypes))
    code = bytes((_SUB_FINAL if sub_type.final else _SUB,))
    return code + unsigned(len(sub_type.supertypes)) + supertypes + composite


def write_recursive_type(group: RecursiveType) -> bytes:
    """The bytes of an entry of the type section; a group of one is written without ``rec``."""
    members = b"".join(map(_write_sub_type, group.members))
    if len(group.members) == 1:
        return members
    return bytes((_REC,)) + unsigned(len(group.members)) + members


def _write_limits(limits: Limits, flags: int) -> bytes:
    flags |= _IS_64 if limits.is_64 else 0
    if limits.maximum is None:
        return bytes((flags,)) + unsigned(limits.minimum)
    flags |= _HAS_MAXIMUM
    return bytes((flags,)) + unsigned(limits.minimum) + unsigned(limits.maximum)


def write_memory_type(kind: MemoryType) -> bytes:
    """The bytes of a memory type."""
    flags = _SHARED if kind.shared else 0
    if kind.page_size_log2 == 16:
        return _write_limits(kind.limits, flags)
    return _write_limits(kind.limits, flags | _HAS_PAGE_SIZE) + unsigned(kind.page_size_log2)


def write_table_type(kind: TableType) -> bytes:
    """The bytes of a table type."""
    return write_value_type(kind.element) + _write_limits(kind.limits, 0)


def write_global_type(kind: GlobalType) -> bytes:
    """The bytes of a global type."""
    return write_value_type(kind.value) + bytes((kind.mutable,))


def write_tag_type(kind: TagType) -> bytes:
    """The bytes of a tag type."""
    return b"\x00" + unsigned(kind.type_index)
