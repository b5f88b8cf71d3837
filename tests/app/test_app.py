"""Applications from Python: processes, functions and mail, in virtual and in real time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.interface import Exit, Message
from pywasm_rt.process.simulation import VirtualClock

from .conftest import Write

APP = """\
namespace: app
entries:
  - {name: processes, kind: process.host, host: {workers: 1}}
  - name: multiply
    kind: function.wat
    source: |
      (module (func (export "multiply") (param i32 i32) (result i32)
        (i32.mul (local.get 0) (local.get 1))))
    method: multiply
  - name: loop
    kind: function.wat
    source: (module (func (export "run") (loop (br 0))))
    method: run
    limits: {max_execution_ms: 50}
  - name: trap
    kind: function.wat
    source: (module (func (export "run") unreachable))
    method: run
  - name: echo
    kind: process.lua
    source: |
      local process = require("process")
      local count = ...
      for index = 1, count do
        local message = process.inbox():receive()
        process.send(message:from(), "reply", message:topic(), message:payload():data())
      end
      return "done"
  - name: sleeper
    kind: process.lua
    source: |
      require("time").sleep("1h")
      return "rested"
"""


def run(write: Write, act: Callable[[App], Awaitable[None]], *, virtual: bool = True) -> None:
    folder = write({"src/app.yaml": APP})

    async def main() -> None:
        async with App.load(folder, strict=True, clock=VirtualClock() if virtual else None) as app:
            await act(app)

    asyncio.run(asyncio.wait_for(main(), 20))


both = pytest.mark.parametrize("virtual", [True, False], ids=["virtual", "real"])


@both
def test_functions_are_called(write: Write, *, virtual: bool) -> None:
    async def act(app: App) -> None:
        assert await app.call("app:multiply", 6, 7) == 42
        answers = await asyncio.gather(*(app.call("app:multiply", n, 2) for n in range(20)))
        assert answers == [2 * n for n in range(20)]

    run(write, act, virtual=virtual)


@both
def test_a_process_is_monitored_and_answers(write: Write, *, virtual: bool) -> None:
    async def act(app: App) -> None:
        pid = await app.spawn("app:echo", 1, monitored=True)
        await app.send(pid, "greeting", "hello")
        message = await app.receive(10)
        assert message == Message(pid, "reply", ("greeting", "hello"))
        event = await app.receive(10)
        assert isinstance(event, Exit)
        assert (event.sender, event.result.value) == (pid, "done")

    run(write, act, virtual=virtual)


def test_a_topic_is_waited_for_past_others(write: Write) -> None:
    async def act(app: App) -> None:
        await app.send(app.pid, "one", 1)
        await app.send(app.pid, "two", 2)
        second = await app.receive(topic="two")
        first = await app.receive()
        assert isinstance(first, Message)
        assert isinstance(second, Message)
        assert (first.payloads, second.payloads) == ((1,), (2,))
        assert await app.receive(0.0) is None

    run(write, act)


def test_an_hour_of_virtual_time_takes_none(write: Write) -> None:
    async def act(app: App) -> None:
        before = app.node.clock.now_ns()
        assert await app.execute("app:sleeper") == "rested"
        await app.sleep(1.5)
        assert app.node.clock.now_ns() - before == (3600 * 10 + 15) * 10**8

    run(write, act)


def test_a_function_that_takes_too_long_is_stopped(write: Write) -> None:
    async def act(app: App) -> None:
        with pytest.raises(ProcessError, match="execution time limit of 50 ms") as caught:
            await app.call("app:loop")
        assert caught.value.kind is ProcessErrorKind.TIMEOUT

    run(write, act, virtual=False)


def test_errors_are_those_of_the_guest(write: Write) -> None:
    async def act(app: App) -> None:
        with pytest.raises(ProcessError, match="unreachable"):
            await app.call("app:trap")
        with pytest.raises(ProcessError, match=r"function not found: app:multipy .*app:multiply"):
            await app.call("app:multipy", 1, 2)
        with pytest.raises(ProcessError, match=r"app:echo is a process.lua, not a function"):
            await app.call("app:echo")
        with pytest.raises(ProcessError, match="factory not found: app:nobody"):
            await app.spawn("app:nobody")
        with pytest.raises(ProcessError, match="process not found"):
            await app.send("{app:processes|0x00099}", "topic")

    run(write, act)


def test_processes_are_seen_and_ended(write: Write) -> None:
    async def act(app: App) -> None:
        pid = await app.spawn("app:sleeper")
        (process,) = app.processes()
        assert (process.pid, process.entry_id) == (pid, "app:sleeper")
        await app.terminate(pid)
        error = (await app.wait(pid)).error if app.processes() else None
        assert error is None or "process terminated" in error.message
        assert app.processes() == ()

    run(write, act)


def test_what_waits_at_the_end_is_told(write: Write) -> None:
    folder = write({"src/app.yaml": APP})

    async def main() -> None:
        async with App.load(folder) as app:
            waiting = asyncio.create_task(app.receive())
            await asyncio.sleep(0)
        with pytest.raises(ProcessError, match="the application has ended"):
            await waiting
        with pytest.raises(ProcessError, match="the application has ended"):
            await app.receive()

    asyncio.run(asyncio.wait_for(main(), 20))


def test_one_that_was_not_started_can_do_nothing(write: Write) -> None:
    app = App.load(write({"src/app.yaml": APP}))
    with pytest.raises(ProcessError, match="the application is not running"):
        asyncio.run(app.receive())
    with pytest.raises(ProcessError, match="the application is not running"):
        _ = app.pid


def test_waiting_for_ever_in_virtual_time_is_told(write: Write) -> None:
    async def act(app: App) -> None:
        with pytest.raises(ProcessError, match="nothing can happen any more"):
            await app.receive()

    run(write, act)
