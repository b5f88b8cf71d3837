"""Rounds, checks and scaling with contestants that are made up, and once for real."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.__main__ import main
from benchmarks.contestants import CannotRun, Sample
from benchmarks.engines import GCC
from benchmarks.guests import Workshop
from benchmarks.measurement import _Run, measure, standard_sizes
from benchmarks.table import format_report
from benchmarks.workloads import Workload, select


class Made:
    """A contestant whose checksum is a function of the argument."""

    def __init__(
        self, name: str, checksum: Callable[[int], int], *, work: int | None = None
    ) -> None:
        self.name = name
        self.checksum = checksum
        self.work = work
        self.arguments: list[int] = []

    def run(self, guest: str, small: int, argument: int) -> Sample:
        self.arguments.append(argument)
        if guest == "two" and self.name == "pywasm3":
            raise CannotRun("no vectors")
        work = None if self.work is None else self.work * argument
        return Sample(self.checksum(argument), 0.001 * argument, work)


def right(argument: int) -> int:
    return argument ^ 0xFF


@pytest.fixture
def run(workloads: tuple[Workload, ...]) -> _Run:
    made = _Run(workloads, 2, standard_sizes)
    made.expect(Made(GCC, right))  # type: ignore[arg-type]
    return made


def rounds(run: _Run, *contestants: Made) -> None:
    """All rounds of these."""
    for contestant in contestants:
        run.add(contestant)
    for _ in range(run.rounds):
        for workload in run.workloads:
            for contestant in contestants:
                run.measure(contestant, workload)
    run.scale()


def test_reference_gets_less_work_and_is_scaled_by_steps(run: _Run) -> None:
    reference, native = Made("reference", right, work=3), Made("native", right, work=3)
    rounds(run, native, reference)
    assert reference.arguments == [10, 20, 10, 20]
    cell = run.cells["reference", "one"]
    assert (cell.scale, cell.rounds) == (100.0, [0.01, 0.01])
    assert run.cells["native", "one"].scale == 1.0
    assert not run.failures


def test_fuel_of_wasmtime_serves_where_native_is_not_built(run: _Run) -> None:
    rounds(run, Made("reference", right), Made("wasmtime+fuel", right, work=9))
    assert run.cells["reference", "two"].scale == 100.0


def test_without_a_counter_there_is_a_reason(run: _Run) -> None:
    rounds(run, Made("reference", right), Made("pywasm3", right))
    assert "counts the steps" in str(run.cells["reference", "one"].reason)
    assert not run.failures


def test_peer_that_cannot_run_is_asked_once_and_is_no_failure(run: _Run) -> None:
    peer = Made("pywasm3", right)
    rounds(run, peer)
    assert run.cells["pywasm3", "two"].reason == "no vectors"
    assert peer.arguments == [1_000, 2_000, 1_000]
    assert not run.failures


@pytest.mark.parametrize("name", ["native", "native+steps", "reference"])
def test_ours_must_run_everything(run: _Run, name: str) -> None:
    class Failing(Made):
        def run(self, guest: str, small: int, argument: int) -> Sample:
            raise CannotRun("its process ended with -11")

    rounds(run, Failing(name, right))
    assert run.failures[0] == f"{name} cannot run one: its process ended with -11"


@pytest.mark.parametrize("name", ["native", "pywasm3"])
def test_wrong_checksum_is_a_failure_of_anyone(run: _Run, name: str) -> None:
    rounds(run, Made(name, lambda argument: argument))
    assert run.failures[0] == f"{name}, one: wrong checksum 0x3e8, gcc -O2 has 0x317"
    assert run.cells[name, "one"].seconds is None


@pytest.mark.guests
def test_for_real_with_tiny_sizes(workshop: Workshop) -> None:
    report = measure(
        ["reference"], select(["fib"]), 1, workshop, lambda workload: (workload.tiny,) * 2
    )
    assert report.engines[:2] == (GCC, "reference")
    assert report.ratio("reference", GCC, "fib")
    assert not report.failures
    assert "geometric mean of 1" in format_report(report)


@pytest.mark.parametrize(
    "words",
    [["run", "--only", "nothing"], ["run", "--rounds", "0"], ["run", "--engine", "x"], ["sprint"]],
)
def test_wrong_command_lines(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert "usage: python -m benchmarks" in capsys.readouterr().err


def test_missing_compiler_is_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["run", "--only", "fib"]) == 1
    assert "no C compiler" in capsys.readouterr().err
