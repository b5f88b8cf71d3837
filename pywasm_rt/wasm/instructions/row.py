"""How a row of the instruction table is written: :func:`row` makes one from compact text."""

from __future__ import annotations

import re

from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.instructions.instruction import Row, StackType
from pywasm_rt.wasm.types import (
    F32,
    F64,
    I32,
    I64,
    V128,
    AbstractHeapType,
    ReferenceType,
    ValueType,
)

__all__ = ["parse_stack_type", "row"]

_VALUE_TYPES: dict[str, ValueType] = {
    "i32": I32,
    "i64": I64,
    "f32": F32,
    "f64": F64,
    "v128": V128,
    "eqref": ReferenceType(nullable=True, heap=AbstractHeapType.EQ),
    "i31ref": ReferenceType(nullable=True, heap=AbstractHeapType.I31),
    "arrayref": ReferenceType(nullable=True, heap=AbstractHeapType.ARRAY),
    "(ref i31)": ReferenceType(nullable=False, heap=AbstractHeapType.I31),
}
_TOKEN = re.compile(r"\([^)]*\)|\S+")


def parse_stack_type(text: str) -> StackType | None:
    """``"i32 i32 -> i32"`` as a stack type; None for "".

    Raises:
        EngineBug: the text names an unknown type or has no arrow.
    """
    if not text:
        return None
    takes, arrow, gives = text.partition("->")
    try:
        if not arrow:
            raise KeyError("->")
        return StackType(
            tuple(_VALUE_TYPES[token] for token in _TOKEN.findall(takes)),
            tuple(_VALUE_TYPES[token] for token in _TOKEN.findall(gives)),
        )
    except KeyError as error:
        raise EngineBug(f"stack type {text!r} has no {error}") from error


def row(
    code: int,
    mnemonic: str,
    stack: str,
    immediates: str,
    section: str,
    explain: str,
    *,
    prefix: int | None = None,
    feature: str = "",
    rule: str = "",
    fuel: int = 1,
    width_bytes: int = 0,
    identifier: str = "",
    null_code: int | None = None,
    encoding: str = "",
) -> Row:
    """A row of the table; see :class:`~pywasm_rt.wasm.instructions.instruction.Row`.

    ``stack`` reads ``"i32 i32 -> i32"`` ("" where only the rule knows) and ``immediates`` is the
    names of their kinds, with spaces between. ``identifier`` is derived from the mnemonic.

    Raises:
        EngineBug: ``stack`` cannot be read.
    """
    return Row(
        prefix=prefix,
        code=code,
        mnemonic=mnemonic,
        stack=parse_stack_type(stack),
        immediates=tuple(immediates.split()),
        rule=rule,
        fuel=fuel,
        explain=explain,
        section=section,
        feature=feature,
        identifier=identifier or mnemonic.replace(".", "_").replace("/", "_"),
        width_bytes=width_bytes,
        null_code=null_code,
        encoding=encoding,
    )
