"""Attempts to get out of the sandbox, each through preview 1 and through WASI 0.2.

Through preview 1 they are made by a core module that hands on its arguments, through 0.2 by calls
of the host's interfaces, and by a component that makes them itself. All are refused with the right
error code, and nothing outside changes.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt import Component, CoreInstance, Linker, WasiContext
from pywasm_rt.component.values import Err, Ok, Record, Variant
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import Trap
from pywasm_rt.wasi.capabilities.error_code import ErrorCode
from pywasm_rt.wasi.capabilities.host_directory import HostDirectory
from pywasm_rt.wasi.preview1 import FUNCTIONS, MODULE_NAME
from pywasm_rt.wasi.preview1.errno import errno_of
from pywasm_rt.wasi.preview2 import interfaces
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

PERMITTED = ErrorCode.NOT_PERMITTED
READ_ONLY = ErrorCode.READ_ONLY
NO_ENTRY = ErrorCode.NO_ENTRY
INVALID = ErrorCode.INVALID
LONG = ErrorCode.NAME_TOO_LONG
DIRECTORY = ErrorCode.NOT_DIRECTORY
ACROSS = ErrorCode.CROSS_DEVICE

# Each attempt: the method of a guest below, its arguments, and the code that it is refused with.
# Directories are numbered: 0 is the mount that may be written to, 1 one that may only be read,
# 2 another one that may be written to, 3 the system's /proc.
ATTEMPTS: dict[str, tuple[str, tuple[Any, ...], ErrorCode]] = {
    # `..` in every position.
    "..": ("open", (0, ".."), PERMITTED),
    ".. and a slash": ("open", (0, "../"), PERMITTED),
    "../secret": ("open", (0, "../secret"), PERMITTED),
    "down and up": ("open", (0, "a/../../secret"), PERMITTED),
    "at the end": ("open", (0, "a/b/../../.."), PERMITTED),
    "between dots": ("open", (0, "./a/./../../secret"), PERMITTED),
    "between slashes": ("open", (0, "a//..//..//secret"), PERMITTED),
    "out and in again": ("open", (0, "../mount/file"), PERMITTED),
    "through another mount": ("open", (0, "../other/file"), PERMITTED),
    "stat ..": ("stat", (0, "../secret"), PERMITTED),
    "from a subdirectory": ("open_below", (0, "a", "../../secret"), PERMITTED),
    "a missing folder and ..": ("open", (0, "missing/../../secret"), NO_ENTRY),
    "a file and ..": ("open", (0, "file/../../secret"), DIRECTORY),
    # Absolute paths.
    "/": ("open", (0, "/"), PERMITTED),
    "/etc/passwd": ("open", (0, "/etc/passwd"), PERMITTED),
    "//etc/passwd": ("open", (0, "//etc/passwd"), PERMITTED),
    "an absolute path inside": ("open", (0, "/file"), PERMITTED),
    "stat /": ("stat", (0, "/"), PERMITTED),
    # Symbolic links.
    "absolute link": ("open", (0, "absolute"), PERMITTED),
    "absolute link inside": ("open", (0, "inside_absolute"), PERMITTED),
    "relative link": ("open", (0, "relative"), PERMITTED),
    "link to ..": ("open", (0, "parent/secret"), PERMITTED),
    "link to / in the middle": ("open", (0, "root/etc/passwd"), PERMITTED),
    "a chain of links": ("open", (0, "chain/secret"), PERMITTED),
    "a winding link": ("open", (0, "winding"), PERMITTED),
    "a link to itself": ("open", (0, "loop"), ErrorCode.LOOP),
    "create through a link": ("create", (0, "new"), PERMITTED),
    "truncate through a link": ("truncate", (0, "relative"), PERMITTED),
    "stat through a link": ("stat", (0, "relative"), PERMITTED),
    "times through a link": ("set_times", (0, "relative"), PERMITTED),
    "make an absolute link": ("symlink", (0, "/etc/passwd", "made"), PERMITTED),
    "read an absolute link": ("readlink", (0, "absolute"), PERMITTED),
    # Trailing slashes.
    "absolute link and a slash": ("open", (0, "absolute/"), PERMITTED),
    "link to .. and a slash": ("open", (0, "parent/"), PERMITTED),
    "a file and a slash": ("open", (0, "file/"), DIRECTORY),
    "remove .. and a slash": ("rmdir", (0, "../folder/"), PERMITTED),
    # Hard links.
    "hard link from outside": ("link", (0, "../secret", 0, "stolen"), PERMITTED),
    "hard link through a link": ("link_following", (0, "relative", 0, "stolen"), PERMITTED),
    "hard link to outside": ("link", (0, "file", 0, "../planted"), PERMITTED),
    "hard link to a directory": ("link", (0, "a", 0, "stolen"), PERMITTED),
    "hard link into a mount to read": ("link", (0, "file", 1, "planted"), ACROSS),
    "hard link out of a mount to read": ("link", (1, "file", 0, "writable"), ACROSS),
    # Changes outside, and across mounts.
    "mkdir": ("mkdir", (0, "../planted"), PERMITTED),
    "mkdir through a link": ("mkdir", (0, "parent/planted"), PERMITTED),
    "rmdir ..": ("rmdir", (0, ".."), PERMITTED),
    "unlink": ("unlink", (0, "../secret"), PERMITTED),
    "unlink through a link": ("unlink", (0, "parent/secret"), PERMITTED),
    "rename out": ("rename", (0, "file", 0, "../planted"), PERMITTED),
    "rename in": ("rename", (0, "../secret", 0, "stolen"), PERMITTED),
    "rename through a link": ("rename", (0, "file", 0, "parent/planted"), PERMITTED),
    "rename .. itself": ("rename", (0, "..", 0, "stolen"), PERMITTED),
    "rename into a mount to read": ("rename", (0, "file", 1, "planted"), ACROSS),
    "rename out of a mount to read": ("rename", (1, "file", 0, "stolen"), ACROSS),
    "rename into another mount": ("rename", (0, "file", 2, "moved"), ACROSS),
    "hard link into another mount": ("link", (0, "file", 2, "moved"), ACROSS),
    "rename out of another mount": ("rename", (2, "../mount/file", 0, "moved"), ACROSS),
    "rename into itself": ("rename", (0, "a", 0, "a/b/c"), INVALID),
    "symlink outside": ("symlink", (0, "file", "../planted"), PERMITTED),
    # A mount that may only be read, through every function that writes.
    "create there": ("create", (1, "planted"), READ_ONLY),
    "truncate there": ("truncate", (1, "file"), READ_ONLY),
    "write there": ("open_to_write", (1, "file"), READ_ONLY),
    "mkdir there": ("mkdir", (1, "planted"), READ_ONLY),
    "rmdir there": ("rmdir", (1, "folder"), READ_ONLY),
    "unlink there": ("unlink", (1, "file"), READ_ONLY),
    "symlink there": ("symlink", (1, "file", "planted"), READ_ONLY),
    "times there": ("set_times", (1, "file"), READ_ONLY),
    "rename there": ("rename", (1, "file", 1, "moved"), READ_ONLY),
    "write below it": ("create_below", (1, "folder", "planted"), READ_ONLY),
    # The system's own doors.
    "/proc/self/root": ("open", (3, "self/root/etc/passwd"), PERMITTED),
    "/proc/self/cwd": ("open", (3, "self/cwd"), PERMITTED),
    "/proc/self/exe": ("open", (3, "self/exe"), PERMITTED),
    "/proc/thread-self/root": ("open", (3, "thread-self/root/etc"), PERMITTED),
    "a link to /proc/self/root": ("open", (0, "proc_root/etc/passwd"), PERMITTED),
    "a link to /proc/self/cwd": ("open", (0, "proc_cwd"), PERMITTED),
    # Huge paths and strange bytes.
    "a huge name": ("open", (0, "x" * 256), LONG),
    "a huge path": ("open", (0, "x/" * 3000), LONG),
    "a huge way out": ("open", (0, "../" * 3000 + "etc/passwd"), LONG),
    "a huge way round": ("open", (0, "a/../" * 900 + "../secret"), LONG),
    "many steps": ("open", (0, "a/../" * 300 + "../secret"), PERMITTED),
    "NUL": ("open", (0, "file\0"), INVALID),
    "NUL and a way out": ("open", (0, "a\0/../../secret"), INVALID),
    "NUL at the end of ..": ("open", (0, "..\0"), INVALID),
    "an empty path": ("open", (0, ""), NO_ENTRY),
}


class Preview1Guest:
    """Makes the attempts through a core module; the answers are error numbers."""

    def __init__(self, context: WasiContext, engine_name: str) -> None:
        module = encode(parse(trampolines()))
        self.instance = CoreInstance(module, wasi=context, engine=get_engine(engine_name))
        self.last_fd = 0

    def call(self, name: str, *arguments: int | str) -> int:
        """Call a function; a text becomes its address and its length."""
        flat: list[int] = []
        address = 1024
        for argument in arguments:
            if isinstance(argument, int):
                flat.append(argument)
            else:
                data = argument.encode()
                self.instance.memory.write(address, data)
                flat += [address, len(data)]
                address += len(data) + 8
        errno: int = self.instance[name](*flat)
        return errno

    def open_at(
        self, fd: int, path: str, oflags: int = 0, rights: int = 0x2, flags: int = 0
    ) -> int:
        errno = self.call("path_open", fd, 1, path, oflags, rights, 0, flags, 8)
        self.last_fd = int.from_bytes(self.instance.memory.read(8, 4), "little")
        return errno

    def open(self, mount: int, path: str) -> int:
        return self.open_at(3 + mount, path)

    def open_below(self, mount: int, folder: str, path: str) -> int:
        assert self.open_at(3 + mount, folder) == 0
        return self.open_at(self.last_fd, path)

    def create(self, mount: int, path: str) -> int:
        return self.open_at(3 + mount, path, oflags=1, rights=0x42)

    def create_below(self, mount: int, folder: str, path: str) -> int:
        assert self.open_at(3 + mount, folder) == 0
        return self.open_at(self.last_fd, path, oflags=1, rights=0x42)

    def truncate(self, mount: int, path: str) -> int:
        return self.open_at(3 + mount, path, oflags=8, rights=0x42)

    def open_to_write(self, mount: int, path: str) -> int:
        return self.open_at(3 + mount, path, rights=0x42)

    def stat(self, mount: int, path: str) -> int:
        return self.call("path_filestat_get", 3 + mount, 1, path, 16)

    def set_times(self, mount: int, path: str) -> int:
        return self.call("path_filestat_set_times", 3 + mount, 1, path, 0, 0, 0b1010)

    def readlink(self, mount: int, path: str) -> int:
        return self.call("path_readlink", 3 + mount, path, 64, 100, 8)

    def symlink(self, mount: int, contents: str, path: str) -> int:
        return self.call("path_symlink", contents, 3 + mount, path)

    def link(self, mount: int, path: str, new_mount: int, new_path: str) -> int:
        return self.call("path_link", 3 + mount, 0, path, 3 + new_mount, new_path)

    def link_following(self, mount: int, path: str, new_mount: int, new_path: str) -> int:
        return self.call("path_link", 3 + mount, 1, path, 3 + new_mount, new_path)

    def rename(self, mount: int, path: str, new_mount: int, new_path: str) -> int:
        return self.call("path_rename", 3 + mount, path, 3 + new_mount, new_path)

    def mkdir(self, mount: int, path: str) -> int:
        return self.call("path_create_directory", 3 + mount, path)

    def rmdir(self, mount: int, path: str) -> int:
        return self.call("path_remove_directory", 3 + mount, path)

    def unlink(self, mount: int, path: str) -> int:
        return self.call("path_unlink_file", 3 + mount, path)


def trampolines() -> str:
    """A module with an export of the same name for each function of preview 1."""
    imports, functions = [], []
    for row in FUNCTIONS:
        types = " ".join({"i": "i32", "I": "i64"}[letter] for letter in row.parameters)
        parameters = f"(param {types})" if types else ""
        result = "(result i32)" if row.returns_errno else ""
        name = row.name
        imports.append(f'(import "{MODULE_NAME}" "{name}" (func ${name} {parameters} {result}))')
        given = " ".join(f"(local.get {n})" for n in range(len(row.parameters)))
        functions.append(f'(func (export "{name}") {parameters} {result} (call ${name} {given}))')
    return f'(module {"".join(imports)} (memory (export "memory") 2) {"".join(functions)})'


NONE: frozenset[str] = frozenset()
FOLLOW = frozenset({"symlink-follow"})
READ = frozenset({"read"})
WRITE = frozenset({"read", "write"})
KEEP, NOW = Variant("no-change"), Variant("now")


class Preview2Guest:
    """Makes the attempts through the host's interfaces; the answers are results."""

    def __init__(self, context: WasiContext) -> None:
        self.functions = {
            interface.name.removeprefix("wasi:"): interface.functions
            for interface in interfaces(context)
        }
        directories: Any = self.functions["filesystem/preopens"]["get-directories"]()
        self.mounts = [descriptor for descriptor, _ in directories]

    def call(self, name: str, descriptor: Any, *arguments: object) -> Any:
        return self.functions["filesystem/types"][f"[method]descriptor.{name}"](
            descriptor, *arguments
        )

    def open_at(self, base: Any, path: str, how: str = "", flags: frozenset[str] = READ) -> Any:
        return self.call("open-at", base, FOLLOW, path, frozenset(how.split()), flags)

    def open(self, mount: int, path: str) -> Any:
        return self.open_at(self.mounts[mount], path)

    def below(self, mount: int, folder: str) -> Any:
        opened = self.open_at(self.mounts[mount], folder, "directory")
        assert isinstance(opened, Ok)
        return opened.value

    def open_below(self, mount: int, folder: str, path: str) -> Any:
        return self.open_at(self.below(mount, folder), path)

    def create(self, mount: int, path: str) -> Any:
        return self.open_at(self.mounts[mount], path, "create", WRITE)

    def create_below(self, mount: int, folder: str, path: str) -> Any:
        return self.open_at(self.below(mount, folder), path, "create", WRITE)

    def truncate(self, mount: int, path: str) -> Any:
        return self.open_at(self.mounts[mount], path, "truncate", WRITE)

    def open_to_write(self, mount: int, path: str) -> Any:
        return self.open_at(self.mounts[mount], path, "", WRITE)

    def stat(self, mount: int, path: str) -> Any:
        return self.call("stat-at", self.mounts[mount], FOLLOW, path)

    def set_times(self, mount: int, path: str) -> Any:
        return self.call("set-times-at", self.mounts[mount], FOLLOW, path, NOW, KEEP)

    def readlink(self, mount: int, path: str) -> Any:
        return self.call("readlink-at", self.mounts[mount], path)

    def symlink(self, mount: int, contents: str, path: str) -> Any:
        return self.call("symlink-at", self.mounts[mount], contents, path)

    def link(self, mount: int, path: str, new_mount: int, new_path: str) -> Any:
        target = self.mounts[new_mount]
        return self.call("link-at", self.mounts[mount], NONE, path, target, new_path)

    def link_following(self, mount: int, path: str, new_mount: int, new_path: str) -> Any:
        target = self.mounts[new_mount]
        return self.call("link-at", self.mounts[mount], FOLLOW, path, target, new_path)

    def rename(self, mount: int, path: str, new_mount: int, new_path: str) -> Any:
        return self.call("rename-at", self.mounts[mount], path, self.mounts[new_mount], new_path)

    def mkdir(self, mount: int, path: str) -> Any:
        return self.call("create-directory-at", self.mounts[mount], path)

    def rmdir(self, mount: int, path: str) -> Any:
        return self.call("remove-directory-at", self.mounts[mount], path)

    def unlink(self, mount: int, path: str) -> Any:
        return self.call("unlink-file-at", self.mounts[mount], path)


