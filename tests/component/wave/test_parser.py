"""WAVE texts and what they mean; the comparisons with wasmtime were seen with version 49."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.component import wave
from pywasm_rt.component.types import (
    BOOL,
    CHAR,
    F32,
    F64,
    S8,
    S64,
    STRING,
    U8,
    U16,
    U64,
    EnumType,
    FlagsType,
    ListType,
    MapType,
    OptionType,
    OwnType,
    RecordType,
    ResourceType,
    ResultType,
    TupleType,
    ValueType,
    VariantType,
)
from pywasm_rt.component.values import Err, Ok, Record, Some, Variant
from pywasm_rt.errors import LineColumn, ParseError

STATUS = EnumType(("ok", "not-found", "x"), "status")
PERMISSIONS = FlagsType(("read", "write", "none"), "permissions")
ITEM = RecordType((("must-have", U8), ("optional", OptionType(U8))), "item")
OPTIONAL = RecordType((("a", OptionType(U8)), ("b", OptionType(STRING))))
RESPONSE = VariantType((("empty", None), ("body", ListType(U8)), ("err", STRING)), "response")
OPTION_U8 = OptionType(U8)
NESTED = OptionType(OPTION_U8)
DEEP: ValueType = U8
for _ in range(500):
    DEEP = ListType(DEEP)

ACCEPTED: list[tuple[ValueType, str, object]] = [
    (BOOL, "true", True),
    (BOOL, " \t\r\n false // and no more", False),
    (U8, "255", 255),
    (S8, "-128", -128),
    (U64, "18446744073709551615", 2**64 - 1),
    (S64, "-9223372036854775808", -(2**63)),
    (F64, "3.14", 3.14),
    (F64, "6.022e+23", 6.022e23),
    (F64, "1E5", 100000.0),
    (F64, "-inf", -math.inf),
    (F64, "inf", math.inf),
    (F64, "1e999", math.inf),
    (F32, "0.1", 0.10000000149011612),
    (F32, "16777217", 16777216.0),
    (F32, "1e300", math.inf),
    (CHAR, "'x'", "x"),
    (CHAR, "'\"'", '"'),
    (CHAR, r"'\''", "'"),
    (CHAR, r"'\u{1F600}'", "\U0001f600"),
    (CHAR, r"'\u{0}'", "\0"),
    (STRING, '"abc\\t123"', "abc\t123"),
    (STRING, r'"\'\"\\\n\r\u{2603}"', "'\"\\\n\r☃"),
    (STRING, '"it\'s"', "it's"),
    (STRING, '""', ""),
    (STRING, '"""\nA single line\n"""', "A single line"),
    (STRING, '"""\n"""', ""),
    (STRING, '"""\n\n"""', ""),
    (STRING, '"""\r\n    one\r\n      two\r\n  """', "  one\n    two"),
    (STRING, '"""\n  ends: \\r\n  quotes: ""\\""\n  """', 'ends: \r\nquotes: """"'),
    (TupleType((U8, STRING)), '(123, "abc",)', (123, "abc")),
    (ListType(CHAR), "['a', 'b', 'c']", ["a", "b", "c"]),
    (ListType(CHAR), "[ ]", []),
    (ListType(U8), "[79, 75]", b"OK"),
    (ListType(U16, 2), "[1, 2,]", [1, 2]),
    (ITEM, "{must-have: 123}", Record({"must-have": 123, "optional": None})),
    (ITEM, "{ %optional: none, must-have: 1, }", Record({"must-have": 1, "optional": None})),
    (ITEM, "{optional: 2, must-have: 1}", Record({"must-have": 1, "optional": 2})),
    (OPTIONAL, "{:}", Record(a=None, b=None)),
    (OPTIONAL, "{ : }", Record(a=None, b=None)),
    (RESPONSE, "empty", Variant("empty")),
    (RESPONSE, "body ( [79, 75] )", Variant("body", b"OK")),
    (RESPONSE, '%err("oops")', Variant("err", "oops")),
    (STATUS, "%ok", "ok"),
    (STATUS, "not-found", "not-found"),
    (STATUS, "%x", "x"),
    (OPTION_U8, "5", 5),
    (OPTION_U8, "some(5)", 5),
    (OPTION_U8, "none", None),
    (NESTED, "none", None),
    (NESTED, "some(none)", Some(None)),
    (NESTED, "some(some(3))", Some(3)),
    (NESTED, "some(3)", Some(3)),
    (ResultType(U8), "123", Ok(123)),
    (ResultType(U8), "ok(123)", Ok(123)),
    (ResultType(U8), "err", Err()),
    (ResultType(None, STRING), "ok", Ok()),
    (ResultType(None, STRING), 'err("oops")', Err("oops")),
    (ResultType(OPTION_U8), "ok(7)", Ok(7)),
    (PERMISSIONS, "{write, read,}", frozenset({"read", "write"})),
    (PERMISSIONS, "{none}", frozenset({"none"})),
    (PERMISSIONS, "{%none}", frozenset({"none"})),
    (PERMISSIONS, "{}", frozenset()),
    (MapType(STRING, U8), '{"a": 1, "b": 2,}', {"a": 1, "b": 2}),
    (MapType(U8, U8), "{1: 2, 1: 3}", {1: 3}),
    (MapType(U8, U8), "{}", {}),
    (MapType(U8, U8), "{:}", {}),
    (
        ITEM,
        "{ // one\n must-have: // two\n 1 // three\n}",
        Record({"must-have": 1, "optional": None}),
    ),
]


