"""Where in a module an error is: the validator's checks leave that to whoever knows the place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pywasm_rt.errors import (
    ByteOffset,
    CodeLocation,
    LineColumn,
    UnsupportedFeature,
    ValidationError,
)
from pywasm_rt.wasm.instructions.instruction import Instruction
from pywasm_rt.wasm.module import Expression, Module

__all__ = ["LocatedError", "in_item", "locate_in_expression", "locate_in_function"]

LocatedError = ValidationError | UnsupportedFeature

_COLUMN_BITS = 12


def _line_column(position: int) -> LineColumn:
    return LineColumn(position >> _COLUMN_BITS, position & ((1 << _COLUMN_BITS) - 1))


def _locate(error: LocatedError, module: Module, position: int, inside: str) -> None:
    if position and not module.is_text:
        error.where = ByteOffset(position, inside)
    else:
        # Neither a line and column nor an unknown place can name the item.
        error.message = f"{error.message} (in {inside})"
        error.where = _line_column(position) if position else None


@contextmanager
def in_item(module: Module, inside: str, position: int = 0) -> Iterator[None]:
    """Give errors raised in the body of ``with`` this place, unless they have one.

    ``inside`` names the item; ``position`` is the module's, 0 if it is unknown.
    """
    try:
        yield
    except (ValidationError, UnsupportedFeature) as error:
        if error.where is None:
            _locate(error, module, position, inside)
        raise


def _at(items: Sequence[int], index: int) -> int:
    return items[index] if index < len(items) else 0


def locate_in_expression(
    error: LocatedError, module: Module, expression: Expression, pc: int, inside: str
) -> None:
    """Give an error in a constant expression its place, if the instruction's is known."""
    position = _at(expression.positions, pc)
    if position:
        _locate(error, module, position, inside)


def locate_in_function(
    error: LocatedError, module: Module, function_index: int, body: Expression, pc: int
) -> None:
    """Give an error in a function body its place; in a text that is a line and column, and the
    message names function and instruction. ``details`` has both in any case.
    """
    name = module.names.functions.get(function_index, "")
    mnemonic = _mnemonic(body.instructions, pc)
    position = _at(body.positions, pc)
    error.details = {
        **error.details,
        "function_index": function_index,
        "pc": pc,
        "mnemonic": mnemonic,
    }
    if module.is_text and position:
        shown = f"${name}" if name else str(function_index)
        error.message = f"{error.message} (in {mnemonic} of function {shown})"
        error.where = _line_column(position)
    else:
        offset = None if module.is_text or not position else position
        error.where = CodeLocation(function_index, name, pc, offset, mnemonic)


def _mnemonic(instructions: Sequence[Instruction], pc: int) -> str:
    return instructions[pc].row.mnemonic if pc < len(instructions) else ""
