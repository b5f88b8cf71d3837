"""The instruction table: the one source of what instructions there are."""

from pywasm_rt.wasm.instructions.instruction import (
    Catch,
    Instruction,
    MemoryArgument,
    Row,
    StackType,
)
from pywasm_rt.wasm.instructions.instruction_set import InstructionSet
from pywasm_rt.wasm.instructions.row import row
from pywasm_rt.wasm.instructions.table import INSTRUCTIONS, ROWS

__all__ = [
    "INSTRUCTIONS",
    "ROWS",
    "Catch",
    "Instruction",
    "InstructionSet",
    "MemoryArgument",
    "Row",
    "StackType",
    "row",
]
