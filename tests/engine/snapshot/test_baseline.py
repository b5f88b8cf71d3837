"""Instances that are put back, again and again, into the state of one moment."""

from __future__ import annotations

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import call
from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.errors import SnapshotError, Trap
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import FunctionType

from .test_resetting import build

KEEPER = """(module (memory (export "memory") 1 3) (table (export "table") 2 5 funcref)
(global (export "global") (mut i32) (i32.const 1)) (func (export "f")))"""
USER = """(module (import "env" "host" (func $host)) (import "keeper" "memory" (memory 1))
(import "keeper" "table" (table 2 funcref)) (import "keeper" "global" (global $g (mut i32)))
(elem (i32.const 0) $own) (elem $later func $host) (data $bytes "abc")
(func $own)
(func (export "change") (global.set $g (i32.add (global.get $g) (i32.const 1)))
  (i32.store (i32.const 8) (global.get $g)) (drop (memory.grow (i32.const 1)))
  (table.init $later (i32.const 1) (i32.const 0) (i32.const 1)) (elem.drop $later)
  (memory.init $bytes (i32.const 99) (i32.const 0) (i32.const 3)) (data.drop $bytes)
  (table.set (i32.const 0) (ref.null func))))"""


def test_everything_is_as_it_was(engine_name: str) -> None:
    instance = build(get_engine(engine_name))
    exports = instance.exports
    call(instance, exports["warm"])
    baseline, host = instance.baseline(), exports["table"][1]
    for _ in range(3):
        call(instance, exports["change"], ["after"])
        with pytest.raises(Trap):
            call(instance, exports["segments"])
        baseline.restore()
        assert exports["memory"].size_bytes == 2 * 65_536
        assert exports["memory"].read(70_000, 5) == b"hello"
        assert exports["memory"].read(4_000, 4) == bytes((1, 0, 0, 0))
        assert len(exports["table"]) == 3
        assert exports["table"][1] == host
        assert exports["n"].value == 5
        assert call(instance, exports["boxed"]) == (7,)
    call(instance, exports["segments"])
    assert exports["memory"].read(0, 3) == b"abc"


def test_several_instances_are_one_state(engine_name: str) -> None:
    engine = get_engine(engine_name)
    store = engine.new_store()
    keeper = engine.instantiate(engine.load(encode(parse(KEEPER))), store=store)
    imports = {("keeper", name): item for name, item in keeper.exports.items() if name != "f"}
    imports["env", "host"] = HostFunction(FunctionType(), lambda: None)
    user = engine.instantiate(engine.load(encode(parse(USER))), imports, store=store)
    exports = keeper.exports
    own = exports["table"][0]
    with pytest.raises(SnapshotError, match="refers to instances that are not kept"):
        keeper.baseline()
    baseline = keeper.baseline(user)
    for _ in range(3):
        call(user, user.exports["change"])
        assert exports["global"].value == 2
        assert exports["table"][0] is None
        assert exports["table"][1] is not None
        baseline.restore()
        assert (exports["global"].value, exports["memory"].size_bytes) == (1, 65_536)
        assert exports["memory"].read(0, 200) == bytes(200)
        assert exports["table"][0] == own
        assert exports["table"][1] is None
