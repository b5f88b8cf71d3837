"""Nothing of a guest stays behind: file descriptors and memory over many runs."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

import pywasm_rt
from pywasm_rt import Component, Linker, WasiContext
from pywasm_rt.embedding.performing import complete_async
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import Trap
from pywasm_rt.operations import Sleep
from pywasm_rt.wasm.text import parse

RUNS = int(os.environ.get("PYWASM_RT_LEAK_RUNS", "10000"))

# Opens the file `in` of its first mount twice, closes neither, and ends as its arguments' number
# says: 1 returns, 2 exits, 3 traps.
OPENER = """(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 128) "in")
  (func $open-one
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 128) (i32.const 2) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8))
      (then unreachable)))
  (func (export "_start")
    call $open-one
    call $open-one
    (drop (call $args (i32.const 16) (i32.const 20)))
    (if (i32.eq (i32.load (i32.const 16)) (i32.const 2)) (then (call $exit (i32.const 5))))
    (if (i32.eq (i32.load (i32.const 16)) (i32.const 3)) (then unreachable))))"""


def open_descriptors() -> int:
    """How many file descriptors the process has."""
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("no /proc on this system")
    gc.collect()
    return sum(1 for _ in folder.iterdir())


def test_file_descriptors_do_not_leak(native_engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("x")
    module = native_engine.load(parse(OPENER))
    folders = {"/": tmp_path}
    pywasm_rt.run(module, directories=folders, engine=native_engine)
    before, threads = open_descriptors(), threading.active_count()
    endings = [0, 0, 0]
    for number in range(RUNS):
        ending = number % 3
        try:
            done = pywasm_rt.run(module, ["x"] * ending, directories=folders, engine=native_engine)
        except Trap:
            endings[2] += 1
        else:
            endings[done.exit_code == 5] += 1
    assert max(endings) - min(endings) <= 1
    assert open_descriptors() == before
    assert threading.active_count() == threads


def test_file_descriptors_of_components_do_not_leak(native_engine: Engine, tmp_path: Path) -> None:
    """Each opens a folder and closes nothing; every other one traps then."""
    (tmp_path / "in").mkdir()
    guest = Path(__file__).parent.parent / "wasi" / "guests" / "escapes.wat"
    component = Component.from_file(guest)

    def run(number: int) -> None:
        with WasiContext(directories={"/": tmp_path}) as context:
            linker = Linker(native_engine)
            linker.define_wasi(context)
            instance = linker.instantiate(component)
            assert instance.function("open")(0, "in", 0, 1) == -1
            if number % 2:
                with pytest.raises(Trap):
                    instance.function("open-below")(0, "none", "none", 0, 1)
            assert context.open_handles == 1

    run(1)
    before = open_descriptors()
    for number in range(RUNS // 20):
        run(number)
    assert open_descriptors() == before


def test_event_loops_leave_nothing_behind(native_engine: Engine, tmp_path: Path) -> None:
    """Each loop has a performer of its own, which goes with it."""
    (tmp_path / "in").write_text("x")
    module = native_engine.load(
        parse("""(module
          (import "wasi_snapshot_preview1" "poll_oneoff"
            (func $poll (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (i32.store (i32.const 16) (i32.const 1))
            (i64.store (i32.const 24) (i64.const 1000))
            (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 8)))))""")
    )

    async def scenario() -> None:
        runs = [pywasm_rt.run_async(module, engine=native_engine) for _ in range(3)]
        assert [done.exit_code for done in await asyncio.gather(*runs)] == [0, 0, 0]

    asyncio.run(scenario())
    before, threads = open_descriptors(), threading.active_count()
    for _ in range(20):
        asyncio.run(scenario())
    assert open_descriptors() == before
    assert threading.active_count() == threads


def test_closed_loops_are_forgotten(native_engine: Engine) -> None:
    async def scenario() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await complete_async(waiting(), Meter())

    def waiting() -> Any:
        yield Sleep(0)

    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []
    for _ in range(5):
        asyncio.run(scenario())
    gc.collect()
    assert sum(loop() is not None for loop in loops) == 1, "the last one"


def test_a_child_process_has_a_performer_of_its_own() -> None:
    if not hasattr(os, "fork"):
        pytest.skip("no processes to fork on this system")
    program = """
import os, sys, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from pywasm_rt.embedding.performing import perform_blocking
from pywasm_rt.operations import Sleep
perform_blocking(Sleep(time.monotonic_ns() + 1_000_000))
child = os.fork()
perform_blocking(Sleep(time.monotonic_ns() + 1_000_000))
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)
    assert done.returncode == 0
