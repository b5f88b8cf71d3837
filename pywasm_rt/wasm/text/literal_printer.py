"""Numbers from bits to text, so that reading the text gives the same bits."""

from __future__ import annotations

import struct

from pywasm_rt.wasm.text.literals import float_bits

__all__ = ["print_float", "print_vector"]

_EXPONENT_ONES = {32: 0x7F800000, 64: 0x7FF0000000000000}
_CANONICAL = {32: 0x400000, 64: 0x8000000000000}


def print_float(bits: int, width: int) -> str:
    """The shortest decimal that reads back as the bits; ``inf`` and ``nan:0x...`` as they are."""
    sign = "-" if bits >> width - 1 else ""
    magnitude = bits & (1 << width - 1) - 1
    ones = _EXPONENT_ONES[width]
    if magnitude == ones:
        return f"{sign}inf"
    if magnitude > ones:
        payload = magnitude - ones
        return f"{sign}nan" if payload == _CANONICAL[width] else f"{sign}nan:0x{payload:x}"
    if width == 64:
        text = repr(struct.unpack("<d", magnitude.to_bytes(8, "little"))[0])
    else:
        text = _shortest(magnitude)
    return sign + text.removesuffix(".0")


def _shortest(magnitude: int) -> str:
    value = struct.unpack("<f", magnitude.to_bytes(4, "little"))[0]
    texts = (f"{value:.{digits}g}" for digits in range(1, 10))
    return next(text for text in texts if float_bits(text, 32) == magnitude)


def print_vector(bits: int) -> str:
    """A ``v128.const``'s shape and lanes."""
    lanes = [f"0x{bits >> 32 * lane & 0xFFFFFFFF:08x}" for lane in range(4)]
    return "i32x4 " + " ".join(lanes)
