"""Structures and arrays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MODULE = """(module
  (type $s (struct (field i8) (field (mut i64)) (field (mut (ref null $s)))))
  (type $hard (struct (field (ref any))))
  (type $bytes (array (mut i8)))
  (type $fixed (array i32))
  (type $refs (array (mut anyref)))
  (type $hards (array (mut (ref any))))
  (type $f (func))
  (data $d "abc") (elem $e i31ref) (elem $fe func)
  (func (param $p (ref null $s)) (param $b (ref null $bytes)) (param $x (ref null $refs))
    {body}))"""

CASES = [
    ("i32.const 1 i64.const 2 ref.null $s struct.new $s drop", ""),
    ("i64.const 2 ref.null $s struct.new $s drop", "type mismatch: instruction requires [i32 i64"),
    ("struct.new_default $s local.set $p", ""),
    ("struct.new_default $hard drop", "type mismatch: field 0 of type (ref any) has no default"),
    ("struct.new_default $f drop", "type mismatch: type 6 is not a structure type but (func)"),
    ("struct.new_default 55 drop", "unknown type 55"),
    ("local.get $p struct.get $s 1 drop", ""),
    ("local.get $p struct.get_s $s 0 i32.eqz drop", ""),
    ("local.get $p struct.get $s 0 drop", "type mismatch: struct.get of i8, which is packed"),
    ("local.get $p struct.get_u $s 1 drop", "type mismatch: struct.get_u of i64, which is not"),
    ("local.get $p struct.get $s 7 drop", "unknown field 7: type 0 has 3"),
    ("local.get $p i64.const 1 struct.set $s 1", ""),
    ("local.get $p i32.const 1 struct.set $s 0", "immutable field 0 of type 0"),
    ("local.get $p i32.const 1 struct.set $s 1", "type mismatch"),
    ("local.get $p local.get $p struct.get $s 2 struct.set $s 2", ""),
    ("i32.const 7 i32.const 3 array.new $bytes drop", ""),
    ("i64.const 7 i32.const 3 array.new $bytes drop", "type mismatch"),
    ("i32.const 3 array.new_default $bytes drop", ""),
    ("i32.const 3 array.new_default $hards drop", "type mismatch: an element of type (ref any)"),
    ("i32.const 3 array.new_default $s drop", "type mismatch: type 0 is not an array type"),
    ("i32.const 1 i32.const 2 array.new_fixed $bytes 2 drop", ""),
    ("array.new_fixed $bytes 0 drop", ""),
    (
        "i32.const 1 array.new_fixed $bytes 2 drop",
        "type mismatch: instruction requires 2 times i32",
    ),
    ("i64.const 1 array.new_fixed $bytes 1 drop", "type mismatch"),
    ("unreachable i32.const 1 array.new_fixed $bytes 10000 drop", ""),
    ("i32.const 0 i32.const 1 array.new_data $bytes $d drop", ""),
    ("i32.const 0 i32.const 1 array.new_data $bytes 9 drop", "unknown data segment 9"),
    ("i32.const 0 i32.const 1 array.new_data $refs $d drop", "array type is not numeric or vector"),
    ("i32.const 0 i32.const 1 array.new_elem $refs $e drop", ""),
    ("i32.const 0 i32.const 1 array.new_elem $refs 9 drop", "unknown elem segment 9"),
    (
        "i32.const 0 i32.const 1 array.new_elem $refs $fe drop",
        "type mismatch: the array holds anyref, but elem segment 1 (ref func)",
    ),
    ("i32.const 0 i32.const 1 array.new_elem $bytes $e drop", "type mismatch: the array holds i8"),
    ("local.get $x i32.const 0 array.get $refs drop", ""),
    ("local.get $b i32.const 0 array.get_u $bytes drop", ""),
    ("local.get $b i32.const 0 array.get $bytes drop", "type mismatch: array.get of i8"),
    ("local.get $x i32.const 0 array.get_s $refs drop", "type mismatch: array.get_s of anyref"),
    ("local.get $b i32.const 0 i32.const 1 array.set $bytes", ""),
    ("ref.null $fixed i32.const 0 i32.const 1 array.set $fixed", "immutable array type 3"),
    ("local.get $b array.len drop", ""),
    ("local.get $p array.len drop", "type mismatch"),
    ("local.get $b i32.const 0 i32.const 1 i32.const 2 array.fill $bytes", ""),
    ("ref.null $fixed i32.const 0 i32.const 1 i32.const 2 array.fill $fixed", "immutable array"),
    ("local.get $b i32.const 0 local.get $b i32.const 0 i32.const 1 array.copy $bytes $bytes", ""),
    (
        "local.get $x i32.const 0 ref.null $hards i32.const 0 i32.const 1 array.copy $refs $hards",
        "",
    ),
    (
        "ref.null $hards i32.const 0 local.get $x i32.const 0 i32.const 1 array.copy $hards $refs",
        "array types do not match: anyref copied into (ref any)",
    ),
    (
        (
            "ref.null $fixed i32.const 0 ref.null $fixed i32.const 0 i32.const 1"
            " array.copy $fixed $fixed"
        ),
        "immutable array",
    ),
    ("local.get $b i32.const 0 i32.const 0 i32.const 1 array.init_data $bytes $d", ""),
    ("local.get $x i32.const 0 i32.const 0 i32.const 1 array.init_data $refs $d", "array type is"),
    ("local.get $x i32.const 0 i32.const 0 i32.const 1 array.init_elem $refs $e", ""),
    ("local.get $x i32.const 0 i32.const 0 i32.const 1 array.init_elem $refs $fe", "type mismatch"),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_aggregates(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


def test_an_enormous_count_costs_nothing(invalid: Callable[..., None]) -> None:
    text = "(module (type (array i8)) (func i32.const 1 array.new_fixed 0 4294967295 drop))"
    invalid(text, "type mismatch: instruction requires 4294967295 times i32 but stack has [i32]")
