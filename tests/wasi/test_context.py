"""What one run of a guest may use."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pywasm_rt.errors import ConfigError
from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.filesystem import File, OpenOptions
from pywasm_rt.wasi.capabilities.host_directory import HostDirectory
from pywasm_rt.wasi.capabilities.stdio import CollectingSink
from pywasm_rt.wasi.context import WasiContext, WasiLimits
from pywasm_rt.wasi.streams import StreamClosed

READ = OpenOptions(read=True)


def test_a_new_context_can_do_nothing() -> None:
    context = WasiContext()
    assert context.argument_list == ()
    assert context.environment_pairs == ()
    assert tuple(context.preopens) == ()
    with pytest.raises(StreamClosed):
        context.stdin_stream.read(1)
    context.stdout_stream.write(b"x")


def test_streams_may_be_whatever_python_has(tmp_path: Path) -> None:
    pieces: list[bytes] = []
    text = io.StringIO()
    context = WasiContext(stdin="täxt", stdout=pieces.append, stderr=text)
    assert context.stdin_stream.read(100) == "täxt".encode()
    context.stdout_stream.write(b"out")
    context.stderr_stream.write(b"err")
    assert (pieces, text.getvalue()) == ([b"out"], "err")
    (tmp_path / "in").write_bytes(b"file")
    with (tmp_path / "in").open("rb") as file:
        assert WasiContext(stdin=file).stdin_stream.read(100) == b"file"


def test_bad_arguments_are_told_at_once() -> None:
    with pytest.raises(ConfigError, match="NUL"):
        WasiContext(arguments=["\0"])
    with pytest.raises(ConfigError, match="given twice"):
        WasiContext(environment=[("A", "1"), ("A", "2")])


def test_one_stream_for_one_sink() -> None:
    sink = CollectingSink()
    context = WasiContext(stdout=sink, stderr=sink)
    assert context.stdout_stream is context.stderr_stream
    context = WasiContext(stdout=sink, stderr=CollectingSink())
    assert context.stdout_stream is not context.stderr_stream


def test_what_a_guest_leaves_open_is_closed(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    (tmp_path / "d").mkdir()
    mount = HostDirectory(tmp_path)
    context = WasiContext(preopens=[("/", mount)], limits=WasiLimits(open_handles=2))
    file = context.open_at(mount, "f", READ)
    context.open_at(mount, "d", READ)
    with pytest.raises(FilesystemError, match="the limit is 2") as caught:
        context.open_at(mount, "f", READ)
    assert caught.value.code is ErrorCode.TOO_MANY_OPEN_FILES
    context.close()
    assert context.open_handles == 0
    assert isinstance(file, File)
    with pytest.raises(FilesystemError, match="closed"):
        file.status()
    context.close_handle(mount)
    assert mount.entries(), "a preopened directory stays open"
    mount.close()


def test_files_know_their_limit() -> None:
    limit = WasiLimits(file_bytes=3)
    assert limit.open_handles == 4_096
    context = WasiContext(limits=limit)
    assert context.limits.file_bytes == 3
