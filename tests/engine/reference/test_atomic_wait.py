"""Waiting at an address and being notified."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.engine.driver import Meter, drive
from pywasm_rt.engine.interface import HostCall
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.operations import Waiter, WaitForNotification

Make = Callable[..., Any]

THREADS = """
(memory (export "memory") 1 1 shared)
(func (export "wait") (param i32 i32 i64) (result i32)
  (i32.add (i32.const 100)
    (memory.atomic.wait32 offset=8 (local.get 0) (local.get 1) (local.get 2))))
(func (export "wait64") (param i32 i64 i64) (result i32)
  (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
(func (export "notify") (param i32 i32) (result i32)
  (memory.atomic.notify offset=8 (local.get 0) (local.get 1)))
"""


def begin(program: Any, *arguments: int) -> tuple[Any, WaitForNotification]:
    driver = drive(program.start("wait", *arguments), Meter())
    request = next(driver)
    assert isinstance(request, WaitForNotification)
    return driver, request


def end(driver: Any) -> Any:
    with pytest.raises(StopIteration) as stop:
        driver.send(None)
    return stop.value.value


def test_waiting_until_notified(guest: Make) -> None:
    program = guest(THREADS)
    first, request = begin(program, 0, 0, -1)
    second, _ = begin(program, 0, 0, -1)
    elsewhere, _ = begin(program, 4, 0, -1)
    assert request.timeout_ns is None
    assert isinstance(request.waiter, Waiter)
    called: list[str] = []
    request.waiter.when_notified(lambda: called.append("before"))
    assert program.call("notify", 0, 1) == 1
    assert request.waiter.is_notified
    request.waiter.when_notified(lambda: called.append("after"))
    assert called == ["before", "after"]
    assert end(first) == (100,)
    assert program.call("notify", 0, 5) == 1
    assert end(second) == (100,)
    assert program.call("notify", 0, 5) == 0
    assert program.call("notify", 4, 5) == 1
    assert end(elsewhere) == (100,)


def test_the_time_is_over(guest: Make) -> None:
    program = guest(THREADS)
    driver, request = begin(program, 0, 0, 5_000)
    assert request.timeout_ns == 5_000
    assert end(driver) == (102,)
    assert program.call("notify", 0, 1) == 0
    assert program["memory"].waiters == {}


def test_another_value_is_there(guest: Make) -> None:
    program = guest(THREADS)
    assert program.call("wait", 0, 1, -1) == 101
    assert program.call("wait64", 8, 1, -1) == 1


def test_an_abandoned_wait_is_forgotten(guest: Make) -> None:
    program = guest(THREADS)
    driver, _ = begin(program, 0, 0, -1)
    driver.close()
    assert program.call("notify", 0, 1) == 0
    with pytest.raises(Trap, match="cannot be awaited"):
        program.call("wait", 0, 0, -1)
    assert program["memory"].waiters == {}


def test_it_looks_like_a_host_call(guest: Make) -> None:
    program = guest(THREADS)
    execution = program.start("wait", 0, 0, -1)
    event = execution.run()
    assert isinstance(event, HostCall)
    assert event.function.name == "memory.atomic.wait32"
    assert event.arguments == ()
    (frame,) = execution.frames()
    assert frame.instruction.row.mnemonic == "memory.atomic.wait32"
    assert [operand.value for operand in frame.operands] == [100]
    execution.resume(0)
    assert execution.run().values == (100,)


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("wait", (2, 0, 0), TrapCode.UNALIGNED_ATOMIC),
        ("wait", (65536 - 8, 0, 0), TrapCode.MEMORY_OUT_OF_BOUNDS),
        ("wait64", (4, 0, 0), TrapCode.UNALIGNED_ATOMIC),
        ("notify", (2, 0), TrapCode.UNALIGNED_ATOMIC),
        ("notify", (65536 - 8, 0), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ],
)
def test_traps(guest: Make, name: str, arguments: tuple[int, ...], code: TrapCode) -> None:
    with pytest.raises(Trap) as caught:
        guest(THREADS).call(name, *arguments)
    assert caught.value.code is code


def test_only_shared_memory_can_be_waited_for(guest: Make) -> None:
    program = guest(THREADS.replace(" shared", ""))
    with pytest.raises(Trap, match="expected shared memory"):
        program.call("wait", 0, 0, 0)
    assert program.call("notify", 0, 1) == 0
