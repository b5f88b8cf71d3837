"""Bad input, each with one clear message."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pywasm_rt.cli.main import cli

from .conftest import DEMO, HOSTS, Run, Write, binary, digest, entry

ADD = '(module (func (export "add") (param i32 i32) (result i32) local.get 0))'
CODE = binary(ADD)
WIT = "wit: 'add: func(a: u32, b: u32) -> u32;'\n"
GOOD = HOSTS + entry("add", CODE, "add", WIT)
GREET = (DEMO / "wasm" / "component.wasm").read_bytes()
SLEEPER = (DEMO / "wasm" / "sleeper.wasm").read_bytes()

# The lines of GOOD: the entry begins on 6, meta 8, fs 9, path 10, hash 11, method 12, wit 13.


def check(run: Run, command: str, expected: str, arguments: tuple[str, ...] = ()) -> None:
    """Running ``command`` tells one fault, which begins with ``expected``, and exits with 1."""
    result = run(command, *arguments)
    lines = result.stderr.splitlines()
    assert lines[0].startswith(expected)
    assert len(lines) == 2
    assert lines[1].startswith(f"Error: app:{command} cannot be used: ")
    assert (result.exit_code, result.stdout) == (1, "")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            digest(CODE),
            "sha256:" + "0" * 64,
            (
                "11: hash: hash verification failed: hash mismatch: "
                f"expected sha256:{'0' * 64}, got {digest(CODE)}"
            ),
        ),
        (
            digest(CODE),
            "sha512:" + "0" * 128,
            (
                "11: hash: hash verification failed: unsupported hash algorithm: sha512 "
                f"(only sha256 is supported: {digest(CODE)})"
            ),
        ),
        (
            digest(CODE),
            "abc",
            "11: hash: hash verification failed: invalid hash format: abc (write sha256:abc)",
        ),
        (
            "/add.wasm",
            "/ad.wasm",
            "10: path: failed to open file: /ad.wasm: no such file (did you mean",
        ),
        ("/add.wasm", "/../src/app.yaml", "10: path: path leaves the filesystem: /../src/app.yaml"),
        (
            "method: add",
            "method: sub",
            '12: method: function "sub" not found in module (known: add)',
        ),
        ("fs: bin", "fs: bim", '9: fs: filesystem not found: app:bim (did you mean "app:bin"?)'),
        ("method: add", "methud: add", "6: method: method is required"),
        ("fs: bin", "fs: [bin]", "9: fs: fs must be text, not a list"),
        (WIT, "limit: {}\n", '13: limit: unknown field "limit" (did you mean "limits"?)'),
        (WIT, "limits: {fuel: yes}\n", "13: limits.fuel: limits.fuel must be an integer, not the"),
        (WIT, "wit: 'add: func('\n", "13: wit: expected"),
        (WIT, "wit: 'x: 5'\n", "13: wit: "),
        (WIT, "wit: ' '\n", ""),
        (WIT, "wit: '// none'\n", "13: wit: no functions found in WIT text"),
        (
            WIT,
            "wit: 'sub: func(a: u32);'\n",
            '13: wit: wit does not describe "add" (known: sub)',
        ),
        (
            WIT,
            "wit: 'add: func(a: u64, b: u32) -> u32;'\n",
            "13: wit: wit says add: func(a: u64, b: u32) -> u32, which is",
        ),
        (
            WIT,
            "imports: [wasi:cli]\n",
            "13: imports[0]: wasm host import requires component module: wasi:cli",
        ),
        (WIT, "imports: [wasi1]\n", ""),
        (
            WIT,
            "imports: [wasi:clokcs]\n",
            "13: imports[0]: unsupported wasm host import: wasi:clokcs (did you mean",
        ),
        (
            WIT,
            "wasi: {mounts: [{fs: data, guest: /data}]}\n",
            "13: wasi.mounts[0].fs: wasi mount filesystem not found: app:data",
        ),
        (
            WIT,
            "wasi: {env: [{id: url, name: URL, required: true}]}\n",
            "13: wasi.env[0].id: required wasi env variable not found: app:url",
        ),
    ],
)
def test_faults_of_an_entry(write: Write, run: Run, old: str, new: str, expected: str) -> None:
    assert GOOD.count(old) == 1
    write({"src/app.yaml": GOOD.replace(old, new), "wasm/add.wasm": CODE})
    if expected and "methud" in new:
        result = run("add")
        assert result.stderr.splitlines()[:2] == [
            "src/app.yaml:6: method: method is required",
            'src/app.yaml:12: methud: unknown field "methud" (did you mean "method"?)',
        ]
    elif expected:
        check(run, "add", f"src/app.yaml:{expected}")
    else:
        assert run("add", "6", "7").stdout == "6\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (b"", "failed to load wasm module: unexpected end"),
        (b"not wasm at all", "failed to load wasm module: magic header not detected"),
        (CODE[:7], "failed to load wasm module: unexpected end"),
        (CODE[:-3], "failed to load wasm module: "),
        (GREET[:-100], "failed to load wasm module: "),
        (GREET[:8], 'export "add" not found in component'),
        (CODE[:4] + b"\x02\0\0\0" + CODE[8:], "failed to load wasm module: unknown binary version"),
        (
            binary('(module (func (export "add") (result i32) i64.const 1))'),
            "failed to compile wasm module: type mismatch",
        ),
        (
            binary('(module (import "env" "abort" (func)) (func (export "add")))'),
            'unknown import "env" "abort" (the host has wasi_snapshot_preview1 only)',
        ),
        (
            binary(
                '(module (import "wasi_snapshot_preview1" "fd_wriet" (func))(func (export "add")))'
            ),
            'unknown import "wasi_snapshot_preview1" "fd_wriet" (did you mean "fd_write"?)',
        ),
        (
            binary(
                '(module (import "wasi_snapshot_preview1" "fd_write" (func))(func (export "add")))'
            ),
            'incompatible import type: "wasi_snapshot_preview1" "fd_write" is ',
        ),
        (
            binary('(module (func (export "add") (param v128)))'),
            "the function add has the type ",
        ),
    ],
)
def test_binaries_that_are_no_good(write: Write, run: Run, code: bytes, expected: str) -> None:
    text = HOSTS + entry("add", code, "add")
    write({"src/app.yaml": text, "wasm/add.wasm": code})
    result = run("add")
    assert result.exit_code == 1
    line = result.stderr.splitlines()[0]
    assert line.startswith(("src/app.yaml:10: path: ", "src/app.yaml:12: method: "))
    assert line.split(": ", 2)[2].startswith(expected)


def test_every_way_to_cut_a_binary_off(write: Write, run: Run) -> None:
    for size in range(0, len(GREET) - 1, 37):
        code = GREET[:size]
        write({"src/app.yaml": HOSTS + entry("greet", code, "greet"), "wasm/greet.wasm": code})
        result = run("greet", "Ada")
        assert result.exit_code == 1
        assert result.stderr.startswith("src/app.yaml:1")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "",
            (
                "6: imports: imports does not grant what the component imports: "
                "wasi:io/poll@0.2.0, wasi:clocks/monotonic-clock@0.2.0 (add wasi:clocks, wasi:poll)"
            ),
        ),
        (
            "imports: [wasi:io]\n",
            (
                "13: imports: imports does not grant what the component imports: "
                "wasi:clocks/monotonic-clock@0.2.0 (add wasi:clocks)"
            ),
        ),
        (
            "imports: [wasi:io, wasi:http]\n",
            (
                "13: imports: imports does not grant what the component imports: "
                "wasi:clocks/monotonic-clock@0.2.0 (add wasi:clocks)"
            ),
        ),
    ],
)
def test_imports_that_are_not_granted(
    application: Callable[..., None], run: Run, more: str, expected: str
) -> None:
    application("sleeper", SLEEPER, "sleep", more)
    result = run("sleeper", "1")
    assert result.exit_code == 1
    assert f"src/app.yaml:{expected}" in result.stderr.splitlines()


def test_a_missing_export_of_a_component(application: Callable[..., None], run: Run) -> None:
    application("greet", GREET, "great")
    expected = (
        'src/app.yaml:12: method: export "great" not found in component (did you mean "greet"?)'
    )
    check(run, "greet", expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "parameter count mismatch: expected 2, got 0; the signature is func(a: u32, b: u32"),
        (("1",), "parameter count mismatch: expected 2, got 1; the signature is func(a: u32, b:"),
        (("1", "2", "3"), "parameter count mismatch: expected 2, got 3; the signature is func("),
        (("1", "x"), "parameter 2 (b): expected u32, found x; the signature is func(a: u32, b:"),
        (("-1", "2"), "parameter 1 (a): "),
        (("4294967296", "2"), "parameter 1 (a): "),
        (("1.5", "2"), "parameter 1 (a): "),
        (("", "2"), "parameter 1 (a): "),
    ],
)
def test_wrong_arguments(write: Write, run: Run, arguments: tuple[str, ...], message: str) -> None:
    write({"src/app.yaml": GOOD, "wasm/add.wasm": CODE})
    result = run("add", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].startswith(f"Error: {message}")


def test_arguments_for_a_guest_that_takes_none(application: Callable[..., None], run: Run) -> None:
    application("none", '(module (func (export "f")))', "f")
    result = run("none", "x")
    assert result.exit_code == 2
    assert "parameter count mismatch: expected 0, got 1" in result.stderr


def test_duplicate_command_names(write: Write, run: Run) -> None:
    second = entry("add", CODE, "add").replace("name: add\n", "name: other\n", 1)
    write({"src/app.yaml": GOOD + second, "wasm/add.wasm": CODE})
    result = run("add", "6", "7")
    assert (result.exit_code, result.stdout) == (0, "6\n")
    assert result.stderr == (
        'warning: src/app.yaml:16: meta.command.name: duplicate command name "add" '
        "(first at src/app.yaml:8 by app:add)\n"
    )
    assert run("--strict", "add", "6", "7").exit_code == 1


def test_two_faults_in_two_files_at_once(write: Write, run: Run) -> None:
    write(
        {
            "src/app.yaml": GOOD.replace("method: add", "method: sub"),
            "src/broken.yaml": "namespace: app\nentries:\n  - name: x\n   kind: y\n",
            "wasm/add.wasm": CODE,
        }
    )
    result = run("add", "6", "7")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[:2] == [
        'src/app.yaml:12: method: function "sub" not found in module (known: add)',
        "src/broken.yaml:4: invalid YAML: expected <block end>, but found '<block mapping start>'",
    ]
    result = run("gone")
    assert result.exit_code == 2
    assert "src/broken.yaml:4: invalid YAML" in result.stderr
    assert result.stderr.splitlines()[-1] == (
        'Error: command "gone" not found (known: add). '
        "Use 'pywasm-rt run list' to see available commands"
    )


def test_a_required_variable_that_is_not_set(
    write: Write, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYWASM_RT_URL", raising=False)
    variables = """\
  - {name: os, kind: env.storage.os}
  - {name: url, kind: env.variable, storage: os, variable: PYWASM_RT_URL}
