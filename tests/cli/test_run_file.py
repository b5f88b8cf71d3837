"""``pywasm-rt run FILE``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import DEMO, Run, Write, binary

COMMAND = """\
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $size (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $esize (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $put (param $address i32) (param $size i32)
    (i32.store (i32.const 0) (local.get $address))
    (i32.store (i32.const 4) (local.get $size))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start")
    (drop (call $size (i32.const 16) (i32.const 20)))
    (drop (call $args (i32.const 100) (i32.const 1000)))
    (call $put (i32.const 1000) (i32.load (i32.const 20)))
    (drop (call $esize (i32.const 16) (i32.const 20)))
    (drop (call $environ (i32.const 100) (i32.const 2000)))
    (call $put (i32.const 2000) (i32.load (i32.const 20)))
    (call $exit (i32.const 7)))
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "spin") (loop br 0))
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))
"""


@pytest.fixture(autouse=True)
def files(write: Write) -> None:
    """The files of these tests."""
    write({"x.wat": COMMAND, "x.wasm": binary(COMMAND), "bad.wasm": b"\0asm", "text.wasm": b"hi"})


@pytest.mark.parametrize("file", ["x.wasm", "x.wat"])
def test_a_command_gets_arguments_and_environment(file: str, run: Run) -> None:
    result = run("--env", "A=b", "--env", "C=d e", file, "one", "--two")
    assert result.stdout == f"{file}\0one\0--two\0A=b\0C=d e\0"
    assert (result.exit_code, result.stderr) == (7, "")


@pytest.mark.parametrize(
    ("arguments", "stdout"),
    [
        (("--invoke", "add", "x.wasm", "6", "7"), "13\n"),
        (("--invoke", "add", "x.wasm", "-6", "7"), "1\n"),
        (("--invoke", "add(6, 7)", "x.wat"), "13\n"),
        (("--engine", "reference", "--invoke", "add(6,7)", "x.wat"), "13\n"),
        (("--max-memory", "128KiB", "--invoke", "grow", "x.wasm", "5"), "-1\n"),
        (("--max-memory", "1M", "--invoke", "grow", "x.wasm", "5"), "1\n"),
        (("--invoke", "greet", str(DEMO / "wasm" / "component.wasm"), "Ada"), "Hello, Ada!\n"),
        (("--invoke", 'greet("A")', str(DEMO / "wasm" / "component.wasm")), "Hello, A!\n"),
        (("--invoke", "sleep", str(DEMO / "wasm" / "sleeper.wasm"), "0"), "0\n"),
    ],
)
def test_functions(arguments: tuple[str, ...], stdout: str, run: Run) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (0, stdout, "")


COMPONENT = """\
(component
  (core module $m (func (export "run") (result i32) i32.const {code}))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $r (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $r)))
"""


@pytest.mark.parametrize("code", [0, 1])
def test_a_component_that_is_a_command(write: Write, run: Run, code: int) -> None:
    text = COMPONENT.format(code=code).encode()
    wasm_tools = Path(sys.executable).with_name("wasm-tools")
    done = subprocess.run([wasm_tools, "parse"], input=text, capture_output=True, check=True)
    write({"command.wasm": done.stdout})
    result = run("command.wasm", "ignored")
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", "")
    result = run("--invoke", "wasi:cli/run#run", "command.wasm")
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", "")


def test_a_component_in_text(write: Write, run: Run) -> None:
    write({"command.wat": COMPONENT.format(code=1)})
    result = run("command.wat")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "")


CAT = """\
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12))))
  (func (export "random") (result i64)
    (drop (call $random (i32.const 0) (i32.const 8))) (i64.load (i32.const 0))))
