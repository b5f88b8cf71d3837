"""Measures pywasm_rt beside its peers, in the same run.

``run``  workloads on all engines, as ratios to gcc -O2, pywasm3 and wasmtime
``profile``  the sequences of instructions that the workloads execute most often
``superinstructions``  writes the list of sequences that get a handler of their own in the C core
``reference``  the reference engine's instructions a second beside pywasm's
``processes``  what processes cost: memory, starts, messages, latency beside computing guests
``soak``       processes that come and go at random for a long time, every one accounted for
``http``       requests a second of a string endpoint, under ``wrk``
``interrupts`` how soon a running guest stops, and whether two run at the same time
``startup``    how soon real programs from PyPI give their first answer

Calls across the boundary: ``python -m pytest benchmarks``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import http, interrupts, processes, reference, soak, startup
from benchmarks.contestants import CannotRun
from benchmarks.engines import OURS, VARIANTS
from benchmarks.guests import BuildError, Workshop
from benchmarks.measurement import measure
from benchmarks.sequences import format_profile, profile
from benchmarks.superinstructions import HEADER, format_plan, header_text, plan
from benchmarks.table import format_report
from benchmarks.workloads import WORKLOADS, select

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; the exit code is 1 if a checksum is wrong, one of our engines
    cannot run a workload, or a guest cannot be built. Without a name of a command it is ``run``.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given = ["run", *given]
    options = _parser().parse_args(given)
    try:
        if options.what == "run":
            return _run(options)
        if options.what == "profile":
            return _profile(options)
        if options.what == "superinstructions":
            return _superinstructions(options)
        if options.what == "soak":
            print(soak.soak(options.seconds, options.processes, options.seed))
            return 0
        if options.what == "http":
            print(http.format_figures(http.measure(options.seconds, options.connections)))
            return 0
        if options.what == "processes":
            return _processes(options)
        if options.what == "startup":
            return _startup(options)
        if options.what == "interrupts":
            interrupts.print_table(interrupts.measure(options.count), *interrupts.together())
            return 0
        reference.print_table(reference.measure())
    except (BuildError, CannotRun, soak.SoakFailure, OSError, ValueError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="what", required=True)
    names = [workload.name for workload in WORKLOADS]
    run = commands.add_parser("run", help="workloads on all engines")
    run.add_argument("--engine", choices=OURS, help="only this engine of ours (and all peers)")
    run.add_argument(
        "--variants",
        action="store_true",
        help=f"{', '.join(VARIANTS)} too: by counted steps, with pauses, built without fuel",
    )
    run.add_argument("--rounds", type=_positive, default=3, help="how often each is run (3)")
    run.add_argument("--json", type=Path, metavar="FILE", help="keep all figures in FILE")
    sequences = commands.add_parser("profile", help="frequent sequences of instructions")
    sequences.add_argument("--top", type=_positive, default=40, help="how many sequences (40)")
    sequences.add_argument("--json", type=Path, metavar="FILE", help="keep all sequences in FILE")
    for command in (run, sequences):
        command.add_argument(
            "--only", nargs="+", metavar="NAME", choices=names, help=f"of {', '.join(names)}"
        )
    web = commands.add_parser("http", help="a string endpoint under wrk")
    web.add_argument("--seconds", type=_positive, default=5, help="how long (5)")
    web.add_argument("--connections", type=_positive, default=10, help="how many at a time (10)")
    chosen = commands.add_parser(
        "superinstructions", help="choose the sequences that native/fast_sequences.h lists"
    )
    chosen.add_argument("--most", type=_positive, default=500, help="how many at most (500)")
    chosen.add_argument(
        "--profiles", type=Path, nargs="+", metavar="FILE", default=[], help="of more programs"
    )
    chosen.add_argument(
        "--output", type=Path, metavar="FILE", default=HEADER, help="another file than that"
    )
    commands.add_parser("reference", help="instructions a second beside pywasm")
    costs = commands.add_parser("processes", help="memory, rates and latency of processes")
    costs.add_argument(
        "--quick", action="store_true", help="a twentieth of everything, to see that it works"
    )
    stops = commands.add_parser("interrupts", help="how soon a running guest stops")
    stops.add_argument("--count", type=_positive, default=200, help="how often each (200)")
    starts = commands.add_parser("startup", help="first answers of real programs")
    starts.add_argument("--rounds", type=_positive, default=5, help="how often each starts (5)")
    starts.add_argument("--folder", type=Path, metavar="DIR", help="keep the programs in DIR")
    _add_soak(commands)
    return parser


def _add_soak(commands: Any) -> None:
    parser = commands.add_parser("soak", help="processes at random, every one accounted for")
    parser.add_argument("--seconds", type=_positive, default=1_800, help="how long (1800)")
    parser.add_argument("--processes", type=_positive, default=500, help="living at a time (500)")
    parser.add_argument("--seed", type=int, help="of what happens (another each time)")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _run(options: argparse.Namespace) -> int:
    ours = OURS if options.engine is None else (options.engine,)
    if options.variants:
        ours = (*ours, *VARIANTS)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        workshop = Workshop(Path(folder))
        report = measure(ours, select(options.only), options.rounds, workshop)
    print(format_report(report))
    if options.json is not None:
        options.json.write_text(json.dumps(report.to_json(), indent=1) + "\n")
    return 1 if report.failures else 0


def _startup(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print(startup.format_starts(startup.measure(folder, options.rounds)))
    return 0


def _processes(options: argparse.Namespace) -> int:
    figures = processes.measure(500, 250, 2_000, 40) if options.quick else processes.measure()
    print(processes.format_figures(figures))
    return 0


def _profile(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        found = profile(select(options.only), Workshop(Path(folder)))
    print(format_profile(found, options.top))
    if options.json is not None:
        options.json.write_text(json.dumps(found.to_json(), indent=1) + "\n")
    return 0


def _superinstructions(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        found = plan(select(None), options.most, Workshop(Path(folder)), options.profiles)
    print(format_plan(found))
    options.output.write_text(header_text(found.sequences))
    return 0


if __name__ == "__main__":
    sys.exit(main())
