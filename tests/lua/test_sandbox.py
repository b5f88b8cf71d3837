"""What a script cannot get at, and what it cannot use up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pywasm_rt.errors import ProcessErrorKind
from pywasm_rt.lua.process import LuaProcess
from pywasm_rt.lua.state import LuaLimits
from pywasm_rt.process.host import TerminalHost
from pywasm_rt.process.interface import ProcessDefinition, ProcessOptions
from pywasm_rt.process.node import Node
from pywasm_rt.process.simulation import DEFAULT_HOST, Simulation

FEW = LuaLimits(steps=20_000)


@pytest.mark.parametrize(
    "name",
    [
        "os", "io", "debug", "package", "load", "loadstring", "loadfile", "dofile", "python",
        "string.dump", "warn", "jit", "process.spawn_link", "time.tick", "coroutine.loop",
    ],
)  # fmt: skip
def test_what_is_not_there(scripts: Any, name: str) -> None:
    assert scripts.run(f"return _G.{name}") is None


@pytest.mark.parametrize("module", ["os", "io", "debug", "lupa", "/etc/passwd", "..", "http"])
def test_nothing_else_can_be_required(scripts: Any, module: str) -> None:
    assert (
        f"module '{module}' not found; there are: channel, ctx, errors, funcs, process, time"
        in (scripts.error(f"require('{module}')"))
    )
    assert "require takes the name of a module" in scripts.error("require(5)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("setmetatable({}, {__gc = print})", "a metatable with __gc cannot be used here"),
        ("table.move({}, 1, 1 << 40, 2)", "table.move of too many elements"),
        ("table.move({}, -(1 << 62), 1 << 62, 2)", "too many elements"),
        ("string.rep('x', 1 << 40)", "script.lua:1: resulting string too large"),
        ("string.rep('x', 1 << 30)", "memory limit of 67108864 bytes exceeded"),
        ("string.rep({}, 1)", "script.lua:1: bad argument #1 to 'string.rep'"),
        ("collectgarbage('stop')", "collectgarbage takes collect, count or step"),
        ("local function f() return 1 + f() end f()", "memory limit of 67108864 bytes exceeded"),
        ("setmetatable(time.now(), {})", "cannot change a protected metatable"),
        ("setmetatable(errors.new('x'), {})", "cannot change a protected metatable"),
        ("getmetatable('').__index = nil", "attempt to index a boolean value"),
    ],
)
def test_what_is_refused(scripts: Any, text: str, message: str) -> None:
    assert message in scripts.error(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("return string.rep('', 1 << 62)", ""),
        ("return ('ab'):rep(2, ',')", "ab,ab"),
        ("local t = table.move({1, 2, 3}, 2, 3, 1) return t", [2, 3, 3]),
        ("return table.move({1}, 1, 1, 1, {})", [1]),
        ("return collectgarbage('count') > 0", True),
        ("return getmetatable('')", False),
        ("return (('x'):upper())", "X"),
        ("string.upper = nil return pcall(string.upper, 'x')", False),
        ("x = 5 return _G.x + _ENV.x", 10),
        ("return math.type(1), math.type(1.0)", "integer"),
        ("return utf8.char(228)", "ä"),
        ("local t = setmetatable({}, {__index = {a = 1}}) return t.a", 1),
        ("return _VERSION", "Lua 5.4"),
    ],
)
def test_what_works_as_ever(scripts: Any, text: str, value: object) -> None:
    assert scripts.run(text) == value


def test_scripts_do_not_see_each_other(scripts: Any) -> None:
    scripts.run("secret = 5 string.secret = 6 process.secret = 7")
    assert scripts.run("return {secret == nil, string.secret == nil, process.secret == nil}") == [
        True, True, True,
    ]  # fmt: skip


ENDLESS = {
    "while": "while true do end",
    "goto": "::again:: goto again",
    "repeat": "repeat until false",
    "for": "for i = 1, math.huge do end",
    "tail calls": "local function f() return f() end f()",
    "pcall": "while true do pcall(function() while true do end end) end",
    "xpcall": "xpcall(function() while true do end end, function() while true do end end)",
    "error in the handler": "xpcall(error, function() while true do end end)",
    "metamethod": "return setmetatable({}, {__index = function() while true do end end}).x",
    "sort order": "table.sort({1, 2, 3}, function() while true do end end)",
    "replacement": "('x'):gsub('x', function() while true do end end)",
    "close": "local x <close> = setmetatable({}, {__close = function() while true do end end})",
    "coroutine": "local co = coroutine.wrap(function() while true do pcall(error) end end) while true do pcall(co) end",  # noqa: E501
    "closing a coroutine": """
        local co = coroutine.create(function()
          local x <close> = setmetatable({}, {__close = function() while true do end end})
          coroutine.yield()
        end)
        coroutine.resume(co)
        while true do coroutine.close(co) end
    """,
    "routine": "coroutine.spawn(function() while true do end end) time.sleep('1h')",
    "sleeping no time": "while true do time.sleep(0) end",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS.keys())
def test_nothing_runs_for_ever(scripts: Any, text: str) -> None:
    error = scripts.error(text, limits=FEW)
    assert error.startswith("step limit of 20000 exceeded at script.lua:")


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS.keys())
def test_everything_that_runs_for_ever_can_be_interrupted(text: str) -> None:
    process = LuaProcess(text)
    simulation = Simulation()
    simulation.register("endless", ProcessDefinition(lambda _: process))
    pid = simulation.spawn("endless")
    interrupter = threading.Timer(0.02, process.interrupt)
    interrupter.start()
    while pid not in simulation.ended:
        simulation.step()
    interrupter.join()
    assert str(simulation.ended[pid].error).startswith("process terminated at script:")


@pytest.mark.parametrize(
    "text",
    [
        "local t = {} while true do t[#t + 1] = {} end",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} while true do pcall(function() t[#t + 1] = ('x'):rep(1000) .. #t end) end",
        "local function f(...) return f(1, ...) end f()",
        "local t = {} for i = 1, 1e9 do t[i] = coroutine.create(print) end",
        "for i = 1, 1e9 do coroutine.spawn(print) end",
        "for i = 1, 1e9 do time.after('1h') end",
        "print(('x'):rep(1 << 30))",
    ],
)
def test_memory_is_bounded(scripts: Any, text: str) -> None:
    limits = LuaLimits(memory_bytes=2_000_000, steps=5_000_000)
    error = scripts.error(text, limits=limits)
    assert (
        error.startswith(
            ("memory limit of 2000000 bytes exceeded", "step limit of 5000000 exceeded")
        )
        or "stack overflow" in error
    )


def test_a_message_that_does_not_fit_into_the_memory(scripts: Any) -> None:
    """What comes from Python is handed over even at the limit; what is too much is an error."""
    scripts.define("app:large", "return ('x'):rep(1 << 21)")
    text = f"""
    local keep = {{}}
    pcall(function() while true do keep[#keep + 1] = ('x'):rep(100) .. #keep end end)
    return #process.exec("app:large", "{DEFAULT_HOST}")
    """
    result = scripts.result(text, limits=LuaLimits(memory_bytes=1_000_000))
    assert "memory limit of 1000000 bytes exceeded" in str(result.error)


def test_output_is_bounded(scripts: Any) -> None:
    error = scripts.error("while true do print('x') end", limits=LuaLimits(output_bytes=1_000))
    assert error.startswith("output limit of 1000 bytes exceeded")
    assert len(scripts.printed) <= 1_000


def test_an_endless_script_does_not_keep_others_waiting(scripts: Any) -> None:
    scripts.define("app:endless", "while true do end")
    scripts.simulation.spawn("app:endless")
    assert scripts.run("time.sleep(0) return 1") == 1


@pytest.fixture
def node() -> Iterator[Node]:
    with Node() as node:
        node.add_host(TerminalHost("h"))
        node.register("endless", ProcessDefinition(lambda _: LuaProcess("while true do end")))
        node.register(
            "limited",
            ProcessDefinition(
                lambda _: LuaProcess("\nwhile true do end"),
                options=ProcessOptions(max_execution_ms=50),
            ),
        )
        node.register("quick", ProcessDefinition(lambda _: LuaProcess("return 42")))
        yield node


def test_in_real_time_an_endless_script_shares_terminates_and_times_out(node: Node) -> None:
    pid, future = node.spawn_watched("endless", "h")
    assert node.run("quick", "h").value == 42
    error = node.run("limited", "h").error
    assert error is not None
    assert error.kind is ProcessErrorKind.TIMEOUT
    assert error.message == "execution time limit of 50 ms exceeded at script:2"
    begin = time.monotonic()
    node.terminate(pid)
    assert str(future.result(10).error) == "process terminated at script:1"
    assert time.monotonic() - begin < 1
