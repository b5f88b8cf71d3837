"""Calls by index, through tables and by reference; calls that replace their caller."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MODULE = """(module
  (type $f (func (param i32) (result i64)))
  (type $s (struct))
  (import "" "" (func $imported (param i32) (result i64)))
  (table $functions 1 funcref)
  (table $long i64 1 (ref null $f))
  (table $others 1 externref)
  (func $narrow (result (ref i31)) unreachable)
  (func $test (param $r (ref null $f)) (result i64) {body}))"""

CASES = [
    ("i32.const 1 call $imported", ""),
    ("call $imported", "type mismatch: instruction requires [i32] but stack has []"),
    ("i64.const 1 call $imported", "type mismatch: instruction requires [i32] but stack has [i64]"),
    ("i32.const 1 call 12", "unknown function 12"),
    ("i32.const 1 i32.const 0 call_indirect (type $f)", ""),
    ("i32.const 1 i32.const 0 call_indirect $long (type $f)", "type mismatch"),
    ("i32.const 1 i64.const 0 call_indirect $long (type $f)", ""),
    ("i32.const 1 i64.const 0 call_indirect (type $f)", "type mismatch"),
    (
        "i32.const 1 i32.const 0 call_indirect $others (type $f)",
        "type mismatch: table 2 holds externref, not functions",
    ),
    ("i32.const 1 i32.const 0 call_indirect 7 (type $f)", "unknown table 7"),
    ("i32.const 1 i32.const 0 call_indirect (type 99)", "unknown type 99"),
    ("i32.const 1 i32.const 0 call_indirect (type $s)", "type mismatch: type 1 is not a function"),
    ("i32.const 1 local.get $r call_ref $f", ""),
    ("local.get $r call_ref $f", "type mismatch"),
    ("i32.const 1 ref.null nofunc call_ref $f", ""),
    ("i32.const 1 ref.null func call_ref $f", "type mismatch: instruction requires [i32 (ref null"),
    ("i32.const 1 local.get $r call_ref $s", "type mismatch: type 1 is not a function type"),
    ("i32.const 1 return_call $imported", ""),
    ("i32.const 1 return_call $imported i64.add", ""),
    ("return_call $imported", "type mismatch"),
    (
        "return_call $narrow",
        (
            "type mismatch: the function must return [i64], but what it calls in its place "
            "returns [(ref i31)]"
        ),
    ),
    ("i32.const 1 i32.const 0 return_call_indirect (type $f)", ""),
    ("i32.const 1 i32.const 0 return_call_indirect $others (type $f)", "type mismatch: table 2"),
    ("i32.const 1 local.get $r return_call_ref $f", ""),
    ("local.get $r return_call_ref $f", "type mismatch"),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_calls(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


def test_tail_call_may_return_a_subtype(verdict: Callable[..., None]) -> None:
    verdict(
        "(module (func $n (result (ref i31)) unreachable) (func (result anyref) return_call $n))"
    )
    verdict(
        "(module (func $n (result anyref) unreachable) (func (result (ref i31)) return_call $n))",
        "type mismatch: the function must return",
    )
