"""Ways out of a mounted directory of the machine's, all of them closed."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pywasm_rt.errors import ConfigError
from pywasm_rt.wasi.capabilities import host_directory, path_walk
from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.filesystem import Directory, File, FileType, OpenOptions
from pywasm_rt.wasi.capabilities.host_directory import HostDirectory

READ = OpenOptions(read=True)
CREATE = OpenOptions(read=True, write=True, create=True)
NOT_PERMITTED = ErrorCode.NOT_PERMITTED


def code(call: Callable[[], object]) -> ErrorCode | None:
    """The code with which a call fails, None if it does not."""
    try:
        call()
    except FilesystemError as error:
        return error.code
    return None


@pytest.fixture
def world_outside(tmp_path: Path) -> Path:
    """A folder with a secret, and ``mount`` in it, with all sorts of links to the outside."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "secret").write_text("secret")
    mount = tmp_path / "mount"
    (mount / "a" / "b").mkdir(parents=True)
    (mount / "file").write_text("inside")
    (mount / "a" / "file").write_text("inside")
    for name, target in {
        "absolute": tmp_path / "secret",
        "absolute_folder": tmp_path / "folder",
        "root": "/",
        "relative": "../secret",
        "parent": "..",
        "parent_slash": "../",
        "chain": "chain1",
        "chain1": "a/chain2",
        "a/chain2": "../parent",
        "a/b/up": "../../..",
        "a/b/winding": "./.././b/../../../folder",
        "through": "a/b/up/secret",
        "dots": "a/../../secret",
        "sneaky": "a/b/../../../secret",
        "new": "../created",
        "long": "a/" + "../a/" * 200 + "../../secret",
        "dangling_absolute": "/no/such/thing",
        "proc_root": "/proc/self/root",
        "proc_cwd": "/proc/self/cwd/secret",
        "inside_absolute": mount / "file",
    }.items():
        (mount / name).symlink_to(target)
    return tmp_path


@pytest.fixture
def mounted(world_outside: Path) -> Iterator[HostDirectory]:
    """The mount."""
    directory = HostDirectory(world_outside / "mount")
    yield directory
    directory.close()


# Paths that name something beyond the mount, whichever way.
ESCAPES = """
.. ../ ../. ../.. ../secret ../mount/file ../mount a/../../secret a/b/../../.. a/../..
./../secret .//..//secret a//..//..//secret a/b/../../../folder/secret
/ // /etc/passwd /file /../secret
absolute absolute/ absolute_folder absolute_folder/ absolute_folder/secret
root root/ root/etc/passwd relative relative/ parent parent/ parent/secret parent/mount/file
parent_slash/secret parent/../.. chain chain/secret chain1/ a/chain2/secret a/b/up a/b/up/secret
a/b/winding a/b/winding/secret through dots sneaky long new dangling_absolute
proc_root/etc/passwd proc_cwd inside_absolute
""".split()


def attempts(directory: Directory, path: str) -> dict[str, Callable[[], object]]:
    """Everything that may be tried with a path that is resolved to its end."""
    return {
        "open": lambda: directory.open_at(path, READ),
        "open directory": lambda: directory.open_at(path, OpenOptions(read=True, directory=True)),
        "create": lambda: directory.open_at(path, CREATE),
        "truncate": lambda: directory.open_at(path, OpenOptions(write=True, truncate=True)),
        "status": lambda: directory.status_at(path, follow_symlinks=True),
        "times": lambda: directory.set_times_at(path, 1, 1, follow_symlinks=True),
        "link from": lambda: directory.link_at(path, directory, "stolen", follow_symlinks=True),
    }


def outside(world: Path) -> list[tuple[str, int, int]]:
    """What there is beyond the mount, with sizes and times."""
    found = []
    for path in sorted(world.rglob("*")):
        if not path.is_relative_to(world / "mount"):
            status = path.lstat()
            found.append((str(path), status.st_size, status.st_mtime_ns))
    return found


