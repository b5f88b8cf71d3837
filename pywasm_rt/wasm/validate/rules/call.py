"""Calls, and calls that replace their caller."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.instructions.instruction import Row
from pywasm_rt.wasm.types import FUNCREF, ReferenceType
from pywasm_rt.wasm.validate.body import BodyChecker
from pywasm_rt.wasm.validate.context import Context, Signature
from pywasm_rt.wasm.validate.matching import matches_reference, matches_value
from pywasm_rt.wasm.validate.plans import SignatureRule, StackRule

__all__ = ["RULES", "SIGNATURES"]


def _call(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    return context.signature(context.function(immediates[0]))


def _call_indirect(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    type_index, table_index = immediates
    table = context.table(table_index)
    if not matches_reference(table.element, FUNCREF):
        raise ValidationError(
            f"type mismatch: table {table_index} holds {context.describe(table.element)}, "
            "not functions",
            expected=str(FUNCREF),
            found=context.describe(table.element),
        )
    context.function_type(type_index)
    return context.signature(context.types[type_index], above=table.limits.address_type)


def _call_ref(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    type_index = immediates[0]
    context.function_type(type_index)
    callee = context.reference_type(ReferenceType(nullable=True, heap=type_index))
    return context.signature(context.types[type_index], above=callee)


def _tail(signature: SignatureRule) -> StackRule:
    """The rule of a call that replaces its caller: it leaves what its caller must leave."""

    def rule(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
        context = body.planner.context
        takes, gives = signature(context, body.instructions[body.pc].row, immediates)
        if len(gives) != len(body.results) or not all(map(matches_value, gives, body.results)):
            expected, found = map(context.describe_operands, (body.results, gives))
            raise ValidationError(
                f"type mismatch: the function must return {expected}, but what it calls in its "
                f"place returns {found}",
                expected=expected,
                found=found,
            )
        body.pop(takes)
        body.set_unreachable()

    return rule


SIGNATURES: dict[str, SignatureRule] = {
    "call": _call,
    "call_indirect": _call_indirect,
    "call_ref": _call_ref,
}

RULES: dict[str, StackRule] = {
    "return_call": _tail(_call),
    "return_call_indirect": _tail(_call_indirect),
    "return_call_ref": _tail(_call_ref),
}
