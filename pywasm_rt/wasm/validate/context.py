"""The context of validation: what a module's code may refer to (the specification's *C*).

All types in it are resolved: no heap type is an index. The index spaces grow while a module is
validated, in the order in which later parts may refer to earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions import InstructionSet
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import (
    FieldType,
    FunctionType,
    GlobalType,
    HeapType,
    MemoryType,
    ReferenceType,
    StorageType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate.defined_type import DefinedType

__all__ = ["Context", "ExternTypeResolved"]

# The type of something imported or exported; functions and tags have a function type.
ExternTypeResolved = DefinedType | TableType | MemoryType | GlobalType


@dataclass(slots=True)
class Context:
    """The index spaces of a module with resolved types.

    ``functions`` and ``tags`` hold defined types whose composite is a function type.
    ``references`` are the functions that occur outside function bodies, which ``ref.func`` may
    name. ``imports`` and ``exports`` are the types of the module's imports and exports, in order.
    """

    module: Module
    features: Features
    instructions: InstructionSet
    types: tuple[DefinedType, ...] = ()
    functions: list[DefinedType] = field(default_factory=list)
    tables: list[TableType] = field(default_factory=list)
    memories: list[MemoryType] = field(default_factory=list)
    globals: list[GlobalType] = field(default_factory=list)
    tags: list[DefinedType] = field(default_factory=list)
    elements: list[ReferenceType] = field(default_factory=list)
    data_count: int = 0
    references: frozenset[int] = frozenset()
    imports: list[ExternTypeResolved] = field(default_factory=list)
    exports: list[ExternTypeResolved] = field(default_factory=list)
    _resolved: dict[StorageType, StorageType] = field(default_factory=dict)

    def defined_type(self, index: int) -> DefinedType:
        """The type with this index. Raises ValidationError "unknown type"."""
        if 0 <= index < len(self.types):
            return self.types[index]
        raise ValidationError(f"unknown type {index}", known=len(self.types))

    def function_type(self, index: int) -> FunctionType:
        """The function type with this index. Raises ValidationError "unknown type" if there is
        no such type, "type mismatch" if it is not a function type.
        """
        defined = self.defined_type(index)
        if isinstance(defined.composite, FunctionType):
            return defined.composite
        raise ValidationError(f"type mismatch: type {index} is not a function type: {defined}")

    def heap_type(self, heap: HeapType) -> HeapType:
        """The heap type with its index resolved. Raises ValidationError "unknown type"."""
        return self.defined_type(heap) if isinstance(heap, int) else heap

    def reference_type(self, type: ReferenceType) -> ReferenceType:
        """The reference type with its heap type resolved; equal types give the same object.

        Raises ValidationError "unknown type".
        """
        known = self._resolved.get(type)
        if known is None:
            resolved = ReferenceType(type.nullable, self.heap_type(type.heap))
            known = self._resolved.setdefault(resolved, resolved)
            self._resolved[type] = known
        assert isinstance(known, ReferenceType)
        return known

    def value_type(self, type: ValueType) -> ValueType:
        """The value type with its heap type resolved. Raises ValidationError "unknown type"."""
        return self.reference_type(type) if isinstance(type, ReferenceType) else type

    def field_type(self, type: FieldType) -> FieldType:
        """The field type with its heap type resolved. Raises ValidationError "unknown type"."""
        if isinstance(type.storage, ReferenceType):
            return FieldType(self.reference_type(type.storage), type.mutable)
        return type

    def block_type(self, type: ValueType | int | None) -> FunctionType:
        """What a block takes and gives (the immediate ``block_type``).

        Raises ValidationError "unknown type".
        """
        if type is None:
            return _NOTHING
        if isinstance(type, int):
            return self.function_type(type)
        return FunctionType((), (self.value_type(type),))


_NOTHING = FunctionType()
