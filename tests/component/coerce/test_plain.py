"""Component values as plain data."""

from __future__ import annotations

import pytest

from pywasm_rt.component.coerce import to_plain
from pywasm_rt.component.types import (
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

POINT = RecordType((("x", U8), ("y-axis", OptionType(U8))), "point")
SHAPE = VariantType((("empty", None), ("at", POINT)))
FILE = object()


@pytest.mark.parametrize(
    ("type", "value", "plain"),
    [
        (U8, 5, 5),
        (STRING, "x", "x"),
        (ListType(U8), b"\0\xff", b"\0\xff"),
        (ListType(STRING), ["a"], ["a"]),
        (ListType(POINT), [Record({"x": 1, "y-axis": None})], [{"x": 1, "y-axis": None}]),
        (TupleType((U8, POINT)), (1, Record({"x": 1, "y-axis": 2})), [1, {"x": 1, "y-axis": 2}]),
        (SHAPE, Variant("empty"), {"empty": True}),
        (SHAPE, Variant("at", Record({"x": 1, "y-axis": 2})), {"at": {"x": 1, "y-axis": 2}}),
        (EnumType(("a", "b")), "b", "b"),
        (FlagsType(("r", "w", "x")), frozenset({"x", "r"}), ["r", "x"]),
        (OptionType(U8), None, None),
        (OptionType(U8), 1, 1),
        (OptionType(OptionType(U8)), Some(None), {"some": None}),
        (ResultType(POINT), Ok(Record({"x": 1, "y-axis": 2})), {"ok": {"x": 1, "y-axis": 2}}),
        (ResultType(), Ok(), {"ok": True}),
        (ResultType(None, STRING), Err("no"), {"err": "no"}),
        (MapType(U8, POINT), {1: Record({"x": 1, "y-axis": 2})}, {1: {"x": 1, "y-axis": 2}}),
        (OwnType(ResourceType()), FILE, FILE),
        (None, None, None),
    ],
)
def test_plain(type: ValueType | None, value: object, plain: object) -> None:
    assert to_plain(value, type) == plain


def test_value_of_another_type_is_refused() -> None:
    with pytest.raises(ComponentError, match="expected u8, got 256"):
        to_plain(256, U8)
