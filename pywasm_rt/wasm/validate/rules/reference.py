"""References: null, to functions, tested and cast."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.instructions.instruction import Row
from pywasm_rt.wasm.types import ANYREF, EXTERNREF, FUNCREF, I32, AbstractHeapType, ReferenceType
from pywasm_rt.wasm.validate.body import BodyChecker
from pywasm_rt.wasm.validate.context import Context, Signature
from pywasm_rt.wasm.validate.matching import matches_reference, top_of
from pywasm_rt.wasm.validate.plans import SignatureRule, StackRule

__all__ = ["RULES", "SIGNATURES"]


def _ref_null(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    return [], [context.reference_type(ReferenceType(nullable=True, heap=immediates[0]))]


def _ref_func(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    function_index = immediates[0]
    type = context.function(function_index)
    if function_index not in context.references:
        raise ValidationError(
            f"undeclared function reference: function {function_index} occurs in no export, "
            "element segment or initial value",
            function_index=function_index,
        )
    if not context.features.typed_references:
        return [], [FUNCREF]
    return [], [context.reference_type(ReferenceType(nullable=False, heap=type))]


def _tested(context: Context, target: ReferenceType) -> ReferenceType:
    """What a test or cast to a type takes: anything from the hierarchy the type belongs to."""
    return context.reference_type(ReferenceType(nullable=True, heap=top_of(target.heap)))


def _ref_test(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    return [_tested(context, context.reference_type(immediates[0]))], [I32]


def _ref_cast(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    target = context.reference_type(immediates[0])
    return [_tested(context, target)], [target]


def _ref_is_null(body: BodyChecker, _: tuple[Any, ...]) -> None:
    body.pop_reference()
    body.stack.append(I32)


def _ref_as_non_null(body: BodyChecker, _: tuple[Any, ...]) -> None:
    heap = body.pop_reference().heap
    resolve = body.planner.context.reference_type
    body.stack.append(resolve(ReferenceType(nullable=False, heap=heap)))


def _convert(source: ReferenceType, target: AbstractHeapType) -> StackRule:
    """The rule of a conversion between external and internal references, which keeps null."""

    def rule(body: BodyChecker, _: tuple[Any, ...]) -> None:
        reference = body.pop_reference()
        if not matches_reference(reference, source):
            body.stack.append(reference)
            raise body.mismatch([source])
        resolve = body.planner.context.reference_type
        body.stack.append(resolve(ReferenceType(reference.nullable, target)))

    return rule


SIGNATURES: dict[str, SignatureRule] = {
    "ref_null": _ref_null,
    "ref_func": _ref_func,
    "ref_test": _ref_test,
    "ref_cast": _ref_cast,
}

RULES: dict[str, StackRule] = {
    "ref_is_null": _ref_is_null,
    "ref_as_non_null": _ref_as_non_null,
    "any_convert_extern": _convert(EXTERNREF, AbstractHeapType.ANY),
    "extern_convert_any": _convert(ANYREF, AbstractHeapType.EXTERN),
}
