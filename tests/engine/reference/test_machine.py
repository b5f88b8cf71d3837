"""How WebAssembly runs: control, calls, steps, fuel, limits. All of it in both loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.engine.interface import Limits, Paused, PauseReason, Returned, Trapped
from pywasm_rt.errors import ExhaustionError, Trap, TrapCode

Make = Callable[..., Any]

FIBONACCI = """
(func $fib (export "fib") (param i32) (result i32)
  (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
    (then (local.get 0))
    (else (i32.add
      (call $fib (i32.sub (local.get 0) (i32.const 1)))
      (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
"""

SIEVE = """
(memory 1)
(func (export "sieve") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $count i32)
  (memory.fill (i32.const 0) (i32.const 0) (local.get $n))
  (local.set $i (i32.const 2))
  (block $done (loop $next
    (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
    (if (i32.eqz (i32.load8_u (local.get $i))) (then
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (local.set $j (i32.shl (local.get $i) (i32.const 1)))
      (block $crossed (loop $cross
        (br_if $crossed (i32.ge_u (local.get $j) (local.get $n)))
        (i32.store8 (local.get $j) (i32.const 1))
        (local.set $j (i32.add (local.get $j) (local.get $i)))
        (br $cross)))))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br $next)))
  (local.get $count))
"""


def test_recursion(guest: Make) -> None:
    assert guest(FIBONACCI).call("fib", 15) == 610


def test_loops_and_memory(guest: Make) -> None:
    assert guest(SIEVE).call("sieve", 1000) == 168


def test_locals_begin_as_zero_or_null(guest: Make) -> None:
    program = guest(
        """(func (export "zeros") (result i32 i64 f32 f64 externref v128)
             (local i32 i64 f32 f64 externref v128)
             (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5))"""
    )
    assert program.call("zeros") == (0, 0, 0.0, 0.0, None, 0)


def test_a_call_does_not_see_what_the_last_one_left(guest: Make) -> None:
    program = guest(
        """(func $set (param i32) (result i32) (local i32)
             (local.get 1) (local.set 1 (local.get 0)))
           (func (export "twice") (result i32 i32)
             (call $set (i32.const 7)) (call $set (i32.const 8)))"""
    )
    assert program.call("twice") == (0, 0)


@pytest.mark.parametrize(
    ("index", "result"), [(0, 10), (1, 11), (2, 12), (3, 12), (0xFFFF_FFFF, 12)]
)
def test_branch_table(guest: Make, index: int, result: int) -> None:
    program = guest(
        """(func (export "choose") (param i32) (result i32)
             (block $c (block $b (block $a
               (br_table $a $b $c (local.get 0)))
               (return (i32.const 10)))
               (return (i32.const 11)))
             (i32.const 12))"""
    )
    assert program.call("choose", index) == result


@pytest.mark.parametrize(("index", "result"), [(0, 5), (1, 106), (9, 5)])
def test_branch_table_that_takes_values_along(guest: Make, index: int, result: int) -> None:
    program = guest(
        """(func (export "choose") (param i32) (result i32)
             (i32.const 1)
             (block $b (result i32) (i32.const 77)
               (block $a (result i32) (i32.const 99)
                 (br_table $a $b 2 (i32.const 5) (local.get 0)))
               (return))
             (i32.add) (i32.add (i32.const 100)))"""
    )
    assert program.call("choose", index) == result


def test_branches_cut_the_stack(guest: Make) -> None:
    program = guest(
        """(func (export "cut") (param i32) (result i32)
             (i32.const 1)
             (block (result i32)
               (i32.const 20) (i32.const 30) (i32.const 40)
               (br_if 0 (local.get 0))
               (i32.add) (i32.add))
             (i32.add))"""
    )
    assert program.call("cut", 1) == 41
    assert program.call("cut", 0) == 91


def test_branches_that_are_always_taken_cut_the_stack(guest: Make) -> None:
    program = guest(
        """(func (export "cut") (result i32)
             (i32.const 1)
             (block (result i32 i32)
               (i32.const 20) (i32.const 30) (i32.const 40) (br 0))
             (i32.mul) (i32.add))"""
    )
    assert program.call("cut") == 1201


def test_loops_take_parameters_along(guest: Make) -> None:
    program = guest(
        """(func (export "power") (param i32) (result i64)
             (i64.const 0) (i64.const 1)
             (loop $l (param i64) (result i64)
               (i64.mul (i64.const 3))
               (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
               (br_if $l (local.get 0)))
             (i64.add))"""
    )
    assert program.call("power", 5) == 243


def test_ends_of_parts_that_are_never_reached_from_above(guest: Make) -> None:
    program = guest(
        """(func (export "leave") (param i32) (result i32)
             (if (local.get 0) (then (br 1 (i32.const 1))) (else (br 1 (i32.const 2))))
             (unreachable))
           (func (export "join") (param i32) (result i32)
             (if (result i32) (local.get 0)
               (then (if (local.get 0) (then (return (i32.const 1)))) (unreachable))
               (else (i32.const 2))))
           (func (export "block") (result i32)
             (block (result i32) (br 0 (i32.const 5)) (br 0)))"""
    )
    assert [program.call("leave", which) for which in (1, 0)] == [1, 2]
    assert [program.call("join", which) for which in (1, 0)] == [1, 2]
    assert program.call("block") == 5


def test_several_results(guest: Make) -> None:
    program = guest(
        """(func $swap (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
           (func (export "swap") (param i32 i64) (result i64 i32 f32)
             (call $swap (local.get 0) (local.get 1)) (f32.const 2))"""
    )
    assert program.call("swap", 1, 2) == (2, 1, 2.0)


def test_select_of_references(guest: Make) -> None:
    program = guest(
        """(func (export "select") (param externref externref i32) (result externref)
             (select (result externref) (local.get 0) (local.get 1) (local.get 2)))"""
    )
    assert program.call("select", "a", "b", 1) == "a"
    assert program.call("select", "a", "b", 0) == "b"


@pytest.mark.parametrize("kind", ["return_call", "return_call_indirect", "return_call_ref"])
def test_tail_calls_need_no_room(guest: Make, kind: str) -> None:
    callee = {
        "return_call": "(return_call $down",
        "return_call_indirect": "(return_call_indirect (type $t)",
        "return_call_ref": "(return_call_ref $t",
    }[kind]
    last = {
        "return_call": "",
        "return_call_indirect": "(i32.const 0)",
        "return_call_ref": "(ref.func $down)",
    }[kind]
    program = guest(
        f"""(type $t (func (param i32 i32) (result i32)))
            (table 1 funcref) (elem (i32.const 0) func $down)
            (func $same (param i32) (result i32) (local.get 0))
            (func $down (export "down") (type $t)
              (if (i32.eqz (local.get 0)) (then (return (call $same (local.get 1)))))
              {callee} (i32.sub (local.get 0) (i32.const 1)) (local.get 0) {last}))""",
        limits=Limits(call_depth=2, value_slots=20),
    )
    assert program.call("down", 3000, 0) == 1


def test_call_depth_is_limited(guest: Make) -> None:
    text = """(func $down (export "down") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 42))))"""
    program = guest(text, limits=Limits(call_depth=10))
    assert program.call("down", 9) == 42
    with pytest.raises(ExhaustionError, match=r"^call stack exhausted") as caught:
        program.call("down", 10)
    assert caught.value.resource == "call stack"
    assert caught.value.limit == 10
    assert len(caught.value.backtrace) == 10


def test_deep_recursion_does_not_need_pythons_stack(guest: Make) -> None:
    program = guest(
        """(func $down (export "down") (param i32) (result i32)
             (if (result i32) (local.get 0)
               (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
               (else (i32.const 0))))"""
    )
    assert program.call("down", 65_000) == 65_000
    with pytest.raises(ExhaustionError, match="call stack exhausted"):
        program.call("down", 66_000)


def test_value_slots_are_limited(guest: Make) -> None:
    program = guest(
        f"""(func $down (export "down") (param i32) (local {"i64 " * 100})
              (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))""",
        limits=Limits(value_slots=1000),
    )
    program.call("down", 5)
    with pytest.raises(ExhaustionError, match=r"^call stack exhausted: 10\d value slots") as caught:
        program.call("down", 20)
    assert caught.value.resource == "value stack"
    # What was used is free again.
    program.call("down", 5)


def test_a_first_activation_that_does_not_fit(guest: Make) -> None:
    program = guest('(func (export "f") (local i32 i32))', limits=Limits(value_slots=1))
    event = program.start("f").run()
    assert isinstance(event, Trapped)
    assert isinstance(event.trap, ExhaustionError)


@pytest.mark.parametrize(
    ("text", "name", "argument"), [(FIBONACCI, "fib", 7), (SIEVE, "sieve", 30)]
)
def test_stepping_does_what_running_does(guest: Make, text: str, name: str, argument: int) -> None:
    whole = guest(text).start(name, argument)
    result = whole.run()
    single = guest(text).start(name, argument)
    event = single.step()
    while isinstance(event, Paused):
        assert event.reason is PauseReason.STEPS
        event = single.step()
    assert event == result
    assert (single.fuel_spent, single.steps_taken) == (whole.fuel_spent, whole.steps_taken)


def test_every_number_of_steps_is_exact(guest: Make) -> None:
    total = guest(FIBONACCI).start("fib", 5)
    total.run()
    for count in range(total.steps_taken):
        execution = guest_execution = guest(FIBONACCI).start("fib", 5)
        assert execution.step(count) == Paused(PauseReason.STEPS)
        assert execution.steps_taken == count
        assert guest_execution.run() == Returned((5,))
        assert execution.steps_taken == total.steps_taken
        assert execution.fuel_spent == total.fuel_spent


@pytest.mark.parametrize(
    ("text", "name", "argument"), [(FIBONACCI, "fib", 5), (SIEVE, "sieve", 12)]
)
def test_every_quantum_of_fuel(guest: Make, text: str, name: str, argument: int) -> None:
    whole = guest(text).start(name, argument)
    result = whole.run()
    for quantum in range(1, whole.fuel_spent + 2):
        execution = guest(text).start(name, argument)
        before = 0
        while isinstance(event := execution.run(fuel=quantum), Paused):
            assert event.reason is PauseReason.FUEL
            assert execution.fuel_spent - before >= quantum
            before = execution.fuel_spent
        assert event == result
        assert (execution.fuel_spent, execution.steps_taken) == (
            whole.fuel_spent,
            whole.steps_taken,
        )


def test_pauses_are_at_function_entries_and_loop_heads(guest: Make) -> None:
    program = guest(
        """(func $g (nop) (drop (i32.const 1)))
           (func (export "f") (local i32)
             (call $g)
             (loop $l
               (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
                                   (i32.const 3)))))"""
    )
    execution = program.start("f")
    places = []
    while isinstance(execution.run(fuel=1), Paused):
        frame = execution.frames()[0]
        places.append((frame.function_index, frame.pc, execution.fuel_spent))
    # The entry of f; call + entry of g; the constant in g; then 7 for each round of the loop.
    assert places == [(1, 0, 1), (0, 0, 3), (1, 1, 4), (1, 1, 11), (1, 1, 18)]


def test_no_fuel_is_no_progress(guest: Make) -> None:
    execution = guest(FIBONACCI).start("fib", 1)
    assert execution.run(fuel=0) == Paused(PauseReason.FUEL)
    spent = execution.fuel_spent
    assert execution.run() == Returned((1,))
    assert spent == 1


def test_a_trap_counts_its_instruction(guest: Make) -> None:
    program = guest(
        """(func (export "f") (result i32)
             (i32.const 1) (i32.const 0) (i32.div_u) (i32.const 3) (i32.add))"""
    )
    execution = program.start("f")
    event = execution.run()
    assert isinstance(event, Trapped)
    assert isinstance(event.trap, Trap)
    assert event.trap.code is TrapCode.INTEGER_DIVIDE_BY_ZERO
    assert (execution.fuel_spent, execution.steps_taken) == (4, 3)


def test_indirect_calls_that_trap(guest: Make) -> None:
    program = guest(
        """(type $t (func (result i32)))
           (table 4 funcref)
           (elem (i32.const 0) func $right $wrong)
           (func $right (result i32) (i32.const 1))
           (func $wrong (result i64) (i64.const 1))
           (func (export "f") (param i32) (result i32) (call_indirect (type $t) (local.get 0)))"""
    )
    assert program.call("f", 0) == 1
    for index, code, message in [
        (1, TrapCode.INDIRECT_CALL_TYPE_MISMATCH, "indirect call type mismatch"),
        (2, TrapCode.UNINITIALIZED_ELEMENT, "uninitialized element 2"),
        (4, TrapCode.UNDEFINED_ELEMENT, "undefined element"),
    ]:
        with pytest.raises(Trap) as caught:
            program.call("f", index)
        assert caught.value.code is code
        assert caught.value.message == message


def test_a_null_function_reference_traps(guest: Make) -> None:
    program = guest(
        """(type $t (func))
           (func (export "f") (call_ref $t (ref.null $t)))
           (func (export "g") (return_call_ref $t (ref.null $t)))"""
    )
    for name in "fg":
        with pytest.raises(Trap) as caught:
            program.call(name)
        assert caught.value.code is TrapCode.NULL_FUNCTION_REFERENCE


def test_calls_between_instances_stay_in_one_execution(guest: Make) -> None:
    inner = guest(
        """(global $calls (mut i32) (i32.const 0))
           (func (export "next") (result i32)
             (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
             (global.get $calls))"""
    )
    outer = guest(
        """(import "inner" "next" (func $next (result i32)))
           (global $calls (mut i32) (i32.const 100))
           (func (export "f") (result i32)
             (drop (call $next)) (i32.add (call $next) (global.get $calls)))""",
        {("inner", "next"): inner["next"]},
    )
    execution = outer.start("f")
    execution.step(4)
    frames = execution.frames()
    assert [frame.instance for frame in frames] == [inner.instance, outer.instance]
    assert execution.run() == Returned((102,))
