"""The bar that is shown while loading takes long, on a terminal and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from rich.progress import Progress

from pywasm_rt.app.loading import LoadStep, Phase
from pywasm_rt.cli.progress import LARGE_BYTES, PATIENCE_SECONDS, LoadingBar

from .conftest import HOSTS, OUTSIDE, Write, binary, digest

PATIENCE = 60.0
TERMINAL = {name: value for name, value in OUTSIDE.items() if name not in {"CI", "NO_COLOR"}}
TERMINAL |= {"TERM": "xterm", "COLUMNS": "120"}


@pytest.fixture
def large(write: Write, folder: Path) -> str:
    """An application with a binary of 1.5 MiB; its hash."""
    text = '(module (memory 32) (data (i32.const 0) "x") (func (export "run")))'
    name = b"\x03pad" + bytes(LARGE_BYTES * 3 // 2)
    size = bytes(
        0x80 * (more > 0) | (len(name) >> 7 * i & 0x7F)
        for i, more in ((0, 1), (1, 1), (2, 1), (3, 0))
    )
    data = binary(text) + b"\0" + size + name
    entry = (
        f'  - {{name: job, kind: process.wasm, fs: bin, path: job.wasm, hash: "{digest(data)}", '
        "method: run, meta: {command: {name: job}}}\n"
    )
    write({"app.yaml": HOSTS + entry, "wasm/job.wasm": data})
    return digest(data)


def on_terminal(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command whose stderr is a terminal: its status, and what was seen there."""
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "pywasm_rt.cli", *arguments],
            cwd=folder,
            env={**TERMINAL, **environment},
            stdout=subprocess.DEVNULL,
            stderr=slave,
        )
    finally:
        os.close(slave)
    seen = b""
    with os.fdopen(master, "rb", buffering=0) as terminal:
        try:
            while piece := terminal.read(4096):
                seen += piece
        except OSError:
            pass  # that is how a terminal says that nobody writes to it any more
    return process.wait(PATIENCE), seen.decode()


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["run", "job"], ["run", "--invoke", "run", "wasm/job.wasm"]],
)
def test_a_large_binary_is_seen_loading(large: str, folder: Path, arguments: list[str]) -> None:
    assert large.startswith("sha256:")
    status, seen = on_terminal(folder, *arguments)
    assert status == 0
    assert "compiling" in seen
    assert "(1.5 MiB)" in seen
    assert seen.rstrip().endswith("\x1b[2K")


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"CI": "true"}, {"TERM": "dumb"}])
def test_there_is_none_where_nobody_wants_it(
    large: str, folder: Path, environment: dict[str, str]
) -> None:
    assert large.startswith("sha256:")
    assert on_terminal(folder, "check", **environment) == (0, "")


def test_there_is_none_in_a_pipe_or_beside_json(large: str, folder: Path) -> None:
    assert large.startswith("sha256:")
    command = [sys.executable, "-m", "pywasm_rt.cli", "check"]
    done = subprocess.run(
        command, cwd=folder, env=TERMINAL, capture_output=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    # Nothing starts by itself in this application, which is found out when it is loaded.
    status, seen = on_terminal(folder, "run", "--log-format", "json")
    assert (status, "nothing starts by itself" in seen, "compiling" in seen) == (1, True, False)
    status, seen = on_terminal(folder, "run")
    assert (status, "nothing starts by itself" in seen, "compiling" in seen) == (1, True, True)


def test_small_binaries_are_not_worth_one_unless_it_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    made: list[Progress] = []

    def make() -> Progress:
        made.append(Progress(disable=True))
        return made[-1]

    monkeypatch.setattr("pywasm_rt.cli.progress._progress", make)
    bar = LoadingBar()
    bar.show(LoadStep(Phase.COMPILING, "app:a", LARGE_BYTES - 1, 1, 3))
    bar.end()
    assert not made
    now = PATIENCE_SECONDS
    bar.show(LoadStep(Phase.HASHING, "app:b", 5, 2, 3))
    bar.show(LoadStep(Phase.COMPILING, "app:c", LARGE_BYTES, 3, 3))
    ((task,),) = [it.tasks for it in made]
    assert task.description == "compiling app:c (1.0 MiB)"
    assert (task.completed, task.total) == (2, 3)
    bar.show(LoadStep(Phase.READING, "a.wasm"))
    assert (task.description, task.total) == ("reading a.wasm", 3)
    bar.end()
