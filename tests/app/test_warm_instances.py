"""Warm instances: nothing of one call is seen by the next, and what is not fit is not kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.app.warm_instances import WarmInstances, WarmPolicy
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Limits
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.simulation import VirtualClock
from pywasm_rt.wasm.text import parse

from .conftest import Write

COUNTER = """
(module
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (table $table 2 funcref)
  (elem declare func $one)
  (func $one (result i32) i32.const 1)
  (func (export "count") (param $grow i32) (result i32)
    (if (i32.eq (local.get $grow) (i32.const -1)) (then unreachable))
    (drop (memory.grow (local.get $grow)))
    (table.set $table (i32.const 1) (ref.func $one))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
    (i32.add (i32.mul (i32.const 100) (global.get $calls))
      (i32.add (i32.mul (i32.const 10) (i32.load (i32.const 8))) (memory.size)))))
"""

APP = """\
namespace: app
entries:
  - {name: count, kind: function.wat, method: count, source: file://c.wat, limits: {fuel: 1000},
     pool: {type: inline, warm_start: true}}
"""


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_a_call_leaves_nothing_behind(write: Write, engine: str) -> None:
    async def main() -> None:
        folder = write({"app.yaml": APP, "c.wat": COUNTER})
        app = App.load(folder, strict=True, clock=VirtualClock(), engine=get_engine(engine))
        async with app:
            for grow in (0, 1, 3, 0):
                assert await app.call("app:count", grow) == 111 + grow
            with pytest.raises(ProcessError, match="unreachable"):
                await app.call("app:count", -1)
            assert await app.call("app:count", 0) == 111

    asyncio.run(main())


class Times:
    """A clock that the test sets."""

    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def pool(policy: WarmPolicy) -> tuple[WarmInstances, Any, Times]:
    engine = get_engine("reference")
    module = engine.load(parse(COUNTER))
    times = Times()
    made = WarmInstances(module, "count", None, Limits(), engine, policy, times)
    return made, lambda: engine.instantiate(module), times


def test_no_more_are_kept_than_may_be() -> None:
    warm, make, _ = pool(WarmPolicy(kept=2))
    warm.prepare(2, make)
    extra = warm.keep(make())
    assert extra is not None
    assert not warm.give_back(extra)
    assert len(warm) == 2
    assert warm.take() is not None
    assert warm.give_back(extra)


def test_what_has_no_call_for_a_while_is_dropped() -> None:
    warm, make, times = pool(WarmPolicy(kept=3, idle_ns=100))
    warm.prepare(2, make)
    times.now_ns = 100
    taken = warm.take()
    assert taken is not None
    times.now_ns = 150
    assert warm.give_back(taken)
    assert len(warm) == 1
    times.now_ns = 251
    assert warm.take() is None


def test_what_has_grown_too_large_is_not_kept() -> None:
    warm, make, _ = pool(WarmPolicy(kept=1, retained_bytes=65_536))
    taken = warm.keep(make())
    assert taken is not None
    taken.instance.exports["memory"].grow(1)  # type: ignore[union-attr]
    assert not warm.give_back(taken)


def test_fuel_is_counted_for_each_call_anew(write: Write) -> None:
    async def main() -> None:
        folder = write({"app.yaml": APP, "c.wat": COUNTER})
        async with App.load(folder, strict=True, clock=VirtualClock()) as app:
            for _ in range(100):  # of some 30 units each
                await app.call("app:count", 0)

    asyncio.run(main())
