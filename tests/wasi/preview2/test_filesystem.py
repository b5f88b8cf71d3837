"""``wasi:filesystem``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok, Record, Variant
from pywasm_rt.wasi.capabilities.host_directory import HostDirectory
from pywasm_rt.wasi.context import WasiLimits

NONE: frozenset[str] = frozenset()
FOLLOW = frozenset({"symlink-follow"})
NOW = Variant("now")
KEEP = Variant("no-change")
TYPES = "filesystem/types."
DESCRIPTOR = TYPES + "descriptor."


def at(seconds: int, nanoseconds: int = 0) -> Variant:
    """A ``new-timestamp``."""
    return Variant("timestamp", Record(seconds=seconds, nanoseconds=nanoseconds))


class Shell:
    """Calls methods of descriptors."""

    def __init__(self, guest: Any) -> None:
        self.guest = guest
        directories = guest.call("filesystem/preopens.get-directories")
        assert [path for _, path in directories] == ["/", "/ro"]
        self.root, self.read_only = (descriptor for descriptor, _ in directories)

    def call(self, name: str, descriptor: Any, *arguments: object) -> Any:
        """Call a method; its ``result``."""
        return self.guest.call(DESCRIPTOR + name, descriptor, *arguments)

    def good(self, name: str, descriptor: Any, *arguments: object) -> Any:
        """Call a method that has to succeed; its value."""
        result = self.call(name, descriptor, *arguments)
        assert isinstance(result, Ok), result
        return result.value

    def open(self, path: str, flags: str = "read", how: str = "", base: Any = None) -> Any:
        """``open-at``: the ``result``."""
        base = self.root if base is None else base
        words = frozenset(how.split()), frozenset(flags.split())
        return self.call("open-at", base, FOLLOW, path, *words)

    def opened(self, *arguments: Any, **options: Any) -> Any:
        """``open-at`` that has to succeed: the descriptor."""
        result = self.open(*arguments, **options)
        assert isinstance(result, Ok), result
        return result.value


@pytest.fixture
def shell(guest: Any) -> Shell:
    """A guest with its two preopened directories."""
    return Shell(guest)


def test_reading_and_writing(shell: Shell, filesystem: Any) -> None:
    file = shell.opened("a.txt", "read write")
    assert shell.good("read", file, 5, 0) == (b"hello", False)
    assert shell.good("read", file, 100, 6) == (b"world", False)
    assert shell.good("read", file, 100, 11) == (b"", True)
    assert shell.good("write", file, b"HELLO", 0) == 5
    assert shell.good("set-size", file, 7) is None
    assert filesystem.read("a.txt") == b"HELLO w"
    assert shell.call("read", file, 1, 2**63) == Err("invalid")
    assert shell.good("read", file, 2**64 - 1, 0)[0] == b"HELLO w"


def test_opening(shell: Shell) -> None:
    assert shell.open("no") == Err("no-entry")
    assert shell.open("../x") == Err("not-permitted")
    assert shell.open("/a.txt") == Err("not-permitted")
    assert shell.open("a.txt", how="create exclusive") == Err("exist")
    assert shell.open("a.txt", how="directory") == Err("not-directory")
    assert shell.open("d", "read write") == Err("is-directory")
    assert shell.open("d", how="directory create") == Err("invalid")
    assert shell.open("a.txt", base=shell.opened("a.txt")) == Err("not-directory")
    new = shell.opened("new", "write", "create")
    assert shell.good("write", new, b"x", 0) == 1
    assert shell.call("read", new, 1, 0) == Err("bad-descriptor")
    link = shell.good("symlink-at", shell.root, "a.txt", "link")
    assert link is None
    words = NONE, "link", NONE, frozenset({"read"})
    assert shell.call("open-at", shell.root, *words) == Err("loop")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("read", {"read"}),
        ("write", {"write"}),
        ("read write", {"read", "write"}),
        ("", set()),
        ("write file-integrity-sync", {"write", "file-integrity-sync"}),
        (
            "read requested-write-sync data-integrity-sync",
            {"read", "requested-write-sync", "data-integrity-sync"},
        ),
    ],
)
def test_flags_of_files(shell: Shell, flags: str, expected: set[str]) -> None:
    assert shell.good("get-flags", shell.opened("a.txt", flags)) == expected


def test_flags_of_directories(shell: Shell) -> None:
    assert shell.good("get-flags", shell.root) == {"read", "mutate-directory"}
    assert shell.good("get-flags", shell.read_only) == {"read"}
    inner = shell.opened("d", "read", "directory")
    assert shell.good("get-flags", inner) == {"read", "mutate-directory"}


def test_status(shell: Shell) -> None:
    shell.good("symlink-at", shell.root, "a.txt", "link")
    stat = shell.good("stat-at", shell.root, FOLLOW, "link")
    when = Record(seconds=1_700_000_000, nanoseconds=1_000)
    assert stat == Record(
        {
            "type": "regular-file",
            "link-count": 1,
            "size": 11,
            "data-access-timestamp": when,
            "data-modification-timestamp": when,
            "status-change-timestamp": when,
        }
    )
    assert shell.good("stat", shell.opened("a.txt")) == stat
    assert shell.good("stat-at", shell.root, NONE, "link").type == "symbolic-link"
    assert shell.good("get-type", shell.root) == "directory"
    assert shell.good("get-type", shell.opened("a.txt")) == "regular-file"
    assert shell.call("stat-at", shell.root, FOLLOW, "no") == Err("no-entry")


def test_times(shell: Shell, world: Any) -> None:
    file = shell.opened("a.txt")
    assert shell.good("set-times", file, at(1, 5), KEEP) is None
    stat = shell.good("stat", file)
    assert stat["data-access-timestamp"] == Record(seconds=1, nanoseconds=5)
    assert stat["data-modification-timestamp"].seconds == 1_700_000_000
    world.clock.advance(7)
    shell.good("set-times-at", shell.root, FOLLOW, "a.txt", at(2), NOW)
    stat = shell.good("stat", file)
    assert stat["data-access-timestamp"] == Record(seconds=2, nanoseconds=0)
    assert stat["data-modification-timestamp"].nanoseconds == 1_007
    times = (FOLLOW, "no", NOW, NOW)
    assert shell.call("set-times-at", shell.root, *times) == Err("no-entry")
    assert shell.call("set-times", shell.read_only, NOW, NOW) == Err("read-only")


def test_times_that_a_disk_cannot_keep(make_guest: Any, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    directory = HostDirectory(tmp_path)
    guest = make_guest(preopens=[("/", directory), ("/ro", directory)])
    shell = Shell(guest)
    far = at(2**64 - 1, 999_999_999)
    assert shell.call("set-times", shell.opened("f"), far, KEEP) == Err("overflow")
    guest.context.close()
    directory.close()


def test_directories(shell: Shell, filesystem: Any) -> None:
    assert shell.good("create-directory-at", shell.root, "x/") is None
    assert shell.call("create-directory-at", shell.root, "x") == Err("exist")
    assert shell.good("rename-at", shell.root, "a.txt", shell.root, "x/b.txt") is None
    assert shell.call("remove-directory-at", shell.root, "x") == Err("not-empty")
    assert shell.good("unlink-file-at", shell.root, "x/b.txt") is None
    assert shell.good("remove-directory-at", shell.root, "x") is None
    assert shell.call("unlink-file-at", shell.root, "d") == Err("is-directory")
    assert filesystem.files() == {"d/e.txt": b"e"}
    file = shell.opened("d/e.txt")
    for name, *arguments in (
        ("create-directory-at", "x"),
        ("rename-at", "x", shell.root, "y"),
        ("unlink-file-at", "x"),
        ("read-directory",),
        ("readlink-at", "x"),
        ("metadata-hash-at", FOLLOW, "x"),
    ):
        assert shell.call(name, file, *arguments) == Err("not-directory"), name
    assert shell.call("rename-at", shell.root, "d", file, "y") == Err("not-directory")


def test_entries(shell: Shell) -> None:
    shell.good("symlink-at", shell.root, "a.txt", "link")
    entries = []
    stream = shell.good("read-directory", shell.root)
    another = shell.good("read-directory", shell.root)
    read = TYPES + "directory-entry-stream.read-directory-entry"
    while (result := shell.guest.call(read, stream)).value is not None:
        entries.append((result.value.type, result.value.name))
    assert entries == [
        ("regular-file", "a.txt"),
        ("directory", "d"),
        ("symbolic-link", "link"),
    ]
    assert shell.guest.call(read, stream) == Ok(None)
    assert shell.guest.call(read, another).value.name == "a.txt"


def test_a_name_that_is_not_utf_8(make_guest: Any, tmp_path: Path) -> None:
    (tmp_path / "\udcff").write_text("x")
    (tmp_path / "l").symlink_to("\udcff")
    directory = HostDirectory(tmp_path)
    shell = Shell(make_guest(preopens=[("/", directory), ("/ro", directory)]))
    stream = shell.good("read-directory", shell.root)
    read = TYPES + "directory-entry-stream.read-directory-entry"
    assert shell.guest.call(read, stream).value.name == "l"
    assert shell.guest.call(read, stream) == Err("illegal-byte-sequence")
    assert shell.call("readlink-at", shell.root, "l") == Err("illegal-byte-sequence")
    directory.close()


def test_links(shell: Shell) -> None:
    shell.good("symlink-at", shell.root, "d/e.txt", "link")
    assert shell.good("readlink-at", shell.root, "link") == "d/e.txt"
    assert shell.call("readlink-at", shell.root, "a.txt") == Err("invalid")
    assert shell.call("symlink-at", shell.root, "/x", "y") == Err("not-permitted")
    shell.good("link-at", shell.root, NONE, "a.txt", shell.root, "same")
    assert shell.good("stat-at", shell.root, NONE, "same")["link-count"] == 2
    shell.good("link-at", shell.root, FOLLOW, "link", shell.root, "e")
    assert shell.good("stat-at", shell.root, NONE, "e").type == "regular-file"


def test_which_object_it_is(shell: Shell) -> None:
    one, same, other = shell.opened("a.txt"), shell.opened("a.txt"), shell.opened("d/e.txt")
    assert shell.call("is-same-object", one, same) is True
    assert shell.call("is-same-object", one, other) is False
    assert shell.call("is-same-object", shell.root, shell.read_only) is True
    before = shell.good("metadata-hash", one)
    assert shell.good("metadata-hash-at", shell.root, FOLLOW, "a.txt") == before
    assert shell.good("metadata-hash", other).lower != before.lower
    shell.good("write", shell.opened("a.txt", "write"), b"longer than before", 0)
    after = shell.good("metadata-hash", one)
    assert after.lower == before.lower, "the adapter for preview 1 shows this as the inode"
    assert after.upper != before.upper


def test_advice_and_synchronizing(shell: Shell) -> None:
    file = shell.opened("a.txt", "read write")
    assert shell.good("advise", file, 0, 10, "will-need") is None
    assert shell.call("advise", file, 2**63, 2**63, "normal") == Err("invalid")
    assert shell.call("advise", shell.root, 0, 10, "normal") == Err("bad-descriptor")
    for descriptor in (file, shell.root, shell.opened("a.txt")):
        assert shell.good("sync", descriptor) is None
        assert shell.good("sync-data", descriptor) is None


def test_a_read_only_mount(shell: Shell) -> None:
    base = shell.read_only
    assert shell.open("a.txt", "write", base=base) == Err("read-only")
    assert shell.open("a.txt", "read mutate-directory", base=base) == Err("read-only")
    for how in ("create", "truncate"):
        assert shell.open("a.txt", "read", how, base=base) == Err("read-only")
    file = shell.opened("a.txt", base=base)
    assert shell.good("read", file, 5, 0) == (b"hello", False)
    assert shell.call("write", file, b"x", 0) == Err("bad-descriptor")
    assert shell.call("set-size", file, 0) == Err("invalid")
    assert shell.call("set-times", file, NOW, NOW) == Err("read-only")
    for name, *arguments in (
        ("create-directory-at", "x"),
        ("remove-directory-at", "d"),
        ("unlink-file-at", "a.txt"),
        ("symlink-at", "a.txt", "x"),
        ("link-at", NONE, "a.txt", shell.root, "x"),
        ("rename-at", "a.txt", shell.root, "x"),
        ("set-times-at", FOLLOW, "a.txt", NOW, NOW),
    ):
        assert shell.call(name, base, *arguments) == Err("read-only"), name
    assert shell.call("rename-at", shell.root, "a.txt", base, "x") == Err("read-only")


class TestStreams:
    READ = "io/streams.input-stream."
    WRITE = "io/streams.output-stream."

    def test_reading(self, shell: Shell) -> None:
        file = shell.opened("a.txt")
        stream = shell.good("read-via-stream", file, 6)
        other = shell.good("read-via-stream", file, 0)
        read = shell.guest.call
        assert read(self.READ + "read", stream, 3) == Ok(b"wor")
        assert read(self.READ + "read", other, 5) == Ok(b"hello")
        assert read(self.READ + "blocking-read", stream, 100) == Ok(b"ld")
        assert read(self.READ + "read", stream, 1) == Err(Variant("closed"))

    def test_writing(self, shell: Shell, filesystem: Any) -> None:
        file = shell.opened("a.txt", "write")
        stream = shell.good("write-via-stream", file, 6)
        end = shell.good("append-via-stream", file)
        write = shell.guest.call
        assert write(self.WRITE + "write", stream, b"WO") == Ok(None)
        assert write(self.WRITE + "write", end, b"!") == Ok(None)
        assert write(self.WRITE + "blocking-write-and-flush", stream, b"R") == Ok(None)
        assert write(self.WRITE + "write", end, b"!") == Ok(None)
        assert filesystem.read("a.txt") == b"hello WORld!!"

    def test_what_a_file_was_not_opened_for(self, shell: Shell) -> None:
        reader, writer = shell.opened("a.txt", "read"), shell.opened("a.txt", "write")
        bad = Err("bad-descriptor")
        assert shell.call("write-via-stream", reader, 0) == bad
        assert shell.call("append-via-stream", reader) == bad
        assert shell.call("read-via-stream", writer, 0) == bad
        assert shell.call("read-via-stream", shell.root, 0) == bad

    def test_a_failure_tells_its_code(self, make_guest: Any) -> None:
        shell = Shell(make_guest(limits=WasiLimits(file_bytes=12)))
        end = shell.good("append-via-stream", shell.opened("a.txt", "write"))
        result = shell.guest.call(self.WRITE + "blocking-write-and-flush", end, b"123")
        assert isinstance(result.value, Variant)
        assert result.value.tag == "last-operation-failed"
        code = shell.guest.call(TYPES + "filesystem-error-code", result.value.payload)
        assert code == "file-too-large"

    def test_a_stream_keeps_its_file_open(self, shell: Shell) -> None:
        file = shell.opened("a.txt", "read write")
        context = shell.guest.context
        stream = shell.good("read-via-stream", file, 0)
        writer = shell.good("append-via-stream", file)
        shell.guest.drop("filesystem/types", "descriptor", file)
        assert context.open_handles == 1
        assert shell.guest.call(self.READ + "read", stream, 5) == Ok(b"hello")
        shell.guest.drop("io/streams", "input-stream", stream)
        assert context.open_handles == 1
        shell.guest.drop("io/streams", "output-stream", writer)
        assert context.open_handles == 0


def test_handles_are_limited_and_given_back(make_guest: Any) -> None:
    shell = Shell(make_guest(limits=WasiLimits(open_handles=1)))
    file = shell.opened("a.txt")
    assert shell.open("a.txt") == Err("quota")
    shell.guest.drop("filesystem/types", "descriptor", file)
    shell.guest.drop("filesystem/types", "descriptor", shell.root)
    assert isinstance(shell.open("a.txt"), Ok), "a preopened directory stays open"
