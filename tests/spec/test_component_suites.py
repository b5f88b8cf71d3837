"""The official component suite, one test a file, engine and route."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pywasm_rt.engine import get_engine
from spec_tests import __main__ as command
from spec_tests.component_runner import run_component_file
from spec_tests.features import COMPONENT_FOLDERS, component_features_for
from spec_tests.fetch import HOW_TO
from spec_tests.modules import script_files
from spec_tests.report import Report
from spec_tests.runner import ROUTES, FileResult, Outcome
from spec_tests.skips import FileSkip, read_file_skips

SPEC_TESTS = Path(command.__file__).parent
SUITES = Path(
    os.environ.get("PYWASM_RT_SUITES", SPEC_TESTS.parent.parent / "shared" / "suites")
).absolute()
SKIPS = read_file_skips(SPEC_TESTS / "skips.toml")
FOLDERS = [SUITES / folder for folder in COMPONENT_FOLDERS]
FILES = list(script_files(folder for folder in FOLDERS if folder.is_dir()))


def run(path: Path, engine_name: str, route: str) -> Report:
    features = component_features_for(path)
    assert features is not None
    report = Report(engine_name, route, file_skips=SKIPS)
    report.results = [run_component_file(path, get_engine(engine_name), route, features)]
    return report


def test_there_are_suites() -> None:
    if not FILES:
        pytest.skip(HOW_TO)
    assert len(FILES) == 63


@pytest.mark.suite
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_suite(path: Path, engine_name: str, route: str) -> None:
    report = run(path, engine_name, route)
    assert report.totals[1] == 0, report.complaints(20)


def test_what_is_skipped_is_there() -> None:
    if not FILES:
        pytest.skip(HOW_TO)
    assert [skip.file for skip in SKIPS if not any(map(skip.covers, FILES))] == []


def test_only_what_needs_async_is_skipped() -> None:
    assert [skip.file for skip in SKIPS if "/async/" not in skip.file] == []
    assert all(skip.reason.startswith("async: ") for skip in SKIPS)


@pytest.mark.parametrize(("failures", "unexplained"), [(2, 0), (1, 2), (3, 4), (0, 1)])
def test_a_number_of_failures_is_expected_exactly(failures: int, unexplained: int) -> None:
    path = Path("suites/x/y.wast")
    outcomes = [Outcome(n, "assert_return", n >= failures, "bad") for n in range(4)]
    report = Report("reference", "text", file_skips=[FileSkip("x/y.wast", 2, "a reason")])
    report.results = [FileResult(path, outcomes)]
    assert report.totals[1] == unexplained
    assert report.totals[2] == (failures if not unexplained else 0)


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('file = "a"\ncount = 1', "an entry has file, count and reason"),
        ('file = "a"\ncount = 1\nreason = " "', "a has no reason"),
    ],
)
def test_entries_without_a_reason(tmp_path: Path, entry: str, complaint: str) -> None:
    skips = tmp_path / "skips.toml"
    skips.write_text(f"[[file]]\n{entry}\n")
    with pytest.raises(ValueError, match=complaint):
        read_file_skips(skips)
