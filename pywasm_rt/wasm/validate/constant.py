"""Constant expressions: initial values and offsets (specification, "Constant Expressions")."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import UnsupportedFeature, ValidationError
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions.instruction import Row
from pywasm_rt.wasm.module import Expression
from pywasm_rt.wasm.types import ExternKind, ValueType
from pywasm_rt.wasm.validate.body import BodyChecker
from pywasm_rt.wasm.validate.context import Context, Signature
from pywasm_rt.wasm.validate.places import locate_in_expression
from pywasm_rt.wasm.validate.plans import Planner, SignatureRule
from pywasm_rt.wasm.validate.rules import SIGNATURE_RULES, STACK_RULES

__all__ = ["ConstantChecker"]

# What is constant, by the feature that made it so.
_CONSTANTS = {
    "": "i32_const i64_const f32_const f64_const global_get ref_func end",
    "reference_types": "ref_null",
    "simd": "v128_const",
    "extended_const": "i32_add i32_sub i32_mul i64_add i64_sub i64_mul",
    "gc": "ref_i31 struct_new struct_new_default array_new array_new_default array_new_fixed "
    "any_convert_extern extern_convert_any",
}


def _constants(features: Features) -> frozenset[str]:
    return frozenset(
        identifier
        for feature, identifiers in _CONSTANTS.items()
        if not feature or getattr(features, feature)
        for identifier in identifiers.split()
    )


def _global_get(available: int | None) -> SignatureRule:
    """The rule of ``global.get`` in constant expressions: the global has its value already.

    It is one of the first ``available`` ones, or any that was declared before if that is None.
    """

    def rule(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
        index = immediates[0]
        if available is not None and index >= available:
            raise ValidationError(f"unknown global {index}: {available} are imported")
        type = context.global_(index)
        if type.mutable:
            raise ValidationError(f"constant expression required: global {index} is mutable")
        return [], [type.value]

    return rule


class ConstantChecker:
    """Checks the constant expressions of a module.

    Which globals they may refer to is decided by ``context.globals`` at the time of the check.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        # Before garbage collection only imported globals were constant.
        imported = len(context.module.imported(ExternKind.GLOBAL))
        global_get = _global_get(None if context.features.gc else imported)
        rules = {**SIGNATURE_RULES, "global_get": global_get}
        self._planner = Planner(context, rules, STACK_RULES, _constants(context.features))

    def check(self, expression: Expression, type: ValueType, inside: str) -> None:
        """Check that an expression is constant and gives one value of a (resolved) type.

        Raises:
            ValidationError: it does not; ``where`` is the instruction's place, where known.
        """
        checker = BodyChecker(self._planner, expression.instructions, [type])
        try:
            checker.check()
        except (ValidationError, UnsupportedFeature) as error:
            module = self._context.module
            locate_in_expression(error, module, expression, checker.pc, inside)
            raise
