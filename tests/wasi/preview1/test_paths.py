"""Preview 1: what paths stand for."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.wasi.capabilities.host_directory import HostDirectory
from pywasm_rt.wasi.preview1.errno import Errno

CREAT, DIRECTORY, EXCL, TRUNC = 1, 2, 4, 8
READ, WRITE = 1 << 1, 1 << 6
MTIM = 4


def filestat(guest: Any, path: str, *, follow: int = 1) -> tuple[int, int]:
    """``path_filestat_get``: type and size."""
    assert guest.call("path_filestat_get", 3, follow, path, 8) == Errno.SUCCESS
    fields = struct.unpack("<QQB7xQQQQQ", guest.memory.read(8, 64))
    return fields[2], fields[4]


def test_open(guest: Any) -> None:
    assert guest.open("a.txt") == 5
    assert guest.open("no") == -Errno.NOENT
    assert guest.open("a.txt", oflags=CREAT | EXCL) == -Errno.EXIST
    assert guest.open("a.txt", oflags=DIRECTORY, rights=READ) == -Errno.NOTDIR
    assert guest.open("d", rights=READ) == 6
    assert guest.open("d") == -Errno.ISDIR
    assert guest.open("d", oflags=DIRECTORY | CREAT) == -Errno.INVAL
    assert guest.open("a.txt/") == -Errno.NOTDIR
    assert guest.open("") == -Errno.NOENT
    assert guest.open("x" * 256) == -Errno.NAMETOOLONG
    assert guest.open("x/" * 2100) == -Errno.NAMETOOLONG
    assert guest.open("a\0b") == -Errno.INVAL
    assert guest.open("a.txt", oflags=16) == -Errno.INVAL
    assert guest.open("a.txt", flags=32) == -Errno.INVAL
    assert guest.open("a.txt", follow=2) == -Errno.INVAL
    assert guest.open("a.txt", fd=5) == -Errno.NOTDIR
    assert guest.open("a.txt", fd=0) == -Errno.BADF
    assert guest.open("a.txt", fd=99) == -Errno.BADF
    answer = guest.call("path_open", 3, 0, b"\xff", 0, 2, 0, 0, 8)
    assert answer == Errno.ILSEQ


def test_open_creates_and_truncates(guest: Any, filesystem: Any) -> None:
    fd = guest.open("new", oflags=CREAT | EXCL)
    assert guest.write(fd, b"abc") == 3
    assert guest.open("new", oflags=TRUNC) > 0
    assert filesystem.read("new") == b""
    all_rights = 2**64 - 1
    assert guest.open("new", rights=all_rights) > 0, "more rights than there are do no harm"


def test_a_read_only_mount(guest: Any) -> None:
    assert guest.open("a.txt", fd=4) == -Errno.ROFS
    assert guest.open("new", fd=4, oflags=CREAT, rights=READ) == -Errno.ROFS
    fd = guest.open("a.txt", fd=4, rights=READ)
    assert guest.read(fd, 5) == b"hello"
    assert guest.write(fd, b"x") == -Errno.BADF
    for name, arguments in (
        ("path_create_directory", (4, "x")),
        ("path_remove_directory", (4, "d")),
        ("path_unlink_file", (4, "a.txt")),
        ("path_symlink", ("a", 4, "x")),
        ("path_link", (4, 0, "a.txt", 3, "x")),
        ("path_link", (3, 0, "a.txt", 4, "x")),
        ("path_rename", (4, "a.txt", 3, "x")),
        ("path_rename", (3, "a.txt", 4, "x")),
        ("path_filestat_set_times", (4, 0, "a.txt", 0, 0, MTIM)),
    ):
        assert guest.call(name, *arguments) == Errno.ROFS, name


def test_directories(guest: Any) -> None:
    assert guest.call("path_create_directory", 3, "new") == Errno.SUCCESS
    assert guest.call("path_create_directory", 3, "new") == Errno.EXIST
    assert guest.call("path_remove_directory", 3, "d") == Errno.NOTEMPTY
    assert guest.call("path_remove_directory", 3, "a.txt") == Errno.NOTDIR
    assert guest.call("path_unlink_file", 3, "new") == Errno.ISDIR
    assert guest.call("path_remove_directory", 3, "new/") == Errno.SUCCESS
    assert guest.call("path_unlink_file", 3, "a.txt") == Errno.SUCCESS
    assert guest.call("path_unlink_file", 3, "a.txt") == Errno.NOENT


def test_links(guest: Any) -> None:
    assert guest.call("path_symlink", "a.txt", 3, "link") == Errno.SUCCESS
    assert guest.call("path_symlink", "/a.txt", 3, "l") == Errno.PERM
    assert filestat(guest, "link") == (4, 11)
    assert filestat(guest, "link", follow=0) == (7, 5)
    assert guest.call("path_readlink", 3, "link", 64, 100, 8) == Errno.SUCCESS
    assert guest.memory.read(64, guest.u32()) == b"a.txt"
    assert guest.call("path_readlink", 3, "link", 64, 2, 8) == Errno.SUCCESS
    assert guest.u32() == 2, "cut off"
    assert guest.call("path_readlink", 3, "a.txt", 64, 100, 8) == Errno.INVAL
    assert guest.open("link", follow=0) == -Errno.LOOP
    assert guest.call("path_link", 3, 0, "a.txt", 3, "b.txt") == Errno.SUCCESS
    assert guest.call("path_link", 3, 0, "a.txt", 3, "b.txt") == Errno.EXIST
    assert guest.call("path_link", 3, 0, "d", 3, "e") == Errno.PERM
    assert guest.call("path_link", 3, 1, "link", 3, "c.txt") == Errno.SUCCESS
    assert filestat(guest, "c.txt", follow=0) == (4, 11)
    assert guest.call("path_link", 3, 2, "a.txt", 3, "x") == Errno.INVAL


def test_rename(guest: Any, filesystem: Any) -> None:
    assert guest.call("path_rename", 3, "a.txt", 3, "d/b.txt") == Errno.SUCCESS
    assert filesystem.files() == {"d/b.txt": b"hello world", "d/e.txt": b"e"}
    assert guest.call("path_rename", 3, "a.txt", 3, "x") == Errno.NOENT
    assert guest.call("path_rename", 3, "d", 3, "d/x") == Errno.INVAL
    folder = guest.open("d", oflags=DIRECTORY, rights=READ)
    assert guest.call("path_rename", folder, "b.txt", 3, "a.txt") == Errno.SUCCESS
    assert guest.call("path_rename", 3, "d", 3, "a.txt") == Errno.NOTDIR
    assert guest.call("path_rename", 3, "a.txt", 3, "d") == Errno.ISDIR


def test_times(guest: Any, filesystem: Any) -> None:
    call = ("path_filestat_set_times", 3)
    assert guest.call(*call, 1, "a.txt", 0, 5, MTIM) == Errno.SUCCESS
    status = filesystem.directory().status_at("a.txt", follow_symlinks=True)
    assert status.modified_ns == 5
    assert guest.call(*call, 1, "no", 0, 5, MTIM) == Errno.NOENT
    assert guest.call(*call, 2, "a.txt", 0, 5, MTIM) == Errno.INVAL
    assert guest.call(*call, 1, "a.txt", 0, 5, 12) == Errno.INVAL


@pytest.mark.parametrize("fd", [5, 99, 0])
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("path_create_directory", (), ("x",)),
        ("path_remove_directory", (), ("d",)),
        ("path_unlink_file", (), ("a.txt",)),
        ("path_symlink", ("a",), ("x",)),
        ("path_link", (), (0, "a.txt", 3, "x")),
        ("path_link", (3, 0, "a.txt"), ("x",)),
        ("path_rename", (), ("a.txt", 3, "x")),
        ("path_rename", (3, "a.txt"), ("x",)),
        ("path_filestat_set_times", (), (0, "a.txt", 0, 0, 0)),
        ("path_filestat_get", (), (0, "a.txt", 64)),
        ("path_readlink", (), ("a.txt", 0, 8, 8)),
    ],
)
def test_paths_start_at_directories(
    guest: Any, fd: int, name: str, before: tuple[Any, ...], after: tuple[Any, ...]
) -> None:
    assert guest.open("a.txt") == 5
    expected = Errno.NOTDIR if fd == 5 else Errno.BADF
    assert guest.call(name, *before, fd, *after) == expected


@pytest.mark.parametrize(
    "path", ["/a.txt", "/", "..", "../x", "d/../../x", "d/..//../x", "out/x", "out"]
)
def test_no_path_leads_out(guest: Any, path: str) -> None:
    assert guest.call("path_symlink", "../x", 3, "out") == Errno.SUCCESS
    assert guest.open(path) == -Errno.PERM
    assert guest.open(path, oflags=CREAT) == -Errno.PERM
    assert guest.call("path_filestat_get", 3, 1, path, 8) == Errno.PERM
    assert guest.call("path_filestat_set_times", 3, 1, path, 0, 0, 0) == Errno.PERM
    if path != "out":
        for name, arguments in (
            ("path_create_directory", (3, path)),
            ("path_remove_directory", (3, path)),
            ("path_unlink_file", (3, path)),
            ("path_readlink", (3, path, 64, 8, 8)),
            ("path_symlink", ("a", 3, path)),
            ("path_link", (3, 0, path, 3, "x")),
            ("path_link", (3, 0, "a.txt", 3, path)),
            ("path_rename", (3, path, 3, "x")),
            ("path_rename", (3, "a.txt", 3, path)),
        ):
            assert guest.call(name, *arguments) == Errno.PERM, name


def test_names_of_the_host_s_that_are_not_utf_8(make_guest: Any, tmp_path: Path) -> None:
    (tmp_path / "\udcff").write_text("x")
    (tmp_path / "link").symlink_to("\udcff")
    mount = HostDirectory(tmp_path)
    guest = make_guest(preopens=[("/", mount)])
    assert guest.call("path_readlink", 3, "link", 64, 100, 8) == Errno.ILSEQ
    assert guest.call("fd_readdir", 3, 64, 100, 0, 8) == Errno.ILSEQ
    mount.close()
