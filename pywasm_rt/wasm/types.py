"""The types of WebAssembly 3.0 as plain data (specification, sections "Types" and "Type syntax").

Types here are *syntax*: a concrete heap type is the index of a type in its module. What a type
means outside its module (equality up to iso-recursion, subtyping) is the business of
``wasm/validate``, which resolves indices to :class:`~pywasm_rt.wasm.validate.DefinedType`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = [
    "ANYREF",
    "EXNREF",
    "EXTERNREF",
    "F32",
    "F64",
    "FUNCREF",
    "I32",
    "I64",
    "PAGE_SIZE_BYTES",
    "V128",
    "AbstractHeapType",
    "ArrayType",
    "CompositeType",
    "DefinedTypeBase",
    "ExternKind",
    "ExternType",
    "FieldType",
    "FunctionType",
    "FunctionTypeUse",
    "GlobalType",
    "HeapType",
    "Limits",
    "MemoryType",
    "NumberType",
    "PackedType",
    "RecursiveType",
    "ReferenceType",
    "StorageType",
    "StructType",
    "SubType",
    "TableType",
    "TagType",
    "ValueType",
    "VectorType",
]

PAGE_SIZE_BYTES = 65536


class NumberType(enum.Enum):
    """The four number types."""

    I32 = "i32"
    I64 = "i64"
    F32 = "f32"
    F64 = "f64"

    def __str__(self) -> str:
        return self.value


class VectorType(enum.Enum):
    """The one vector type."""

    V128 = "v128"

    def __str__(self) -> str:
        return self.value


class AbstractHeapType(enum.Enum):
    """The heap types that every module has."""

    FUNC = "func"
    NOFUNC = "nofunc"
    EXTERN = "extern"
    NOEXTERN = "noextern"
    ANY = "any"
    EQ = "eq"
    I31 = "i31"
    STRUCT = "struct"
    ARRAY = "array"
    NONE = "none"
    EXN = "exn"
    NOEXN = "noexn"

    def __str__(self) -> str:
        return self.value


class DefinedTypeBase:
    """What a resolved type index refers to; the class itself lives in ``wasm/validate``."""

    __slots__ = ()


HeapType = AbstractHeapType | int | DefinedTypeBase


_SHORTHANDS = {
    AbstractHeapType.NONE: "nullref",
    AbstractHeapType.NOFUNC: "nullfuncref",
    AbstractHeapType.NOEXTERN: "nullexternref",
    AbstractHeapType.NOEXN: "nullexnref",
}


@dataclass(frozen=True, slots=True)
class ReferenceType:
    """``(ref null? heap)``."""

    nullable: bool
    heap: HeapType

    def __str__(self) -> str:
        if self.nullable and isinstance(self.heap, AbstractHeapType):
            return _SHORTHANDS.get(self.heap, f"{self.heap}ref")
        return f"(ref {'null ' if self.nullable else ''}{self.heap})"


ValueType = NumberType | VectorType | ReferenceType

I32 = NumberType.I32
I64 = NumberType.I64
F32 = NumberType.F32
F64 = NumberType.F64
V128 = VectorType.V128
FUNCREF = ReferenceType(nullable=True, heap=AbstractHeapType.FUNC)
EXTERNREF = ReferenceType(nullable=True, heap=AbstractHeapType.EXTERN)
ANYREF = ReferenceType(nullable=True, heap=AbstractHeapType.ANY)
EXNREF = ReferenceType(nullable=True, heap=AbstractHeapType.EXN)


class PackedType(enum.Enum):
    """Field types narrower than a value."""

    I8 = "i8"
    I16 = "i16"

    def __str__(self) -> str:
        return self.value


StorageType = ValueType | PackedType


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field of a structure or the element of an array."""

    storage: StorageType
    mutable: bool = False


@dataclass(frozen=True, slots=True)
class FunctionType:
    """``(func (param ...) (result ...))``."""

    parameters: tuple[ValueType, ...] = ()
    results: tuple[ValueType, ...] = ()

    def __str__(self) -> str:
        parameters = " ".join(map(str, self.parameters))
        results = " ".join(map(str, self.results))
        return f"[{parameters}] -> [{results}]"


@dataclass(frozen=True, slots=True)
class StructType:
    """``(struct (field ...)*)``."""

    fields: tuple[FieldType, ...] = ()


@dataclass(frozen=True, slots=True)
class ArrayType:
    """``(array field)``."""

    field: FieldType


CompositeType = FunctionType | StructType | ArrayType


@dataclass(frozen=True, slots=True)
class SubType:
    """``(sub final? supertypes composite)``; supertypes are type indices (at most one in 3.0)."""

    composite: CompositeType
    final: bool = True
    supertypes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RecursiveType:
    """``(rec subtype*)``: a group of types that may refer to each other."""

    members: tuple[SubType, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in pages or elements; ``maximum`` None means none; ``is_64`` is the address type."""

    minimum: int
    maximum: int | None = None
    is_64: bool = False

    @property
    def address_type(self) -> NumberType:
        """``i32`` or ``i64``: the type of addresses and sizes."""
        return I64 if self.is_64 else I32

    def __str__(self) -> str:
        prefix = "i64 " if self.is_64 else ""
        return prefix + (
            str(self.minimum) if self.maximum is None else f"{self.minimum} {self.maximum}"
        )


@dataclass(frozen=True, slots=True)
class MemoryType:
    """A memory: limits in pages of ``2 ** page_size_log2`` bytes (16, or 0 as proposed)."""

    limits: Limits
    shared: bool = False
    page_size_log2: int = 16

    @property
    def page_size_bytes(self) -> int:
        """Bytes in a page of this memory."""
        return 1 << self.page_size_log2


@dataclass(frozen=True, slots=True)
class TableType:
    """A table: limits in elements."""

    element: ReferenceType
    limits: Limits
    shared: bool = False


@dataclass(frozen=True, slots=True)
class GlobalType:
    """A global."""

    value: ValueType
    mutable: bool = False


@dataclass(frozen=True, slots=True)
class TagType:
    """An exception tag: the index of its function type (results empty)."""

    type_index: int


class ExternKind(enum.Enum):
    """The kinds of things that can be imported and exported; the value is the binary's byte."""

    FUNCTION = 0
    TABLE = 1
    MEMORY = 2
    GLOBAL = 3
    TAG = 4

    @property
    def keyword(self) -> str:
        """The text format's word: ``func table memory global tag``."""
        return "func" if self is ExternKind.FUNCTION else self.name.lower()


@dataclass(frozen=True, slots=True)
class FunctionTypeUse:
    """An imported function's type: an index into the module's types."""

    type_index: int


ExternType = FunctionTypeUse | TableType | MemoryType | GlobalType | TagType
