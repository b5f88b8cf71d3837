"""``pywasm-rt run`` without a name, ``ps`` and ``top``, in processes of their own."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import OUTSIDE, Run, Write

PATIENCE = 60.0

APP = """\
namespace: app
entries:
  - {name: web, kind: http.service, addr: "127.0.0.1:0", lifecycle: {auto_start: true}}
  - {name: api, kind: http.router}
  - {name: processes, kind: process.host, host: {workers: 1}}
  - {name: ping, kind: function.wat, method: ping, transport: wasi-http, source: file://ping.wat}
  - {name: get, kind: http.endpoint, method: GET, path: /ping, func: ping}
  - {name: stubborn, kind: process.lua, source: file://stubborn.lua}
  - name: service
    kind: process.service
    process: stubborn
    host: processes
    register_as: waiter
    lifecycle: {auto_start: true, stop_timeout: STOP}
"""
PING = '(module (func (export "ping") (result i32) i32.const 7))'
STUBBORN = """\
local process = require("process")
while true do
  local event = process.events():receive()
  if not STUBBORN and event.kind == process.event.CANCEL then return end
end
"""


class Running:
    """An application in a process of its own; what it logs is read line by line."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.environment = {**OUTSIDE, "XDG_RUNTIME_DIR": str(folder / "runtime")}
        command = [sys.executable, "-m", "pywasm_rt.cli", "run", "--log-format", "json", *options]
        self.process = subprocess.Popen(
            command, cwd=folder, stderr=subprocess.PIPE, text=True, env=self.environment
        )
        self.lines: list[dict[str, Any]] = []
        self.said = ""

    def until(self, message: str) -> dict[str, Any]:
        """Read until a line has a message that matches."""
        assert self.process.stderr is not None
        while True:
            text = self.process.stderr.readline()
            self.said += text
            assert text, self.said
            if text.startswith("{"):
                self.lines.append(json.loads(text))
                if re.search(message, self.lines[-1]["message"]):
                    return self.lines[-1]

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask its server."""
        listens = next(it for it in self.lines if "listens" in it["message"])
        found = re.search(r":(\d+)/", listens["message"])
        assert found
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=PATIENCE)
        connection.request("GET", path)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of ours in the same folder."""
        return subprocess.run(
            [sys.executable, "-m", "pywasm_rt.cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and wait."""
        self.process.send_signal(number)
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for text in stream:
                if text.startswith("{"):
                    self.lines.append(json.loads(text))
        return self.process.wait(PATIENCE)


Start = Callable[..., Running]


@pytest.fixture
def start(folder: Path, write: Write) -> Iterator[Start]:
    """Starts the application."""
    started: list[Running] = []

    def start(*options: str, stubborn: bool = False, stop_timeout: str = "30s") -> Running:
        script = f"local STUBBORN = {str(stubborn).lower()}\n" + STUBBORN
        app = APP.replace("STOP", stop_timeout)
        write({"app.yaml": app, "ping.wat": PING, "stubborn.lua": script})
        started.append(Running(folder, *options))
        started[-1].until("^running$")
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait(PATIENCE)
        if running.process.stderr is not None:
            running.process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_services_run_until_a_signal(start: Start, number: int) -> None:
    running = start()
    assert running.get("/ping") == (200, b"7")
    assert running.end(number) == 0
    assert running.lines[-1]["message"] == "ending"


def test_a_second_signal_ends_it_at_once(start: Start) -> None:
    running = start(stubborn=True)
    running.process.send_signal(signal.SIGINT)
    running.until("^ending$")
    assert running.end(signal.SIGINT) == 1


def test_what_it_does_is_seen_from_outside(start: Start) -> None:
    running = start("--metrics", "127.0.0.1:0")
    status = json.loads(running.command("ps", "--json").stdout)
    assert [it["entry"] for it in status["processes"]] == ["app:stubborn"]
    table = running.command("ps").stdout
    assert re.search(r"\(waiter\) +app:stubborn +blocked .*Receive", table)
    tree = running.command("ps", "--tree").stdout
    assert re.search(r"app:web running http://127.0.0.1:\d+/", tree)
    assert re.search(r"app:service running\n.*app:stubborn blocked waits for Receive", tree)
    assert "app:stubborn" in running.command("top", "--count", "1").stdout
    assert running.command("run").stderr.endswith("Error: the application runs already\n")
    assert running.end() == 0
    result = running.command("ps")
    assert (result.returncode, result.stderr) == (1, "Error: the application is not running\n")


def test_changes_are_taken_over_with_watch(start: Start, folder: Path) -> None:
    running = start("--watch")
    (folder / "ping.wat").write_text(PING.replace("7", "8"))
    assert running.until("^reloaded")["message"] == "reloaded: changed app:ping"
    assert running.get("/ping") == (200, b"8")
    (folder / "ping.wat").write_text("(module (func (export")
    running.until("failed to load wat module")
    assert running.get("/ping")[0] == 404
    assert running.end() == 0


def test_what_does_not_start_is_told(run: Run, write: Write) -> None:
    assert run().stderr.endswith(
        "nothing starts by itself: no usable service has lifecycle: {auto_start: true}\n"
    )
    write({"app.yaml": APP.replace("STOP", "1s"), "ping.wat": PING, "stubborn.lua": ""})
    result = run("-o", "app:web:addr=256.0.0.1:80")
    assert result.exit_code == 1
    assert "app:web cannot listen at 256.0.0.1:80" in result.stderr
    assert "(app.yaml:3: addr)" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fuel", "5"], "--fuel is for commands; a service has it in its entry"),
        (["--host", "x"], "--host is for commands; a service has it in its entry"),
        (["--dir", "."], "--dir is for .wasm and .wat files; a command has it in its entry"),
        (["--watch", "a.wasm"], "--watch is for the services of an application"),
        (["-o", "a:b:c=1", "a.wasm"], "--override is for commands of an application"),
        (["-o", "nonsense"], 'not an override: "nonsense"'),
    ],
)
def test_options_that_do_not_fit(run: Run, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code in {1, 2}
    assert message in result.stderr


def test_a_process_is_run_without_being_a_command(run: Run, write: Write) -> None:
    app = APP.replace("STOP", "1s").replace(
        "lifecycle: {auto_start: true, stop", "lifecycle: {stop"
    )
    app = app.replace(", lifecycle: {auto_start: true}}", "}")
    app += "  - {name: terminal, kind: terminal.host}\n"
    app += "  - {name: say, kind: process.lua, source: 'local a, b = ... return a .. b'}\n"
    write({"app.yaml": app, "ping.wat": PING, "stubborn.lua": ""})
    result = run("--exec", "app:say", "x", "y")
    assert (result.exit_code, result.stdout) == (0, "xy\n")
    result = run("--exec", "app:processes")
    assert "app:processes is a process.host, not a process" in result.stderr
    assert 'did you mean "app:say"?' in run("--exec", "app:sey").stderr
