"""References: null, functions, tests, casts and conversions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.wasm.features import WASM_2
from pywasm_rt.wasm.types import FUNCREF

MODULE = """(module
  (type $f (func)) (type $s (struct)) (type $other (func (param i32)))
  (func $declared (type $f)) (elem declare func $declared)
  (func $hidden (type $f))
  (func (param $a anyref) (param $x externref) (param $n (ref extern)) {body}))"""

CASES = [
    ("ref.null func drop", ""),
    ("ref.null $s ref.is_null drop", ""),
    ("ref.null 12 drop", "unknown type 12"),
    ("i32.const 0 ref.is_null drop", "type mismatch: instruction requires [(ref bot)] but stack"),
    ("unreachable ref.is_null i32.eqz drop", ""),
    ("ref.func $declared call_ref $f", ""),
    ("ref.func $declared call_ref $other", "type mismatch"),
    ("ref.func $hidden drop", "undeclared function reference: function 1 occurs in no export"),
    ("ref.func 77 drop", "unknown function 77"),
    ("local.get $x ref.as_non_null drop", ""),
    ("unreachable ref.as_non_null call_ref $f", ""),
    ("unreachable ref.as_non_null f64.abs drop", "type mismatch"),
    ("ref.null eq ref.null i31 ref.eq drop", ""),
    ("ref.null eq local.get $a ref.eq drop", "type mismatch"),
    ("local.get $a ref.test (ref i31) drop", ""),
    ("local.get $x ref.test (ref i31) drop", "type mismatch"),
    ("local.get $x ref.test (ref null noextern) drop", ""),
    ("ref.null func ref.test (ref $f) drop", ""),
    ("ref.null eq ref.test (ref $s) drop", ""),
    ("ref.null eq ref.test (ref 40) drop", "unknown type 40"),
    ("local.get $a ref.cast (ref i31) i31.get_s drop", ""),
    ("local.get $a ref.cast (ref null $s) i31.get_s drop", "type mismatch"),
    ("local.get $x any.convert_extern ref.cast (ref i31) drop", ""),
    ("local.get $a any.convert_extern drop", "type mismatch: instruction requires [externref]"),
    ("local.get $a extern.convert_any drop", ""),
    ("local.get $n any.convert_extern extern.convert_any local.set $n", ""),
    ("local.get $x any.convert_extern extern.convert_any local.set $n", "type mismatch"),
    ("unreachable any.convert_extern ref.cast (ref i31) drop", ""),
    ("i32.const 1 ref.i31 i31.get_u drop", ""),
    ("i32.const 1 extern.convert_any drop", "type mismatch"),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_references(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


def test_before_typed_references_a_function_is_a_funcref(valid: Callable[..., None]) -> None:
    module = valid(
        "(module (table 1 funcref) (elem func $f) (func $f i32.const 0 ref.func $f table.set 0))",
        WASM_2,
    )
    assert module.elements == (FUNCREF,)
