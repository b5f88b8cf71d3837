"""Which sequences of the fast stream's instructions get a handler of their own.

The workloads run with a core that counts how often each place of its code is executed, and how
often execution goes straight on from it. From that a list grows: as long as there is room, those
two neighbours are joined (single instructions, or sequences that were joined before) whose joining
saves most dispatches, a workload counting as much as any other. What the way through the code would
be with the sequences so far is found as the core finds it: with the fewest dispatches to the end of
each straight run. The result is ``native/fast_sequences.h``.

Other programs can have a say too: whatever runs with a core that was built with ``cores.PROFILE``
writes its profile to the file that the environment variable WR_PROFILE names.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cores import PROFILE, build_core
from benchmarks.guests import BuildError, Workshop
from benchmarks.table import format_rows
from benchmarks.workloads import Workload

__all__ = [
    "HEADER",
    "Place",
    "Plan",
    "choose",
    "format_plan",
    "header_text",
    "plan",
    "read_profile",
    "runs_of",
]

HEADER = Path(__file__).resolve().parent.parent / "native" / "fast_sequences.h"
LONGEST = 6
# So many pairs are joined before the ways through the code are looked for again.
_AT_ONCE = 12
_JUMPS = ("goto", "return", "br_table", "call", "unreachable", "escape")

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the code: its instruction, how often it was executed, how often execution then
    went straight on.
    """

    address: int
    name: str
    words: int
    count: int
    fallen: int


Run = Sequence[Place]


def read_profile(text: str) -> list[Place]:
    """The places, as the core wrote them down. Raises ValueError."""
    found = []
    for line in text.splitlines():
        address, name, words, count, fallen = line.split()
        # A jump to the very next place is a jump all the same.
        straight = 0 if name.startswith(_JUMPS) else int(fallen)
        found.append(Place(int(address), name, int(words), int(count), straight))
    return found


def runs_of(places: Iterable[Place]) -> list[list[Place]]:
    """The places that lie one behind the other, in order."""
    runs: list[list[Place]] = []
    for place in places:
        last = runs[-1][-1] if runs else None
        if last is None or last.address + 8 * last.words != place.address:
            runs.append([place])
        else:
            runs[-1].append(place)
    return runs


@dataclass(frozen=True, slots=True)
class Plan:
    """The sequences, best first, and the dispatches by workload: without and with them."""

    sequences: tuple[Names, ...]
    before: dict[str, float]
    after: dict[str, float]


class _Way:
    """How a run is gone through with some sequences: ``lengths[k]`` instructions are done by the
    handler at place k, where ``flows[k]`` executions arrive.
    """

    def __init__(self, run: Run, known: set[Names]) -> None:
        self.run = run
        names = [place.name for place in run]
        count = len(run)
        self.lengths = [1] * count
        rest = [0] * (count + 1)
        for k in range(count - 1, -1, -1):
            rest[k] = 1 + rest[k + 1]
            for length in range(2, min(LONGEST, count - k) + 1):
                if 1 + rest[k + length] < rest[k] and tuple(names[k : k + length]) in known:
                    rest[k], self.lengths[k] = 1 + rest[k + length], length
        self.flows = [0.0] * count
        arriving = 0.0
        for k, place in enumerate(run):
            jumped = place.count - (run[k - 1].fallen if k else 0)
            self.flows[k] += max(0.0, jumped)
        for k in range(count):
            arriving = self.flows[k]
            end = k + self.lengths[k] - 1
            # Of those who arrive here, so many get to the end of the handler, and behind it.
            for place in run[k : end + 1]:
                arriving *= place.fallen / place.count if place.count else 0.0
            if end + 1 < count:
                self.flows[end + 1] += arriving

    def neighbours(self) -> Iterable[tuple[Names, Names, float]]:
        """Handlers that follow one another, with how often that happens."""
        k, names = 0, [place.name for place in self.run]
        for k, length in enumerate(self.lengths):
            behind = k + length
            if behind >= len(names) or not self.flows[k]:
                continue
            share = self.flows[k]
            for place in self.run[k:behind]:
                share *= place.fallen / place.count if place.count else 0.0
            yield (
                tuple(names[k:behind]),
                tuple(names[behind : behind + self.lengths[behind]]),
                share,
            )


