"""Tokens: what is one, where it is, and what is said of text that is none."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import LineColumn, ParseError
from pywasm_rt.wasm.text.lexer import tokenize


def kinds(text: str) -> list[str]:
    return tokenize(text).kinds


def test_every_kind_of_token() -> None:
    tokens = tokenize('(func $f "a\\00\\u{e9}" 0x1p-2 -nan:0x4 inf 0x , $"sp ace")')
    assert tokens.kinds == [
        "(",
        "word",
        "id",
        "string",
        "number",
        "number",
        "number",
        "reserved",
        "reserved",
        "id",
        ")",
    ]
    assert tokens.values[2] == "f"
    assert tokens.values[3] == b"a\x00\xc3\xa9"
    assert tokens.values[9] == "sp ace"
    assert tokens.closes[0] == 10


def test_comments_end_at_either_line_break_and_nest() -> None:
    assert kinds("a ;; b\rc (; x (; y ;) ;; z ;) d") == ["word"] * 3


def test_words_and_strings_that_touch_are_reserved() -> None:
    assert kinds('"a""b"') == ["reserved"]
    assert kinds('f"a"') == ["reserved"]
    assert kinds("1x") == ["reserved"]


def test_annotations_stand_beside_the_token_they_precede() -> None:
    tokens = tokenize('((@a 1 (b) , "x") module (@"id two"))')
    assert tokens.kinds == ["(", "word", ")"]
    assert [note.name for note in tokens.annotations[1]] == ["a"]
    assert tokens.annotations[1][0].tokens.kinds == [
        "number",
        "(",
        "word",
        ")",
        "reserved",
        "string",
    ]
    assert tokens.annotations[2][0].name == "id two"


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("(\n  )  )", "unexpected token )", 2, 6),
        ("(a\n (b", "unexpected token: unclosed parenthesis", 2, 2),
        ("(; (; ;)", "unclosed comment", 1, 1),
        ('x "abc', "unclosed string", 1, 3),
        ("é", "illegal character", 1, 1),
        ("(@ x)", "empty annotation id", 1, 3),
        ("\n(@x (y)", "unclosed annotation", 2, 1),
        ("$ a", "empty identifier", 1, 1),
    ],
)
def test_complaints_have_their_place(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(ParseError) as info:
        tokenize(text)
    assert info.value.message == message
    assert isinstance(info.value.where, LineColumn)
    assert (info.value.where.line, info.value.where.column) == (line, column)


def test_malformed_utf8_is_found_at_its_place() -> None:
    with pytest.raises(ParseError, match="malformed UTF-8 encoding") as info:
        tokenize(b"(module)\n (func \xff)")
    assert isinstance(info.value.where, LineColumn)
    assert (info.value.where.line, info.value.where.column) == (2, 8)
    assert info.value.where.caret() == " (func \n       ^"
