"""Values through a real script and back."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.component.values import Err, Ok, Record, Some, Variant
from pywasm_rt.errors import EngineBug, ProcessError, ProcessErrorKind
from pywasm_rt.lua.process import LuaProcess
from pywasm_rt.lua.wire import decode, encode
from pywasm_rt.process.interface import Exit, ExitResult, ProcessDefinition
from pywasm_rt.process.pid import PID
from pywasm_rt.process.simulation import Simulation


def is_something(value: object) -> bool:
    return value is not None


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(),
)
KEYS = st.one_of(st.text(max_size=5), st.integers(100, 200))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner.filter(lambda value: value is not None), max_size=4),
        st.dictionaries(
            KEYS, inner.filter(lambda value: value is not None), min_size=1, max_size=4
        ),
    ),
    max_leaves=12,
)

ECHO = Simulation()
ECHO.register("echo", ProcessDefinition(lambda _: LuaProcess("return ...")))
PACKS = Simulation()
PACKS.register("packs", ProcessDefinition(lambda _: LuaProcess("return {n = select('#', ...)}")))


def through_lua(value: object) -> Any:
    result = ECHO.run("echo", value)
    if result.error is not None:
        raise result.error
    return result.value


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_values_survive_the_way_through_a_script(value: object) -> None:
    got = through_lua(value)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"\xff\xfe", b"\xff\xfe"),
        (b"text", "text"),
        (bytearray(b"\x80"), b"\x80"),
        ((1, 2), [1, 2]),
        ({}, []),
        ([], []),
        ([1, None, 3], {1: 1, 3: 3}),
        ({"a": None, "b": 1}, {"b": 1}),
        ({1: "a", 2: "b"}, ["a", "b"]),
        (frozenset({"read", "write"}), ["read", "write"]),
        (math.inf, math.inf),
        (-0.0, -0.0),
        (2**63 - 1, 2**63 - 1),
        (Record({"exit-code": 3, "name": "x"}), {"exit-code": 3, "name": "x"}),
        (Variant("circle", 2.5), {"circle": 2.5}),
        (Variant("empty"), {"empty": True}),
        (Ok(1), {"ok": 1}),
        (Err("no"), {"err": "no"}),
        (Ok(), {"ok": True}),
        (Some(5), {"some": 5}),
        (PID("a:b", 10), "{a:b|0x0000a}"),
    ],
)
def test_forms(value: object, expected: object) -> None:
    assert through_lua(value) == expected


def test_nan() -> None:
    assert math.isnan(through_lua(math.nan))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_absent_arguments_count(count: int) -> None:
    assert PACKS.run("packs", *[None] * count).value == {"n": count}


class Odd:
    pass


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2**63, "integer 9223372036854775808 does not fit into the 64 bits of a Lua integer"),
        (Odd(), "a Odd has no form in Lua"),
        ({None: 1}, "neither nil nor NaN can be a key"),
        ({math.nan: 1}, "neither nil nor NaN can be a key"),
    ],
)
def test_what_has_no_form_in_lua_is_refused_at_the_spawn(value: object, message: str) -> None:
    with pytest.raises(ProcessError, match=message) as refused:
        ECHO.spawn("echo", value)
    assert refused.value.kind is ProcessErrorKind.INVALID


def test_data_that_contains_itself_is_refused() -> None:
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(ProcessError, match="nested too deeply"):
        encode(circle)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("return print", "the result cannot leave the process: a function is not a value"),
        ("return {a = coroutine.create(print)}", "a thread is not a value"),
        ("local t = {} t.t = t return t", "nested too deeply, or contains itself"),
        ("return {[{}] = 1}", "a table cannot be a key"),
    ],
)
def test_what_cannot_leave_a_script(text: str, message: str) -> None:
    simulation = Simulation()
    simulation.register("p", ProcessDefinition(lambda _: LuaProcess(text)))
    assert message in str(simulation.run("p").error)


def test_metamethods_are_not_asked() -> None:
    text = """
    return setmetatable({1, 2}, {__index = error, __pairs = error, __len = error, __eq = error})
    """
    simulation = Simulation()
    simulation.register("p", ProcessDefinition(lambda _: LuaProcess(text)))
    assert simulation.run("p").value == [1, 2]


def test_errors_keep_kind_and_details() -> None:
    error = ProcessError(
        "too late", ProcessErrorKind.TIMEOUT, retryable=True, limit_ms=5, odd=Odd(), where_=None
    )
    got = through_lua({"error": error})["error"]
    assert isinstance(got, ProcessError)
    assert (got.message, got.kind, got.retryable) == ("too late", ProcessErrorKind.TIMEOUT, True)
    assert got.details["limit_ms"] == 5
    assert "Odd object" in str(got.details["odd"])


def test_an_exit_whose_value_has_no_form_arrives_with_an_error() -> None:
    text = "local event = ... return {event.type, event.value == nil, event.error:message()}"
    simulation = Simulation()
    simulation.register("p", ProcessDefinition(lambda _: LuaProcess(text)))
    kind, absent, message = simulation.run("p", Exit(PID("h", 1), ExitResult(2**64), 5)).value  # type: ignore[misc]
    assert (kind, absent) == ("EXIT", True)
    assert "does not fit" in message


def test_strings_that_are_not_from_lua_are_a_bug() -> None:
    with pytest.raises(EngineBug, match="unknown tag"):
        decode(b"?")
    with pytest.raises(EngineBug, match="bytes are left"):
        decode(b"zz")
