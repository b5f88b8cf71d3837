"""Exceptions: thrown, caught, thrown again; of the guest and of the host; new and legacy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.engine.interface import HostCall, Limits, Paused, Returned, Threw, Trapped
from pywasm_rt.engine.reference.heap import Tag
from pywasm_rt.errors import GuestException, Trap, TrapCode
from pywasm_rt.wasm.types import I32, FunctionType

Make = Callable[..., Any]

TRY_TABLE = """
(tag $e (export "e") (param i32))
(tag $other)
(func $throw (param i32)
  (if (i32.eq (local.get 0) (i32.const 0)) (then (throw $e (i32.const 7))))
  (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $other)))
  (if (i32.eq (local.get 0) (i32.const 2)) (then (unreachable))))
(func $deep (param i32 i32)
  (if (local.get 1)
    (then (call $deep (local.get 0) (i32.sub (local.get 1) (i32.const 1))))
    (else (call $throw (local.get 0)))))
(func (export "catch") (param i32) (result i32)
  (i32.const 1000)
  (block $caught (result i32)
    (try_table (catch $e $caught)
      (call $deep (local.get 0) (i32.const 5)))
    (i32.const 1))
  (i32.add))
(func (export "catch all") (param i32) (result i32)
  (block $caught
    (try_table (catch_all $caught) (call $deep (local.get 0) (i32.const 5)))
    (return (i32.const 1)))
  (i32.const 2))
(func (export "again") (param i32) (result i32) (local exnref)
  (block $caught (result i32 exnref)
    (try_table (catch_ref $e $caught) (call $throw (local.get 0)))
    (return (i32.const 1)))
  (local.set 1)
  (drop)
  (block $outer (result i32)
    (try_table (catch $e $outer) (throw_ref (local.get 1)))
    (unreachable)))
(func (export "all ref") (param i32)
  (block $caught (result exnref)
    (try_table (catch_all_ref $caught) (call $throw (local.get 0)))
    (return))
  (throw_ref))
(func (export "inner first") (result i32)
  (block $outer (result i32)
    (try_table (catch $e $outer)
      (block $inner (result i32)
        (try_table (catch $other 1) (catch $e $inner) (throw $e (i32.const 3)))
        (unreachable))
      (return (i32.add (i32.const 100))))
    (unreachable)))
