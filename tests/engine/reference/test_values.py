"""Values that come in from the host."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pywasm_rt.engine.float_bits import f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits
from pywasm_rt.engine.interface import HostFunction, reference_kind
from pywasm_rt.engine.reference.heap import I31
from pywasm_rt.engine.reference.values import (
    default_value,
    from_host,
    from_host_all,
    results_from_host,
)
from pywasm_rt.wasm.types import (
    ANYREF,
    EXTERNREF,
    F32,
    F64,
    FUNCREF,
    I32,
    I64,
    V128,
    AbstractHeapType,
    FunctionType,
    ReferenceType,
    ValueType,
)

I31REF = ReferenceType(nullable=True, heap=AbstractHeapType.I31)
NON_NULL = ReferenceType(nullable=False, heap=AbstractHeapType.EXTERN)


@pytest.mark.parametrize(
    ("type", "given", "value"),
    [
        (I32, -1, 0xFFFF_FFFF),
        (I32, -(1 << 31), 1 << 31),
        (I32, (1 << 32) - 1, (1 << 32) - 1),
        (I32, True, 1),
        (I64, -1, (1 << 64) - 1),
        (V128, (1 << 128) - 1, (1 << 128) - 1),
        (F32, 0.1, f32_from_bits(0x3DCCCCCD)),
        (F32, 1e300, math.inf),
        (F64, 0.1, 0.1),
        (F64, 3, 3.0),
        (EXTERNREF, "anything", "anything"),
        (EXTERNREF, None, None),
        (FUNCREF, None, None),
        (I31REF, I31(5), I31(5)),
        (ANYREF, "of the host", "of the host"),
    ],
)
def test_values_that_fit(type: ValueType, given: object, value: object) -> None:
    assert from_host(type, given) == value


@pytest.mark.parametrize(
    ("type", "given"),
    [
        (I32, 1 << 32),
        (I32, -(1 << 31) - 1),
        (I32, 1.0),
        (I32, "1"),
        (I32, None),
        (I64, 1 << 64),
        (V128, 1 << 128),
        (F32, "1"),
        (F64, None),
        (F64, 1 << 2000),
        (FUNCREF, print),
        (I31REF, 5),
        (NON_NULL, None),
    ],
)
def test_values_that_do_not_fit(type: ValueType, given: object) -> None:
    with pytest.raises(TypeError, match="is no"):
        from_host(type, given)


def test_nans_keep_their_payload() -> None:
    for bits in (0x7F800001, 0xFFC12345):
        assert f32_to_bits(_float(from_host(F32, f32_from_bits(bits)))) == bits
    for bits in (0x7FF0_0000_0000_0001, 0xFFF8_1234_0000_0000):
        assert f64_to_bits(_float(from_host(F64, f64_from_bits(bits)))) == bits


def _float(value: object) -> float:
    assert isinstance(value, float)
    return value


def test_a_host_function_becomes_a_function_reference() -> None:
    function = HostFunction(FunctionType((I32,), ()), print, "print")
    reference: Any = from_host(FUNCREF, function)
    assert reference.host is function
    assert reference.type == function.type
    assert reference_kind(reference) == "func"


def test_several_values() -> None:
    assert from_host_all((I32, F64), (1, 2), "f") == [1, 2.0]
    with pytest.raises(TypeError, match="'f' needs 2 values, not 1"):
        from_host_all((I32, F64), (1,), "f")
    with pytest.raises(TypeError, match="'f', value 1: 'x' is no f64"):
        from_host_all((I32, F64), (1, "x"), "f")


def test_results() -> None:
    assert results_from_host((), None, "f") == []
    assert results_from_host((), (), "f") == []
    assert results_from_host((I32,), -1, "f") == [0xFFFF_FFFF]
    assert results_from_host((I32, I32), (1, 2), "f") == [1, 2]
    assert results_from_host((I32, I32), [1, 2], "f") == [1, 2]
    for types, result in [((), 1), ((I32,), None), ((I32, I32), 1), ((I32, I32), (1, 2, 3))]:
        with pytest.raises(TypeError):
            results_from_host(types, result, "f")


def test_default_values() -> None:
    assert [default_value(type) for type in (I32, I64, V128, EXTERNREF)] == [0, 0, 0, None]
    assert repr(default_value(F32)) == repr(default_value(F64)) == "0.0"
