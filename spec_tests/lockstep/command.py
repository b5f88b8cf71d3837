"""Both engines in lockstep over whatever there is.

``python -m spec_tests lockstep PATH... --made N --workloads`` runs the scripts at PATH, N made
modules and the guests of the benchmarks in both engines at once, cut at random into pieces of fuel
and of steps. At every cut what can be seen must be the same, at many the snapshots, to the byte;
and of many executions a snapshot is restored in each engine and must end like the original. The
exit code is 1 if there was any difference.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Meter, drive
from pywasm_rt.errors import ConfigError, WasmError
from pywasm_rt.wasm.binary import encode
from spec_tests.features import features_for
from spec_tests.generator import EVERYTHING, generate, observe
from spec_tests.lockstep.engine import LockstepEngine
from spec_tests.lockstep.pairs import Difference
from spec_tests.modules import script_files
from spec_tests.report import Report
from spec_tests.runner import run_file
from spec_tests.skips import read_skips

__all__ = ["Finding", "main", "run_made", "run_script", "run_workload"]

SKIPS = Path(__file__).parent.with_name("skips.toml")
_MADE_SIZES = (20, 400)
_MADE_EACH = 50


class Finding(NamedTuple):
    """What came of one thing that was run: counts, and complaints."""

    name: str
    counts: Counter[str]
    complaints: list[str]


def _engine(seed: int, **options: Any) -> LockstepEngine:
    return LockstepEngine(get_engine("reference"), get_engine("native"), seed, **options)


def run_script(path: Path, seed: int, **options: Any) -> Finding:
    """All commands of a script: every export is called as the script does it."""
    features = features_for(path)
    engine = _engine(seed, **options)
    engine.is_interleaved = features.threads
    report = Report("lockstep", "binary", read_skips(SKIPS))
    report.results = [run_file(path, engine, "binary", features)]  # type: ignore[arg-type]
    complaint = report.complaints(10) if report.totals[1] else ""
    return Finding(path.name, engine.counts, [complaint] if complaint else [])


def run_made(first: int, count: int, seed: int, **options: Any) -> Finding:
    """Modules made from ``count`` random numbers, all of whose exports are called."""
    counts: Counter[str] = Counter()
    complaints = []
    for number in range(first, first + count):
        choice = random.Random(f"{seed} {number}")
        binary = encode(generate(choice, choice.randrange(*_MADE_SIZES), EVERYTHING))
        engine = _engine(number, **options)
        try:
            observe(engine, binary, EVERYTHING)  # type: ignore[arg-type]
        except (Difference, WasmError) as error:
            complaints.append(f"made module {number} of seed {seed}: {error}")
        counts += engine.counts
    return Finding(f"made modules {first} ... {first + count - 1}", counts, complaints)


def run_workload(name: str, size: int, seed: int, **options: Any) -> Finding:
    """A guest of the benchmarks. Raises BuildError."""
    from benchmarks.guests import build  # noqa: PLC0415 - it needs a compiler

    engine = _engine(seed, **options)
    instance: Any = engine.instantiate(engine.load(build(name)))
    complaints = []
    try:
        driver = drive(instance.start(instance.exports["run"], [size]), Meter())
        with suppress(StopIteration):
            next(driver)
    except (Difference, WasmError) as error:
        complaints.append(f"{name} {size}: {error}")
    return Finding(f"{name} {size}", engine.counts, complaints)


def _workloads(seed: int) -> Iterator[Callable[[], Finding]]:
    from benchmarks.workloads import WORKLOADS  # noqa: PLC0415 - benchmarks are not installed

    for workload in WORKLOADS:
        yield partial(run_workload, workload.name, workload.tiny, seed, snapshots=40, shadows=1.0)


def _tasks(arguments: argparse.Namespace) -> Iterator[Callable[[], Finding]]:
    seed = arguments.seed
    options = {"snapshots": arguments.snapshots, "shadows": arguments.shadows}
    for path in script_files(arguments.paths):
        yield partial(run_script, path, seed, **options)
    for first in range(0, arguments.made, _MADE_EACH):
        count = min(_MADE_EACH, arguments.made - first)
        yield partial(run_made, first, count, seed, **options)
    if arguments.workloads:
        yield from _workloads(seed)


def _arguments(command_line: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m spec_tests lockstep", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, help=".wast files, and folders of them")
    parser.add_argument("--made", type=int, default=0, metavar="N", help="modules to make")
    parser.add_argument("--workloads", action="store_true", help="the guests of the benchmarks")
    parser.add_argument("--seed", type=int, default=0, help="decides about cuts and made modules")
    parser.add_argument(
        "--snapshots", type=int, default=3, help="cuts of each execution that compare snapshots"
    )
    parser.add_argument(
        "--shadows", type=float, default=0.5, help="the part of executions that go on elsewhere"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="say what has been done")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="how many run at the same time")
    return parser.parse_args(command_line)


def _call(task: Callable[[], Finding]) -> Finding:
    return task()


def _findings(tasks: Iterator[Callable[[], Finding]], jobs: int) -> Iterator[Finding]:
    if jobs <= 1:
        yield from map(_call, tasks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_call, tasks)


def main(command_line: Sequence[str]) -> int:
    """Run the command line; the exit code is 0 if both engines always agreed."""
    arguments = _arguments(command_line)
    missing = [path for path in arguments.paths if not path.exists()]
    if missing:
        print(f"spec_tests: {missing[0]} does not exist", file=sys.stderr)
        return 2
    try:
        get_engine("native")
    except ConfigError as error:
        print(f"spec_tests: {error}", file=sys.stderr)
        return 2
    total: Counter[str] = Counter()
    complaints = 0
    for finding in _findings(_tasks(arguments), arguments.jobs):
        total += finding.counts
        if arguments.verbose:
            print(f"{finding.name}: {finding.counts['cuts']} cuts", flush=True)
        for complaint in finding.complaints:
            print(f"{finding.name}: {complaint}", file=sys.stderr, flush=True)
        complaints += len(finding.complaints)
    for name, count in total.items():
        print(f"{count:9}  {name}")
    print(f"{complaints:9}  differences")
    return 1 if complaints or not total else 0
