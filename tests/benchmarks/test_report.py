"""Ratios, means, spreads, and their two forms: text and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.engines import GCC
from benchmarks.report import Cell, Report, geometric_mean
from benchmarks.table import format_report, format_rows

Make = Callable[..., Report]


def test_cell_takes_the_median_and_scales_it() -> None:
    assert Cell(1, rounds=[3.0, 1.0, 2.0]).seconds == 2.0
    assert Cell(1, scale=10.0, rounds=[3.0, 1.0, 2.0]).seconds == 20.0
    assert Cell(1, rounds=[3.0, 1.0, 2.0]).spread == 3.0
    assert Cell(1, rounds=[3.0]).spread is None
    for empty in (Cell(1), Cell(1, reason="no", rounds=[1.0]), Cell(1, scale=None, rounds=[1.0])):
        assert empty.seconds is None


@given(st.lists(st.floats(0.01, 1000), min_size=1, max_size=10), st.floats(0.01, 1000))
def test_geometric_mean(values: list[float], factor: float) -> None:
    mean = geometric_mean(values)
    assert min(values) * 0.999 <= mean <= max(values) * 1.001
    assert math.isclose(geometric_mean([value * factor for value in values]), mean * factor)


def test_means_leave_out_what_one_side_cannot_run(make_report: Make) -> None:
    report = make_report()
    assert report.shared(("native", "pywasm3")) == ("one",)
    assert report.shared(("native", "reference")) == ("one", "two")
    assert report.shared(report.engines) == ("one",)
    assert report.ratio("native", "pywasm3", "one") == pytest.approx(0.5)
    assert report.ratio("native", "pywasm3", "two") is None
    assert report.ratio("native", "wasmtime", "one") is None
    by_gcc = report.mean_ratio("native", GCC, ("one", "two"))
    assert by_gcc == pytest.approx(math.sqrt(10 * 4))
    assert report.mean_ratio("pywasm3", GCC, ("one", "two")) is None
    assert report.mean_ratio("native", GCC, ()) is None


def test_pairs_are_those_with_figures(make_report: Make) -> None:
    pairs = make_report().pairs()
    assert pairs == (("native", "pywasm3"), ("native", "reference"), ("reference", "pywasm3"))


def test_spread_is_over_the_workloads(make_report: Make) -> None:
    report = make_report()
    spread = report.spread(GCC)
    assert spread is not None
    assert spread.median == pytest.approx(1.1)
    assert spread.worst == pytest.approx(1.2)
    assert make_report({("native", "one"): Cell(1, rounds=[1.0])}, workloads=()).spread("x") is None


def test_json_keeps_everything(make_report: Make) -> None:
    shape = json.loads(json.dumps(make_report().to_json()))
    assert shape["format"] == 1
    assert shape["date"] == "2026-01-02T03:04:05+00:00"
    assert shape["machine"]["processors"] == 2
    assert shape["versions"]["pywasm3"] == "0.5.0"
    assert shape["engines"] == [GCC, "native", "reference", "pywasm3"]
    assert shape["missing"] == {"wasmtime": "No module named 'wasmtime'"}
    one, two = shape["workloads"]
    assert (one["name"], one["size"]) == ("one", 1_000)
    assert one["results"]["native"] == {
        "argument": 1_000,
        "scale": 1.0,
        "rounds": [0.11, 0.10, 0.12],
        "seconds": 0.11,
    }
    assert two["results"]["pywasm3"] == {"argument": 2_000, "reason": "unknown value_type"}
    assert shape["geometric_means"]["workloads"] == ["one"]
    assert shape["geometric_means"]["ratios"]["native"] == pytest.approx(10)
    pair = shape["pairs"][0]
    assert (pair["engine"], pair["by"], list(pair["ratios"])) == ("native", "pywasm3", ["one"])
    assert pair["geometric_mean"] == pytest.approx(0.5)
    assert shape["spread"]["pywasm3"] == {"median": 1.0, "worst": 1.0}


def test_rows_are_in_line() -> None:
    assert format_rows([["a", "b"], ["long", "1.00"], ["x", ""]]) == [
        "a        b",
        "long  1.00",
        "x",
    ]


def line(text: str, begin: str) -> list[str]:
    """The words of the first line that begins so."""
    return next(line for line in text.splitlines() if line.startswith(begin)).split()


def test_table_by_gcc_and_by_peers(make_report: Make) -> None:
    text = format_report(make_report())
    by_gcc, by_peers = text.split("CPU time of one by that of another")
    assert line(by_gcc, "workload") == ["workload", "size", "gcc", "ms", *make_report().engines[1:]]
    assert line(by_gcc, "one") == ["one", "1,000", "11.0", "10.00", "1000", "20.00"]
    assert line(by_gcc, "two") == ["two", "2,000", "20.0", "4.00", "1000", "-"]
    assert line(by_gcc, "geometric mean of 1")[-3:] == ["10.00", "1000", "20.00"]
    assert line(by_gcc, "spread: worst")[2:] == ["1.20", "1.20", "1.00", "1.00"]
    assert "so without two" in by_gcc
    assert line(by_peers, "one") == ["one", "0.50", "0.0100", "50.00"]
    assert line(by_peers, "two") == ["two", "-", "0.0040", "-"]
    assert line(by_peers, "of so many") == ["of", "so", "many", "1", "2", "1"]


def test_table_says_what_is_missing_and_why(make_report: Make) -> None:
    failures = ["native, two: wrong checksum 0x1, gcc -O2 has 0x2"]
    missing = {"native": "x" * 200, "wasmtime": "No module named 'wasmtime'"}
    lines = format_report(make_report(failures=failures, missing=missing)).splitlines()
    assert f"native: not built ({'x' * 97}...)" in lines
    assert "wasmtime: not there (No module named 'wasmtime')" in lines
    assert "pywasm3 cannot run two: unknown value_type" in lines
    assert lines[-1] == f"FAILED: {failures[0]}"
    assert not any("load average" in line for line in lines)


def test_table_warns_of_a_busy_machine(make_report: Make) -> None:
    report = make_report()
    object.__setattr__(report.surroundings, "load", 3.5)
    assert "the load average was 3.5" in format_report(report)
