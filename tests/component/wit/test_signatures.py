"""Signatures of core modules from WIT text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.component.types import S32, U8, FunctionType, ListType
from pywasm_rt.component.wit import parse_signatures
from pywasm_rt.errors import LineColumn, ParseError


@pytest.mark.parametrize(
    "text",
    [
        "compute: func(a: s32, b: s32) -> s32;",
        "export compute: func(a: s32, b: s32) -> s32;",
        "export compute: func(a: s32, b: s32) -> s32",
        "// c\n  compute: func(\n a: s32,\n b: s32,\n) -> s32\n",
        "package a:b; interface i { compute: func(a: s32, b: s32) -> s32; }",
        "package a:b@1.0.0; world w { export compute: func(a: s32, b: s32) -> s32; }",
        """world w { import wasi:cli/exit@0.2.0; export i; }
        interface i { compute: func(a: s32, b: s32) -> s32; } interface j { other: func(); }""",
        "world w { export i: interface { compute: func(a: s32, b: s32) -> s32; } }",
        "type n = s32; compute: func(a: n, b: n) -> n;",
    ],
)
def test_one_function_in_many_forms(text: str) -> None:
    assert parse_signatures(text) == {
        "compute": FunctionType((("a", S32), ("b", S32)), S32),
    }


def test_lines_and_types_beside_them() -> None:
    signatures = parse_signatures(
        """
        record point { x: s32, y: s32 }
        export add_points: func(first_one: point, other: point) -> point
        list: func() -> list<u8>;
        import ignored: func();
        """
    )
    assert {name: str(type) for name, type in signatures.items()} == {
        "add_points": "func(first_one: point, other: point) -> point",
        "list": "func() -> list<u8>",
    }
    assert signatures["list"].result == ListType(U8)


def test_same_name_in_two_interfaces() -> None:
    text = "interface i { f: func(); g: func(); } interface j { f: func() -> u8; }"
    assert list(parse_signatures(text)) == ["i#f", "g", "j#f"]
    nested = "package a:b@1.0.0 { interface i { f: func(); } } f: func() -> u8;"
    assert list(parse_signatures(nested)) == ["f", "a:b/i@1.0.0#f"]


@pytest.mark.parametrize("text", ["", "// f: func();", "record r { a: u8 }", "import f: func();"])
def test_no_functions(text: str) -> None:
    with pytest.raises(ParseError, match="no functions found in WIT text"):
        parse_signatures(text)


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("¦hello world", "expected a function: name: func(parameter: type) -> type;, found hello"),
        ("f: func() ¦g: func()", "expected ';', found g"),
        ("f: ¦fun();", "expected 'func', found fun"),
        ("f: func(a: ¦nope);", "there is no type nope"),
        ("f: func(); ¦f: func();", "the name f is there twice"),
        ("export ¦f;", "expected a function"),
    ],
)
def test_fault(marked: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_signatures(marked.replace("¦", ""))
    assert message in str(caught.value)
    assert isinstance(caught.value.where, LineColumn)
    assert caught.value.where.column == marked.index("¦") + 1


WORDS = "f : func( a u8 ) -> ; export import record { } interface world package x:y use .".split()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_any_text_has_functions_or_a_parse_error(text: str) -> None:
    try:
        assert parse_signatures(text)
    except ParseError:
        return
