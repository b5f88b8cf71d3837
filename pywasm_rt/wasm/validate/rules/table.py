"""Tables of references and element segments. The address type is the table's."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.instructions.instruction import Row
from pywasm_rt.wasm.types import I32, I64
from pywasm_rt.wasm.validate.context import Context, Signature
from pywasm_rt.wasm.validate.matching import matches_reference
from pywasm_rt.wasm.validate.plans import SignatureRule

__all__ = ["SIGNATURES"]


def _table_get(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    table = context.table(immediates[0])
    return [table.limits.address_type], [table.element]


def _table_set(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    table = context.table(immediates[0])
    return [table.limits.address_type, table.element], []


def _table_size(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    return [], [context.table(immediates[0]).limits.address_type]


def _table_grow(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    table = context.table(immediates[0])
    return [table.element, table.limits.address_type], [table.limits.address_type]


def _table_fill(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    table = context.table(immediates[0])
    address = table.limits.address_type
    return [address, table.element, address], []


def _table_copy(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    target, source = map(context.table, immediates)
    if not matches_reference(source.element, target.element):
        expected, found = map(context.describe, (target.element, source.element))
        raise ValidationError(
            f"type mismatch: table {immediates[0]} holds {expected}, "
            f"which {found} from table {immediates[1]} does not match",
            expected=expected,
            found=found,
        )
    addresses = target.limits.address_type, source.limits.address_type
    length = I64 if addresses == (I64, I64) else I32
    return [*addresses, length], []


def _table_init(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    element_index, table_index = immediates
    table = context.table(table_index)
    segment = context.element_segment(element_index)
    if not matches_reference(segment, table.element):
        expected, found = map(context.describe, (table.element, segment))
        raise ValidationError(
            f"type mismatch: table {table_index} holds {expected}, "
            f"which {found} from elem segment {element_index} does not match",
            expected=expected,
            found=found,
        )
    return [table.limits.address_type, I32, I32], []


def _elem_drop(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    context.element_segment(immediates[0])
    return [], []


SIGNATURES: dict[str, SignatureRule] = {
    "table_get": _table_get,
    "table_set": _table_set,
    "table_size": _table_size,
    "table_grow": _table_grow,
    "table_fill": _table_fill,
    "table_copy": _table_copy,
    "table_init": _table_init,
    "elem_drop": _elem_drop,
}
