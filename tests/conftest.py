"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SUITES = Path(os.environ.get("PYWASM_RT_SUITES", REPOSITORY.parent / "shared" / "suites"))


@pytest.fixture(scope="session")
def suites() -> Path:
    """The folder of official conformance suites."""
    if not SUITES.is_dir():
        pytest.skip(f"no folder of suites at {SUITES}; set PYWASM_RT_SUITES")
    return SUITES
