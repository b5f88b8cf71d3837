"""Directories of the machine that we run on, as capabilities.

Every step is relative to an open directory (``openat`` and its family) and none follows a symbolic
link, so that no change that others make to the tree at the same time leads outside. Needs a POSIX
system.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pywasm_rt.errors import ConfigError, Fault
from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.filesystem import (
    DirectoryEntry,
    File,
    FileStatus,
    FileType,
    NewTime,
    OpenOptions,
    TimeChange,
)
from pywasm_rt.wasi.capabilities.path_walk import SymbolicLink
from pywasm_rt.wasi.capabilities.tree_directory import Tree, TreeDirectory

__all__ = ["HostDirectory", "HostFile"]

_TYPES = {
    stat.S_IFBLK: FileType.BLOCK_DEVICE,
    stat.S_IFCHR: FileType.CHARACTER_DEVICE,
    stat.S_IFDIR: FileType.DIRECTORY,
    stat.S_IFIFO: FileType.FIFO,
    stat.S_IFLNK: FileType.SYMBOLIC_LINK,
    stat.S_IFREG: FileType.REGULAR_FILE,
    stat.S_IFSOCK: FileType.SOCKET,
}
# What open says of a symbolic link that it was told not to follow (the last is FreeBSD's).
_LINK_ERRORS = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)


def _flag(name: str) -> int:
    """A flag of ``open``, 0 where the system does not have it."""
    value: int = getattr(os, name, 0)
    return value


_OPEN_FLAGS = _flag("O_CLOEXEC") | _flag("O_NOFOLLOW")
_DIRECTORY_FLAGS = _OPEN_FLAGS | _flag("O_DIRECTORY")
_WALK_FLAGS = _DIRECTORY_FLAGS | _flag("O_PATH")
# Non-blocking, so that opening a FIFO or a device never waits.
_FILE_FLAGS = _OPEN_FLAGS | _flag("O_NONBLOCK") | _flag("O_NOCTTY")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except OSError as error:
        raise FilesystemError.from_os_error(error) from error
    except OverflowError as error:
        raise FilesystemError(ErrorCode.OVERFLOW) from error


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _status(result: os.stat_result) -> FileStatus:
    return FileStatus(
        type=_TYPES.get(stat.S_IFMT(result.st_mode), FileType.UNKNOWN),
        identity=(result.st_dev, result.st_ino),
        link_count=result.st_nlink,
        size_bytes=result.st_size,
        accessed_ns=result.st_atime_ns,
        modified_ns=result.st_mtime_ns,
        changed_ns=result.st_ctime_ns,
    )


def _new_times(before: os.stat_result, accessed: NewTime, modified: NewTime) -> tuple[int, int]:
    """The times to set, where ``KEEP`` is the present one."""
    now_ns = time.time_ns()

    def chosen(change: NewTime, present_ns: int) -> int:
        if change is TimeChange.KEEP:
            return present_ns
        return now_ns if isinstance(change, TimeChange) else change

    return chosen(accessed, before.st_atime_ns), chosen(modified, before.st_mtime_ns)


class HostFile(File):
    """An open file of the machine's; it owns the file descriptor."""

    def __init__(self, descriptor: int, options: OpenOptions, *, mutable: bool) -> None:
        super().__init__(
            readable=options.read,
            writable=options.write,
            mutable=mutable,
            max_file_bytes=options.max_file_bytes,
        )
        self._descriptor: int | None = descriptor

    def __del__(self) -> None:
        if getattr(self, "_descriptor", None) is not None:
            self.close()

    def status(self) -> FileStatus:
        """What the system knows of it."""
        with _translated():
            return _status(os.fstat(self._open_descriptor()))

    def synchronize(self, *, data_only: bool = False) -> None:
        """``fsync``, or ``fdatasync`` where there is one."""
        if self.writable:
            with _translated():
                _synchronize(self._open_descriptor(), data_only=data_only)

    def close(self) -> None:
        """Close the file descriptor."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise FilesystemError(ErrorCode.BAD_DESCRIPTOR, "the file is closed")
        return self._descriptor

    def _read(self, count: int, offset: int) -> bytes:
        with _translated():
            return os.pread(self._open_descriptor(), count, offset)

    def _write(self, data: bytes, offset: int) -> int:
        with _translated():
            return os.pwrite(self._open_descriptor(), data, offset)

    def _append(self, data: bytes) -> int:
        descriptor = self._open_descriptor()
        with _translated():
            append = _flag("RWF_APPEND")
            if append:
                try:
                    return os.pwritev(descriptor, [data], 0, append)
                except OSError as error:
                    if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS):
                        raise
            return os.pwrite(descriptor, data, os.fstat(descriptor).st_size)

    def _set_size(self, size_bytes: int) -> None:
        with _translated():
            os.ftruncate(self._open_descriptor(), size_bytes)

    def _set_times(self, accessed: NewTime, modified: NewTime) -> None:
        descriptor = self._open_descriptor()
        with _translated():
            os.utime(descriptor, ns=_new_times(os.fstat(descriptor), accessed, modified))


def _synchronize(descriptor: int, *, data_only: bool) -> None:
    if data_only and hasattr(os, "fdatasync"):
        os.fdatasync(descriptor)
    else:
        os.fsync(descriptor)


class _HostTree(Tree[int]):
    """One mount; a node is a file descriptor of a directory."""

    def enter(self, directory: int, name: str) -> int | SymbolicLink:
        try:
            return os.open(_encoded(name), _WALK_FLAGS, dir_fd=directory)
        except OSError as error:
            if link := self._link_behind(error, directory, name):
                return link
            raise FilesystemError.from_os_error(error) from error

    def _link_behind(self, error: OSError, directory: int, name: str) -> SymbolicLink | None:
        """The symbolic link because of which opening ``name`` failed, if it is one."""
        if error.errno not in _LINK_ERRORS:
            return None
        try:
            return SymbolicLink(_decoded(os.readlink(_encoded(name), dir_fd=directory)))
        except OSError:
            return None  # not a link, or no longer: the first error stands

    def release(self, directory: int) -> None:
        os.close(directory)

    def reopen(self, directory: int) -> int:
        with _translated():
            return os.open(b".", _DIRECTORY_FLAGS | os.O_RDONLY, dir_fd=directory)

    def open(
        self, directory: int, name: str, options: OpenOptions, *, mutable: bool
    ) -> File | int | SymbolicLink:
        flags = _open_flags(options)
        try:
            descriptor = os.open(_encoded(name), flags, 0o666, dir_fd=directory)
        except OSError as error:
            if link := self._link_behind(error, directory, name):
                return link
            raise FilesystemError.from_os_error(error) from error
        try:
            is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        except OSError as error:
            os.close(descriptor)
            raise FilesystemError.from_os_error(error) from error
        return descriptor if is_directory else HostFile(descriptor, options, mutable=mutable)

    def directory_status(self, directory: int) -> FileStatus:
        with _translated():
            return _status(os.fstat(directory))

    def status(self, directory: int, name: str) -> FileStatus:
        with _translated():
            return _status(os.stat(_encoded(name), dir_fd=directory, follow_symlinks=False))

    def set_directory_times(self, directory: int, accessed: NewTime, modified: NewTime) -> None:
        # By name, because a descriptor that is only good for walking cannot be changed.
        self._set_times(directory, b".", accessed, modified)

    def set_times(self, directory: int, name: str, accessed: NewTime, modified: NewTime) -> None:
        self._set_times(directory, _encoded(name), accessed, modified)

    def _set_times(self, directory: int, name: bytes, accessed: NewTime, modified: NewTime) -> None:
        with _translated():
            before = os.stat(name, dir_fd=directory, follow_symlinks=False)
            times = _new_times(before, accessed, modified)
            os.utime(name, ns=times, dir_fd=directory, follow_symlinks=False)

    def synchronize(self, directory: int, *, data_only: bool) -> None:
        with _translated():
            _synchronize(directory, data_only=data_only)

    def entries(self, directory: int) -> list[DirectoryEntry]:
        with _translated():
            device = os.fstat(directory).st_dev
            with os.scandir(directory) as entries:
                found = [_entry(entry, device) for entry in entries]
        return sorted((entry for entry in found if entry), key=lambda entry: entry.name)

    def make_directory(self, directory: int, name: str) -> None:
        with _translated():
            os.mkdir(_encoded(name), dir_fd=directory)

    def remove_directory(self, directory: int, name: str) -> None:
        with _translated():
            os.rmdir(_encoded(name), dir_fd=directory)

    def unlink(self, directory: int, name: str) -> None:
        try:
            os.unlink(_encoded(name), dir_fd=directory)
        except OSError as error:
            failure = FilesystemError.from_os_error(error)
            # What POSIX asks for where Linux says that it is a directory.
            if error.errno == errno.EPERM:
                with _translated():
                    if self.status(directory, name).type is FileType.DIRECTORY:
                        failure = FilesystemError(ErrorCode.IS_DIRECTORY)
            raise failure from error

    def rename(self, old: int, old_name: str, new: int, new_name: str) -> None:
        with _translated():
            os.rename(_encoded(old_name), _encoded(new_name), src_dir_fd=old, dst_dir_fd=new)

    def link(self, old: int, old_name: str, new: int, new_name: str) -> None:
        with _translated():
            os.link(
                _encoded(old_name),
                _encoded(new_name),
                src_dir_fd=old,
                dst_dir_fd=new,
                follow_symlinks=False,
            )

    def symlink(self, contents: str, directory: int, name: str) -> None:
        with _translated():
            os.symlink(_encoded(contents), _encoded(name), dir_fd=directory)

    def read_link(self, directory: int, name: str) -> str:
        with _translated():
            return _decoded(os.readlink(_encoded(name), dir_fd=directory))


def _open_flags(options: OpenOptions) -> int:
    flags = _FILE_FLAGS
    if options.write or options.truncate:
        flags |= os.O_RDWR if options.read else os.O_WRONLY
    if options.create:
        flags |= os.O_CREAT
    if options.exclusive:
        flags |= os.O_EXCL if options.create else 0
    if options.truncate:
        flags |= os.O_TRUNC
    if options.directory:
        flags |= _flag("O_DIRECTORY")
    if options.synchronize_all:
        flags |= _flag("O_SYNC")
    elif options.synchronize_data:
        flags |= _flag("O_DSYNC")
    return flags


def _entry(entry: os.DirEntry[str], device: int) -> DirectoryEntry | None:
    """What the system says of an entry; None if it is gone by now."""
    name = _decoded(os.fsencode(entry.name))
    try:
        if entry.is_symlink():
            kind = FileType.SYMBOLIC_LINK
        elif entry.is_dir(follow_symlinks=False):
            kind = FileType.DIRECTORY
        elif entry.is_file(follow_symlinks=False):
            kind = FileType.REGULAR_FILE
        else:
            kind = _status(entry.stat(follow_symlinks=False)).type
        return DirectoryEntry(name, kind, (device, entry.inode()))
    except FileNotFoundError:
        return None


class HostDirectory(TreeDirectory[int]):
    """A directory of the machine's, to be mounted: ``HostDirectory("/data", read_only=True)``.

    Directories mounted separately are separate file systems to a guest: nothing is renamed or
    linked from one to another (``cross-device``).

    Raises:
        ConfigError: if ``path`` is not a directory that can be opened, or the system cannot work
            relative to an open directory.
    """

    def __init__(self, path: str | os.PathLike[str], *, read_only: bool = False) -> None:
        if os.open not in os.supports_dir_fd:
            raise ConfigError([Fault("host directories cannot be mounted on this system")])
        try:
            node = os.open(path, (_DIRECTORY_FLAGS | os.O_RDONLY) & ~_flag("O_NOFOLLOW"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigError(
                [Fault(f"cannot mount directory {os.fspath(path)}: {reason}")]
            ) from error
        super().__init__(_HostTree(), node, read_only=read_only)
