"""Vectors in linear memory: loads, stores, and lanes loaded and stored one by one.

Functions named by their mnemonic, over a :class:`Memory`. ``address`` has the instruction's offset
added already; outside the memory the memory raises IndexError.
"""

from __future__ import annotations

from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.engine.reference.vector_shape import (
    I8X16,
    I16X8,
    I32X4,
    I64X2,
    Shape,
    join,
    lanes_signed,
    lanes_unsigned,
)

__all__ = [
    "v128_const",
    "v128_load",
    "v128_load8_lane",
    "v128_load8_splat",
    "v128_load8x8_s",
    "v128_load8x8_u",
    "v128_load16_lane",
    "v128_load16_splat",
    "v128_load16x4_s",
    "v128_load16x4_u",
    "v128_load32_lane",
    "v128_load32_splat",
    "v128_load32_zero",
    "v128_load32x2_s",
    "v128_load32x2_u",
    "v128_load64_lane",
    "v128_load64_splat",
    "v128_load64_zero",
    "v128_store",
    "v128_store8_lane",
    "v128_store16_lane",
    "v128_store32_lane",
    "v128_store64_lane",
]


def _replace(shape: Shape, vector: int, lane: int, value: int) -> int:
    place = shape.bits * lane
    return vector & ~(shape.mask << place) | value << place


def _lane(shape: Shape, vector: int, lane: int) -> int:
    return vector >> shape.bits * lane & shape.mask


def v128_const(bits: int) -> int:
    """The 128 bits of the immediate."""
    return bits


def v128_load(memory: Memory, address: int) -> int:
    """Sixteen bytes."""
    return int.from_bytes(memory.read(address, 16), "little")


def v128_store(memory: Memory, address: int, vector: int) -> None:
    """Sixteen bytes."""
    memory.write(address, vector.to_bytes(16, "little"))


def v128_load8x8_s(memory: Memory, address: int) -> int:
    """Eight bytes, each sign-extended to a lane of 16 bits."""
    return join(I16X8, lanes_signed(I8X16, memory.load(address, 8))[:8])


def v128_load8x8_u(memory: Memory, address: int) -> int:
    """Eight bytes, each zero-extended to a lane of 16 bits."""
    return join(I16X8, lanes_unsigned(I8X16, memory.load(address, 8))[:8])


def v128_load16x4_s(memory: Memory, address: int) -> int:
    """Four numbers of 16 bits, each sign-extended to a lane of 32 bits."""
    return join(I32X4, lanes_signed(I16X8, memory.load(address, 8))[:4])


def v128_load16x4_u(memory: Memory, address: int) -> int:
    """Four numbers of 16 bits, each zero-extended to a lane of 32 bits."""
    return join(I32X4, lanes_unsigned(I16X8, memory.load(address, 8))[:4])


def v128_load32x2_s(memory: Memory, address: int) -> int:
    """Two numbers of 32 bits, each sign-extended to a lane of 64 bits."""
    return join(I64X2, lanes_signed(I32X4, memory.load(address, 8))[:2])


def v128_load32x2_u(memory: Memory, address: int) -> int:
    """Two numbers of 32 bits, each zero-extended to a lane of 64 bits."""
    return join(I64X2, lanes_unsigned(I32X4, memory.load(address, 8))[:2])


def v128_load8_splat(memory: Memory, address: int) -> int:
    """One byte in every lane."""
    return memory.load(address, 1) * I8X16.lowest


def v128_load16_splat(memory: Memory, address: int) -> int:
    """Two bytes in every lane."""
    return memory.load(address, 2) * I16X8.lowest


def v128_load32_splat(memory: Memory, address: int) -> int:
    """Four bytes in every lane."""
    return memory.load(address, 4) * I32X4.lowest


def v128_load64_splat(memory: Memory, address: int) -> int:
    """Eight bytes in both lanes."""
    return memory.load(address, 8) * I64X2.lowest


def v128_load32_zero(memory: Memory, address: int) -> int:
    """Four bytes in the lowest lane; the others are zero."""
    return memory.load(address, 4)


def v128_load64_zero(memory: Memory, address: int) -> int:
    """Eight bytes in the lower lane; the upper is zero."""
    return memory.load(address, 8)


def v128_load8_lane(memory: Memory, address: int, vector: int, lane: int) -> int:
    """The vector with one byte loaded into a lane."""
    return _replace(I8X16, vector, lane, memory.load(address, 1))


def v128_load16_lane(memory: Memory, address: int, vector: int, lane: int) -> int:
    """The vector with two bytes loaded into a lane."""
    return _replace(I16X8, vector, lane, memory.load(address, 2))


def v128_load32_lane(memory: Memory, address: int, vector: int, lane: int) -> int:
    """The vector with four bytes loaded into a lane."""
    return _replace(I32X4, vector, lane, memory.load(address, 4))


def v128_load64_lane(memory: Memory, address: int, vector: int, lane: int) -> int:
    """The vector with eight bytes loaded into a lane."""
    return _replace(I64X2, vector, lane, memory.load(address, 8))


def v128_store8_lane(memory: Memory, address: int, vector: int, lane: int) -> None:
    """One lane of 8 bits."""
    memory.store_number(address, 1, _lane(I8X16, vector, lane))


def v128_store16_lane(memory: Memory, address: int, vector: int, lane: int) -> None:
    """One lane of 16 bits."""
    memory.store_number(address, 2, _lane(I16X8, vector, lane))


def v128_store32_lane(memory: Memory, address: int, vector: int, lane: int) -> None:
    """One lane of 32 bits."""
    memory.store_number(address, 4, _lane(I32X4, vector, lane))


def v128_store64_lane(memory: Memory, address: int, vector: int, lane: int) -> None:
    """One lane of 64 bits."""
    memory.store_number(address, 8, _lane(I64X2, vector, lane))
