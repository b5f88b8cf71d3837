"""Calls and arguments of the command line."""

from __future__ import annotations

import pytest

from pywasm_rt.component import wave
from pywasm_rt.component.types import (
    S32,
    STRING,
    U8,
    U32,
    FunctionType,
    ListType,
    OptionType,
    ValueType,
)
from pywasm_rt.errors import ComponentError, LineColumn, ParseError

FUNCTION = FunctionType((("a", S32), ("b", ListType(U32)), ("c", OptionType(STRING))), STRING)


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("run", "run", None),
        (" run ", "run", None),
        ("run()", "run", ()),
        ("run ( )", "run", ()),
        ("f(1, [2, 3], )", "f", ("1", "[2, 3]")),
        ('f("a, )", {x: (1)}) // end', "f", ('"a, )"', "{x: (1)}")),
        ("a:b/c@1.0.0#f-g(1)", "a:b/c@1.0.0#f-g", ("1",)),
        ("[method]file.read(7)", "[method]file.read", ("7",)),
    ],
)
def test_call_is_taken_apart(text: str, name: str, arguments: object) -> None:
    call = wave.parse_call(text)
    assert (call.name, call.arguments) == (name, arguments)


def test_values_of_a_call() -> None:
    assert wave.parse_call('f(-1, [2], "x")').values(FUNCTION) == (-1, [2], "x")
    assert wave.parse_call("f(-1, [])").values(FUNCTION) == (-1, [], None)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("", "expected the name of a function", 1),
        ("(1)", "expected the name of a function", 1),
        ("f(1", "( lacks its )", 2),
        ("f([1)", "expected ], found )", 5),
        ("f(1)x", "expected nothing behind the call, found x", 5),
        ("f(,)", "expected an argument before the comma", 3),
        ("f(1,,2)", "expected an argument before the comma", 5),
        ("f(" + "[" * 10_000, "[ lacks its ]", 10_002),
    ],
)
def test_malformed_call(text: str, message: str, column: int) -> None:
    with pytest.raises(ParseError) as caught:
        wave.parse_call(text)
    assert message in str(caught.value)
    assert isinstance(caught.value.where, LineColumn)
    assert caught.value.where.column == column


def test_wrong_argument_of_a_call_is_located_in_the_call() -> None:
    with pytest.raises(ParseError) as caught:
        wave.parse_call("f(1, [2, x])").values(FUNCTION)
    assert str(caught.value) == "expected u32, found x (at 1:10)"
    with pytest.raises(ParseError, match="expected the end of the value, found 2"):
        wave.parse_call("f(1 2, [])").values(FUNCTION)


@pytest.mark.parametrize("texts", [(), ("1",), ("1", "[]", "none", "4")])
def test_wrong_number_of_arguments_shows_the_signature(texts: tuple[str, ...]) -> None:
    with pytest.raises(ComponentError) as caught:
        wave.parse_arguments(texts, FUNCTION)
    assert f"parameter count mismatch: expected 2 to 3, got {len(texts)}" in str(caught.value)
    assert "func(a: s32, b: list<u32>, c: option<string>) -> string" in str(caught.value)


def test_string_arguments_are_taken_as_they_are() -> None:
    greet = FunctionType((("name", STRING), ("age", U8)))
    assert wave.parse_arguments(['"Ada" \\n', "36"], greet) == ('"Ada" \\n', 36)
    assert wave.parse_argument("", STRING) == ""
    with pytest.raises(ParseError, match="not valid UTF-8"):
        wave.parse_argument("\udcff", STRING)
    with pytest.raises(ParseError, match=r"parameter 2 \(age\): expected u8, found x \(at 1:1\)"):
        wave.parse_arguments(["Ada", "x"], greet)


@pytest.mark.parametrize(
    ("value", "type", "text"),
    [
        ("two\nlines", STRING, "two\nlines"),
        (["a"], ListType(STRING), '["a"]'),
        (42, U32, "42"),
        (None, None, ""),
    ],
)
def test_results_print_by_type(value: object, type: ValueType | None, text: str) -> None:
    assert wave.format_result(value, type) == text
