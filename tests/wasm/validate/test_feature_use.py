"""What belongs to a feature is refused where the feature is off."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import UnsupportedFeature
from pywasm_rt.wasm.features import DEFAULT, WASM_1, WASM_2, Features
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.validate import validate

# A module and the one feature whose absence must be noticed.
CASES = [
    ("(type (struct))", "gc"),
    ("(type (array i8))", "gc"),
    ("(rec (type (func)) (type (func)))", "gc"),
    ("(type (sub (func)))", "gc"),
    ("(type (func (result i32 i32)))", "multi_value"),
    ("(func (block (type 0)) i32.const 0 (block (param i32) drop))", "multi_value"),
    ("(func (param anyref))", "gc"),
    ("(func (local i31ref))", "gc"),
    ("(func (param exnref))", "exceptions"),
    ("(func (param funcref))", "reference_types"),
    ("(func (param externref))", "reference_types"),
    ("(func (param v128))", "simd"),
    ("(func (local v128))", "simd"),
    ("(table 1 externref)", "reference_types"),
    ("(tag)", "exceptions"),
    ("(memory i64 1)", "memory64"),
    ("(table i64 1 funcref)", "memory64"),
    ("(memory 1 1 shared)", "threads"),
    ("(memory 1 (pagesize 1))", "custom_page_sizes"),
    ('(import "" "" (global (mut i32)))', "mutable_globals"),
    ('(global (export "") (mut i32) (i32.const 0))', "mutable_globals"),
    ("(func i64.const 1 i64.const 1 i64.mul_wide_s drop drop)", "wide_arithmetic"),
]


@pytest.mark.parametrize(("text", "feature"), CASES)
def test_features(text: str, feature: str, everything: Features) -> None:
    module = parse(f"(module {text})", everything)
    validate(module, everything)
    # Legacy exceptions have tags, too.
    features = everything.with_(**{feature: False}, legacy_exceptions=False)
    with pytest.raises(UnsupportedFeature) as caught:
        validate(module, features)
    assert caught.value.feature == feature.replace("_", "-")


def test_typed_references_come_with_either_of_two_features(everything: Features) -> None:
    module = parse("(module (type $f (func)) (func (param (ref $f) (ref extern))))", everything)
    validate(module, DEFAULT.with_(gc=False))
    validate(module, DEFAULT.with_(function_references=False))
    with pytest.raises(UnsupportedFeature, match="function-references"):
        validate(module, WASM_2)


def test_the_first_version(everything: Features) -> None:
    validate(
        parse(
            """(module (table 1 funcref) (memory 1) (global $g i32 (i32.const 1))
              (func $f (export "f") (param i32) (result i32)
                (block (result i32) local.get 0 i32.load local.get 0 br_if 0))
              (elem (i32.const 0) $f) (data (i32.const 0) "a"))""",
            everything,
        ),
        WASM_1,
    )
