"""Every request for memory that the C core makes may fail: each gives a clean error, nothing is
lost, and the next attempt goes on as if nothing had been.

This needs a core that counts allocations: ``python native/sanitize.py`` builds one and runs this.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import cast

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import (
    Engine,
    Function,
    HostCall,
    HostFunction,
    Instance,
    Limits,
    Paused,
    Returned,
    Threw,
    Trapped,
)
from pywasm_rt.errors import ExhaustionError, GuestException, WasmError
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import EXTERNREF, I32, FunctionType
from spec_tests.generator import EVERYTHING

core = pytest.importorskip("pywasm_rt.engine.native.core", reason="the C core is not built")
lib = core.lib

pytestmark = pytest.mark.skipif(
    not lib.wr_testing_fail_after(-1), reason="this core does not count allocations"
)

SCENARIOS = {
    "plain": """(memory 1 10) (global (mut i64) (i64.const 1)) (data (i32.const 0) "abc")
        (func (export "run") (param i32) (result i32) (local f64 v128)
          (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
          (drop (memory.grow (i32.const 1)))
          (call 0 (i32.sub (local.get 0) (i32.const 1))))""",
    "deep": """(func $f (export "run") (param i32) (result i32) (local i64 i64 i64 i64 i64)
        (if (result i32) (local.get 0)
          (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 1))))""",
    "many locals": f"""(func (export "run") (param i32) (result i32)
        (local {"i64 v128 f32 " * 400}) (local.get 0))""",
    "tables": """(type $f (func (param i32) (result i32)))
        (table $t 12 30 funcref) (table $e 1 externref)
        (elem (table $t) (i32.const 0) func $one $two) (elem $s func $one $one $two)
        (elem $d (ref null $f) (ref.func $two))
        (func $one (type $f) (local.get 0)) (func $two (type $f) (i32.const 2))
        (func (export "run") (param i32) (result i32)
          (drop (table.grow $t (ref.func $one) (i32.const 9)))
          (drop (table.grow $e (ref.null extern) (i32.const 9)))
          (table.init $t $s (i32.const 4) (i32.const 0) (i32.const 3))
          (table.copy $t $t (i32.const 1) (i32.const 4) (i32.const 2))
          (call_indirect $t (type $f) (local.get 0) (i32.const 2)))""",
    "objects": """(rec (type $l (sub (struct (field (ref null $l)) (field i64)))))
        (type $m (sub final $l (struct (field (ref null $l)) (field i64) (field i8))))
        (type $a (array (mut (ref null $l)))) (type $b (array i8)) (data $d "0123456789")
        (global $g (mut (ref null $l)) (struct.new $l (ref.null $l) (i64.const 1)))
        (global $h (ref $a) (array.new $a (ref.null $l) (i32.const 5)))
        (global $i (ref i31) (ref.i31 (i32.const 5)))
        (func (export "run") (param i32) (result i32) (local $n i32)
          (loop
            (global.set $g (struct.new $m (global.get $g) (i64.const 2) (local.get $n)))
            (drop (array.new_default $a (i32.const 30000)))
            (drop (array.new_data $b $d (i32.const 1) (i32.const 9)))
            (drop (array.new_fixed $a 2 (global.get $g) (ref.null $l)))
            (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1)))
                               (i32.const 40))))
          (ref.test (ref $m) (global.get $g)))""",
    "exceptions": """(tag $e (param i32 i64)) (tag $f)
        (func $throw (param i32) (throw $e (local.get 0) (i64.const 1)))
        (func (export "run") (param i32) (result i32)
          (block $c (result i32 i64)
            (try_table (catch $e $c) (call $throw (local.get 0))) unreachable)
          drop
          (block $all (result exnref)
            (try_table (catch_all_ref $all) (throw $f)) unreachable)
          drop)""",
    "legacy exceptions": """(tag $e (param i32))
        (func (export "run") (param i32) (result i32)
          (try (result i32)
            (do (try (result i32) (do (throw $e (local.get 0))) (catch_all (rethrow 0))))
            (catch $e)))""",
    "host": """(import "host" "f" (func $f (param i32 externref) (result externref i32)))
        (import "host" "g" (func $g (param i32)))
        (func (export "run") (param i32) (result i32)
          (call $f (local.get 0) (ref.null extern)) (local.set 0)
          (ref.is_null) drop
          (block (try_table (catch_all 0) (call $g (local.get 0))))
          (local.get 0))""",
    "control": """(func (export "run") (param i32) (result i32)
        (block $a (block $b (block $c
          (br_table $a $b $c (local.get 0)))
          (return (i32.const 1)))
          (loop $l (br_if $l (i32.eqz (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
        (select (i32.const 3) (i32.const 4) (local.get 0)))""",
    "wide": """(func $w (param i64 i64) (result i64 i64)
          (i64.mul_wide_u (local.get 0) (local.get 1)))
        (func (export "run") (param i32) (result i32)
          (i64x2.extract_lane 0 (i64x2.splat (i64.const 3))) (i64.const 5) (call $w)
          drop drop (local.get 0))""",
}


def answer(instance: Instance, function: Function, *arguments: object) -> object:
    """Drive a call: its results, or what it ended with. Raises what the engine raises."""
    execution = instance.start(function, arguments)
    event = execution.run(50)
    for _ in range(2_000):
        match event:
            case Returned(values):
                return values
            case Threw(exception):
                return type(exception)
            case Trapped(trap):
                raise trap
            case HostCall(called):
                if called.type.results:
                    execution.resume((["anything"], 5))
                else:
                    execution.throw(GuestException(None, ()))
        event = execution.run(50)
    raise AssertionError("it does not end")


def run(engine: Engine, binary: bytes) -> object:
    """Load, instantiate, run in both streams, snapshot, restore, and go on."""
    loaded = engine.load(binary, EVERYTHING)
    imports = {
        ("host", "f"): HostFunction(FunctionType((I32, EXTERNREF), (EXTERNREF, I32)), print),
        ("host", "g"): HostFunction(FunctionType((I32,), ()), print),
    }
    limits = Limits(call_depth=3_000)
    instance = engine.instantiate(loaded, imports, limits)
    function = cast("Function", instance.exports["run"])
    found = [answer(instance, function, 3)]
    stepped = instance.start(function, (500,))
    event = stepped.step(7)
    while isinstance(event, HostCall | Paused):
        if isinstance(event, HostCall):
            stepped.resume((None, 5) if event.function.type.results else None)
        event = stepped.run(400)
    if isinstance(event, Trapped):
        raise event.trap
    return [*found, type(event).__name__, answer(instance, function, 2)]


def outcome(engine: Engine, binary: bytes) -> object:
    """What comes of it, or the error."""
    try:
        return run(engine, binary)
    except WasmError as error:
        return error


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_request_may_fail(native_engine: Engine, name: str) -> None:
    binary = encode(parse(f"(module {SCENARIOS[name]})", EVERYTHING))
    expected = outcome(native_engine, binary)
    assert isinstance(expected, list), expected
    check(lambda: outcome(native_engine, binary), expected)


def check(attempt: Callable[[], object], expected: object) -> None:
    """Have one request after the other fail, until there are no more."""
    gc.collect()
    before = lib.wr_testing_allocations()
    refused = 0
    for number in range(5_000):
        lib.wr_testing_fail_after(number)
        try:
            found = attempt()
            has_failed = lib.wr_testing_left() < 0
        finally:
            lib.wr_testing_fail_after(-1)
        if isinstance(found, ExhaustionError):
            refused += 1
            assert found.resource in ("memory", "table"), found
        else:
            assert isinstance(found, list), found
        del found
        gc.collect()
        assert lib.wr_testing_allocations() == before, f"something is lost at request {number}"
        if not has_failed:
            break
    else:
        raise AssertionError("there is no end of requests")
    assert refused > 5
    assert attempt() == expected


def test_types_of_a_module_may_not_fit(native_engine: Engine) -> None:
    """Types stay for good once they are known: each attempt has new ones."""
    counts = iter(range(100, 1_000))

    def attempt() -> object:
        fields = "(field i32) (field f64) " * next(counts)
        text = f"(module (rec (type $a (struct {fields})) (type (func (result (ref $a))))))"
        try:
            native_engine.load(encode(parse(text)))
        except WasmError as error:
            return error
        return []

    check(attempt, [])


def test_without_failures_nothing_is_lost() -> None:
    """So that one can believe the counting."""
    engine = get_engine("native")
    before = lib.wr_testing_allocations()
    loaded = engine.load(encode(parse("(module)")))
    assert lib.wr_testing_allocations() > before
    del loaded
    gc.collect()
    assert lib.wr_testing_allocations() == before
