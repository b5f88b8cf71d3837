"""What references refer to, besides functions: structures, arrays, small integers, exceptions.

References of the host are its own Python objects, in both hierarchies ``extern`` and ``any``, so
that converting between the two changes nothing.
"""

from __future__ import annotations

from pywasm_rt.engine.reference.function import HostFunctionInstance, WasmFunction
from pywasm_rt.wasm.types import AbstractHeapType, FunctionType, HeapType
from pywasm_rt.wasm.validate import DefinedType, matches_heap

__all__ = ["I31", "Array", "ExceptionInstance", "Structure", "Tag", "matches"]


class Structure:
    """A structure; ``fields`` are its values, packed ones as unsigned ints."""

    __slots__ = ("defined_type", "fields")

    reference_kind = "struct"

    def __init__(self, defined_type: DefinedType, fields: list[object]) -> None:
        self.defined_type = defined_type
        self.fields = fields

    def __repr__(self) -> str:
        return f"<structure of {len(self.fields)} fields>"


class Array:
    """An array; ``elements`` are its values, packed ones as unsigned ints."""

    __slots__ = ("defined_type", "elements")

    reference_kind = "array"

    def __init__(self, defined_type: DefinedType, elements: list[object]) -> None:
        self.defined_type = defined_type
        self.elements = elements

    def __repr__(self) -> str:
        return f"<array of {len(self.elements)} elements>"


class I31:
    """A 31-bit integer as a reference; ``value`` is unsigned. Equal values are one reference."""

    __slots__ = ("value",)

    reference_kind = "i31"

    def __init__(self, value: int) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, I31) and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"<i31 {self.value}>"


class Tag:
    """An exception tag; two tags are the same only if they are the same object."""

    __slots__ = ("defined_type", "name")

    def __init__(self, defined_type: DefinedType, name: str = "") -> None:
        self.defined_type = defined_type
        self.name = name

    @property
    def type(self) -> FunctionType:
        """The types of the values that an exception with this tag carries (as parameters)."""
        type = self.defined_type.function
        assert type is not None, "tags have function types"
        return type

    def __repr__(self) -> str:
        return f"<tag {self.name}: {self.type}>"


class ExceptionInstance:
    """An exception that was thrown; ``values`` are what its tag asks for."""

    __slots__ = ("tag", "values")

    reference_kind = "exn"

    def __init__(self, tag: object, values: tuple[object, ...]) -> None:
        self.tag = tag
        self.values = values

    def __repr__(self) -> str:
        return f"<exception with {self.tag!r}>"


def _heap_type(reference: object) -> HeapType | None:
    """The most special heap type of what a reference refers to; None for things of the host."""
    match reference:
        case Structure() | Array() | WasmFunction() | HostFunctionInstance():
            return reference.defined_type
        case I31():
            return AbstractHeapType.I31
        case ExceptionInstance():
            return AbstractHeapType.EXN
    return None


def matches(reference: object, heap: HeapType) -> bool:
    """Whether a reference that is not null is one to this (resolved) heap type."""
    if heap is AbstractHeapType.EXTERN or heap is AbstractHeapType.ANY:
        return True
    found = _heap_type(reference)
    return found is not None and matches_heap(found, heap)
