"""Local variables, also those without a default value, and global variables."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MODULE = """(module
  (type $t (func))
  (global $i i32 (i32.const 0))
  (global $m (mut i32) (i32.const 0))
  (func (param i32 i64) (param $p (ref $t)) (local $f (ref $t)) (local $g (ref $t))
    (local f32 f32) {body}))"""

CASES = [
    ("local.get 0 drop", ""),
    ("local.get 5 local.set 6", ""),
    ("local.get 9 drop", "unknown local 9"),
    ("i32.const 0 local.set 9", "unknown local 9"),
    ("i32.const 0 local.tee 9", "unknown local 9"),
    ("local.get 0 local.set 1", "type mismatch: instruction requires [i64] but stack has [i32]"),
    ("local.get 0 local.tee 1", "type mismatch"),
    ("local.get 0 local.tee 0 drop", ""),
    ("local.set 0", "type mismatch: instruction requires [i32] but stack has []"),
    ("unreachable local.set 0", ""),
    ("global.get $i drop", ""),
    ("i32.const 1 global.set $m", ""),
    ("i32.const 1 global.set $i", "immutable global 0 cannot be set"),
    ("i64.const 1 global.set $m", "type mismatch"),
    ("global.get 9 drop", "unknown global 9"),
    ("i32.const 1 global.set 9", "unknown global 9"),
    # $f and $g have no default value.
    ("local.get $f drop", "uninitialized local 3: its type (ref $t) has no default value"),
    ("local.get $p local.set $f local.get $f drop", ""),
    ("local.get $p local.tee $f drop local.get $f drop", ""),
    ("local.get $p local.set $f local.get $g drop", "uninitialized local 4"),
    # A local stays set to the end of the block it was set in.
    ("local.get $p local.set $f (block local.get $f drop)", ""),
    ("(block local.get $p local.set $f) local.get $f drop", "uninitialized local 3"),
    (
        "i32.const 0 if local.get $p local.set $f else local.get $f drop end",
        "uninitialized local 3",
    ),
    (
        (
            "i32.const 0 if local.get $p local.set $f else local.get $p local.set $f end"
            " local.get $f drop"
        ),
        "uninitialized local 3",
    ),
    ("local.get $p local.set $f (block local.get $p local.set $f) local.get $f drop", ""),
    ("unreachable local.get $f drop", "uninitialized local 3"),
    ("try local.get $p local.set $f catch_all local.get $f drop end", "uninitialized local 3"),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_variables(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)
