"""The official suites, one test a file, engine and route."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pywasm_rt.engine import get_engine
from spec_tests import __main__ as command
from spec_tests.features import FOLDERS, features_for
from spec_tests.fetch import HOW_TO
from spec_tests.report import Report
from spec_tests.runner import ROUTES, run_file
from spec_tests.skips import read_skips

REPOSITORY = Path(__file__).resolve().parents[2]
SUITES = Path(os.environ.get("PYWASM_RT_SUITES", REPOSITORY.parent / "shared" / "suites"))
SKIPS = read_skips(Path(command.__file__).with_name("skips.toml"))
FILES = sorted(path for folder in FOLDERS for path in (SUITES / folder).rglob("*.wast"))


def test_there_are_suites() -> None:
    if not FILES:
        pytest.skip(HOW_TO)
    assert len(FILES) == 288


@pytest.mark.suite
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SUITES)))
def test_suite(path: Path, engine_name: str, route: str) -> None:
    report = Report(engine_name, route, SKIPS)
    report.results = [run_file(path, get_engine(engine_name), route, features_for(path))]
    assert report.totals[1] == 0, report.complaints(20)
