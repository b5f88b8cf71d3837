"""Executions as values: events, answers, frames, interleaving, interrupts, limits."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import (
    HostCall,
    Limits,
    Paused,
    PauseReason,
    Returned,
    Trapped,
    TypedValue,
)
from pywasm_rt.errors import CodeLocation, ExhaustionError, GuestExit, Trap, TrapCode
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import F64, I32, I64

Make = Callable[..., Any]

ASKING = """
(import "env" "ask" (func $ask (param i32) (result i32)))
(func (export "sum") (param i32) (result i32)
  (i32.add (call $ask (local.get 0)) (call $ask (i32.add (local.get 0) (i32.const 1)))))
"""


def asking(guest: Make, host: Make) -> Any:
    return guest(ASKING, {("env", "ask"): host("i32 -> i32", print, "ask")})


def test_a_host_call_is_an_event(guest: Make, host: Make) -> None:
    program = asking(guest, host)
    execution = program.start("sum", 5)
    event = execution.run()
    assert isinstance(event, HostCall)
    assert event.function.name == "ask"
    assert event.arguments == (5,)
    assert event.caller is program.instance
    execution.resume(10)
    event = execution.run()
    assert isinstance(event, HostCall)
    assert event.arguments == (6,)
    execution.resume(-20)
    assert execution.run() == Returned((0xFFFF_FFF6,))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_host_calls_are_answered_in_any_order(
    guest: Make, host: Make, order: tuple[int, ...]
) -> None:
    program = asking(guest, host)
    executions = [program.start("sum", 10 * number) for number in range(3)]
    for execution in executions:
        execution.run()
    for number in order:
        executions[number].resume(number)
    for number in reversed(order):
        assert isinstance(executions[number].run(), HostCall)
    for number in order:
        executions[number].resume(100)
        assert executions[number].run() == Returned((100 + number,))


def test_interleaved_executions_do_not_disturb_each_other(guest: Make) -> None:
    program = guest(
        """(func $fib (export "fib") (param i32) (result i32)
             (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
               (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                              (call $fib (i32.sub (local.get 0) (i32.const 2)))))))"""
    )
    waiting = {number: program.start("fib", number) for number in range(10)}
    results = {}
    while waiting:
        for number, execution in list(waiting.items()):
            event = execution.step(number + 3)
            if isinstance(event, Returned):
                results[number] = event.values[0]
                del waiting[number]
    assert list(dict(sorted(results.items())).values()) == [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]


def test_answers_that_do_not_fit_leave_the_call_waiting(guest: Make, host: Make) -> None:
    execution = asking(guest, host).start("sum", 1)
    execution.run()
    with pytest.raises(TypeError, match=r"host function ask.*is no i32"):
        execution.resume("x")
    with pytest.raises(RuntimeError, match="a host call is unanswered"):
        execution.run()
    with pytest.raises(RuntimeError):
        execution.step()
    execution.resume(1)
    assert isinstance(execution.run(), HostCall)


def test_answers_nobody_waits_for(guest: Make, host: Make) -> None:
    execution = asking(guest, host).start("sum", 1)
    with pytest.raises(RuntimeError, match="no host call waits"):
        execution.resume(1)
    with pytest.raises(RuntimeError, match="no host call waits"):
        execution.throw(GuestExit(1))


def test_nothing_runs_after_the_end(guest: Make) -> None:
    execution = guest('(func (export "f"))').start("f")
    assert execution.run() == Returned(())
    with pytest.raises(RuntimeError, match="it has ended"):
        execution.run()
    with pytest.raises(ValueError, match="-1 steps"):
        guest('(func (export "f"))').start("f").step(-1)


def test_wrong_arguments(guest: Make) -> None:
    program = guest('(func (export "f") (param i32 f64))')
    for arguments in [(), (1,), (1, 2.0, 3), ("x", 2.0), (1, None)]:
        with pytest.raises(TypeError):
            program.start("f", *arguments)
    with pytest.raises(TypeError, match="no function"):
        program.instance.start(print, ())


CALLS = {
    "call": "(call $h (local.get 0) (i64.const 3))",
    "call_indirect": "(call_indirect (type $t) (local.get 0) (i64.const 3) (i32.const 0))",
    "call_ref": "(call_ref $t (local.get 0) (i64.const 3) (ref.func $h))",
    "return_call": "(return_call $h (local.get 0) (i64.const 3))",
    "return_call_indirect": "(return_call_indirect (type $t) "
    "(local.get 0) (i64.const 3) (i32.const 0))",
    "return_call_ref": "(return_call_ref $t (local.get 0) (i64.const 3) (ref.func $h))",
}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("nested", [False, True])
def test_every_call_reaches_the_host(guest: Make, host: Make, kind: str, *, nested: bool) -> None:
    program = guest(
        f"""(type $t (func (param i32 i64) (result i64 i32)))
            (import "env" "h" (func $h (type $t)))
            (table funcref (elem $h))
            (func $f (export "plain") (param i32) (result i64 i32) {CALLS[kind]})
            (func (export "nested") (param i32) (result i64 i32) (call $f (local.get 0)))""",
        {("env", "h"): host("i32 i64 -> i64 i32", lambda a, b: (b, a))},
    )
    name = "nested" if nested else "plain"
    assert program.call(name, 7) == (3, 7)
    execution = program.start(name, 7)
    event = execution.run()
    assert isinstance(event, HostCall)
    assert event.arguments == (7, 3)
    assert event.caller is program.instance
    # A tail call has replaced the function that made it.
    assert len(execution.frames()) == 1 + nested - kind.startswith("return")
    execution.resume((1, 2))
    assert execution.run() == Returned((1, 2))
    single = program.start(name, 7)
    while not isinstance(single.step(), HostCall):
        pass
    single.resume((1, 2))
    while not isinstance(single.step(), Returned):
        pass
    assert (single.steps_taken, single.fuel_spent) == (execution.steps_taken, execution.fuel_spent)


def test_a_host_function_as_the_outermost_one(guest: Make, host: Make) -> None:
    program = asking(guest, host)
    execution = program.instance.start(host("i32 -> i32", print, "outer"), [4])
    event = execution.run()
    assert isinstance(event, HostCall)
    assert event.arguments == (4,)
    assert execution.frames() == ()
    execution.resume(9)
    assert execution.run() == Returned((9,))
    assert (execution.fuel_spent, execution.steps_taken) == (0, 0)
    execution = program.instance.start(host("->", print), [])
    execution.run()
    execution.throw(GuestExit(3))
    event = execution.run()
    assert isinstance(event, Trapped)
    assert isinstance(event.trap, GuestExit)


FRAMES = """
(import "env" "h" (func $h (param i32) (result i32)))
(func $inner (param $x i32) (result i32) (local f64)
  (local.set 1 (f64.const 2.5))
  (i32.add (local.get $x) (call $h (i32.const 5))))
