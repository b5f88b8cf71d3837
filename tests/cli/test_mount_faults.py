"""What can happen to a mount while a guest writes to it: the disk is full, the file is deleted, the
host is killed. The guest is told by the error code that there is for it, or goes on where it was.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.process.lifecycle import ServiceInformation, ServiceState
from pywasm_rt.process.simulation import VirtualClock

from .conftest import HOSTS, OUTSIDE, Write, binary, digest

PATIENCE = 60.0
RECORD = b"record\n"
NO_ENTRY, NO_SPACE = 44, 51

# ``keep`` opens the file once, ``reopen`` each time, and only if it is there. Both append records,
# one every 10 ms, say so after the first hundred, and end with the error code if there is one;
# ``fill`` does so without a pause.
GUEST = """\
(module
  (import "wasi_snapshot_preview1" "path_open" (func $open
    (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "log")
  (data (i32.const 8) "record\\n")
  (data (i32.const 16) "begun\\n")
  (data (i32.const 32) "\\08\\00\\00\\00\\07\\00\\00\\00")
  (data (i32.const 40) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
  (func $open_log (param $flags i32) (result i32)
    (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 3)
      (local.get $flags) (i64.const 64) (i64.const 0) (i32.const 1) (i32.const 48)))
    (i32.load (i32.const 48)))
  (func $nap
    (i32.store (i32.const 120) (i32.const 1))
    (i64.store (i32.const 128) (i64.const 10_000_000))
    (call $check (call $poll (i32.const 104) (i32.const 200) (i32.const 1) (i32.const 56))))
  (func $append (param $file i32)
    (call $check (call $write (local.get $file) (i32.const 32) (i32.const 1) (i32.const 60))))
  (func $count (param $written i32)
    (if (i32.eq (local.get $written) (i32.const 100))
      (then (call $check (call $write (i32.const 1) (i32.const 40) (i32.const 1) (i32.const 60)))))
    (call $nap))
  (func (export "keep") (local $file i32) (local $written i32)
    (local.set $file (call $open_log (i32.const 1)))
    (loop $again
      (call $append (local.get $file))
      (local.set $written (i32.add (local.get $written) (i32.const 1)))
      (call $count (local.get $written))
      (br $again)))
  (func (export "fill") (local $file i32)
    (local.set $file (call $open_log (i32.const 1)))
    (loop $again
      (call $append (local.get $file))
      (br $again)))
  (func (export "reopen") (local $file i32) (local $written i32)
    (loop $again
      (local.set $file (call $open_log (i32.const 0)))
      (call $append (local.get $file))
      (call $check (call $close (local.get $file)))
      (local.set $written (i32.add (local.get $written) (i32.const 1)))
      (call $count (local.get $written))
      (br $again))))
"""


@pytest.fixture
def home(write: Write, tmp_path: Path) -> Path:
    """The application: a service for each method, restarted after a second, and an empty log."""
    data = binary(GUEST)
    text = HOSTS + "  - {name: data, kind: fs.directory, directory: ./data}\n"
    for method in ("keep", "reopen"):
        text += (
            f"  - {{name: {method}ing, kind: process.wasm, fs: bin, path: /guest.wasm, "
            f'hash: "{digest(data)}", method: {method}, imports: [wasi1], '
            "wasi: {mounts: [{fs: data, guest: /data}]}}\n"
            f"  - {{name: {method}, kind: process.service, process: {method}ing, "
            "host: processes, lifecycle: {auto_start: START, restart: {backoff_factor: 1, "
            "jitter: 0}}}\n"
        ).replace("START", str(method == "keep").lower())
    write({"app.yaml": text, "wasm/guest.wasm": data, "data/log": b""})
    return tmp_path


def state(app: App, name: str) -> ServiceInformation:
    return next(it for it in app.services.services() if it.id == f"app:{name}")


def exit_code(information: ServiceInformation) -> object:
    assert information.error is not None
    return information.error.details["exit_code"]


def test_a_full_disk_is_told_and_what_was_written_stays(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def main() -> None:
        async with App.load(home, strict=True, clock=VirtualClock()) as app:
            await app.sleep(1)
            before = (home / "data/log").read_bytes()
            assert before in {RECORD * 100, RECORD * 101}
            with monkeypatch.context() as patch:
                patch.setattr(os, "pwrite", full)
                patch.setattr(os, "pwritev", full)
                await app.sleep(3.5)
                assert state(app, "keep").restarts == 4
                assert exit_code(state(app, "keep")) == NO_SPACE
            assert (home / "data/log").read_bytes() == before
            await app.sleep(1.5)
            assert state(app, "keep").state is ServiceState.RUNNING
            after = (home / "data/log").read_bytes()
            assert len(after) > len(before)
            assert not after.replace(RECORD, b"")

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


def test_a_file_that_is_deleted_is_gone_only_for_who_opens_it(home: Path) -> None:
    async def main() -> None:
        async with App.load(home, strict=True, clock=VirtualClock()) as app:
            app.services.start("app:reopen")
            await app.sleep(1)
            (home / "data/log").unlink()
            await app.sleep(2.5)
            assert (state(app, "keep").state, state(app, "keep").restarts) == ("running", 0)
            assert state(app, "reopen").restarts == 3
            assert exit_code(state(app, "reopen")) == NO_ENTRY
            (home / "data/log").write_bytes(b"")
            await app.sleep(2)
            assert state(app, "reopen").state is ServiceState.RUNNING
            assert (home / "data/log").read_bytes().startswith(RECORD)

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


@contextmanager
def begun(home: Path) -> Iterator[subprocess.Popen[str]]:
    """The application in a process of its own, which has written a while."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pywasm_rt.cli", "run"],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**OUTSIDE, "XDG_RUNTIME_DIR": str(home / "runtime")},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


