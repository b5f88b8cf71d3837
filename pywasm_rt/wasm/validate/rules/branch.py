"""Branches: what they take along to a label and what stays if they do not jump."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import I32, ReferenceType
from pywasm_rt.wasm.validate.body import BodyChecker, ControlFrame
from pywasm_rt.wasm.validate.context import Operands, OperandType
from pywasm_rt.wasm.validate.matching import difference, matches_reference, matches_value
from pywasm_rt.wasm.validate.plans import StackRule

__all__ = ["RULES"]

_INTEGER: Operands = [I32]


def _br(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    body.pop(body.branch(immediates[0]).label_types)
    body.set_unreachable()


def _br_if(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    frame = body.branch(immediates[0])
    body.pop(_INTEGER)
    _pass_along(body, frame.label_types)


def _pass_along(body: BodyChecker, types: Operands) -> None:
    """Operands that a branch would take along; if it does not jump, they have the label's types."""
    if types:
        body.pop(types)
        body.stack += types


def _br_table(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    depths, default = immediates
    body.pop(_INTEGER)
    frames = {depth: body.label(depth) for depth in {*depths, default}}
    expected = frames[default].label_types
    for depth, frame in frames.items():
        if len(frame.label_types) != len(expected):
            describe = body.planner.context.describe_operands
            raise ValidationError(
                f"type mismatch: label {depth} takes {describe(frame.label_types)}, "
                f"the default label {describe(expected)}",
                expected=describe(expected),
                found=describe(frame.label_types),
            )
        body.check_top(frame.label_types)
    body.tables.append((body.pc, [frames[depth] for depth in (*depths, default)]))
    body.set_unreachable()


def _br_on_null(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    frame = body.branch(immediates[0])
    reference = body.pop_reference()
    _pass_along(body, frame.label_types)
    resolve = body.planner.context.reference_type
    body.stack.append(resolve(ReferenceType(nullable=False, heap=reference.heap)))


def _br_on_non_null(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    frame = body.branch(immediates[0])
    carried = _carried_reference(body, frame, immediates[0])
    body.pop([ReferenceType(nullable=True, heap=carried.heap)])
    _pass_along(body, frame.label_types[:-1])


def _carried_reference(body: BodyChecker, frame: ControlFrame, depth: int) -> ReferenceType:
    """The reference that a label takes last. Raises ValidationError "type mismatch"."""
    last: OperandType = frame.label_types[-1] if frame.label_types else None
    if isinstance(last, ReferenceType):
        return last
    found = body.planner.context.describe_operands(frame.label_types)
    raise ValidationError(
        f"type mismatch: label {depth} takes {found}, but must take a reference last", found=found
    )


def _cast_types(
    body: BodyChecker, immediates: tuple[Any, ...]
) -> tuple[ControlFrame, ReferenceType, ReferenceType, ReferenceType]:
    """The label of a branching cast, its source and target type, and what stays if the cast
    fails. Raises ValidationError "type mismatch" if the target does not match the source.
    """
    context = body.planner.context
    frame = body.branch(immediates[0])
    source, target = map(context.reference_type, immediates[1:])
    if not matches_reference(target, source):
        raise ValidationError(
            f"type mismatch: a cast from {context.describe(source)} to "
            f"{context.describe(target)}, which does not match it"
        )
    return frame, source, target, context.reference_type(difference(source, target))


def _check_carried(body: BodyChecker, frame: ControlFrame, depth: int, type: ReferenceType) -> None:
    carried = _carried_reference(body, frame, depth)
    if not matches_value(type, carried):
        describe = body.planner.context.describe
        raise ValidationError(
            f"type mismatch: label {depth} takes {describe(carried)} last, "
            f"but the branch carries {describe(type)}",
            expected=describe(carried),
            found=describe(type),
        )


def _br_on_cast(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    frame, source, target, rest = _cast_types(body, immediates)
    _check_carried(body, frame, immediates[0], target)
    body.pop([source])
    _pass_along(body, frame.label_types[:-1])
    body.stack.append(rest)


def _br_on_cast_fail(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    frame, source, target, rest = _cast_types(body, immediates)
    _check_carried(body, frame, immediates[0], rest)
    body.pop([source])
    _pass_along(body, frame.label_types[:-1])
    body.stack.append(target)


RULES: dict[str, StackRule] = {
    "br": _br,
    "br_if": _br_if,
    "br_table": _br_table,
    "br_on_null": _br_on_null,
    "br_on_non_null": _br_on_non_null,
    "br_on_cast": _br_on_cast,
    "br_on_cast_fail": _br_on_cast_fail,
}
