"""What references refer to, besides functions: structures, arrays, small integers, exceptions.

They are Python objects, which Python collects. How much room a store's objects take is counted as
the C core has them in memory: a header of 16 bytes, and fields and elements as wide as their types
say. An object counts for the heap that is :func:`counted_in` when it is made, until it is gone.

References of the host are its own Python objects, in both hierarchies ``extern`` and ``any``, so
that converting between the two changes nothing.
"""

from __future__ import annotations

import gc
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from pywasm_rt.engine.reference.function import HostFunctionInstance, WasmFunction
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.types import (
    F32,
    I32,
    V128,
    AbstractHeapType,
    ArrayType,
    FunctionType,
    HeapType,
    PackedType,
    StorageType,
    StructType,
)
from pywasm_rt.wasm.validate import DefinedType, matches_heap

__all__ = [
    "I31",
    "Array",
    "ExceptionInstance",
    "Heap",
    "Structure",
    "Tag",
    "counted_in",
    "matches",
    "reserve",
    "width_of",
]

_HEADER_BYTES = 16
_LEAST_BYTES = 32
_WIDTHS: dict[StorageType, int] = {PackedType.I8: 1, PackedType.I16: 2, I32: 4, F32: 4, V128: 16}
# Where less than this part of the limit is free, collecting again and again would take all time.
_CROWDED = 16


class Heap:
    """How many bytes the objects of a store take, and may take (None: as many as they like)."""

    __slots__ = ("_gone", "_lock", "limit", "used_bytes")

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.used_bytes = 0
        # The sizes of objects that are gone: Python tells in any thread and at any time.
        self._gone: deque[int] = deque()
        self._lock = threading.Lock()

    def take(self, size_bytes: int) -> None:
        """Count an object. Raises ExhaustionError if there is no room for it."""
        self.reserve(size_bytes)
        with self._lock:
            self.used_bytes += size_bytes

    def reserve(self, size_bytes: int) -> None:
        """See that there is room for an object. Raises ExhaustionError if there is none."""
        limit = self.limit
        if limit is None or self._after_the_gone() + size_bytes <= limit:
            return
        gc.collect()
        used = self._after_the_gone()
        if used + size_bytes > limit or used > limit - limit // _CROWDED:
            raise ExhaustionError("heap", "heap exhausted", limit)

    def give_back(self, size_bytes: int) -> None:
        """An object is gone."""
        self._gone.append(size_bytes)

    def _after_the_gone(self) -> int:
        with self._lock:
            while self._gone:
                self.used_bytes -= self._gone.popleft()
            return self.used_bytes


class _Counting(threading.local):
    heap: Heap | None = None


_counting = _Counting()


@contextmanager
def counted_in(heap: Heap | None) -> Iterator[None]:
    """Count objects that are made meanwhile, in this thread, for ``heap``; None: for nobody."""
    before, _counting.heap = _counting.heap, heap
    try:
        yield
    finally:
        _counting.heap = before


def reserve(size_bytes: int) -> None:
    """See that there is room for an object that is about to be made. Raises ExhaustionError."""
    heap = _counting.heap
    if heap is not None:
        heap.reserve(size_bytes)


def width_of(storage: StorageType) -> int:
    """Bytes of a field or element."""
    return _WIDTHS.get(storage, 8)


class _Counted:
    """An object that takes room as long as it exists."""

    __slots__ = ("_heap", "_size_bytes")

    def _count(self, size_bytes: int) -> None:
        heap = self._heap = _counting.heap
        if heap is not None:
            size_bytes = max(_LEAST_BYTES, _HEADER_BYTES + size_bytes + 15 & ~15)
            try:
                heap.take(size_bytes)
            except ExhaustionError:
                self._heap = None
                raise
            self._size_bytes = size_bytes

    def __del__(self) -> None:
        heap = self._heap
        if heap is not None:
            heap.give_back(self._size_bytes)


class Structure(_Counted):
    """A structure; ``fields`` are its values, packed ones as unsigned ints."""

    __slots__ = ("defined_type", "fields")

    reference_kind = "struct"

    def __init__(self, defined_type: DefinedType, fields: list[object]) -> None:
        assert isinstance(defined_type.composite, StructType), "others have no fields"
        self._count(sum(width_of(field.storage) for field in defined_type.composite.fields))
        self.defined_type = defined_type
        self.fields = fields

    def __repr__(self) -> str:
        return f"<structure of {len(self.fields)} fields>"


class Array(_Counted):
    """An array; ``elements`` are its values, packed ones as unsigned ints."""

    __slots__ = ("defined_type", "elements")

    reference_kind = "array"

    def __init__(self, defined_type: DefinedType, elements: list[object]) -> None:
        assert isinstance(defined_type.composite, ArrayType), "others have no elements"
        self._count(width_of(defined_type.composite.field.storage) * len(elements))
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


class ExceptionInstance(_Counted):
    """An exception that was thrown; ``values`` are what its tag asks for."""

    __slots__ = ("tag", "values")

    reference_kind = "exn"

    def __init__(self, tag: object, values: tuple[object, ...]) -> None:
        self._count(16 + 8 * len(values))
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
