"""Warm instances: nothing of one call is seen by the next, and what is not fit is not kept."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.app.app import App
from pywasm_rt.app.application import Application
from pywasm_rt.app.warm_instances import WarmInstance, WarmInstances, WarmPolicy
from pywasm_rt.component.core_signature import typed_core_function
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.simulation import VirtualClock
from pywasm_rt.wasm.text import parse

from .conftest import Write
from .warm_guests import COMPONENT, CORE, OPERATIONS

APP = """\
namespace: app
entries:
  - {name: core, kind: function.wat, method: act, source: file://core.wat, pool: {POOL}}
  - name: component
    kind: function.wat
    method: act
    source: file://component.wat
    imports: [wasi:cli, wasi:io]
    pool: {POOL}
  - name: new_core
    kind: function.wat
    method: act
    source: file://core.wat
    options: {limits: {max_retained_memory_bytes: 1}}
  - name: new_component
    kind: function.wat
    method: act
    source: file://component.wat
    imports: [wasi:cli, wasi:io]
    options: {limits: {max_retained_memory_bytes: 1}}
"""
FILES = {
    "app.yaml": APP.replace("POOL", "type: lazy"),
    "core.wat": CORE,
    "component.wat": COMPONENT,
}


def run(folder: Path, body: Callable[[App], Awaitable[object]], engine: str | None = None) -> None:
    async def main() -> None:
        chosen = None if engine is None else get_engine(engine)
        async with App.load(folder, strict=True, clock=VirtualClock(), engine=chosen) as app:
            await body(app)

    asyncio.run(main())


async def outcome(app: App, entry: str, mask: int, n: int) -> object:
    """What a call returns, or the sentence it fails with."""
    try:
        return await app.call(f"app:{entry}", mask, n)
    except ProcessError as error:
        return error.message


def test_any_calls_end_as_on_instances_of_their_own(write: Write, engine_name: str) -> None:
    chosen = get_engine(engine_name)
    application = Application.load(write(FILES), strict=True, engine=chosen)

    async def compare(calls: list[tuple[int, int]]) -> None:
        async with App(application, clock=VirtualClock(), engine=chosen) as app:
            for mask, n in calls:
                for kind in ("core", "component"):
                    wanted = await outcome(app, f"new_{kind}", mask, n)
                    assert await outcome(app, kind, mask, n) == wanted
                    trapped = mask >> (OPERATIONS - 1) & 1
                    assert app.deployment.kept_instances(f"app:{kind}") == 1 - trapped
                    assert app.deployment.kept_instances(f"app:new_{kind}") == 0

    call = st.tuples(st.integers(0, (1 << OPERATIONS) - 1), st.integers(0, 99))

    @settings(max_examples=40)
    @given(st.lists(call, max_size=8))
    def check(calls: list[tuple[int, int]]) -> None:
        asyncio.run(compare(calls))

    check()


def test_calls_on_several_threads_do_not_meet(write: Write, engine_name: str) -> None:
    engine = get_engine(engine_name)
    folder = write({**FILES, "app.yaml": APP.replace("POOL", "type: static, size: 3")})
    randomness = random.Random(5)
    calls = [(randomness.randrange(1 << OPERATIONS), randomness.randrange(99)) for _ in range(60)]

    async def main() -> None:
        async with App.load(folder, strict=True, engine=engine) as app:
            for kind in ("core", "component"):
                wanted = [await outcome(app, f"new_{kind}", *it) for it in calls]
                assert await asyncio.gather(*(outcome(app, kind, *it) for it in calls)) == wanted
                assert 0 < app.deployment.kept_instances(f"app:{kind}") <= 3

    asyncio.run(asyncio.wait_for(main(), 60))


def test_what_is_kept_is_called_again(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(app: App) -> None:
        for kind in ("core", "component"):
            await outcome(app, kind, 255, 3)
        engine = app.deployment.surroundings.engine
        monkeypatch.setattr(engine, "instantiate", _refuse)
        for kind in ("core", "component"):
            assert await outcome(app, kind, 255, 3) == await outcome(app, kind, 255, 3)

    run(write(FILES), body)


def _refuse(*_: object, **__: object) -> object:
    raise AssertionError("an instance is made")


def test_what_has_no_call_for_half_a_minute_is_dropped_without_another_call(write: Write) -> None:
    async def body(app: App) -> None:
        kept = app.deployment.kept_instances
        await app.call("app:core", 0, 0)
        await app.sleep(20)
        await app.call("app:component", 0, 0)
        await app.sleep(9.9)
        assert (kept("app:core"), kept("app:component")) == (1, 1)
        await app.sleep(0.2)
        assert (kept("app:core"), kept("app:component")) == (0, 1)
        await app.sleep(20)
        assert (kept("app:core"), kept("app:component")) == (0, 0)

    run(write(FILES), body)


def test_a_call_puts_the_end_of_its_own_instance_off_only(write: Write) -> None:
    async def body(app: App) -> None:
        futures = [app.deployment.call("app:core", (0, 0)) for _ in range(3)]
        for future in futures:
            app.node.wait(future)  # type: ignore[union-attr]
        assert app.deployment.kept_instances("app:core") == 3
        await app.sleep(20)
        await app.call("app:core", 0, 0)
        await app.sleep(11)
        assert app.deployment.kept_instances("app:core") == 1
        await app.sleep(20)
        assert app.deployment.kept_instances("app:core") == 0

    # Each has to be in its own instance before the first is given back.
    slow = CORE.replace("(call $change", "(call $wait) (call $change", 1).replace(
        "(func $f)",
        """(func $f) (func $wait (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 1000000)) (drop (call $poll (i32.const 0)
        (i32.const 64) (i32.const 1) (i32.const 128))))""",
    )
    poll = '(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32)'
    slow = slow.replace("(module", f"(module {poll} (result i32)))", 1)
    run(write({**FILES, "core.wat": slow}), body)


@pytest.mark.parametrize(
    ("pool", "at_start"),
    [
        ("type: static, size: 3", 3),
        ("type: lazy", 0),
        ("type: adaptive, size: 2", 0),
        ("type: adaptive, size: 2, warm_start: true", 2),
        ("type: lazy, warm_start: true", 1),
    ],
)
def test_what_is_made_at_the_start(write: Write, pool: str, at_start: int) -> None:
    async def body(app: App) -> None:
        await app.sleep(0.001)
        for kind in ("core", "component"):
            assert app.deployment.kept_instances(f"app:{kind}") == at_start
        assert "warming" not in app.metrics()
        told = f'pywasm_rt_warm_instances{{function="app:core"}} {at_start}\n'
        assert told in app.metrics()

    run(write({**FILES, "app.yaml": APP.replace("POOL", pool)}), body)


def test_a_static_pool_keeps_its_instances(write: Write) -> None:
    async def body(app: App) -> None:
        await app.sleep(3600)
        assert app.deployment.kept_instances("app:core") == 3

    run(write({**FILES, "app.yaml": APP.replace("POOL", "type: static, size: 3")}), body)


def test_a_reload_makes_anew_what_has_changed_only(write: Write) -> None:
    yaml = APP.replace("POOL", "type: static, size: 2")

    async def body(app: App) -> None:
        await app.sleep(0.001)
        engine, made = app.deployment.surroundings.engine, []
        real = engine.instantiate

        def instantiate(*arguments: Any, **named: Any) -> Any:
            made.append(arguments)
            return real(*arguments, **named)

        engine.instantiate = instantiate  # type: ignore[method-assign]
        try:
            write({"component.wat": COMPONENT.replace('"abc"', '"abd"')})
            await app.reload()
            await app.sleep(0.001)
        finally:
            engine.instantiate = real  # type: ignore[method-assign]
        assert len(made) == 2
        for kind in ("core", "component"):
            assert app.deployment.kept_instances(f"app:{kind}") == 2

    run(write({**FILES, "app.yaml": yaml}), body)


def test_arguments_that_do_not_fit_cost_no_instance(write: Write) -> None:
    async def body(app: App) -> None:
        for kind in ("core", "component"):
            for _ in range(2):
                with pytest.raises(ProcessError, match="parameter"):
                    await app.call(f"app:{kind}", 1)
                assert app.deployment.kept_instances(f"app:{kind}") == 1

    run(write(FILES), body)


def test_a_guest_that_asks_its_host_while_it_is_made_is_made_for_each_call(write: Write) -> None:
    asking = CORE.replace(
        "(func $f)", "(func $f) (start $s) (func $s (drop (call $close (i32.const 9))))"
    )

    async def body(app: App) -> None:
        for _ in range(2):
            await app.call("app:core", 0, 0)
            assert app.deployment.kept_instances("app:core") == 0

    run(write({**FILES, "core.wat": asking}), body)


# A start function that takes some thousand units of fuel.
SPINS = """(start $s) (func $s (local i32) (loop
  (br_if 0 (i32.gt_u (i32.const 300) (local.tee 0 (i32.add (local.get 0) (i32.const 1)))))))"""


@pytest.mark.parametrize(
    ("pages", "more", "kept"),
    [
        (64, "", 1),
        (65, "", 0),
        (65, "".join(f'(data (i32.const {at}) "a")' for at in (0, 5000, 10000, 15000)), 1),
        (65, SPINS, 1),
    ],
)
def test_much_memory_with_little_in_it_is_made_anew(
    write: Write, pages: int, more: str, kept: int
) -> None:
    guest = f"""(module (memory (export "memory") {pages}) {more}
      (func (export "act") (param i32 i32) (result i64) (i64.const 0)))"""

    async def body(app: App) -> None:
        for _ in range(2):
            await app.call("app:core", 0, 0)
            assert app.deployment.kept_instances("app:core") == kept

    run(write({**FILES, "core.wat": guest}), body)


def test_a_call_is_told_its_own_circumstances(write: Write) -> None:
    """Arguments, variables and time of each call, not of the one that made the instance."""
    guest = """
    (module
      (import "wasi_snapshot_preview1" "clock_time_get"
        (func $now (param i32 i64 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "act") (param i32 i32) (result i64)
        (drop (call $now (i32.const 1) (i64.const 0) (i32.const 8))) (i64.load (i32.const 8))))
    """

    async def body(app: App) -> None:
        first: Any = await app.call("app:core", 0, 0)
        await app.sleep(2)
        assert await app.call("app:core", 0, 0) == first + 2_000_000_000
        assert app.deployment.kept_instances("app:core") == 1

    run(write({**FILES, "core.wat": guest}), body)


@pytest.mark.parametrize("how", ["runs too long", "waits too long", "exits", "is ended"])
def test_a_call_that_does_not_return_leaves_nothing_behind(write: Write, how: str) -> None:
    guest = """
    (module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (import "wasi_snapshot_preview1" "poll_oneoff"
        (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "act") (param $how i32) (param i32) (result i64)
        (if (i64.ne (i64.load (i32.const 0)) (i64.const 0)) (then unreachable))
        (i64.store (i32.const 0) (i64.const 7))
        (if (i32.eq (local.get $how) (i32.const 1)) (then (loop (br 0))))
        (if (i32.eq (local.get $how) (i32.const 2))
          (then
            (i32.store (i32.const 80) (i32.const 1))
            (i64.store (i32.const 88) (i64.const 900_000_000_000))
            (drop (call $poll (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 256)))))
        (if (i32.eq (local.get $how) (i32.const 3)) (then (call $exit (i32.const 0))))
        (i64.load (i32.const 0))))
    """
    yaml = APP.replace("{POOL}}", "{POOL}, limits: LIMITS}", 1)
    limits = "{fuel: 1000000}" if how == "runs too long" else "{max_execution_ms: 5000}"
    yaml = yaml.replace("LIMITS", limits).replace("POOL", "type: lazy")

    async def body(app: App) -> None:
        assert await outcome(app, "core", 0, 0) == 7
        assert app.deployment.kept_instances("app:core") == 1
        if how == "is ended":
            pid, future = app.deployment.begin_call("app:core", (2, 0))
            await app.sleep(1)
            await app.terminate(pid)
            assert str(future.result().error) != "None"
        else:
            number = {"runs too long": 1, "waits too long": 2, "exits": 3}[how]
            assert await outcome(app, "core", number, 0) != 7
        assert app.deployment.kept_instances("app:core") == 0
        assert await outcome(app, "core", 0, 0) == 7

    run(write({**FILES, "app.yaml": yaml, "core.wat": guest}), body)


def test_fuel_is_counted_for_each_call_anew(write: Write) -> None:
    yaml = APP.replace("{POOL}}", "{POOL}, limits: {fuel: 1000}}").replace("POOL", "type: inline")

    async def body(app: App) -> None:
        for _ in range(100):  # of some 70 units each
            await app.call("app:core", 0, 0)

    run(write({**FILES, "app.yaml": yaml}), body)


def test_an_application_that_is_only_loaded_makes_nothing(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write({**FILES, "app.yaml": APP.replace("POOL", "type: static, size: 2")})
    engine = get_engine()
    application = Application.load(folder, strict=True, engine=engine)
    monkeypatch.setattr(engine, "instantiate", _refuse)
    app = App(application, clock=VirtualClock(), engine=engine)
    app.deployment.install()


class Kept:
    """Pools without calls."""

    def __init__(self, policy: WarmPolicy) -> None:
        self.engine = get_engine("reference")
        text = '(module (memory (export "memory") 1) (func (export "act")))'
        self.module = self.engine.load(parse(text))
        self.pool = WarmInstances(policy)

    def make(self) -> tuple[WarmInstance, Any]:
        instance = self.engine.instantiate(self.module)
        function = typed_core_function(instance, "act")
        warm = WarmInstance(
            function, function.coerce_arguments, instance.store, instance.baseline()
        )
        return warm, instance


def test_no_more_are_kept_than_may_be() -> None:
    kept = Kept(WarmPolicy(kept=2))
    warm = [kept.make()[0] for _ in range(3)]
    assert [kept.pool.give_back(it, 0) for it in warm] == [True, True, False]
    assert kept.pool.take() is warm[1]
    assert kept.pool.give_back(warm[2], 0)
    assert len(kept.pool) == 2


def test_what_has_waited_long_enough_is_dropped() -> None:
    kept = Kept(WarmPolicy(kept=3, idle_ns=100))
    for now_ns in (0, 50, 70):
        kept.pool.give_back(kept.make()[0], now_ns)
    assert kept.pool.trim(99) == 100
    assert kept.pool.trim(100) == 150
    assert len(kept.pool) == 2
    assert kept.pool.trim(170) is None
    assert kept.pool.take() is None


def test_what_has_grown_too_large_is_not_kept() -> None:
    kept = Kept(WarmPolicy(kept=1, retained_bytes=65_536))
    warm, instance = kept.make()
    assert kept.pool.give_back(warm, 0)
    assert kept.pool.take() is warm
    instance.exports["memory"].grow(1)
    assert not kept.pool.give_back(warm, 0)
