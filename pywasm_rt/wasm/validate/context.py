"""The context of validation: what a module's code may refer to (the specification's *C*).

All types in it are resolved: no heap type is an index. The index spaces grow while a module is
validated, in the order in which later parts may refer to earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions import InstructionSet
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import (
    V128,
    ArrayType,
    FieldType,
    FunctionType,
    GlobalType,
    HeapType,
    MemoryType,
    ReferenceType,
    StructType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate.defined_type import DefinedType
from pywasm_rt.wasm.validate.feature_use import require_reference_type

__all__ = ["Context", "ExternTypeResolved", "OperandType", "Operands", "Signature"]

# The type of something imported or exported; functions and tags have a function type.
ExternTypeResolved = DefinedType | TableType | MemoryType | GlobalType

# None is the bottom type: an operand of unreachable code, of which nothing is known.
OperandType = ValueType | None
# Lists, since the top of the operand stack is compared with them; nobody changes them.
Operands = list[OperandType]
# What an instruction takes and what it gives.
Signature = tuple[Operands, Operands]

_EMPTY = FunctionType()
_SHOWN_OPERANDS = 32
_Item = TypeVar("_Item")


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
    _resolved: dict[ReferenceType, ReferenceType] = field(default_factory=dict)
    _signatures: dict[tuple[DefinedType, OperandType], Signature] = field(default_factory=dict)

    def defined_type(self, index: int) -> DefinedType:
        """The type with this index. Raises ValidationError "unknown type"."""
        return _item(self.types, index, "type")

    def function_type(self, index: int) -> FunctionType:
        """The function type with this type index. Raises ValidationError "unknown type" if there
        is no such type, "type mismatch" if it is not a function type.
        """
        composite = self.defined_type(index).composite
        if isinstance(composite, FunctionType):
            return composite
        raise self._not_a(index, "a function type")

    def structure(self, index: int) -> StructType:
        """The structure type with this type index. Raises like :meth:`function_type`."""
        composite = self.defined_type(index).composite
        if isinstance(composite, StructType):
            return composite
        raise self._not_a(index, "a structure type")

    def array(self, index: int) -> FieldType:
        """The element of the array type with this index. Raises like :meth:`function_type`."""
        composite = self.defined_type(index).composite
        if isinstance(composite, ArrayType):
            return composite.field
        raise self._not_a(index, "an array type")

    def _not_a(self, index: int, what: str) -> ValidationError:
        return ValidationError(
            f"type mismatch: type {index} is not {what} but {self.types[index]}", type_index=index
        )

    def function(self, index: int) -> DefinedType:
        """The type of a function. Raises ValidationError "unknown function"."""
        return _item(self.functions, index, "function")

    def table(self, index: int) -> TableType:
        """The type of a table. Raises ValidationError "unknown table"."""
        return _item(self.tables, index, "table")

    def memory(self, index: int) -> MemoryType:
        """The type of a memory. Raises ValidationError "unknown memory"."""
        return _item(self.memories, index, "memory")

    def global_(self, index: int) -> GlobalType:
        """The type of a global. Raises ValidationError "unknown global"."""
        return _item(self.globals, index, "global")

    def tag(self, index: int) -> FunctionType:
        """The function type of a tag. Raises ValidationError "unknown tag"."""
        composite = _item(self.tags, index, "tag").composite
        assert isinstance(composite, FunctionType), "tags were checked when they were declared"
        return composite

    def element_segment(self, index: int) -> ReferenceType:
        """The type of an element segment. Raises ValidationError "unknown elem segment"."""
        return _item(self.elements, index, "elem segment")

    def check_data_segment(self, index: int) -> None:
        """Check that there is such a data segment. Raises ValidationError
        "unknown data segment".
        """
        _item(range(self.data_count), index, "data segment")

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
            require_reference_type(self.features, resolved)
            known = self._resolved.setdefault(resolved, resolved)
            self._resolved[type] = known
        return known

    def value_type(self, type: ValueType) -> ValueType:
        """The value type with its heap type resolved. Raises ValidationError "unknown type"."""
        if isinstance(type, ReferenceType):
            self.features.require("reference_types", "a reference as a value")
            return self.reference_type(type)
        if type is V128:
            self.features.require("simd", "a vector")
        return type

    def operands(self, types: Iterable[ValueType]) -> Operands:
        """Value types as operands, resolved. Raises ValidationError "unknown type"."""
        return [self.value_type(type) for type in types]

    def block_type(self, type: ValueType | int | None) -> FunctionType:
        """What a block takes and gives (the immediate ``block_type``).

        Raises ValidationError "unknown type".
        """
        if type is None:
            return _EMPTY
        if isinstance(type, int):
            self.features.require("multi_value", "a block with a function type")
            return self.function_type(type)
        return FunctionType((), (self.value_type(type),))

    def signature(self, type: DefinedType, above: OperandType = None) -> Signature:
        """What a function of this (function) type takes and gives; with ``above`` it takes that
        on top of its arguments.
        """
        known = self._signatures.get((type, above))
        if known is None:
            function = type.composite
            assert isinstance(function, FunctionType), "callers checked that"
            takes, gives = map(self.operands, (function.parameters, function.results))
            if above is not None:
                takes.append(above)
            known = self._signatures[type, above] = takes, gives
        return known

    def describe(self, type: OperandType) -> str:
        """A type as this module writes it: types by name or index."""
        if type is None:
            return "any"
        if not isinstance(type, ReferenceType) or not isinstance(type.heap, DefinedType):
            return str(type)
        for index, defined in enumerate(self.types):
            if defined is type.heap:
                name = self.module.names.types.get(index)
                shown = str(index) if name is None else f"${name}"
                return f"(ref {'null ' if type.nullable else ''}{shown})"
        return str(type)

    def describe_operands(self, types: Iterable[OperandType]) -> str:
        """Types in brackets, bottom of the stack first; of many types the last ones."""
        listed = list(types)
        shown = list(map(self.describe, listed[-_SHOWN_OPERANDS:]))
        if len(listed) > _SHOWN_OPERANDS:
            shown.insert(0, f"({len(listed) - _SHOWN_OPERANDS} more)")
        return f"[{' '.join(shown)}]"


def _item(items: Sequence[_Item], index: int, what: str) -> _Item:
    if 0 <= index < len(items):
        return items[index]
    raise ValidationError(f"unknown {what} {index}: there are {len(items)}", count=len(items))
