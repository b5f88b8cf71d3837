"""The bytes form of a snapshot: what the writer and the reader agree about.

``MAGIC``, version and flags (16 bits each), the number of bytes of the body (64 bits) and its
SHA-256; then the body, deflated if the flag says so. Numbers in the body are unsigned LEB128, bytes
and strings are preceded by their length, sequences by their count, and everything comes in the
order of the fields of :class:`~pywasm_rt.engine.snapshot.Snapshot`. Whoever changes what is written
counts ``VERSION`` up: bytes of another version are refused.
"""

from __future__ import annotations

import enum
from struct import Struct

from pywasm_rt.wasm.types import F32, F64, I32, I64, V128, AbstractHeapType, ValueType

__all__ = [
    "HEADER",
    "HEAPS",
    "MAGIC",
    "NUMBERS",
    "VERSION",
    "ObjectTag",
    "OutcomeTag",
    "ValueTag",
]

# A transfer that takes it for text would change it.
MAGIC = b"\x00wasmrt\n"
VERSION = 1
HEADER = Struct("<8sHHQ32s")

NUMBERS: tuple[ValueType, ...] = (I32, I64, F32, F64, V128)
"""Types that are written as their place here; behind them ``ref``, ``ref null``."""

HEAPS: tuple[AbstractHeapType, ...] = tuple(AbstractHeapType)
"""Heap types that are written as their place here; behind them the defined types."""


class ValueTag(enum.IntEnum):
    """What a value is."""

    NULL = 0
    NUMBER = 1
    FUNCTION = 2
    HOST_FUNCTION = 3
    I31 = 4
    OBJECT = 5
    EXTERNAL = 6


class ObjectTag(enum.IntEnum):
    """What something of the heap is."""

    STRUCTURE = 0
    BYTES = 1
    REFERENCES = 2
    EXCEPTION = 3


class OutcomeTag(enum.IntEnum):
    """How an execution ended."""

    NONE = 0
    FAILURE = 1
    THROWN = 2
