"""What a snapshot keeps, from each engine to each engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import call, go_on
from pywasm_rt.engine.float_bits import f32_from_bits, f32_to_bits
from pywasm_rt.engine.interface import (
    HostCall,
    HostFunction,
    Limits,
    Paused,
    Returned,
    Threw,
    Trapped,
)
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.errors import (
    ExhaustionError,
    GuestException,
    LinkError,
    SnapshotError,
    Trap,
    TrapCode,
)
from pywasm_rt.operations import WaitForNotification
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import (
    EXTERNREF,
    F32,
    FUNCREF,
    I32,
    FunctionType,
    GlobalType,
    MemoryType,
    TableType,
)
from pywasm_rt.wasm.types import Limits as Sizes

LOOP = """(memory 1)
(func (export "run") (param $n i32) (result i32) (local $i i32) (local $sum i32)
  (loop $again (result i32)
    (local.set $sum (i32.add (local.get $sum) (local.get $i)))
    (i32.store (i32.mul (local.get $i) (i32.const 64)) (local.get $sum))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $i) (local.get $n)))
    (local.get $sum)))"""


def binary_of(text: str) -> bytes:
    return encode(parse(f"(module {text})"))


def start(instance: Any, name: str, *arguments: object) -> Any:
    return instance.start(instance.exports[name], arguments)


@pytest.mark.parametrize("steps", [0, 1, 5, 6, 27, 100])
def test_a_loop_goes_on_where_it_was(road: Any, steps: int) -> None:
    execution = start(road.instance(LOOP), "run", 50)
    if steps:
        assert isinstance(execution.step(steps), Paused)
    restored = road.over(execution, LOOP)
    assert restored.event is None
    assert restored.execution is not None
    assert restored.execution.steps_taken == steps
    assert go_on(restored) == (sum(range(50)),)
    assert execution.run() == Returned((sum(range(50)),))
    assert restored.execution.fuel_spent == execution.fuel_spent
    assert restored.instances[0].snapshot().memories == execution.snapshot().memories


def test_fuel_that_the_store_has_spent_counts_against_limits(road: Any) -> None:
    execution = start(road.instance(LOOP), "run", 1_000)
    execution.run(2_000)
    restored = road.over(execution, LOOP, limits=Limits(fuel=3_000))
    with pytest.raises(ExhaustionError, match="all fuel consumed"):
        go_on(restored)
    assert 3_000 < restored.store.fuel_spent < 3_100


DEEP = """(func $f (export "f") (param $n i32) (param $v v128) (result i32) (local $x f32)
  (local.set $x (f32.reinterpret_i32 (i32.const 0x7fa00001)))
  (if (result i32) (local.get $n)
    (then (i32.const 7)
      (call $f (i32.sub (local.get $n) (i32.const 1)) (i8x16.shuffle 1 2 3 4 5 6 7 8 9 10 11 12 13
        14 15 0 (local.get $v) (local.get $v)))
      (i32.add) (i32.xor (i32.reinterpret_f32 (local.get $x))))
    (else (i32x4.extract_lane 0 (local.get $v)))))"""
VECTOR = sum(k << 8 * k for k in range(16))


def test_activations_with_vectors_and_signalling_nans(road: Any) -> None:
    instance = road.instance(DEEP)
    expected = call(instance, instance.exports["f"], (6, VECTOR))
    for steps in range(1, 110, 7):
        execution = start(instance, "f", 6, VECTOR)
        assert isinstance(execution.step(steps), Paused)
        assert go_on(road.over(execution, DEEP)) == expected


def test_an_exhausted_limit_is_told_when_it_is_restored(road: Any) -> None:
    execution = start(road.instance(DEEP), "f", 50, VECTOR)
    execution.step(300)
    with pytest.raises(ExhaustionError, match="call stack exhausted"):
        road.over(execution, DEEP, limits=Limits(call_depth=5))
    with pytest.raises(ExhaustionError, match="value slots are needed"):
        road.over(execution, DEEP, limits=Limits(value_slots=30))
    execution = start(road.instance(LOOP), "run", 50)
    with pytest.raises(ExhaustionError, match="no room for a memory of 65536 bytes"):
        road.over(execution, LOOP, limits=Limits(memory_bytes=1_000))


HEAP = """
(rec (type $node (sub (struct (field $value (mut i8)) (field $next (mut (ref null $node)))))))
(type $wide (sub $node (struct (field (mut i8)) (field (mut (ref null $node))) (field v128))))
(type $nodes (array (mut (ref null $node)))) (type $floats (array (mut f32)))
(global $first (mut (ref null $node)) (ref.null $node))
(global $all (mut (ref null $nodes)) (ref.null $nodes))
(global $floats (mut (ref null $floats)) (ref.null $floats))
(global $small (mut anyref) (ref.i31 (i32.const -5)))
(func (export "make")
  (global.set $first (struct.new $node (i32.const 300) (ref.null $node)))
  (struct.set $node $next (global.get $first)
    (struct.new $wide (i32.const 2) (global.get $first) (v128.const i64x2 1 2)))
  (global.set $all (array.new $nodes (global.get $first) (i32.const 3)))
  (array.set $nodes (global.get $all) (i32.const 1) (struct.get $node $next (global.get $first)))
  (global.set $floats (array.new $floats (f32.const -nan:0x200001) (i32.const 5))))