@pytest.mark.parametrize("path", ESCAPES)
def test_no_path_leads_out(mounted: HostDirectory, world_outside: Path, path: str) -> None:
    before = outside(world_outside)
    for what, attempt in attempts(mounted, path).items():
        # A slash at the end of something to be created is a fault of its own.
        expected = {NOT_PERMITTED}
        if what == "create" and path.endswith("/"):
            expected.add(ErrorCode.IS_DIRECTORY)
        assert code(attempt) in expected, what
    assert outside(world_outside) == before


# Those whose last component is beyond the mount: links as such may be renamed and removed.
@pytest.mark.parametrize(
    "path",
    [path for path in ESCAPES if "/" in path.strip("/") and path not in ("a/b/up", "a/b/winding")],
)
def test_nothing_is_made_or_removed_outside(
    mounted: HostDirectory, world_outside: Path, path: str
) -> None:
    before = outside(world_outside)
    for what, attempt in {
        "create directory": lambda: mounted.create_directory_at(path),
        "remove directory": lambda: mounted.remove_directory_at(path),
        "unlink": lambda: mounted.unlink_file_at(path),
        "rename from": lambda: mounted.rename_at(path, mounted, "stolen"),
        "rename to": lambda: mounted.rename_at("file", mounted, path),
        "link to": lambda: mounted.link_at("file", mounted, path, follow_symlinks=False),
        "symlink": lambda: mounted.symlink_at("file", path),
        "read link": lambda: mounted.read_link_at(path),
        "status": lambda: mounted.status_at(path + "/x", follow_symlinks=False),
    }.items():
        assert code(attempt) is NOT_PERMITTED, what
    assert outside(world_outside) == before


def test_links_to_the_outside_are_only_names(mounted: HostDirectory) -> None:
    status = mounted.status_at("absolute", follow_symlinks=False)
    assert status.type is FileType.SYMBOLIC_LINK
    assert code(lambda: mounted.read_link_at("absolute")) is NOT_PERMITTED
    assert mounted.read_link_at("relative") == "../secret"
    no_follow = OpenOptions(read=True, follow_symlinks=False)
    assert code(lambda: mounted.open_at("absolute", no_follow)) is ErrorCode.LOOP
    mounted.rename_at("absolute", mounted, "renamed")
    mounted.link_at("renamed", mounted, "again", follow_symlinks=False)
    mounted.unlink_file_at("renamed")
    assert code(lambda: mounted.open_at("again", READ)) is NOT_PERMITTED


def test_exclusive_creation_does_not_look_through_a_link(
    mounted: HostDirectory, world_outside: Path
) -> None:
    exclusive = OpenOptions(write=True, create=True, exclusive=True)
    assert code(lambda: mounted.open_at("new", exclusive)) is ErrorCode.EXIST
    assert not (world_outside / "created").exists()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc on this system")
@pytest.mark.parametrize(
    "path", ["self/root", "self/root/etc", "self/cwd", "self/exe", "thread-self/root/etc/passwd"]
)
def test_magic_links_are_links(path: str) -> None:
    mounted = HostDirectory("/proc")
    assert code(lambda: mounted.open_at(path, READ)) is NOT_PERMITTED
    mounted.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc on this system")
def test_a_descriptor_of_ours_is_not_reached_through_proc(world_outside: Path) -> None:
    mounted = HostDirectory("/proc")
    with (world_outside / "secret").open() as secret:
        path = f"self/fd/{secret.fileno()}"
        assert code(lambda: mounted.open_at(path, READ)) is NOT_PERMITTED
    reader, writer = os.pipe()
    expected = ErrorCode.NO_ENTRY  # its link reads pipe:[number]: a name like any other
    assert code(lambda: mounted.open_at(f"self/fd/{reader}", READ)) is expected
    os.close(reader)
    os.close(writer)
    mounted.close()


