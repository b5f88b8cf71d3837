"""Branches take operands along, and leave those of the label's type if they do not jump."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MODULE = """(module
  (type $f (func))
  (func $takes (param (ref $f)))
  (func (param (ref null $f) anyref) {body}))"""

CASES = [
    ("(block br 0)", ""),
    ("br 0", ""),
    ("br 1", "unknown label 1"),
    ("(block (result i32) i32.const 1 br 0) drop", ""),
    ("(block (result i32) br 0) drop", "type mismatch"),
    ("(block (result i32) i64.const 0 i32.const 1 br 0) drop", ""),
    ("(loop br 0)", ""),
    # A loop's label takes its parameters, not its results.
    ("(loop (result i32) br 0) drop", ""),
    ("i32.const 1 (loop (param i32) br 0)", ""),
    ("i32.const 1 (loop (param i32) drop br 0)", "type mismatch"),
    ("(block i32.const 0 br_if 0)", ""),
    ("(block (result i32) i32.const 1 i32.const 0 br_if 0) drop", ""),
    ("(block (result i32) i32.const 0 br_if 0 i32.const 1) drop", "type mismatch"),
    ("(block i64.const 0 br_if 0)", "type mismatch"),
    ("(block (block i32.const 0 br_table 0 1 0))", ""),
    ("(block i32.const 0 br_table 0 5 0)", "unknown label 5"),
    ("(block i32.const 0 br_table 0 7)", "unknown label 7"),
    ("(block i32.const 0 br_table 0)", ""),
    ("(block i64.const 0 br_table 0)", "type mismatch"),
    ("(block (result i32) i64.const 1 i32.const 0 br_table 0) drop", "type mismatch"),
    (
        "(block (result i32) (block i32.const 1 i32.const 0 br_table 0 1) i32.const 1) drop",
        "type mismatch: label 0 takes [], the default label [i32]",
    ),
    # Labels of different arity do not agree, even where nothing runs.
    (
        "(block (result i32) (block unreachable br_table 0 1) i32.const 1) drop",
        "type mismatch: label 0 takes []",
    ),
    (
        (
            "(block (result f32) (block (result i32) unreachable br_table 0 1 0) drop"
            " f32.const 0) drop"
        ),
        "",
    ),
    ("(block (result i32) (block (result i32) i32.const 1 i32.const 0 br_table 0 1)) drop", ""),
    ("(block local.get 0 br_on_null 0 drop)", ""),
    ("(block local.get 0 br_on_null 0 call $takes)", ""),
    ("(block i32.const 0 br_on_null 0 drop)", "type mismatch"),
    ("(block unreachable br_on_null 0 call $takes)", ""),
    # What is known of a reference from unreachable code is that it is one.
    ("(block unreachable br_on_null 0 i32.eqz drop)", "type mismatch"),
    ("(block (result (ref $f)) local.get 0 br_on_non_null 0 unreachable) drop", ""),
    ("(block local.get 0 br_on_non_null 0)", "type mismatch: label 0 takes [], but must take a"),
    (
        "(block (result i32) local.get 0 br_on_non_null 0 i32.const 0) drop",
        "type mismatch: label 0 takes [i32]",
    ),
    (
        (
            "(block (result i32 (ref $f)) i32.const 1 local.get 0 br_on_non_null 0"
            " drop unreachable) drop drop"
        ),
        "",
    ),
    ("(block (result (ref i31)) local.get 1 br_on_cast 0 anyref (ref i31) unreachable) drop", ""),
    (
        "(block (result (ref i31)) local.get 1 br_on_cast 0 eqref anyref unreachable) drop",
        "type mismatch: a cast from eqref to anyref, which does not match it",
    ),
    (
        "(block (result (ref i31)) local.get 1 br_on_cast 0 anyref (ref eq) unreachable) drop",
        "type mismatch: label 0 takes (ref i31) last, but the branch carries (ref eq)",
    ),
    ("(block local.get 1 br_on_cast 0 anyref (ref eq) unreachable)", "type mismatch: label 0"),
    (
        (
            "(block (result (ref any)) (block (result (ref null i31)) local.get 1"
            " br_on_cast 0 anyref (ref null i31) br 1) unreachable) drop"
        ),
        "",
    ),
    (
        (
            "(block (result anyref) local.get 1 br_on_cast_fail 0 anyref (ref i31) i31.get_s"
            " drop unreachable) drop"
        ),
        "",
    ),
    (
        (
            "(block (result (ref any)) local.get 1 br_on_cast_fail 0 anyref (ref i31)"
            " unreachable) drop"
        ),
        "type mismatch: label 0 takes (ref any) last, but the branch carries anyref",
    ),
    (
        (
            "(block (result (ref any)) local.get 1 br_on_cast_fail 0 anyref (ref null i31)"
            " unreachable) drop"
        ),
        "",
    ),
    # After a conditional branch operands have the label's types, although more was known of them.
    (
        (
            "(block (result anyref) i32.const 1 ref.i31 i32.const 0 br_if 0 i31.get_s drop"
            " unreachable) drop"
        ),
        "type mismatch",
    ),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_branches(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)
