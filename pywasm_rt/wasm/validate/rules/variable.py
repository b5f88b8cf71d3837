"""Local and global variables."""

from __future__ import annotations

from typing import Any

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.instructions.instruction import Row
from pywasm_rt.wasm.types import ValueType
from pywasm_rt.wasm.validate.body import BodyChecker
from pywasm_rt.wasm.validate.context import Context, Signature
from pywasm_rt.wasm.validate.matching import is_defaultable
from pywasm_rt.wasm.validate.plans import SignatureRule, StackRule

__all__ = ["RULES", "SIGNATURES"]


def _local(body: BodyChecker, index: int) -> ValueType:
    if 0 <= index < len(body.local_types):
        return body.local_types[index]
    count = len(body.local_types)
    raise ValidationError(f"unknown local {index}: there are {count}", count=count)


def _local_get(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    index = immediates[0]
    types = body.local_types
    type = types[index] if 0 <= index < len(types) else _local(body, index)
    if index >= body.first_unset and not is_defaultable(type) and index not in body.assigned:
        shown = body.planner.context.describe(type)
        raise ValidationError(
            f"uninitialized local {index}: its type {shown} has no default value", local=index
        )
    body.stack.append(type)


def _local_set(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    index = immediates[0]
    body.pop([_local(body, index)])
    if index >= body.first_unset and index not in body.assigned:
        body.assigned.add(index)
        body.trail.append(index)


def _local_tee(body: BodyChecker, immediates: tuple[Any, ...]) -> None:
    _local_set(body, immediates)
    body.stack.append(body.local_types[immediates[0]])


def _global_get(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    return [], [context.global_(immediates[0]).value]


def _global_set(context: Context, _: Row, immediates: tuple[Any, ...]) -> Signature:
    type = context.global_(immediates[0])
    if not type.mutable:
        raise ValidationError(f"immutable global {immediates[0]} cannot be set")
    return [type.value], []


SIGNATURES: dict[str, SignatureRule] = {"global_get": _global_get, "global_set": _global_set}

RULES: dict[str, StackRule] = {
    "local_get": _local_get,
    "local_set": _local_set,
    "local_tee": _local_tee,
}