@pytest.mark.parametrize(("type", "text", "value"), ACCEPTED)
def test_text_means_value(type: ValueType, text: str, value: object) -> None:
    parsed = wave.parse(text, type)
    assert parsed == value
    assert parsed.__class__ is value.__class__
    assert wave.parse(wave.format(parsed, type), type) == value


def test_nan() -> None:
    value = wave.parse("nan", F32)
    assert isinstance(value, float)
    assert math.isnan(value)


REFUSED: list[tuple[ValueType, str, str, int]] = [
    (BOOL, "%true", "expected bool: true or false, found %true", 1),
    (BOOL, "1", "expected bool: true or false, found 1", 1),
    (U8, "256", "256 is out of range: u8 holds 0 to 255", 1),
    (U8, "-1", "-1 is out of range: u8 holds 0 to 255", 1),
    (U8, "1" * 5000, "is out of range: u8 holds", 1),
    (U8, "1.0", "expected u8, found 1.0", 1),
    (U8, "1e2", "expected u8, found 1e2", 1),
    (U8, "01", "a number goes on", 2),
    (F64, "1.", "a number goes on", 2),
    (F64, ".5", "a number begins with a digit", 1),
    (F64, "+1", "a number begins with a digit", 1),
    (F64, "-nan", "a number begins with a digit", 1),
    (U8, "", "expected u8, found the end of the text", 1),
    (U8, "1 2", "expected the end of the value, found 2", 3),
    (U8, "@", "begins with '@'", 1),
    (CHAR, "'ab'", "expected one character between the quotes", 1),
    (CHAR, "''", "expected one character between the quotes", 1),
    (CHAR, '"a"', "expected char, such as 'x', found \"a\"", 1),
    (CHAR, r"'\u{d800}'", "not the number of a Unicode scalar value", 2),
    (CHAR, r"'\u{110000}'", "not the number of a Unicode scalar value", 2),
    (CHAR, "'a", "a character lacks its closing '", 1),
    (STRING, '"abc', 'a string lacks its closing "', 1),
    (STRING, '"a\nb"', 'a string lacks its closing "', 1),
    (STRING, r'"a\q"', "unknown escape", 3),
    (STRING, r'"a\u{12"', "unknown escape", 3),
    (STRING, "abc", 'a string needs quotes: "abc"', 1),
    (STRING, '"""abc"""', 'a line break belongs right behind the opening """', 4),
    (STRING, '"""\na"""', 'only spaces may stand before the closing """', 2),
    (STRING, '"""\n', 'a multiline string lacks its closing """', 1),
    (STRING, '"""\n a\n  """', "the line is indented less", 1),
    (STRING, '"""\n  a\n\n  """', "the line is indented less", 1),
    (ListType(U8), "[1, 2", "expected ] or ,, found the end of the text", 6),
    (ListType(U8), "[1 2]", "expected ] or ,, found 2", 4),
    (ListType(U8), "[,]", "expected u8, found ,", 2),
    (ListType(U8), "(1)", "expected list<u8>, such as [...], found (", 1),
    (ListType(U8, 3), "[1, 2]", "expected 3 elements for list<u8, 3>, found 2", 1),
    (TupleType((U8, U8)), "(1)", "expected 2 values for tuple<u8, u8>, found 1", 1),
    (TupleType((U8, U8)), "(1, 2, 3)", "expected 2 values for tuple<u8, u8>, found more", 1),
    (ITEM, "{must_have: 1}", 'item has no field must_have; did you mean "must-have"?', 2),
    (ITEM, "{must-have: 1, other: 2}", "item has no field other; known: must-have, optional", 16),
    (ITEM, "{must-have: 1, must-have: 2}", "the field must-have is there twice", 16),
    (ITEM, "{:}", "missing field must-have of item {must-have: u8, optional: option<u8>}", 1),
    (ITEM, "{}", "missing field must-have", 1),
    (ITEM, "{must-have 1}", "expected : after the field must-have, found 1", 12),
    (ITEM, "1", "expected item {must-have: u8, optional: option<u8>}, found 1", 1),
    (RESPONSE, "emtpy", 'response has no case emtpy; did you mean "empty"?', 1),
    (RESPONSE, "body", "expected ( and a value of type list<u8> after body", 5),
    (RESPONSE, "empty(1)", "empty of response has no payload", 6),
    (RESPONSE, 'err("x")', "must be written %err, since err is a keyword", 1),
    (RESPONSE, "1", "expected response: one of empty, body(...), err(...), found 1", 1),
    (STATUS, "not-fond", 'status has no case not-fond; did you mean "not-found"?', 1),
    (STATUS, "ok", "must be written %ok", 1),
    (NESTED, "3", "expected option<option<u8>>: some(...) or none, found 3", 1),
    (OPTION_U8, "some", "expected ( and a value of type u8 after some", 5),
    (OPTION_U8, "none(1)", "none of option<u8> has no payload", 5),
    (ResultType(), "1", "expected result: ok or err, found 1", 1),
    (ResultType(OPTION_U8), "1", "expected result<option<u8>>: ok(option<u8>) or err, found 1", 1),
    (PERMISSIONS, "{wirte}", 'permissions has no flag wirte; did you mean "write"?', 2),
    (PERMISSIONS, "{read, read}", "the flag read is there twice", 8),
    (PERMISSIONS, "{:}", "expected label for a flag of permissions, found :", 2),
    (PERMISSIONS, "[]", "expected permissions: some of {read, write, none}, found [", 1),
    (MapType(U8, U8), "{1}", "expected : after the key, found }", 3),
    (OwnType(ResourceType("file")), "1", "a value of type file cannot be written as text", 1),
]


