"""Whole signatures: random types and values go into a memory and come back."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pywasm_rt.component import types as t
from pywasm_rt.component.canonical.signature import (
    Signature,
    core_type_of_lifted,
    core_type_of_lowered,
)
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.values import Ok
from pywasm_rt.errors import ComponentError, Trap
from pywasm_rt.wasm.types import F32, I32, I64, NumberType
from pywasm_rt.wasm.types import FunctionType as CoreFunctionType

ENCODINGS = st.sampled_from(list(StringEncoding))
ADDRESSES = st.sampled_from([I32, I64])
RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RELAXED
@given(st.data(), ENCODINGS, ADDRESSES)
def test_a_result_comes_back(
    typed_values: Any,
    result_through: Any,
    same_value: Any,
    data: Any,
    encoding: StringEncoding,
    address: NumberType,
) -> None:
    type, value = data.draw(typed_values)
    assert same_value(result_through(type, value, encoding, address), value)


@RELAXED
@given(st.data(), ENCODINGS, ADDRESSES)
def test_arguments_come_back(
    typed_values: Any,
    arguments_through: Any,
    same_value: Any,
    data: Any,
    encoding: StringEncoding,
    address: NumberType,
) -> None:
    typed = data.draw(st.lists(typed_values, max_size=6))
    types, values = tuple(it for it, _ in typed), [value for _, value in typed]
    assert same_value(arguments_through(types, values, encoding, address), values)


@RELAXED
@given(st.data(), st.binary(min_size=64, max_size=512), ENCODINGS)
def test_random_bytes_do_no_worse_than_a_trap(
    types: Any, new_boundary: Any, data: Any, memory: bytes, encoding: StringEncoding
) -> None:
    boundary = new_boundary()
    boundary.memory.data = bytearray(memory)
    signature = Signature(function([data.draw(types)]), encoding)
    width = len(core_type_of_lifted(signature.type).parameters)
    core = [int.from_bytes(memory[n * 3 : n * 3 + 2], "little") for n in range(width)]
    with contextlib.suppress(Trap):
        signature.lift_parameters(boundary.lifting(), core)


def function(parameters: list[t.ValueType], result: t.ValueType | None = None) -> t.FunctionType:
    return t.FunctionType(tuple((f"p{n}", it) for n, it in enumerate(parameters)), result)


@pytest.mark.parametrize(
    ("type", "lifted", "lowered"),
    [
        (function([]), ((), ()), ((), ())),
        (function([t.U8, t.S64, t.F32], t.BOOL), ((I32, I64, F32), (I32,)), None),
        (function([t.STRING], t.STRING), ((I32, I32), (I32,)), ((I32, I32, I32), ())),
        (function([t.U32] * 16), ((I32,) * 16, ()), None),
        (function([t.U32] * 17, t.STRING), ((I32,), (I32,)), ((I32, I32), ())),
        (function([], t.TupleType((t.U8,))), ((), (I32,)), None),
    ],
)
def test_core_types(
    type: t.FunctionType, lifted: tuple[object, object], lowered: tuple[object, object] | None
) -> None:
    assert core_type_of_lifted(type) == CoreFunctionType(*lifted)  # type: ignore[arg-type]
    assert core_type_of_lowered(type) == CoreFunctionType(*(lowered or lifted))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type", "lifted", "lowered"),
    [
        (function([t.U8, t.S64, t.F32], t.BOOL), ((I32, I64, F32), (I32,)), None),
        (function([t.STRING], t.STRING), ((I64, I64), (I64,)), ((I64, I64, I64), ())),
        (function([t.ListType(t.U8), t.U8]), ((I64, I64, I32), ()), None),
        (function([t.MapType(t.U8, t.U8)]), ((I64, I64), ()), None),
        (function([t.OptionType(t.STRING)]), ((I32, I64, I64), ()), None),
        (function([t.ResultType(t.STRING, t.F64)]), ((I32, I64, I64), ()), None),
        (function([t.U32] * 17, t.U32), ((I64,), (I32,)), None),
        (function([], t.TupleType((t.U8, t.U8))), ((), (I64,)), ((I64,), ())),
    ],
)
def test_core_types_for_a_64_bit_memory(
    type: t.FunctionType, lifted: tuple[object, object], lowered: tuple[object, object] | None
) -> None:
    found = core_type_of_lifted(type, address=I64)
    assert found == CoreFunctionType(*lifted)  # type: ignore[arg-type]
    found = core_type_of_lowered(type, address=I64)
    assert found == CoreFunctionType(*(lowered or lifted))  # type: ignore[arg-type]


def test_the_wrong_number_of_arguments_is_told_with_the_right_one(new_boundary: Any) -> None:
    signature = Signature(function([t.U8, t.STRING]), StringEncoding.UTF8)
    sentence = r"2 arguments are expected \(p0: u8, p1: string\), 1 given"
    with pytest.raises(ComponentError, match=sentence):
        signature.lower_parameters(new_boundary().lowering(), [1])


def test_errors_lead_to_the_place(new_boundary: Any) -> None:
    point = t.RecordType((("x", t.U8), ("y", t.ListType(t.ResultType(t.U8)))))
    signature = Signature(function([t.BOOL, point]), StringEncoding.UTF8)
    with pytest.raises(ComponentError, match=r"^argument p1\.y\[1\]\(ok\): expected u8 .* got 256"):
        signature.lower_parameters(
            new_boundary().lowering(), [True, {"x": 1, "y": [Ok(1), Ok(256), Ok(2)]}]
        )
    spilled = Signature(function([t.U32] * 16 + [point]), StringEncoding.UTF8)
    with pytest.raises(ComponentError, match=r"^argument p16\.x: expected u8, got 'a'"):
        spilled.lower_parameters(new_boundary().lowering(), [0] * 16 + [{"x": "a", "y": []}])
    result = Signature(function([], t.TupleType((t.U8, t.U8))), StringEncoding.UTF8)
    with pytest.raises(ComponentError, match=r"^result\.1: expected u8"):
        result.lower_result(new_boundary().lowering(), (1, None))


def test_a_result_that_nobody_expects_is_refused(new_boundary: Any) -> None:
    signature = Signature(function([]), StringEncoding.UTF8)
    with pytest.raises(ComponentError, match="result: expected nothing, got 1"):
        signature.lower_result(new_boundary().lowering(), 1)


def test_spilled_parameters_must_be_aligned_and_inside(new_boundary: Any) -> None:
    signature = Signature(function([t.U64] * 17), StringEncoding.UTF8)
    boundary = new_boundary()
    with pytest.raises(Trap, match=r"^unaligned pointer"):
        signature.lift_parameters(boundary.lifting(), [4])
    with pytest.raises(Trap, match=r"^pointer out of bounds of memory"):
        signature.lift_parameters(boundary.lifting(), [boundary.memory.size_bytes - 8])
