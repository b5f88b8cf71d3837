"""The shape of a row of the instruction table, and of one instruction in a function body.

A row says everything about an instruction but its meaning: the meaning of ``i32.add`` is the
Python function ``i32_add`` in ``engine/reference`` (and the C body of that name in ``native``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pywasm_rt.wasm.types import ValueType

__all__ = ["Catch", "Instruction", "MemoryArgument", "Row", "StackType"]

_SPECIFICATION = "https://webassembly.github.io/spec/core/exec/"
_PROPOSALS = {
    "threads": "https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md",
    "wide-arithmetic": "https://github.com/WebAssembly/wide-arithmetic/blob/main/proposals/"
    "wide-arithmetic/Overview.md",
    "legacy-exceptions": "https://github.com/WebAssembly/exception-handling/blob/main/proposals/"
    "exception-handling/legacy/Exceptions.md",
}


@dataclass(frozen=True, slots=True)
class StackType:
    """What an instruction takes from and leaves on the operand stack, bottom first."""

    takes: tuple[ValueType, ...]
    gives: tuple[ValueType, ...]

    def __str__(self) -> str:
        return f"[{' '.join(map(str, self.takes))}] -> [{' '.join(map(str, self.gives))}]"


@dataclass(frozen=True, slots=True)
class Row:
    """One instruction of the language. Two rows are equal if their opcodes are.

    ``prefix`` is None or 0xFB..0xFE, ``code`` the opcode (LEB128 after a prefix). ``immediates``
    names the kinds of the immediates in binary order (see ``immediates.py``). ``rule`` names the
    validation rule, or is "" where ``stack`` says all; a rule may also have a stack type: it is
    then the one for 32-bit addresses, whose address operands become i64 where a memory or table
    is 64-bit. ``fuel`` is 1, or 0 for instructions that only mark places. ``explain`` is one plain
    sentence, ``section`` an anchor of the specification (or a proposal's name) and ``feature`` the
    switch of :class:`~pywasm_rt.wasm.features.Features`, "" for WebAssembly 1.0.

    ``identifier`` is the mnemonic as a name in Python and C (``i32.add`` is ``i32_add``); the two
    ``select`` instructions share a mnemonic but not an identifier. ``width_bytes`` is the natural
    alignment and width of a memory access, or the size of the lane that an instruction works on,
    else 0. ``null_code`` is the second opcode of ``ref.test`` and ``ref.cast``, used where the
    type is nullable. ``encoding`` names a binary form other than one immediate after another.
    """

    prefix: int | None
    code: int
    mnemonic: str = field(compare=False)
    stack: StackType | None = field(compare=False)
    immediates: tuple[str, ...] = field(compare=False)
    rule: str = field(compare=False)
    fuel: int = field(compare=False)
    explain: str = field(compare=False)
    section: str = field(compare=False)
    feature: str = field(compare=False)
    identifier: str = field(compare=False)
    width_bytes: int = field(default=0, compare=False)
    null_code: int | None = field(default=None, compare=False)
    encoding: str = field(default="", compare=False)

    @property
    def natural_align_log2(self) -> int:
        """The largest alignment that the instruction may claim, as a power of two."""
        return self.width_bytes.bit_length() - 1

    @property
    def opcode_text(self) -> str:
        """The opcode as a person writes it: ``0x6A``, ``0xFD 0x0C``."""
        return f"0x{self.code:02X}" if self.prefix is None else f"0x{self.prefix:X} 0x{self.code:X}"

    @property
    def url(self) -> str:
        """The address of ``section`` in the published specification or proposal."""
        if self.section in _PROPOSALS:
            return _PROPOSALS[self.section]
        page = "numerics" if self.section.startswith("op-") else "instructions"
        # The documentation generator writes the dots and underscores of labels as dashes.
        anchor = self.section.replace(".", "-").replace("_", "-")
        return f"{_SPECIFICATION}{page}.html#{anchor}"


class MemoryArgument(NamedTuple):
    """The immediate of loads and stores: log2 of the alignment, memory index, offset in bytes."""

    align_log2: int
    memory_index: int
    offset: int


class Catch(NamedTuple):
    """A handler of ``try_table``: to which label which exceptions jump.

    ``kind`` is ``"catch" "catch_ref" "catch_all"`` or ``"catch_all_ref"``; only the first two have
    a tag. Labels count from outside the ``try_table``.
    """

    kind: str
    tag_index: int | None
    label: int


class Instruction(NamedTuple):
    """An instruction in a body: its row and its immediates, one value per name in the row.

    Equal instructions of a module may be the same object; never mutate the immediates.
    """

    row: Row
    immediates: tuple[object, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.row.mnemonic, *map(str, self.immediates)])
