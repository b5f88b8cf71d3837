"""The types of a module that is being made, and subtyping among them.

Subtyping here is what was declared: two types count as different although they may be equal by
their structure. So whatever is taken to match does match, and the validator is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

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
    PackedType,
    RecursiveType,
    ReferenceType,
    StorageType,
    StructType,
    SubType,
    ValueType,
)

__all__ = ["NUMBERS", "TypeSpace", "is_defaultable", "unpacked"]

Heap = AbstractHeapType
NUMBERS: tuple[ValueType, ...] = (I32, I64, F32, F64)

# What lies above each abstract heap type.
_ABOVE: dict[AbstractHeapType, frozenset[AbstractHeapType]] = {
    Heap.ANY: frozenset(),
    Heap.EQ: frozenset({Heap.ANY}),
    Heap.I31: frozenset({Heap.EQ, Heap.ANY}),
    Heap.STRUCT: frozenset({Heap.EQ, Heap.ANY}),
    Heap.ARRAY: frozenset({Heap.EQ, Heap.ANY}),
    Heap.NONE: frozenset({Heap.ANY, Heap.EQ, Heap.I31, Heap.STRUCT, Heap.ARRAY}),
    Heap.FUNC: frozenset(),
    Heap.NOFUNC: frozenset({Heap.FUNC}),
    Heap.EXTERN: frozenset(),
    Heap.NOEXTERN: frozenset({Heap.EXTERN}),
    Heap.EXN: frozenset(),
    Heap.NOEXN: frozenset({Heap.EXN}),
}
_TOPS = (Heap.ANY, Heap.FUNC, Heap.EXTERN, Heap.EXN)


def unpacked(storage: StorageType) -> ValueType:
    """The type of a field's value on the stack."""
    return I32 if isinstance(storage, PackedType) else storage


def is_defaultable(storage: StorageType) -> bool:
    """Whether there is a zero or a null of this type."""
    return not isinstance(storage, ReferenceType) or storage.nullable


@dataclass(slots=True)
class TypeSpace:
    """The type section so far."""

    random: Random
    groups: list[RecursiveType] = field(default_factory=list)
    members: list[SubType] = field(default_factory=list)

    def add(self, *members: SubType) -> int:
        """Add a recursion group; the index of its first type."""
        self.groups.append(RecursiveType(members))
        self.members.extend(members)
        return len(self.members) - len(members)

    def function(self, parameters: Iterable[ValueType], results: Iterable[ValueType]) -> int:
        """The index of a final function type, which is added if there is none."""
        wanted = SubType(FunctionType(tuple(parameters), tuple(results)))
        index = 0
        for group in self.groups:
            if group.members == (wanted,):
                return index
            index += len(group.members)
        return self.add(wanted)

    def composite(self, index: int) -> CompositeType:
        """The shape of a type."""
        return self.members[index].composite

    def signature(self, index: int) -> FunctionType:
        """The shape of a function type."""
        composite = self.composite(index)
        assert isinstance(composite, FunctionType)
        return composite

    def indices(self, kind: type[FunctionType | StructType | ArrayType]) -> list[int]:
        """The types of one kind."""
        return [i for i, sub in enumerate(self.members) if isinstance(sub.composite, kind)]

    def element(self, index: int) -> FieldType:
        """The element of an array type."""
        composite = self.composite(index)
        assert isinstance(composite, ArrayType)
        return composite.field

    def fields(self, index: int) -> tuple[FieldType, ...]:
        """The fields of a structure type."""
        composite = self.composite(index)
        assert isinstance(composite, StructType)
        return composite.fields

    # Subtyping

    def kind(self, index: int) -> AbstractHeapType:
        """The abstract heap type right above a defined type."""
        composite = self.composite(index)
        if isinstance(composite, FunctionType):
            return Heap.FUNC
        return Heap.STRUCT if isinstance(composite, StructType) else Heap.ARRAY

    def supertypes(self, index: int) -> Sequence[int]:
        """The declared supertypes of a type, nearest first."""
        found: list[int] = []
        declared = self.members[index].supertypes
        while declared:
            found.append(declared[0])
            declared = self.members[declared[0]].supertypes
        return found

    def matches_heap(self, below: HeapType, above: HeapType) -> bool:
        """Whether one heap type is known to be below (or be) another."""
        if below == above:
            return True
        if isinstance(above, int):
            if isinstance(below, int):
                return above in self.supertypes(below)
            bottom = Heap.NOFUNC if self.kind(above) is Heap.FUNC else Heap.NONE
            return below is bottom
        if isinstance(below, int):
            kind = self.kind(below)
            return above is kind or above in _ABOVE[kind]
        assert isinstance(below, AbstractHeapType)
        return above in _ABOVE[below]

    def matches(self, below: ValueType, above: ValueType) -> bool:
        """Whether a value of one type can be used as one of another."""
        if isinstance(below, ReferenceType) and isinstance(above, ReferenceType):
            allowed = above.nullable or not below.nullable
            return allowed and self.matches_heap(below.heap, above.heap)
        return below == above

    def matches_all(self, below: Sequence[ValueType], above: Sequence[ValueType]) -> bool:
        """Whether several values can be used as several others."""
        return len(below) == len(above) and all(map(self.matches, below, above))

    def top(self, heap: HeapType) -> AbstractHeapType:
        """The largest type of the hierarchy that a heap type belongs to."""
        return next(top for top in _TOPS if self.matches_heap(heap, top))

    # Choice

    def heap_type(self) -> HeapType:
        """Any heap type."""
        if self.members and self.random.random() < 0.5:
            return self.random.randrange(len(self.members))
        return self.random.choice(tuple(Heap))

    def reference_type(self) -> ReferenceType:
        """Any reference type."""
        return ReferenceType(self.random.random() < 0.75, self.heap_type())

    def value_type(self, references: float = 0.3) -> ValueType:
        """Any value type, a reference with this probability."""
        if self.random.random() < references:
            return self.reference_type()
        return self.random.choice((I32, I32, I32, I64, I64, F32, F64, V128))

    def storage_type(self) -> StorageType:
        """Any type of a field."""
        if self.random.random() < 0.3:
            return self.random.choice(tuple(PackedType))
        return self.value_type()

    def subtype_of(self, heap: HeapType) -> HeapType:
        """Some heap type below (or equal to) another."""
        every: list[HeapType] = [*Heap, *range(len(self.members))]
        return self.random.choice([found for found in every if self.matches_heap(found, heap)])
