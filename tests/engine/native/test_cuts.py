"""Both engines cut at every place that there is, by fuel and by steps, in code in which a task of
the C core often goes from one stream to the other: the snapshots are the same bytes.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine, HostCall, HostFunction, Limits, Paused
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import I32, FunctionType

FEATURES = DEFAULT.with_(legacy_exceptions=True, threads=True)
IMPORTS = {("env", "host"): HostFunction(FunctionType((I32,), (I32,)), lambda n: n + 1, "host")}

THROUGH_FRAMES = """(import "env" "host" (func $host (param i32) (result i32)))
(tag $a (param i32)) (tag $b (param i64 v128)) (global $caught (mut i32) (i32.const 0))
(func $throw (param $n i32) (local $x f64)
  (local.set $x (f64.mul (f64.const 1.5) (f64.convert_i32_u (local.get $n))))
  (if (i32.and (local.get $n) (i32.const 1))
    (then (throw $a (call $host (local.get $n))))
    (else (throw $b (i64.extend_i32_u (local.get $n)) (v128.const i64x2 7 9)))))
(func $deep (param $n i32) (param $k i32) (result i32)
  (if (i32.eqz (local.get $k)) (then (call $throw (local.get $n)) (unreachable)))
  (i32.add (i32.const 3) (call $deep (local.get $n) (i32.sub (local.get $k) (i32.const 1)))))
(func $middle (param $n i32) (result i32)
  (try (result i32) (do (call $deep (local.get $n) (i32.const 3)))
    (catch $b (drop) (drop) (global.set $caught (i32.add (global.get $caught) (i32.const 1)))
      (if (i32.eq (local.get $n) (i32.const 2)) (then (rethrow 1))) (i32.const 20))))
