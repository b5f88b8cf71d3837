"""Processes started from Python with a context, a name and first messages, piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.interface import Exit
from pywasm_rt.process.simulation import VirtualClock

from .conftest import Write

APP = """\
namespace: app
entries:
  - {name: processes, kind: process.host}
  - name: lua
    kind: process.lua
    source: |
      local process, ctx = require("process"), require("ctx")
      local first = process.inbox():receive()
      local second = process.inbox():receive()
      return { ctx.get("tenant") or "nobody", first:topic(), first:payload():data(),
        second:payload():data(), (...) or 0 }
  - {name: python, kind: process.py, module: own.py, method: main}
  - {name: again, kind: process.py, module: own.py, method: again}
"""
OWN = '''\
async def main(process, argument):
    """Starts another one, which inherits."""
    first = await process.receive(topic="a")
    inner = await process.with_context({"more": 1}).execute("app:again")
    return [process.values, first.payloads, inner, argument]


async def again(process):
    return process.values
'''


def run(write: Write, act: Callable[[App], Awaitable[None]]) -> None:
    folder = write({"app.yaml": APP, "own.py": OWN})

    async def main() -> None:
        async with App.load(folder, strict=True, clock=VirtualClock()) as app:
            await act(app)

    asyncio.run(asyncio.wait_for(main(), 30))


def test_context_and_messages_are_there_at_the_start(write: Write) -> None:
    async def act(app: App) -> None:
        begun = app.with_context({"tenant": "one"}).with_context({"tenant": 7})
        begun = begun.with_message("a", "x").with_message("b", [1, 2])
        pid = await begun.spawn("app:lua", 3, monitored=True)
        event = await app.receive(5)
        assert isinstance(event, Exit)
        assert event.sender == pid
        assert event.result.value == [7, "a", "x", [1, 2], 3]

    run(write, act)


def test_what_python_starts_inherits_its_context(write: Write) -> None:
    async def act(app: App) -> None:
        begun = app.with_message("a", 5).with_context({"tenant": 7})
        await begun.spawn("app:python", "z", monitored=True)
        event = await app.receive(5)
        assert isinstance(event, Exit)
        assert event.result.value == [{"tenant": 7}, (5,), {"tenant": 7, "more": 1}, "z"]

    run(write, act)


def test_each_step_is_one_of_its_own(write: Write) -> None:
    async def act(app: App) -> None:
        plain = app.with_context({})
        plain.with_context({"tenant": 7}).with_name("n")
        assert await plain.execute("app:again") == {}
        assert await app.with_context({"a": 1}).execute("app:again") == {"a": 1}

    run(write, act)


def test_who_has_the_name_already_gets_the_messages(write: Write) -> None:
    async def act(app: App) -> None:
        begun = app.with_name("worker")
        pid = await begun.with_message("a", 1).spawn("app:lua", monitored=True)
        assert await app.spawn("app:lua", name="worker") == pid
        assert await app.lookup("worker") == pid
        assert await begun.with_message("b", 2).spawn("app:lua") == pid
        event = await app.receive(5)
        assert isinstance(event, Exit)
        assert event.result.value == ["nobody", "a", 1, 2, 0]

    run(write, act)


def test_what_is_wrong_is_told(write: Write) -> None:
    async def act(app: App) -> None:
        with pytest.raises(TypeError, match="keys of a context are texts"):
            app.with_context({1: 2})  # type: ignore[dict-item]
        with pytest.raises(ProcessError, match="topics that begin with @"):
            await app.with_message("@events", 1).spawn("app:lua")
        assert not app.processes()

    run(write, act)
