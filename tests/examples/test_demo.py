"""The demo application: every command of it, as committed and as built again from its sources."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pywasm_rt.app.application import Application
from pywasm_rt.cli.initialise import write_demo
from pywasm_rt.cli.main import cli

MAX_BINARY_BYTES = 30_000

COMMANDS = [
    (["compute", "6", "7"], "42\n"),
    (["compute_component", "6", "7"], "42\n"),
    (["greet", "Ada"], "Hello, Ada!\n"),
    (["greet", ""], "Hello, !\n"),
    (["greet", "Åsa 🌍"], "Hello, Åsa 🌍!\n"),
    (
        ["file_processor"],
        (
            "working in /app\n"
            "read 3 rows from /data/input.csv\n"
            "wrote /output/summary.json\n"
            "refused to write /data/written.txt: read-only\n"
            "total 42\n"
        ),
    ),
    (["spawn"], "42\n"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as ``init`` writes it."""
    folder = tmp_path_factory.mktemp("written") / "demo"
    write_demo(folder)
    return folder


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with its binaries built again, and their hashes in its YAML files."""
    folder = tmp_path_factory.mktemp("rebuilt") / "demo"
    write_demo(folder)
    for path in (folder / "wasm").iterdir():
        path.unlink()
    subprocess.run([sys.executable, folder / "guests" / "build.py"], check=True, timeout=300)
    return folder


def check_commands(folder: Path) -> None:
    """Run every command in ``folder``."""
    for arguments, expected in COMMANDS:
        result = CliRunner().invoke(cli, ["-C", str(folder), "run", *arguments])
        assert (result.exit_code, result.stderr) == (0, ""), arguments
        assert result.stdout == expected, arguments
    assert (folder / "output" / "summary.json").read_text() == '{"rows": 3, "total": 42}\n'
    assert [path.name for path in (folder / "data").iterdir()] == ["input.csv"]


def test_the_demo_has_no_faults_and_small_binaries(demo: Path) -> None:
    application = Application.load(demo, strict=True)
    assert application.warnings == ()
    for path in (demo / "wasm").iterdir():
        assert path.stat().st_size < MAX_BINARY_BYTES


def test_every_command(demo: Path) -> None:
    check_commands(demo)


def test_the_list(demo: Path) -> None:
    result = CliRunner().invoke(cli, ["-C", str(demo), "run", "list"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[2].startswith("  compute            Multiply two numbers (core module)  ")
    assert lines[2].endswith("  (myns:compute_worker)")
    assert lines[3].startswith("  compute_component  Multiply two numbers (component)  ")
    # One column below the other.
    assert len({line.index("(myns:") for line in lines[2:-2]}) == 1
    for arguments, _ in COMMANDS:
        assert f"\n  {arguments[0]} " in result.stdout


def test_sleeping(demo: Path) -> None:
    result = CliRunner().invoke(cli, ["-C", str(demo), "run", "sleeper", "20"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert 20 <= int(result.stdout) < 2_000


@pytest.mark.guests
def test_built_again_it_does_the_same(rebuilt: Path, demo: Path) -> None:
    names = sorted(path.name for path in (rebuilt / "wasm").iterdir())
    assert names == sorted(path.name for path in (demo / "wasm").iterdir())
    check_commands(rebuilt)
