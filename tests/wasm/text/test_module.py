"""Parsing modules: names, types, folding, and complaints with their place."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import LineColumn, ParseError, UnsupportedFeature
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.module import BranchHint, ElementMode, Module
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import FUNCREF, I32, I64, ExternKind, FunctionType, Limits


def words(module: Module, function: int = 0) -> list[str]:
    return [str(instruction) for instruction in module.functions[function].body.instructions]


def test_folded_and_plain_are_the_same_code() -> None:
    folded = parse(
        """(func (param $n i32) (result i32)
             (if $out (result i32) (i32.eqz (local.get $n))
               (then (i32.const 1) (br $out))
               (else (i32.mul (local.get $n) (call 0 (i32.sub (local.get $n) (i32.const 1)))))))"""
    )
    plain = parse(
        """(func (param $n i32) (result i32)
             local.get $n i32.eqz
             if $out (result i32) i32.const 1 br $out
             else local.get $n local.get $n i32.const 1 i32.sub call 0 i32.mul end $out)"""
    )
    assert words(folded) == words(plain)
    assert words(plain)[2] == "if i32"


def test_inline_types_come_behind_the_written_ones() -> None:
    module = parse(
        "(func (param i32)) (type $t (func (result i64))) (func (type $t)) (func (param i32))"
    )
    assert [t.composite for t in module.types] == [
        FunctionType((), (I64,)),
        FunctionType((I32,), ()),
    ]
    assert [f.type_index for f in module.functions] == [1, 0, 1]


def test_names_are_kept() -> None:
    module = parse(
        '(module $m (func $f (param $a i32) (local $"b c" i64) (block $l (br $l)))'
        " (type $s (struct (field $x i32) (field i64 i64) (field $y i32))))"
    )
    assert module.names.module == "m"
    assert module.names.functions == {0: "f"}
    assert module.names.locals == {0: {0: "a", 1: "b c"}}
    assert module.names.labels == {0: {0: "l"}}
    assert module.names.fields == {0: {0: "x", 3: "y"}}


def test_inline_imports_exports_and_segments() -> None:
    module = parse(
        """(table $t (export "t") (import "m" "t") 1 funcref)
           (memory (export "a") (export "b") (data "xy" "z"))
           (table funcref (elem $f $f))
           (elem declare func $f)
           (func $f)"""
    )
    assert [(i.module, i.name, i.kind) for i in module.imports] == [("m", "t", ExternKind.TABLE)]
    assert [(e.name, e.kind, e.index) for e in module.exports] == [
        ("t", ExternKind.TABLE, 0),
        ("a", ExternKind.MEMORY, 0),
        ("b", ExternKind.MEMORY, 0),
    ]
    assert module.memories[0].limits == Limits(1, 1)
    assert module.datas[0].data == b"xyz"
    assert module.tables[0].type.limits == Limits(2, 2)
    assert isinstance(module.elements[0].mode, ElementMode)
    assert module.elements[0].mode.table_index == 1
    assert module.elements[0].type == FUNCREF
    assert module.elements[1].mode == "declarative"


def test_branch_hints_and_custom_sections() -> None:
    module = parse(
        """(@custom "c" (before func) "1" "2")
           (func (param i32)
             (@metadata.code.branch_hint "\\01") (if (local.get 0) (then))
             local.get 0 (@metadata.code.branch_hint "\\00") br_if 0)"""
    )
    assert [(c.name, c.data, c.after) for c in module.customs] == [("c", b"12", 2)]
    assert module.branch_hints == {0: [BranchHint(1, likely=True), BranchHint(4, likely=False)]}


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("(func (i32.cost 1))", "unknown operator i32.cost", 8),
        ("(func (local.get $x))", "unknown local $x", 18),
        ("(func (br $l))", "unknown label $l", 11),
        ("(func call $g)", "unknown function $g", 12),
        ("(func (i32.const 4294967296))", "constant out of range", 18),
        ("(func block $a end $b)", "mismatching label $b", 20),
        ("(func (i32.add nop))", "unexpected token nop", 16),
        ("(func (if (then)) end)", "unexpected token end", 19),
        ("(func block)", "unexpected token ): expected an instruction", 12),
        ("(func $f) (func $f)", "duplicate func $f", 17),
        ('(func) (import "" "" (func))', "import after function", 8),
        ("(type (func)) (func (type 0) (param i32))", "inline function type", 21),
        ("(memory 1) (func (drop (i32.load align=3 (i32.const 0))))", "alignment must", 34),
        ("(wat)", "unknown operator wat", 2),
        ("(module) (module)", "unexpected token (: only one module is expected", 10),
    ],
)
def test_complaints_have_their_place(text: str, message: str, column: int) -> None:
    with pytest.raises(ParseError) as info:
        parse(text)
    assert info.value.message.startswith(message)
    assert isinstance(info.value.where, LineColumn)
    assert info.value.where.column == column
    assert info.value.where.source_line == text


def test_a_feature_that_is_off_is_named() -> None:
    off = DEFAULT.with_(tail_calls=False)
    with pytest.raises(UnsupportedFeature, match="return_call needs the feature tail-calls"):
        parse("(func (return_call 0))", off)
    with pytest.raises(UnsupportedFeature, match="threads"):
        parse("(memory 1 1 shared)")
    with pytest.raises(UnsupportedFeature, match="memory64"):
        parse("(memory i64 1)", DEFAULT.with_(memory64=False))


@pytest.mark.parametrize("opening", ["(func ", "(func (block ", "(func (drop "])
def test_depth_costs_no_python_frames(opening: str) -> None:
    depth = 50_000
    head, inner = opening.rsplit("(", 1) if opening.count("(") > 1 else ("(func ", "block ")
    text = f"{head}{('(' + inner) * depth}{')' * depth})"
    module = parse(text)
    assert len(module.functions[0].body.instructions) >= depth


def test_positions_are_those_of_the_instructions() -> None:
    module = parse("(func\n  i32.const 1\n   (drop)\n)")
    lines = [(p >> 12, p & 0xFFF) for p in module.functions[0].body.positions]
    assert lines == [(2, 3), (3, 5), (4, 1)]
