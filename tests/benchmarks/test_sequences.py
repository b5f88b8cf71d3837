"""Profiles: which instructions follow one another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.guests import Workshop
from benchmarks.sequences import format_profile, profile, straight_runs
from benchmarks.workloads import Workload
from pywasm_rt.engine import get_engine
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

COUNT_DOWN = """
(module
  (func $less (param i32) (result i32)
    (block nop) (i32.sub (local.get 0) (i32.const 1)))
  (func (export "run") (param i32) (result i32)
    (loop $again
      (local.set 0 (call $less (local.get 0)))
      (br_if $again (local.get 0)))
    (local.get 0)))
"""
BODY = ("loop", "local.get", "call")
CALLEE = ("local.get", "i32.const", "i32.sub", "return")
AGAIN = ("local.set", "local.get", "br_if")


def test_runs_are_cut_where_execution_jumps(engine_name: str) -> None:
    engine = get_engine(engine_name)
    instance = engine.instantiate(engine.load(parse(COUNT_DOWN)))
    execution = instance.start(instance.exports["run"], [2])  # type: ignore[arg-type]
    assert [*straight_runs(execution)] == [
        BODY, CALLEE, AGAIN, BODY, CALLEE, (*AGAIN, "local.get", "return")
    ]  # fmt: skip


@pytest.fixture
def workshop_of_text(tmp_path: Path) -> Workshop:
    (tmp_path / "down.wasm").write_bytes(encode(parse(COUNT_DOWN)))
    still = COUNT_DOWN.replace("(br_if $again (local.get 0))", "")
    (tmp_path / "still.wasm").write_bytes(encode(parse(still)))
    return Workshop(tmp_path)


def test_every_workload_counts_the_same(workshop_of_text: Workshop) -> None:
    workloads = [Workload("down", "", 9, 5, 3), Workload("still", "", 9, 5, 3)]
    found = profile(workloads, workshop_of_text)
    assert found.dispatches == {"down": 32, "still": 10}
    pairs = {one.names: one for one in found.shares[2]}
    subtraction = pairs["i32.const", "i32.sub"]
    assert subtraction.notable == {"down": 3 / 32, "still": 1 / 10}
    assert subtraction.share == pytest.approx((3 / 32 + 1 / 10) / 2)
    assert ("call", "local.get") not in pairs
    assert ("i32.sub", "return") in pairs
    assert found.shares[3][0].share >= found.shares[3][-1].share
    shape = json.loads(json.dumps(found.to_json()))
    assert shape["sequences"]["3"][0]["names"] == list(found.shares[3][0].names)


def test_table_of_a_profile(workshop_of_text: Workshop) -> None:
    found = profile([Workload("still", "", 9, 5, 3)], workshop_of_text)
    lines = format_profile(found, 1).splitlines()
    assert lines[0].startswith("10 dispatches in 1 workloads")
    assert lines[4].split() == ["local.get", "30.00%", "1"]
    assert lines[5] == "30% of the dispatches begin one of these"
