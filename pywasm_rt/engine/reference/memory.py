"""Linear memory as a store entity (specification, "Memory Instances").

A memory is one stretch of address space that the operating system fills with zero pages as they
are touched, so that a memory that is declared huge costs nothing until it is used, and growing it
moves nothing. The machine reads and writes it through views: ``u8 u16 u32 u64 f64`` are the memory
as a sequence of bytes, of 16-bit numbers and so on. ``memory.u32[address >> 2]`` is then the word
at an aligned address, and an address behind the end raises IndexError, which the machine takes for
the trap that it is. Unaligned accesses go through :meth:`load` and :meth:`store`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from struct import Struct
from typing import TYPE_CHECKING, Any

from pywasm_rt.engine.snapshot.memory_pages import put_back
from pywasm_rt.engine.waiting import NotifiedWaiter
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.types import Limits, MemoryType

try:
    import mmap
except ImportError:  # some builds of Python have no mmap; a bytearray does as well, but costs more
    mmap = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from pywasm_rt.engine.reference.store import Store

__all__ = ["Memory"]

# Address space costs nothing where there is plenty of it.
_RESERVED_BYTES = 1 << 32 if sys.maxsize > 1 << 32 else 0
_COPIED_BYTES = 1 << 20
# Not counted against what the system can back; the module does not name it before 3.13.
_NO_RESERVE = 0x4000 if sys.platform == "linux" else 0
_UNSIGNED = {1: Struct("<B"), 2: Struct("<H"), 4: Struct("<I"), 8: Struct("<Q")}
_VIEWS = {"u16": "H", "u32": "I", "u64": "Q", "f64": "d"}


class _SlowView:
    """What a view does, for sizes that are no multiple of 8 and for big-endian machines."""

    __slots__ = ("_code", "_octets")

    def __init__(self, octets: memoryview, code: str) -> None:
        self._octets = octets
        self._code = Struct("<" + code)

    def __getitem__(self, index: int) -> int | float:
        value: int | float = self._code.unpack_from(self._octets, self._offset(index))[0]
        return value

    def __setitem__(self, index: int, value: float) -> None:
        self._code.pack_into(self._octets, self._offset(index), value)

    def _offset(self, index: int) -> int:
        offset = index * self._code.size
        if offset + self._code.size > len(self._octets):
            raise IndexError("index out of bounds")
        return offset


def _allocate(size_bytes: int) -> memoryview:
    """Zeroed bytes that take no room until touched. Raises MemoryError if that is impossible."""
    if mmap is None or not size_bytes:
        return memoryview(bytearray(size_bytes))
    try:
        if sys.platform == "win32":
            return memoryview(mmap.mmap(-1, size_bytes))
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
        return memoryview(mmap.mmap(-1, size_bytes, flags=flags))
    except (OSError, ValueError, OverflowError) as error:
        raise MemoryError(f"no room for a memory of {size_bytes} bytes") from error


class Memory:
    """A linear memory. Addresses and sizes in bytes; see the module's docstring for the views.

    ``address_mask`` has the bits of its address type. ``lock`` makes atomic instructions of
    several threads exclude each other; ``waiters`` are those that wait for a notification.

    Raises:
        ExhaustionError: the store's limit or the system does not allow the minimum size.
    """

    __slots__ = (
        "_maximum",
        "_reserved",
        "_type",
        "address_mask",
        "f64",
        "lock",
        "size_bytes",
        "store",
        "u8",
        "u16",
        "u32",
        "u64",
        "waiters",
    )

    # Views, or something that behaves like them.
    u16: Any
    u32: Any
    u64: Any
    f64: Any

    def __init__(self, type: MemoryType, store: Store | None = None) -> None:
        self._type = type
        self.store = store
        self.address_mask = (1 << 64) - 1 if type.limits.is_64 else (1 << 32) - 1
        pages = (self.address_mask + 1) >> type.page_size_log2
        maximum = type.limits.maximum
        self._maximum = min(pages, pages if maximum is None else maximum)
        self.lock = threading.Lock()
        self.waiters: dict[int, list[NotifiedWaiter]] = {}
        self._reserved = memoryview(bytearray())
        self.size_bytes = 0
        self._see(0)
        if self.grow(type.limits.minimum) < 0:
            asked = type.limits.minimum << type.page_size_log2
            allowed = None if store is None else store.limits.memory_bytes
            raise ExhaustionError("memory", f"no room for a memory of {asked} bytes", allowed)

    @property
    def type(self) -> MemoryType:
        """Its type, the minimum being the present size."""
        old = self._type
        limits = Limits(self.size_pages, old.limits.maximum, old.limits.is_64)
        return MemoryType(limits, old.shared, old.page_size_log2)

    @property
    def size_pages(self) -> int:
        """The present size in pages of this memory."""
        return self.size_bytes >> self._type.page_size_log2

    @property
    def is_shared(self) -> bool:
        """Whether threads may share it."""
        return self._type.shared

    def view(self) -> memoryview:
        """The bytes themselves, as many as there are now; see the interface. Raises BufferError."""
        most = self._maximum << self._type.page_size_log2
        if self.size_bytes and most > len(self._reserved):
            raise BufferError("this memory may move when it grows: read and write copy")
        return self._reserved[: self.size_bytes]

    def grow(self, pages: int) -> int:
        """Grow by ``pages``; the old size in pages, or -1 where that is not possible."""
        with self.lock:
            old_pages = self.size_pages
            if pages > self._maximum - old_pages:
                return -1
            added = pages << self._type.page_size_log2
            if self.store is not None and not self.store.take_memory(added):
                return -1
            try:
                self._resize(self.size_bytes + added)
            except MemoryError:
                if self.store is not None:
                    self.store.take_memory(-added)
                return -1
            return old_pages

    def reset(self, pages: int, runs: Iterable[tuple[int, bytes]]) -> None:
        """Have so many pages, with these bytes at these addresses and zeros elsewhere; what is so
        already is not written. Raises ExhaustionError.
        """
        size_bytes = pages << self._type.page_size_log2
        with self.lock:
            old_bytes = self.size_bytes
            if self.store is not None and not self.store.take_memory(size_bytes - old_bytes):
                limit = self.store.limits.memory_bytes
                raise ExhaustionError(
                    "memory", f"no room for a memory of {size_bytes} bytes", limit
                )
            put_back(self._reserved[min(size_bytes, old_bytes) : old_bytes], ())
            self._resize(size_bytes)
            put_back(self._reserved[:size_bytes], runs)

    def _resize(self, size_bytes: int) -> None:
        if size_bytes > len(self._reserved):
            old, size = self._reserved, self.size_bytes
            self._reserved = self._reserve(size_bytes)
            for start in range(0, size, _COPIED_BYTES):
                part = old[start : min(start + _COPIED_BYTES, size)]
                if part.tobytes().strip(b"\0"):
                    self._reserved[start : start + len(part)] = part
        self._see(size_bytes)

    def _reserve(self, size_bytes: int) -> memoryview:
        """Room for this size, and if possible for all that the memory may yet grow to."""
        most = min(self._maximum << self._type.page_size_log2, _RESERVED_BYTES)
        if most > size_bytes:
            try:
                return _allocate(most)
            except MemoryError:
                return _allocate(size_bytes)
        return _allocate(size_bytes)

    def _see(self, size_bytes: int) -> None:
        """Make the views show this many bytes."""
        self.u8 = self._reserved[:size_bytes]
        fast = size_bytes % 8 == 0 and sys.byteorder == "little"
        for name, code in _VIEWS.items():
            setattr(self, name, self.u8.cast(code) if fast else _SlowView(self.u8, code))  # type: ignore[call-overload]
        self.size_bytes = size_bytes

    def check(self, address: int, count: int) -> None:
        """Raise IndexError unless ``count`` bytes from ``address`` on lie inside."""
        if address < 0 or count < 0 or address + count > self.size_bytes:
            raise IndexError(f"{count} bytes at {address} in a memory of {self.size_bytes} bytes")

    def load(self, address: int, width_bytes: int) -> int:
        """The unsigned little-endian number at any address. Raises IndexError."""
        self.check(address, width_bytes)
        value: int = _UNSIGNED[width_bytes].unpack_from(self.u8, address)[0]
        return value

    def store_number(self, address: int, width_bytes: int, value: int) -> None:
        """Write the lowest bytes of a number at any address. Raises IndexError."""
        self.check(address, width_bytes)
        _UNSIGNED[width_bytes].pack_into(self.u8, address, value)

    def read(self, address: int, count: int) -> bytes:
        """Copy ``count`` bytes out. Raises IndexError out of bounds."""
        self.check(address, count)
        return self.u8[address : address + count].tobytes()

    def write(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Copy ``data`` in. Raises IndexError out of bounds."""
        octets = memoryview(data).cast("B")
        self.check(address, len(octets))
        self.u8[address : address + len(octets)] = octets