(func (export "outer") (param i64) (result i32)
  (i32.const 1)
  (block (result i32)
    (i32.const 2)
    (i32.add (call $inner (i32.wrap_i64 (local.get 0)))))
  (i32.add))
"""


def test_frames_at_a_host_call(guest: Make, host: Make) -> None:
    program = guest(FRAMES, {("env", "h"): host("i32 -> i32", print)})
    execution = program.start("outer", 7)
    execution.run()
    inner, outer = execution.frames()
    assert inner.function_name == "inner"
    assert inner.function_index == 1
    assert inner.instruction.row.mnemonic == outer.instruction.row.mnemonic == "call"
    assert inner.locals == (TypedValue(I32, 7), TypedValue(F64, 2.5))
    assert inner.operands == (TypedValue(I32, 7),)  # the call has taken its argument
    assert [label.kind for label in inner.labels] == ["function"]
    assert outer.function_name == ""
    assert outer.locals == (TypedValue(I64, 7),)
    assert outer.operands == (TypedValue(I32, 1), TypedValue(I32, 2))
    assert [(label.kind, label.height) for label in outer.labels] == [("function", 0), ("block", 1)]
    assert inner.offset is not None


def test_frames_between_two_steps(guest: Make, host: Make) -> None:
    program = guest(FRAMES, {("env", "h"): host("i32 -> i32", print)})
    execution = program.start("outer", 7)
    assert execution.frames() == ()
    seen = []
    for _ in range(9):
        execution.step()
        frame = execution.frames()[0]
        values = [operand.value for operand in frame.operands]
        seen.append((frame.pc, frame.instruction.row.mnemonic, values))
    assert seen == [
        (1, "block", [1]),
        (2, "i32.const", [1]),
        (3, "local.get", [1, 2]),
        (4, "i32.wrap_i64", [1, 2, 7]),
        (5, "call", [1, 2, 7]),
        (0, "f64.const", []),
        (1, "local.set", [2.5]),
        (2, "local.get", []),
        (3, "i32.const", [7]),
    ]


def test_frames_after_a_trap(guest: Make) -> None:
    program = guest(
        """(func $g (param i32) (result i32)
             (i32.const 3) (i32.div_u (i32.const 4) (local.get 0)) (i32.add))
           (func (export "f") (result i32) (call $g (i32.const 0)))"""
    )
    execution = program.start("f")
    event = execution.run()
    assert isinstance(event, Trapped)
    trap = event.trap
    assert isinstance(trap, Trap)
    assert isinstance(trap.where, CodeLocation)
    assert (trap.where.function_name, trap.where.pc, trap.where.mnemonic) == ("g", 3, "i32.div_u")
    assert [(place.function_index, place.pc) for place in trap.backtrace] == [(0, 3), (1, 1)]
    assert str(trap).startswith("integer divide by zero (in function $g at instruction 3")
    inner, outer = execution.frames()
    assert [operand.value for operand in inner.operands] == [3, 4, 0]
    assert outer.operands == ()


def test_frames_at_the_end(guest: Make) -> None:
    execution = guest('(func (export "f") (result i32) (i32.const 5))').start("f")
    execution.run()
    (frame,) = execution.frames()
    assert frame.instruction.row.mnemonic == "end"


SPIN = '(func (export "spin") (loop $l (br $l)))'


def test_an_interrupt_before_running(guest: Make) -> None:
    execution = guest(SPIN).start("spin")
    execution.interrupt()
    assert execution.run() == Paused(PauseReason.INTERRUPT)
    assert execution.run(fuel=100) == Paused(PauseReason.FUEL)


def test_an_interrupt_from_another_thread(guest: Make) -> None:
    execution = guest(SPIN).start("spin")
    events = []
    thread = threading.Thread(target=lambda: events.append(execution.run()))
    thread.start()
    while thread.is_alive():
        execution.interrupt()
        thread.join(0.001)
    assert events == [Paused(PauseReason.INTERRUPT)]
    execution.run(fuel=10)  # a late interrupt may still be there
    assert execution.run(fuel=10) == Paused(PauseReason.FUEL)


def test_stepping_can_be_interrupted(guest: Make) -> None:
    execution = guest(SPIN).start("spin")
    assert execution.step(10) == Paused(PauseReason.STEPS)
    execution.interrupt()
    assert execution.step(10**9) == Paused(PauseReason.INTERRUPT)


def test_a_running_execution_cannot_be_looked_at(guest: Make) -> None:
    execution = guest(SPIN).start("spin")
    thread = threading.Thread(target=execution.run)
    thread.start()
    problems: list[str] = []
    while not problems and thread.is_alive():
        for action in (execution.frames, execution.run):
            try:
                action()
            except RuntimeError as error:
                problems.append(str(error))
        execution.interrupt()
    execution.interrupt()
    thread.join()
    assert problems


def test_fuel_is_limited_for_the_whole_store(guest: Make) -> None:
    program = guest(SPIN + '(func (export "nothing"))', limits=Limits(fuel=100))
    execution = program.start("spin")
    event = execution.run(fuel=50)
    assert event == Paused(PauseReason.FUEL)
    event = execution.run()
    assert isinstance(event, Trapped)
    assert isinstance(event.trap, ExhaustionError)
    assert (event.trap.resource, event.trap.limit) == ("fuel", 100)
    assert execution.fuel_spent == program.instance.store.fuel_spent == 101
    with pytest.raises(ExhaustionError, match="all fuel consumed"):
        program.call("nothing")


def test_exactly_the_allowed_fuel_may_be_spent(guest: Make) -> None:
    text = '(func $g) (func (export "f") (call $g) (call $g))'
    guest(text, limits=Limits(fuel=5)).call("f")
    with pytest.raises(ExhaustionError):
        guest(text, limits=Limits(fuel=4)).call("f")


def test_errors_of_the_host_keep_their_place(guest: Make, host: Make) -> None:
    execution = asking(guest, host).start("sum", 5)
    execution.run()
    execution.throw(Trap(TrapCode.HOST, "disk full"))
    event = execution.run()
    assert isinstance(event, Trapped)
    assert isinstance(event.trap.where, CodeLocation)
    assert event.trap.where.mnemonic == "call"
    assert len(execution.frames()) == 1


def test_an_exception_of_python_ends_the_execution(guest: Make) -> None:
    program = guest(SPIN)

    def fail(machine: object) -> None:
        raise KeyboardInterrupt

    loop = program.instance.module.loop
    execution = program.start("spin")
    original, loop.run = loop.run, fail
    try:
        with pytest.raises(KeyboardInterrupt):
            execution.run()
    finally:
        loop.run = original
    with pytest.raises(RuntimeError, match="has ended"):
        execution.run()


@pytest.mark.parametrize("fuel", [3, 4, 1000])
def test_spent_fuel_says_where_and_leaves_the_frame_readable(fuel: int) -> None:
    engine = get_engine("reference")
    module = engine.load(parse('(func (export "f")\n  (loop nop (br 0)))'))
    instance = engine.instantiate(module, limits=Limits(fuel=fuel))
    function: Any = instance.exports["f"]
    execution = instance.start(function)
    event = execution.run()
    assert isinstance(event, Trapped)
    assert str(event.trap) == "all fuel consumed (in function 0 at instruction 0 (loop) line 2:4)"
    assert [frame.pc for frame in execution.frames()] == [0]
