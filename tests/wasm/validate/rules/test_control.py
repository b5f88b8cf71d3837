"""Blocks: what they take, give and leave, and what may follow where nothing runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MODULE = "(module {body})"

CASES = [
    ("(func nop)", ""),
    ("(func (result i32) i32.const 1)", ""),
    ("(func (result i32))", "type mismatch: instruction requires [i32] but stack has []"),
    ("(func i32.const 1)", "type mismatch: block requires [] but stack has [i32]"),
    (
        "(func (result i32) i64.const 1 i32.const 1)",
        "type mismatch: block requires [i32] but stack has [i64 i32]",
    ),
    ("(func (block (result i32 i64) i32.const 1 i64.const 2) drop drop)", ""),
    ("(func i32.const 1 (block (param i32) drop))", ""),
    (
        "(func (block (param i32) drop))",
        "type mismatch: instruction requires [i32] but stack has []",
    ),
    # A block does not see the operands below it.
    ("(func i32.const 1 (block i32.eqz drop) drop)", "type mismatch: instruction requires [i32]"),
    ("(func i32.const 1 (block i32.eqz unreachable) drop)", "type mismatch"),
    ("(func i32.const 1 (block (block (param i32) drop)) drop)", "type mismatch"),
    ("(func i32.const 1 (block drop) drop)", "type mismatch"),
    ("(func (loop (result i32) i32.const 1) drop)", ""),
    ("(func i32.const 0 if nop else nop end)", ""),
    ("(func (result i32) i32.const 0 if (result i32) i32.const 1 else i32.const 2 end)", ""),
    (
        "(func i64.const 0 if end)",
        "type mismatch: instruction requires [i32] but stack has [i64]",
    ),
    (
        "(func (result i32) i32.const 0 if (result i32) i32.const 1 end)",
        "type mismatch: if without else would leave [], but must leave [i32]",
    ),
    ("(func (param i32) (result i32) local.get 0 local.get 0 if (param i32) (result i32) end)", ""),
    (
        (
            "(func (param i32) (result i64)"
            " local.get 0 local.get 0 if (param i32) (result i64) drop i64.const 1 end)"
        ),
        "type mismatch: if without else would leave [i32], but must leave [i64]",
    ),
    (
        "(func (result i32) i32.const 0 if (result i32) i32.const 1 else i64.const 2 end)",
        "type mismatch: instruction requires [i32] but stack has [i64]",
    ),
    ("(func i32.const 0 if i32.const 1 else end)", "type mismatch: block requires []"),
    # Where nothing runs, the stack holds whatever is asked for.
    ("(func (result i32) unreachable)", ""),
    ("(func unreachable i32.add drop)", ""),
    ("(func unreachable i64.const 1 i32.add drop)", "type mismatch"),
    ("(func (result i32) unreachable i64.const 1)", "type mismatch"),
    ("(func unreachable i32.const 1)", "type mismatch: block requires [] but stack has [i32]"),
    ("(func (block (result i32) unreachable) drop)", ""),
    ("(func (block unreachable) drop)", "type mismatch"),
    ("(func (result i32) i32.const 1 return)", ""),
    ("(func (result i32) i64.const 0 i32.const 1 return)", ""),
    ("(func (result i32) return)", "type mismatch: instruction requires [i32] but stack has []"),
    ("(func i32.const 0 if unreachable else end)", ""),
    ("(func i32.const 0 if unreachable else drop end)", "type mismatch"),
    ("(func (block (result i32) i32.const 1 unreachable i32.const 2) drop)", ""),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_blocks(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


def test_block_types_by_index(verdict: Callable[..., None]) -> None:
    verdict("(module (type (func (param i32))) (func i32.const 1 (block (type 0) drop)))")
    verdict("(module (func (block (type 9))))", "unknown type 9")
    verdict("(module (type (struct)) (func (block (type 0))))", "type mismatch: type 0 is not a")
