"""``python -m spec_tests rows PATH...``: every row of the instruction table, and how often scripts
execute it.

The scripts run on the reference engine whose function bodies are lists that count: the machine goes
through a body with an iterator, and the iterator of these lists notes each entry that it hands out.
An entry is an instruction, so these are exact counts of executed instructions, and the engine is
otherwise the one that is always used. Initial values of globals and the like are not counted.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, SupportsIndex

from pywasm_rt.engine.reference import ReferenceEngine
from pywasm_rt.engine.reference.loaded_module import LoadedModule
from pywasm_rt.engine.reference.lowering import CONTROL, Code, Lowered
from pywasm_rt.engine.reference.meanings import collect_meanings
from pywasm_rt.engine.reference.operation import Spaces
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.instructions import ROWS, Instruction, Row
from pywasm_rt.wasm.module import Module
from spec_tests.features import features_for
from spec_tests.modules import script_files
from spec_tests.runner import run_file

__all__ = ["CountingEngine", "RowCount", "count_rows", "main", "meaning_of"]

_SHOWN_ROWS = 20


class _CountedIterator:
    """Hands out the entries of a body like a list's iterator, and counts them."""

    __slots__ = ("_code", "_counts", "_pc")

    def __init__(self, code: Code, counts: list[int]) -> None:
        self._code = code
        self._counts = counts
        self._pc = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        pc = self._pc
        if pc >= len(self._code):
            raise StopIteration
        self._counts[pc] += 1
        self._pc = pc + 1
        return self._code[pc]

    def __setstate__(self, pc: SupportsIndex) -> None:
        self._pc = pc.__index__()

    def __length_hint__(self) -> int:
        return len(self._code) - self._pc


class _CountedCode(list[Any]):
    """The body of a function in an instance."""

    def __init__(self, code: Code, counts: list[int]) -> None:
        super().__init__(code)
        self.counts = counts

    def __iter__(self) -> Iterator[Any]:
        return _CountedIterator(self, self.counts)


class _CountedLowered(Lowered):
    """A lowered body whose instances all count into ``counts``, one number an instruction."""

    __slots__ = ("counts",)

    counts: list[int]

    @classmethod
    def of(cls, lowered: Lowered) -> _CountedLowered:
        """The same body, counting."""
        counted = cls.__new__(cls)
        for name in Lowered.__slots__:
            setattr(counted, name, getattr(lowered, name))
        counted.counts = [0] * len(lowered.code)
        return counted

    def bind(self, spaces: Spaces) -> Code:
        """The body for an instance."""
        return _CountedCode(super().bind(spaces), self.counts)


class _CountedModule(LoadedModule):
    """A loaded module whose bodies count."""

    __slots__ = ("counted",)

    counted: dict[int, _CountedLowered]

    def lowered(self, function_index: int) -> Lowered:
        """The body of a defined function for the machine."""
        if function_index not in self.counted:
            lowered = super().lowered(function_index)
            self.counted[function_index] = _CountedLowered.of(lowered)
        return self.counted[function_index]

    def executed(self) -> Iterator[tuple[Instruction, int]]:
        """Each instruction that was executed, and how often."""
        for function_index, lowered in self.counted.items():
            function = self.valid.module.functions[function_index - self.valid.imported_functions]
            for instruction, count in zip(function.body.instructions, lowered.counts, strict=True):
                if count:
                    yield instruction, count


class CountingEngine(ReferenceEngine):
    """A reference engine that counts how often instructions are executed, by their rows."""

    def __init__(self) -> None:
        super().__init__()
        self._modules: list[_CountedModule] = []

    def load(self, source: bytes | Module, features: Features | None = None) -> LoadedModule:
        """Decode and validate; raises what the reference engine raises."""
        loaded = super().load(source, DEFAULT if features is None else features)
        counted = _CountedModule(loaded.valid, loaded.loop, loaded.meanings)
        counted.counted = {}
        self._modules.append(counted)
        return counted

    def take_counts(self) -> Counter[Row]:
        """How often each row was executed, in the modules loaded since this was last asked."""
        counts: Counter[Row] = Counter()
        for module in self._modules:
            for instruction, count in module.executed():
                counts[instruction.row] += count
        self._modules.clear()
        return counts


@dataclass(slots=True)
class RowCount:
    """How often a row was executed, and by how many files."""

    row: Row
    executions: int = 0
    files: int = 0


def count_rows(paths: Iterable[Path]) -> dict[str, RowCount]:
    """Run scripts and count; every row of the table is there, by identifier."""
    engine = CountingEngine()
    found = {row.identifier: RowCount(row) for row in ROWS}
    for path in script_files(paths):
        run_file(path, engine, "text", features_for(path))
        for row, count in engine.take_counts().items():
            entry = found[row.identifier]
            entry.executions += count
            entry.files += 1
    return found


def meaning_of(row: Row, meanings: Mapping[str, object] | None = None) -> str:
    """Where the reference engine says what an instruction does, or "" if nowhere."""
    function = (collect_meanings() if meanings is None else meanings).get(row.identifier)
    if function is not None:
        module = str(getattr(function, "__module__", ""))
        return f"{module.rpartition('.')[2]}.{row.identifier}"
    return "machine.execute" if row.identifier in CONTROL else ""


def _lines(counts: Iterable[RowCount]) -> Iterator[str]:
    meanings = collect_meanings()
    header = ("instruction", "opcode", "executed", "files", "meaning", "section")
    cells: list[Sequence[str]] = [header]
    for count in counts:
        row = count.row
        name = row.mnemonic if row.mnemonic.replace(".", "_") == row.identifier else row.identifier
        figures = (f"{count.executions:,}", str(count.files))
        cells.append(
            (name, row.opcode_text, *figures, meaning_of(row, meanings) or "none", row.section)
        )
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for row_cells in cells:
        padded = [
            cell.rjust(width) if column in (2, 3) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row_cells, widths, strict=True))
        ]
        yield "  ".join(padded).rstrip()


def main(command_line: list[str]) -> int:
    """Run the command line of ``rows``; the exit code is 1 if a row is never executed."""
    parser = argparse.ArgumentParser(prog="python -m spec_tests rows", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help=".wast files, and folders of them")
    counts = list(count_rows(parser.parse_args(command_line).paths).values())
    print("\n".join(_lines(counts)))
    missing = [count.row.mnemonic for count in counts if not count.executions]
    if missing:
        more = f" and {len(missing) - _SHOWN_ROWS} more" if len(missing) > _SHOWN_ROWS else ""
        print(f"never executed: {' '.join(missing[:_SHOWN_ROWS])}{more}")
    total = sum(count.executions for count in counts)
    print(f"{len(counts)} rows, {len(counts) - len(missing)} executed, {total:,} instructions")
    return 1 if missing else 0
