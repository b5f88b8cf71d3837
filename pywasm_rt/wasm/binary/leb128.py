"""Writing integers in the LEB128 form, always as short as possible."""

from __future__ import annotations

__all__ = ["signed", "unsigned"]

_SMALL = tuple(bytes((value,)) for value in range(128))


def unsigned(value: int) -> bytes:
    """A natural number in unsigned LEB128."""
    if value < 128:
        return _SMALL[value]
    out = bytearray()
    while value > 127:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """An integer in signed LEB128."""
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)
