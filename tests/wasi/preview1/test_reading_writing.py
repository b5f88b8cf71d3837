"""Preview 1: reading and writing through file descriptors."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from pywasm_rt.errors import ExhaustionError
from pywasm_rt.operations import ReadStream, WriteStream
from pywasm_rt.wasi.capabilities.stdio import BytesSource
from pywasm_rt.wasi.context import WasiLimits
from pywasm_rt.wasi.preview1.errno import Errno

CREAT, DIRECTORY, EXCL, TRUNC = 1, 2, 4, 8
READ, WRITE = 1 << 1, 1 << 6
APPEND, NONBLOCK = 1, 4
SET, CUR, END = 0, 1, 2


def test_standard_streams(make_guest: Any) -> None:
    guest = make_guest(stdin=BytesSource(bytes(range(256))))
    assert guest.write(1, b"hello ", b"", b"world\n") == 12
    assert guest.write(2, b"\xff\0") == 2
    assert guest.write(1) == 0
    assert guest.context.stdout.data == b"hello world\n"
    assert guest.context.stderr.data == b"\xff\0"
    vectors, count = guest.vectors(100, 0, 100)
    assert guest.call("fd_read", 0, vectors, count, 8) == Errno.SUCCESS
    assert guest.u32() == 200
    assert guest.memory.read(guest.u32(vectors), 100) == bytes(range(100))
    assert guest.memory.read(guest.u32(vectors + 16), 100) == bytes(range(100, 200))
    assert guest.read(0, 100) == bytes(range(200, 256))
    assert guest.read(0, 100) == b""
    assert guest.read(0, 0) == b""


def test_waiting_for_standard_input_and_output(
    make_guest: Any, world: Any, slow_source: Any, slow_sink: Any
) -> None:
    guest = make_guest(stdin=slow_source, stdout=slow_sink)
    world.meanwhile = lambda operation: (
        slow_source.arrived.append(b"line\nrest") if isinstance(operation, ReadStream) else None
    )
    assert guest.read(0, 5) == b"line\n"
    assert guest.write(1, b"ab", b"cd") == 4
    assert world.performed == [
        ReadStream(slow_source, 5),
        WriteStream(slow_sink, b"abcd", flush=True),
    ]
    assert slow_sink.taken == b"abcd"
    slow_source.arrived.clear()
    slow_source.broken = OSError(errno.EIO, "unplugged")
    assert guest.read(0, 5) == Errno.IO
    slow_sink.broken = BrokenPipeError(errno.EPIPE, "nobody reads")
    assert guest.write(1, b"x") == -Errno.PIPE
    assert guest.write(1, b"x") == -Errno.PIPE


def test_standard_streams_without_waiting(
    make_guest: Any, world: Any, slow_source: Any, slow_sink: Any
) -> None:
    guest = make_guest(stdin=slow_source, stdout=slow_sink)
    for fd in (0, 1):
        assert guest.call("fd_fdstat_set_flags", fd, NONBLOCK) == Errno.SUCCESS
    assert guest.read(0, 5) == Errno.AGAIN
    assert guest.read(0, 0) == b""
    assert guest.write(1, b"abc") == -Errno.AGAIN
    slow_source.arrived.append(b"x")
    slow_sink.room = 2
    assert guest.read(0, 5) == b"x"
    assert guest.write(1, b"abc") == 3
    assert slow_sink.taken == b"ab"
    slow_source.ended = True
    assert guest.read(0, 5) == b""
    assert world.performed == []


def test_streams_are_no_files(guest: Any) -> None:
    vectors, count = guest.vectors(5)
    assert guest.call("fd_pread", 0, vectors, count, 0, 8) == Errno.SPIPE
    assert guest.call("fd_pwrite", 1, vectors, count, 0, 8) == Errno.SPIPE
    assert guest.call("fd_seek", 0, 0, SET, 8) == Errno.SPIPE
    assert guest.call("fd_tell", 2, 8) == Errno.SPIPE
    assert guest.read(1, 5) == Errno.BADF
    assert guest.write(0, b"x") == -Errno.BADF
    assert guest.read(3, 5) == Errno.ISDIR
    assert guest.write(3, b"x") == -Errno.BADF
    assert guest.call("fd_seek", 3, 0, SET, 8) == Errno.BADF
    for name, arguments in (
        ("fd_read", (vectors, count, 8)),
        ("fd_write", (vectors, count, 8)),
        ("fd_pread", (vectors, count, 0, 8)),
        ("fd_pwrite", (vectors, count, 0, 8)),
        ("fd_seek", (0, 0, 8)),
        ("fd_tell", (8,)),
    ):
        assert guest.call(name, 99, *arguments) == Errno.BADF, name


def test_files(guest: Any) -> None:
    fd = guest.open("a.txt")
    assert guest.read(fd, 5) == b"hello"
    assert guest.call("fd_tell", fd, 8) == Errno.SUCCESS
    assert guest.u64() == 5
    assert guest.write(fd, b"-W", b"O") == 3
    assert guest.call("fd_seek", fd, 0, SET, 8) == Errno.SUCCESS
    assert guest.read(fd, 100) == b"hello-WOrld"
    assert guest.read(fd, 100) == b""
    vectors, count = guest.vectors(3, 4)
    assert guest.call("fd_pread", fd, vectors, count, 6, 8) == Errno.SUCCESS
    assert guest.u32() == 5
    assert guest.memory.read(guest.u32(vectors), 3) == b"WOr"
    assert guest.memory.read(guest.u32(vectors + 8), 4) == b"ld\0\0"
    assert guest.call("fd_pwrite", fd, *guest.vectors(b"xy", b"z"), 11, 8) == Errno.SUCCESS
    assert guest.u32() == 3
    assert guest.call("fd_tell", fd, 8) == Errno.SUCCESS
    assert guest.u64() == 11, "neither moves the position"
    assert guest.read(fd, 100) == b"xyz"


@pytest.mark.parametrize(
    ("offset", "whence", "position"),
    [
        (0, SET, 0),
        (2**40, SET, 2**40),
        (-3, CUR, 2),
        (0, CUR, 5),
        (4, CUR, 9),
        (-11, END, 0),
        (3, END, 14),
        (-1, SET, None),
        (-6, CUR, None),
        (-12, END, None),
        (2**63 - 1, CUR, None),
        (0, 3, None),
        (0, 255, None),
    ],
)
def test_seek(guest: Any, offset: int, whence: int, position: int | None) -> None:
    fd = guest.open("a.txt")
    guest.call("fd_seek", fd, 5, SET, 8)
    answer = guest.call("fd_seek", fd, offset % 2**64, whence, 8)
    if position is None:
        assert answer == Errno.INVAL
        position = 5
    else:
        assert answer == Errno.SUCCESS
        assert guest.u64() == position
    guest.call("fd_tell", fd, 8)
    assert guest.u64() == position


def test_append_mode_ignores_positions(guest: Any, filesystem: Any) -> None:
    fd = guest.open("a.txt", flags=APPEND)
    assert guest.write(fd, b"1") == 1
    assert guest.call("fd_tell", fd, 8) == Errno.SUCCESS
    assert guest.u64() == 12
    assert guest.call("fd_pwrite", fd, *guest.vectors(b"2"), 0, 8) == Errno.SUCCESS
    assert filesystem.read("a.txt") == b"hello world12"
    assert guest.call("fd_fdstat_set_flags", fd, 0) == Errno.SUCCESS
    assert guest.call("fd_pwrite", fd, *guest.vectors(b"J"), 0, 8) == Errno.SUCCESS
    assert filesystem.read("a.txt") == b"Jello world12"


def test_what_a_file_was_not_opened_for(guest: Any) -> None:
    reader, writer = guest.open("a.txt", rights=READ), guest.open("a.txt", rights=WRITE)
    assert guest.write(reader, b"x") == -Errno.BADF
    assert guest.read(writer, 1) == Errno.BADF
    assert guest.call("fd_filestat_set_size", reader, 0) == Errno.INVAL
    assert guest.call("fd_allocate", reader, 0, 100) == Errno.BADF


def test_limits(make_guest: Any) -> None:
    guest = make_guest(limits=WasiLimits(output_bytes=5, file_bytes=12))
    assert guest.write(1, b"1234") == 4
    with pytest.raises(ExhaustionError, match="output limit of 5 bytes"):
        guest.write(2, b"12")
    fd = guest.open("a.txt", flags=APPEND)
    assert guest.write(fd, b"12") == 1
    assert guest.write(fd, b"2") == -Errno.FBIG
    assert guest.call("fd_filestat_set_size", fd, 13) == Errno.FBIG
    assert guest.call("fd_allocate", fd, 0, 13) == Errno.FBIG


def test_many_vectors_and_large_ones(make_guest: Any) -> None:
    guest = make_guest(stdin=BytesSource(b"z" * 3000))
    vector = guest.put(b"x")
    vectors = 40_000
    place = vector.to_bytes(4, "little") + (1).to_bytes(4, "little")
    guest.memory.write(vectors, place * 2000)
    assert guest.call("fd_write", 1, vectors, 2000, 8) == Errno.SUCCESS
    assert guest.u32() == 1024, "the rest is for the next call"
    assert guest.call("fd_read", 0, vectors, 2000, 8) == Errno.SUCCESS
    assert guest.u32() == 1024
    whole = (0).to_bytes(4, "little") + (65_536).to_bytes(4, "little")
    guest.memory.write(vectors, whole * 1000)
    assert guest.call("fd_write", 1, vectors, 1000, 8) == Errno.SUCCESS
    assert guest.u32() == 1 << 24
