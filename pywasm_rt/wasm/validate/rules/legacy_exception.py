"""Exceptions as first proposed: ``try`` with its handlers inside (proposal "legacy exceptions")."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.instructions.instruction import Catch
from pywasm_rt.wasm.validate.body import BodyChecker
from pywasm_rt.wasm.validate.context import Operands
from pywasm_rt.wasm.validate.control import Branch
from pywasm_rt.wasm.validate.plans import StackRule

__all__ = ["RULES"]


def _try(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    takes, gives = body.planner.block(immediates[0])
    body.pop(takes)
    frame = body.open_frame("try", takes, gives, label_types=gives)
    frame.outer, frame.covering = frame.covering, frame
    frame.exits, frame.handlers = [], []


def _catch(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    context = body.planner.context
    values = context.operands(context.tag(immediates[0]).parameters)
    _begin_handler(body, Catch("catch", immediates[0], 0), values)


def _catch_all(body: BodyChecker, _: tuple[Any, ...]) -> None:
    _begin_handler(body, Catch("catch_all", None, 0), [])


def _begin_handler(body: BodyChecker, catch: Catch, values: Operands) -> None:
    frame = body.frame
    if frame.kind not in ("try", "catch"):
        raise ValidationError(f"unexpected token: {catch.kind} in {frame.kind}, not in try")
    if frame.kind == "try":
        frame.region_end = body.pc
        frame.covering = frame.outer
    body.next_part(catch.kind, values)
    assert isinstance(frame.exits, list), "made by _try"
    assert isinstance(frame.handlers, list), "made by _try"
    frame.exits.append(body.pc)
    frame.handlers.append((catch, Branch(body.pc + 1, len(values), frame.height)))


def _delegate(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    frame = body.frame
    if frame.kind != "try":
        raise ValidationError(f"unexpected token: delegate in {frame.kind}, not in try")
    frame.region_end = body.pc
    body.close_frame()
    # The label counts from outside the try.
    frame.outer = body.label(immediates[0]).covering


def _rethrow(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    depth = immediates[0]
    frame = body.label(depth)
    if frame.kind not in ("catch", "catch_all"):
        raise ValidationError(
            f"invalid rethrow label {depth}: it is that of a {frame.kind}, not of a handler"
        )
    body.targets[body.pc] = frame.pc
    body.set_unreachable()


RULES: dict[str, StackRule] = {
    "try": _try,
    "catch": _catch,
    "catch_all": _catch_all,
    "delegate": _delegate,
    "rethrow": _rethrow,
}
