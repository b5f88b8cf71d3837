"""Whether the values of a snapshot have the types that its modules say."""

from __future__ import annotations

from collections.abc import Sequence

from pywasm_rt.engine.snapshot.snapshot import Snapshot
from pywasm_rt.engine.snapshot.state import (
    ArrayState,
    ExceptionState,
    ExternalReference,
    FunctionReference,
    HostFunctionReference,
    I31Reference,
    Reference,
    Value,
)
from pywasm_rt.errors import SnapshotError
from pywasm_rt.wasm.types import (
    F32,
    F64,
    I32,
    I64,
    V128,
    AbstractHeapType,
    PackedType,
    ReferenceType,
    StorageType,
    ValueType,
)
from pywasm_rt.wasm.validate import DefinedType
from pywasm_rt.wasm.validate.matching import matches_heap, top_of

__all__ = ["WIDTHS", "ValueChecker"]

WIDTHS: dict[StorageType, int] = {
    PackedType.I8: 1,
    PackedType.I16: 2,
    I32: 4,
    F32: 4,
    I64: 8,
    F64: 8,
    V128: 16,
}
"""Bytes of a number in an array."""


class ValueChecker:
    """Checks values of one snapshot. ``types`` are its defined types, ``functions`` the function
    index space of each instance, ``host_functions`` the types of the host's.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        types: Sequence[DefinedType],
        functions: Sequence[tuple[int, Sequence[DefinedType]]],
        host_functions: Sequence[DefinedType],
    ) -> None:
        self.snapshot = snapshot
        self.types = types
        self.functions = functions
        self.host_functions = host_functions

    def check(
        self, value: Value, type: StorageType, what: str, *, may_be_unset: bool = False
    ) -> None:
        """Raise SnapshotError unless a value has a type."""
        if isinstance(type, ReferenceType):
            fits = not isinstance(value, int) and self._fits(value, type, may_be_unset=may_be_unset)
        else:
            fits = isinstance(value, int) and value >> 8 * WIDTHS[type] == 0
        if not fits:
            raise SnapshotError(f"the snapshot does not fit its modules: {what} is no {type}")

    def check_all(self, values: Sequence[Value], types: Sequence[ValueType], what: str) -> None:
        """The same for several, whose number must be right too."""
        if len(values) != len(types):
            raise SnapshotError(
                f"the snapshot does not fit its modules: {what}: {len(values)} values, "
                f"{len(types)} are needed"
            )
        for number, (value, type) in enumerate(zip(values, types, strict=True)):
            self.check(value, type, f"{what} {number}")

    def _fits(self, value: Reference, type: ReferenceType, may_be_unset: bool) -> bool:
        if value is None:
            return may_be_unset or type.nullable
        heap = type.heap
        if heap is AbstractHeapType.FUNC and isinstance(value, FunctionReference):
            # The usual element of a table, of which there may be very many.
            return self.function_type(value) is not None
        top = top_of(heap)
        if isinstance(value, FunctionReference | HostFunctionReference):
            found = self.function_type(value)
            return found is not None and top is AbstractHeapType.FUNC and matches_heap(found, heap)
        if isinstance(value, ExternalReference):
            return value.number < len(self.snapshot.externals) and heap in _WHATEVER
        if isinstance(value, I31Reference):
            kind: DefinedType | AbstractHeapType = AbstractHeapType.I31
            return value.value >> 31 == 0 and (heap in _WHATEVER or matches_heap(kind, heap))
        if value.number >= len(self.snapshot.objects):
            return False
        found = self.object_type(value.number)
        if found is None:
            return heap is AbstractHeapType.EXN
        return heap in _WHATEVER or matches_heap(found, heap)

    def function_type(
        self, function: FunctionReference | HostFunctionReference
    ) -> DefinedType | None:
        """The type of a function; None if it does not exist."""
        if isinstance(function, HostFunctionReference):
            known = self.host_functions
            return known[function.number] if function.number < len(known) else None
        if function.instance >= len(self.functions):
            return None
        imported, types = self.functions[function.instance]
        return types[function.index] if imported <= function.index < len(types) else None

    def object_type(self, number: int) -> DefinedType | None:
        """The type of a structure or array; None for an exception."""
        state = self.snapshot.objects[number]
        return None if isinstance(state, ExceptionState) else self.types[state.type]

    def check_array(self, state: ArrayState, storage: StorageType, what: str) -> None:
        """Raise SnapshotError unless the elements of an array are of its type."""
        elements = state.elements
        if isinstance(storage, ReferenceType):
            fits = isinstance(elements, tuple) and all(
                self._fits(element, storage, may_be_unset=False) for element in elements
            )
        else:
            fits = isinstance(elements, bytes) and not len(elements) % WIDTHS[storage]
        if not fits:
            raise SnapshotError(f"the snapshot does not fit its modules: {what} has no {storage}s")


_WHATEVER = (AbstractHeapType.ANY, AbstractHeapType.EXTERN)
