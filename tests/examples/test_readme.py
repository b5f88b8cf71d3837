"""The Python programs of README.md run as they stand there."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.engine.interface import Engine
from pywasm_rt.examples import __path__ as examples
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

README = Path(__file__).parents[2] / "README.md"

FILES = {
    "tool.wasm": """(module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "done")
      (func (export "_start")
        (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 4))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))""",
    "fib.wasm": """(module
      (func $fib (export "run") (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
          (then (local.get 0))
          (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
            (call $fib (i32.sub (local.get 0) (i32.const 2))))))))""",
    "greet.wasm": """(component
      (import "app:data/store@1.0.0" (instance
        (export "look-up" (func (param "key" string) (result (result s32 (error string)))))))
      (core module $m
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
        (func (export "greet") (param i32 i32) (result i32)
          (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1))
          (i32.const 8)))
      (core instance $i (instantiate $m))
      (alias core export $i "memory" (core memory $memory))
      (alias core export $i "realloc" (core func $realloc))
      (func (export "greet") (param "name" string) (result string)
        (canon lift (core func $i "greet") (memory $memory) (realloc $realloc))))""",
}


def programs() -> list[str]:
    """The blocks of Python."""
    return re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def execute(program: str, names: dict[str, Any]) -> None:
    """Run a program; one that awaits gets an event loop."""
    code = compile(program, str(README), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    waiting = eval(code, names)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(waiting)


def test_they_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    native_engine: Engine,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    shutil.copytree(Path(examples[0]) / "demo", tmp_path / "demo")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    names: dict[str, Any] = {"binary": encode(parse(FILES["fib.wasm"])), "imports": {}}
    printed: list[str] = []
    for program in programs():
        execute(program, names)
        printed.append(capsys.readouterr().out)
    assert printed[0] == "0 done\n55\nAda\n"
    assert names["answer"] == 42
    assert any("i32.lt_u" in it for it in printed)
    assert printed[-1] == "(832040,)\n"
