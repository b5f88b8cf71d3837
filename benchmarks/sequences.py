"""The instructions that the workloads execute one after the other most often.

A profile for whoever chooses superinstructions: each workload runs on the reference engine with a
tiny size, step by step, and pairs and triples of instructions are counted that follow one another
without a jump between them. Instructions that only mark places (``block``, ``end`` of a block,
``nop``) are no dispatches for any engine and are passed over; ``loop`` is one, as a checkpoint,
and the ``end`` of a function is a ``return``.

A workload counts as much as any other, however long it runs: the share of a sequence is the mean,
over the workloads, of its occurrences by the workload's dispatches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.guests import Workshop
from benchmarks.table import format_rows
from benchmarks.workloads import Workload
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Execution, Function, Paused

__all__ = ["LENGTHS", "Profile", "SequenceShare", "format_profile", "profile", "straight_runs"]

LENGTHS = (1, 2, 3)
_MARKS = {"block", "else", "end", "nop", "try_table"}
_NOTABLE = 0.01

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SequenceShare:
    """A sequence of instructions, its mean share of the dispatches, and the workloads in which it
    is one in a hundred or more, with its share there.
    """

    names: Names
    share: float
    notable: dict[str, float]


@dataclass(frozen=True, slots=True)
class Profile:
    """All sequences of each length, the most frequent first, and the dispatches by workload."""

    dispatches: dict[str, int]
    shares: dict[int, list[SequenceShare]]

    def to_json(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "format": 1,
            "dispatches": self.dispatches,
            "sequences": {
                str(length): [
                    {"names": list(one.names), "share": one.share, "notable": one.notable}
                    for one in shares
                ]
                for length, shares in self.shares.items()
            },
        }


def profile(workloads: Sequence[Workload], workshop: Workshop) -> Profile:
    """Run the workloads and count. Raises BuildError."""
    counts: dict[str, dict[int, Counter[Names]]] = {}
    dispatches: dict[str, int] = {}
    for workload in workloads:
        runs = [*straight_runs(_execution(workload, workshop))]
        counts[workload.name] = {length: _count(runs, length) for length in LENGTHS}
        dispatches[workload.name] = sum(map(len, runs))
    shares = {length: _shares(counts, dispatches, length) for length in LENGTHS}
    return Profile(dispatches, shares)


def _execution(workload: Workload, workshop: Workshop) -> Execution:
    engine = get_engine("reference")
    module = engine.load(workshop.module(workload.name).read_bytes())
    instance = engine.instantiate(module)
    function: Function = instance.exports["run"]  # type: ignore[assignment]
    return instance.start(function, [workload.tiny])


def straight_runs(execution: Execution) -> Iterator[Names]:
    """The names of the instructions executed, cut where execution did not run straight on."""
    names: list[str] = []
    expected: tuple[int, int] | None = None
    is_running = isinstance(execution.step(0), Paused)
    while is_running:
        frame = execution.frames()[0]
        if (frame.function_index, frame.pc) != expected and names:
            yield tuple(names)
            names = []
        expected = (frame.function_index, frame.pc + 1)
        name = frame.instruction.row.mnemonic
        if name == "end" and len(frame.labels) == 1:
            names.append("return")
        elif name not in _MARKS:
            names.append(name)
        is_running = isinstance(execution.step(), Paused)
    if names:
        yield tuple(names)


def _count(runs: Sequence[Names], length: int) -> Counter[Names]:
    counter: Counter[Names] = Counter()
    for names in runs:
        counter.update(names[at : at + length] for at in range(len(names) - length + 1))
    return counter


def _shares(
    counts: dict[str, dict[int, Counter[Names]]], dispatches: dict[str, int], length: int
) -> list[SequenceShare]:
    by_names: dict[Names, dict[str, float]] = {}
    for workload, counters in counts.items():
        for names, count in counters[length].items():
            by_names.setdefault(names, {})[workload] = count / dispatches[workload]
    found = [
        SequenceShare(
            names,
            sum(shares.values()) / len(counts),
            {workload: share for workload, share in shares.items() if share >= _NOTABLE},
        )
        for names, shares in by_names.items()
    ]
    return sorted(found, key=lambda one: (-one.share, one.names))


def format_profile(found: Profile, top: int) -> str:
    """Tables of the most frequent sequences of each length."""
    total, most = sum(found.dispatches.values()), max(found.dispatches.values())
    lines = [
        f"{total:,} dispatches in {len(found.dispatches)} workloads, {most:,} at most in one;",
        "share: of a workload's dispatches, mean over the workloads; in: where it is over 1 %",
    ]
    titles = {1: "instructions", 2: "pairs", 3: "triples"}
    for length, shares in found.shares.items():
        rows = [[titles[length], "share", "in"]]
        rows += [
            ["  ".join(one.names), f"{one.share:.2%}", str(len(one.notable))]
            for one in shares[:top]
        ]
        covered = sum(one.share for one in shares[:top])
        lines += ["", *format_rows(rows), f"{covered:.0%} of the dispatches begin one of these"]
    return "\n".join(lines)
