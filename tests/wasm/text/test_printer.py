"""Printing: text that reads back as the same module, and spans that point at instructions."""

from __future__ import annotations

import dataclasses

import pytest

from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.module import Expression
from pywasm_rt.wasm.text import parse, print_module, print_with_spans

ALL = DEFAULT.with_(
    legacy_exceptions=True, threads=True, custom_page_sizes=True, wide_arithmetic=True
)
PLACES = {"position", "start_position", "is_text", "flags"}

EXAMPLE = """
(module $"a module"
  (rec (type $a (sub (struct (field $x (mut i8)) (field (ref null $b)))))
       (type $b (sub final $a (struct (field $x (mut i8)) (field (ref null $b)) (field f64)))))
  (type $f (func (param i32) (result i32)))
  (import "m" "g" (global $g (mut v128)))
  (tag $t (param i32))
  (memory $m 1 2) (memory $n i64 1) (memory $s 1 1 shared)
  (table $tab 1 funcref) (table i64 1 2 (ref null $f) (ref.null $f))
  (global $h (ref $f) (ref.func $fac))
  (func $fac (export "fac") (type $f) (param $n i32) (result i32) (local $acc i32) (local i64 f32)
    (block $l (result i32)
      (br_table $l 1 $l (local.get $n) (local.get $acc)))
    (i64.store offset=8 align=4 (i32.const 0) (i64.const -1))
    (drop (i32.load8_u $n offset=0x100000000 (i64.const 0)))
    (f32.const nan:0x200000) drop (f64.const 0x1.8p-1050) drop
    (v128.const f32x4 1 2 3 nan) (v128.load8_lane $m offset=1 3 (i32.const 4) (global.get $g)) drop
    (try_table $try (catch $t $try2) (catch_all_ref 1) (call_indirect $tab (type $f) (i32.const 1)
      (i32.const 0)) drop)
    (loop $try2 (if (local.get $n) (then nop) (else (br $try2))))
    (memory.copy $m $n (i32.const 0) (i64.const 0) (i32.const 0))
    (memory.init $n $d (i64.const 0) (i32.const 0) (i32.const 0))
    (table.init $e (i32.const 0) (i32.const 0) (i32.const 0))
    (drop (struct.get_s $b $x (ref.cast (ref $b) (ref.null $b))))
    (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)) return
    (block (param i32) (result i32) (br_if 0 (i32.const 1))))
  (elem $e (table $tab) (offset (i32.const 0)) func $fac $fac)
  (elem funcref (ref.null func) (item ref.func $fac))
  (data $d "a\\00\\ff\\"\\\\")
  (start $fac)
  (@custom "c" (after type) "\\01"))
""".replace("$try2)", "0)")


def shape(item: object) -> object:
    """A module as nested tuples, without places."""
    if isinstance(item, Expression):
        return tuple(item.instructions)
    if dataclasses.is_dataclass(item):
        return (
            type(item).__name__,
            *(
                (field.name, shape(getattr(item, field.name)))
                for field in dataclasses.fields(item)
                if field.name not in PLACES
            ),
        )
    if isinstance(item, dict):
        return tuple((key, shape(value)) for key, value in item.items())
    return tuple(map(shape, item)) if isinstance(item, list | tuple) else item


@pytest.mark.parametrize("fold", [False, True])
def test_text_reads_back_as_the_same_module(fold: bool) -> None:
    module = parse(EXAMPLE, ALL)
    text = print_module(module, fold=fold)
    again = parse(text, ALL)
    assert shape(again) == shape(module)
    assert print_module(again, fold=fold) == text


@pytest.mark.parametrize("fold", [False, True])
def test_spans_point_at_the_instructions(fold: bool) -> None:
    module = parse(EXAMPLE, ALL)
    printed = print_with_spans(module, fold=fold)
    instructions = module.functions[0].body.instructions
    spans = printed.spans[0]
    assert len(spans) == len(instructions)
    lines = printed.text.splitlines()
    for instruction, span in zip(instructions, spans, strict=True):
        text = printed.text[span.start : span.end]
        word = instruction.row.mnemonic
        assert text.split()[0] == word or (text == ")" and word == "end")
        assert text in lines[span.line - 1]


def test_names_that_are_no_identifiers_become_annotations() -> None:
    module = parse("(func $a) (func) (func)")
    module.names.functions = {0: "a", 1: "a", 2: ""}
    text = print_module(module)
    assert '(func (;1;) (@name "a")' in text
    assert parse(text).names.functions == module.names.functions


def test_inner_labels_of_the_same_name_do_not_capture() -> None:
    text = "(func (block $l (block $l (br 1) (br 0))))"
    module = parse(text)
    printed = print_module(module)
    assert "br 1" in printed
    assert "br $l" in printed
    assert shape(parse(printed)) == shape(module)


def test_deep_code_is_folded_without_recursion() -> None:
    depth = 20_000
    text = f"(func (result i32) i32.const 1 {'i32.clz ' * depth})"
    folded = print_module(parse(text), fold=True)
    assert shape(parse(folded)) == shape(parse(text))
