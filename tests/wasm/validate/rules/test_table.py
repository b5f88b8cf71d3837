"""Tables and element segments, with 32-bit and 64-bit indices."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MODULE = """(module
  (table $f 1 funcref) (table $l i64 1 funcref) (table $e 1 externref)
  (elem $fs func) (elem $es externref)
  (func (param $x externref) {body}))"""

CASES = [
    ("i32.const 0 table.get $f drop", ""),
    ("i64.const 0 table.get $l drop", ""),
    ("i64.const 0 table.get $f drop", "type mismatch"),
    ("i32.const 0 table.get 9 drop", "unknown table 9"),
    ("i32.const 0 ref.null func table.set $f", ""),
    ("i32.const 0 local.get $x table.set $f", "type mismatch"),
    ("i64.const 0 ref.null nofunc table.set $l", ""),
    ("table.size $f i32.eqz drop", ""),
    ("table.size $l i64.eqz drop", ""),
    ("local.get $x i32.const 1 table.grow $e i32.eqz drop", ""),
    ("ref.null func i64.const 1 table.grow $l i64.eqz drop", ""),
    ("ref.null func i64.const 1 table.grow $f drop", "type mismatch"),
    ("i32.const 0 local.get $x i32.const 1 table.fill $e", ""),
    ("i64.const 0 ref.null func i64.const 1 table.fill $l", ""),
    ("i32.const 0 ref.null func i64.const 1 table.fill $l", "type mismatch"),
    ("i32.const 0 i32.const 0 i32.const 0 table.copy $f $f", ""),
    ("i64.const 0 i64.const 0 i64.const 0 table.copy $l $l", ""),
    ("i64.const 0 i32.const 0 i32.const 0 table.copy $l $f", ""),
    ("i32.const 0 i64.const 0 i32.const 0 table.copy $f $l", ""),
    ("i64.const 0 i32.const 0 i64.const 0 table.copy $l $f", "type mismatch"),
    ("i32.const 0 i32.const 0 i32.const 0 table.copy $e $f", "type mismatch: table 2 holds ext"),
    ("i32.const 0 i32.const 0 i32.const 0 table.init $f $fs", ""),
    ("i64.const 0 i32.const 0 i32.const 0 table.init $l $fs", ""),
    ("i32.const 0 i32.const 0 i32.const 0 table.init $f $es", "type mismatch: table 0 holds func"),
    ("i32.const 0 i32.const 0 i32.const 0 table.init $f 5", "unknown elem segment 5"),
    ("i32.const 0 i32.const 0 i32.const 0 table.init 5 $fs", "unknown table 5"),
    ("elem.drop $fs", ""),
    ("elem.drop 4", "unknown elem segment 4"),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_tables(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)
