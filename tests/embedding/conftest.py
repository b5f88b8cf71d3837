"""Components in text for programs that embed guests."""

from __future__ import annotations

from pathlib import Path

import pytest

from pywasm_rt import Component, Linker, get_engine

GUESTS = Path(__file__).parent / "guests"


@pytest.fixture
def linker(engine_name: str) -> Linker:
    """A linker with nothing in it, for each engine."""
    return Linker(get_engine(engine_name))


@pytest.fixture(scope="session")
def client() -> Component:
    """A component that uses what the host offers."""
    return Component.from_file(GUESTS / "client.wat")


@pytest.fixture(scope="session")
def counters() -> Component:
    """A component that exports a resource."""
    return Component.from_file(GUESTS / "counters.wat")
