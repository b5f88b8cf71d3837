"""Ctrl-C, and readers that go away, in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .conftest import DEMO, OUTSIDE, Write, binary

GUEST = """\
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "begun\\n")
  (func $say (result i32)
    (i32.store (i32.const 0) (i32.const 100))
    (i32.store (i32.const 4) (i32.const 6))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func (export "spin") (drop (call $say)) (loop br 0))
  (func (export "read")
    (drop (call $say))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "sleep")
    (drop (call $say))
    (i32.store (i32.const 216) (i32.const 1))
    (i64.store (i32.const 224) (i64.const 60_000_000_000))
    (drop (call $poll (i32.const 200) (i32.const 304) (i32.const 1) (i32.const 8))))
  (func (export "chatter") (loop (br_if 0 (i32.eqz (call $say)))) (call $exit (i32.const 9))))
"""


@pytest.fixture(autouse=True)
def guest(write: Write) -> None:
    """The guest, as a file."""
    write({"guest.wasm": binary(GUEST)})


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command line in a process of its own, which is not left running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pywasm_rt.cli", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=OUTSIDE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("method", ["spin", "read", "sleep"])
def test_interrupted(method: str) -> None:
    with started("run", "--invoke", method, "guest.wasm") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (130, "")
        assert time.monotonic() - begin < 5


def test_a_guest_whose_reader_goes_away() -> None:
    with started("run", "--invoke", "chatter", "guest.wasm") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.stdout.close()
        process.stdout = None
        _, errors = process.communicate(timeout=30)
        assert "Traceback" not in errors
        assert (process.returncode, errors) == (9, "")


@pytest.mark.parametrize("arguments", [["list"], ["compute", "6", "7"], ["spawn"]])
def test_a_reader_that_is_not_there(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "pywasm_rt.cli", "-C", str(DEMO), "run", *arguments]
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, text=True, env=OUTSIDE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
