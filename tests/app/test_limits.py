"""Limits of entries, and of hosts for entries that say nothing of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.app.kinds.limits import LimitSettings
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.simulation import VirtualClock
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

from .conftest import Write, digest

LOOP = encode(parse('(module (memory 2) (func (export "run") (loop (br 0))))'))

APP = f"""\
namespace: app
entries:
  - {{name: small, kind: process.host, limits: {{fuel: 1000, max_execution_ms: 60000}},
     mailbox: {{capacity: 1}}}}
  - {{name: tiny, kind: process.host, limits: {{memory_bytes: 65536}}}}
  - {{name: plain, kind: process.host}}
  - {{name: bin, kind: fs.directory, directory: .}}
  - {{name: loop, kind: process.wasm, fs: bin, path: l.wasm, method: run, hash: {digest(LOOP)}}}
  - {{name: own, kind: process.wasm, fs: bin, path: l.wasm, method: run, hash: {digest(LOOP)},
     limits: {{fuel: 500}}}}
  - {{name: lua, kind: process.lua, source: "while true do end"}}
  - {{name: reads, kind: process.lua, source: 'require("time").sleep("1h")'}}
  - {{name: box, kind: process.lua, source: 'require("time").sleep("1h")',
     options: {{mailbox: {{capacity: 2}}}}}}
  - {{name: py, kind: process.py, module: sleeps.py, limits: {{max_execution_ms: 5}}}}
"""
SLEEPS = "async def main(process):\n    await process.sleep(60)\n"


def run(write: Write, act: Callable[[App], Awaitable[None]]) -> None:
    folder = write({"app.yaml": APP, "l.wasm": LOOP, "sleeps.py": SLEEPS})

    async def main() -> None:
        async with App.load(folder, strict=True, clock=VirtualClock()) as app:
            await act(app)

    asyncio.run(asyncio.wait_for(main(), 30))


@pytest.mark.parametrize(
    ("entry", "host", "sentence"),
    [
        ("loop", "small", "all fuel consumed"),
        ("own", "small", "all fuel consumed"),
        ("own", "tiny", "memory"),
        ("lua", "small", "step limit of 1000 exceeded"),
        ("py", "tiny", "execution time limit of 5 ms exceeded"),
        ("reads", "small", "execution time limit of 60000 ms exceeded"),
    ],
)
def test_what_is_not_said_by_the_entry_is_said_by_its_host(
    write: Write, entry: str, host: str, sentence: str
) -> None:
    async def act(app: App) -> None:
        with pytest.raises(ProcessError, match=sentence) as caught:
            await app.execute(f"app:{entry}", host=f"app:{host}")
        if "fuel" in sentence:
            assert caught.value.details["limit"] == (1000 if entry == "loop" else 500)

    run(write, act)


def test_mailboxes(write: Write) -> None:
    async def act(app: App) -> None:
        for entry, host, room in (
            ("reads", "small", 1),
            ("box", "small", 2),
            ("reads", "plain", 9),
        ):
            pid = await app.spawn(f"app:{entry}", host=f"app:{host}")
            for _ in range(room):
                await app.send(pid, "topic")
            if room < 9:
                with pytest.raises(ProcessError, match="mailbox is full"):
                    await app.send(pid, "topic")
            await app.terminate(pid)

    run(write, act)


def test_figures_over_defaults() -> None:
    own = LimitSettings(fuel=5)
    assert own.over(None) is own
    merged = own.over(LimitSettings(fuel=9, call_depth=7))
    assert (merged.fuel, merged.call_depth, merged.output_bytes) == (5, 7, 0)
