"""Components in the text format: definitions, inline forms, and what is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.component import syntax as s
from pywasm_rt.component.binary import decode, encode
from pywasm_rt.component.component import Component
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.text import parse
from pywasm_rt.component.text.references import MAX_NESTING
from pywasm_rt.component.types import U8
from pywasm_rt.errors import (
    DecodeError,
    LineColumn,
    ParseError,
    UnsupportedFeature,
    ValidationError,
    WasmError,
)


def definitions(text: str) -> list[Any]:
    return list(parse(f"(component {text})").definitions)


def kinds(text: str) -> list[str]:
    return [it.__class__.__name__ for it in definitions(text)]


def test_an_empty_component_has_a_name() -> None:
    component = parse("(component $c)")
    assert (component.name, list(component.definitions)) == ("c", [])
    assert parse("").name == ""


def test_definitions_keep_their_order_and_their_place() -> None:
    component = parse('(component\n  (type u8)\n  (import "f" (func))\n  (type u8))')
    assert [(it.__class__.__name__, -it.position) for it in component.definitions] == [
        ("TypeSyntaxDefinition", 2 << 12 | 3),
        ("TypeSyntaxDefinition", 3 << 12 | 3),
        ("Import", 3 << 12 | 3),
        ("TypeSyntaxDefinition", 4 << 12 | 3),
    ]


def test_errors_of_validation_have_line_and_column() -> None:
    with pytest.raises(ValidationError) as caught:
        Component.from_text("(component\n  (type u8)\n  (type (list 7)))")
    assert caught.value.where == LineColumn(3, 3)


def test_core_modules_are_parsed_and_encoded() -> None:
    [module] = definitions('(core module $m (func $f (export "f") (result i32) (i32.const 1)))')
    assert module.data.startswith(b"\0asm\1\0\0\0")
    assert b"\x01m" in module.data, "its name is in its name section"
    with pytest.raises(ParseError, match=r"unknown operator i32\.what") as caught:
        definitions("(core module (func\n i32.what))")
    assert caught.value.where == LineColumn(2, 2, "", " i32.what)))")


def test_nested_components_see_what_is_around_them() -> None:
    outer = parse("""(component $a
      (type $t u8)
      (core module $m)
      (component $b
        (type (list $t))
        (type (option $t))
        (core instance (instantiate $m))
        (component (type (list $t)) (alias outer $a $t (type))))
      (component (import "x" (instance (export "t" (type (eq $t)))))))
    """)
    inner: Any = outer.definitions[2]
    innermost: Any = inner.component.definitions[-1]
    assert list(inner.component.definitions)[:-1] == [
        s.AliasOuter(s.Sort.TYPE, 1, 0, at(5, 21)),
        s.TypeSyntaxDefinition(s.ListSyntax(0), at(5, 9)),
        s.TypeSyntaxDefinition(s.OptionSyntax(0), at(6, 9)),
        s.AliasOuter(s.Sort.CORE_MODULE, 1, 0, at(7, 37)),
        s.CoreInstantiate(0, (), at(7, 9)),
    ]
    assert inner.component.name == "b"
    assert [it.__class__ for it in innermost.component.definitions] == [
        s.AliasOuter,
        s.TypeSyntaxDefinition,
        s.AliasOuter,
    ]
    assert innermost.component.definitions[0].count == 2
    [type_, _] = outer.definitions[3].component.definitions  # type: ignore[union-attr]
    assert type_.type.declarations[0] == s.AliasOuter(s.Sort.TYPE, 2, 0, at(9, 62))


def at(line: int, column: int) -> int:
    return -(line << 12 | column)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('(core module (export "x"))', ["CoreModule", "Export"]),
        ('(core module (import "x"))', ["CoreTypeDefinition", "Import"]),
        ('(core module $m (export "x") (import "y") (type 0))', ["Import", "Export"]),
        ('(instance (export "x"))', ["InlineExports", "Export"]),
        ('(instance (export "x") (export "y") (import "z"))', 4),
        ('(instance (import "x") (export "f" (func)))', ["TypeSyntaxDefinition", "Import"]),
        ('(instance (export "x" (implements "a:b/c")))', ["InlineExports", "Export"]),
        ('(component (export "x"))', ["NestedComponent", "Export"]),
        ('(component (import "x") (export "f" (func)))', ["TypeSyntaxDefinition", "Import"]),
        ('(component (import "x" (func)))', ["NestedComponent"]),
        ('(func (export "f") (import "g") (param "x" u8))', 3),
        ('(type (export "t") u8)', ["TypeSyntaxDefinition", "Export"]),
        ('(import "i" (instance $i)) (func (alias export $i "f"))', 3),
        ('(import "i" (instance $i)) (instance (export "x") (alias export $i "j"))', 4),
        ('(import "i" (instance $i)) (core module $m (alias export $i "m"))', 3),
        ('(import "i" (instance $i)) (component (alias export $i "c"))', 3),
        ('(import "i" (instance $i)) (type (alias export $i "t"))', 3),
        ("(component $a (type u8) (component (type $t (alias outer $a 0))))", 1),
        ('(core instance $i) (core func (alias core export $i "f"))', 2),
        ('(core instance $i) (core memory $m (alias core export $i "f"))', 2),
    ],
)
def test_inline_forms(text: str, expected: list[str] | int) -> None:
    found = kinds(text)
    assert (found if isinstance(expected, list) else len(found)) == expected


def test_inline_exports_come_last_and_name_what_they_are_in() -> None:
    found = definitions('(type (export "a") u8) (component (export "b")) (type u16)')
    assert [(it.name.text, it.item) for it in found[3:]] == [
        ("a", s.SortIndex(s.Sort.TYPE, 0)),
        ("b", s.SortIndex(s.Sort.COMPONENT, 0)),
    ]


def test_exports_take_an_index_and_a_name() -> None:
    *_, last = definitions("""
      (import "f" (func $f))
      (export $g "g" (implements "a:b/c") (external-id "x") (func $f) (func (type 0)))
      (export "h" (func $g))
    """)
    assert last.item == s.SortIndex(s.Sort.FUNCTION, 1)
    first = definitions('(instance) (export "a" (version-suffix ".1") (instance 0))')[1]
    assert first.name == ExternName("a", version_suffix=".1")
    assert first.type is None


def test_interfaces_may_be_called_so() -> None:
    [_, found] = definitions('(import (interface "a:b/c@1.0.0") (instance))')
    assert found.name == ExternName("a:b/c@1.0.0")


def test_custom_sections_are_annotations() -> None:
    component = parse('(component (@custom "a" "x" "\\00") (type u8) (@other) (@custom "b"))')
    assert [(it.name, it.data, it.before) for it in component.customs] == [
        ("a", b"x\0", 0),
        ("b", b"", 1),
    ]
    assert [it.before for it in decode(encode(component)).customs] == [0, 1]
    with pytest.raises(ParseError, match="expected a string"):
        parse('(component (@custom "a" (before first)))')


def test_components_in_strings() -> None:
    assert list(parse('(component $c binary "\\00asm" "\\0d\\00\\01\\00")').definitions) == []
    [found] = parse('(component quote "(type u8)")').definitions
    assert found.type is U8  # type: ignore[union-attr]
    [found] = parse('(component quote "(component (type u8))")').definitions
    assert found.type is U8  # type: ignore[union-attr]
    with pytest.raises(DecodeError):
        parse('(component binary "\\00asm")')


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("(what)", "unexpected token what: expected a definition", 13),
        ("what", "unexpected token what: expected a definition", 12),
        ("(core what)", "unexpected token what: expected a core definition", 18),
        ("(core memory 1)", "unexpected token 1: expected (alias", 25),
        ("(type $a u8) (type $a u8)", "duplicate type identifier $a", 31),
        ("(type (list $x))", "unknown type $x", 24),
        ('(import "f" (func $f)) (component (export "x" (func $f)))', "outer item `f` is not", 64),
        ("(component (alias outer $b 0 (type)))", "unknown component $b", 36),
        ("(alias outer 5 $t (type))", "unknown type: there are not so many components", 27),
        ("(alias outer 0 $t (type))", "unknown type $t", 27),
        ("(func)", "unexpected token ): expected (canon", 17),
        ("(func (canon lower (func 0)))", "unexpected token lower: expected lift", 25),
        ("(core func (canon lift (core func 0)))", "unexpected token lift: expected a can", 30),
        ('(import "f" (core func))', "unexpected token core func: it cannot be", 34),
        ('(import "f" func)', "unexpected token func: expected what is imported", 24),
        ('(export "f" (what 0))', "unexpected token what: expected one of func, value", 25),
        (
            '(core instance $i) (core module (alias core export $i "m"))',
            "unexpected token: core",
            69,
        ),
        ('(import "a" (implements "x") (implements "y") (instance))', "unexpected token impl", 42),
        ('(import "a" (external-id "\\zz") (func))', "invalid string escape", 37),
        ("(type u8)) (component", "unexpected token ", 23),
    ],
)
def test_what_is_malformed(text: str, message: str, column: int) -> None:
    with pytest.raises(ParseError) as caught:
        parse(f"(component {text})")
    assert str(caught.value).startswith(message)
    assert isinstance(caught.value.where, LineColumn)
    assert (caught.value.where.line, caught.value.where.column) == (1, column)


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("(value $v u8 1)", "values"),
        ("(start $f)", "values"),
        ('(import "v" (value u8))', "values"),
        ("(canon lift (core func 0) gc (func))", "gc"),
        ("(canon lift (core func 0) (core-type 0) (func))", "gc"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(text: str, feature: str) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        parse(f"(component {text})")
    assert caught.value.feature == f"component-model-{feature}"
    assert isinstance(caught.value.where, LineColumn)


EXPORT = '(export "a" (instance '


@pytest.mark.parametrize(
    "text",
    [
        lambda n: "(component " * n + ")" * n,
        lambda n: f"(component (type {'(list ' * n}u8{')' * n}))",
        lambda n: f"(component (type {'(component (type ' * n}u8{'))' * n}))",
        lambda n: f"(component (type (instance {EXPORT * n}(type u8){'))' * n})))",
    ],
)
def test_nesting_is_limited(text: Callable[[int], str]) -> None:
    with pytest.raises(ParseError, match="definitions are nested deeper than 100"):
        parse(text(5000))
    deepest = parse(text(MAX_NESTING - 1))
    assert encode(decode(encode(deepest))) == encode(deepest)


def test_deep_core_code_needs_no_recursion() -> None:
    depth = 20_000
    parse(f"(component (core module (func {'(block ' * depth}{')' * depth})))")


PIECES = [
    "(component", "(core", "module", "instance", "(type", "(func", "(import", '"a"', "(export",
    "(alias", "outer", "export", "core", "$x", "0", "1", "u8", "(list", "(instantiate", "(with",
    "(canon", "lift", "lower", "(memory", "(result", "(param", "(sub", "resource)", "(eq", ")",
    ")", ")", "(resource", "(rep", "i32)", "async", "(record", "(field", "type", "quote", "binary",
]  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_whatever_is_written_is_read_or_refused(pieces: list[str]) -> None:
    text = " ".join(["(component", *pieces])
    text += ")" * max(0, text.count("(") - text.count(")"))
    with contextlib.suppress(WasmError):
        component = parse(text)
        again = decode(encode(component))
        assert encode(again) == encode(component)
