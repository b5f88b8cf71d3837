"""Core modules from Python."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pywasm_rt import CollectingSink, CoreInstance, WasiContext, get_engine
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import ExhaustionError, LinkError, Trap
from pywasm_rt.operations import Sleep
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

TEXT = """(module
  (import "env" "log" (func $log (param i32)))
  (import "env" "wait-for" (func $wait (param i32) (result i32)))
  (import "env" "start" (global $start i32))
  (memory (export "memory") 1)
  (global $count (export "count") (mut i32) (i32.const 0))
  (func $init (global.set $count (global.get $start)))
  (start $init)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func (export "tell") (param i32) (call $log (local.get 0)))
  (func (export "wait-twice") (result i32) (i32.add (call $wait (i32.const 1))
    (call $wait (i32.const 2))))
  (func (export "spin") (loop (br 0)))
  (func (export "boom") unreachable))"""


@pytest.fixture
def engine(engine_name: str) -> Engine:
    """Each engine in turn."""
    return get_engine(engine_name)


@pytest.fixture
def binary() -> bytes:
    """The module of TEXT."""
    return encode(parse(TEXT))


def host(log: list[int], wait_for: Any = lambda n: n) -> SimpleNamespace:
    """What the module imports."""
    return SimpleNamespace(log=log.append, wait_for=wait_for, start=41)


def test_exports_are_attributes_and_items(engine: Engine, binary: bytes) -> None:
    log: list[int] = []
    instance = CoreInstance(binary, {"env": host(log)}, engine=engine)
    assert instance.add(2, 3) == 5
    assert instance["add"](-1, 0) == 2**32 - 1
    assert instance.swap(1, 2) == (2, 1)
    assert instance.tell(7) is None
    assert log == [7]
    assert instance.wait_twice() == 3
    assert instance.count.value == 41
    instance.memory.write(0, b"hi")
    assert instance.memory.read(0, 2) == b"hi"
    assert "add" in dir(instance)
    assert "add" in instance
    assert repr(instance.add) == "<CoreExport add: [i32 i32] -> [i32]>"
    with pytest.raises(AttributeError, match="exports no 'nothing'; there is: memory, count, add"):
        _ = instance.nothing
    with pytest.raises(KeyError):
        instance["nothing"]
    with pytest.raises(Trap, match="unreachable"):
        instance.boom()


def test_host_functions_may_wait(engine: Engine, binary: bytes) -> None:
    async def later(n: int) -> int:
        await asyncio.sleep(0)
        return n * 10

    def steps(n: int) -> Any:
        yield Sleep(0)
        return n * 100

    instance = CoreInstance(binary, {"env": host([], later)}, engine=engine)
    assert instance.wait_twice() == 30
    assert asyncio.run(instance.wait_twice.call_async()) == 30
    instance = CoreInstance(binary, {"env": host([], steps)}, engine=engine)
    assert instance.wait_twice.within(60.0)() == 300


def test_a_deadline_ends_a_loop(engine: Engine, binary: bytes) -> None:
    instance = CoreInstance(binary, {"env": host([])}, engine=engine)
    with pytest.raises(ExhaustionError, match="longer than 20 ms"):
        instance.spin.within(0.02)()


def test_everything_that_is_missing_is_told_at_once(engine: Engine, binary: bytes) -> None:
    with pytest.raises(LinkError) as caught:
        CoreInstance(binary, {"env": {"log": print, "wait_four": print}}, engine=engine)
    assert caught.value.details["missing"] == (
        "func env.wait-for: [i32] -> [i32] (did you mean wait_four?)",
        "global env.start",
    )


def test_one_instance_imports_from_another(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "first.wat"
    path.write_text("""(module (memory (export "memory") 1)
        (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))""")
    first = CoreInstance(path, engine=engine)
    second = parse("""(module (import "first" "twice" (func $f (param i32) (result i32)))
        (import "first" "memory" (memory 1))
        (func (export "run") (result i32) (i32.store (i32.const 0) (call $f (i32.const 21)))
          (i32.load (i32.const 0))))""")
    assert CoreInstance(encode(second), {"first": first}, engine=engine).run() == 42
    assert first.memory.read(0, 1) == b"*"


def test_preview_1_for_libraries(engine: Engine) -> None:
    module = encode(
        parse("""(module
        (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "hello")
        (func (export "_initialize") (call $say))
        (func $say (export "say")
          (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 5))
          (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))""")
    )
    with pytest.raises(LinkError, match=r"fd_write.*give a WasiContext as wasi="):
        CoreInstance(module, engine=engine)
    stdout = CollectingSink()
    with WasiContext(stdout=stdout) as context:
        instance = CoreInstance(module, wasi=context, engine=engine)
        instance.say()
    assert stdout.text == "hellohello", "a reactor is initialised first"
