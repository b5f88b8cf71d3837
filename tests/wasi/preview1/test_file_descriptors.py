"""Preview 1: what file descriptors are."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from pywasm_rt.wasi.context import Terminals, WasiLimits
from pywasm_rt.wasi.preview1.errno import Errno
from pywasm_rt.wasi.preview1.layout import Rights

CREAT, DIRECTORY = 1, 2
APPEND, DSYNC, NONBLOCK, RSYNC, SYNC = 1, 2, 4, 8, 16
ATIM, ATIM_NOW, MTIM, MTIM_NOW = 1, 2, 4, 8
UNKNOWN, CHARACTER_DEVICE, FOLDER, REGULAR, LINK = 0, 2, 3, 4, 7


def fdstat(guest: Any, fd: int) -> tuple[int, int, Rights, Rights]:
    """``fd_fdstat_get``: type, flags, rights, inheriting rights."""
    assert guest.call("fd_fdstat_get", fd, 8) == Errno.SUCCESS
    kind, flags, rights, inheriting = struct.unpack("<BxHxxxxQQ", guest.memory.read(8, 24))
    return kind, flags, Rights(rights), Rights(inheriting)


def filestat(guest: Any, fd: int) -> tuple[int, ...]:
    """``fd_filestat_get``: device, serial, type, links, size, three times."""
    assert guest.call("fd_filestat_get", fd, 8) == Errno.SUCCESS
    return struct.unpack("<QQB7xQQQQQ", guest.memory.read(8, 64))


def listing(guest: Any, fd: int, size: int = 4096, cookie: int = 0) -> list[tuple[Any, ...]]:
    """``fd_readdir``: (cookie of the next, serial, type, name) of each whole entry."""
    assert guest.call("fd_readdir", fd, 8192, size, cookie, 8) == Errno.SUCCESS
    data = guest.memory.read(8192, guest.u32())
    entries = []
    while len(data) >= 24:
        following, serial, length, kind = struct.unpack_from("<QQIB", data)
        if len(data) < 24 + length:
            break
        entries.append((following, serial, kind, data[24 : 24 + length].decode()))
        data = data[24 + length :]
    return entries


class TestFdstat:
    def test_standard_streams(self, guest: Any, make_guest: Any) -> None:
        assert fdstat(guest, 0) == (UNKNOWN, 0, Rights.FD_READ, Rights.FD_READ)
        assert fdstat(guest, 1) == (UNKNOWN, 0, Rights.FD_WRITE, Rights.FD_WRITE)
        guest = make_guest(terminals=Terminals(stdin=True, stderr=True))
        kinds = [fdstat(guest, fd)[0] for fd in range(3)]
        assert kinds == [CHARACTER_DEVICE, UNKNOWN, CHARACTER_DEVICE]

    def test_directories(self, guest: Any) -> None:
        kind, flags, rights, inheriting = fdstat(guest, 3)
        assert (kind, flags) == (FOLDER, 0)
        assert Rights.PATH_OPEN in rights
        assert Rights.FD_WRITE not in rights
        assert Rights.FD_WRITE in inheriting
        kind, _, rights, _ = fdstat(guest, guest.open("d", oflags=DIRECTORY, rights=2))
        assert kind == FOLDER
        assert Rights.FD_READDIR | Rights.PATH_OPEN in rights
        assert not rights & (Rights.FD_SEEK | Rights.FD_WRITE)

    def test_files(self, guest: Any) -> None:
        kind, flags, rights, _ = fdstat(guest, guest.open("a.txt", flags=APPEND | NONBLOCK))
        assert (kind, flags) == (REGULAR, APPEND | NONBLOCK)
        assert Rights.FD_READ | Rights.FD_WRITE | Rights.FD_SEEK in rights
        _, flags, rights, _ = fdstat(guest, guest.open("a.txt", rights=2, flags=SYNC | DSYNC))
        assert flags == SYNC | DSYNC
        assert Rights.FD_WRITE not in rights

    def test_set_flags(self, guest: Any) -> None:
        fd = guest.open("a.txt", flags=DSYNC)
        assert guest.call("fd_fdstat_set_flags", fd, DSYNC | APPEND) == Errno.SUCCESS
        assert fdstat(guest, fd)[1] == DSYNC | APPEND
        for flags in (0, DSYNC | SYNC, DSYNC | RSYNC, 32):
            assert guest.call("fd_fdstat_set_flags", fd, flags) == Errno.INVAL
        assert guest.call("fd_fdstat_set_flags", 3, 0) == Errno.BADF
        assert guest.call("fd_fdstat_set_flags", 99, 0) == Errno.BADF
        assert guest.call("fd_fdstat_get", 99, 8) == Errno.BADF


class TestRights:
    def test_rights_can_be_given_away_and_are_gone_then(self, guest: Any) -> None:
        fd = guest.open("a.txt")
        _, _, rights, inheriting = fdstat(guest, fd)
        kept = rights & ~(Rights.FD_WRITE | Rights.FD_SEEK)
        assert guest.call("fd_fdstat_set_rights", fd, kept, inheriting) == Errno.SUCCESS
        assert fdstat(guest, fd)[2] == kept
        assert guest.write(fd, b"x") == -Errno.NOTCAPABLE
        assert guest.call("fd_seek", fd, 1, 0, 8) == Errno.NOTCAPABLE
        assert guest.call("fd_seek", fd, 0, 1, 8) == Errno.SUCCESS, "this only tells"
        assert guest.read(fd, 5) == b"hello"
        assert guest.call("fd_fdstat_set_rights", fd, rights, 0) == Errno.NOTCAPABLE
        assert guest.call("fd_fdstat_set_rights", fd, 0, 0) == Errno.SUCCESS
        assert guest.read(fd, 5) == Errno.NOTCAPABLE
        assert guest.call("fd_fdstat_set_rights", 99, 0, 0) == Errno.BADF

    def test_what_a_directory_gave_away_nothing_below_it_has(self, guest: Any) -> None:
        _, _, rights, inheriting = fdstat(guest, 3)
        kept = inheriting & ~Rights.FD_WRITE
        assert guest.call("fd_fdstat_set_rights", 3, rights, kept) == Errno.SUCCESS
        assert guest.open("a.txt") == -Errno.NOTCAPABLE
        fd = guest.open("a.txt", rights=Rights.FD_READ)
        assert Rights.FD_WRITE not in fdstat(guest, fd)[2]
        folder = guest.open("d", oflags=DIRECTORY, rights=Rights.FD_READ)
        assert guest.open("e.txt", fd=folder) == -Errno.NOTCAPABLE

    @pytest.mark.parametrize(
        ("right", "name", "arguments"),
        [
            (Rights.PATH_CREATE_DIRECTORY, "path_create_directory", (3, "x")),
            (Rights.PATH_UNLINK_FILE, "path_unlink_file", (3, "a.txt")),
            (Rights.PATH_REMOVE_DIRECTORY, "path_remove_directory", (3, "d")),
            (Rights.PATH_RENAME_SOURCE, "path_rename", (3, "d", 3, "x")),
            (Rights.PATH_RENAME_TARGET, "path_rename", (3, "d", 3, "x")),
            (Rights.PATH_LINK_SOURCE, "path_link", (3, 0, "a.txt", 3, "x")),
            (Rights.PATH_LINK_TARGET, "path_link", (3, 0, "a.txt", 3, "x")),
            (Rights.PATH_SYMLINK, "path_symlink", ("a.txt", 3, "x")),
            (Rights.PATH_READLINK, "path_readlink", (3, "a.txt", 0, 8, 8)),
            (Rights.PATH_FILESTAT_GET, "path_filestat_get", (3, 0, "a.txt", 64)),
            (
                Rights.PATH_FILESTAT_SET_TIMES,
                "path_filestat_set_times",
                (3, 0, "a.txt", 0, 0, 0),
            ),
            (Rights.FD_READDIR, "fd_readdir", (3, 0, 8, 0, 8)),
            (Rights.PATH_OPEN, "path_open", (3, 0, "a.txt", 0, 2, 0, 0, 8)),
            (Rights.PATH_CREATE_FILE, "path_open", (3, 0, "new", 1, 2, 0, 0, 8)),
            (Rights.FD_FILESTAT_GET, "fd_filestat_get", (3, 64)),
            (Rights.FD_FILESTAT_SET_TIMES, "fd_filestat_set_times", (3, 0, 0, 0)),
        ],
    )
    def test_each_function_of_a_directory_needs_its_right(
        self, guest: Any, right: Rights, name: str, arguments: tuple[Any, ...]
    ) -> None:
        _, _, rights, inheriting = fdstat(guest, 3)
        assert right in rights
        guest.call("fd_fdstat_set_rights", 3, rights & ~right, inheriting)
        assert guest.call(name, *arguments) == Errno.NOTCAPABLE


class TestFilestat:
    def test_of_each_kind(self, guest: Any, filesystem: Any) -> None:
        assert filestat(guest, 0) == (0,) * 8
        _, serial, kind, links, size, *times = filestat(guest, guest.open("a.txt"))
        assert (kind, links, size) == (REGULAR, 1, 11)
        assert times == [1_700_000_000_000_001_000] * 3
        assert filestat(guest, 3)[2] == FOLDER
        assert filestat(guest, 3)[1] != serial
        status = filesystem.directory().status_at("a.txt", follow_symlinks=True)
        assert status.identity[1] != serial, "the host's own numbers are not told"
        assert guest.call("fd_filestat_get", 99, 8) == Errno.BADF

    def test_set_size(self, guest: Any, filesystem: Any) -> None:
        fd = guest.open("a.txt")
        assert guest.call("fd_filestat_set_size", fd, 5) == Errno.SUCCESS
        assert filesystem.read("a.txt") == b"hello"
        assert guest.call("fd_filestat_set_size", fd, 2**63) == Errno.INVAL
        assert guest.call("fd_filestat_set_size", 3, 5) == Errno.BADF
        assert guest.call("fd_filestat_set_size", 0, 5) == Errno.BADF

    def test_set_times(self, guest: Any, world: Any) -> None:
        fd = guest.open("a.txt")

        def times() -> tuple[int, ...]:
            return filestat(guest, fd)[5:7]

        assert guest.call("fd_filestat_set_times", fd, 5, 6, ATIM | MTIM) == Errno.SUCCESS
        assert times() == (5, 6)
        assert guest.call("fd_filestat_set_times", fd, 7, 8, MTIM) == Errno.SUCCESS
        assert times() == (5, 8)
        assert guest.call("fd_filestat_set_times", fd, 7, 8, 0) == Errno.SUCCESS
        assert times() == (5, 8)
        world.clock.advance(77)
        assert guest.call("fd_filestat_set_times", fd, 7, 8, ATIM_NOW) == Errno.SUCCESS
        assert times() == (1_700_000_000_000_001_077, 8)
        for flags in (ATIM | ATIM_NOW, MTIM | MTIM_NOW, 16):
            assert guest.call("fd_filestat_set_times", fd, 0, 0, flags) == Errno.INVAL
        assert guest.call("fd_filestat_set_times", 0, 0, 0, 0) == Errno.BADF
        assert guest.call("fd_filestat_set_times", 3, 0, 9, MTIM) == Errno.SUCCESS
        assert filestat(guest, 3)[6] == 9
        assert guest.call("fd_filestat_set_times", 4, 0, 9, MTIM) == Errno.ROFS


def test_advise_allocate_and_synchronize(guest: Any, filesystem: Any) -> None:
    fd = guest.open("a.txt")
    assert guest.call("fd_advise", fd, 0, 10, 5) == Errno.SUCCESS
    assert guest.call("fd_advise", fd, 0, 10, 6) == Errno.INVAL
    assert guest.call("fd_advise", fd, 2**63, 2**63, 0) == Errno.INVAL
    assert guest.call("fd_advise", 3, 0, 10, 0) == Errno.BADF
    assert guest.call("fd_allocate", fd, 5, 10) == Errno.SUCCESS
    assert filesystem.read("a.txt") == b"hello world\0\0\0\0"
    assert guest.call("fd_allocate", fd, 0, 3) == Errno.SUCCESS
    assert len(filesystem.read("a.txt")) == 15
    assert guest.call("fd_allocate", fd, 0, 0) == Errno.INVAL
    assert guest.call("fd_allocate", fd, 2**63, 1) == Errno.INVAL
    assert guest.call("fd_allocate", 3, 0, 1) == Errno.BADF
    for name in ("fd_sync", "fd_datasync"):
        assert guest.call(name, fd) == Errno.SUCCESS
        assert guest.call(name, 3) == Errno.SUCCESS
        assert guest.call(name, 0) == Errno.BADF
        assert guest.call(name, 99) == Errno.BADF


def test_preopened_directories(guest: Any) -> None:
    for fd, name in ((3, b"/"), (4, b"/ro")):
        assert guest.call("fd_prestat_get", fd, 8) == Errno.SUCCESS
        assert (guest.u32(8), guest.u32(12)) == (0, len(name))
        assert guest.call("fd_prestat_dir_name", fd, 64, 100) == Errno.SUCCESS
        assert guest.memory.read(64, len(name)) == name
    assert guest.call("fd_prestat_dir_name", 4, 64, 2) == Errno.NAMETOOLONG
    opened = guest.open("d", oflags=DIRECTORY)
    for fd in (0, opened, 99):
        assert guest.call("fd_prestat_get", fd, 8) == Errno.BADF
    assert guest.call("fd_prestat_dir_name", opened, 64, 100) == Errno.NOTDIR
    assert guest.call("fd_prestat_dir_name", 99, 64, 100) == Errno.BADF


class TestReaddir:
    def test_entries(self, guest: Any) -> None:
        guest.call("path_symlink", "a.txt", 3, "link")
        entries = listing(guest, 3)
        assert [(entry[0], *entry[2:]) for entry in entries] == [
            (1, FOLDER, "."),
            (2, FOLDER, ".."),
            (3, REGULAR, "a.txt"),
            (4, FOLDER, "d"),
            (5, LINK, "link"),
        ]
        assert entries[2][1] == filestat(guest, guest.open("a.txt"))[1]
        assert entries[0][1] == filestat(guest, 3)[1]

    def test_in_pieces(self, guest: Any) -> None:
        whole = listing(guest, 3)
        seen, cookie = [], 0
        while entries := listing(guest, 3, size=60, cookie=cookie):
            seen += entries
            cookie = entries[-1][0]
        assert seen == whole
        assert guest.call("fd_readdir", 3, 8192, 30, 0, 8) == Errno.SUCCESS
        assert guest.u32() == 30, "full: there is more"
        assert guest.call("fd_readdir", 3, 8192, 0, 0, 8) == Errno.SUCCESS
        assert guest.u32() == 0
        assert listing(guest, 3, cookie=2**64 - 1) == []

    def test_removing_while_going_on_skips_nothing(self, guest: Any) -> None:
        for number in range(10):
            guest.open(f"f{number}", oflags=CREAT)
        cookie, seen = 0, []
        while entries := listing(guest, 3, size=29, cookie=cookie):
            cookie, name = entries[0][0], entries[0][3]
            seen.append(name)
            if name.startswith("f"):
                assert guest.call("path_unlink_file", 3, name) == Errno.SUCCESS
        assert [name for name in seen if name.startswith("f")] == [f"f{n}" for n in range(10)]
        assert [entry[3] for entry in listing(guest, 3)] == [".", "..", "a.txt", "d"]

    def test_what_has_no_entries(self, guest: Any) -> None:
        assert guest.call("fd_readdir", guest.open("a.txt"), 64, 64, 0, 8) == Errno.NOTDIR
        assert guest.call("fd_readdir", 0, 64, 64, 0, 8) == Errno.BADF
        assert guest.call("fd_readdir", 99, 64, 64, 0, 8) == Errno.BADF


class TestNumbers:
    def test_closing_gives_the_number_free(self, guest: Any) -> None:
        first, second = guest.open("a.txt"), guest.open("a.txt")
        assert (first, second) == (5, 6)
        assert guest.context.open_handles == 2
        assert guest.call("fd_close", first) == Errno.SUCCESS
        assert guest.call("fd_close", first) == Errno.BADF
        assert guest.read(first, 1) == Errno.BADF
        assert guest.read(second, 1) == b"h"
        assert guest.open("d", oflags=DIRECTORY) == first
        guest.context.close()
        assert guest.context.open_handles == 0

    def test_standard_streams_and_preopens_can_be_closed_too(self, guest: Any) -> None:
        for fd in range(5):
            assert guest.call("fd_close", fd) == Errno.SUCCESS
        assert guest.write(1, b"x") == -Errno.BADF
        assert guest.open("a.txt") == -Errno.BADF
        assert dict(guest.context.preopens)["/"].entries(), "it stays the embedder's"

    def test_renumber(self, guest: Any) -> None:
        first, second = guest.open("a.txt"), guest.open("d/e.txt")
        assert guest.call("fd_renumber", second, first) == Errno.SUCCESS
        assert guest.context.open_handles == 1
        assert guest.read(first, 10) == b"e"
        assert guest.read(second, 10) == Errno.BADF
        assert guest.call("fd_renumber", first, first) == Errno.SUCCESS
        assert guest.call("fd_renumber", first, 99) == Errno.BADF
        assert guest.call("fd_renumber", 99, first) == Errno.BADF
        assert guest.call("fd_renumber", first, 1) == Errno.SUCCESS
        assert guest.write(1, b"into the file") == 13

    def test_no_more_than_the_limit(self, make_guest: Any) -> None:
        guest = make_guest(limits=WasiLimits(open_handles=2))
        fd = guest.open("a.txt")
        guest.open("d", oflags=DIRECTORY)
        assert guest.open("a.txt") == -Errno.MFILE
        guest.call("fd_close", fd)
        assert guest.open("a.txt") == fd
