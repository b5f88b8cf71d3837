"""Instances that are put back into a former state, in place."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import call
from pywasm_rt.engine.interface import HostFunction, Limits
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.errors import SnapshotError, Trap
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import EXTERNREF, FunctionType, GlobalType

TEXT = """(import "env" "host" (func $host)) (import "env" "g" (global $g (mut externref)))
(memory (export "memory") 2 20) (data (i32.const 70000) "hello") (data $passive "abc")
(table (export "table") 3 30 funcref) (elem (i32.const 1) $host $f) (elem $funcs func $f)
(type $box (struct (field (mut i32)) (field (mut (ref null $box)))))
(global $box (mut (ref null $box)) (ref.null $box)) (global $n (export "n") (mut i64) (i64.const 5))
(func $f (export "warm") (local $b (ref null $box))
  (local.set $b (struct.new $box (i32.const 7) (ref.null $box)))
  (struct.set $box 1 (local.get $b) (local.get $b)) (global.set $box (local.get $b))
  (i32.store (i32.const 4000) (i32.const 1)))
(func (export "change") (param externref)
  (struct.set $box 0 (global.get $box) (i32.const 9)) (global.set $box (ref.null $box))
  (global.set $n (i64.const 6)) (global.set $g (local.get 0))
  (drop (memory.grow (i32.const 3))) (memory.fill (i32.const 0) (i32.const 5) (i32.const 300000))
  (drop (table.grow (ref.func $f) (i32.const 4))) (table.set (i32.const 1) (ref.null func))
  (data.drop $passive) (elem.drop $funcs))
(func (export "boxed") (result i32)
  (struct.get $box 0 (struct.get $box 1 (global.get $box))))
(func (export "segments")
  (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 3))
  (table.init $funcs (i32.const 0) (i32.const 0) (i32.const 1)))"""


def build(engine: Any, limits: Limits | None = None) -> Any:
    module = engine.load(encode(parse(f"(module {TEXT})")))
    imports = {
        ("env", "host"): HostFunction(FunctionType(), lambda: None),
        ("env", "g"): engine.new_global(GlobalType(EXTERNREF, mutable=True), "before"),
    }
    return engine.instantiate(module, imports, limits)


def test_everything_is_as_it_was(engine_name: str) -> None:
    instance = build(get_engine(engine_name))
    exports = instance.exports
    call(instance, exports["warm"])
    snapshot = instance.snapshot()
    host = exports["table"][1]
    for _ in range(3):
        call(instance, exports["change"], ["after"])
        assert exports["memory"].size_bytes == 5 * 65_536
        assert len(exports["table"]) == 7
        with pytest.raises(Trap):
            call(instance, exports["segments"])
        instance.reset_to(snapshot)
        assert exports["memory"].size_bytes == 2 * 65_536
        assert exports["memory"].read(70_000, 6) == b"hello\0"
        assert exports["table"][1] is host
        assert call(instance, exports["boxed"]) == (7,)
        assert exports["n"].value == 5
        after = instance.snapshot()
        assert after.externals[0].object == "before"
        # Only what the store has spent goes on.
        assert after.store_fuel > snapshot.store_fuel
        assert after.memories == snapshot.memories
        assert after.objects == snapshot.objects
        assert after.tables == snapshot.tables
        call(instance, exports["segments"])


def test_what_was_given_up_can_be_had_again(engine_name: str) -> None:
    limits = Limits(memory_bytes=5 * 65_536, table_elements=7)
    instance = build(get_engine(engine_name), limits)
    call(instance, instance.exports["warm"])
    snapshot = instance.snapshot()
    for _ in range(4):
        call(instance, instance.exports["change"], ["after"])
        assert instance.exports["memory"].size_bytes == 5 * 65_536
        assert len(instance.exports["table"]) == 7
        instance.reset_to(snapshot)
    assert instance.exports["memory"].grow(3) == 2
    assert instance.exports["memory"].read(131_072, 196_608) == bytes(196_608)


def test_a_twin_can_be_reset_to_the_state_of_the_other(engine_name: str) -> None:
    engine = get_engine(engine_name)
    instance, twin = build(engine), build(engine)
    call(instance, instance.exports["warm"])
    twin.reset_to(instance.snapshot())
    assert call(twin, twin.exports["boxed"]) == (7,)
    assert twin.exports["memory"].read(4000, 1) == b"\1"


def test_snapshots_of_something_else_are_refused(engine_name: str) -> None:
    engine = get_engine(engine_name)
    instance = build(engine)
    call(instance, instance.exports["warm"])
    snapshot = instance.snapshot()
    other = engine.instantiate(engine.load(encode(parse("(module (memory 1))"))))
    with pytest.raises(SnapshotError, match="of another module"):
        other.reset_to(snapshot)
    with pytest.raises(SnapshotError, match="an object of the host"):
        instance.reset_to(Snapshot.from_bytes(snapshot.to_bytes(str)))
    instance.exports["table"][0] = other.exports.get("f") or build(engine).exports["warm"]
    with pytest.raises(SnapshotError, match="can be restored only as a whole"):
        instance.reset_to(instance.snapshot())