class ComponentGuest:
    """Makes the attempts in a component; the answers are numbers of error codes, or -1."""

    CREATE, TRUNCATE = 1, 8
    READ, READ_AND_WRITE = 1, 3

    def __init__(self, context: WasiContext, engine_name: str, component: Component) -> None:
        linker = Linker(get_engine(engine_name))
        linker.define_wasi(context)
        self.instance = linker.instantiate(component)

    def call(self, name: str, *arguments: int | str) -> int:
        answer: int = self.instance.function(name)(*arguments)
        return answer

    def open(self, mount: int, path: str) -> int:
        return self.call("open", mount, path, 0, self.READ)

    def open_below(self, mount: int, folder: str, path: str) -> int:
        return self.call("open-below", mount, folder, path, 0, self.READ)

    def create(self, mount: int, path: str) -> int:
        return self.call("open", mount, path, self.CREATE, self.READ_AND_WRITE)

    def create_below(self, mount: int, folder: str, path: str) -> int:
        return self.call("open-below", mount, folder, path, self.CREATE, self.READ_AND_WRITE)

    def truncate(self, mount: int, path: str) -> int:
        return self.call("open", mount, path, self.TRUNCATE, self.READ_AND_WRITE)

    def open_to_write(self, mount: int, path: str) -> int:
        return self.call("open", mount, path, 0, self.READ_AND_WRITE)

    def link(self, mount: int, path: str, new_mount: int, new_path: str) -> int:
        return self.call("link", mount, path, new_mount, new_path, 0)

    def link_following(self, mount: int, path: str, new_mount: int, new_path: str) -> int:
        return self.call("link", mount, path, new_mount, new_path, 1)

    def __getattr__(self, method: str) -> Callable[..., int]:
        """The other methods are functions of the guest's as they are."""
        return functools.partial(self.call, method.replace("_", "-"))


