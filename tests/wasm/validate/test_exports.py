"""Exports, the start function and declared references."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.validate.exports import declared_references

MODULE = """(module
  (func $f) (func $p (param i32)) (func $r (result i32) i32.const 1)
  (table 1 funcref) (memory 1) (global i32 (i32.const 1)) (tag) {body})"""

CASES = [
    ('(export "" (func $f)) (export "a" (func $f))', ""),
    ('(export "a" (func $f)) (export "a" (func $f))', 'duplicate export name "a" (in export 1'),
    ('(export "a" (func $f)) (export "a" (memory 0))', "duplicate export name"),
    ('(export "a" (func 9))', "unknown function 9"),
    ('(export "a" (table 9))', "unknown table 9"),
    ('(export "a" (memory 9))', "unknown memory 9"),
    ('(export "a" (global 9))', "unknown global 9"),
    ('(export "a" (tag 9))', "unknown tag 9"),
    ("(start $f)", ""),
    ("(start 9)", "unknown function 9: there are 3"),
    ("(start $p)", "start function 1 must neither take nor give anything: (func (param i32))"),
    ("(start $r)", "start function 2"),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_exports_and_start(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


def test_functions_are_declared_everywhere_but_in_bodies_and_start() -> None:
    module = parse(
        """(module
          (func (export "a")) (func) (func) (func) (func) (func)
          (func ref.func 9 drop)
          (table 1 (ref func) (ref.func 1)) (global funcref (ref.func 2)) (start 7)
          (elem declare func 3) (elem (i32.const 0) funcref (ref.func 4) (ref.null func))
          (memory 1) (data (i32.const 0) "") (func) (func) (func))"""
    )
    assert declared_references(module) == {0, 1, 2, 3, 4}