(func (export "null") (throw_ref (ref.null exn)))
"""


def test_handlers(guest: Make) -> None:
    program = guest(TRY_TABLE)
    assert program.call("catch", 0) == 1007
    assert program.call("catch", 3) == 1001
    assert program.call("catch all", 0) == 2
    assert program.call("catch all", 1) == 2
    assert program.call("catch all", 3) == 1
    assert program.call("again", 0) == 7


def test_the_innermost_handler_that_fits(guest: Make) -> None:
    with pytest.raises(GuestException):
        guest(TRY_TABLE).call("catch", 1)
    assert guest(TRY_TABLE.replace("(catch $other 1) ", "")).call("inner first") == 103


def test_traps_are_not_caught(guest: Make) -> None:
    program = guest(TRY_TABLE)
    for name in ("catch", "catch all", "all ref"):
        with pytest.raises(Trap, match="unreachable"):
            program.call(name, 2)
    with pytest.raises(Trap) as caught:
        program.call("null")
    assert caught.value.code is TrapCode.NULL_EXCEPTION_REFERENCE


def test_nobody_catches(guest: Make) -> None:
    program = guest(TRY_TABLE)
    execution = program.start("catch", 1)
    event = execution.run()
    assert isinstance(event, Threw)
    assert event.exception.values == ()
    assert [frame.function_index for frame in execution.frames()] == [0, 1, 1, 1, 1, 1, 1, 2]
    assert execution.frames()[0].instruction.row.mnemonic == "throw"
    with pytest.raises(GuestException) as caught:
        program.call("all ref", 0)
    assert caught.value.tag is program["e"]
    assert caught.value.values == (7,)


def test_counts_go_on_behind_a_handler(guest: Make) -> None:
    whole = guest(TRY_TABLE).start("catch", 0)
    assert whole.run() == Returned((1007,))
    single = guest(TRY_TABLE).start("catch", 0)
    steps = 0
    while isinstance(single.step(), Paused):
        steps += 1
        assert single.steps_taken == steps
    assert (single.steps_taken, single.fuel_spent) == (whole.steps_taken, whole.fuel_spent)


def test_room_is_given_back(guest: Make) -> None:
    program = guest(
        """(tag $e)
           (func $f (local i64 i64 i64 i64 i64 i64 i64 i64) (throw $e))
           (func (export "many") (param i32)
             (loop $l
               (block $caught (try_table (catch_all $caught) (call $f)))
               (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))""",
        limits=Limits(value_slots=30),
    )
    program.call("many", 100)


def test_the_host_throws(guest: Make, host: Make) -> None:
    tags = guest('(tag (export "e") (param i32))')
    program = guest(
        """(import "env" "f" (func $f (param i32)))
           (import "env" "e" (tag $e (param i32)))
           (func (export "try") (param i32) (result i32)
             (block $caught (result i32)
               (try_table (catch $e $caught) (call $f (local.get 0)))
               (i32.const 0)))""",
        {("env", "f"): host("i32 ->", print), ("env", "e"): tags["e"]},
    )
    execution = program.start("try", 5)
    assert isinstance(execution.run(), HostCall)
    with pytest.raises(TypeError):
        execution.throw(GuestException(tags["e"], ["no number"]))
    execution.throw(GuestException(tags["e"], [-1]))
    assert execution.run() == Returned((0xFFFF_FFFF,))

    other = guest('(tag (export "e") (param i32))')["e"]
    execution = program.start("try", 5)
    execution.run()
    error = GuestException(other, [1])
    execution.throw(error)
    assert execution.run() == Threw(error)

    execution = program.start("try", 5)
    execution.run()
    trap = Trap(TrapCode.HOST, "disk full")
    execution.throw(trap)
    assert execution.run() == Trapped(trap)


def test_tags_of_the_host(guest: Make) -> None:
    first = guest('(tag (export "a") (param i32))')
    tag = first.engine.new_tag(FunctionType((I32,), ()))
    program = guest(
        """(import "env" "a" (tag $a (param i32)))
           (func (export "throw") (throw $a (i32.const 9)))""",
        {("env", "a"): tag},
    )
    with pytest.raises(GuestException) as caught:
        program.call("throw")
    assert caught.value.tag is tag
    assert isinstance(tag, Tag)
    assert tag.type == FunctionType((I32,), ())


LEGACY = """
(tag $e (param i32))
(tag $other)
(func $throw (param i32)
  (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 7))))
  (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $other))))
(func (export "catch") (param i32) (result i32)
  (try (result i32)
    (do (call $throw (local.get 0)) (i32.const 1))
    (catch $e (i32.add (i32.const 100)))
    (catch_all (i32.const 2))))
(func (export "rethrow") (param i32) (result i32)
  (try (result i32)
    (do
      (try (result i32)
        (do (call $throw (local.get 0)) (i32.const 1))
        (catch $e (drop) (rethrow 0))))
    (catch $e (i32.add (i32.const 200)))))
(func (export "delegate") (param i32) (result i32)
  (try $outer (result i32)
    (do
      (try (result i32)
        (do
          (try (do (call $throw (local.get 0))) (delegate $outer))
          (i32.const 1))
        (catch_all (i32.const 50))))
    (catch $e (i32.add (i32.const 300)))))
(func (export "to the caller") (param i32)
  (try (do (call $throw (local.get 0))) (delegate 0)))
"""


def test_legacy_handlers(guest: Make) -> None:
    program = guest(LEGACY)
    assert [program.call("catch", which) for which in range(3)] == [107, 2, 1]
    assert program.call("rethrow", 0) == 207
    assert program.call("rethrow", 2) == 1
    assert program.call("delegate", 0) == 307
    assert program.call("delegate", 2) == 1
    for name in ("rethrow", "delegate", "to the caller"):
        with pytest.raises(GuestException):
            program.call(name, 1)
