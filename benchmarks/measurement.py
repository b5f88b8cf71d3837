"""Runs the workloads on all engines, interleaved, and checks every checksum against gcc's program.

Within a round each workload is run by one engine after the other, so that whatever disturbs the
machine meanwhile disturbs all of them. The reference engine gets a smaller size, and its time is
scaled by the number of steps, as counted by an engine that ran both sizes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from benchmarks.contestants import CannotRun, Contestant, EngineProcess, Program, Sample
from benchmarks.engines import GCC, OPENERS, OURS, VARIANTS
from benchmarks.guests import Workshop
from benchmarks.machine import surroundings
from benchmarks.report import Cell, Report
from benchmarks.workloads import Workload

__all__ = ["PEERS", "Sizes", "measure"]

PEERS = tuple(name for name in OPENERS if name not in (*OURS, *VARIANTS))
# Who may count the work of both sizes, best first: the native engine counts the very steps.
_COUNTERS = ("native", "wasmtime+fuel")

Sizes = Callable[[Workload], tuple[int, int]]


def standard_sizes(workload: Workload) -> tuple[int, int]:
    """The size for all, and that for the reference engine."""
    return workload.size, workload.small


class _Run:
    """One run of the benchmarks."""

    def __init__(self, workloads: Sequence[Workload], rounds: int, sizes: Sizes) -> None:
        self.workloads = tuple(workloads)
        self.rounds = rounds
        self.sizes = sizes
        self.contestants: list[Contestant] = []
        self.missing: dict[str, str] = {}
        self.failures: list[str] = []
        self.cells: dict[tuple[str, str], Cell] = {}
        self.expected: dict[tuple[str, int], int] = {}

    def add(self, contestant: Contestant) -> None:
        """Let a contestant take part."""
        self.contestants.append(contestant)
        for workload in self.workloads:
            full, small = self.sizes(workload)
            argument = small if contestant.name == "reference" else full
            scale = 1.0 if argument == full else None
            self.cells[contestant.name, workload.name] = Cell(argument, scale)

    def expect(self, program: Program) -> None:
        """Learn the right checksums from gcc's program."""
        for workload in self.workloads:
            for argument in self.sizes(workload):
                sample = program.run(workload.name, workload.tiny, argument)
                self.expected[workload.name, argument] = sample.result

    def measure(self, contestant: Contestant, workload: Workload) -> None:
        """One more round of one cell."""
        cell = self.cells[contestant.name, workload.name]
        if cell.reason is not None:
            return
        sample = self.sample(contestant, workload, cell.argument, cell)
        if sample is not None:
            cell.rounds.append(sample.seconds)

    def sample(
        self, contestant: Contestant, workload: Workload, argument: int, cell: Cell
    ) -> Sample | None:
        """A checked run; None, with the cell's reason, if there was none."""
        try:
            sample = contestant.run(workload.name, workload.tiny, argument)
        except CannotRun as error:
            cell.reason = str(error)
            if contestant.name not in PEERS:
                self.failures.append(f"{contestant.name} cannot run {workload.name}: {error}")
            return None
        expected = self.expected[workload.name, argument]
        if sample.result != expected:
            cell.reason = f"wrong checksum {sample.result:#x}, {GCC} has {expected:#x}"
            self.failures.append(f"{contestant.name}, {workload.name}: {cell.reason}")
            return None
        return sample

    def scale(self) -> None:
        """Find how much more work the full size is, for cells of a smaller one."""
        counters = [c for name in _COUNTERS for c in self.contestants if c.name == name]
        for workload in self.workloads:
            cell = self.cells.get(("reference", workload.name))
            if cell is None or cell.scale is not None or cell.reason is not None:
                continue
            cell.scale = next(self._scales(counters, workload, cell.argument), None)
            if cell.scale is None:
                cell.reason = "no engine is there that counts the steps of the full size"

    def _scales(
        self, counters: list[Contestant], workload: Workload, small: int
    ) -> Iterator[float]:
        full = self.sizes(workload)[0]
        for counter in counters:
            cell = self.cells[counter.name, workload.name]
            if cell.reason is not None:
                continue
            works = [self.sample(counter, workload, size, cell) for size in (full, small)]
            counts = [sample.work for sample in works if sample is not None and sample.work]
            if len(counts) == 2:
                yield counts[0] / counts[1]


def measure(
    ours: Sequence[str],
    workloads: Sequence[Workload],
    rounds: int,
    workshop: Workshop,
    sizes: Sizes = standard_sizes,
) -> Report:
    """Measure ``ours`` (of OURS and VARIANTS) and all peers. Raises BuildError, and CannotRun for
    gcc's program.

    Engines that are not there are left out, with the reason in the report.
    """
    run = _Run(workloads, rounds, sizes)
    begin = surroundings()
    program = Program(workshop)
    run.expect(program)
    run.add(program)
    with ExitStack() as stack:
        for name in (*ours, *PEERS):
            process = stack.enter_context(EngineProcess(name, workshop))
            if process.missing is None:
                run.add(process)
            else:
                run.missing[name] = process.missing
        for number in range(rounds):
            for workload in run.workloads:
                _progress(f"round {number + 1} of {rounds}: {workload.name}")
                for contestant in run.contestants:
                    run.measure(contestant, workload)
        run.scale()
    _progress("")
    return Report(
        surroundings=begin,
        rounds=rounds,
        engines=tuple(contestant.name for contestant in run.contestants),
        workloads=run.workloads,
        cells=run.cells,
        missing=run.missing,
        failures=run.failures,
    )


def _progress(text: str) -> None:
    """Say on a terminal how far it is."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