def choose(profiles: dict[str, list[list[Place]]], room: int) -> Plan:
    """At most ``room`` sequences for these workloads."""
    before = {name: float(_executed(runs)) for name, runs in profiles.items()}
    known: set[Names] = set()
    tried: set[Names] = set()
    while len(known) < room:
        ways = _ways(profiles, known)
        best = _gains(ways, tried)[: min(_AT_ONCE, room - len(known))]
        if not best:
            break
        tried.update(best)
        # What longer sequences have replaced is not kept.
        known = set(_uses(_ways(profiles, known.union(best)), before))
    ways = _ways(profiles, known)
    uses = _uses(ways, before)
    sequences = sorted(uses, key=lambda names: (-uses[names], names))
    return Plan(tuple(sequences), before, {name: _dispatches(ways[name]) for name in ways})


def _ways(profiles: dict[str, list[list[Place]]], known: set[Names]) -> dict[str, list[_Way]]:
    return {name: [_Way(run, known) for run in runs] for name, runs in profiles.items()}


def _dispatches(ways: list[_Way]) -> float:
    return sum(sum(way.flows) for way in ways)


def _uses(ways: dict[str, list[_Way]], before: dict[str, float]) -> dict[Names, float]:
    """The sequences that are executed, with the dispatches that each saves as a share."""
    uses: dict[Names, float] = {}
    for name, own in ways.items():
        for way in own:
            for k, length in enumerate(way.lengths):
                if length > 1 and way.flows[k]:
                    sequence = tuple(place.name for place in way.run[k : k + length])
                    saved = way.flows[k] * (length - 1) / before[name]
                    uses[sequence] = uses.get(sequence, 0.0) + saved
    return uses


def _executed(runs: list[list[Place]]) -> int:
    return sum(place.count for run in runs for place in run)


def _gains(ways: dict[str, list[_Way]], tried: set[Names]) -> list[Names]:
    """Neighbours whose joining would save something, best first. What counts is the share of a
    workload's dispatches now.
    """
    gains: dict[Names, float] = {}
    for own in ways.values():
        total = _dispatches(own)
        for way in own:
            for first, second, flow in way.neighbours():
                joined = first + second
                if len(joined) <= LONGEST and joined not in tried and flow > total / 2000:
                    gains[joined] = gains.get(joined, 0.0) + flow / total
    return sorted(gains, key=lambda names: (-gains[names], names))


def plan(
    workloads: Sequence[Workload], room: int, workshop: Workshop, more: Iterable[Path] = ()
) -> Plan:
    """Profile the workloads and choose; ``more`` are profiles of other programs. Raises BuildError,
    and ValueError for a file that is no profile.
    """
    texts = {path.stem: path.read_text() for path in more}
    core = build_core(workshop.folder / "profile", PROFILE)
    texts |= {workload.name: _profile(workload, core, workshop) for workload in workloads}
    return choose({name: runs_of(read_profile(text)) for name, text in texts.items()}, room)


def _profile(workload: Workload, core: Path, workshop: Workshop) -> str:
    target = workshop.folder / f"{workload.name}.profile"
    module = workshop.module(workload.name)
    request = f'{{"module": "{module}", "small": {workload.tiny}, "argument": {workload.small}}}\n'
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.runner", "native", str(core)],
        cwd=HEADER.parent.parent,
        env=os.environ | {"WR_PROFILE": str(target)},
        input=request,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not target.exists():
        raise BuildError(f"{workload.name} cannot be profiled: {done.stdout}{done.stderr}")
    return target.read_text()


def header_text(sequences: Iterable[Names]) -> str:
    """The header with these sequences."""
    lines = [
        "/* Written by `python -m benchmarks superinstructions` from profiles of the workloads: do",
        "   not edit. The sequences of the fast stream's instructions that have a handler of their",
        "   own, the most useful first. Included where SEQUENCE2 and so on are defined. */",
    ]
    lines += [f"SEQUENCE{len(names)}({', '.join(names)})" for names in sequences]
    return "\n".join(lines) + "\n"


def format_plan(found: Plan) -> str:
    """How many dispatches are left, as a table."""
    rows = [["workload", "instructions", "dispatches", "left"]]
    rows += [
        [name, f"{before:,.0f}", f"{found.after[name]:,.0f}", f"{found.after[name] / before:.0%}"]
        for name, before in found.before.items()
    ]
    return "\n".join([f"{len(found.sequences)} sequences", "", *format_rows(rows)])
