"""``function.lua``, ``library.lua`` and ``function.py``: functions that are no WebAssembly."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.app.application import Application
from pywasm_rt.app.extensions import default_extensions
from pywasm_rt.errors import ConfigError, ProcessError, ProcessErrorKind
from pywasm_rt.process.simulation import VirtualClock

from .conftest import Write

APP = """\
namespace: app
entries:
  - {name: processes, kind: process.host}
  - name: doubling
    kind: library.lua
    source: "return { twice = function(n) return 2 * n end }"
  - name: lua
    kind: function.lua
    imports: {doubling: doubling}
    source: return require("doubling").twice(...)
  - name: method
    kind: function.lua
    method: run
    modules: [funcs, errors]
    source: |
      local calls = 0
      return {
        run = function(n)
          calls = calls + 1
          if n < 0 then
            return nil, require("errors").new({ message = "too small", kind = "Invalid" })
          end
          local value, problem = require("funcs").call("app:lua", n + calls)
          return value, problem
        end,
      }
  - {name: endless, kind: function.lua, source: while true do end, limits: {fuel: 10000}}
  - name: nap
    kind: function.lua
    source: require("time").sleep("100ms")
    pool: {type: static, size: 2, buffer: 1}
  - {name: python, kind: function.py, module: own.py, method: run, pool: {type: inline}}
  - {name: asks, kind: process.lua, source: 'return require("funcs").call("app:python", 4)'}
"""
OWN = '''\
async def run(process, number):
    """Calls another one, starts a process on the only host, and tells what it has found."""
    await process.sleep(0.1)
    doubled = await process.call("app:lua", number)
    if number:
        inner = await process.execute("app:asks" if number > 90 else "app:one")
        return [doubled, inner]
    return doubled


async def one(process):
    return 1
'''
ONE = "  - {name: one, kind: process.py, module: own.py, method: one}\n"


def run(write: Write, act: Callable[[App], Awaitable[None]]) -> None:
    folder = write({"app.yaml": APP + ONE, "own.py": OWN})

    async def main() -> None:
        async with App.load(folder, strict=True, clock=VirtualClock()) as app:
            await act(app)

    asyncio.run(asyncio.wait_for(main(), 60))


def test_functions_in_lua(write: Write) -> None:
    async def act(app: App) -> None:
        assert await app.call("app:lua", 21) == 42
        for _ in range(2):  # each call is a script of its own
            assert await app.call("app:method", 4) == 10
        with pytest.raises(ProcessError, match="too small") as caught:
            await app.call("app:method", -1)
        assert caught.value.kind is ProcessErrorKind.INVALID
        with pytest.raises(ProcessError, match="step limit of 10000 exceeded"):
            await app.call("app:endless")

    run(write, act)


def test_functions_in_python(write: Write) -> None:
    async def act(app: App) -> None:
        assert await app.call("app:python", 0) == 0
        assert await app.call("app:python", 5) == [10, 1]
        assert await app.execute("app:asks") == [8, 1]

    run(write, act)


def test_their_pools_do_what_they_say(write: Write) -> None:
    async def act(app: App) -> None:
        begun_ns, ends = app.now_ns(), []
        futures = [app.deployment.call("app:nap") for _ in range(3)]
        with pytest.raises(ProcessError, match="queue of pool app:nap#pool is full"):
            app.deployment.call("app:nap")
        futures += [app.deployment.call("app:python", (0,)) for _ in range(2)]
        for future in futures:
            future.add_done_callback(lambda _: ends.append((app.now_ns() - begun_ns) // 1_000_000))
        await app.sleep(1)
        assert sorted(ends) == [100, 100, 100, 200, 200]

    run(write, act)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("function.lua, source: 'return ('", "failed to compile lua source"),
        ("library.lua, source: 'return ('", "failed to compile lua source"),
        ("library.lua, source: return 1, modules: [oss]", 'unknown module "oss"'),
        ("library.lua, source: return 1, method: x", 'unknown field "method"'),
        ("function.lua, source: return 1, pool: {type: big}", "invalid pool type"),
        ("function.lua, source: return 1, lifecycle: {}", 'unknown field "lifecycle"'),
        ("function.lua, source: return 1, imports: {a: h}", "not a library.lua or process.lua"),
        ("function.py, module: gone.py", "failed to open file"),
        ("function.py, module: own.py, method: two", 'function "two" not found'),
    ],
)
def test_what_is_wrong_is_told(write: Write, entry: str, sentence: str) -> None:
    text = "namespace: app\nentries:\n  - {name: h, kind: process.host}\n"
    folder = write({"app.yaml": f"{text}  - {{name: x, kind: {entry}}}\n", "own.py": OWN})
    with pytest.raises(ConfigError) as caught:
        Application.load(folder, strict=True, extensions=default_extensions())
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(("app.yaml:4: ", "own.py:1: "))


def test_a_library_that_changes_changes_what_requires_it(write: Write) -> None:
    async def act(app: App) -> None:
        write({"app.yaml": APP.replace("return 2 * n", "return 3 * n") + ONE})
        changes = await app.reload()
        assert changes.changed == ("app:doubling",)
        assert changes.outdated["app:lua"] == "app:doubling"
        assert await app.call("app:lua", 21) == 63

    run(write, act)


SERVED = """\
namespace: app
entries:
  - {name: web, kind: http.service, addr: "127.0.0.1:0", lifecycle: {auto_start: true}}
  - {name: api, kind: http.router}
  - {name: hello, kind: function.lua, source: 'return "Hello, " .. (...)'}
  - {name: length, kind: function.py, module: own.py, method: run}
  - {name: e1, kind: http.endpoint, method: POST, path: /hello, func: hello}
  - {name: e2, kind: http.endpoint, method: POST, path: /length, func: length}
"""


def test_they_answer_requests(write: Write) -> None:
    text = "async def run(process, text):\n    return {'length': len(text)}\n"
    folder = write({"app.yaml": SERVED, "own.py": text})

    def post(port: int, path: str) -> tuple[int, str | None, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        with closing(connection):
            connection.request("POST", path, b"Ada")
            response = connection.getresponse()
            return response.status, response.headers["Content-Type"], response.read()

    async def main() -> None:
        async with App.load(folder, strict=True) as app:
            port = int(app.context.addresses["app:web"].rpartition(":")[2].strip("/"))
            text = "text/plain; charset=utf-8"
            hello = await asyncio.to_thread(post, port, "/hello")
            assert hello == (200, text, b"Hello, Ada")
            length = await asyncio.to_thread(post, port, "/length")
            assert length == (200, "application/json", b'{"length": 3}')

    asyncio.run(asyncio.wait_for(main(), 60))
