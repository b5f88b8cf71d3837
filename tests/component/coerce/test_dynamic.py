"""What Lua, YAML and JSON may give for each type, and what is refused with which words."""

from __future__ import annotations

import dataclasses
import math
from collections import UserList
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.component.coerce import coerce, coerce_arguments, to_plain
from pywasm_rt.component.types import (
    BOOL,
    CHAR,
    F32,
    F64,
    S8,
    S32,
    S64,
    STRING,
    U8,
    U16,
    U32,
    U64,
    EnumType,
    FlagsType,
    FunctionType,
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

POINT = RecordType((("x", S32), ("y-axis", OptionType(U8))), "point")
STATUS = EnumType(("ok", "not-found"), "status")
PERMISSIONS = FlagsType(("read", "write", "exec-it"), "permissions")
SHAPE = VariantType((("empty", None), ("circle", F64), ("two-points", ListType(POINT))), "shape")


@dataclasses.dataclass
class Point:
    x: int
    y_axis: int | None = None


class Slotted:
    __slots__ = ("x",)

    def __init__(self) -> None:
        self.x = 8


ACCEPTED: list[tuple[ValueType, object, object]] = [
    (BOOL, True, True),
    (U8, 255, 255),
    (U8, 255.0, 255),
    (U16, 65535.0, 65535),
    (S8, -128, -128),
    (S64, -(2.0**63), -(2**63)),
    (U64, 2**64 - 1, 2**64 - 1),
    (F64, 1, 1.0),
    (F64, math.inf, math.inf),
    (F32, 0.1, 0.10000000149011612),
    (F32, -math.inf, -math.inf),
    (CHAR, "ä", "ä"),
    (CHAR, 0x1F600, "\U0001f600"),
    (CHAR, 65.0, "A"),
    (CHAR, "é".encode(), "é"),
    (STRING, "text", "text"),
    (STRING, "ü".encode(), "ü"),
    (ListType(U8), b"ab", b"ab"),
    (ListType(U8), bytearray(b"ab"), b"ab"),
    (ListType(U8), memoryview(b"ab"), b"ab"),
    (ListType(U8), "ä", b"\xc3\xa4"),
    (ListType(U8), [1, 2.0], b"\1\2"),
    (ListType(U8), {1: 7, 2: 8}, b"\7\x08"),
    (ListType(U16), (1, 2), [1, 2]),
    (ListType(U16), UserList([1]), [1]),
    (ListType(U16), {}, []),
    (ListType(U16), {1.0: 5}, [5]),
    (TupleType((U8, STRING)), [1, "x"], (1, "x")),
    (TupleType((U8, STRING)), {1: 1, 2: "x"}, (1, "x")),
    (POINT, {"x": 1, "y-axis": 2}, Record({"x": 1, "y-axis": 2})),
    (POINT, {"x": 1, "y_axis": 2.0}, Record({"x": 1, "y-axis": 2})),
    (POINT, {b"x": 1}, Record({"x": 1, "y-axis": None})),
    (POINT, Record(x=1, y_axis=2), Record({"x": 1, "y-axis": 2})),
    (POINT, Point(3, 4), Record({"x": 3, "y-axis": 4})),
    (POINT, Slotted(), Record({"x": 8, "y-axis": None})),
    (RecordType((("a", OptionType(U8)),)), [], Record(a=None)),
    (SHAPE, "empty", Variant("empty")),
    (SHAPE, {"empty": True}, Variant("empty")),
    (SHAPE, {"empty": None}, Variant("empty")),
    (SHAPE, {"empty": {}}, Variant("empty")),
    (SHAPE, {"circle": 1}, Variant("circle", 1.0)),
    (SHAPE, {"two_points": [{"x": 1}]}, Variant("two-points", [Record({"x": 1, "y-axis": None})])),
    (SHAPE, Variant("circle", 2), Variant("circle", 2.0)),
    (STATUS, "not-found", "not-found"),
    (STATUS, "not_found", "not-found"),
    (STATUS, 1, "not-found"),
    (STATUS, 0.0, "ok"),
    (PERMISSIONS, ["read", "exec_it"], frozenset({"read", "exec-it"})),
    (PERMISSIONS, {"read"}, frozenset({"read"})),
    (PERMISSIONS, {1: "read"}, frozenset({"read"})),
    (PERMISSIONS, {}, frozenset()),
    (PERMISSIONS, {"read": True, "write": False}, frozenset({"read"})),
    (PERMISSIONS, 5, frozenset({"read", "exec-it"})),
    (PERMISSIONS, 0.0, frozenset()),
    (OptionType(U8), None, None),
    (OptionType(U8), 5, 5),
    (OptionType(U8), Some(5), 5),
    (OptionType(OptionType(U8)), None, None),
    (OptionType(OptionType(U8)), 5, Some(5)),
    (OptionType(OptionType(U8)), {"some": None}, Some(None)),
    (OptionType(OptionType(U8)), Some(None), Some(None)),
    (ResultType(U8), {"ok": 5}, Ok(5)),
    (ResultType(U8), {"err": True}, Err()),
    (ResultType(U8), "err", Err()),
    (ResultType(None, STRING), "ok", Ok()),
    (ResultType(None, STRING), Err("x"), Err("x")),
    (MapType(U32, U8), {1.0: 2}, {1: 2}),
    (MapType(U32, U8), {"1": 2}, {1: 2}),
    (MapType(BOOL, U8), {"true": 2}, {True: 2}),
    (MapType(STRING, U8), [["a", 1], ["b", 2]], {"a": 1, "b": 2}),
]


@pytest.mark.parametrize(("type", "value", "expected"), ACCEPTED)
def test_accepted(type: ValueType, value: object, expected: object) -> None:
    result = coerce(value, type)
    assert result == expected
    assert result.__class__ is expected.__class__


REFUSED: list[tuple[ValueType, object, str]] = [
    (BOOL, 1, "expected bool, got 1"),
    (U32, "x", 'expected u32, got "x"'),
    (U32, True, "expected u32, got true"),
    (U32, None, "expected u32, got nothing"),
    (U32, 1.5, "expected u32, got 1.5 (it has a fraction)"),
    (U32, math.nan, "expected u32, got nan"),
    (U8, 256, "expected u8, got 256 (out of range 0 to 255)"),
    (S8, -129.0, "expected s8, got -129.0 (out of range -128 to 127)"),
    (U64, 2**64, "(out of range 0 to 18446744073709551615)"),
    (U64, 10**400, "got an integer of 1329 bits (out of range"),
    (F64, "1", 'expected f64, got "1"'),
    (F64, 10**400, "(out of range)"),
    (F32, 1e300, "expected f32, got 1e+300 (out of range)"),
    (F32, True, "expected f32, got true"),
    (CHAR, "ab", 'expected char, got "ab"'),
    (CHAR, "", 'expected char, got ""'),
    (CHAR, 0xD800, "expected char, got 55296"),
    (CHAR, "\ud800", "expected char, got"),
    (CHAR, 0x110000, "expected char, got 1114112"),
    (STRING, 5, "expected string, got 5"),
    (STRING, b"\xff", "expected string, got 1 bytes (not UTF-8)"),
    (STRING, "\udc80", "(it has a lone surrogate)"),
    (ListType(U8), [1, 256], "[1]: expected u8, got 256"),
    (ListType(U8), "\ud800", "expected list<u8>, got"),
    (ListType(U8, 3), b"ab", "expected 3 elements for list<u8, 3>, got 2"),
    (ListType(U16), "ab", 'expected list<u16>, got "ab"'),
    (ListType(U16), {1: 1, 3: 3}, "(its keys are not 1 to 2)"),
    (ListType(U16), {"a": 1}, "expected list<u16>, got a table with a"),
    (TupleType((U8, U8)), [1], "expected 2 values for tuple<u8, u8>, got 1"),
    (TupleType((U8, U8)), [1, "x"], '[1]: expected u8, got "x"'),
    (POINT, {}, "missing field x of point {x: s32, y-axis: option<u8>}"),
    (POINT, {"x": 1, "y": 2, "ex": 3}, 'point has no fields "y" (known: x, y-axis), "ex"'),
    (POINT, {"x": 1, "y_axes": 2}, 'point has no field "y_axes" (did you mean "y-axis"?)'),
    (POINT, {"x": 1, "y-axis": 2, "y_axis": 3}, "the field y-axis of point is there twice"),
    (POINT, {"x": {}}, "x: expected s32, got an empty table"),
    (POINT, 5, "expected point {x: s32, y-axis: option<u8>}, got 5"),
    (POINT, {"x": 1, 5: 2}, "point has no field 5"),
    (RecordType((("a", U8), ("b", U8))), {}, "missing fields a, b of record { a: u8, b: u8 }"),
    (SHAPE, "emtpy", 'shape has no case "emtpy"; did you mean "empty"?'),
    (SHAPE, "circle", "circle: expected f64, got nothing"),
    (SHAPE, {"empty": 5}, "empty of shape has no payload, got 5"),
    (
        SHAPE,
        {"circle": 1, "empty": True},
        "give one of empty, circle, two-points as {case: payload}",
    ),
    (SHAPE, {"two-points": [{"x": 1}, {"x": "a"}]}, 'two-points[1].x: expected s32, got "a"'),
    (STATUS, 2, "expected status, got 2 (its cases are numbered 0 to 1)"),
    (STATUS, "not-fond", 'status has no case "not-fond"; did you mean "not-found"?'),
    (STATUS, None, "expected status, got nothing"),
    (STATUS, ["ok"], "expected status, got a list of 1"),
    (PERMISSIONS, "read", 'expected permissions, got "read" (give a list of names)'),
    (PERMISSIONS, 8, "expected permissions, got 8 (it has 3 flags)"),
    (PERMISSIONS, ["wirte"], 'permissions has no flag "wirte"; did you mean "write"?'),
    (PERMISSIONS, {"read": 1}, "expected true or false for the flag read, got 1"),
    (PERMISSIONS, {"reed": True}, 'permissions has no field "reed" (did you mean "read"?)'),
    (ResultType(U8), {"fail": 1}, 'result<u8> has no case "fail"; known: ok, err'),
    (ResultType(U8), {"ok": "x"}, 'ok: expected u8, got "x"'),
    (ResultType(U8), 5, "give one of ok, err as {case: payload}"),
    (OptionType(OptionType(U8)), {"some": "x"}, 'some: expected u8, got "x"'),
    (MapType(U32, U8), {"x": 1}, '["x"]: expected u32, got "x"'),
    (MapType(U32, U8), {1: "x"}, '[1]: expected u8, got "x"'),
    (MapType(U32, U8), [[1]], "expected pairs of key and value for map<u32, u8>"),
    (OwnType(ResourceType("file")), None, "expected file, got nothing"),
    (STRING, object(), "expected string, got a object"),
]


@pytest.mark.parametrize(("type", "value", "message"), REFUSED)
def test_refused(type: ValueType, value: object, message: str) -> None:
    with pytest.raises(ComponentError) as caught:
        coerce(value, type)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_path_leads_to_the_fault() -> None:
    type = RecordType((("inner", ListType(TupleType((U8, POINT)))),))
    value = {"inner": [[1, {"x": 1}], [2, {"x": "a"}]]}
    with pytest.raises(ComponentError) as caught:
        coerce(value, type, "parameter 2 (b)")
    assert str(caught.value) == 'parameter 2 (b).inner[1][1].x: expected s32, got "a"'
    assert caught.value.details["path"] == "parameter 2 (b).inner[1][1].x"


def test_host_objects_pass_as_handles() -> None:
    resource = object()
    assert coerce(resource, OwnType(ResourceType("file"))) is resource


def test_arguments() -> None:
    type = FunctionType((("a", U32), ("b", U32), ("c", OptionType(STRING))), U32)
    assert coerce_arguments((6.0, 7), type) == (6, 7, None)
    with pytest.raises(ComponentError) as caught:
        coerce_arguments((6, "x"), type)
    assert str(caught.value) == 'parameter 2 (b): expected u32, got "x"'


@pytest.mark.parametrize("count", [0, 1, 3])
def test_wrong_number_of_arguments(count: int) -> None:
    type = FunctionType((("a", U32), ("b", U32)), U32)
    with pytest.raises(ComponentError) as caught:
        coerce_arguments([1] * count, type)
    assert str(caught.value) == (
        f"parameter count mismatch: expected 2, got {count}; "
        "the signature is func(a: u32, b: u32) -> u32"
    )


def test_deep_value_is_refused_without_a_recursion_error() -> None:
    type: ValueType = U8
    value: object = b""
    for _ in range(5000):
        type = ListType(type)
        value = [value]
    with pytest.raises(ComponentError, match="p: the value is nested too deeply"):
        coerce(value, type, "p")


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_plain_data_comes_back(typed_values: Any, data: Any) -> None:
    type, value = data.draw(typed_values)
    assert coerce(to_plain(value, type), type) == value


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=2),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(st.text(max_size=2) | st.integers(0, 3), parts, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(data=st.data(), junk=JUNK)
def test_anything_is_a_value_or_a_component_error(types: Any, data: Any, junk: object) -> None:
    type = data.draw(types)
    try:
        value = coerce(junk, type)
    except ComponentError:
        pass
    else:
        assert to_plain(value, type) is not Ellipsis
