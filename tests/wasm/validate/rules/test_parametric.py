"""drop and select."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MODULE = "(module (func {body}))"

CASES = [
    ("i32.const 1 drop", ""),
    ("drop", "type mismatch: instruction requires [any] but stack has []"),
    ("unreachable drop drop", ""),
    ("i32.const 1 i32.const 2 i32.const 0 select drop", ""),
    ("f64.const 1 f64.const 2 i32.const 0 select drop", ""),
    ("v128.const i64x2 0 0 v128.const i64x2 0 0 i32.const 0 select drop", ""),
    (
        "i32.const 1 f32.const 2 i32.const 0 select drop",
        "type mismatch: select between [i32 f32], which differ",
    ),
    ("i32.const 1 i32.const 2 i64.const 0 select drop", "type mismatch: instruction requires [i32"),
    ("i32.const 1 i32.const 0 select drop", "type mismatch"),
    (
        "ref.null func ref.null func i32.const 0 select drop",
        "type mismatch: select of references (funcref) needs a written type",
    ),
    ("unreachable select drop", ""),
    ("unreachable i32.const 0 select drop", ""),
    ("unreachable f32.const 1 i32.const 0 select f32.abs drop", ""),
    ("unreachable f32.const 1 i32.const 0 select i32.eqz drop", "type mismatch"),
    ("unreachable ref.null any i32.const 0 select drop", "type mismatch: select of references"),
    ("ref.null func ref.null func i32.const 0 select (result funcref) drop", ""),
    ("ref.null i31 ref.null eq i32.const 0 select (result anyref) drop", ""),
    ("ref.null i31 ref.null eq i32.const 0 select (result i31ref) drop", "type mismatch"),
    ("i32.const 0 i32.const 0 i32.const 0 select (result i32 i32) drop drop", "invalid result"),
    ("unreachable select (result (ref 7)) drop", "unknown type 7"),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_operands_of_any_type(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)
