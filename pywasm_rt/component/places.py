"""Places of definitions, for errors."""

from __future__ import annotations

from pywasm_rt.errors import ByteOffset, LineColumn

__all__ = ["at"]

_COLUMN_BITS = 12


def at(position: int) -> ByteOffset | LineColumn:
    """The place that a definition keeps (see :mod:`pywasm_rt.component.syntax`)."""
    if position >= 0:
        return ByteOffset(position)
    return LineColumn(-position >> _COLUMN_BITS, -position & (1 << _COLUMN_BITS) - 1)
