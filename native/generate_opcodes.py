"""Writes ``generated/opcodes.h`` from the instruction table; ``--check`` only compares.

The C core has no list of instructions of its own: opcodes, stack types, immediates, fuel and
validation rules all come from ``pywasm_rt/wasm/instructions/table.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions.instruction import Row
from pywasm_rt.wasm.instructions.table import ROWS
from pywasm_rt.wasm.types import AbstractHeapType, ReferenceType, ValueType

TARGET = Path(__file__).parent / "generated" / "opcodes.h"
_LETTERS: dict[ValueType, str] = {
    ReferenceType(nullable=True, heap=AbstractHeapType.EQ): "e",
    ReferenceType(nullable=True, heap=AbstractHeapType.I31): "n",
    ReferenceType(nullable=True, heap=AbstractHeapType.ARRAY): "a",
    ReferenceType(nullable=False, heap=AbstractHeapType.I31): "N",
}
_NUMBERS = {"i32": "i", "i64": "I", "f32": "f", "f64": "F", "v128": "v"}
# One letter a kind of immediate, in binary order.
_IMMEDIATES = {
    "block_type": "b",
    "label": "l",
    "labels": "L",
    "function": "f",
    "type": "t",
    "table": "T",
    "memory": "m",
    "global": "g",
    "local": "x",
    "element": "e",
    "data": "d",
    "tag": "G",
    "field": "F",
    "memory_argument": "M",
    "lane": "a",
    "lanes16": "A",
    "heap_type": "h",
    "reference_type": "r",
    "value_types": "V",
    "count": "c",
    "catches": "C",
    "i32": "i",
    "i64": "I",
    "f32": "4",
    "f64": "8",
    "v128": "v",
}


def _types(types: Iterable[ValueType]) -> str:
    return "".join(_LETTERS.get(type_) or _NUMBERS[str(type_)] for type_ in types)


def _line(row: Row) -> str:
    stack = "NULL, NULL"
    if row.stack is not None:
        stack = f'"{_types(row.stack.takes)}", "{_types(row.stack.gives)}"'
    immediates = "".join(_IMMEDIATES[kind] for kind in row.immediates)
    feature = f"WR_FEATURE_{row.feature.upper()}" if row.feature else "WR_FEATURE_NONE"
    rule = f"WR_RULE_{row.rule.upper()}" if row.rule else "WR_RULE_NONE"
    prefix = 0 if row.prefix is None else row.prefix
    null_code = -1 if row.null_code is None else row.null_code
    return (
        f'  X({row.identifier}, 0x{prefix:02X}, 0x{row.code:X}, {null_code}, "{row.mnemonic}", '
        f'{stack}, "{immediates}", {rule}, {row.fuel}, {row.width_bytes}, {feature}) \\'
    )


def header() -> str:
    """The text of the header."""
    rules = sorted({row.rule.upper() for row in ROWS if row.rule})
    features = [field.name.upper() for field in fields(Features)]
    lines = [
        "/* Written by generate_opcodes.py from the instruction table: do not edit. */",
        "#ifndef WR_OPCODES_H",
        "#define WR_OPCODES_H",
        "",
        "/* X(identifier, prefix, code, second code, mnemonic, takes, gives, immediates, rule,",
        "     fuel, width in bytes, feature) */",
        "#define WR_INSTRUCTIONS(X) \\",
        *map(_line, ROWS),
        "",
        "",
        "enum wr_rule {",
        "  WR_RULE_NONE,",
        *(f"  WR_RULE_{rule}," for rule in rules),
        "};",
        "",
        "enum wr_feature {",
        *(f"  WR_FEATURE_{feature}," for feature in features),
        "  WR_FEATURE_NONE,",
        "};",
        "",
        "#define WR_FEATURE_NAMES \\",
        *(f'  "{feature.lower().replace("_", "-")}", \\' for feature in features),
        "",
        "",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the header, or compare it; the exit code is 1 if it is stale."""
    text = header()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() == text:
            return 0
        sys.stderr.write(f"{TARGET} is stale: run python native/generate_opcodes.py\n")
        return 1
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