def test_a_killed_host_leaves_whole_records_and_starts_again(home: Path) -> None:
    sizes: list[int] = []
    for _ in range(2):
        with begun(home) as process:
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        written = (home / "data/log").read_bytes()
        assert not written.replace(RECORD, b"")
        sizes.append(len(written))
        assert [it.name for it in (home / "data").iterdir()] == ["log"]
    assert sizes[1] >= sizes[0] + 100 * len(RECORD)


# In a mount namespace of its own, where anybody may mount.
FULL_DISK = 'mount -t tmpfs -o size=16k none data && : > data/log && exec "$@"'


@contextmanager
def on_small_disk(home: Path) -> Iterator[subprocess.Popen[str]]:
    """The application on a filesystem of 16 KiB, in a process of its own; what it logs is JSON."""
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", FULL_DISK, "sh"]
    try:
        subprocess.run([*unshare, "true"], cwd=home, check=True, timeout=PATIENCE)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no filesystem can be mounted here: {error}")
    command = [sys.executable, "-m", "pywasm_rt.cli", "run", "--log-format", "json"]
    process = subprocess.Popen(
        [*unshare, *command],
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**OUTSIDE, "XDG_RUNTIME_DIR": str(home / "runtime")},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


def test_a_disk_that_is_really_full(home: Path) -> None:
    text = (home / "app.yaml").read_text().replace("method: keep,", "method: fill,")
    text = text.replace("backoff_factor: 1", "initial_delay: 10ms, max_attempts: 2")
    (home / "app.yaml").write_text(text)
    with on_small_disk(home) as process:
        assert process.stderr is not None
        told = [json.loads(process.stderr.readline())]
        while told[-1]["level"] != "error":
            told.append(json.loads(process.stderr.readline()))
        files = [Path(f"/proc/{process.pid}/root"), *home.parts[1:], "data", "log"]
        written = Path(*files).read_bytes()
    assert [it["exit_code"] for it in told if it["level"] == "warning"] == [NO_SPACE] * 2
    assert told[-1]["message"] == f"app:keep has failed: exit with code {NO_SPACE}"
    assert (told[-1]["restarts"], told[-1]["service"]) == (2, "app:keep")
    # Three blocks, but for the last record, which found no room.
    assert set(written.replace(RECORD, b"")) <= set(RECORD)
    assert 8_192 < len(written) <= 16_384
