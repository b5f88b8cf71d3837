"""Alignment, size and flattening."""

from __future__ import annotations

import pytest

from pywasm_rt.component import types as t
from pywasm_rt.component.canonical.layout import (
    Layout,
    discriminant_size,
    join,
    layout_of,
    variant_layout,
)
from pywasm_rt.component.types import ResourceType
from pywasm_rt.wasm.types import F32, F64, I32, I64


def flags(count: int) -> t.FlagsType:
    return t.FlagsType(tuple(f"f{n}" for n in range(count)))


def enum(count: int) -> t.EnumType:
    return t.EnumType(tuple(f"e{n}" for n in range(count)))


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        (t.BOOL, Layout(1, 1, (I32,))),
        (t.S64, Layout(8, 8, (I64,))),
        (t.F32, Layout(4, 4, (F32,))),
        (t.CHAR, Layout(4, 4, (I32,))),
        (t.STRING, Layout(4, 8, (I32, I32))),
        (t.ListType(t.U64), Layout(4, 8, (I32, I32))),
        (t.ListType(t.U16, 3), Layout(2, 6, (I32, I32, I32))),
        (t.ListType(t.U8, 17), Layout(1, 17, None)),
        (t.MapType(t.U8, t.U64), Layout(4, 8, (I32, I32))),
        (t.TupleType((t.U8, t.U32, t.U16)), Layout(4, 12, (I32, I32, I32))),
        (t.RecordType((("a", t.U8), ("b", t.U64))), Layout(8, 16, (I32, I64))),
        (t.TupleType((t.U8,) * 17), Layout(1, 17, None)),
        (t.OptionType(t.U8), Layout(1, 2, (I32, I32))),
        (t.OptionType(t.F64), Layout(8, 16, (I32, F64))),
        (t.ResultType(), Layout(1, 1, (I32,))),
        (t.ResultType(t.F32, t.U32), Layout(4, 8, (I32, I32))),
        (t.ResultType(t.F32, t.F64), Layout(8, 16, (I32, I64))),
        (t.VariantType((("a", t.STRING), ("b", t.F64))), Layout(8, 16, (I32, I64, I32))),
        (enum(256), Layout(1, 1, (I32,))),
        (enum(257), Layout(2, 2, (I32,))),
        (flags(8), Layout(1, 1, (I32,))),
        (flags(9), Layout(2, 2, (I32,))),
        (flags(16), Layout(2, 2, (I32,))),
        (flags(17), Layout(4, 4, (I32,))),
        (flags(32), Layout(4, 4, (I32,))),
        (t.OwnType(ResourceType("r")), Layout(4, 4, (I32,))),
        (t.FutureType(t.U8), Layout(4, 4, (I32,))),
    ],
)
def test_layouts(type: t.ValueType, expected: Layout) -> None:
    assert layout_of(type) == expected


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        (t.U32, Layout(4, 4, (I32,))),
        (t.STRING, Layout(8, 16, (I64, I64))),
        (t.ListType(t.U8), Layout(8, 16, (I64, I64))),
        (t.MapType(t.U8, t.U8), Layout(8, 16, (I64, I64))),
        (t.ListType(t.STRING, 2), Layout(8, 32, (I64,) * 4)),
        (t.RecordType((("a", t.U8), ("b", t.STRING))), Layout(8, 24, (I32, I64, I64))),
        (t.OptionType(t.STRING), Layout(8, 24, (I32, I64, I64))),
        (t.VariantType((("a", t.STRING), ("b", t.F32))), Layout(8, 24, (I32, I64, I64))),
        (t.OwnType(ResourceType("r")), Layout(4, 4, (I32,))),
    ],
)
def test_layouts_in_a_64_bit_memory(type: t.ValueType, expected: Layout) -> None:
    assert layout_of(type, I64) == expected


def test_a_payload_begins_at_its_alignment() -> None:
    assert variant_layout((None, t.STRING)).payload_offset == 4
    assert variant_layout((None, t.STRING), I64).payload_offset == 8
    assert variant_layout((None, t.U64)).payload_offset == 8
    assert variant_layout((None, t.U8)).payload_offset == 1
    assert variant_layout((None,) * 300).payload_offset == 2


def test_discriminants_grow() -> None:
    assert [discriminant_size(n) for n in (1, 256, 257, 65536, 65537)] == [1, 1, 2, 2, 4]


def test_cases_share_the_narrowest_core_type_that_holds_both() -> None:
    assert join(F32, F32) is F32
    assert join(F32, I32) is join(I32, F32) is I32
    assert join(F64, F32) is join(F64, I64) is join(I32, F64) is I64
