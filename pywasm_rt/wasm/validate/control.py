"""What the validator leaves for the engines: where every branch of a function body goes.

All places are pcs, numbers of instructions in a body (``Expression.instructions``). Nothing here
knows how the places were found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pywasm_rt.wasm.instructions.instruction import Catch

__all__ = ["Branch", "ControlTable", "Label", "Target", "TryRegion"]


class Branch(NamedTuple):
    """A resolved branch: keep the top ``arity`` operands, cut the operands of this frame to
    ``height`` below them, go on at ``target_pc``.

    A branch to a ``loop`` goes to the ``loop`` itself, to any other block behind its ``end``, and
    to the function's own label to the last ``end``, which returns.
    """

    target_pc: int
    arity: int
    height: int


class TryRegion(NamedTuple):
    """The instructions that some exception handlers cover.

    An exception at ``begin_pc < pc < end_pc`` (a throw, or a call that threw) goes to the first of
    ``handlers`` that fits: cut the operands to ``height``, push what its kind asks for (the tag's
    values, the exception reference), take its branch. If none fits, the search goes on at
    ``ControlTable.regions[outer]``, or with the caller if ``outer`` is -1.

    ``is_legacy`` marks a ``try``: its handlers do not push a reference, their branches go to the
    instruction behind ``catch``, and while one runs the engine keeps the exception for
    ``rethrow``, under ``begin_pc``. ``try ... delegate`` is a region without handlers whose
    ``outer`` is the region around the label it names.
    """

    begin_pc: int
    end_pc: int
    height: int
    handlers: tuple[tuple[Catch, Branch], ...]
    outer: int
    is_legacy: bool


Target = Branch | int | tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class ControlTable:
    """Where the branches of one function body go, so that an engine never searches.

    ``targets`` maps the pc of an instruction to

    * a :class:`Branch` for ``br br_if br_on_null br_on_non_null br_on_cast br_on_cast_fail``;
    * a tuple of branches for ``br_table``, the default last;
    * a pc for ``if`` (where to go if the condition is false: behind its ``else``, or behind its
      ``end``), for ``else`` and the legacy ``catch`` and ``catch_all`` (where to go when the part
      before them ends: behind the ``end``), and for ``rethrow`` (the ``try`` whose exception it
      throws again).

    ``regions`` are the parts of the body that handlers cover, inner ones first, so that the first
    region around a pc is the innermost (:meth:`region_at`). Unreachable code has entries like
    other code; they are never used.
    """

    targets: dict[int, Target]
    regions: tuple[TryRegion, ...] = ()

    def region_at(self, pc: int) -> int:
        """The index of the innermost region around the instruction at ``pc``, or -1."""
        for index, region in enumerate(self.regions):
            if region.begin_pc < pc < region.end_pc:
                return index
        return -1


@dataclass(frozen=True, slots=True)
class Label:
    """An entered block: the pc that a branch to it goes to, and the operands below it."""

    kind: str
    target_pc: int
    arity: int
    height: int
