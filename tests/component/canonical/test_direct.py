"""Numbers cross in the direct way as they do in the general one."""

from __future__ import annotations

import enum
import struct
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.component.canonical.direct import compile_host_call, compile_lowering, is_direct
from pywasm_rt.component.canonical.signature import Signature, core_type_of_lowered
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.numbers import INTEGER_RANGES
from pywasm_rt.component.types import (
    BOOL,
    CHAR,
    F32,
    F64,
    STRING,
    U8,
    U32,
    FunctionType,
    PrimitiveType,
    TupleType,
)
from pywasm_rt.errors import ComponentError, Trap
from pywasm_rt.operations import Sleep
from pywasm_rt.wasm import types as core

SCALARS = [BOOL, CHAR, F32, F64, *INTEGER_RANGES]


class Number(enum.IntEnum):
    SEVEN = 7


ENDS = [end for ends in INTEGER_RANGES.values() for end in ends]
EDGES = [end + k for end in ENDS for k in (-1, 0, 1)]
VALUES = (
    st.sampled_from(EDGES)
    | st.booleans()
    | st.floats()
    | st.characters()
    | st.sampled_from([None, "", "ab", "\ud800", "\uffff", Number.SEVEN, b"x", 1e300, "x" * 70])
)
CORE_VALUES = {
    core.I32: st.integers(0, 2**32 - 1),
    core.I64: st.integers(0, 2**64 - 1),
    core.F32: st.floats(width=32),
    core.F64: st.floats(),
}


@st.composite
def signatures(draw: st.DrawFn) -> FunctionType:
    types = draw(st.lists(st.sampled_from(SCALARS), max_size=6))
    result = draw(st.none() | st.sampled_from(SCALARS))
    return FunctionType(tuple((f"p{n}", it) for n, it in enumerate(types)), result)


def comparable(value: Any) -> Any:
    """A value that is equal to another exactly if both are the same, bit by bit."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, list | tuple):
        return [comparable(part) for part in value]
    return value, type(value)


def unsigned(values: Any, types: Any) -> list[Any]:
    """Core values; the engines take integers with and without signs."""
    bits = {core.I32: 32, core.I64: 64}
    return [
        value % 2 ** bits[it] if it in bits else value
        for value, it in zip(values, types, strict=True)
    ]


def outcome(function: Any, *arguments: Any) -> Any:
    try:
        return comparable(function(*arguments))
    except (ComponentError, Trap) as error:
        return str(error)


@given(signatures(), st.data(), st.lists(VALUES, max_size=7))
def test_arguments_are_lowered_alike(
    new_boundary: Any, type: FunctionType, data: Any, values: list[object]
) -> None:
    signature = Signature(type, StringEncoding.UTF8)

    def slowly(arguments: Any) -> Any:
        return signature.lower_parameters(new_boundary().lowering(), arguments)

    if data.draw(st.booleans()):  # the right number
        count = len(type.parameters)
        values = data.draw(st.lists(VALUES, min_size=count, max_size=count))
    lower = compile_lowering(type, slowly)
    types = core_type_of_lowered(type).parameters
    assert outcome(lambda: unsigned(lower(tuple(values)), types)) == outcome(
        lambda: unsigned(slowly(values), types)
    )


@given(signatures(), st.data(), VALUES)
def test_the_host_is_called_alike(
    new_boundary: Any, type: FunctionType, data: Any, result: object
) -> None:
    signature = Signature(type, StringEncoding.UTF8)
    received: list[Any] = []

    def implementation(*arguments: object) -> object:
        received.append(arguments)
        return result

    def finish(answer: object, values: Any) -> object:
        del values
        lowered = signature.lower_result(new_boundary().lowering(), answer)
        return lowered[0] if lowered else None

    def slowly(*values: Any) -> object:
        arguments = signature.lift_parameters(new_boundary().lifting(), values)
        return finish(implementation(*arguments), values)

    values = [data.draw(CORE_VALUES[it]) for it in core_type_of_lowered(type).parameters]
    frame = SimpleNamespace(may_leave=True)
    call = compile_host_call(type, frame, implementation, finish, lambda: None)
    types = core_type_of_lowered(type).results
    assert outcome(lambda: unsigned([call(*values)][: len(types)], types)) == outcome(
        lambda: unsigned([slowly(*values)][: len(types)], types)
    )
    if received:
        assert comparable(received[0]) == comparable(received[1])


def test_what_is_more_than_a_number_is_not_direct() -> None:
    assert is_direct(FunctionType((("a", U32),), None))
    assert not is_direct(FunctionType((("a", STRING),), None))
    assert not is_direct(FunctionType((), TupleType((U8,))))
    assert not is_direct(FunctionType((), PrimitiveType.ERROR_CONTEXT))
    assert not is_direct(FunctionType(tuple((f"p{n}", U8) for n in range(17)), None))


def test_a_guest_that_may_not_leave_is_refused() -> None:
    called: list[object] = []

    def refuse() -> object:
        raise ComponentError("no")

    frame = SimpleNamespace(may_leave=False)
    type = FunctionType((), None)
    call = compile_host_call(type, frame, lambda: called.append(1), lambda *_: None, refuse)
    with pytest.raises(ComponentError, match="no"):
        call()
    assert not called


def test_what_has_to_wait_is_left_to_others() -> None:
    frame = SimpleNamespace(may_leave=True)
    seen: list[object] = []
    call = compile_host_call(
        FunctionType((("a", U8),), U8), frame, Sleep, lambda *it: seen.append(it), lambda: None
    )
    call(259)
    assert seen == [(Sleep(3), (259,))]
