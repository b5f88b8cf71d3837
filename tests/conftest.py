"""Fixtures for all tests."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import ConfigError
from spec_tests.fetch import HOW_TO

# How long an example takes says nothing on a machine that is busy with other things too. In CI the
# same examples run every time, so that a failure is the change's own; elsewhere they are new.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("house")

REPOSITORY = Path(__file__).resolve().parent.parent
SUITES = Path(os.environ.get("PYWASM_RT_SUITES", REPOSITORY.parent / "shared" / "suites"))
REQUIRE_NATIVE = "PYWASM_RT_REQUIRE_NATIVE"


@pytest.fixture(scope="session")
def suites() -> Path:
    """The folder of official conformance suites."""
    if not SUITES.is_dir():
        pytest.skip(HOW_TO)
    return SUITES


@pytest.fixture(scope="session", params=["reference", "native"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each engine in turn. A missing C core skips, or fails if PYWASM_RT_REQUIRE_NATIVE is 1."""
    return engine_or_skip(str(request.param)).name


@pytest.fixture(scope="session")
def native_engine() -> Engine:
    """The native engine; without it like ``engine_name``."""
    return engine_or_skip("native")


def engine_or_skip(name: str) -> Engine:
    """An engine; where it is missing the test is skipped, or fails if it must be there."""
    try:
        return get_engine(name)
    except ConfigError as error:
        if os.environ.get(REQUIRE_NATIVE) == "1":
            pytest.fail(f"{REQUIRE_NATIVE} is set, but {error}")
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def wasi_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with WASI's WIT: one folder a version, and in it one folder a package."""
    folder = tmp_path_factory.mktemp("wasi-wit")
    command = ["npm", "pack", "--silent", "@bytecodealliance/jco@1.35.0"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"npm cannot fetch @bytecodealliance/jco: {error}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package" / "lib" / "wit" / "builtin"
