"""Linear memories."""

from __future__ import annotations

import threading
from typing import Any

from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.domain import Domain, wrappers
from pywasm_rt.engine.native.types import fill_limits, memory_type
from pywasm_rt.engine.waiting import NotifiedWaiter
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.types import MemoryType

__all__ = ["Memory", "new_memory"]

_NONE = (1 << 64) - 1


class Memory:
    """A linear memory. Addresses and sizes in bytes; all raise IndexError out of bounds.

    ``waiters`` are those that wait for a notification at an address, guarded by ``lock``.
    """

    __slots__ = ("__weakref__", "_moves", "_pointer", "domain", "lock", "waiters")

    def __init__(self, domain: Domain, pointer: Any) -> None:
        self.domain = domain
        self._pointer = pointer
        self._moves = self._may_move()
        self.lock = threading.Lock()
        self.waiters: dict[int, list[NotifiedWaiter]] = {}

    def _may_move(self) -> bool:
        """Whether the memory may grow beyond the address space that is reserved for it."""
        pointer = self._pointer
        most: int = pointer.maximum_pages << pointer.limits.page_size_log2
        return bool(most > pointer.reserved)

    @property
    def pointer(self) -> Any:
        """The C memory."""
        return self._pointer

    @property
    def type(self) -> MemoryType:
        """Its type, the minimum being the present size."""
        limits = self._pointer.limits
        return memory_type(limits, self._pointer.size >> limits.page_size_log2)

    @property
    def size_bytes(self) -> int:
        """The present size."""
        size: int = self._pointer.size
        return size

    @property
    def is_shared(self) -> bool:
        """Whether threads may share it."""
        return bool(self._pointer.limits.is_shared)

    def read(self, address: int, count: int) -> bytes:
        """Copy ``count`` bytes out. Raises IndexError out of bounds."""
        if not self._moves:
            return self._read(address, count)
        lib.wr_api_memory_hold(self._pointer)
        try:
            return self._read(address, count)
        finally:
            lib.wr_api_memory_let_go(self._pointer)

    def write(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Copy ``data`` in. Raises IndexError out of bounds."""
        if not self._moves:
            self._write(address, data)
            return
        lib.wr_api_memory_hold(self._pointer)
        try:
            self._write(address, data)
        finally:
            lib.wr_api_memory_let_go(self._pointer)

    def view(self) -> memoryview:
        """The bytes themselves, as many as there are now; see the interface. Raises BufferError."""
        pointer = self._pointer
        size = pointer.size
        if not size:
            return memoryview(bytearray())
        if self._may_move():
            raise BufferError("this memory may move when it grows: read and write copy")
        pointer.is_viewed = True
        # The view keeps the array, that keeps this object, and this the memory.
        array = ffi.gc(ffi.cast(f"uint8_t(*)[{size}]", pointer.base), lambda _, _owner=self: None)
        return memoryview(ffi.buffer(array, size)).cast("B")

    def _read(self, address: int, count: int) -> bytes:
        pointer = self._pointer
        self._check(pointer, address, count)
        content: bytes = ffi.buffer(pointer.base + address, count)[:] if count else b""
        return content

    def _write(self, address: int, data: bytes | bytearray | memoryview) -> None:
        pointer = self._pointer
        size = data.nbytes if isinstance(data, memoryview) else len(data)
        self._check(pointer, address, size)
        if size:
            ffi.memmove(pointer.base + address, data, size)

    @staticmethod
    def _check(pointer: Any, address: int, count: int) -> None:
        if address < 0 or count < 0 or address + count > pointer.size:
            raise IndexError(f"{count} bytes at {address} in a memory of {pointer.size} bytes")

    def grow(self, pages: int) -> int:
        """Grow by ``pages``; the old size in pages, or -1 where that is not possible."""
        if not 0 <= pages < _NONE:
            return -1
        old: int = lib.wr_memory_grow(self._pointer, pages)
        return -1 if old == _NONE else old


def new_memory(domain: Domain, type: MemoryType, store: Any, limit: int | None) -> Memory:
    """A memory of the host's; ``store`` is the C store whose limits count, or NULL.

    Raises ExhaustionError if there is no room for the minimum size.
    """
    limits = ffi.new("wr_limits *")
    fill_limits(limits, type.limits, shared=type.shared, page_log2=type.page_size_log2)
    pointer = lib.wr_api_memory(domain.pointer, store, limits)
    if not pointer:
        raise no_room(type.limits.minimum << type.page_size_log2, limit)
    memory = Memory(domain, pointer)
    wrappers[int(ffi.cast("uintptr_t", pointer))] = memory
    return memory


def no_room(asked_bytes: int, limit: int | None) -> ExhaustionError:
    """The error that a memory's minimum size is too much."""
    return ExhaustionError("memory", f"no room for a memory of {asked_bytes} bytes", limit)
