"""The types of a function's local variables, as runs of equal types.

The binary declares locals in runs, so ten bytes may declare fifty thousand of them. Kept as runs,
they cost what was written, not what they expand to; and they can be written again as they were.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, groupby, pairwise, repeat
from typing import overload

from pywasm_rt.wasm.types import ValueType

__all__ = ["LocalTypes", "are_longest", "runs_of"]


class LocalTypes(Sequence[ValueType]):
    """A sequence of value types made of ``(count, type)`` runs; equal to any equal sequence."""

    __slots__ = ("_ends", "_runs")

    def __init__(self, runs: Iterable[tuple[int, ValueType]]) -> None:
        self._runs = tuple(runs)
        self._ends = tuple(accumulate(count for count, _ in self._runs))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[ValueType]:
        return chain.from_iterable(repeat(kind, count) for count, kind in self._runs)

    @overload
    def __getitem__(self, index: int) -> ValueType: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ValueType]: ...
    def __getitem__(self, index: int | slice) -> ValueType | Sequence[ValueType]:
        if isinstance(index, slice):
            return tuple(self)[index]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"local {index} of {len(self)}")
        return self._runs[bisect_right(self._ends, place)][1]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(other) != len(self):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(mine is its or mine == its for mine, its in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"LocalTypes({list(self._runs)!r})"

    @property
    def runs(self) -> Sequence[tuple[int, ValueType]]:
        """The runs, as they were given."""
        return self._runs


def are_longest(runs: Sequence[tuple[int, ValueType]]) -> bool:
    """Whether no run is empty and no two neighbours have one type."""
    return all(count for count, _ in runs) and all(
        before[1] != after[1] for before, after in pairwise(runs)
    )


def runs_of(types: Sequence[ValueType]) -> Sequence[tuple[int, ValueType]]:
    """The sequence as ``(count, type)`` runs: those it was made of, or the longest possible."""
    if isinstance(types, LocalTypes):
        return types.runs
    return [(sum(1 for _ in group), kind) for kind, group in groupby(types)]
