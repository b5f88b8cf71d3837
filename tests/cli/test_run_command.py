"""``pywasm-rt run NAME``: what works."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pywasm_rt.cli.main import cli

from .conftest import DEMO, HOSTS, OUTSIDE, Run, Write, binary, entry

MANY = """\
(module
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "nothing"))
  (func (export "half") (param f64) (result f64) local.get 0 f64.const 2 f64.div)
  (func (export "answer") (param i32) (result i32)
    (select (i32.const 16) (i32.const 32) (local.get 0)))
  (data (i32.const 16) "\\00\\00\\00\\00\\07")
  (data (i32.const 32) "\\01\\00\\00\\00\\30\\00\\00\\00\\03")
  (data (i32.const 48) "bad")
  (func (export "failed") (result i32) i32.const 1)
  (func (export "two") (result i32 i64) i32.const -1 i64.const 5)
  (func (export "divide") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)
  (func (export "spin") (loop br 0))
  (func (export "grow") (result i32) i32.const 5 memory.grow)
  (func $deep (export "deep") call $deep)
  (memory (export "memory") 1))
"""


@pytest.mark.parametrize(
    ("method", "more", "arguments", "stdout"),
    [
        ("add", "", ("6", "7"), "13\n"),
        ("add", "", ("-6", "7"), "1\n"),
        ("add", "", ("4294967295", "2"), "1\n"),
        ("add", "", ("--", "6", "7"), "13\n"),
        ("add", "wit: 'add: func(a: u32, b: u32) -> u32;'", ("4294967295", "0"), "4294967295\n"),
        ("add", "wit: 'add: func(a: bool, b: s32) -> char;'", ("true", "64"), "'A'\n"),
        ("nothing", "", (), ""),
        ("answer", "wit: 'answer: func(ok: bool) -> result<u32, string>;'", ("true",), "ok(7)\n"),
        ("half", "", ("3",), "1.5\n"),
        ("two", "", (), "(-1, 5)\n"),
        ("grow", "limits: {memory_bytes: 131072}", (), "-1\n"),
        ("grow", "", (), "1\n"),
    ],
)
def test_arguments_and_results(
    application: Callable[..., None],
    run: Run,
    method: str,
    more: str,
    arguments: tuple[str, ...],
    stdout: str,
) -> None:
    application("many", MANY, method, f"{more}\n")
    result = run("many", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (0, stdout, "")


def test_an_err_is_a_failure(application: Callable[..., None], run: Run) -> None:
    wit = "wit: 'answer: func(ok: bool) -> result<u32, string>; failed: func() -> result;'\n"
    application("many", MANY, "answer", wit)
    result = run("many", "false")
    assert (result.exit_code, result.stdout, result.stderr) == (1, 'err("bad")\n', "")
    application("many", MANY, "failed", wit)
    result = run("many")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "")


@pytest.mark.parametrize(
    ("method", "more", "arguments", "message"),
    [
        ("divide", "", ("1", "0"), "Error: integer divide by zero in function"),
        ("spin", "limits: {max_execution_ms: 100}", (), "Error: execution time limit of 100 ms"),
        ("spin", "limits: {fuel: 100000}", (), "Error: all fuel consumed"),
        ("deep", "limits: {call_depth: 1000}", (), "Error: call stack exhausted"),
        ("deep", "", (), "Error: call stack exhausted"),
        ("add", "limits: {memory_bytes: 65536}", ("1", "2"), ""),
    ],
)
def test_what_ends_a_guest(
    application: Callable[..., None],
    run: Run,
    method: str,
    more: str,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    application("many", MANY, method, f"{more}\n")
    result = run("many", *arguments)
    assert result.exit_code == (1 if message else 0)
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == (1 if message else 0)


def test_options_stand_in_for_the_limits_of_the_entry(
    application: Callable[..., None], run: Run
) -> None:
    application("many", MANY, "spin", "limits: {max_execution_ms: 60000}\n")
    assert "execution time limit of 50 ms" in run("--timeout", "50ms", "many").stderr
    assert "all fuel consumed" in run("--fuel", "1000", "many").stderr


def test_options_for_a_lua_command(write: Write, run: Run) -> None:
    lua = (
        "  - {name: x, kind: process.lua, meta: {command: {name: x}}, source: while true do end}\n"
    )
    write({"src/app.yaml": HOSTS + lua})
    result = run("--timeout", "50ms", "x")
    assert result.exit_code == 1
    assert "execution time limit of 50 ms" in result.stderr
    result = run("--fuel", "1000", "x")
    assert result.exit_code == 2
    assert "--fuel and --max-memory are for WebAssembly, not for Lua or Python" in result.stderr


def test_results_and_arguments_of_a_lua_command(write: Write, run: Run) -> None:
    lua = """\
  - name: x
    kind: process.lua
    meta: {command: {name: x}}
    source: |
      local what, other = ...
      if what == "text" then return "a\\"b" end
      if what == "table" then return {a = 1, b = {true, 2.5}} end
      if what == "fail" then error({}) end
      if what == "second" then return other end
"""
    write({"src/app.yaml": HOSTS + lua})
    assert run("x", "text").stdout == 'a"b\n'
    assert run("x", "table").stdout == '{"a": 1, "b": [true, 2.5]}\n'
    assert run("x", "second", "42").stdout == "42\n"
    assert run("x").stdout == ""
    result = run("x", "fail")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: a table was raised")


PREVIEW1 = """\
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "count") (result i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (i32.load (i32.const 0)))
  (func (export "echo")
    (i32.store (i32.const 0) (i32.const 100))
    (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "leave") (param i32) (call $exit (local.get 0))))