(func (export "circle") (result i32)
  (ref.eq (global.get $first)
    (struct.get $node $next (struct.get $node $next (global.get $first)))))
(func (export "shared") (result i32)
  (ref.eq (array.get $nodes (global.get $all) (i32.const 2)) (global.get $first)))
(func (export "wide") (result i64) (i64x2.extract_lane 1 (struct.get $wide 2
  (ref.cast (ref $wide) (array.get $nodes (global.get $all) (i32.const 1))))))
(func (export "value") (result i32) (struct.get_u $node $value (global.get $first)))
(func (export "float") (result i32)
  (i32.reinterpret_f32 (array.get $floats (global.get $floats) (i32.const 4))))
(func (export "small") (result i32) (i31.get_s (ref.cast i31ref (global.get $small))))"""


def test_the_heap_keeps_identity_circles_and_bits(road: Any) -> None:
    instance = road.instance(HEAP)
    call(instance, instance.exports["make"])
    (twin,) = road.over(instance, HEAP).instances
    results = {
        name: call(twin, twin.exports[name])[0]
        for name in ("circle", "shared", "wide", "value", "float", "small")
    }
    assert results == {
        "circle": 1,
        "shared": 1,
        "wide": 2,
        "value": 300 & 0xFF,
        "float": 0xFFA00001,
        "small": 0xFFFFFFFB,
    }


EXCEPTIONS = """(import "env" "wait" (func $wait (param i32) (result i32))) (tag $t (param i32))
(func (export "legacy") (param $n i32) (result i32)
  (try (result i32)
    (do (try (result i32) (do (throw $t (local.get $n)))
      (catch $t (i32.add (call $wait (i32.const 1))) (drop)
        (if (result i32) (local.get $n) (then (rethrow 1)) (else (i32.const 5))))))
    (catch $t (i32.mul (i32.const 2)))))
(func (export "reference") (param $n i32) (result i32) (local $e exnref)
  (local.set $e (block $caught (result exnref)
    (try_table (catch_all_ref $caught) (throw $t (local.get $n))) (unreachable)))
  (drop (call $wait (i32.const 2)))
  (block $again (result i32)
    (try_table (catch $t $again) (throw_ref (local.get $e))) (unreachable)))
