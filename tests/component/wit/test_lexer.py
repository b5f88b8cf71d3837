"""Tokens, comments and forbidden characters."""

from __future__ import annotations

import pytest

from pywasm_rt.component.source import Source
from pywasm_rt.component.wit.lexer import tokenize
from pywasm_rt.errors import LineColumn, ParseError


def kinds(text: str) -> list[str]:
    return [token.kind for token in tokenize(Source(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["end"]),
        ("a-1b %list list", ["identifier", "identifier", "list", "end"]),
        ("a->b", ["identifier", "->", "identifier", "end"]),
        ("x@1.0.0-rc.1+b.2.{", ["identifier", "@", "version", ".", "{", "end"]),
        ("list<u8,4>", ["list", "<", "u8", ",", "integer", ">", "end"]),
        ("error-context _", ["error-context", "_", "end"]),
        ("/* a /* b */ c */ x // y", ["identifier", "end"]),
        ("\ufeffworld", ["world", "end"]),
        (r'"a\"b" c', ["string", "identifier", "end"]),
    ],
)
def test_kinds(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_percent_is_not_part_of_the_name() -> None:
    assert tokenize(Source("%type"))[0].text == "type"


def test_documentation_belongs_to_the_next_token() -> None:
    text = "/// one\n// no\n///   two  \n/** three\n  four */ a /**/ b"
    first, second, _ = tokenize(Source(text))
    assert first.docs == "one\n  two\nthree\n  four"
    assert second.docs == ""


def test_new_lines_are_noticed() -> None:
    tokens = tokenize(Source("a b\n /* x */ c // d\ne"))
    assert [token.on_new_line for token in tokens] == [True, False, True, True, True]


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("a ¦/* b /* c */", "a comment lacks its closing */"),
        ('a ¦"b', 'a string lacks its closing " on the same line'),
        ("a ¦#", "no token begins with '#'"),
        ("a ¦-b", "no token begins with '-'"),
        ("a ¦snake_case", 'did you mean "snake-case"?'),
        ("a ¦camelCase", 'did you mean "camel-case"?'),
        ("a ¦b--c", "is not a name"),
        ("a ¦b-", "is not a name"),
        ("a ¦é", "é is not a name"),
        ("a ¦%", "% is not a name"),
        ("a ¦\u202e", "U+202E is not allowed"),
        ("a ¦\0", "U+0000 is not allowed"),
        ("a\n  ¦%-b", "is not a name"),
    ],
)
def test_fault(marked: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        tokenize(Source(marked.replace("¦", "")))
    assert message in str(caught.value)
    assert isinstance(caught.value.where, LineColumn)
    before = marked[: marked.index("¦")]
    assert caught.value.where.line == before.count("\n") + 1
    assert caught.value.where.column == len(before) - before.rfind("\n")
