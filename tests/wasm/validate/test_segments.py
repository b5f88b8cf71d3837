"""Element and data segments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.errors import UnsupportedFeature
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.validate import validate

MODULE = """(module
  (memory $m 1) (memory $l i64 1)
  (table $t 1 funcref) (table $x 1 externref) (table $w i64 1 funcref)
  (func $f) {body})"""

CASES = [
    ('(data (i32.const 0) "a")', ""),
    ('(data (i64.const 0) "a")', "type mismatch: instruction requires [i32] but stack has [i64]"),
    ('(data (memory $l) (i64.const 0) "a")', ""),
    ('(data (memory 7) (i32.const 0) "a")', "unknown memory 7: there are 2 (in data segment 0)"),
    ('(data (nop) "a")', "constant expression required"),
    ('(data (offset) "a")', "type mismatch"),
    ('(data "a")', ""),
    ("(elem (i32.const 0) func $f)", ""),
    ("(elem (table $w) (i64.const 0) func $f)", ""),
    ("(elem (table $w) (i32.const 0) func $f)", "type mismatch"),
    (
        "(elem (table $x) (i32.const 0) func $f)",
        "type mismatch: the table holds externref, the segment (ref func)",
    ),
    ("(elem (table $x) (i32.const 0) externref (ref.null extern))", ""),
    ("(elem (table 9) (i32.const 0) func $f)", "unknown table 9"),
    ("(elem func 9)", "unknown function 9"),
    ("(elem (ref null 9))", "unknown type 9"),
    ("(elem funcref (ref.null extern))", "type mismatch"),
    ("(elem funcref (item (ref.func $f) (ref.func $f)))", "type mismatch"),
    ("(elem declare func $f)", ""),
    ("(elem i31ref (ref.i31 (i32.const 1)))", ""),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_segments(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


@pytest.mark.parametrize("text", ['(module (data "a"))', "(module (elem func))"])
def test_passive_segments_are_a_feature(text: str) -> None:
    with pytest.raises(UnsupportedFeature, match="passive"):
        validate(parse(text), DEFAULT.with_(bulk_memory=False))
