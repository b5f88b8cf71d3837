"""Answering host calls: at once, later, never; nested; with an error."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pytest

from pywasm_rt.engine.driver import Drive, Meter, call, drive
from pywasm_rt.engine.interface import Limits, Paused, PauseReason
from pywasm_rt.errors import (
    ExhaustionError,
    GuestException,
    GuestExit,
    OperationError,
    Trap,
    TrapCode,
)
from pywasm_rt.operations import Operation, Sleep

Make = Callable[..., Any]

ASK = """
(import "env" "ask" (func $ask (param i32) (result i32)))
(func (export "f") (param i32) (result i32) (i32.add (call $ask (local.get 0)) (i32.const 1)))
"""


def asking(guest: Make, host: Make, answer: Callable[..., object], **options: Any) -> Any:
    return guest(ASK, {("env", "ask"): host("i32 -> i32", answer, "ask")}, **options)


def finish(driver: Generator[Any, Any, Any], answer: object = None) -> Any:
    with pytest.raises(StopIteration) as stop:
        driver.send(answer)
    return stop.value.value


def result_of(driver: Drive, results: list[object]) -> Drive:
    """Hand on what a driver yields, and put its result into a list."""
    results.append((yield from driver))
    return None


def test_a_value_is_the_answer(guest: Make, host: Make) -> None:
    assert asking(guest, host, lambda number: number * 2).call("f", 10) == 21


def test_the_result_of_an_operation_is_the_answer(guest: Make, host: Make) -> None:
    driver = drive(asking(guest, host, Sleep).start("f", 5), Meter())
    assert next(driver) == Sleep(5)
    assert finish(driver, 7) == (8,)


def test_a_generator_asks_for_operations(guest: Make, host: Make) -> None:
    def answer(number: int) -> Generator[Operation, object, object]:
        first = yield Sleep(number)
        assert first == "slept"
        second = yield Sleep(number + 1)
        return second

    driver = drive(asking(guest, host, answer).start("f", 5), Meter())
    assert next(driver) == Sleep(5)
    assert driver.send("slept") == Sleep(6)
    assert finish(driver, 40) == (41,)


def test_errors_of_operations_reach_the_host_function(guest: Make, host: Make) -> None:
    def answer(number: int) -> Generator[Operation, object, object]:
        try:
            yield Sleep(number)
        except OperationError:
            return 99
        return 0

    driver = drive(asking(guest, host, answer).start("f", 5), Meter())
    next(driver)
    with pytest.raises(StopIteration) as stop:
        driver.throw(OperationError("refused"))
    assert stop.value.value == (100,)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (Trap(TrapCode.HOST, "disk full"), Trap),
        (GuestExit(3), GuestExit),
        (OSError("no such file"), OperationError),
    ],
)
def test_errors_of_host_functions(
    guest: Make, host: Make, raised: Exception, expected: type[Exception]
) -> None:
    def answer(number: int) -> object:
        raise raised

    with pytest.raises(expected) as caught:
        asking(guest, host, answer).call("f", 1)
    assert str(raised) in str(caught.value)


def test_faults_of_host_functions_are_not_hidden(guest: Make, host: Make) -> None:
    with pytest.raises(ZeroDivisionError):
        asking(guest, host, lambda number: number // 0).call("f", 1)
    with pytest.raises(TypeError, match=r"host function ask.*is no i32"):
        asking(guest, host, lambda number: "x").call("f", 1)


def test_a_plain_call_does_not_wait(guest: Make, host: Make) -> None:
    with pytest.raises(Trap, match="Sleep cannot be awaited in a plain call"):
        asking(guest, host, Sleep).call("f", 1)


def test_the_quantum_of_a_meter(guest: Make) -> None:
    program = guest(
        """(func (export "count") (param i32)
             (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))"""
    )
    meter = Meter(100)
    results: list[object] = []
    pauses = 0
    for request in result_of(drive(program.start("count", 1000), meter), results):
        assert request == Paused(PauseReason.FUEL)
        assert meter.quantum == 0
        assert meter.depth == 1
        assert meter.current is not None
        pauses += 1
        meter.quantum = 100
    assert results == [()]
    assert 45 <= pauses <= 50
    assert meter.current is None
    assert meter.depth == 0


def test_nested_calls_share_a_meter(guest: Make, host: Make) -> None:
    meter = Meter(30)
    seen: list[int] = []

    def answer(number: int) -> object:
        seen.append(meter.depth)
        if not number:
            return 0
        return _first(drive(program.start("f", number - 1), meter))

    def _first(driver: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        (value,) = yield from driver
        return value

    program = asking(guest, host, answer)
    results: list[object] = []
    pauses = 0
    for request in result_of(drive(program.start("f", 10), meter), results):
        assert isinstance(request, Paused)
        pauses += 1
        meter.quantum = 30
    assert results == [(11,)]
    assert seen == list(range(1, 12))
    assert pauses


def test_nesting_is_limited(guest: Make, host: Make) -> None:
    depths: list[int] = []

    def answer(number: int) -> object:
        depths.append(number)
        (value,) = call(program.instance, program["f"], (number + 1,))
        return value

    program = asking(guest, host, answer, limits=Limits(nested_executions=5))
    with pytest.raises(ExhaustionError, match="call stack exhausted: host functions") as caught:
        program.call("f", 0)
    assert caught.value.limit == 5
    assert len(depths) == 5
    depths.clear()
    with pytest.raises(ExhaustionError):
        program.call("f", 0)
    assert len(depths) == 5


def test_the_usual_limit_fits_pythons_stack(guest: Make, host: Make) -> None:
    def answer(number: int) -> object:
        (value,) = call(program.instance, program["f"], (number + 1,))
        return value

    program = asking(guest, host, answer)
    with pytest.raises(ExhaustionError, match="host functions"):
        program.call("f", 0)


def test_a_host_function_that_exhausts_pythons_stack(guest: Make, host: Make) -> None:
    def answer(number: int) -> object:
        return answer(number)

    with pytest.raises(ExhaustionError, match="call stack exhausted"):
        asking(guest, host, answer).call("f", 0)


def test_exceptions_go_through_the_host(guest: Make, host: Make) -> None:
    inner = guest('(tag (export "e") (param i32)) (func (export "f") (throw 0 (i32.const 5)))')
    outer = guest(
        """(import "env" "e" (tag $e (param i32)))
           (import "env" "f" (func $f))
           (func (export "g") (result i32)
             (block $caught (result i32)
               (try_table (catch $e $caught) (call $f)) (i32.const 0)))""",
        {("env", "e"): inner["e"], ("env", "f"): host("->", lambda: inner.call("f"))},
    )
    assert outer.call("g") == 5
    with pytest.raises(GuestException) as caught:
        inner.call("f")
    assert caught.value.values == (5,)