"""


@pytest.mark.parametrize(
    ("code", "status"), [("0", 0), ("3", 3), ("255", 255), ("256", 1), ("259", 3), ("-1", 255)]
)
def test_the_guests_exit_code_passes_through(
    application: Callable[..., None], run: Run, code: str, status: int
) -> None:
    application("many", PREVIEW1, "leave")
    result = run("many", code)
    assert (result.exit_code, result.stdout, result.stderr) == (status, "", "")


def test_arguments_reach_a_guest_that_asks_for_them(
    application: Callable[..., None], run: Run
) -> None:
    application("many", PREVIEW1, "count")
    assert run("many").stdout == "0\n"
    assert run("many", "a", "b c", "--help").stdout == "3\n"
    application("many", PREVIEW1, "count", "wasi: {args: [one]}\n")
    assert run("many", "a", "b").stdout == "1\n"


def test_standard_streams_are_the_terminals(application: Callable[..., None], run: Run) -> None:
    application("many", PREVIEW1, "echo")
    result = run("many", stdin="hello\n")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "hello\n", "hello\n")


def test_another_entrys_fault_is_a_warning_unless_strict(
    application: Callable[..., None], write: Write, run: Run
) -> None:
    application("many", MANY, "nothing")
    write({"src/b.yaml": "namespace: app\nname: h\nkind: process.host\nhost: {wokers: 1}\n"})
    fault = 'src/b.yaml:4: host.wokers: unknown field "wokers" in host (did you mean "workers"?)\n'
    result = run("many")
    assert (result.exit_code, result.stderr) == (0, f"warning: {fault}")
    result = run("--strict", "many")
    assert (result.exit_code, result.stderr) == (1, f"{fault}Error: 1 fault\n")


def test_a_deprecated_spelling_is_a_warning(application: Callable[..., None], run: Run) -> None:
    code = binary(MANY)
    text = HOSTS + entry("many", code, "nothing").replace(
        "command: {name: many}", "command: {name: many}, options: {limits: {fuel: 50}}"
    )
    application("many", MANY, "nothing")
    Path("src/app.yaml").write_text(text)
    result = run("many")
    assert result.exit_code == 0
    assert result.stderr == (
        "warning: src/app.yaml:8: meta.options: meta.options is deprecated "
        "(write limits at the entry's top level)\n"
    )


def test_in_a_process_of_its_own(
    application: Callable[..., None],
    run_outside: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    application("many", MANY, "add")
    done = run_outside("many", "6", "7")
    assert (done.returncode, done.stdout, done.stderr) == (0, "13\n", "")
    done = run_outside("many", "6", "x")
    assert done.returncode == 2
    assert "Error: parameter 2 (p1): expected s32, found x; the signature is func(" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["\U0001f30d".encode(), b"\xff"])
def test_names_that_the_terminal_cannot_show(name: bytes) -> None:
    command: list[str | bytes] = [sys.executable, "-m", "pywasm_rt.cli", "-C", str(DEMO), "run"]
    done = subprocess.run(
        [*command, "greet", name],
        capture_output=True,
        env={**OUTSIDE, "PYTHONIOENCODING": "latin-1"},
        check=False,
    )
    if name == b"\xff":
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"not valid UTF-8" in done.stderr
    else:
        assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello, \\U0001f30d!\n", b"")


def test_a_component(write: Write, run: Run) -> None:
    code = (DEMO / "wasm" / "component.wasm").read_bytes()
    write({"src/app.yaml": HOSTS + entry("greet", code, "greet"), "wasm/greet.wasm": code})
    assert run("greet", "Ada Lovelace").stdout == "Hello, Ada Lovelace!\n"
    assert run("greet", '"quoted"').stdout == 'Hello, "quoted"!\n'


def test_the_folder_may_be_named_before_the_command(
    application: Callable[..., None], folder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    application("many", MANY, "add")
    monkeypatch.chdir("/")
    result = CliRunner().invoke(cli, ["-C", str(folder), "run", "many", "6", "7"])
    assert (result.exit_code, result.stdout) == (0, "13\n")


LISTED = """\
Available commands:

  long_name  One  (app:a)
  x          Two  (app:b) (has faults)

Run with: pywasm-rt run <command>
"""


def test_the_list(write: Write, run: Run) -> None:
    code = binary(MANY)
    first = entry("a", code, "nothing", file="many").replace(
        "{name: a}", '{name: long_name, short: "One\\e[31m"}'
    )
    second = entry("b", code, "gone", file="many").replace("{name: b}", "{name: x, short: Two}")
    write({"src/app.yaml": HOSTS + first + second, "wasm/many.wasm": code})
    result = run("list")
    assert (result.exit_code, result.stdout) == (
        0,
        LISTED.replace("One ", "One\\x1b[31m ").replace("Two ", "Two" + " " * 9),
    )
    assert result.stderr.startswith('warning: src/app.yaml:19: method: function "gone" not found')
    assert run("--strict", "list").exit_code == 1


def test_an_empty_list(run: Run) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert result.stdout.startswith("No commands found.\n\nGive a process a command:\n")
