"""What a run of the benchmarks found, its statistics, and its form as JSON.

Every time is CPU time in seconds. The time of a cell is the median of its rounds, its spread the
longest round as a multiple of the shortest.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.engines import GCC
from benchmarks.machine import Surroundings
from benchmarks.workloads import Workload

__all__ = ["PAIRS", "Cell", "Report", "Spread", "geometric_mean"]

FORMAT = 1
# Which of ours is compared with which peer, workload by workload.
PAIRS = (
    ("native", "pywasm3"),
    ("native", "wasmtime"),
    ("native", "wasmtime+fuel"),
    ("native+steps", "pywasm3"),
    ("native+pauses", "native"),
    ("native", "native-fuel"),
    ("native", "reference"),
    ("reference", "pywasm3"),
    ("reference", "wasmtime"),
)


@dataclass(slots=True)
class Cell:
    """One engine on one workload.

    ``argument`` is what the guest was given; ``scale`` is how many times the work of it the
    workload's full size is. ``reason`` says why there are no figures.
    """

    argument: int
    scale: float | None = 1.0
    rounds: list[float] = field(default_factory=list)
    reason: str | None = None

    @property
    def seconds(self) -> float | None:
        """The time that the full size takes; None if it is not known."""
        if self.reason is not None or not self.rounds or self.scale is None:
            return None
        return statistics.median(self.rounds) * self.scale

    @property
    def spread(self) -> float | None:
        """The longest round by the shortest; None with fewer than two rounds."""
        if self.reason is not None or len(self.rounds) < 2:
            return None
        return max(self.rounds) / min(self.rounds)


@dataclass(frozen=True, slots=True)
class Spread:
    """How far an engine's rounds are apart, over its workloads."""

    median: float
    worst: float


@dataclass(slots=True)
class Report:
    """All cells, by engine and workload, and what they were measured with.

    ``missing`` are the engines that are not there, with the reason; ``failures`` is what must not
    happen: a wrong checksum, or a workload that an engine of ours cannot run.
    """

    surroundings: Surroundings
    rounds: int
    engines: tuple[str, ...]
    workloads: tuple[Workload, ...]
    cells: dict[tuple[str, str], Cell]
    missing: dict[str, str]
    failures: list[str]

    def cell(self, engine: str, workload: str) -> Cell:
        """The cell of an engine and a workload."""
        return self.cells[engine, workload]

    def ratio(self, engine: str, other: str, workload: str) -> float | None:
        """The time of ``engine`` by that of ``other``; None unless both ran the workload."""
        if (engine, workload) not in self.cells or (other, workload) not in self.cells:
            return None
        time, base = self.cell(engine, workload).seconds, self.cell(other, workload).seconds
        return None if time is None or base is None else time / base

    def shared(self, engines: Iterable[str]) -> tuple[str, ...]:
        """The names of the workloads that all of these ran."""
        asked = tuple(engines)
        return tuple(
            workload.name
            for workload in self.workloads
            if all(self.ratio(name, name, workload.name) is not None for name in asked)
        )

    def mean_ratio(self, engine: str, other: str, workloads: Sequence[str]) -> float | None:
        """The geometric mean of the ratios on these workloads; None if it has none."""
        ratios = [self.ratio(engine, other, name) for name in workloads]
        known = [ratio for ratio in ratios if ratio is not None]
        return geometric_mean(known) if known and len(known) == len(ratios) else None

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The comparisons for which there are figures."""
        return tuple(pair for pair in PAIRS if self.shared(pair))

    def spread(self, engine: str) -> Spread | None:
        """How far an engine's rounds are apart; None with fewer than two rounds."""
        spreads = [self.cell(engine, workload.name).spread for workload in self.workloads]
        known = [spread for spread in spreads if spread is not None]
        return Spread(statistics.median(known), max(known)) if known else None

    def to_json(self) -> dict[str, object]:
        """The report as JSON values; ``format`` changes when the shape does."""
        everywhere = self.shared(self.engines)
        return {
            "format": FORMAT,
            **self.surroundings.to_json(),
            "rounds": self.rounds,
            "engines": list(self.engines),
            "missing": self.missing,
            "failures": self.failures,
            "workloads": [self._workload_json(workload) for workload in self.workloads],
            "geometric_means": {
                "by": GCC,
                "workloads": list(everywhere),
                "ratios": {name: self.mean_ratio(name, GCC, everywhere) for name in self.engines},
            },
            "pairs": [self._pair_json(*pair) for pair in self.pairs()],
            "spread": {name: _spread_json(self.spread(name)) for name in self.engines},
        }

    def _workload_json(self, workload: Workload) -> dict[str, object]:
        return {
            "name": workload.name,
            "about": workload.about,
            "size": workload.size,
            "results": {name: _cell_json(self.cell(name, workload.name)) for name in self.engines},
        }

    def _pair_json(self, engine: str, other: str) -> dict[str, object]:
        workloads = self.shared((engine, other))
        return {
            "engine": engine,
            "by": other,
            "geometric_mean": self.mean_ratio(engine, other, workloads),
            "ratios": {name: self.ratio(engine, other, name) for name in workloads},
        }


def geometric_mean(values: Sequence[float]) -> float:
    """The geometric mean of positive numbers, at least one."""
    return math.exp(sum(math.log(value) for value in values) / len(values))


def _cell_json(cell: Cell) -> dict[str, object]:
    if cell.reason is not None:
        return {"argument": cell.argument, "reason": cell.reason}
    return {
        "argument": cell.argument,
        "scale": cell.scale,
        "rounds": cell.rounds,
        "seconds": cell.seconds,
    }


def _spread_json(spread: Spread | None) -> dict[str, float] | None:
    return None if spread is None else {"median": spread.median, "worst": spread.worst}
