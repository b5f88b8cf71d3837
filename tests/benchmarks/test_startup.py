"""First answers: each engine in a process of its own, checked and measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.startup import Program, Start, _child, format_starts
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

TEXT = """(module (import "env" "f" (func (param i32)))
  (func (export "malloc") (param i32) (result i32) (i32.mul (local.get 0) (i32.const RESULT))))"""
COMMAND = """(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 36)))
    (drop (call $get (i32.const 16) (i32.const 64)))
    (i32.store (i32.const 32) (i32.load (i32.const 20)))
    (i32.store (i32.const 36) (i32.const 2))
    (drop (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 8)))))"""
ENGINES = ("native", "native, load only", "pywasm3", "wasmtime cold", "wasmtime warm")


def made(folder: Path, result: int) -> tuple[Path, Program, Path]:
    file = folder / "a.wasm"
    file.write_bytes(encode(parse(TEXT.replace("RESULT", str(result)))))
    return file, Program("a", "a==1", "a.wasm", "malloc", ENGINES), folder / "a.cwasm"


@pytest.mark.guests
@pytest.mark.parametrize("engine", ENGINES)
def test_a_start_is_measured(tmp_path: Path, engine: str) -> None:
    if engine == "pywasm3":
        pytest.importorskip("wasm3")
    file, program, compiled = made(tmp_path, 64)
    _child("compile", file, program, compiled)
    found = _child(engine, file, program, compiled)
    assert 0 < found["cpu"] < 60
    assert 0 < found["wall"] < 60


@pytest.mark.guests
@pytest.mark.parametrize("engine", ["native", "pywasm3", "wasmtime cold"])
def test_a_command_prints_its_argument(tmp_path: Path, engine: str) -> None:
    if engine == "pywasm3":
        pytest.importorskip("wasm3")
    file = tmp_path / "a.wasm"
    file.write_bytes(encode(parse(COMMAND)))
    program = Program("a", "a==1", "a.wasm", "_start", ENGINES, ("name", "ok"), "ok")
    assert _child(engine, file, program, tmp_path / "a.cwasm")["cpu"] > 0
    wrong = replace(program, answer="no")
    with pytest.raises(ValueError, match="wrong output b'ok'"):
        _child(engine, file, wrong, tmp_path / "a.cwasm")


def test_a_wrong_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no address"):
        _child("native", *made(tmp_path, 0))


def test_ratios_are_by_program() -> None:
    starts = [
        Start("a", "native", 10, 11, 1, 2, 7),
        Start("a", "wasmtime warm", 40, 41, 1, 1, 38),
        Start("b", "native", 30, 31, 10, 10, 10),
        Start("b", "wasmtime warm", 10, 9, 1, 1, 8),
    ]
    rows = [line.split() for line in format_starts(starts).splitlines()[1:]]
    assert [row[-2] for row in rows] == ["1.000", "0.250", "1.000", "3.000"]
    assert [row[-1] for row in rows] == ["0.25", "1.00", "3.00", "1.00"]
    assert rows[0][-5:-2] == ["1.0", "2.0", "7.0"]
