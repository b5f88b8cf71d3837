"""Every request for memory that the C core makes may fail: each gives a clean error, nothing is
lost, and the next attempt goes on as if nothing had been. Each place in the C sources that asks for
memory is refused it at least once.

This needs a core that counts allocations: ``python native/sanitize.py`` builds one and runs this.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import (
    Engine,
    HostCall,
    HostFunction,
    Limits,
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

NATIVE = Path(__file__).resolve().parents[3] / "native"
ASKS = re.compile(
    r"\b(wr_(allocate(_zeroed|_aligned)?|reallocate|may_allocate|arena_alloc)|malloc|calloc|realloc)\("
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
    "very deep": """(func $f (export "run") (param i32) (result i32) (local i64 i64 i64)
        (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
        (if (i32.lt_u (local.get 0) (i32.const 5000))
          (then (return (call $f (i32.add (i32.const 1) (local.get 0))))))
        (local.get 0))""",
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
    "constants": f"""(global $g i32 (i32.const 1)) (memory 1)
        (data (offset {"(i32.add (i32.const 1)" * 30} (global.get $g) {")" * 30}) "abc")
        (func (export "run") (param i32) (result i32) (i32.load (i32.const 31)))""",
    "large": """(type $a (array (mut (ref null $a)))) (type $b (array i8))
        (global $g (mut (ref null $a)) (ref.null $a))
        (func (export "run") (param i32) (result i32) (local $n i32) (local $a (ref null $a))
          (global.set $g (local.tee $a (array.new_default $a (i32.const 1200))))
          (loop
            (array.set $a (local.get $a) (local.get $n) (array.new_default $a (i32.const 1)))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $n) (i32.const 1200))))
          (loop
            (drop (array.new_default $b (i32.const 10000)))
            (local.set $n (i32.sub (local.get $n) (i32.const 100)))
            (br_if 0 (local.get $n)))
          (array.len (global.get $g)))""",
    "externals": """(import "host" "f" (func $f (param i32 externref) (result externref i32)))
        (table $t 1 externref)
        (func (export "run") (param i32) (result i32) (local $n i32) (local $r externref)
          (loop
            (call $f (local.get 0) (ref.null extern)) (drop) (local.set $r)
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $n) (i32.const 200))))
          (table.set $t (i32.const 0) (local.get $r))
          (local.get 0))""",
    "threads": """(memory 1 4 shared)
        (func (export "run") (param i32) (result i32)
          (drop (memory.grow (i32.const 1)))
          (drop (memory.atomic.notify (i32.const 8) (i32.const 1)))
          (i32.atomic.rmw.add (i32.const 8) (local.get 0)))""",
}


LIMITS = {
    "large": Limits(heap_bytes=120_000),
    "externals": Limits(heap_bytes=4_000),
    "very deep": Limits(call_depth=6_000),
}
QUANTA = {"large": 5_000, "externals": 500, "very deep": 10_000}
DONE: set[str] = set()
COUNTS = count(100)


def drive(execution: Any, quantum: int, event: Any = None) -> object:
    """Drive a call: its results, or what it ended with. Raises what the engine raises."""
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
                    execution.resume((object(), 5))
                else:
                    execution.throw(GuestException(None, ()))
        event = execution.run(quantum)
    raise AssertionError("it does not end")


def run(engine: Engine, name: str, binary: bytes) -> object:
    """Load, instantiate, run in both streams, call directly, snapshot, restore, reset, go on."""
    loaded = engine.load(binary, EVERYTHING)
    gives = FunctionType((I32, EXTERNREF), (EXTERNREF, I32))
    imports = {
        ("host", "f"): HostFunction(gives, lambda number, _: (object(), number)),
        ("host", "g"): HostFunction(FunctionType((I32,), ()), refuse),
    }
    limits, quantum = LIMITS.get(name, Limits(call_depth=3_000)), QUANTA.get(name, 50)
    instance = engine.instantiate(loaded, imports, limits)
    function = cast("Any", instance.exports["run"])
    begun = instance.snapshot()
    found = [drive(instance.start(function, (3,)), quantum)]
    stepped = instance.start(function, (400,))
    event = stepped.step(7)
    restored = engine.restore(stepped.snapshot(), loaded, imports, limits)
    found.append(drive(stepped, 400, event))
    if restored.execution is not None:
        found.append(drive(restored.execution, 400, restored.event))
    instance.reset_to(begun)
    found.append(function(3))
    return found


def refuse(_: object) -> None:
    """A function of the host that throws into the guest."""
    raise GuestException(None, ())


def outcome(engine: Engine, name: str, binary: bytes) -> object:
    """What comes of it, or the error."""
    try:
        return run(engine, name, binary)
    except WasmError as error:
        return error


def fail_each(engine: Engine, name: str) -> None:
    """Have one request after the other fail while a scenario runs."""
    binary = encode(parse(f"(module {SCENARIOS[name]})", EVERYTHING))
    expected = outcome(engine, name, binary)
    assert isinstance(expected, list), expected
    check(lambda: outcome(engine, name, binary), expected)
    DONE.add(name)


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_request_may_fail(native_engine: Engine, name: str) -> None:
    fail_each(native_engine, name)


def check(attempt: Callable[[], object], expected: object) -> None:
    """Have one request after the other fail, until there are no more."""
    gc.collect()
    gc.freeze()  # what is there already need not be looked at each time
    try:
        _check(attempt, expected, lib.wr_testing_allocations())
    finally:
        gc.unfreeze()


def _check(attempt: Callable[[], object], expected: object, before: int) -> None:
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


def fail_types(engine: Engine) -> None:
    """Types stay for good once they are known: each attempt has new ones."""

    def attempt() -> object:
        fields = "(field i32) (field f64) " * next(COUNTS)
        more = "(type (struct)) " * 20  # for which the list of types has no room
        text = f"(module (rec (type $a (struct {fields})) (type (func (result (ref $a)))) {more}))"
        try:
            engine.load(encode(parse(text)))
        except WasmError as error:
            return error
        return []

    check(attempt, [])


def test_types_of_a_module_may_not_fit(native_engine: Engine) -> None:
    fail_types(native_engine)


def never_refused() -> list[str]:
    """The places that were never refused memory."""
    return sorted(place for place, (_, refused) in places().items() if not refused)


def places() -> dict[str, tuple[int, int]]:
    """Each place in the C sources that asks for memory: how often it asked, and was refused."""
    figures = core.ffi.new("int64_t[3]")
    found = {}
    for number in range(lib.wr_testing_sites()):
        path = core.ffi.string(lib.wr_testing_site(number, figures)).decode()
        found[f"{Path(path).name}:{figures[0]}"] = (figures[1], figures[2])
    return found


def test_no_place_is_left_out(native_engine: Engine) -> None:
    """The core's own list of the places is that of the sources, and each was refused memory."""
    for name in SCENARIOS.keys() - DONE:  # where tests run by several processes, or one by one
        fail_each(native_engine, name)
    fail_types(native_engine)
    found = places()
    written = {
        f"{path.name}:{number}"
        for path in NATIVE.glob("*.c")
        if path.stem != "allocate"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if ASKS.search(line)
    }
    assert found.keys() == written
    assert never_refused() == []


def test_without_failures_nothing_is_lost() -> None:
    """So that one can believe the counting."""
    engine = get_engine("native")
    before = lib.wr_testing_allocations()
    loaded = engine.load(encode(parse("(module)")))
    assert lib.wr_testing_allocations() > before
    del loaded
    gc.collect()
    assert lib.wr_testing_allocations() == before
