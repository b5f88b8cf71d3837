"""Commands as ``subprocess.run`` runs programs."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path
from typing import Any

import pytest

import pywasm_rt
from pywasm_rt import (
    FixedWallClock,
    HostDirectory,
    MemoryFilesystem,
    SeededRandom,
    WasiLimits,
    get_engine,
)
from pywasm_rt.component.features import DEFAULT
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import ConfigError, ExhaustionError, LinkError
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

# Copies standard input to standard output and error, and exits with the length of its arguments.
CAT = """(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64))
    (loop $again
      (i32.store (i32.const 4) (i32.const 1000))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
      (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 12)))
      (br_if $again (i32.load (i32.const 8))))
    (drop (call $args (i32.const 16) (i32.const 20)))
    (call $exit (i32.load (i32.const 20)))))"""

# Prints eight random bytes, the time in nanoseconds, and the first bytes of the file /d/in.
PROBE = """(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 128) "in")
  (func (export "_start")
    (drop (call $random (i32.const 64) (i32.const 8)))
    (drop (call $time (i32.const 0) (i64.const 1) (i32.const 72)))
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 128) (i32.const 2) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 200)))
    (i32.store (i32.const 0) (i32.const 80)) (i32.store (i32.const 4) (i32.const 4))
    (drop (call $read (i32.load (i32.const 200)) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 20))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))))"""


@pytest.fixture
def engine(engine_name: str) -> Engine:
    """Each engine in turn."""
    return get_engine(engine_name)


@pytest.fixture
def cat() -> bytes:
    """The command of CAT."""
    return encode(parse(CAT))


def test_a_command_runs_and_is_told_of(engine: Engine, cat: bytes) -> None:
    done = pywasm_rt.run(cat, ["ab", "c"], stdin="hé\n", engine=engine)
    assert done.exit_code == len("program\0ab\0c\0")
    assert done.stdout == done.stderr == "hé\n".encode()
    assert done.text == "hé\n"


def test_a_command_may_be_awaited(engine: Engine, cat: bytes) -> None:
    async def both() -> list[Any]:
        texts = [b"one", b"two"]
        runs = [pywasm_rt.run_async(cat, stdin=text, engine=engine) for text in texts]
        return [done.stdout for done in await asyncio.gather(*runs)]

    assert asyncio.run(both()) == [b"one", b"two"]


def test_streams_of_every_kind(engine: Engine, cat: bytes, tmp_path: Path) -> None:
    pieces: list[bytes] = []
    text = io.StringIO()
    done = pywasm_rt.run(
        cat, stdin=io.BytesIO(b"bytes"), stdout=pieces.append, stderr=text, engine=engine
    )
    assert (b"".join(pieces), text.getvalue(), done.stdout) == (b"bytes", "bytes", b"")
    path = tmp_path / "in"
    path.write_bytes(b"from a file")
    with path.open("rb") as file:
        assert pywasm_rt.run(cat, stdin=file, engine=engine).stdout == b"from a file"


@pytest.mark.parametrize("place", ["disk", "opened", "memory"])
def test_the_same_world_gives_the_same_run(engine: Engine, tmp_path: Path, place: str) -> None:
    (tmp_path / "in").write_bytes(b"file")
    opened = HostDirectory(tmp_path, read_only=True)
    directory = {"disk": tmp_path, "opened": opened, "memory": MemoryFilesystem({"in": "file"})}
    outputs = [
        pywasm_rt.run(
            encode(parse(PROBE)),
            directories={"/d": directory[place]},  # type: ignore[dict-item]
            random=SeededRandom(7),
            wall_clock=FixedWallClock(0x0102030405060708),
            engine=engine,
        ).stdout
        for _ in range(2)
    ]
    opened.close()
    assert outputs[0] == outputs[1]
    assert outputs[0] == SeededRandom(7).read(8) + bytes([8, 7, 6, 5, 4, 3, 2, 1]) + b"file"


def test_limits(engine: Engine, cat: bytes) -> None:
    limits = WasiLimits(output_bytes=100)
    with pytest.raises(ExhaustionError, match="output limit of 100 bytes"):
        pywasm_rt.run(cat, stdin=bytes(101), wasi_limits=limits, engine=engine)


def waiting_pipe() -> tuple[Any, int]:
    """The reading end of a pipe that nobody writes to, and the writing end."""
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb", 0), writing


def test_a_deadline_ends_a_command_that_reads(engine: Engine, cat: bytes) -> None:
    stdin, writing = waiting_pipe()
    with stdin:
        with pytest.raises(ExhaustionError, match="took longer than 20 ms") as caught:
            pywasm_rt.run(cat, stdin=stdin, timeout_seconds=0.02, engine=engine)
        assert caught.value.resource == "time"
        with pytest.raises(ExhaustionError, match="took longer than 20 ms"):
            asyncio.run(pywasm_rt.run_async(cat, stdin=stdin, timeout_seconds=0.02, engine=engine))
    os.close(writing)


def test_what_is_no_command_is_told(engine: Engine) -> None:
    module = encode(parse('(module (func (export "f")))'))
    with pytest.raises(LinkError, match="no export _start; its exports: f"):
        pywasm_rt.run(module, engine=engine)


def test_a_folder_that_is_not_there_is_told(engine: Engine, cat: bytes) -> None:
    with pytest.raises(ConfigError, match="cannot mount directory /nowhere/at/all: No such"):
        pywasm_rt.run(cat, directories={"/d": "/nowhere/at/all"}, engine=engine)


def test_what_a_command_imports_besides_wasi(engine: Engine) -> None:
    module = encode(
        parse("""(module
          (import "env" "code" (func $code (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func (export "_start") (call $exit (call $code))))""")
    )
    imports: dict[str, object] = {"env": {"code": lambda: 9}}
    assert pywasm_rt.run(module, imports=imports, engine=engine).exit_code == 9
    with pytest.raises(
        LinkError, match=r"imports what is not there: func env.code: \[\] -> \[i32\]"
    ):
        pywasm_rt.run(module, engine=engine)
    component = pywasm_rt.Component.from_text("""(component
      (import "test:app/codes" (instance $codes (export "is-good" (func (result bool)))))
      (core func $good (canon lower (func $codes "is-good")))
      (core module $m (import "" "good" (func $good (result i32)))
        (func (export "run") (result i32) (i32.eqz (call $good))))
      (core instance $i (instantiate $m (with "" (instance (export "good" (func $good))))))
      (func $run (result (result)) (canon lift (core func $i "run")))
      (instance $cli (export "run" (func $run)))
      (export "wasi:cli/run@0.2.0" (instance $cli)))""")
    for good in (True, False):
        codes: dict[str, object] = {"test:app/codes": {"is_good": lambda good=good: good}}
        done = pywasm_rt.run(component, imports=codes, engine=engine)
        assert done.exit_code == int(not good)


COMMAND = """(component
  (import "wasi:cli/exit@0.2.0" (instance $exit
    (export "exit" (func (param "status" (result))))))
  (core func $exit (canon lower (func $exit "exit")))
  (core module $m
    (import "" "exit" (func $exit (param i32)))
    (func (export "run") (result i32) (call $exit (i32.const 1)) unreachable))
  (core instance $i (instantiate $m (with "" (instance (export "exit" (func $exit))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $cli (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $cli)))"""


def test_a_component_command(engine: Engine) -> None:
    component = pywasm_rt.Component.from_text(COMMAND)
    assert pywasm_rt.run(component, engine=engine).exit_code == 1
    assert asyncio.run(pywasm_rt.run_async(component, engine=engine)).exit_code == 1


def test_a_command_with_canonical_interface_names(engine: Engine) -> None:
    text = COMMAND.replace('@0.2.0"', '@0.2" (version-suffix ".11")')
    features = DEFAULT.with_(canonical_names=True)
    component = pywasm_rt.Component.from_text(text, features)
    assert pywasm_rt.run(component, engine=engine).exit_code == 1
