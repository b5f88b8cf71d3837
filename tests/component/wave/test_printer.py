"""WAVE output; the texts are those of wasmtime 49's ``run --invoke``."""

from __future__ import annotations

import math

import pytest

from pywasm_rt.component import wave
from pywasm_rt.component.types import (
    CHAR,
    F32,
    F64,
    STRING,
    U8,
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
from pywasm_rt.errors import ComponentError

ITEM = RecordType((("a", OptionType(U8)), ("b", ListType(CHAR))))

PRINTED: list[tuple[ValueType, object, str]] = [
    (F64, 1.0, "1"),
    (F64, -0.0, "-0"),
    (F64, 0.1, "0.1"),
    (F64, 1e21, "1000000000000000000000"),
    (F64, 1e300, "1" + "0" * 300),
    (F64, 1e-7, "0.0000001"),
    (F64, 5e-324, "0." + "0" * 323 + "5"),
    (F64, math.nan, "nan"),
    (F64, -math.inf, "-inf"),
    (F32, 0.10000000149011612, "0.1"),
    (F32, 3.4028234663852886e38, "34028235" + "0" * 31),
    (F32, 16777216.0, "16777216"),
    (CHAR, "a", "'a'"),
    (CHAR, '"', r"'\"'"),
    (CHAR, "'", r"'\''"),
    (CHAR, "\u0301", r"'\u{301}'"),
    (CHAR, "\0", r"'\u{0}'"),
    (CHAR, "\u200b", r"'\u{200b}'"),
    (CHAR, "\xa0", r"'\u{a0}'"),
    (STRING, "it's \t\n\r\x01☃\"\\", r'"it\'s \t\n\r\u{1}☃\"\\"'),
    (ListType(STRING), ["a", "b"], '["a", "b"]'),
    (ListType(U8), b"\1\2", "[1, 2]"),
    (ITEM, Record(a=None, b=["x"]), "{b: ['x']}"),
    (ITEM, Record(a=3, b=[]), "{a: some(3), b: []}"),
    (RecordType((("a", OptionType(U8)),)), Record(a=None), "{:}"),
    (OptionType(U8), 5, "some(5)"),
    (OptionType(U8), None, "none"),
    (OptionType(OptionType(U8)), Some(None), "some(none)"),
    (VariantType((("some", U8), ("ok", None))), Variant("some", 5), "%some(5)"),
    (VariantType((("some", U8), ("ok", None))), Variant("ok"), "%ok"),
    (EnumType(("ok", "not-found")), "ok", "%ok"),
    (EnumType(("ok", "not-found")), "not-found", "not-found"),
    (ResultType(U8), Ok(5), "ok(5)"),
    (ResultType(U8), Err(), "err"),
    (ResultType(), Ok(), "ok"),
    (FlagsType(("read", "write", "none")), {"none", "read"}, "{read, none}"),
    (FlagsType(("read",)), frozenset(), "{}"),
    (ListType(TupleType((STRING, U8))), [("a", 1)], '[("a", 1)]'),
    (MapType(STRING, U8), {"a": 1}, '{"a": 1}'),
    (MapType(STRING, U8), {}, "{}"),
]


@pytest.mark.parametrize(("type", "value", "text"), PRINTED)
def test_value_prints_as_wasmtime_does(type: ValueType, value: object, text: str) -> None:
    assert wave.format(value, type) == text


def test_combining_marks_stay_with_their_letter() -> None:
    assert wave.format("e\u0301", STRING) == '"e\u0301"'
    assert wave.format("\u0301\n\u0301", STRING) == r'"\u{301}\n\u{301}"'


def test_value_of_another_type_is_refused() -> None:
    with pytest.raises(ComponentError, match='expected u8, got "x"'):
        wave.format(["x"], ListType(U8))


def test_handle_has_no_text() -> None:
    with pytest.raises(ComponentError, match="a value of type file cannot be written as text"):
        wave.format(object(), OwnType(ResourceType("file")))


def test_deep_value_is_refused_without_a_recursion_error() -> None:
    type: ValueType = U8
    value: object = b""
    for _ in range(5000):
        type = ListType(type)
        value = [value]
    with pytest.raises(ComponentError, match="nested too deeply"):
        wave.format(value, type)
