"""What the instructions on linear memory mean: loads, stores, and those on many bytes.

Functions named by their mnemonic, over a :class:`Memory`. ``address`` has the instruction's offset
added already. A view (``memory.u32`` ...) takes an aligned address, divided by the width; outside
it raises IndexError, which the machine reports as "out of bounds memory access".
"""

from __future__ import annotations

from pywasm_rt.engine.float_bits import f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits
from pywasm_rt.engine.reference.integer import MASK_32, MASK_64
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.errors import Trap, TrapCode

__all__ = [
    "DataSegment",
    "data_drop",
    "f32_load",
    "f32_store",
    "f64_load",
    "f64_store",
    "i32_load",
    "i32_load8_s",
    "i32_load8_u",
    "i32_load16_s",
    "i32_load16_u",
    "i32_store",
    "i32_store8",
    "i32_store16",
    "i64_load",
    "i64_load8_s",
    "i64_load8_u",
    "i64_load16_s",
    "i64_load16_u",
    "i64_load32_s",
    "i64_load32_u",
    "i64_store",
    "i64_store8",
    "i64_store16",
    "i64_store32",
    "memory_copy",
    "memory_fill",
    "memory_grow",
    "memory_init",
    "memory_size",
]

_FILLED_BYTES = 1 << 20


class DataSegment:
    """Bytes that can be copied into memories and arrays, until they are dropped."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content


def i32_load(memory: Memory, address: int) -> int:
    """Four bytes."""
    return memory.u32[address >> 2] if not address & 3 else memory.load(address, 4)


def i64_load(memory: Memory, address: int) -> int:
    """Eight bytes."""
    return memory.u64[address >> 3] if not address & 7 else memory.load(address, 8)


def f32_load(memory: Memory, address: int) -> float:
    """Four bytes, as the bits of a float."""
    return f32_from_bits(i32_load(memory, address))


def f64_load(memory: Memory, address: int) -> float:
    """Eight bytes, as the bits of a float."""
    return memory.f64[address >> 3] if not address & 7 else f64_from_bits(memory.load(address, 8))


def i32_load8_s(memory: Memory, address: int) -> int:
    """The byte, sign-extended."""
    return (memory.u8[address] ^ 0x80) - 0x80 & MASK_32


def i32_load8_u(memory: Memory, address: int) -> int:
    """The byte, zero-extended."""
    return memory.u8[address]


def i32_load16_s(memory: Memory, address: int) -> int:
    """Two bytes, sign-extended."""
    return (
        (memory.u16[address >> 1] if not address & 1 else memory.load(address, 2)) ^ 0x8000
    ) - 0x8000 & MASK_32


def i32_load16_u(memory: Memory, address: int) -> int:
    """Two bytes, zero-extended."""
    return memory.u16[address >> 1] if not address & 1 else memory.load(address, 2)


def i64_load8_s(memory: Memory, address: int) -> int:
    """The byte, sign-extended."""
    return (memory.u8[address] ^ 0x80) - 0x80 & MASK_64


def i64_load8_u(memory: Memory, address: int) -> int:
    """The byte, zero-extended."""
    return memory.u8[address]


def i64_load16_s(memory: Memory, address: int) -> int:
    """Two bytes, sign-extended."""
    return (
        (memory.u16[address >> 1] if not address & 1 else memory.load(address, 2)) ^ 0x8000
    ) - 0x8000 & MASK_64


def i64_load16_u(memory: Memory, address: int) -> int:
    """Two bytes, zero-extended."""
    return memory.u16[address >> 1] if not address & 1 else memory.load(address, 2)


def i64_load32_s(memory: Memory, address: int) -> int:
    """Four bytes, sign-extended."""
    return (
        (memory.u32[address >> 2] if not address & 3 else memory.load(address, 4)) ^ 0x80000000
    ) - 0x80000000 & MASK_64


def i64_load32_u(memory: Memory, address: int) -> int:
    """Four bytes, zero-extended."""
    return memory.u32[address >> 2] if not address & 3 else memory.load(address, 4)


def i32_store(memory: Memory, address: int, value: int) -> None:
    """Write four bytes."""
    if address & 3:
        memory.store_number(address, 4, value)
    else:
        memory.u32[address >> 2] = value


def i64_store(memory: Memory, address: int, value: int) -> None:
    """Write eight bytes."""
    if address & 7:
        memory.store_number(address, 8, value)
    else:
        memory.u64[address >> 3] = value


def f32_store(memory: Memory, address: int, value: float) -> None:
    """Write the four bytes of a float's bits."""
    i32_store(memory, address, f32_to_bits(value))


def f64_store(memory: Memory, address: int, value: float) -> None:
    """Write the eight bytes of a float's bits."""
    if address & 7:
        memory.store_number(address, 8, f64_to_bits(value))
    else:
        memory.f64[address >> 3] = value


def i32_store8(memory: Memory, address: int, value: int) -> None:
    """Write the lowest byte."""
    memory.u8[address] = value & 0xFF


def i32_store16(memory: Memory, address: int, value: int) -> None:
    """Write the lowest two bytes."""
    if address & 1:
        memory.store_number(address, 2, value & 0xFFFF)
    else:
        memory.u16[address >> 1] = value & 0xFFFF


def i64_store8(memory: Memory, address: int, value: int) -> None:
    """Write the lowest byte."""
    memory.u8[address] = value & 0xFF


def i64_store16(memory: Memory, address: int, value: int) -> None:
    """Write the lowest two bytes."""
    if address & 1:
        memory.store_number(address, 2, value & 0xFFFF)
    else:
        memory.u16[address >> 1] = value & 0xFFFF


def i64_store32(memory: Memory, address: int, value: int) -> None:
    """Write the lowest four bytes."""
    if address & 3:
        memory.store_number(address, 4, value & MASK_32)
    else:
        memory.u32[address >> 2] = value & MASK_32


def memory_size(memory: Memory) -> int:
    """The size in pages."""
    return memory.size_pages


def memory_grow(memory: Memory, pages: int) -> int:
    """Add pages; the old size in pages, or -1 (unsigned) where that is not possible."""
    return memory.grow(pages) & memory.address_mask


def memory_fill(memory: Memory, address: int, value: int, count: int) -> None:
    """Set bytes to one value. Traps, before any is changed, if not all are inside."""
    memory.check(address, count)
    piece = bytes((value & 0xFF,)) * min(count, _FILLED_BYTES)
    for start in range(0, count, _FILLED_BYTES):
        part = min(count - start, _FILLED_BYTES)
        memory.u8[address + start : address + start + part] = piece[:part]


def memory_copy(
    target: Memory, source: Memory, target_address: int, source_address: int, count: int
) -> None:
    """Copy bytes, which may overlap. Traps, before any is changed, if not all are inside."""
    source.check(source_address, count)
    target.check(target_address, count)
    copied = source.u8[source_address : source_address + count]
    target.u8[target_address : target_address + count] = copied


def memory_init(
    segment: DataSegment, memory: Memory, address: int, segment_address: int, count: int
) -> None:
    """Copy from a segment. Traps, before any is changed, if not all are inside."""
    if segment_address + count > len(segment.content):
        raise Trap(TrapCode.MEMORY_OUT_OF_BOUNDS, address=segment_address, count=count)
    memory.check(address, count)
    copied = memoryview(segment.content)[segment_address : segment_address + count]
    memory.u8[address : address + count] = copied


def data_drop(segment: DataSegment) -> None:
    """Forget the bytes of a segment; it is empty from now on."""
    segment.content = b""