@pytest.fixture(scope="module")
def component() -> Component:
    """The guest that makes the attempts itself."""
    return Component.from_file(Path(__file__).parent / "guests" / "escapes.wat")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder with a secret and three folders that are mounted, with links to the outside."""
    for name in ("mount/a/b", "read-only/folder", "other", "folder"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("secret", "mount/file", "read-only/file", "other/file"):
        (tmp_path / name).write_text(name)
    for name, target in {
        "absolute": tmp_path / "secret",
        "inside_absolute": tmp_path / "mount" / "file",
        "relative": "../secret",
        "parent": "..",
        "root": "/",
        "chain": "a/chain",
        "a/chain": "../parent",
        "winding": "a/b/../../a/.././../secret",
        "loop": "loop",
        "new": "../planted",
        "proc_root": "/proc/self/root",
        "proc_cwd": "/proc/self/cwd",
    }.items():
        (tmp_path / "mount" / name).symlink_to(target)
    return tmp_path


@pytest.fixture
def context(outside: Path) -> Iterator[WasiContext]:
    """What a guest is given."""
    read_only = HostDirectory(outside / "read-only", read_only=True)
    directories: dict[str, Any] = {
        "/": outside / "mount",
        "/read-only": read_only,
        "/other": outside / "other",
    }
    if Path("/proc/self").exists():
        directories["/proc"] = "/proc"
    with WasiContext(directories=directories) as context:
        yield context
    read_only.close()


def everything(folder: Path) -> dict[str, tuple[Any, ...]]:
    """All that is below a folder, with contents and times."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        contents = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (contents, status.st_nlink, status.st_mtime_ns, status.st_mode)
    return found


