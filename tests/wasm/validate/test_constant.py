"""Constant expressions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.errors import ByteOffset, ValidationError
from pywasm_rt.wasm.binary import decode
from pywasm_rt.wasm.features import DEFAULT, WASM_1, WASM_2
from pywasm_rt.wasm.validate import validate

MODULE = """(module
  (type $s (struct (field i32) (field anyref))) (type $a (array i64))
  (import "" "" (global $i i32)) (import "" "" (global $x externref))
  (import "" "" (global $m (mut i32)))
  (func $f) {body})"""

CASES = [
    ("(global i32 (i32.const 1))", ""),
    ("(global v128 (v128.const i64x2 0 0))", ""),
    ("(global i64 (i32.const 1))", "type mismatch: instruction requires [i64] but stack has [i32]"),
    ("(global i32)", "type mismatch: instruction requires [i32] but stack has []"),
    ("(global i32 (i32.const 1) (i32.const 2))", "type mismatch: block requires [i32]"),
    ("(global i32 (global.get $i))", ""),
    ("(global i32 (global.get $m))", "constant expression required: global 2 is mutable"),
    ("(global i32 (global.get 77))", "unknown global 77"),
    ("(global i32 (i32.const 0)) (global i32 (global.get 3))", ""),
    ("(global i32 (global.get 3))", "unknown global 3"),
    ("(global i32 (global.get 4)) (global i32 (i32.const 0))", "unknown global 4"),
    ("(global i32 (i32.add (i32.const 1) (i32.mul (global.get $i) (i32.const 2))))", ""),
    ("(global i64 (i64.sub (i64.const 1) (i64.const 2)))", ""),
    ("(global i32 (i32.div_u (i32.const 1) (i32.const 2)))", "constant expression required: i32."),
    ("(global i32 (i32.const 1) (nop))", "constant expression required: nop is not constant"),
    ("(global funcref (ref.func $f))", ""),
    ("(global (ref func) (ref.func $f)) (func (drop (ref.func $f)))", ""),
    ("(global funcref (ref.func 9))", "unknown function 9"),
    ("(global anyref (ref.null none))", ""),
    ("(global i31ref (ref.i31 (i32.const 1)))", ""),
    ("(global (ref $s) (struct.new $s (i32.const 1) (ref.null any)))", ""),
    ("(global (ref $s) (struct.new_default $s))", ""),
    ("(global i32 (struct.get $s 0 (struct.new_default $s)))", "constant expression required"),
    ("(global (ref $a) (array.new $a (i64.const 1) (i32.const 2)))", ""),
    ("(global (ref $a) (array.new_default $a (i32.const 2)))", ""),
    ("(global (ref $a) (array.new_fixed $a 2 (i64.const 1) (i64.const 2)))", ""),
    ("(global (ref $a) (array.new_fixed $a 3 (i64.const 1) (i64.const 2)))", "type mismatch"),
    ("(global anyref (any.convert_extern (global.get $x)))", ""),
    ("(global externref (extern.convert_any (ref.null any)))", ""),
    # Tables are made before the module's own globals.
    ("(global $own funcref (ref.null func)) (table 1 funcref (global.get $own))", "unknown global"),
    ("(table 1 externref (global.get $x))", ""),
    ("(table 1 funcref) (elem (offset (i32.add (global.get $i) (i32.const 1))) func $f)", ""),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_constant_expressions(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


def test_blocks_are_not_constant(invalid: Callable[..., ValidationError]) -> None:
    invalid("(module (global i32 (block (result i32) (i32.const 1))))", "constant expression req")


def test_features_say_what_is_constant(valid, invalid) -> None:
    sums = "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))"
    invalid(sums, "constant expression required: i32.add", DEFAULT.with_(extended_const=False))
    earlier = "(module (global i32 (i32.const 1)) (global i32 (global.get 0)))"
    valid(earlier)
    invalid(earlier, "unknown global 0: 0 are imported", DEFAULT.with_(gc=False))
    valid("(module (table 1 funcref) (func $f) (elem (i32.const 0) $f))", WASM_1)
    valid("(module (global funcref (ref.null func)))", WASM_2)


def test_where_is_the_instruction_in_a_binary(assemble: Callable[[str], bytes]) -> None:
    binary = assemble("(module (global i32 i32.const 1 nop))")
    with pytest.raises(ValidationError) as caught:
        validate(decode(binary))
    place = caught.value.where
    assert isinstance(place, ByteOffset)
    assert place.inside == "global 0"
    assert binary[place.offset] == 0x01
