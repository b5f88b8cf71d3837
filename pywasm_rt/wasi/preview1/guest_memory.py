"""A guest's memory as preview 1 uses it: a bad pointer is a trap.

Source: "witx-docs", section "Pointers": a pointer that is misaligned for its type, or that is
dereferenced out of bounds, makes the function trap.
"""

from __future__ import annotations

import struct

from pywasm_rt.engine.interface import Memory
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasi.capabilities.path_walk import MAX_PATH_BYTES
from pywasm_rt.wasi.preview1.errno import Errno, Failure
from pywasm_rt.wasi.preview1.layout import IOVEC

__all__ = ["GuestMemory"]

_MAX_VECTORS = 1024


class GuestMemory:
    """Typed access to a memory; sizes and addresses in bytes, little-endian."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def read(self, address: int, count: int) -> bytes:
        """Copy ``count`` bytes out."""
        self.check(address, count)
        return self._memory.read(address, count)

    def write(self, address: int, data: bytes) -> None:
        """Copy ``data`` in."""
        self.check(address, len(data))
        self._memory.write(address, data)

    def check(self, address: int, count: int, alignment: int = 1) -> None:
        """Raise Trap unless ``count`` bytes at ``address`` exist and are aligned."""
        if address + count > self._memory.size_bytes:
            raise Trap(
                TrapCode.MEMORY_OUT_OF_BOUNDS,
                f"{TrapCode.MEMORY_OUT_OF_BOUNDS}: {count} bytes at address {address} were handed "
                f"to a WASI function and the memory has {self._memory.size_bytes}",
                address=address,
                count=count,
            )
        if address % alignment:
            raise Trap(
                TrapCode.HOST,
                f"address {address} was handed to a WASI function and is not a multiple of "
                f"{alignment}",
                address=address,
            )

    def write_u32(self, address: int, value: int) -> None:
        """Store 32 bits. ``Failure(OVERFLOW)`` if the value does not fit."""
        self.check(address, 4, 4)
        if value >= 2**32:
            raise Failure(Errno.OVERFLOW)
        self._memory.write(address, value.to_bytes(4, "little"))

    def write_u64(self, address: int, value: int) -> None:
        """Store 64 bits. ``Failure(OVERFLOW)`` if the value does not fit."""
        self.check(address, 8, 8)
        if not 0 <= value < 2**64:
            raise Failure(Errno.OVERFLOW)
        self._memory.write(address, value.to_bytes(8, "little"))

    def write_record(self, address: int, data: bytes, alignment: int) -> None:
        """Store an encoded record."""
        self.check(address, len(data), alignment)
        self._memory.write(address, data)

    def read_path(self, address: int, count: int) -> str:
        """A path. ``Failure(ILSEQ)`` if it is not UTF-8."""
        self.check(address, count)
        if count > MAX_PATH_BYTES:
            raise Failure(Errno.NAMETOOLONG)
        try:
            return self._memory.read(address, count).decode()
        except UnicodeDecodeError:
            raise Failure(Errno.ILSEQ) from None

    def read_vectors(self, address: int, count: int) -> list[tuple[int, int]]:
        """The first 1,024 of ``count`` vectors as (address, byte count), all within bounds."""
        self.check(address, count * IOVEC.size, 4)
        data = self._memory.read(address, min(count, _MAX_VECTORS) * IOVEC.size)
        vectors = list(struct.Struct.iter_unpack(IOVEC, data))
        for buffer, length in vectors:
            self.check(buffer, length)
        return vectors