"""
    more = "wasi: {env: [{id: url, name: URL, required: true}]}\n"
    write({"src/app.yaml": HOSTS + entry("add", CODE, "add", more) + variables})
    write({"wasm/add.wasm": CODE})
    expected = (
        "src/app.yaml:13: wasi.env[0]: required wasi env variable not found: app:url "
        "(set PYWASM_RT_URL, or give the variable a default)"
    )
    check(run, "add", expected)
    monkeypatch.setenv("PYWASM_RT_URL", "x")
    assert run("add", "6", "7").stdout == "6\n"


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ("terminal", "no terminal.host found in registry; add one to the entries:"),
        ("processes", "no process.host found in registry; add one to the entries:"),
    ],
)
def test_missing_hosts(write: Write, run: Run, removed: str, message: str) -> None:
    lines = [line for line in GOOD.splitlines() if f"name: {removed}" not in line]
    write({"src/app.yaml": "\n".join(lines), "wasm/add.wasm": CODE})
    result = run("add", "6", "7")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0] == f"Error: {message}"
    assert lines[1] == f"  - name: {removed}"


def test_several_terminal_hosts(write: Write, run: Run) -> None:
    write({"src/app.yaml": GOOD + "  - {name: b, kind: terminal.host}\n", "wasm/add.wasm": CODE})
    result = run("add", "6", "7")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: multiple terminal hosts found (app:b, app:terminal), use --host to specify\n"
    )
    for host in ("b", "app:b", "terminal", "processes"):
        assert run("--host", host, "add", "6", "7").stdout == "6\n"
    result = run("--host", "app:c", "add", "6", "7")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: host not found: app:c (")


def test_an_unknown_command_is_suggested(write: Write, run: Run) -> None:
    write({"src/app.yaml": GOOD, "wasm/add.wasm": CODE})
    result = run("ad")
    assert result.exit_code == 2
    assert 'Error: command "ad" not found (did you mean "add"?). Use' in result.stderr


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--dir", "x::y"), "--dir is for .wasm and .wat files"),
        (("--env", "A=b"), "--env is for .wasm and .wat files"),
        (("--invoke", "f"), "--invoke is for .wasm and .wat files"),
        (("--allow-net", "a.example"), "--allow-net is for .wasm and .wat files"),
        (("--fuel", "0"), "Invalid value for '--fuel'"),
        (("--fuel", "x"), "Invalid value for '--fuel'"),
        (("--timeout", "soon"), "Invalid value for '--timeout': 'soon' is not a duration"),
        (("--max-memory", "big"), "Invalid value for '--max-memory': 'big' is not a size"),
        (("--nonsense",), "No such option"),
    ],
)
def test_wrong_options(write: Write, run: Run, option: tuple[str, ...], message: str) -> None:
    write({"src/app.yaml": GOOD, "wasm/add.wasm": CODE})
    result = run(*option, "add", "6", "7")
    assert result.exit_code == 2
    assert message in result.stderr.splitlines()[-1]


def test_an_unknown_engine(write: Write, run: Run) -> None:
    write({"src/app.yaml": GOOD, "wasm/add.wasm": CODE})
    result = run("--engine", "steam", "add", "6", "7")
    assert result.exit_code == 1
    assert "steam" in result.stderr.splitlines()[0]


def test_a_folder_that_is_not_there(
    folder: Path, run_outside: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    result = CliRunner().invoke(cli, ["-C", "gone", "run", "x"])
    assert (result.exit_code, result.stderr) == (1, "no such folder: gone\nError: 1 fault\n")
    (folder / "src").mkdir()
    (folder / "src" / "a.yaml").write_text("a: [")
    done = run_outside("x")
    assert done.returncode == 2
    assert done.stderr.startswith("src/a.yaml:1: invalid YAML: ")
    assert "Traceback" not in done.stderr
