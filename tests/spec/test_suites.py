"""The official suites, one test a file, engine and route."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pywasm_rt.engine import get_engine
from spec_tests import __main__ as command
from spec_tests.features import FOLDERS, features_for
from spec_tests.fetch import HOW_TO
from spec_tests.modules import script_files
from spec_tests.report import Report
from spec_tests.runner import ROUTES, run_file
from spec_tests.skips import read_skips

SPEC_TESTS = Path(command.__file__).parent
SUITES = Path(
    os.environ.get("PYWASM_RT_SUITES", SPEC_TESTS.parent.parent / "shared" / "suites")
).absolute()
SKIPS = read_skips(SPEC_TESTS / "skips.toml")
FILES = list(script_files(SUITES / folder for folder in FOLDERS if (SUITES / folder).is_dir()))
SUPPLEMENT = list(script_files([SPEC_TESTS / "supplement"]))


def name_of(path: Path) -> str:
    """How a script is called in the name of its test."""
    return path.relative_to(SUITES if path.is_relative_to(SUITES) else SPEC_TESTS).as_posix()


def test_there_are_suites() -> None:
    if not FILES:
        pytest.skip(HOW_TO)
    assert len(FILES) == 288


def test_there_is_a_supplement() -> None:
    assert [path.name for path in SUPPLEMENT] == ["relaxed_trunc.wast"]


@pytest.mark.suite
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("path", [*FILES, *SUPPLEMENT], ids=name_of)
def test_suite(path: Path, engine_name: str, route: str) -> None:
    report = Report(engine_name, route, SKIPS)
    report.results = [run_file(path, get_engine(engine_name), route, features_for(path))]
    assert report.totals[1] == 0, report.complaints(20)