@pytest.mark.parametrize(("type", "text", "message", "column"), REFUSED)
def test_refusal_says_what_and_where(type: ValueType, text: str, message: str, column: int) -> None:
    with pytest.raises(ParseError) as caught:
        wave.parse(text, type)
    assert message in str(caught.value)
    assert isinstance(caught.value.where, LineColumn)
    assert caught.value.where.column == column


def test_place_is_line_column_and_file() -> None:
    with pytest.raises(ParseError) as caught:
        wave.parse("[\n  1,\n  x,\n]", ListType(U8), file="arguments.wave")
    where = caught.value.where
    assert where == LineColumn(3, 3, "arguments.wave", "  x,")
    assert str(caught.value) == "expected u8, found x (at arguments.wave:3:3)"
    assert where.caret() == "  x,\n  ^"


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ParseError, match="nested more than 100 deep"):
        wave.parse("[" * 500 + "]" * 500, DEEP)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_format_and_parse_are_inverse(typed_values: Any, data: Any) -> None:
    type, value = data.draw(typed_values)
    text = wave.format(value, type)
    assert wave.parse(text, type) == value


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_text_is_a_value_or_a_parse_error(types: Any, data: Any) -> None:
    type = data.draw(types)
    text = data.draw(st.text(st.sampled_from("{}[]()\"'\\:,%-.1ae \nsome/"), max_size=30))
    try:
        wave.parse(text, type)
    except ParseError:
        pass
    else:
        assert wave.parse(wave.format(wave.parse(text, type), type), type) is not Ellipsis
