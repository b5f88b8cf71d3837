"""A set of instructions and the ways to find one in it.

Decoder, encoder, validator, text format and engines get their instructions from an
:class:`InstructionSet`, so that a test or an experiment can add a row to a copy of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.instructions.instruction import Row

__all__ = ["InstructionSet"]


class InstructionSet:
    """Rows, and lookups by opcode, mnemonic and identifier.

    ``by_opcode`` maps ``(prefix or None, code)`` to a row (``ref.test`` and ``ref.cast`` are there
    twice, under both of their opcodes). ``by_mnemonic`` gives the first row of a mnemonic: only
    ``select`` has two, and the second is ``by_identifier["select_t"]``.

    Raises:
        EngineBug: two rows claim the same opcode or identifier.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows: tuple[Row, ...] = tuple(rows)
        self.by_opcode: dict[tuple[int | None, int], Row] = {}
        self.by_mnemonic: dict[str, Row] = {}
        self.by_identifier: dict[str, Row] = {}
        for row in self.rows:
            codes = (row.code,) if row.null_code is None else (row.code, row.null_code)
            for code in codes:
                if self.by_opcode.setdefault((row.prefix, code), row) is not row:
                    raise EngineBug(f"{row.mnemonic} has an opcode that is taken")
            if self.by_identifier.setdefault(row.identifier, row) is not row:
                raise EngineBug(f"{row.identifier} is there twice")
            self.by_mnemonic.setdefault(row.mnemonic, row)

    def with_rows(self, *rows: Row) -> InstructionSet:
        """A copy of this set with more rows.

        Raises:
            EngineBug: a row claims an opcode or identifier that is taken.
        """
        return InstructionSet((*self.rows, *rows))
