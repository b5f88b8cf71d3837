"""How many arguments a function takes, and what is said when the number is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from pywasm_rt.component.types import FunctionType, OptionType
from pywasm_rt.errors import ComponentError

__all__ = ["complete", "parameter_label"]


def complete(arguments: Sequence[object], type: FunctionType) -> tuple[object, ...]:
    """The arguments, with None for ``option`` parameters that were left out at the end.

    Raises ComponentError if there are too many or too few.
    """
    parameters = type.parameters
    needed = len(parameters)
    while needed and isinstance(parameters[needed - 1][1], OptionType):
        needed -= 1
    got = len(arguments)
    if needed <= got <= len(parameters):
        return (*arguments, *[None] * (len(parameters) - got))
    expected = str(needed) if needed == len(parameters) else f"{needed} to {len(parameters)}"
    raise ComponentError(
        f"parameter count mismatch: expected {expected}, got {got}; the signature is {type}",
        expected=len(parameters),
        got=got,
    )


def parameter_label(index: int, name: str) -> str:
    """How messages call a parameter; ``index`` counts from 0."""
    return f"parameter {index + 1} ({name})"
