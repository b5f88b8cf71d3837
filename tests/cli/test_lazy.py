"""Commands are imported when they are run, and what they need with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from pywasm_rt.cli.main import Commands, cli
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

HELLO = """
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00hello\\n")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))
"""
# What only applications, HTTP, Lua and pretty tables need.
HEAVY = {
    "pydantic",
    "lupa",
    "httpx",
    "httpx2",
    "h11",
    "uvicorn",
    "yaml",
    "rich",
    "textual",
    "elftools",
}


def modules_after(*arguments: str) -> set[str]:
    """The modules that are loaded when the command line has done this."""
    script = (
        "import sys\n"
        "from pywasm_rt.cli.main import cli\n"
        "cli(sys.argv[1:], prog_name='pywasm-rt', standalone_mode=False)\n"
        "print('\\n', *sorted(sys.modules))\n"
    )
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_importing_the_package_loads_nothing_else() -> None:
    script = (
        "import sys; before = {*sys.modules}; import pywasm_rt; print(*{*sys.modules} - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.startswith("pywasm_rt.")} == set()
    assert not packages(loaded) & HEAVY


def test_help_needs_little() -> None:
    modules = modules_after("--help")
    assert not packages(modules) & HEAVY
    assert "pywasm_rt.engine" not in modules


def test_running_a_core_file_needs_no_components(tmp_path: Path) -> None:
    file = tmp_path / "hello.wasm"
    file.write_bytes(encode(parse(HELLO)))
    script = (
        "import sys\n"
        "from pywasm_rt.cli.main import cli\n"
        "try:\n"
        "    cli(sys.argv[1:], prog_name='pywasm-rt')\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", script, "run", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    modules = set(done.stderr.split())
    assert done.stdout == "hello\n"
    assert not packages(modules) & HEAVY
    assert not {"pywasm_rt.component.binary", "pywasm_rt.component.plan"} & modules


@pytest.mark.parametrize("name", Commands.commands_by_name)
def test_the_summary_is_the_commands_own(name: str) -> None:
    context = click.Context(cli)
    command = cli.get_command(context, name)
    assert command is not None
    summary = Commands.commands_by_name[name].summary
    for limit in (30, 45, 200):
        assert click.Command(name, help=summary).get_short_help_str(
            limit
        ) == command.get_short_help_str(limit)


def test_an_unknown_command_is_none() -> None:
    assert cli.get_command(click.Context(cli), "fly") is None
