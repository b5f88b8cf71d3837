"""Every switch of the feature set: what needs it is refused by name while it is off."""

from __future__ import annotations

from dataclasses import fields

import pytest

from pywasm_rt.errors import UnsupportedFeature, ValidationError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.feature_use import features_used
from pywasm_rt.wasm.features import DEFAULT, WASM_1, Features
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.validate import validate

EVERYTHING = Features(
    legacy_exceptions=True, threads=True, custom_page_sizes=True, wide_arithmetic=True
)

# A module that needs just this feature (and what that builds on).
EXAMPLES = {
    "sign_extension": "(func (drop (i32.extend8_s (i32.const 1))))",
    "saturating_float_to_int": "(func (drop (i32.trunc_sat_f32_s (f32.const 1))))",
    "mutable_globals": '(global (export "g") (mut i32) (i32.const 1))',
    "multi_value": "(func (result i32 i32) (i32.const 1) (i32.const 2))",
    "bulk_memory": "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
    "reference_types": "(func (drop (ref.null extern)))",
    "simd": "(func (drop (v128.const i32x4 0 0 0 0)))",
    "relaxed_simd": "(func (param v128) (result v128)"
    " (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))",
    "tail_calls": "(func (return_call 0))",
    "function_references": "(type (func)) (func (param (ref 0)))",
    "gc": "(type (struct))",
    "exceptions": "(tag)",
    "multi_memory": "(memory 1) (memory 1)",
    "memory64": "(memory i64 1)",
    "extended_const": "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
    "legacy_exceptions": "(func (try (do)))",
    "threads": "(memory 1 1 shared)",
    "custom_page_sizes": "(memory 1 (pagesize 1))",
    "wide_arithmetic": "(func (result i64 i64) (i64.mul_wide_u (i64.const 1) (i64.const 2)))",
}
# WebAssembly 1.0 and 2.0 had these as rules of validation, in whose words they are refused.
RULES = {
    "multi_memory": "multiple memories",
    "extended_const": "constant expression required",
}


# Garbage collection includes typed references: they are gone only without it.
INCLUDED_IN = {"function_references": "gc"}


def without(feature: str) -> Features:
    """Everything but one feature, and what includes it."""
    off = {feature: False}
    if feature in INCLUDED_IN:
        off[INCLUDED_IN[feature]] = False
    return EVERYTHING.with_(**off)


def test_every_feature_has_an_example() -> None:
    assert {*EXAMPLES, "annotations"} == {field.name for field in fields(Features)}


def check_refused(feature: str, load: object) -> None:
    """``load`` must refuse, and name the feature."""
    assert callable(load)
    if feature in RULES:
        with pytest.raises(ValidationError, match=RULES[feature]):
            load()
        return
    with pytest.raises(UnsupportedFeature) as info:
        load()
    assert info.value.feature == feature.replace("_", "-")
    assert feature.replace("_", "-") in str(info.value)


@pytest.mark.parametrize("feature", EXAMPLES)
def test_a_text_that_needs_a_feature_is_refused_without_it(feature: str) -> None:
    text = EXAMPLES[feature]
    validate(parse(text, EVERYTHING), EVERYTHING)
    off = without(feature)
    check_refused(feature, lambda: validate(parse(text, off), off))


@pytest.mark.parametrize("feature", EXAMPLES)
def test_a_binary_that_needs_a_feature_is_refused_without_it(feature: str) -> None:
    binary = encode(parse(EXAMPLES[feature], EVERYTHING))
    validate(decode(binary, EVERYTHING), EVERYTHING)
    off = without(feature)
    check_refused(feature, lambda: validate(decode(binary, off), off))


@pytest.mark.parametrize("feature", EXAMPLES)
def test_the_need_is_found_without_asking_twice(feature: str) -> None:
    assert feature in features_used(parse(EXAMPLES[feature], EVERYTHING))


def test_an_annotation_needs_its_feature() -> None:
    off = DEFAULT.with_(annotations=False)
    parse("(@note) (func (@other))")
    with pytest.raises(UnsupportedFeature, match="annotations") as info:
        parse("(func (@other))", off)
    assert str(info.value.where) == "at 1:7"


def test_a_plain_module_needs_nothing() -> None:
    text = '(memory 1) (func (export "f") (param i32) (result i32) (local.get 0))'
    module = parse(text, WASM_1)
    validate(module, WASM_1)
    assert features_used(module) == {}
