"""Snapshots that somebody has tampered with: refused, or as good as any other."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine, HostCall, HostFunction, Limits, Paused
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.engine.snapshot.layout import HEADER
from pywasm_rt.engine.snapshot.writing import seal
from pywasm_rt.errors import ExhaustionError, LinkError, SnapshotError
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import I32, FunctionType

FEATURES = DEFAULT.with_(threads=True, legacy_exceptions=True)
TEXT = """(module (import "env" "host" (func $host (param i32) (result i32)))
(type $node (sub (struct (field (mut i32)) (field (mut (ref null $node))))))
(type $bytes (array (mut i8))) (type $nodes (array (mut (ref $node))))
(type $callee (func (param i32) (result i32)))
(memory 1 3 shared) (table 6 20 funcref) (elem (i32.const 1) $host $f $g) (elem $e func $f)
(data $d "abc") (tag $t (param i32 f64))
(global $g0 (mut (ref null $nodes)) (ref.null $nodes))
(global $g1 (mut v128) (v128.const i64x2 3 4))
(global $g2 (mut anyref) (ref.i31 (i32.const 3))) (global $g3 (mut exnref) (ref.null exn))
(func $g (param $n i32) (result i32) (local $v v128) (local $node (ref $node)) (local f32 externref)
  (local.set $node (struct.new $node (local.get $n) (ref.null $node)))
  (struct.set $node 1 (local.get $node) (local.get $node))
  (global.set $g0 (array.new $nodes (local.get $node) (i32.const 2)))
  (global.set $g2 (array.new $bytes (i32.const 3) (i32.const 9)))
  (v128.const i64x2 5 6) (f64.const 1.5)
  (try (result i32)
    (do (throw $t (local.get $n) (f64.const 2)))
    (catch $t (drop) (drop)
      (i32.store (i32.const 128) (local.get $n))
      (call_indirect (type $callee) (local.get $n) (i32.const 1))))
  (local.set $n) (drop) (drop)
  (struct.get $node 0 (struct.get $node 1 (local.get $node)))
  (i32.add (local.get $n)))
(func $f (export "f") (param $n i32) (result i32)
  (if (result i32) (local.get $n)
    (then (i32.add (i32.const 40) (call_ref $callee
      (i32.sub (local.get $n) (i32.const 1)) (ref.func $f))))
    (else
      (global.set $g3 (block $b (result i32 f64 exnref)
        (try_table (catch_ref $t $b) (throw $t (i32.const 1) (f64.const 2))) (unreachable)))
      (drop) (drop)
      (call $g (i32.const 17)))))
(func (export "wait") (result i32)
  (memory.atomic.wait32 (i32.const 16) (i32.const 0) (i64.const -1))))"""
BINARY = encode(parse(TEXT, FEATURES))
IMPORTS = {("env", "host"): HostFunction(FunctionType((I32,), (I32,)), lambda n: n, "host")}
LIMITS = Limits(memory_bytes=1 << 22, table_elements=1_000, call_depth=50, value_slots=5_000)
REFUSALS = (SnapshotError, LinkError, ExhaustionError)


def bodies() -> list[bytes]:
    """Snapshots at many places, without their headers."""
    engine: Any = get_engine("reference")
    module = engine.load(BINARY, FEATURES)
    found = []
    for steps in (0, 3, 9, 20, 30, 45, 50, 55, 60, 500):
        instance = engine.instantiate(module, IMPORTS)
        execution = instance.start(instance.exports["f"], [3])
        execution.step(steps)
        found.append(execution.snapshot().to_bytes(compress=False)[HEADER.size :])
    instance = engine.instantiate(module, IMPORTS)
    execution = instance.start(instance.exports["wait"])
    execution.run()
    found.append(execution.snapshot().to_bytes(compress=False)[HEADER.size :])
    return found


BODIES = bodies()


def mutated(choice: random.Random) -> bytes:
    """A body with a few bytes changed, left out or put in."""
    body = bytearray(choice.choice(BODIES))
    for _ in range(choice.choice((1, 1, 1, 2, 4))):
        place = choice.randrange(len(body))
        match choice.randrange(4):
            case 0:
                body[place] = choice.randrange(256)
            case 1:
                body[place] = (body[place] + choice.choice((1, -1, 2, 16, 64))) % 256
            case 2:
                del body[place]
            case _:
                body.insert(place, choice.choice((0, 1, 2, 127, 128, 255)))
    return bytes(body)


def outcome(engine: Any, data: bytes) -> list[object]:
    """What comes of it: a refusal, or some pieces of the execution."""
    module = engine.load(BINARY, FEATURES)
    seen: list[object] = []
    try:
        snapshot = Snapshot.from_bytes(data)
        restored = engine.restore(snapshot, module, IMPORTS, LIMITS, persistent_load=str)
    except REFUSALS as error:
        return [type(error), str(error)]
    execution = restored.execution
    if execution is None:
        return [restored.instances[0].snapshot().to_bytes(str)]
    event = restored.event
    for piece in (1, 2, 3, 5, 100, 1_000):
        if isinstance(event, HostCall):
            execution.resume(0)
        elif not (event is None or isinstance(event, Paused)):
            break
        event = execution.step(piece)
        seen.append(
            (execution.fuel_spent, execution.steps_taken, execution.snapshot().to_bytes(str))
        )
    return [*seen, restored.store.fuel_spent]


@settings(max_examples=250)
@given(seed=st.integers(0, 2**64 - 1))
def test_tampered_snapshots(native_engine: Engine, seed: int) -> None:
    data = seal(mutated(random.Random(seed)), compress=False)
    expected = outcome(get_engine("reference"), data)
    assert outcome(native_engine, data) == expected


@pytest.mark.parametrize("compress", [False, True])
def test_damaged_bytes_never_get_that_far(*, compress: bool) -> None:
    data = seal(BODIES[5], compress=compress)
    whole, refused = Snapshot.from_bytes(data), 0
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(SnapshotError):
            Snapshot.from_bytes(data[:place])
        try:
            assert Snapshot.from_bytes(bytes(damaged)) == whole  # some bits mean nothing to zlib
        except SnapshotError:
            refused += 1
    assert refused > len(data) - 3
    with pytest.raises(SnapshotError):
        Snapshot.from_bytes(data + b"x")


def test_untampered_ones_are_as_they_were(engine_name: str) -> None:
    for body in BODIES:
        data = seal(body, compress=True)
        seen = outcome(get_engine(engine_name), data)
        assert not isinstance(seen[0], type), "it is not refused"
