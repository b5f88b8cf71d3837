"""How many calls of a function run at a time, by the type of its ``pool``, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.process.simulation import VirtualClock

from .conftest import Write

# Returns after 100 ms: one subscription to the monotonic clock, at 0, with its timeout at 24.
SLEEPING = """
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "nap") (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 100_000_000))
    (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))
"""

APP = """\
namespace: app
entries:
  - {name: nap, kind: function.wat, method: nap, source: file://nap.wat, pool: {POOL}}
"""


@pytest.mark.parametrize(
    ("pool", "ends_ms"),
    [
        ("type: inline", [100, 200, 300, 400, 500]),
        ("type: static, size: 2", [100, 100, 200, 200, 300]),
        ("type: lazy, max_size: 4", [100, 100, 100, 100, 200]),
        ("type: adaptive, max_size: 4", [100, 110, 120, 120, 200]),
        ("type: adaptive, max_size: 4, size: 2", [100, 100, 110, 110, 200]),
    ],
)
def test_five_calls_at_once(write: Write, pool: str, ends_ms: list[int]) -> None:
    folder = write({"app.yaml": APP.replace("POOL", pool), "nap.wat": SLEEPING})

    async def main() -> None:
        async with App.load(folder, strict=True, clock=VirtualClock()) as app:
            begun_ns, ends_ns = app.now_ns(), []
            futures = [app.deployment.call("app:nap") for _ in ends_ms]
            for future in futures:
                future.add_done_callback(lambda _: ends_ns.append(app.now_ns() - begun_ns))
            await app.sleep(10)
            assert [round(end_ns / 1e6) for end_ns in ends_ns] == ends_ms
            assert all(future.result().value == 0 for future in futures)

    asyncio.run(asyncio.wait_for(main(), 30))