class TestRaces:
    """Others change the tree while a path is being resolved."""

    def after_entering(
        self, monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[], None]
    ) -> None:
        """Do ``change`` once, just after a walk went into ``name``."""
        enter = host_directory._HostTree.enter
        pending = [change]

        def entering(tree: object, directory: int, entered: str) -> object:
            found = enter(tree, directory, entered)  # type: ignore[arg-type]
            if entered == name and pending:
                pending.pop()()
            return found

        monkeypatch.setattr(host_directory._HostTree, "enter", entering)

    def test_a_directory_becomes_a_link_before_it_is_entered(
        self, mounted: HostDirectory, world_outside: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def change() -> None:
            (world_outside / "mount/a/b").rename(world_outside / "mount/a/was_b")
            (world_outside / "mount/a/b").symlink_to("../../folder")

        self.after_entering(monkeypatch, "a", change)
        assert code(lambda: mounted.open_at("a/b/secret", READ)) is NOT_PERMITTED

    def test_a_file_becomes_a_link_before_it_is_opened(
        self, mounted: HostDirectory, world_outside: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def change() -> None:
            (world_outside / "mount/a/file").unlink()
            (world_outside / "mount/a/file").symlink_to(world_outside / "secret")

        self.after_entering(monkeypatch, "a", change)
        assert code(lambda: mounted.open_at("a/file", CREATE)) is NOT_PERMITTED

    def test_a_directory_is_moved_out_while_a_walk_is_in_it(
        self, mounted: HostDirectory, world_outside: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def change() -> None:
            (world_outside / "mount/a/b").rename(world_outside / "folder/b")

        self.after_entering(monkeypatch, "b", change)
        # Outside, ``b/../secret`` is a file: the walk goes back where it came from instead.
        assert code(lambda: mounted.open_at("a/b/../secret", READ)) is ErrorCode.NO_ENTRY

    def test_a_way_that_has_to_be_found_again_is_not_followed_through_links(
        self, world_outside: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mount = world_outside / "mount"
        deep = mount.joinpath(*["d"] * 60)
        deep.mkdir(parents=True)
        (deep / "last").mkdir()

        def change() -> None:
            (mount / "d").rename(mount / "moved")
            (mount / "d").symlink_to("..")

        mounted = HostDirectory(mount)
        self.after_entering(monkeypatch, "last", change)
        path = "d/" * 60 + "last/" + "../" * 61 + "secret"
        assert code(lambda: mounted.open_at(path, READ)) is ErrorCode.NO_ENTRY
        mounted.close()

    def test_a_link_that_comes_and_goes(self, mounted: HostDirectory, world_outside: Path) -> None:
        """Somebody swaps a directory for a link to the outside and back, as fast as possible."""
        mount = world_outside / "mount"
        (mount / "good").mkdir()
        (mount / "good/secret").write_text("inside")
        (mount / "evil").symlink_to("../folder")
        stop = threading.Event()

        def swap() -> None:
            while not stop.is_set():
                (mount / "good").rename(mount / "swapped")
                (mount / "evil").rename(mount / "good")
                (mount / "good").rename(mount / "evil")
                (mount / "swapped").rename(mount / "good")

        thread = threading.Thread(target=swap)
        thread.start()
        outcomes: set[object] = set()
        try:
            for _ in range(3000):
                try:
                    file = mounted.open_at("good/secret", READ)
                except FilesystemError as error:
                    outcomes.add(error.code)
                else:
                    assert isinstance(file, File)
                    outcomes.add(file.read_at(10, 0))
                    file.close()
        finally:
            stop.set()
            thread.join()
        # The last: a link when it was entered, and a directory again when it was read as a link.
        harmless = {NOT_PERMITTED, ErrorCode.NO_ENTRY, ErrorCode.NOT_DIRECTORY}
        assert outcomes <= harmless | {b"inside"}


class TestSpecialFiles:
    def test_opening_never_waits(self, mounted: HostDirectory, world_outside: Path) -> None:
        os.mkfifo(world_outside / "mount/fifo")
        file = mounted.open_at("fifo", READ)
        assert isinstance(file, File)
        assert file.status().type is FileType.FIFO
        assert code(lambda: file.read_at(1, 0)) is ErrorCode.INVALID_SEEK
        file.close()
        write = OpenOptions(write=True)
        assert code(lambda: mounted.open_at("fifo", write)) is ErrorCode.NO_SUCH_DEVICE

    def test_sockets_are_not_opened(self, mounted: HostDirectory, world_outside: Path) -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(world_outside / "mount/s"))
            assert code(lambda: mounted.open_at("s", READ)) is ErrorCode.NO_SUCH_DEVICE
            kinds = {entry.name: entry.type for entry in mounted.entries()}
            assert kinds["s"] is FileType.SOCKET

    def test_names_that_are_not_utf_8(self, mounted: HostDirectory, world_outside: Path) -> None:
        (world_outside / "mount" / os.fsdecode(b"\xff")).write_text("odd")
        (world_outside / "mount/odd").symlink_to(os.fsdecode(b"\xff"))
        file = mounted.open_at("odd", READ)
        assert isinstance(file, File)
        assert file.read_at(10, 0) == b"odd"
        names = [entry.name for entry in mounted.entries()]
        assert "\udcff" in names


class TestDescriptors:
    def open_descriptors(self) -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc on this system")
    def test_none_is_left_open(self, world_outside: Path) -> None:
        before = self.open_descriptors()
        for _ in range(20):
            mounted = HostDirectory(world_outside / "mount")
            for path in (*ESCAPES, "a/b/../file", "a/b", "file", "no", "a/no/x", "file/x"):
                for attempt in attempts(mounted, path).values():
                    code(attempt)
            mounted.close()
        assert self.open_descriptors() == before

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc on this system")
    def test_a_long_way_down_holds_few(
        self, world_outside: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mount = world_outside / "mount"
        mount.joinpath(*["d"] * 200).mkdir(parents=True)
        mounted = HostDirectory(mount)
        before = self.open_descriptors()
        most = 0
        advance = path_walk.PathWalk._enter

        def counting(walk: path_walk.PathWalk[int], component: str) -> None:
            nonlocal most
            advance(walk, component)
            most = max(most, self.open_descriptors() - before)

        monkeypatch.setattr(path_walk.PathWalk, "_enter", counting)
        mounted.status_at("d/" * 200 + "../" * 200, follow_symlinks=True)
        assert 0 < most <= 32
        mounted.close()


@pytest.mark.parametrize("path", ["no/such/place", "mount/file", "nul\0"])
def test_what_cannot_be_mounted(world_outside: Path, path: str) -> None:
    with pytest.raises(ConfigError, match="cannot mount directory"):
        HostDirectory(world_outside / path)


def test_a_mount_may_itself_be_reached_through_a_link(world_outside: Path) -> None:
    (world_outside / "alias").symlink_to("mount")
    mounted = HostDirectory(world_outside / "alias")
    assert isinstance(mounted.open_at("file", READ), File)
    mounted.close()


class TestOtherSystems:
    """What other systems than Linux would answer."""

    def test_appending_without_help_of_the_system(
        self, mounted: HostDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> int:
            raise OSError(errno.EOPNOTSUPP, "not here")

        monkeypatch.setattr(os, "pwritev", refuse)
        file = mounted.open_at("file", CREATE)
        assert isinstance(file, File)
        assert file.append(b"!") == 1
        assert file.read_at(10, 0) == b"inside!"
        monkeypatch.delattr(os, "RWF_APPEND")
        assert file.append(b"!") == 1
        assert file.read_at(10, 0) == b"inside!!"
        file.close()

    def test_unlinking_a_directory_as_posix_answers(
        self, mounted: HostDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(errno.EPERM, "POSIX says so")

        monkeypatch.setattr(os, "unlink", refuse)
        assert code(lambda: mounted.unlink_file_at("a")) is ErrorCode.IS_DIRECTORY
        assert code(lambda: mounted.unlink_file_at("file")) is NOT_PERMITTED

    def test_a_system_that_cannot_work_relative_to_a_directory(
        self, world_outside: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "supports_dir_fd", set())
        with pytest.raises(ConfigError, match="cannot be mounted on this system"):
            HostDirectory(world_outside / "mount")
