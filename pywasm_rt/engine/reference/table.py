"""Tables and element segments as store entities, and what the table instructions mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pywasm_rt.engine.reference.values import from_host
from pywasm_rt.errors import ExhaustionError, Trap, TrapCode
from pywasm_rt.wasm.types import Limits, TableType

if TYPE_CHECKING:
    from pywasm_rt.engine.reference.store import Store

__all__ = [
    "ElementSegment",
    "Table",
    "elem_drop",
    "table_copy",
    "table_fill",
    "table_get",
    "table_grow",
    "table_init",
    "table_set",
    "table_size",
]


class ElementSegment:
    """References that can be copied into tables and arrays, until they are dropped."""

    __slots__ = ("references",)

    def __init__(self, references: Sequence[object]) -> None:
        self.references = references


class Table:
    """A table of references.

    Only the beginning is there as a list, as far as it was ever written; behind it all ``size``
    elements are still ``initial``. So a table that is declared huge costs nothing until used.

    Raises:
        ExhaustionError: the store's limit does not allow the minimum size.
    """

    __slots__ = ("_maximum", "_type", "address_mask", "elements", "initial", "size", "store")

    def __init__(self, type: TableType, initial: object, store: Store | None = None) -> None:
        self._type = type
        self.store = store
        self.address_mask = (1 << 64) - 1 if type.limits.is_64 else (1 << 32) - 1
        maximum = type.limits.maximum
        self._maximum = self.address_mask if maximum is None else maximum
        self.initial = initial
        self.elements: list[object] = []
        self.size = type.limits.minimum
        if store is not None and not store.take_elements(self.size):
            sentence = f"no room for a table of {self.size} elements"
            raise ExhaustionError("table", sentence, store.limits.table_elements)

    @property
    def type(self) -> TableType:
        """Its type, the minimum being the present size."""
        old = self._type
        limits = Limits(self.size, old.limits.maximum, old.limits.is_64)
        return TableType(old.element, limits, old.shared)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> object:
        if not 0 <= index < self.size:
            raise IndexError(f"element {index} of {self.size}")
        return self.get(index)

    def __setitem__(self, index: int, value: object) -> None:
        if not 0 <= index < self.size:
            raise IndexError(f"element {index} of {self.size}")
        self.set(index, from_host(self._type.element, value))

    def get(self, index: int) -> object:
        """The element at an index that is inside."""
        return self.elements[index] if index < len(self.elements) else self.initial

    def set(self, index: int, value: object) -> None:
        """Change the element at an index that is inside."""
        self._materialize(index + 1)
        self.elements[index] = value

    def _materialize(self, count: int) -> None:
        """Have at least the first ``count`` elements as a list."""
        missing = count - len(self.elements)
        if missing > 0:
            self.elements.extend([self.initial] * missing)

    def grow(self, count: int, value: object) -> int:
        """Grow by ``count`` elements; the old size, or -1 where that is not possible.

        Raises TypeError for a value of another type.
        """
        return self.extend(count, from_host(self._type.element, value)) if count >= 0 else -1

    def extend(self, count: int, value: object) -> int:
        """Like :meth:`grow`, with a value that is known to fit."""
        old_size = self.size
        if count > self._maximum - old_size:
            return -1
        if self.store is not None and not self.store.take_elements(count):
            return -1
        if not old_size:
            self.initial = value
        if value is not self.initial:
            try:
                self._materialize(old_size)
                self.elements.extend([value] * count)
            except (MemoryError, OverflowError):
                return -1
        self.size += count
        return old_size

    def reset(self, size: int) -> None:
        """Have so many elements, all null. Raises ExhaustionError if that is too many."""
        if self.store is not None and not self.store.take_elements(size - self.size):
            sentence = f"no room for a table of {size} elements"
            raise ExhaustionError("table", sentence, self.store.limits.table_elements)
        self.size, self.initial, self.elements = size, None, []

    def check(self, index: int, count: int) -> None:
        """Trap unless ``count`` elements from ``index`` on lie inside."""
        if index + count > self.size:
            raise Trap(TrapCode.TABLE_OUT_OF_BOUNDS, index=index, count=count, size=self.size)

    def read(self, index: int, count: int) -> list[object]:
        """A copy of elements, which must be inside."""
        found = self.elements[index : index + count]
        return found + [self.initial] * (count - len(found))

    def write(self, index: int, references: Sequence[object]) -> None:
        """Replace elements, which must be inside."""
        if references:
            self._materialize(index + len(references))
            self.elements[index : index + len(references)] = references


def table_get(table: Table, index: int) -> object:
    """The element at an index. Traps outside."""
    table.check(index, 1)
    return table.get(index)


def table_set(table: Table, index: int, value: object) -> None:
    """Change the element at an index. Traps outside."""
    table.check(index, 1)
    table.set(index, value)


def table_size(table: Table) -> int:
    """How many elements there are."""
    return table.size


def table_grow(table: Table, value: object, count: int) -> int:
    """Add elements; the old size, or -1 (unsigned) where that is not possible."""
    return table.extend(count, value) & table.address_mask


def table_fill(table: Table, index: int, value: object, count: int) -> None:
    """Set elements to one value. Traps, before any is changed, if not all are inside."""
    table.check(index, count)
    table.write(index, [value] * count)


def table_copy(
    target: Table, source: Table, target_index: int, source_index: int, count: int
) -> None:
    """Copy elements, which may overlap. Traps, before any is changed, if not all are inside."""
    source.check(source_index, count)
    target.check(target_index, count)
    target.write(target_index, source.read(source_index, count))


def table_init(
    segment: ElementSegment, table: Table, index: int, segment_index: int, count: int
) -> None:
    """Copy from a segment. Traps, before any is changed, if not all are inside."""
    if segment_index + count > len(segment.references):
        raise Trap(TrapCode.TABLE_OUT_OF_BOUNDS, index=segment_index, count=count)
    table.check(index, count)
    table.write(index, segment.references[segment_index : segment_index + count])


def elem_drop(segment: ElementSegment) -> None:
    """Forget the references of a segment; it is empty from now on."""
    segment.references = ()