"""


def test_standard_input_from_a_file(folder: Path, write: Write, run: Run) -> None:
    write({"cat.wat": CAT, "in.txt": "from the file"})
    result = run("--stdin", str(folder / "in.txt"), "cat.wat")
    assert (result.exit_code, result.stdout) == (0, "from the file")
    result = run("--stdin", str(folder / "gone.txt"), "cat.wat")
    assert result.exit_code == 2
    assert "gone.txt' does not exist" in result.stderr


def test_the_guests_name_its_output_and_its_random_bytes(write: Write, run: Run) -> None:
    write({"cat.wat": CAT, "in.txt": "x" * 30})
    assert run("--argv0", "other", "x.wasm").stdout.startswith("other\0")
    result = run("--max-output", "3", "x.wasm")
    assert result.exit_code == 1
    assert "output limit of 3 bytes exceeded" in result.stderr
    seeded = [run("--random-seed", n, "--invoke", "random", "cat.wat").stdout for n in "778"]
    assert seeded[0] == seeded[1] != seeded[2]


def test_a_folder_that_the_guest_may_only_read(folder: Path, write: Write, run: Run) -> None:
    write({"in/input.csv": b"h,n\na,40\nb,2\n"})
    (folder / "out").mkdir()
    processor = str(DEMO / "wasm" / "processor.wasm")
    given = ("--dir", "in::/data:ro", "--dir", "out::/output")
    result = run(*given, "--invoke", "process", processor, "--input", "/data/input.csv")
    # This guest tries to write to both, and is content when it can write to one.
    assert result.exit_code == 0
    assert (folder / "out" / "summary.txt").read_text() == "2 rows, total 42\n"
    assert [path.name for path in (folder / "in").iterdir()] == ["input.csv"]


def test_modules_that_are_instantiated_before(write: Write, run: Run) -> None:
    write(
        {
            "one.wat": '(module (func (export "get") (result i32) (i32.const 40)))',
            "two.wat": """(module (import "one" "get" (func $get (result i32)))
              (func (export "more") (result i32) (i32.add (call $get) (i32.const 2))))""",
            "main.wat": """(module (import "2" "more" (func $more (result i32)))
              (func (export "run") (result i32) (call $more)))""",
        }
    )
    given = ("--preload", "one=one.wat", "--preload", "2=two.wat")
    result = run(*given, "--invoke", "run", "main.wat")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "42\n", "")
    result = run("--preload", "2=two.wat", "--invoke", "run", "main.wat")
    assert result.exit_code == 1
    assert "imports what is not there: func one.get" in result.stderr
    result = run("--preload", "two.wat", "--invoke", "run", "main.wat")
    assert result.exit_code == 2
    assert "'two.wat' is not NAME=FILE" in result.stderr
    component = str(DEMO / "wasm" / "component.wasm")
    result = run("--preload", f"c={component}", "--invoke", "run", "main.wat")
    assert result.exit_code == 2
    assert "is a component" in result.stderr


@pytest.mark.parametrize("kind", ["module", "component"])
def test_imports_that_are_not_there_may_trap(write: Write, run: Run, kind: str) -> None:
    module = """(module (import "a" "f" (func $f))
      (func (export "good") (result i32) (i32.const 1)) (func (export "bad") (call $f)))"""
    component = """(component
      (import "a:b/c" (instance $c (export "f" (func))))
      (core func $f (canon lower (func $c "f")))
      (core module $m (import "" "f" (func $f))
        (func (export "good") (result i32) (i32.const 1)) (func (export "bad") (call $f)))
      (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
      (func (export "good") (result s32) (canon lift (core func $i "good")))
      (func (export "bad") (canon lift (core func $i "bad"))))"""
    write({"x.wat": module if kind == "module" else component})
    assert run("--invoke", "good", "x.wat").exit_code == 1
    assert run("--trap-unknown-imports", "--invoke", "good", "x.wat").stdout == "1\n"
    result = run("--trap-unknown-imports", "--invoke", "bad", "x.wat")
    assert result.exit_code == 1
    assert "the host does not offer" in result.stderr


def test_folders_that_the_guest_may_use(folder: Path, write: Write, run: Run) -> None:
    write({"in/input.csv": b"h,n\na,40\nb,2\n"})
    (folder / "out").mkdir()
    processor = str(DEMO / "wasm" / "processor.wasm")
    given = ("--dir", "in::/data", "--dir", "out::/output")
    result = run(*given, "--invoke", "process", processor)
    assert result.exit_code == 1
    assert result.stderr == "processor: usage: --input FILE\n"
    result = run(*given, "--invoke", "process", processor, "--input", "/data/input.csv")
    # Both folders can be written, which this guest takes for a failure.
    assert result.exit_code == 1
    assert result.stdout == "read 2 rows from /data/input.csv\nwrote /output/summary.txt\n"
    assert (folder / "out" / "summary.txt").read_text() == "2 rows, total 42\n"
    result = run("--invoke", "process", processor, "--input", "/data/input.csv")
    assert result.stderr == "processor: /data/input.csv: no mount has it\n"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("gone.wasm",), 1, "Error: gone.wasm: No such file or directory"),
        (("gone.wat",), 1, "Error: gone.wat: No such file or directory"),
        (("bad.wasm",), 1, "Error: unexpected end"),
        (("text.wasm",), 1, "Error: unexpected end"),
        (("--timeout", "50ms", "--invoke", "spin", "x.wasm"), 1, "Error: execution time limit of"),
        (("--fuel", "1000", "--invoke", "spin", "x.wasm"), 1, "Error: all fuel consumed"),
        (("--dir", "gone::/x", "x.wasm"), 1, "Error: cannot mount directory gone: No such"),
        (("--invoke", "ad", "x.wasm"), 2, 'Error: x.wasm exports no function "ad" (did you mean'),
        (("--invoke", "add(1", "x.wasm"), 1, "Error: "),
        (("--invoke", "add(1)", "x.wasm"), 2, "Error: parameter count mismatch: expected 2, got 1"),
        (("--invoke", "add(1, x)", "x.wasm"), 2, "Error: "),
        (("--invoke", "add(1, 2)", "x.wasm", "3"), 2, "Error: arguments stand either in the"),
        (("--invoke", "add", "x.wasm", "3"), 2, "Error: parameter count mismatch: expected 2, got"),
        (("--host", "x", "x.wasm"), 2, "Error: --host is for commands of an application"),
        (
            (str(DEMO / "wasm" / "worker.wasm"),),
            2,
            (
                f"Error: {DEMO}/wasm/worker.wasm is not a command: it exports no _start. "
                "Use --invoke with one of its functions: compute"
            ),
        ),
        (
            (str(DEMO / "wasm" / "component.wasm"),),
            2,
            (
                f"Error: {DEMO}/wasm/component.wasm is not a command: it exports no "
                "wasi:cli/run#run. Use --invoke with one of its functions: greet"
            ),
        ),
    ],
)
def test_what_goes_wrong(arguments: tuple[str, ...], status: int, message: str, run: Run) -> None:
    result = run(*arguments)
    assert result.exit_code == status
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1
    assert lines[0].startswith(message)
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/data/../secret.csv", "not-permitted"),
        ("/data/sub/../../secret.csv", "not-permitted"),
        ("/data/link.csv", "loop"),
        ("/data/absolute.csv", "loop"),
        ("/data/out/secret.csv", "not-permitted"),
        ("/data/gone.csv", "no-entry"),
        ("/data/sub", "bad-descriptor"),
    ],
)
def test_nothing_leads_out_of_a_folder(
    folder: Path, write: Write, run: Run, path: str, error: str
) -> None:
    write({"secret.csv": b"h,n\na,1\n", "in/sub/x": b""})
    (folder / "in" / "link.csv").symlink_to("../secret.csv")
    (folder / "in" / "absolute.csv").symlink_to(folder / "secret.csv")
    (folder / "in" / "out").symlink_to("..")
    processor = str(DEMO / "wasm" / "processor.wasm")
    result = run("--dir", "in::/data", "--invoke", "process", processor, "--input", path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"processor: {path}: {error}\n"


def test_text_that_is_wrong_shows_the_place(write: Write, run: Run) -> None:
    write({"wrong.wat": '(module\n  (func (export "f") i32.foo))\n'})
    result = run("--invoke", "f", "wrong.wat")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        '  (func (export "f") i32.foo))',
        "                     ^",
    ]


def test_text_that_is_no_utf8(write: Write, run: Run) -> None:
    write({"wrong.wat": b"(module \xff)"})
    result = run("wrong.wat")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: malformed UTF-8 encoding (at wrong.wat:1:9)\n")
