"""Blocks, and the instructions that end them or make the rest of them unreachable."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import I32
from pywasm_rt.wasm.validate.body import BodyChecker
from pywasm_rt.wasm.validate.context import Operands
from pywasm_rt.wasm.validate.matching import matches_value
from pywasm_rt.wasm.validate.plans import StackRule

__all__ = ["RULES"]

_CONDITION: Operands = [I32]


def _unreachable(body: BodyChecker, _: tuple[Any, ...]) -> None:
    body.set_unreachable()


def _block(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    takes, gives = body.planner.block(immediates[0])
    body.pop(takes)
    body.open_frame("block", takes, gives, label_types=gives)


def _loop(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    takes, gives = body.planner.block(immediates[0])
    body.pop(takes)
    body.open_frame("loop", takes, gives, label_types=takes)


def _if(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    takes, gives = body.planner.block(immediates[0])
    body.pop(_CONDITION)
    body.pop(takes)
    frame = body.open_frame("if", takes, gives, label_types=gives)
    frame.exits = (body.pc,)


def _else(body: BodyChecker, _: tuple[Any, ...]) -> None:
    frame = body.frame
    if frame.kind != "if":
        raise ValidationError(f"unexpected token: else in {frame.kind}, not in if")
    body.next_part("else", frame.takes)
    body.targets[frame.pc] = body.pc + 1
    frame.exits = (body.pc,)


def _end(body: BodyChecker, _: tuple[Any, ...]) -> None:
    frame = body.frame
    match frame.kind:
        case "if":
            _check_missing_else(body)
        case "function" if body.pc != len(body.instructions) - 1:
            raise ValidationError("unexpected token: instructions behind the last end")
        case "try_table" | "try" if frame.covering is frame:
            frame.region_end = body.pc
    body.close_frame()


def _check_missing_else(body: BodyChecker) -> None:
    """An ``if`` without ``else`` behaves as if the other part left the parameters alone."""
    takes, gives = body.frame.takes, body.frame.gives
    if len(takes) != len(gives) or not all(map(matches_value, takes, gives)):
        describe = body.planner.context.describe_operands
        raise ValidationError(
            f"type mismatch: if without else would leave {describe(takes)}, "
            f"but must leave {describe(gives)}",
            expected=describe(gives),
            found=describe(takes),
        )


def _return(body: BodyChecker, _: tuple[Any, ...]) -> None:
    body.pop(body.results)
    body.set_unreachable()


RULES: dict[str, StackRule] = {
    "unreachable": _unreachable,
    "block": _block,
    "loop": _loop,
    "if": _if,
    "else": _else,
    "end": _end,
    "return": _return,
}
