"""Async functions that give their result before they would have to wait."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.features import DEFAULT
from pywasm_rt.component.instance import ComponentInstance
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.text import parse
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import ComponentError, Trap, UnsupportedFeature

FEATURES = DEFAULT.with_(async_=True)

# The callee gives what its one argument asks for: 0 nothing, 1 a string, 2 two of them.
CALLEE = """
(component $callee
  (core module $memory (memory (export "m") 1) (data (i32.const 8) "hello")
    (func (export "r") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "m" (core memory $m))
  (alias core export $memory "r" (core func $realloc))
  (core func $return (canon task.return (result string) (memory $m)))
  (core func $other (canon task.return (result u32)))
  (core module $main
    (import "" "return" (func $return (param i32 i32)))
    (import "" "other" (func $other (param i32)))
    (func (export "give") (param i32)
      (if (i32.ge_u (local.get 0) (i32.const 1))
        (then (call $return (i32.const 8) (i32.const 5))))
      (if (i32.ge_u (local.get 0) (i32.const 2))
        (then (call $return (i32.const 8) (i32.const 5)))))
    (func (export "wrong") (call $other (i32.const 1)))
    (func (export "sync") (result i32) (call $other (i32.const 1)) (i32.const 0)))
  (core instance $main (instantiate $main (with "" (instance
    (export "return" (func $return)) (export "other" (func $other))))))
  (func (export "give") async (param "times" u32) (result string)
    (canon lift (core func $main "give") async (memory $m)))
  (func (export "wrong") async (result string)
    (canon lift (core func $main "wrong") async (memory $m)))
  (func (export "sync") (result u32) (canon lift (core func $main "sync")))
"""

# Five parameters: one more than travel flat. The answer is where the caller wants it.
CALLER = """
(component
  (import "f" (func $f async (param "a" u8) (param "b" u8) (param "c" u8) (param "d" u8)
    (param "e" u8) (result (tuple u32 u32))))
  (core module $memory (memory (export "m") 1))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "m" (core memory $m))
  (core func $lowered (canon lower (func $f) async (memory $m)))
  (core module $main
    (import "" "m" (memory 1)) (import "" "f" (func $f (param i32 i32) (result i32)))
    (func (export "run") (result i32)
      (i64.store (i32.const 32) (i64.const 0x0504030201))
      (if (i32.ne (call $f (i32.const 32) (i32.const 64)) (i32.const 2)) (then unreachable))
      (i32.add (i32.load (i32.const 64)) (i32.load (i32.const 68)))))
  (core instance $main (instantiate $main (with "" (instance
    (export "m" (memory $m)) (export "f" (func $lowered))))))
  (func (export "run") (result u32) (canon lift (core func $main "run"))))
"""


def instance_of(text: str, engine_name: str, **functions: Any) -> ComponentInstance:
    linker = Linker(get_engine(engine_name))
    for name, function in functions.items():
        linker.define_function(name, function)
    return linker.instantiate(Component.from_syntax(parse(text), FEATURES))


def test_a_result_is_given_by_task_return(engine_name: str) -> None:
    give = instance_of(f"{CALLEE})", engine_name).function("give")
    assert give.call(1) == "hello"
    with pytest.raises(ComponentError, match="times"):
        give.call(-1)
    assert give.call(1) == "hello"


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("give", (0,), "an async function has ended without giving its result"),
        ("give", (2,), "`task.return` called more than once"),
        ("wrong", (), "invalid `task.return` signature for the current task"),
        ("sync", (), "invalid `task.return` signature for the current task"),
    ],
)
def test_a_result_must_be_given_once_and_be_of_the_type(
    name: str, arguments: tuple[int, ...], sentence: str, engine_name: str
) -> None:
    function = instance_of(f"{CALLEE})", engine_name).function(name)
    with pytest.raises(Trap, match=sentence):
        function.call(*arguments)
    with pytest.raises(Trap, match="cannot enter component instance"):
        function.call(*arguments)


def test_a_host_function_is_called_asynchronously(engine_name: str) -> None:
    def add(*numbers: int) -> tuple[int, int]:
        return sum(numbers), len(numbers)

    assert instance_of(CALLER, engine_name, f=add).function("run").call() == 20


SYNC_CALLER = """
(component
  (import "f" (func $f async))
  (core func $lowered (canon lower (func $f)))
  (core module $main (import "" "f" (func $f)) (func (export "run") (call $f)))
  (core instance $main (instantiate $main (with "" (instance (export "f" (func $lowered))))))
  (func (export "run") (canon lift (core func $main "run"))))
"""


def test_what_may_have_to_wait_is_refused_by_name(engine_name: str) -> None:
    function = instance_of(SYNC_CALLER, engine_name, f=lambda: None).function("run")
    with pytest.raises(Trap, match="a lowered function of an async type is not implemented"):
        function.call()
    with pytest.raises(UnsupportedFeature, match="component-model-async"):
        Component.from_syntax(parse(CALLER), DEFAULT)
