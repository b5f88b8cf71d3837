"""The shape of a row of the instruction table, and of one instruction in a function body.

A row says everything about an instruction but its meaning: the meaning of ``i32.add`` is the
Python function ``i32_add`` in ``engine/reference`` (and the C body of that name in ``native``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pywasm_rt.wasm.types import ValueType

__all__ = ["Instruction", "MemoryArgument", "Row", "StackType"]


@dataclass(frozen=True, slots=True)
class StackType:
    """What an instruction with a fixed type takes from and leaves on the operand stack."""

    takes: tuple[ValueType, ...]
    gives: tuple[ValueType, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One instruction of the language.

    ``prefix`` is None or 0xFB..0xFE, ``code`` the opcode (LEB128 after a prefix). ``immediates``
    names the kinds of the immediates in binary order (see ``immediates.py``). ``stack`` is the
    fixed stack type, or None where ``rule`` names a validation rule of ``wasm/validate/rules``.
    ``fuel`` is 1, or 0 for ``nop drop block loop unreachable return else end``.
    """

    prefix: int | None
    code: int
    mnemonic: str
    stack: StackType | None
    immediates: tuple[str, ...]
    rule: str
    fuel: int
    explain: str
    section: str
    feature: str

    @property
    def identifier(self) -> str:
        """The mnemonic as a name in Python and C: ``i32.add`` is ``i32_add``."""
        return self.mnemonic.replace(".", "_").replace("/", "_")


class MemoryArgument(NamedTuple):
    """The immediate of loads and stores: log2 of the alignment, memory index, offset in bytes."""

    align_log2: int
    memory_index: int
    offset: int


class Instruction(NamedTuple):
    """An instruction in a body: its row and its immediates, one value per name in the row.

    Equal instructions of a module may be the same object; never mutate the immediates.
    """

    row: Row
    immediates: tuple[object, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.row.mnemonic, *map(str, self.immediates)])