def check_proc(mount: object) -> None:
    if mount == 3 and not Path("/proc/self").exists():
        pytest.skip("no /proc on this system")


def test_there_are_enough() -> None:
    assert len(ATTEMPTS) >= 40


@pytest.mark.parametrize("what", ATTEMPTS)
def test_preview_1_refuses(
    context: WasiContext, outside: Path, engine_name: str, what: str
) -> None:
    method, arguments, code = ATTEMPTS[what]
    check_proc(arguments[0])
    guest = Preview1Guest(context, engine_name)
    before = everything(outside)
    assert getattr(guest, method)(*arguments) == errno_of(code)
    assert everything(outside) == before


@pytest.mark.parametrize("what", ATTEMPTS)
def test_preview_2_refuses(context: WasiContext, outside: Path, what: str) -> None:
    method, arguments, code = ATTEMPTS[what]
    check_proc(arguments[0])
    guest = Preview2Guest(context)
    before = everything(outside)
    assert getattr(guest, method)(*arguments) == Err(code.value)
    assert everything(outside) == before


@pytest.mark.parametrize("what", ATTEMPTS)
def test_a_component_is_refused(
    context: WasiContext, outside: Path, engine_name: str, component: Component, what: str
) -> None:
    method, arguments, code = ATTEMPTS[what]
    check_proc(arguments[0])
    guest = ComponentGuest(context, engine_name, component)
    before = everything(outside)
    assert getattr(guest, method)(*arguments) == list(ErrorCode).index(code)
    assert everything(outside) == before