(func (export "uncaught") (param i32) (throw $t (local.get 0)))"""
WAIT = HostFunction(FunctionType((I32,), (I32,)), lambda number: number * 10, "wait")
IMPORTS = {("env", "wait"): WAIT}


@pytest.mark.parametrize(("name", "expected"), [("legacy", 8), ("reference", 4)])
def test_exceptions_that_handlers_deal_with(road: Any, name: str, expected: int) -> None:
    execution = start(road.instance(EXCEPTIONS, IMPORTS), name, 4)
    event = execution.run()
    assert isinstance(event, HostCall)
    restored = road.over(execution, EXCEPTIONS, imports=IMPORTS)
    assert isinstance(restored.event, HostCall)
    assert (restored.event.function, restored.event.arguments) == (WAIT, event.arguments)
    assert restored.event.caller is restored.instances[0]
    assert go_on(restored) == (expected,)
    execution.resume(10)
    assert go_on(road.over(execution, EXCEPTIONS, imports=IMPORTS)) == (expected,)


def test_an_error_for_a_restored_host_call(road: Any) -> None:
    instance = road.instance(EXCEPTIONS, IMPORTS)
    execution = start(instance, "legacy", 4)
    execution.run()
    restored = road.over(execution, EXCEPTIONS, imports=IMPORTS)
    assert restored.execution is not None
    restored.execution.throw(Trap(TrapCode.HOST, "no"))
    assert isinstance(restored.execution.run(), Trapped)
    execution.throw(Trap(TrapCode.HOST, "no"))
    with pytest.raises(SnapshotError, match="an error was thrown in"):
        execution.snapshot()


def test_ends_can_be_looked_at(road: Any) -> None:
    instance = road.instance(EXCEPTIONS, IMPORTS)
    execution = start(instance, "uncaught", 4)
    assert isinstance(execution.run(), Threw)
    restored = road.over(execution, EXCEPTIONS, imports=IMPORTS)
    assert isinstance(restored.event, Threw)
    assert restored.event.exception.values == (4,)
    assert restored.execution is not None
    assert restored.execution.frames()[0].pc == execution.frames()[0].pc == 1
    with pytest.raises(RuntimeError, match="it has ended"):
        restored.execution.run()
    with pytest.raises(GuestException):
        go_on(restored)

    text = '(func (export "f") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))'
    execution = start(road.instance(text), "f", 0)
    execution.run()
    restored = road.over(execution, text)
    assert isinstance(restored.event, Trapped)
    assert restored.event.trap.message == "integer divide by zero"
    assert restored.execution is not None
    operands = [value.value for value in restored.execution.frames()[0].operands]
    assert operands == [1, 0]
    execution = start(road.instance(text), "f", 1)
    execution.run()
    assert road.over(execution, text).event == Returned((1,))


TAILS = """(import "env" "wait" (func $wait (param i32) (result i32)))
(func $tail (param i32) (result i32) (return_call $wait (local.get 0)))
(func (export "inner") (param i32) (result i32)
  (i32.add (i32.const 1) (call $tail (local.get 0))))
(func (export "outer") (param i32) (result i32) (return_call $tail (local.get 0)))
(export "host" (func $wait))"""


@pytest.mark.parametrize(("name", "expected"), [("inner", 71), ("outer", 70), ("host", 70)])
def test_host_functions_called_last_of_all(road: Any, name: str, expected: int) -> None:
    execution = start(road.instance(TAILS, IMPORTS), name, 7)
    assert go_on(road.over(execution, TAILS, imports=IMPORTS)) == (expected,)
    assert isinstance(execution.run(), HostCall)
    assert go_on(road.over(execution, TAILS, imports=IMPORTS)) == (expected,)
    execution.resume(70)
    assert go_on(road.over(execution, TAILS, imports=IMPORTS)) == (expected,)


A = """(import "env" "memory" (memory 1))
(memory (export "memory") 1 5) (table (export "table") 4 10 funcref)
(global (export "global") (mut i64) (i64.const 5)) (tag (export "tag"))
(data $kept "abc") (data $gone "def") (elem $kept func $f) (elem $gone func $f)
(func $f (export "f") (result i32) (i32.const 11))
(func (export "drop") (data.drop $gone) (elem.drop $gone))
(func (export "kept") (memory.init $kept (i32.const 0) (i32.const 0) (i32.const 3)))
(func (export "gone") (memory.init $gone (i32.const 0) (i32.const 0) (i32.const 1)))"""
B = """(import "a" "memory" (memory 1)) (import "a" "table" (table 4 funcref))
(import "a" "global" (global (mut i64))) (import "a" "f" (func $f (result i32)))
(import "a" "tag" (tag)) (import "env" "memory" (memory 1)) (elem (i32.const 2) $g $f)
(func $g (export "g") (result i32)
  (global.set 0 (i64.add (global.get 0) (i64.const 1)))
  (i32.store (i32.const 8) (i32.const 77)) (i32.add (call $f) (call_indirect (result i32)
    (i32.const 3))))"""


def test_instances_that_share_things(road: Any) -> None:
    store = road.source.new_store()
    memory = road.source.new_memory(MemoryType(Sizes(1)), store)
    memory.write(65_000, b"host")
    a = road.instance(A, {("env", "memory"): memory}, store=store, name="first")
    imports = {("a", name): extern for name, extern in a.exports.items()}
    b = road.instance(B, {**imports, ("env", "memory"): memory}, store=store, name="second")
    call(a, a.exports["drop"])
    execution = start(b, "g")
    execution.step(12)
    restored = road.over(execution, A, B)
    assert go_on(restored) == (22,)
    second, first = restored.instances
    assert first.exports["global"].value == 6  # type: ignore[union-attr]
    assert first.exports["memory"].read(8, 4) == bytes((77, 0, 0, 0))  # type: ignore[union-attr]
    assert first.exports["table"][2] is second.exports["g"]  # type: ignore[index]
    host_memory: Any = restored.imported["env", "memory"]
    assert host_memory.read(65_000, 4) == b"host"
    call(first, first.exports["kept"])  # type: ignore[arg-type]
    assert host_memory.read(0, 3) == b"abc"
    with pytest.raises(Trap, match="out of bounds memory access"):
        call(first, first.exports["gone"])  # type: ignore[arg-type]


WAITS = """(memory (export "memory") 1 1 shared)
(func (export "f") (param $timeout i64) (result i32)
  (i32.add (i32.const 100)
    (memory.atomic.wait32 offset=4 (i32.const 4) (i32.const 0) (local.get $timeout))))
