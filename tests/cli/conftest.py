"""An application for tests of the command line, and ways to call it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pywasm_rt.cli.main import cli
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

REPOSITORY = Path(__file__).parents[2]
DEMO = REPOSITORY / "pywasm_rt" / "examples" / "demo"

# The package of this tree, wherever a test goes, with output buffered as people have it.
OUTSIDE = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": ""}

HOSTS = """\
namespace: app
entries:
  - {name: terminal, kind: terminal.host}
  - {name: processes, kind: process.host, host: {workers: 1}}
  - {name: bin, kind: fs.directory, directory: ./wasm}
"""

Write = Callable[[dict[str, str | bytes]], None]
Run = Callable[..., Result]


def digest(data: bytes) -> str:
    """The hash of a binary as an entry has it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def binary(text: str) -> bytes:
    """A core module from its text."""
    return encode(parse(text))


def entry(name: str, data: bytes, method: str, more: str = "", file: str = "") -> str:
    """A ``process.wasm`` entry with a command, eight lines and ``more``."""
    lines = f"""\
      - name: {name}
        kind: process.wasm
        meta: {{command: {{name: {name}}}}}
        fs: bin
        path: /{file or name}.wasm
        hash: {digest(data)}
        method: {method}
    """
    return textwrap.indent(textwrap.dedent(lines), "  ") + textwrap.indent(more, "    ")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Write:
    """Write files by their paths in the folder."""

    def write(files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, bytes) else content.encode()
            path.write_bytes(data)

    return write


@pytest.fixture
def application(write: Write) -> Callable[..., None]:
    """Write an application of one command, called as its binary, on ``HOSTS`` (5 lines)."""

    def application(name: str, data: bytes | str, method: str, more: str = "") -> None:
        code = data if isinstance(data, bytes) else binary(data)
        write({"src/app.yaml": HOSTS + entry(name, code, method, more), f"wasm/{name}.wasm": code})

    return application


@pytest.fixture
def run(folder: Path) -> Run:
    """Run a command line in this process."""

    def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(cli, ["run", *arguments], input=stdin)
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def run_outside(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command line in a process of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pywasm_rt.cli", "run", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env=OUTSIDE
        )

    return run
