"""Floats and their bits, NaN payloads kept.

An f32 is held as a Python float (64 bits). Every f32 number is exactly a float; an f32 NaN is the
float NaN whose sign is the same and whose topmost payload bits are the f32's, so that signalling
stays signalling. Only moves of bits are used: a conversion in hardware would quieten the NaN.
"""

from __future__ import annotations

from struct import Struct

__all__ = ["f32_from_bits", "f32_to_bits", "f64_from_bits", "f64_to_bits"]

_F32, _U32 = Struct("<f"), Struct("<I")
_F64, _U64 = Struct("<d"), Struct("<Q")
_F32_INFINITY = 0x7F800000


def f64_from_bits(bits: int) -> float:
    """The float with these 64 bits."""
    value: float = _F64.unpack(_U64.pack(bits))[0]
    return value


def f64_to_bits(value: float) -> int:
    """The 64 bits of a float."""
    bits: int = _U64.unpack(_F64.pack(value))[0]
    return bits


def f32_from_bits(bits: int) -> float:
    """The float that stands for an f32 with these 32 bits."""
    magnitude = bits & 0x7FFFFFFF
    if magnitude > _F32_INFINITY:
        payload = (magnitude & 0x7FFFFF) << 29
        return f64_from_bits((bits >> 31) << 63 | 0x7FF0000000000000 | payload)
    value: float = _F32.unpack(_U32.pack(bits))[0]
    return value


def f32_to_bits(value: float) -> int:
    """The 32 bits of an f32 that is held as a float.

    Raises OverflowError if ``value`` is no f32 but a larger number.
    """
    if value != value:
        wide = f64_to_bits(value)
        return wide >> 63 << 31 | _F32_INFINITY | (wide >> 29 & 0x7FFFFF)
    bits: int = _U32.unpack(_F32.pack(value))[0]
    return bits
