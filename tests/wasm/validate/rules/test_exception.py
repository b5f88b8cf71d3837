"""Exceptions: throwing, and handlers whose labels take what was caught."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MODULE = """(module
  (tag $none) (tag $value (param i32 i64))
  (func (param $e exnref) {body}))"""

CASES = [
    ("throw $none", ""),
    ("i32.const 1 i64.const 2 throw $value", ""),
    ("i32.const 1 throw $value", "type mismatch: instruction requires [i32 i64] but stack has [i"),
    ("throw 5", "unknown tag 5"),
    ("local.get $e throw_ref", ""),
    ("local.get $e throw_ref i32.add drop", ""),
    ("throw_ref", "type mismatch: instruction requires [exnref] but stack has []"),
    ("(try_table)", ""),
    ("(block (try_table (catch $none 0)))", ""),
    # Labels of handlers count from outside the try_table.
    ("(try_table (catch $none 0))", ""),
    ("(try_table (catch $none 1))", "unknown label 1"),
    ("(block (result i32 i64) (try_table (catch $value 0)) unreachable) drop drop", ""),
    (
        "(block (result i32) (try_table (catch $value 0)) unreachable) drop",
        "type mismatch: label 0 takes [i32], but its catch gives [i32 i64]",
    ),
    ("(block (result (ref exn)) (try_table (catch_ref $none 0)) unreachable) drop", ""),
    ("(block (result exnref) (try_table (catch_ref $none 0)) unreachable) drop", ""),
    (
        (
            "(block (result i32 i64 exnref) (try_table (catch_ref $value 0)) unreachable)"
            " drop drop drop"
        ),
        "",
    ),
    ("(block (try_table (catch_ref $none 0)))", "type mismatch: label 0 takes []"),
    ("(block (try_table (catch_all 0)))", ""),
    ("(block (result exnref) (try_table (catch_all_ref 0)) unreachable) drop", ""),
    ("(block (result i32) (try_table (catch_all_ref 0)) unreachable) drop", "type mismatch"),
    ("(block (try_table (catch 9 0)))", "unknown tag 9"),
    ("(try_table (result i32) (catch_all 0) i32.const 1) drop", ""),
    ("(try_table (result i32) (catch_all 0)) drop", "type mismatch"),
    ("i32.const 1 (try_table (param i32) (catch_all 0) drop)", ""),
    ("(try_table (catch_all 0) br 0)", ""),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_exceptions(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)
