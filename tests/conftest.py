"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says nothing on a machine that is busy with other things too.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

REPOSITORY = Path(__file__).resolve().parent.parent
SUITES = Path(os.environ.get("PYWASM_RT_SUITES", REPOSITORY.parent / "shared" / "suites"))


@pytest.fixture(scope="session")
def suites() -> Path:
    """The folder of official conformance suites."""
    if not SUITES.is_dir():
        pytest.skip(f"no folder of suites at {SUITES}; set PYWASM_RT_SUITES")
    return SUITES
