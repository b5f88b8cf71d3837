"""Value types: each form, and how those within others become definitions."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component import syntax as s
from pywasm_rt.component import types as t
from pywasm_rt.component.text import parse
from pywasm_rt.errors import ParseError


def types(text: str) -> list[Any]:
    return [it.type for it in parse(f"(component {text})").definitions]


@pytest.mark.parametrize("primitive", list(t.PrimitiveType))
def test_primitive_types(primitive: t.PrimitiveType) -> None:
    assert types(f"(type {primitive})") == [primitive]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(list u8)", s.ListSyntax(t.U8)),
        ("(list 7)", s.ListSyntax(7)),
        ("(list 7 3)", s.ListSyntax(7, 3)),
        ("(list (type 7) 3)", s.ListSyntax(7, 3)),
        ("(map string f32)", s.MapSyntax(t.STRING, t.F32)),
        (
            '(record (field "a-b" u8) (field "c" 1))',
            s.RecordSyntax((("a-b", t.U8), ("c", 1))),
        ),
        ("(record)", s.RecordSyntax(())),
        ("(tuple u8 0 char)", s.TupleSyntax((t.U8, 0, t.CHAR))),
        (
            '(variant (case "a") (case $b "b" u8))',
            s.VariantSyntax((("a", None), ("b", t.U8))),
        ),
        ('(enum "a" "b")', s.EnumSyntax(("a", "b"))),
        ('(flags "a" "b")', s.FlagsSyntax(("a", "b"))),
        ("(option bool)", s.OptionSyntax(t.BOOL)),
        ("(result)", s.ResultSyntax(None, None)),
        ("(result u8)", s.ResultSyntax(t.U8, None)),
        ("(result (error u8))", s.ResultSyntax(None, t.U8)),
        ("(result 1 (error 2))", s.ResultSyntax(1, 2)),
        ("(own 0)", s.OwnSyntax(0)),
        ("(borrow (type 0))", s.BorrowSyntax(0)),
        ("(stream)", s.StreamSyntax(None)),
        ("(stream u8)", s.StreamSyntax(t.U8)),
        ("(future error-context)", s.FutureSyntax(t.ERROR_CONTEXT)),
        ("(func)", s.FunctionSyntax((), None)),
        (
            '(func async (param "a" u8) (param "b" 1) (result string))',
            s.FunctionSyntax((("a", t.U8), ("b", 1)), t.STRING, is_async=True),
        ),
    ],
)
def test_compound_types(text: str, expected: object) -> None:
    assert types(f"(type {text})") == [expected]


def test_types_within_types_come_before_them() -> None:
    assert types(
        "(type $a (tuple (list u8) $b-before))".replace("$b-before", "(option (list 0))")
    ) == [
        s.ListSyntax(t.U8),
        s.ListSyntax(0),
        s.OptionSyntax(1),
        s.TupleSyntax((0, 2)),
    ]


def test_types_are_named() -> None:
    assert types("(type $a u8) (type $b (list $a)) (type (result $b (error $a)))")[1:] == [
        s.ListSyntax(0),
        s.ResultSyntax(1, 0),
    ]


def test_types_of_instances_are_aliased_where_they_are_used() -> None:
    found = parse("""
    (component
      (import "i" (instance $i))
      (type (list (type $i "a" "b"))))
    """).definitions
    assert found[2:4] == [
        s.AliasExport(s.Sort.INSTANCE, 0, "a", found[2].position),
        s.AliasExport(s.Sort.TYPE, 1, "b", found[2].position),
    ]
    assert found[4].type == s.ListSyntax(1)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(type what)", "unexpected token what: expected a type"),
        ("(type (what))", "unexpected token what: expected a type"),
        ("(type $a)", "unexpected token ): expected a type"),
        ("(type (list what))", "unexpected token what: expected a value type"),
        ("(type (list))", "unexpected token ): expected a number"),
        ("(type (list u8 -1))", "unexpected token -1: expected an unsigned integer"),
        ("(type (list u8 4294967296))", "constant out of range"),
        ("(type (record (field a u8)))", "unexpected token a: expected a string"),
        ('(type (record (case "a" u8)))', "unexpected token (: expected )"),
        ('(type (record (field "\\ff" u8)))', "malformed UTF-8 encoding"),
        ("(type (result (error)))", "unexpected token ): expected a number"),
        ('(type (func (result u8) (param "a" u8)))', "unexpected token (: expected )"),
        ('(type (list $a "b"))', "unknown type $a"),
        ('(type $a u8) (type (list $a "b"))', "an export's name belongs in a reference"),
    ],
)
def test_what_is_malformed(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        types(text)
    assert message in str(caught.value)
