"""The shapes of a 128-bit vector: how one Python int is seen as lanes.

A v128 is an ``int`` of 128 bits, lane 0 lowest. Where an operation does not carry from lane to
lane it is done on the whole int at once; elsewhere the lanes are taken apart and joined again.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

__all__ = [
    "F32X4",
    "F64X2",
    "I8X16",
    "I16X8",
    "I32X4",
    "I64X2",
    "MASK_128",
    "Shape",
    "join",
    "lanes_signed",
    "lanes_unsigned",
    "map_signed",
    "map_unsigned",
    "zip_signed",
    "zip_unsigned",
]

MASK_128 = (1 << 128) - 1


class Shape:
    """A division of 128 bits into lanes of ``bits`` each.

    ``mask`` is one lane of ones; ``lowest`` and ``highest`` have one bit a lane: its least and
    its most significant.
    """

    __slots__ = (
        "bits",
        "count",
        "highest",
        "lowest",
        "mask",
        "maximum",
        "minimum",
        "signed",
        "unsigned",
    )

    def __init__(self, bits: int, code: str) -> None:
        self.bits = bits
        self.count = 128 // bits
        self.mask = (1 << bits) - 1
        self.minimum = -(1 << bits - 1)
        self.maximum = (1 << bits - 1) - 1
        self.lowest = sum(1 << bits * lane for lane in range(self.count))
        self.highest = self.lowest << bits - 1
        self.unsigned = struct.Struct(f"<{self.count}{code.upper()}")
        self.signed = struct.Struct(f"<{self.count}{code}")


I8X16 = Shape(8, "b")
I16X8 = Shape(16, "h")
I32X4 = Shape(32, "i")
I64X2 = Shape(64, "q")
F32X4 = I32X4
F64X2 = I64X2


def lanes_unsigned(shape: Shape, vector: int) -> tuple[int, ...]:
    """The lanes as unsigned integers, lane 0 first."""
    return shape.unsigned.unpack(vector.to_bytes(16, "little"))


def lanes_signed(shape: Shape, vector: int) -> tuple[int, ...]:
    """The lanes as signed integers, lane 0 first."""
    return shape.signed.unpack(vector.to_bytes(16, "little"))


def join(shape: Shape, lanes: Iterable[int]) -> int:
    """The vector with these lanes, each wrapped to its width."""
    mask = shape.mask
    return int.from_bytes(shape.unsigned.pack(*[lane & mask for lane in lanes]), "little")


def map_unsigned(shape: Shape, function: Callable[[int], int], a: int) -> int:
    """Apply ``function`` to each lane, taken as unsigned."""
    return join(shape, map(function, lanes_unsigned(shape, a)))


def map_signed(shape: Shape, function: Callable[[int], int], a: int) -> int:
    """Apply ``function`` to each lane, taken as signed."""
    return join(shape, map(function, lanes_signed(shape, a)))


def zip_unsigned(shape: Shape, function: Callable[[int, int], int], a: int, b: int) -> int:
    """Apply ``function`` to each pair of lanes, taken as unsigned."""
    return join(shape, map(function, lanes_unsigned(shape, a), lanes_unsigned(shape, b)))


def zip_signed(shape: Shape, function: Callable[[int, int], int], a: int, b: int) -> int:
    """Apply ``function`` to each pair of lanes, taken as signed."""
    return join(shape, map(function, lanes_signed(shape, a), lanes_signed(shape, b)))
