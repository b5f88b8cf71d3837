"""Runs scripts: ``python -m spec_tests PATH... --engine reference|native --route text|binary``.

Other commands: ``fetch [DIR]`` gets the official suites, ``rows PATH...`` counts how often every
instruction is executed, ``fuzz PATH...`` tries mutated modules, ``fuzz-components PATH...``
mutated components, ``lockstep PATH...`` runs both engines side by side and compares them at every
cut.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from pywasm_rt.engine import get_engine
from pywasm_rt.errors import WasmError
from spec_tests.component_fuzz import main as fuzz_components
from spec_tests.component_runner import run_component_file
from spec_tests.features import component_features_for, features_for
from spec_tests.fetch import HOW_TO, fetch
from spec_tests.fuzz import main as fuzz
from spec_tests.lockstep.command import main as lockstep
from spec_tests.modules import script_files
from spec_tests.report import Report
from spec_tests.rows import main as rows
from spec_tests.runner import ROUTES, FileResult, run_file
from spec_tests.skips import read_file_skips, read_skips

__all__ = ["main"]

SKIPS = Path(__file__).with_name("skips.toml")
_SHOWN_FAILURES = 40


def _arguments(command_line: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m spec_tests", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help=".wast files, and folders of them")
    parser.add_argument("--engine", choices=("reference", "native"), default="reference")
    parser.add_argument("--route", choices=ROUTES, default="text")
    parser.add_argument("--report", type=Path, help="write everything that was seen, as JSON")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="files run at the same time")
    return parser.parse_args(command_line)


def _run(path: Path, engine: str, route: str) -> FileResult:
    features = component_features_for(path)
    if features is not None:
        return run_component_file(path, get_engine(engine), route, features)
    return run_file(path, get_engine(engine), route, features_for(path))


def _run_all(files: list[Path], engine: str, route: str, jobs: int) -> list[FileResult]:
    run = partial(_run, engine=engine, route=route)
    if jobs <= 1:
        return [run(path) for path in files]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(run, files))


def main(command_line: list[str]) -> int:
    """Run the command line; the exit code is 0 if nothing failed."""
    if command_line[:1] == ["fetch"]:
        try:
            fetch(Path(command_line[1] if len(command_line) > 1 else "suites"))
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"spec_tests: {error}", file=sys.stderr)
            return 1
        return 0
    if command_line[:1] == ["fuzz"]:
        return fuzz(command_line[1:])
    if command_line[:1] == ["lockstep"]:
        return lockstep(command_line[1:])
    if command_line[:1] == ["fuzz-components"]:
        return fuzz_components(command_line[1:])
    if command_line[:1] == ["rows"]:
        return rows(command_line[1:])
    arguments = _arguments(command_line)
    missing = [path for path in arguments.paths if not path.exists()]
    if missing:
        print(f"spec_tests: {missing[0]} does not exist; {HOW_TO}", file=sys.stderr)
        return 2
    try:
        get_engine(arguments.engine)
    except WasmError as error:
        print(f"spec_tests: {error}", file=sys.stderr)
        return 2
    report = Report(arguments.engine, arguments.route, read_skips(SKIPS))
    report.file_skips = read_file_skips(SKIPS)
    files = list(script_files(arguments.paths))
    report.results = _run_all(files, arguments.engine, arguments.route, arguments.jobs)
    complaints = report.complaints(_SHOWN_FAILURES)
    if complaints:
        print(complaints, file=sys.stderr)
    stale = report.stale_skips()
    for skip in stale:
        print(f"skips.toml: {skip.file}:{skip.line} holds, so remove it", file=sys.stderr)
    if arguments.report:
        report.write_json(arguments.report)
    print(report.table())
    return 1 if report.totals[1] or not report.totals[0] or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
