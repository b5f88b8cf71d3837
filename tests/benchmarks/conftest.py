"""Guests, built once for all tests, and reports without having measured anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.engines import GCC
from benchmarks.guests import BuildError, Workshop, c_compiler
from benchmarks.machine import Surroundings
from benchmarks.report import Cell, Report
from benchmarks.workloads import Workload


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A workshop that can build for both; skips where a compiler is missing."""
    pytest.importorskip("ziglang", reason="clang for WebAssembly is in the package ziglang")
    try:
        c_compiler()
    except BuildError as error:
        pytest.skip(str(error))
    folder: Path = tmp_path_factory.mktemp("workshop")
    return Workshop(folder)


@pytest.fixture
def workloads() -> tuple[Workload, ...]:
    return (Workload("one", "first", 1_000, 10, 1), Workload("two", "second", 2_000, 20, 2))


@pytest.fixture
def make_report(workloads: tuple[Workload, ...]) -> Callable[..., Report]:
    """Makes a report of cells: gcc, native, pywasm3 and reference unless told otherwise."""

    def make(cells: dict[tuple[str, str], Cell] | None = None, **changes: object) -> Report:
        if cells is None:
            cells = {
                (GCC, "one"): Cell(1_000, rounds=[0.010, 0.012, 0.011]),
                (GCC, "two"): Cell(2_000, rounds=[0.020, 0.020, 0.020]),
                ("native", "one"): Cell(1_000, rounds=[0.11, 0.10, 0.12]),
                ("native", "two"): Cell(2_000, rounds=[0.08, 0.08, 0.09]),
                ("reference", "one"): Cell(10, scale=100.0, rounds=[0.11, 0.11, 0.11]),
                ("reference", "two"): Cell(20, scale=100.0, rounds=[0.2, 0.2, 0.2]),
                ("pywasm3", "one"): Cell(1_000, rounds=[0.22, 0.22, 0.22]),
                ("pywasm3", "two"): Cell(2_000, reason="unknown value_type"),
            }
        surroundings = Surroundings(
            date="2026-01-02T03:04:05+00:00",
            processor="A processor",
            processors=2,
            system="A system",
            load=0.1,
            versions={"python": "3.11.7", "pywasm3": "0.5.0"},
        )
        values: dict[str, object] = {
            "surroundings": surroundings,
            "rounds": 3,
            "engines": tuple(dict.fromkeys(engine for engine, _ in cells)),
            "workloads": workloads,
            "cells": cells,
            "missing": {"wasmtime": "No module named 'wasmtime'"},
            "failures": [],
        }
        return Report(**(values | changes))  # type: ignore[arg-type]

    return make
