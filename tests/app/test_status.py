"""The state of a running application, asked for over its socket."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from pywasm_rt.app.app import App
from pywasm_rt.app.status import StatusServer, ask, socket_path, status_of
from pywasm_rt.cli.ps import process_table
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.simulation import VirtualClock

from .conftest import Write

APP = """\
namespace: app
entries:
  - {name: processes, kind: process.host, host: {workers: 1}}
  - {name: waits, kind: process.lua, source: 'require("process").inbox():receive()'}
  - name: service
    kind: process.service
    process: waits
    host: processes
    register_as: waiter
    lifecycle: {auto_start: true}
"""


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path leaves room in a socket's address."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_processes_and_services_are_told(write: Write, short: Path) -> None:
    async def main() -> None:
        path = short / "s" / "control.sock"
        async with App.load(write({"app.yaml": APP}), strict=True) as app:
            server = StatusServer(app, path)
            await server.start()
            status = await asyncio.to_thread(ask, path, "status")
            while not status["processes"][0]["memory_bytes"]:  # its first step may be to come
                status = await asyncio.to_thread(ask, path, "status")
            (process,) = status["processes"]
            assert (process["entry"], process["names"]) == ("app:waits", ["waiter"])
            assert process["fuel"] >= 0
            assert process["memory_bytes"] > 10_000
            (service,) = status["services"]
            assert (service["state"], service["pids"]) == ("running", [process["pid"]])
            assert status["hosts"] == ["app:processes"]
            metrics = await asyncio.to_thread(ask, path, "metrics")
            assert 'pywasm_rt_service_up{service="app:service"} 1' in metrics["metrics"]
            with pytest.raises(ProcessError, match="unknown question"):
                await asyncio.to_thread(ask, path, "secrets")
            with pytest.raises(ProcessError, match="the application runs already"):
                await StatusServer(app, path).start()
            assert "error" in await asyncio.to_thread(_raw, path, b"nonsense\n")
            await server.close()
            assert not path.exists()
            with pytest.raises(ProcessError, match="the application is not running"):
                ask(path, "status")

    asyncio.run(asyncio.wait_for(main(), 30))


def _raw(path: Path, data: bytes) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(data)
        answer: dict[str, object] = json.loads(connection.makefile().readline())
    return answer


def test_a_socket_that_was_left_behind_is_replaced(write: Write, short: Path) -> None:
    async def main() -> None:
        path = short / "control.sock"
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))
        async with App.load(write({"app.yaml": APP})) as app:
            server = StatusServer(app, path)
            await server.start()
            assert await asyncio.to_thread(ask, path, "status")
            await server.close()

    asyncio.run(asyncio.wait_for(main(), 30))


def test_each_folder_has_a_socket_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/someone")
    assert socket_path(tmp_path) == socket_path(tmp_path / ".")
    assert socket_path(tmp_path) != socket_path(tmp_path / "a")
    assert socket_path(tmp_path).parent == Path("/run/someone/pywasm-rt")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/" + "x" * 100)
    assert len(str(socket_path(tmp_path))) < 100


COUNTING = """\
namespace: app
entries:
  - {name: processes, kind: process.host, host: {workers: 1}}
  - name: lua
    kind: process.lua
    source: |
      for _ = 1, 100000 do end
      local kept = ("x"):rep(1000000)
      require("process").inbox():receive()
      return #kept
  - {name: python, kind: process.py, module: waits.py, method: main}
"""


def test_what_is_counted_is_told_and_what_is_not_is_a_dash(write: Write) -> None:
    waiting = "async def main(process):\n    await process.receive()\n"

    async def main() -> None:
        folder = write({"app.yaml": COUNTING, "waits.py": waiting})
        async with App.load(folder, strict=True, clock=VirtualClock()) as app:
            await app.spawn("app:lua")
            await app.spawn("app:python")
            await app.sleep(1)
            status = status_of(app)
            lua, python = status["processes"]
            assert 90_000 < lua["fuel"] < 110_000
            assert 1_000_000 < lua["memory_bytes"] < 2_000_000
            assert python["fuel"] is None
            assert python["memory_bytes"] is None
            console = Console(width=200, record=True, file=io.StringIO())
            console.print(process_table(status))
            row = next(it for it in console.export_text().splitlines() if "app:python" in it)
            assert row.split()[3:5] == ["-", "-"]
            metrics = app.metrics()
            assert 'pywasm_rt_process_fuel{entry="app:lua"}' in metrics
            assert 'pywasm_rt_process_fuel{entry="app:python"}' not in metrics

    asyncio.run(asyncio.wait_for(main(), 30))
