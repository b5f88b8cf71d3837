"""The kinds of immediates that rows of the instruction table name, and the Python value of each.

The binary forms are in ``binary/immediates.py`` and the text forms in ``text``, as tables with one
entry for each kind here.
"""

from __future__ import annotations

__all__ = ["INDEX_KINDS", "KINDS"]

INDEX_KINDS = (
    "function",
    "type",
    "table",
    "memory",
    "local",
    "global",
    "element",
    "data",
    "tag",
    "field",
)

KINDS: dict[str, str] = {
    "i32": "signed int",
    "i64": "signed int",
    "f32": "the 32 bits of the float as an unsigned int",
    "f64": "the 64 bits of the float as an unsigned int",
    "v128": "the 128 bits of the vector as an unsigned int, the first lane lowest",
    "block_type": "None, a ValueType, or the index of a function type as int",
    "label": "int, 0 for the innermost block",
    "labels": "tuple of int",
    **dict.fromkeys(INDEX_KINDS, "int, counted from 0"),
    "memory_argument": "MemoryArgument",
    "lane": "int, counted from 0",
    "lanes16": "tuple of 16 int",
    "heap_type": "HeapType",
    "reference_type": "ReferenceType",
    "value_types": "tuple of ValueType",
    "count": "int",
    "catches": "tuple of Catch",
}
