"""``@name``: names that are no identifiers, wherever names can stand."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import ParseError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.text import parse, print_module

EXAMPLE = """(module $identifier (@name "the module")
  (type $t (@name "a type") (func (param (@name "told to nobody") i32)))
  (rec (type (@name "λ") (struct (field $x (@name "x") i32) (field (@name "") i64) (field f32)))
       (type (@name "λ") (struct)))
  (import "m" "f" (func $f (@name "a function") (type $t)))
  (func (@name "two words") (param $p (@name "first") i32) (param (@name "first") i64)
    (result i32) (local (@name "") i32) (local $q (@name "q") f64) (local i32 i32)
    (local.get $p))
  (table (@name "t") 0 funcref)
  (memory (@name "m") 0)
  (tag $e (@name "e f") (param i32))
  (global $g (@name "") i32 (i32.const 0))
  (elem (@name "e") func)
  (data (@name "d") "x"))"""


def test_names_by_annotation() -> None:
    names = parse(EXAMPLE).names
    assert names.module == "the module"
    assert names.types == {0: "a type", 1: "λ", 2: "λ"}
    assert names.fields == {1: {0: "x", 1: ""}}
    assert names.functions == {0: "a function", 1: "two words"}
    assert names.locals == {1: {0: "first", 1: "first", 2: "", 3: "q"}}
    assert (names.tables, names.memories, names.tags) == ({0: "t"}, {0: "m"}, {0: "e f"})
    assert (names.globals, names.elements, names.datas) == ({0: ""}, {0: "e"}, {0: "d"})


@pytest.mark.parametrize("fold", [False, True])
def test_they_survive_both_formats(fold: bool) -> None:
    module = parse(EXAMPLE)
    printed = print_module(module, fold=fold)
    assert '(param $first i32) (param (@name "first") i64)' in printed
    assert '(type (;2;) (@name "λ") (struct))' in printed
    assert '(local (@name "") i32)' in printed
    assert parse(printed) == module
    assert decode(encode(module)).names == module.names


def test_an_identifier_binds_beside_an_annotation() -> None:
    module = parse(EXAMPLE)
    assert module.functions[0].body.instructions[0].immediates == (0,)


def test_labels_without_a_usable_name_are_numbers() -> None:
    module = parse("(func (block $a (br $a)))")
    module.names.labels = {0: {0: ""}}
    printed = print_module(module)
    assert "br 0" in printed
    assert parse(printed).functions == module.functions


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('(func (param (@name "a") i32 i32))', "unexpected token i32"),
        ('(func (local (@name "a") i32 i32))', "unexpected token i32"),
        ('(type (struct (field (@name "a") i32 i32)))', "unexpected token i32"),
        ('(func (param i32 (@name "a")))', "misplaced @name annotation"),
        ('(func (result (@name "a") i32))', "misplaced @name annotation"),
        ('(func (block (@name "a")))', "misplaced @name annotation"),
        ('(func (call_indirect (param (@name "a") i32)))', "misplaced @name annotation"),
        ("(func (param (@name 1) i32))", "@name annotation: unexpected token"),
        ('(type (@name "\\ff") (func))', "@name annotation: malformed UTF-8 encoding"),
        ('(module (@name "a") (@name "b"))', "@name annotation: multiple module"),
    ],
)
def test_malformed_annotations(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert caught.value.message.startswith(message)
