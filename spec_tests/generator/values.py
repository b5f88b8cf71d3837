"""Values that find faults more often than random ones do."""

from __future__ import annotations

from random import Random

__all__ = ["immediate", "integer_bits"]

_F32 = (0, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7FA00001, 1)
_F64 = (
    0,
    1 << 63,
    0x3FF << 52,
    0xC1E << 52,
    0x43E << 52,
    0x7FF << 52,
    0xFFF << 52,
    0x7FF8 << 48,
    0xFFF4000000000001,
    1,
    0x41DFFFFFFFC00000,
)


def integer_bits(random: Random, width: int) -> int:
    """An unsigned integer of a width: small, near a power of two, or anything."""
    mask = (1 << width) - 1
    kind = random.randrange(4)
    if kind == 0:
        return random.randint(-3, 40) & mask
    if kind == 1:
        return (1 << random.randrange(width)) + random.randint(-1, 1) & mask
    if kind == 2:
        return (random.randrange(256) * (mask // 255)) & mask
    return random.getrandbits(width)


def _signed(bits: int, width: int) -> int:
    return bits - (1 << width) if bits >> (width - 1) else bits


def immediate(random: Random, kind: str) -> object:
    """A value for an immediate that is a constant."""
    if kind in ("i32", "i64"):
        width = int(kind[1:])
        return _signed(integer_bits(random, width), width)
    if kind in ("f32", "f64"):
        usual = _F32 if kind == "f32" else _F64
        return random.choice(usual) if random.random() < 0.7 else random.getrandbits(int(kind[1:]))
    assert kind == "v128", f"{kind} is chosen by a rule"
    width = random.choice((8, 16, 32, 64))
    bits = 0
    for _ in range(128 // width):
        if random.random() < 0.3 and width >= 32:
            lane = random.choice(_F32 if width == 32 else _F64)
        else:
            lane = integer_bits(random, width)
        bits = bits << width | lane
    return bits
