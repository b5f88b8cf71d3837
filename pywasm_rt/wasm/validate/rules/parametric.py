"""Instructions that take operands of any type."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import I32, ReferenceType
from pywasm_rt.wasm.validate.body import BodyChecker
from pywasm_rt.wasm.validate.context import Operands
from pywasm_rt.wasm.validate.plans import StackRule

__all__ = ["RULES"]

_CONDITION: Operands = [I32]


def _drop(body: BodyChecker, _: tuple[Any, ...]) -> None:
    if len(body.stack) > body.height:
        body.stack.pop()
    else:
        body.pop_operand()


def _select(body: BodyChecker, _: tuple[Any, ...]) -> None:
    """Without a written type only numbers and vectors may be selected, whose type is plain."""
    stack = body.stack
    cut = len(stack) - 3
    if cut >= body.height and stack[cut] is stack[cut + 1] and stack[cut + 2] is I32:
        del stack[cut + 1 :]
    else:
        body.pop(_CONDITION)
        second, first = body.pop_operand(), body.pop_operand()
        stack.append(second if first is None else first)
        if first is not None and second is not None and first is not second:
            describe = body.planner.context.describe_operands
            raise ValidationError(
                f"type mismatch: select between {describe([first, second])}, which differ",
                found=describe([first, second]),
            )
    if isinstance(stack[-1], ReferenceType):
        shown = body.planner.context.describe(stack[-1])
        raise ValidationError(
            f"type mismatch: select of references ({shown}) needs a written type", found=shown
        )


def _select_t(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    types = immediates[0]
    if len(types) != 1:
        raise ValidationError(f"invalid result arity: select gives 1 value, not {len(types)}")
    written = body.planner.context.value_type(types[0])
    body.pop([written, written, I32])
    body.stack.append(written)


RULES: dict[str, StackRule] = {"drop": _drop, "select": _select, "select_t": _select_t}