(func (export "run") (param $n i32) (result i32) (local $sum i32)
  (loop $next
    (block $done
      (local.set $sum (i32.add (local.get $sum)
        (block $caught (result i32)
          (try_table (result i32) (catch $a $caught) (catch_all $done)
            (call $middle (local.get $n))))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (i32.add (local.get $sum) (global.get $caught)))"""

MANY_VALUES = """(type $t (func (param i32 v128 f32) (result f32 i32 v128)))
(table 3 funcref) (elem (i32.const 0) $turn $tail $turn)
(func $turn (type $t) (local.get 2) (local.get 0) (i8x16.add (local.get 1) (local.get 1)))
(func $tail (type $t)
  (return_call_indirect (type $t) (i32.add (local.get 0) (i32.const 1))
    (local.get 1) (f32.mul (local.get 2) (f32.const 0.5)) (i32.const 2)))
(func (export "run") (param $n i32) (result i32) (local $v v128) (local $f f32)
  (local.set $v (i32x4.splat (local.get $n))) (local.set $f (f32.const 3.25))
  (loop $again (result i32)
    (block $b (result f32 i32 v128)
      (block $c (result f32 i32 v128)
        (call_indirect (type $t) (local.get $n) (local.get $v) (local.get $f)
          (i32.rem_u (local.get $n) (i32.const 3)))
        (br_table $b $c $b (i32.rem_u (local.get $n) (i32.const 4))))
      (local.set $v) (local.set $n) (f32.add (f32.const 1)) (local.get $n) (local.get $v))
    (local.set $v (i16x8.sub (v128.const i32x4 1 2 3 4)))
    (local.set $n (i32.sub (i32.const 2))) (local.set $f)
    (br_if $again (i32.gt_s (local.get $n) (i32.const 0)))
    (i32.add (i32x4.extract_lane 1 (local.get $v)) (i32.trunc_sat_f32_s (local.get $f)))))"""

ENDS = """(memory 4) (global $g (mut i32) (i32.const 0))
(func $f (param $n i32) (param $x f64) (result f64)
  (global.set $g (i32.add (global.get $g) (i32.const 1)))
  (i32.store offset=4 (i32.mul (local.get $n) (i32.const 4)) (global.get $g))
  (if (result f64) (i32.lt_u (local.get $n) (i32.const 60000))
    (then (f64.add (local.get $x)
      (call $f (i32.add (local.get $n) (i32.const 3001)) (f64.neg (local.get $x)))))
    (else (f64.div (local.get $x) (f64.convert_i32_u (i32.div_u (local.get $n)
      (i32.sub (i32.const 60020) (local.get $n))))))))
(func (export "run") (param $n i32) (result i32)
  (i32.trunc_f64_s (f64.sub (call $f (local.get $n) (f64.const 2.5)) (f64.const 0.5))))"""

OPERANDS = """(memory 1 2)
(func $mix (param $n i32) (param $x i64) (param $f f64) (result i32) (local $m i32) (local $y i64)
  (local.set $m (i32.add (local.get $n) (i32.shl (local.get $n) (i32.const 3))))
  (local.set $y (i64.xor (local.get $x) (i64.rotl (local.get $x) (i64.const 7))))
  (i64.store offset=8 (local.get $m) (local.get $y))
  (i32.store8 (i32.const 3) (local.tee $m (i32.sub (i32.const 9) (local.get $m))))
  (i32.store offset=16 (local.get $n) (i32.lt_s (local.get $m) (local.get $n)))
  (if (f64.lt (local.get $f) (f64.mul (local.get $f) (f64.const -2.5)))
    (then (local.set $f (f64.add (local.get $f) (f64.load offset=8 (i32.const 0))))))
  (i32.add (i32.load offset=1 (local.get $n)) (i32.wrap_i64 (i64.load32_s (i32.const 2)))))
(func (export "run") (param $n i32) (result i32)
  (drop (memory.grow (i32.const 1)))
  (loop $again
    (i32.store (i32.const 131060) (i32.add (local.get $n) (i32.load (i32.const 131060))))
    (drop (call $mix (local.get $n) (i64.extend_i32_s (local.get $n)) (f64.const -1.5)))
    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (i32.load offset=8 (i32.add (i32.load8_u (i32.const 131060)) (i32.const 131050))))"""

CASES = {
    "operands of all kinds": (OPERANDS, 3, Limits()),
    "exceptions through frames": (THROUGH_FRAMES, 5, Limits()),
    "many values, tail calls, tables": (MANY_VALUES, 11, Limits()),
    "a division by zero": (ENDS, 0, Limits()),
    "the memory's end": (ENDS.replace("(memory 4)", "(memory 2)"), 0, Limits()),
    "the call depth": (ENDS, 0, Limits(call_depth=9)),
    "the value stack": (ENDS, 0, Limits(value_slots=90)),
    "the store's fuel": (ENDS, 0, Limits(fuel=150)),
}


def executions(name: str) -> list[Any]:
    text, argument, limits = CASES[name]
    binary = encode(parse(f"(module {text})", FEATURES))
    both: list[Any] = []
    for engine in map(get_engine, ("reference", "native")):
        instance: Any = engine.instantiate(engine.load(binary, FEATURES), IMPORTS, limits)
        both.append(instance.start(instance.exports["run"], [argument]))
    return both


def cut(execution: Any, kind: str, size: int) -> tuple[str, bytes, bool]:
    """Go on to the next cut: what event it was, the state, and whether that was the end."""
    event = execution.step(size) if kind == "step" else execution.run(size)
    data = execution.snapshot().to_bytes(compress=False)
    if isinstance(event, HostCall):
        execution.resume(event.function.implementation(*event.arguments))
    return type(event).__name__, data, not isinstance(event, Paused | HostCall)


@pytest.mark.parametrize("kinds", [("run",), ("step",), ("run", "step")], ids="-".join)
@pytest.mark.parametrize("name", CASES)
def test_every_cut_is_the_same(native_engine: Engine, name: str, kinds: tuple[str, ...]) -> None:
    assert native_engine.name == "native"
    for size in (1, 3, 8, 21, 400):
        first, second = executions(name)
        for number in count():
            kind = kinds[number % len(kinds)]
            seen = cut(first, kind, size)
            assert cut(second, kind, size) == seen, f"cut {number} of {size} by {kind}"
            if seen[2]:
                break


WORK = "(global.set $g (i32.add (global.get $g) (i32.const 1)))"
FAR = """(global $g (mut i32) (i32.const 0))
(func $fall (param $n i32) (result i32)
  {work}
  (loop $far (br_if $far (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (loop $again
    (block $b
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_table $again $b $b (i32.lt_u (i32.const 40) (local.get $n)))))
  (loop $back
    (if (i32.gt_s (local.get $n) (i32.const 7))
      (then (local.set $n (i32.sub (local.get $n) (i32.const 3))) (br $back))))
  (i32.add (local.get $n) (global.get $g)))
(func (export "run") (param $n i32) (result i32)
  (i32.add (call $fall (local.get $n)) (call $fall (i32.const 5))))"""


def places(execution: Any) -> list[tuple[int, int, list[object]]]:
    return [(f.function_index, f.pc, [v.value for v in f.locals]) for f in execution.frames()]


@pytest.mark.parametrize("count_before", [0, 2_040, 2_048, 2_060, 4_000])
def test_loops_far_in_a_body_pause_where_they_should(
    native_engine: Engine, count_before: int
) -> None:
    """Behind the fuel that the fast stream looks at a label for, and just before it."""
    assert native_engine.name == "native"
    binary = encode(parse(f"(module {FAR.format(work=WORK * count_before)})"))
    for size in (2, 11, 8_300):
        both: list[Any] = []
        for engine in map(get_engine, ("reference", "native")):
            instance: Any = engine.instantiate(engine.load(binary))
            both.append(instance.start(instance.exports["run"], [90]))
        event: Any = None
        while not hasattr(event, "values"):
            event, other = (execution.run(size) for execution in both)
            first, second = both
            assert type(event) is type(other)
            assert first.fuel_spent == second.fuel_spent
            assert first.steps_taken == second.steps_taken
            assert places(first) == places(second)
        assert event.values == other.values