(func (export "notify") (result i32) (memory.atomic.notify (i32.const 8) (i32.const 9)))"""


def test_who_waits_at_an_address_waits_again(road: Any) -> None:
    execution = start(road.instance(WAITS), "f", -1)
    assert isinstance(execution.run(), HostCall)
    restored = road.over(execution, WAITS)
    assert isinstance(restored.event, HostCall)
    waiting: Any = restored.event.function.implementation()
    operation = next(waiting)
    assert isinstance(operation, WaitForNotification)
    assert operation.timeout_ns is None
    (instance,) = restored.instances
    assert call(instance, instance.exports["notify"]) == (1,)  # type: ignore[arg-type]
    assert operation.waiter.is_notified
    assert restored.execution is not None
    restored.execution.resume(0)
    assert restored.execution.run() == Returned((100,))


EXTERNALS = """(table (export "table") 2 externref)
(global (export "any") (mut anyref) (ref.null any))
(table (export "functions") 2 funcref)
(func (export "f") (param externref) (param funcref) (result externref)
  (table.set 0 (i32.const 1) (local.get 0)) (table.set 1 (i32.const 0) (local.get 1))
  (global.set 0 (any.convert_extern (local.get 0))) (local.get 0))"""


def test_objects_of_the_host_by_their_names(road: Any) -> None:
    thing, names = object(), {}
    instance = road.instance(EXTERNALS)
    execution = start(instance, "f", thing, WAIT)
    execution.step(8)
    with pytest.raises(SnapshotError, match="has no persistent id"):
        execution.snapshot().to_bytes()

    def name(found: object) -> str:
        names[f"{type(found).__name__}"] = found
        return type(found).__name__

    with pytest.raises(SnapshotError, match="persistent_load is needed"):
        road.over(execution, EXTERNALS, persistent_id=name)
    restored = road.over(
        execution, EXTERNALS, persistent_id=name, persistent_load=names.__getitem__
    )
    assert go_on(restored) == (thing,)
    exports: Any = restored.instances[0].exports
    assert exports["table"][1] is exports["any"].value is thing
    assert exports["functions"][0].type == WAIT.type

    # A snapshot that stays in the process needs no names.
    module = road.target.load(binary_of(EXTERNALS))
    assert go_on(road.target.restore(execution.snapshot(), module)) == (thing,)


def test_host_tables_and_globals_are_made_anew(road: Any) -> None:
    text = """(import "env" "table" (table 3 funcref)) (import "env" "g" (global externref))
    (import "env" "n" (global (mut f32))) (func $f) (elem (i32.const 1) $f)
    (func (export "get") (result externref) (global.get 0))"""
    engine = road.source
    table = engine.new_table(TableType(FUNCREF, Sizes(5, 9)))
    number = engine.new_global(GlobalType(F32, mutable=True), f32_from_bits(0x7FA00000))
    imports = {
        ("env", "table"): table,
        ("env", "g"): engine.new_global(GlobalType(EXTERNREF), "text"),
        ("env", "n"): number,
    }
    instance = road.instance(text, imports)
    restored = road.over(instance, text, persistent_id=str, persistent_load=lambda name: name)
    twin = restored.instances[0]
    assert call(twin, twin.exports["get"]) == ("text",)  # type: ignore[arg-type]
    again: Any = restored.imported
    assert again["env", "table"].type == TableType(FUNCREF, Sizes(5, 9))
    assert again["env", "table"][1] is not None
    assert f32_to_bits(again["env", "n"].value) == 0x7FA00000


def test_what_does_not_fit_is_refused(road: Any) -> None:
    execution = start(road.instance(EXCEPTIONS, IMPORTS), "legacy", 4)
    execution.run()
    with pytest.raises(SnapshotError, match="the snapshot is of another module"):
        road.over(execution, LOOP)
    with pytest.raises(LinkError, match='unknown import: "env" "wait"'):
        road.over(execution, EXCEPTIONS)
    other = HostFunction(FunctionType(), lambda: None)
    with pytest.raises(LinkError, match="incompatible import type"):
        road.over(execution, EXCEPTIONS, imports={("env", "wait"): other})
    with pytest.raises(TypeError, match="was not loaded by"):
        road.target.restore(execution.snapshot(), object())


def test_pages_of_zeros_take_no_room(road: Any) -> None:
    text = '(memory (export "memory") 1000) (func (export "f"))'
    instance = road.instance(text)
    instance.exports["memory"].write(40_000_000, b"x" * 5_000)
    snapshot = instance.snapshot()
    assert [address for address, _ in snapshot.memories[0].runs] == [40_000_000 // 4096 * 4096]
    assert len(snapshot.to_bytes(compress=False)) < 15_000
    assert len(snapshot.to_bytes()) < 1_000
    twin = road.over(instance, text).instances[0]
    assert twin.exports["memory"].read(40_004_990, 12) == b"x" * 10 + b"\0\0"  # type: ignore[union-attr]


def test_damaged_bytes_are_refused() -> None:
    engine = get_engine("reference")
    instance: Any = engine.instantiate(engine.load(binary_of(LOOP)))
    data = start(instance, "run", 5).snapshot().to_bytes()
    for wrong, sentence in (
        (b"", "this is no snapshot"),
        (b"\0asm" + data, "this is no snapshot"),
        (data[:20], "cut off"),
        (data[:-10], "cut off|damaged"),
        (data + b"x", None),
        (data[:8] + b"\2\0" + data[10:], "of version 2; this is version 1"),
        (data[:10] + b"\4\0" + data[12:], "its flags are 4"),
        (data[:30] + b"\0\0" + data[32:], "checksum"),
        (data[:60] + b"\0\0" + data[62:], "damaged|cut off"),
    ):
        if sentence is None:
            continue
        with pytest.raises(SnapshotError, match=sentence):
            Snapshot.from_bytes(wrong)
    with pytest.raises(SnapshotError, match="10 are allowed"):
        Snapshot.from_bytes(data, most_bytes=10)


def test_a_table_larger_than_any_machine_is_refused(road: Any) -> None:
    text = """(table (export "t") i64 2 funcref) (func $f (export "f"))
    (elem (table 0) (i64.const 1) func $f)"""
    snapshot = road.instance(text).snapshot()
    (table,) = snapshot.tables
    size = 1 << 60
    huge = TableType(table.type.element, Sizes(size, None, is_64=True))
    runs = ((size - 1, table.runs[1][1]), (1, None))
    tampered = replace(snapshot, tables=(replace(table, type=huge, runs=runs),))
    with pytest.raises(ExhaustionError, match="no room for a table"):
        road.target.restore(tampered, road.target.load(binary_of(text)))
    with pytest.raises(ExhaustionError, match=r"no room for a table|no more memory"):
        road.target.restore(
            tampered, road.target.load(binary_of(text)), limits=Limits(table_elements=None)
        )