def test_a_component_may_do_what_is_allowed(
    context: WasiContext, outside: Path, engine_name: str, component: Component
) -> None:
    """Each of its functions, so that a refusal is not for want of something else."""
    guest = ComponentGuest(context, engine_name, component)
    done = [
        guest.open(0, "file"),
        guest.open(1, "file"),
        guest.open_below(0, "a", "b"),
        guest.open_to_write(0, "file"),
        guest.create(0, "made"),
        guest.create_below(0, "a", "made"),
        guest.truncate(0, "made"),
        guest.stat(0, "file"),
        guest.set_times(0, "file"),
        guest.readlink(0, "relative"),
        guest.symlink(0, "file", "soft"),
        guest.link(0, "made", 0, "hard"),
        guest.link_following(0, "soft", 0, "followed"),
        guest.rename(0, "made", 0, "renamed"),
        guest.mkdir(0, "folder"),
        guest.rmdir(0, "folder"),
        guest.unlink(0, "hard"),
    ]
    assert done == [-1] * len(done)
    made = {path.name for path in (outside / "mount").iterdir()}
    assert {"soft", "followed", "renamed"} <= made
    assert not {"made", "hard", "folder"} & made


def test_a_descriptor_of_the_host_s_is_none_of_the_guest_s(
    context: WasiContext, engine_name: str, outside: Path
) -> None:
    """Numbers mean what the guest opened, never what the process has open."""
    guest = Preview1Guest(context, engine_name)
    descriptor = os.open(outside / "secret", os.O_RDONLY)
    try:
        for number in (descriptor, 99, 2**31, 2**32 - 1):
            if number > 6:
                assert guest.call("fd_read", number, 0, 1, 8) == errno_of(ErrorCode.BAD_DESCRIPTOR)
                assert guest.open_at(number, "file") == errno_of(ErrorCode.BAD_DESCRIPTOR)
    finally:
        os.close(descriptor)


