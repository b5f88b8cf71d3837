"""What the instructions mean that take operands of any type, or none at all."""

from __future__ import annotations

from typing import NoReturn, TypeVar

from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasm.types import ValueType

__all__ = ["select", "select_t", "unreachable"]

_Value = TypeVar("_Value")


def unreachable() -> NoReturn:
    """Trap."""
    raise Trap(TrapCode.UNREACHABLE)


def select(first: _Value, second: _Value, condition: int) -> _Value:
    """The first value if the condition is not zero, else the second."""
    return first if condition else second


def select_t(
    first: _Value,
    second: _Value,
    condition: int,
    types: tuple[ValueType, ...],  # noqa: ARG001 - for validation only
) -> _Value:
    """The first value if the condition is not zero, else the second."""
    return first if condition else second
