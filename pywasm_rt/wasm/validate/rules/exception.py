"""Throwing, and blocks that catch."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.instructions.instruction import Catch
from pywasm_rt.wasm.types import EXNREF, AbstractHeapType, ReferenceType
from pywasm_rt.wasm.validate.body import BodyChecker, ControlFrame
from pywasm_rt.wasm.validate.context import Context, Operands
from pywasm_rt.wasm.validate.matching import matches_value
from pywasm_rt.wasm.validate.plans import StackRule

__all__ = ["RULES"]

_CAUGHT = ReferenceType(nullable=False, heap=AbstractHeapType.EXN)


def _throw(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    context = body.planner.context
    body.pop(context.operands(context.tag(immediates[0]).parameters))
    body.set_unreachable()


def _throw_ref(body: BodyChecker, _: tuple[Any, ...]) -> None:
    body.pop([EXNREF])
    body.set_unreachable()


def _try_table(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    block_type, catches = immediates
    takes, gives = body.planner.block(block_type)
    body.pop(takes)
    # Labels of handlers count from outside the block, so they are found before it is entered.
    handlers = tuple([(catch, _handler_label(body, catch)) for catch in catches])
    frame = body.open_frame("try_table", takes, gives, label_types=gives)
    if handlers:
        frame.handlers = handlers
        frame.outer, frame.covering = frame.covering, frame


def _handler_label(body: BodyChecker, catch: Catch) -> ControlFrame:
    frame = body.label(catch.label)
    context = body.planner.context
    given = _caught_operands(context, catch)
    expected = frame.label_types
    if len(given) != len(expected) or not all(map(matches_value, given, expected)):
        takes, gives = map(context.describe_operands, (expected, given))
        raise ValidationError(
            f"type mismatch: label {catch.label} takes {takes}, but its {catch.kind} gives {gives}",
            expected=takes,
            found=gives,
        )
    return frame


def _caught_operands(context: Context, catch: Catch) -> Operands:
    """What a handler pushes: the values of its tag, and a reference to the exception."""
    values: Operands = []
    if catch.tag_index is not None:
        values = context.operands(context.tag(catch.tag_index).parameters)
    return [*values, _CAUGHT] if catch.kind.endswith("_ref") else values


RULES: dict[str, StackRule] = {"throw": _throw, "throw_ref": _throw_ref, "try_table": _try_table}