def test_a_descriptor_that_was_opened_to_read_does_not_write(
    context: WasiContext, engine_name: str
) -> None:
    guest = Preview1Guest(context, engine_name)
    assert guest.open(1, "file") == 0
    assert guest.call("fd_write", guest.last_fd, 0, 1, 8) == errno_of(ErrorCode.BAD_DESCRIPTOR)
    assert guest.call("fd_filestat_set_size", guest.last_fd, 0) != 0
    assert guest.call("fd_allocate", guest.last_fd, 0, 10) != 0


@pytest.mark.parametrize("path", [b"\xff", b"a/\xc3\x28", b"\xed\xa0\x80", b"..\xff/secret"])
def test_paths_that_are_no_text(context: WasiContext, engine_name: str, path: bytes) -> None:
    guest = Preview1Guest(context, engine_name)
    guest.instance.memory.write(1024, path)
    errno = guest.instance["path_open"](3, 1, 1024, len(path), 0, 2, 0, 0, 8)
    assert errno == errno_of(ErrorCode.ILLEGAL_BYTE_SEQUENCE)


def test_a_path_beyond_memory(context: WasiContext, engine_name: str) -> None:
    guest = Preview1Guest(context, engine_name)
    for address, length in ((2**32 - 1, 4), (131_070, 100), (0, 2**32 - 1)):
        with pytest.raises(Trap, match="out of bounds"):
            guest.instance["path_open"](3, 1, address, length, 0, 2, 0, 0, 8)


def test_sockets_need_a_grant(context: WasiContext, engine_name: str) -> None:
    guest = Preview1Guest(context, engine_name)
    for function, arguments in (
        ("sock_accept", (3, 0, 8)),
        ("sock_recv", (3, 0, 1, 0, 8, 12)),
        ("sock_send", (3, 0, 1, 0, 8)),
        ("sock_shutdown", (3, 1)),
    ):
        assert guest.call(function, *arguments) == 57, "ENOTSOCK"
        assert guest.call(function, 99, *arguments[1:]) == errno_of(ErrorCode.BAD_DESCRIPTOR)


@pytest.fixture
def call(context: WasiContext) -> Callable[..., Any]:
    """Calls a function of 0.2's sockets."""
    guest = Preview2Guest(context)

    def call_function(interface: str, name: str, *arguments: object) -> Any:
        return guest.functions[f"sockets/{interface}"][name](*arguments)

    return call_function


def address(last: int) -> Variant:
    """A socket address of this machine's."""
    return Variant("ipv4", Record(port=80, address=(127, 0, 0, last)))


def test_sockets_of_0_2_need_a_grant(call: Callable[..., Any]) -> None:
    denied = Err("access-denied")
    network = call("instance-network", "instance-network")
    tcp = call("tcp-create-socket", "create-tcp-socket", "ipv4").value
    assert call("tcp", "[method]tcp-socket.start-connect", tcp, network, address(1)) == denied
    tcp = call("tcp-create-socket", "create-tcp-socket", "ipv4").value
    assert call("tcp", "[method]tcp-socket.start-bind", tcp, network, address(1)) == denied
    udp = call("udp-create-socket", "create-udp-socket", "ipv4").value
    assert call("udp", "[method]udp-socket.start-bind", udp, network, address(1)) == denied
    looking_up = call("ip-name-lookup", "resolve-addresses", network, "localhost")
    with pytest.raises(StopIteration) as ended:
        next(looking_up)
    assert ended.value.value == denied, "it is refused before anything is asked"
