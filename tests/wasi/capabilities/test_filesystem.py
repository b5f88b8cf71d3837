"""What all file systems have in common: the same tests on disk and in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.filesystem import (
    Directory,
    File,
    FileType,
    OpenOptions,
    TimeChange,
)
from pywasm_rt.wasi.capabilities.host_directory import HostDirectory
from pywasm_rt.wasi.capabilities.memory_directory import MemoryFilesystem

READ = OpenOptions(read=True)
WRITE = OpenOptions(write=True)
BOTH = OpenOptions(read=True, write=True)
NEW = OpenOptions(read=True, write=True, create=True)
FOLDER = OpenOptions(read=True, directory=True)


@pytest.fixture(params=["disk", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Directory]:
    """An empty mount."""
    directory: Directory
    if request.param == "disk":
        mount = tmp_path / "mount"
        mount.mkdir()
        directory = HostDirectory(mount)
    else:
        directory = MemoryFilesystem().directory()
    yield directory
    directory.close()


def open_file(directory: Directory, path: str, options: OpenOptions = NEW) -> File:
    """Open something that has to be a file."""
    file = directory.open_at(path, options)
    assert isinstance(file, File)
    return file


def open_directory(directory: Directory, path: str) -> Directory:
    """Open something that has to be a directory."""
    opened = directory.open_at(path, FOLDER)
    assert isinstance(opened, Directory)
    return opened


def put(directory: Directory, path: str, contents: bytes = b"contents") -> None:
    """Make a file."""
    file = open_file(directory, path)
    assert file.write_at(contents, 0) == len(contents)
    file.close()


def contents(directory: Directory, path: str) -> bytes:
    """What a file holds."""
    file = open_file(directory, path, READ)
    data = file.read_at(1 << 20, 0)
    file.close()
    return data


def names(directory: Directory) -> list[str]:
    """What is in a directory."""
    return [entry.name for entry in directory.entries()]


def code(function: Callable[..., object], *arguments: object, **options: object) -> ErrorCode:
    """The code with which a call fails."""
    with pytest.raises(FilesystemError) as caught:
        function(*arguments, **options)
    return caught.value.code


class TestFiles:
    def test_write_then_read(self, root: Directory) -> None:
        file = open_file(root, "a.txt")
        assert file.write_at(b"hello world", 0) == 11
        assert file.write_at(b"HELLO", 0) == 5
        assert file.read_at(100, 0) == b"HELLO world"
        assert file.read_at(3, 6) == b"wor"
        assert file.read_at(3, 11) == b""
        assert file.read_at(0, 0) == b""
        assert file.status().size_bytes == 11

    def test_a_gap_reads_as_zeros(self, root: Directory) -> None:
        file = open_file(root, "gap")
        file.write_at(b"x", 5)
        assert file.read_at(10, 0) == b"\0\0\0\0\0x"

    def test_append_writes_at_the_end_whatever_was_read(self, root: Directory) -> None:
        put(root, "log", b"one\n")
        file = open_file(root, "log", WRITE)
        assert file.append(b"two\n") == 4
        assert file.append(b"three\n") == 6
        assert contents(root, "log") == b"one\ntwo\nthree\n"

    def test_size_is_cut_off_and_filled_up(self, root: Directory) -> None:
        put(root, "f", b"abcdef")
        file = open_file(root, "f", BOTH)
        file.set_size(3)
        assert file.read_at(10, 0) == b"abc"
        file.set_size(5)
        assert file.read_at(10, 0) == b"abc\0\0"

    def test_what_it_was_not_opened_for_is_refused(self, root: Directory) -> None:
        put(root, "f")
        reader = open_file(root, "f", READ)
        writer = open_file(root, "f", WRITE)
        neither = open_file(root, "f", OpenOptions())
        assert code(reader.write_at, b"x", 0) is ErrorCode.BAD_DESCRIPTOR
        assert code(reader.append, b"x") is ErrorCode.BAD_DESCRIPTOR
        assert code(reader.set_size, 0) is ErrorCode.INVALID
        assert code(writer.read_at, 1, 0) is ErrorCode.BAD_DESCRIPTOR
        assert code(neither.read_at, 1, 0) is ErrorCode.BAD_DESCRIPTOR
        assert neither.status().size_bytes == 8

    def test_offsets_beyond_what_a_file_can_have(self, root: Directory) -> None:
        file = open_file(root, "f")
        assert code(file.read_at, 1, 2**63) is ErrorCode.INVALID
        assert code(file.write_at, b"x", 2**64 - 1) is ErrorCode.INVALID
        assert code(file.set_size, 2**63) is ErrorCode.INVALID
        assert code(file.write_at, b"xy", 2**63 - 1) is ErrorCode.FILE_TOO_LARGE

    def test_a_size_limit_holds_for_every_way_to_grow(self, root: Directory) -> None:
        limited = OpenOptions(read=True, write=True, create=True, max_file_bytes=10)
        file = open_file(root, "f", limited)
        assert file.write_at(b"x" * 8, 0) == 8
        assert file.append(b"yyyy") == 2, "as much as there is room for"
        assert code(file.append, b"y") is ErrorCode.FILE_TOO_LARGE
        assert code(file.write_at, b"y", 10) is ErrorCode.FILE_TOO_LARGE
        assert code(file.set_size, 11) is ErrorCode.FILE_TOO_LARGE
        assert file.write_at(b"", 50) == 0
        assert file.write_at(b"zz", 8) == 2
        assert file.status().size_bytes == 10

    def test_an_open_file_outlives_its_name(self, root: Directory) -> None:
        put(root, "f", b"still here")
        file = open_file(root, "f", READ)
        root.unlink_file_at("f")
        assert names(root) == []
        assert file.read_at(20, 0) == b"still here"
        assert file.status().link_count == 0

    def test_closing_twice_is_nothing_and_using_after_is_refused(self, root: Directory) -> None:
        put(root, "f")
        file = open_file(root, "f", READ)
        file.close()
        file.close()
        root.close()
        root.close()
        assert code(root.entries) is ErrorCode.BAD_DESCRIPTOR
        assert code(root.open_at, "f", READ) is ErrorCode.BAD_DESCRIPTOR

    def test_synchronize(self, root: Directory) -> None:
        file = open_file(root, "f", OpenOptions(write=True, create=True, synchronize_data=True))
        file.write_at(b"x", 0)
        file.synchronize(data_only=True)
        file.synchronize()
        open_file(root, "f", READ).synchronize()
        root.synchronize()
        root.synchronize(data_only=True)
        assert open_file(root, "f", OpenOptions(write=True, synchronize_all=True))


class TestOpen:
    def test_create_and_exclusive(self, root: Directory) -> None:
        assert code(root.open_at, "f", BOTH) is ErrorCode.NO_ENTRY
        exclusive = OpenOptions(write=True, create=True, exclusive=True)
        open_file(root, "f", exclusive).close()
        assert code(root.open_at, "f", exclusive) is ErrorCode.EXIST
        root.symlink_at("nowhere", "dangling")
        assert code(root.open_at, "dangling", exclusive) is ErrorCode.EXIST
        assert code(root.open_at, ".", exclusive) is ErrorCode.EXIST

    def test_truncate(self, root: Directory) -> None:
        put(root, "f", b"long contents")
        open_file(root, "f", OpenOptions(write=True, truncate=True)).close()
        assert contents(root, "f") == b""
        put(root, "g", b"long contents")
        file = open_file(root, "g", OpenOptions(read=True, truncate=True))
        assert file.read_at(10, 0) == b""
        assert code(file.write_at, b"x", 0) is ErrorCode.BAD_DESCRIPTOR

    def test_directories(self, root: Directory) -> None:
        root.create_directory_at("d")
        put(root, "f")
        for path in ("d", "d/", "d/.", "d/../d", ".", "./", "d/.."):
            assert isinstance(root.open_at(path, READ), Directory), path
            assert isinstance(root.open_at(path, FOLDER), Directory), path
        assert code(root.open_at, "f", FOLDER) is ErrorCode.NOT_DIRECTORY
        assert code(root.open_at, "d", BOTH) is ErrorCode.IS_DIRECTORY
        assert code(root.open_at, ".", WRITE) is ErrorCode.IS_DIRECTORY
        assert code(root.open_at, "d", NEW) is ErrorCode.IS_DIRECTORY
        assert code(root.open_at, "new/", NEW) is ErrorCode.IS_DIRECTORY
        for flag in ("create", "exclusive", "truncate"):
            options = OpenOptions(directory=True, **{flag: True})
            assert code(root.open_at, "d", options) is ErrorCode.INVALID

    def test_a_slash_at_the_end_asks_for_a_directory(self, root: Directory) -> None:
        put(root, "f")
        root.symlink_at("f", "link")
        for path in ("f/", "f//", "f/.", "f/..", "f/x", "link/"):
            assert code(root.open_at, path, READ) is ErrorCode.NOT_DIRECTORY, path
        truncate = OpenOptions(write=True, truncate=True)
        assert code(root.open_at, "f/", truncate) is ErrorCode.NOT_DIRECTORY
        assert contents(root, "f") == b"contents"

    def test_links_at_the_end(self, root: Directory) -> None:
        put(root, "f", b"target")
        root.symlink_at("f", "link")
        root.symlink_at("link", "link2")
        assert contents(root, "link2") == b"target"
        no_follow = OpenOptions(read=True, follow_symlinks=False)
        assert code(root.open_at, "link", no_follow) is ErrorCode.LOOP
        root.create_directory_at("d")
        root.symlink_at("d", "dlink")
        folder = OpenOptions(read=True, directory=True, follow_symlinks=False)
        assert code(root.open_at, "dlink", folder) is ErrorCode.LOOP
        assert isinstance(root.open_at("dlink/", no_follow), Directory)
        assert isinstance(root.open_at("dlink", FOLDER), Directory)

    def test_a_dangling_link_creates_its_target(self, root: Directory) -> None:
        root.create_directory_at("d")
        root.symlink_at("d/new", "link")
        put(root, "link", b"through")
        assert contents(root, "d/new") == b"through"

    def test_names(self, root: Directory) -> None:
        for name in ("ünïcödé 🦆", " ", "a\\b", "con", "-", "...", "x" * 255, "new\nline"):
            put(root, name, name.encode())
            assert contents(root, name) == name.encode()
        assert code(root.open_at, "x" * 256, READ) is ErrorCode.NAME_TOO_LONG
        assert code(root.open_at, "x" * 256, NEW) is ErrorCode.NAME_TOO_LONG
        assert code(root.open_at, "a/" * 2100, READ) is ErrorCode.NAME_TOO_LONG
        assert code(root.open_at, "nul\0", READ) is ErrorCode.INVALID
        assert code(root.open_at, "\ud800", READ) is ErrorCode.ILLEGAL_BYTE_SEQUENCE
        assert code(root.open_at, "", READ) is ErrorCode.NO_ENTRY

    def test_opened_directories_are_roots_of_their_own(self, root: Directory) -> None:
        root.create_directory_at("d")
        put(root, "outer")
        inner = open_directory(root, "d")
        put(inner, "inner", b"x")
        assert contents(root, "d/inner") == b"x"
        assert code(inner.open_at, "../outer", READ) is ErrorCode.NOT_PERMITTED
        assert inner.status() == root.status_at("d", follow_symlinks=False)


class TestDirectories:
    def test_entries(self, root: Directory) -> None:
        put(root, "b")
        root.create_directory_at("a")
        root.symlink_at("b", "c")
        assert [(entry.name, entry.type) for entry in root.entries()] == [
            ("a", FileType.DIRECTORY),
            ("b", FileType.REGULAR_FILE),
            ("c", FileType.SYMBOLIC_LINK),
        ]
        for entry in root.entries():
            status = root.status_at(entry.name, follow_symlinks=False)
            assert entry.identity == status.identity

    def test_create(self, root: Directory) -> None:
        root.create_directory_at("d")
        root.create_directory_at("d/e/")
        put(root, "f")
        root.symlink_at("nowhere", "link")
        for path in ("d", "d/", ".", "d/..", "d/e", "f", "link", "link/"):
            assert code(root.create_directory_at, path) is ErrorCode.EXIST, path
        assert code(root.create_directory_at, "no/d") is ErrorCode.NO_ENTRY
        assert code(root.create_directory_at, "new/.") is ErrorCode.NO_ENTRY
        assert code(root.create_directory_at, "f/d") is ErrorCode.NOT_DIRECTORY
        assert code(root.create_directory_at, "") is ErrorCode.NO_ENTRY

    def test_remove(self, root: Directory) -> None:
        root.create_directory_at("d")
        root.create_directory_at("d/e")
        put(root, "f")
        root.symlink_at("d", "link")
        assert code(root.remove_directory_at, "d") is ErrorCode.NOT_EMPTY
        assert code(root.remove_directory_at, "f") is ErrorCode.NOT_DIRECTORY
        assert code(root.remove_directory_at, "f/") is ErrorCode.NOT_DIRECTORY
        assert code(root.remove_directory_at, "link") is ErrorCode.NOT_DIRECTORY
        assert code(root.remove_directory_at, "link/") is ErrorCode.NOT_DIRECTORY
        assert code(root.remove_directory_at, "no") is ErrorCode.NO_ENTRY
        assert code(root.remove_directory_at, ".") is ErrorCode.INVALID
        assert code(root.remove_directory_at, "d/.") is ErrorCode.INVALID
        assert code(root.remove_directory_at, "d/e/..") is ErrorCode.NOT_EMPTY
        root.remove_directory_at("d/e/")
        root.remove_directory_at("d")
        assert names(root) == ["f", "link"]

    def test_nothing_is_made_in_a_removed_directory(self, root: Directory) -> None:
        root.create_directory_at("d")
        put(root, "f")
        gone = open_directory(root, "d")
        root.remove_directory_at("d")
        assert gone.entries() == []
        assert code(gone.open_at, "x", NEW) is ErrorCode.NO_ENTRY
        assert code(gone.create_directory_at, "x") is ErrorCode.NO_ENTRY
        assert code(gone.symlink_at, "t", "x") is ErrorCode.NO_ENTRY
        assert code(root.rename_at, "f", gone, "x") is ErrorCode.NO_ENTRY

    def test_unlink(self, root: Directory) -> None:
        put(root, "f")
        root.create_directory_at("d")
        root.symlink_at("d", "link")
        assert code(root.unlink_file_at, "d") is ErrorCode.IS_DIRECTORY
        assert code(root.unlink_file_at, "d/") is ErrorCode.IS_DIRECTORY
        assert code(root.unlink_file_at, ".") is ErrorCode.IS_DIRECTORY
        assert code(root.unlink_file_at, "f/") is ErrorCode.NOT_DIRECTORY
        assert code(root.unlink_file_at, "link/") is ErrorCode.NOT_DIRECTORY
        assert code(root.unlink_file_at, "no") is ErrorCode.NO_ENTRY
        root.unlink_file_at("f")
        root.unlink_file_at("link")
        assert names(root) == ["d"]

    def test_a_deep_way_down_and_up_again(self, root: Directory) -> None:
        depth = 300
        path = ""
        for _ in range(depth):
            path += "d/"
            root.create_directory_at(path)
        put(root, path + "f", b"deep")
        assert contents(root, path + "f") == b"deep"
        there_and_back = path + "../" * 250 + "d/" * 250 + "f"
        assert contents(root, there_and_back) == b"deep"
        assert root.status_at(path + "../" * depth, follow_symlinks=True) == root.status()
        beyond = path + "../" * (depth + 1)
        assert code(root.status_at, beyond, follow_symlinks=True) is ErrorCode.NOT_PERMITTED


class TestRename:
    def test_files(self, root: Directory) -> None:
        put(root, "a", b"a")
        put(root, "b", b"b")
        root.rename_at("a", root, "b")
        assert names(root) == ["b"]
        assert contents(root, "b") == b"a"
        root.rename_at("b", root, "b")
        assert contents(root, "b") == b"a"
        root.create_directory_at("d")
        root.rename_at("b", open_directory(root, "d"), "c")
        assert contents(root, "d/c") == b"a"

    def test_directories(self, root: Directory) -> None:
        for path in ("a", "a/b", "empty", "full", "full/x"):
            root.create_directory_at(path)
        put(root, "f")
        assert code(root.rename_at, "a", root, "a/b/c") is ErrorCode.INVALID
        assert code(root.rename_at, "a", root, "f") is ErrorCode.NOT_DIRECTORY
        assert code(root.rename_at, "f", root, "a") is ErrorCode.IS_DIRECTORY
        assert code(root.rename_at, "a", root, "full") is ErrorCode.NOT_EMPTY
        assert code(root.rename_at, "no", root, "a") is ErrorCode.NO_ENTRY
        assert code(root.rename_at, ".", root, "x") is ErrorCode.BUSY
        assert code(root.rename_at, "a", root, "a/..") is ErrorCode.BUSY
        root.rename_at("a/", root, "empty/")
        assert names(root) == ["empty", "f", "full"]
        assert names(open_directory(root, "empty")) == ["b"]

    def test_slashes_after_files(self, root: Directory) -> None:
        put(root, "f")
        assert code(root.rename_at, "f/", root, "g") is ErrorCode.NOT_DIRECTORY
        assert code(root.rename_at, "f", root, "g/") is ErrorCode.NOT_DIRECTORY
        root.create_directory_at("d")
        root.rename_at("d/", root, "new/")
        assert names(root) == ["f", "new"]

    def test_a_link_is_renamed_itself(self, root: Directory) -> None:
        put(root, "f")
        root.symlink_at("f", "link")
        root.rename_at("link", root, "moved")
        assert root.read_link_at("moved") == "f"
        put(root, "g", b"g")
        root.rename_at("g", root, "moved")
        assert contents(root, "f") == b"contents"

    def test_two_names_of_one_file_stay(self, root: Directory) -> None:
        put(root, "a")
        root.link_at("a", root, "b", follow_symlinks=False)
        root.rename_at("a", root, "b")
        assert names(root) == ["a", "b"]


class TestLinks:
    def test_hard_links(self, root: Directory) -> None:
        put(root, "a", b"one")
        root.create_directory_at("d")
        root.link_at("a", root, "d/b", follow_symlinks=False)
        assert root.status_at("a", follow_symlinks=False).link_count == 2
        open_file(root, "d/b", BOTH).write_at(b"two", 0)
        assert contents(root, "a") == b"two"
        root.unlink_file_at("a")
        assert contents(root, "d/b") == b"two"

    def test_hard_links_that_cannot_be(self, root: Directory) -> None:
        put(root, "f")
        root.create_directory_at("d")
        link = root.link_at
        assert code(link, "d", root, "x", follow_symlinks=False) is ErrorCode.NOT_PERMITTED
        assert code(link, ".", root, "x", follow_symlinks=False) is ErrorCode.NOT_PERMITTED
        assert code(link, "no", root, "x", follow_symlinks=False) is ErrorCode.NO_ENTRY
        assert code(link, "f", root, "d", follow_symlinks=False) is ErrorCode.EXIST
        assert code(link, "f", root, "d/", follow_symlinks=False) is ErrorCode.EXIST
        assert code(link, "f", root, ".", follow_symlinks=False) is ErrorCode.EXIST
        assert code(link, "f", root, "x/", follow_symlinks=False) is ErrorCode.NO_ENTRY
        assert code(link, "f/", root, "x", follow_symlinks=False) is ErrorCode.NOT_DIRECTORY

    def test_hard_links_to_links(self, root: Directory) -> None:
        put(root, "f")
        root.symlink_at("f", "link")
        root.link_at("link", root, "same", follow_symlinks=False)
        assert root.read_link_at("same") == "f"
        root.link_at("link", root, "file", follow_symlinks=True)
        assert root.status_at("file", follow_symlinks=False).type is FileType.REGULAR_FILE

    def test_symbolic_links(self, root: Directory) -> None:
        root.create_directory_at("d")
        put(root, "d/f", b"x")
        root.symlink_at("d", "a")
        root.symlink_at("../a/f", "d/up")
        root.symlink_at("d/", "slash")
        root.symlink_at("./d/./", "dots")
        assert contents(root, "a/f") == b"x"
        assert contents(root, "d/up") == b"x"
        assert contents(root, "slash/f") == b"x"
        assert contents(root, "dots/../a/../dots/f") == b"x"
        assert root.read_link_at("d/up") == "../a/f"
        status = root.status_at("d/up", follow_symlinks=False)
        assert (status.type, status.size_bytes) == (FileType.SYMBOLIC_LINK, 6)
        assert root.status_at("d/up", follow_symlinks=True).type is FileType.REGULAR_FILE
        assert root.status_at("a/", follow_symlinks=False).type is FileType.DIRECTORY

    def test_symbolic_links_that_cannot_be(self, root: Directory) -> None:
        put(root, "f")
        root.create_directory_at("d")
        assert code(root.symlink_at, "x", "f") is ErrorCode.EXIST
        assert code(root.symlink_at, "x", "d/") is ErrorCode.EXIST
        assert code(root.symlink_at, "x", ".") is ErrorCode.EXIST
        assert code(root.symlink_at, "x", "new/") is ErrorCode.NO_ENTRY
        assert code(root.symlink_at, "", "new") is ErrorCode.NO_ENTRY
        assert code(root.symlink_at, "a\0b", "new") is ErrorCode.INVALID
        assert code(root.symlink_at, "/etc/passwd", "new") is ErrorCode.NOT_PERMITTED

    def test_reading_what_is_no_link(self, root: Directory) -> None:
        put(root, "f")
        root.create_directory_at("d")
        root.symlink_at("d", "link")
        for path in ("f", "d", ".", "d/", "link/", "d/.."):
            assert code(root.read_link_at, path) is ErrorCode.INVALID, path
        assert code(root.read_link_at, "no") is ErrorCode.NO_ENTRY

    def test_loops(self, root: Directory) -> None:
        root.symlink_at("b", "a")
        root.symlink_at("a", "b")
        root.symlink_at("self/x", "self")
        for path in ("a", "a/x", "self", "a/"):
            assert code(root.open_at, path, READ) is ErrorCode.LOOP, path
            assert code(root.status_at, path, follow_symlinks=True) is ErrorCode.LOOP, path

    @pytest.mark.parametrize(("count", "works"), [(40, True), (41, False)])
    def test_as_many_links_as_linux_follows(self, root: Directory, count: int, works: bool) -> None:
        put(root, "0")
        for number in range(count):
            root.symlink_at(str(number), str(number + 1))
        if works:
            assert contents(root, str(count)) == b"contents"
        else:
            assert code(root.open_at, str(count), READ) is ErrorCode.LOOP


class TestTimes:
    def test_set_and_keep(self, root: Directory) -> None:
        put(root, "f")
        file = open_file(root, "f", READ)
        file.set_times(1_000_000_007, 2_000_000_009)
        status = root.status_at("f", follow_symlinks=False)
        assert (status.accessed_ns, status.modified_ns) == (1_000_000_007, 2_000_000_009)
        file.set_times(TimeChange.KEEP, 5)
        status = file.status()
        assert (status.accessed_ns, status.modified_ns) == (1_000_000_007, 5)
        root.set_times_at("f", 7, TimeChange.KEEP, follow_symlinks=True)
        status = file.status()
        assert (status.accessed_ns, status.modified_ns) == (7, 5)
        root.set_times_at("f", TimeChange.NOW, TimeChange.NOW, follow_symlinks=True)
        status = file.status()
        assert status.accessed_ns > 10**18
        assert status.modified_ns > 10**18

    def test_of_directories_and_links(self, root: Directory) -> None:
        root.create_directory_at("d")
        root.symlink_at("d", "link")
        root.set_times_at("link", 1, 2, follow_symlinks=True)
        root.set_times_at("link", 3, 4, follow_symlinks=False)
        directory = root.status_at("d", follow_symlinks=False)
        link = root.status_at("link", follow_symlinks=False)
        assert (directory.accessed_ns, directory.modified_ns) == (1, 2)
        assert (link.accessed_ns, link.modified_ns) == (3, 4)
        root.set_times_at("d/.", 5, 6, follow_symlinks=False)
        assert root.status_at("d", follow_symlinks=False).modified_ns == 6
        root.set_times(7, 8)
        assert (root.status().accessed_ns, root.status().modified_ns) == (7, 8)
        assert code(root.set_times_at, "no", 1, 1, follow_symlinks=True) is ErrorCode.NO_ENTRY


def test_a_read_only_mount_refuses_every_change(root: Directory) -> None:
    put(root, "f")
    root.create_directory_at("d")
    root.symlink_at("f", "link")
    before = root.status()
    # The same mount, seen by another guest.
    root.read_only = True
    inner = open_directory(root, "d")
    file = open_file(root, "f", READ)
    calls: list[Callable[[], object]] = [
        lambda: root.open_at("f", WRITE),
        lambda: root.open_at("new", NEW),
        lambda: root.open_at("f", OpenOptions(read=True, truncate=True)),
        lambda: inner.open_at("new", NEW),
        lambda: root.create_directory_at("new"),
        lambda: inner.create_directory_at("new"),
        lambda: root.remove_directory_at("d"),
        lambda: root.unlink_file_at("f"),
        lambda: root.rename_at("f", root, "g"),
        lambda: root.link_at("f", root, "g", follow_symlinks=False),
        lambda: root.symlink_at("f", "g"),
        lambda: root.set_times(1, 1),
        lambda: root.set_times_at("f", 1, 1, follow_symlinks=True),
        lambda: file.set_times(1, 1),
    ]
    for call in calls:
        assert code(call) is ErrorCode.READ_ONLY
    assert code(file.write_at, b"x", 0) is ErrorCode.BAD_DESCRIPTOR
    assert contents(root, "link") == b"contents"
    assert names(root) == ["d", "f", "link"]
    assert root.status().modified_ns == before.modified_ns


def test_mounts_are_file_systems_of_their_own(root: Directory, tmp_path: Path) -> None:
    put(root, "f")
    (tmp_path / "other").mkdir()
    others: list[Directory] = [
        HostDirectory(tmp_path / "other"),
        MemoryFilesystem().directory(),
    ]
    for other in others:
        put(other, "g")
        assert code(root.rename_at, "f", other, "h") is ErrorCode.CROSS_DEVICE
        assert code(other.rename_at, "g", root, "h") is ErrorCode.CROSS_DEVICE
        assert code(root.link_at, "f", other, "h", follow_symlinks=False) is ErrorCode.CROSS_DEVICE
        other.close()


class TestMemory:
    def test_embedders_write_and_read(self) -> None:
        filesystem = MemoryFilesystem({"a/b/c.txt": "text", "/d": b"bytes"})
        assert filesystem.files() == {"a/b/c.txt": b"text", "d": b"bytes"}
        assert filesystem.read("/a/b/c.txt") == b"text"
        filesystem.write("a/b/c.txt", b"new")
        assert filesystem.read("a/b/c.txt") == b"new"
        assert code(filesystem.read, "a") is ErrorCode.IS_DIRECTORY
        assert code(filesystem.read, "no") is ErrorCode.NO_ENTRY

    def test_space_is_counted_and_given_back(self) -> None:
        filesystem = MemoryFilesystem(max_bytes=100)
        root = filesystem.directory()
        file = open_file(root, "f")
        file.write_at(b"x" * 60, 0)
        assert code(file.write_at, b"x", 100) is ErrorCode.INSUFFICIENT_SPACE
        assert code(file.set_size, 2**62) is ErrorCode.INSUFFICIENT_SPACE
        assert code(open_file(root, "g").append, b"x" * 41) is ErrorCode.INSUFFICIENT_SPACE
        root.unlink_file_at("f")
        assert filesystem.used_bytes == 60, "still open"
        file.close()
        assert filesystem.used_bytes == 0
        put(root, "h", b"x" * 100)
        put(root, "i", b"")
        root.rename_at("i", root, "h")
        assert filesystem.used_bytes == 0

    def test_names_are_counted_and_given_back(self) -> None:
        root = MemoryFilesystem({"a": "x"}, max_names=3).directory()
        root.create_directory_at("d")
        root.link_at("a", root, "b", follow_symlinks=False)
        assert code(root.symlink_at, "a", "c") is ErrorCode.INSUFFICIENT_SPACE
        assert code(root.open_at, "c", NEW) is ErrorCode.INSUFFICIENT_SPACE
        root.rename_at("b", root, "d/c")
        root.rename_at("d/c", root, "e")
        assert code(root.create_directory_at, "c") is ErrorCode.INSUFFICIENT_SPACE
        root.unlink_file_at("e")
        root.create_directory_at("c")

    def test_a_read_only_mount_of_what_another_may_write(self) -> None:
        filesystem = MemoryFilesystem({"f": "x"})
        reader, writer = filesystem.directory(read_only=True), filesystem.directory()
        assert code(reader.rename_at, "f", writer, "g") is ErrorCode.READ_ONLY
        assert code(writer.rename_at, "f", reader, "g") is ErrorCode.READ_ONLY
        link = reader.link_at
        assert code(link, "f", writer, "g", follow_symlinks=False) is ErrorCode.READ_ONLY


PATHS = st.lists(
    st.sampled_from(["a", "b", "link", "up", ".", "..", "", "a.txt", "dangling", "loop"]),
    max_size=6,
).map("/".join)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["open", "mkdir", "rmdir", "unlink", "stat", "readlink"]), PATHS),
        st.tuples(st.sampled_from(["rename", "link", "symlink"]), PATHS, PATHS),
        st.tuples(st.just("put"), PATHS, st.binary(max_size=4)),
    ),
    max_size=12,
)


def take(root: Directory, step: tuple[object, ...]) -> object:
    """Take one step; what came of it, or the code of its failure."""
    match step:
        case ("open", str(path)):
            opened = root.open_at(path, READ)
            found = "file" if isinstance(opened, File) else names(opened)
            opened.close()
            return found
        case ("put", str(path), bytes(data)):
            file = root.open_at(path, OpenOptions(write=True, create=True, truncate=True))
            assert isinstance(file, File)
            file.append(data)
            file.close()
        case ("mkdir", str(path)):
            root.create_directory_at(path)
        case ("rmdir", str(path)):
            root.remove_directory_at(path)
        case ("unlink", str(path)):
            root.unlink_file_at(path)
        case ("stat", str(path)):
            return root.status_at(path, follow_symlinks=True).type
        case ("readlink", str(path)):
            return root.read_link_at(path)
        case ("rename", str(old), str(new)):
            root.rename_at(old, root, new)
        case ("link", str(old), str(new)):
            root.link_at(old, root, new, follow_symlinks=False)
        case ("symlink", str(old), str(new)):
            root.symlink_at(old, new)
    return None


@given(steps=STEPS)
def test_disk_and_memory_agree(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[object, ...]]
) -> None:
    disk: Directory = HostDirectory(tmp_path_factory.mktemp("mount"))
    memory: Directory = MemoryFilesystem().directory()
    setup: list[tuple[object, ...]] = [
        ("mkdir", "a"),
        ("put", "a/a.txt", b"x"),
        ("symlink", "a", "link"),
        ("symlink", "..", "a/up"),
        ("symlink", "no", "dangling"),
        ("symlink", "loop", "loop"),
    ]
    outcomes: list[list[object]] = []
    for root in (disk, memory):
        outcome: list[object] = []
        for step in setup + steps:
            try:
                outcome.append(take(root, step))
            except FilesystemError as error:
                outcome.append(error.code)
        outcomes.append(outcome)
        root.close()
    assert outcomes[0] == outcomes[1]
