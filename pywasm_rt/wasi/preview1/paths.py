"""Preview 1: what paths stand for."""

from __future__ import annotations

from pywasm_rt.wasi.capabilities.filesystem import Directory, OpenOptions
from pywasm_rt.wasi.preview1.descriptor_table import Descriptor, OpenDirectory, OpenFile
from pywasm_rt.wasi.preview1.errno import Errno, Failure
from pywasm_rt.wasi.preview1.file_descriptors import new_times
from pywasm_rt.wasi.preview1.layout import FileDescriptorFlags, OpenFlags, Rights, filestat
from pywasm_rt.wasi.preview1.state import FunctionRow, State, check_flags

__all__ = ["PATH_FUNCTIONS"]

_SYMLINK_FOLLOW = 1


def _follows(flags: int) -> bool:
    check_flags(flags, _SYMLINK_FOLLOW)
    return bool(flags & _SYMLINK_FOLLOW)


def _directory(state: State, fd: int, rights: Rights) -> Directory:
    return state.table.directory(fd, rights).directory


def _path_create_directory(state: State, fd: int, path_address: int, path_bytes: int) -> None:
    directory = _directory(state, fd, Rights.PATH_CREATE_DIRECTORY)
    directory.create_directory_at(state.memory.read_path(path_address, path_bytes))


def _path_filestat_get(
    state: State, fd: int, flags: int, path_address: int, path_bytes: int, address: int
) -> None:
    state.memory.check(address, 64, 8)
    directory = _directory(state, fd, Rights.PATH_FILESTAT_GET)
    path = state.memory.read_path(path_address, path_bytes)
    status = directory.status_at(path, follow_symlinks=_follows(flags))
    state.memory.write_record(address, filestat(status), 8)


def _path_filestat_set_times(
    state: State,
    fd: int,
    flags: int,
    path_address: int,
    path_bytes: int,
    accessed_ns: int,
    modified_ns: int,
    time_flags: int,
) -> None:
    accessed, modified = new_times(accessed_ns, modified_ns, time_flags)
    directory = _directory(state, fd, Rights.PATH_FILESTAT_SET_TIMES)
    path = state.memory.read_path(path_address, path_bytes)
    directory.set_times_at(path, accessed, modified, follow_symlinks=_follows(flags))


def _path_link(
    state: State,
    old_fd: int,
    old_flags: int,
    old_address: int,
    old_bytes: int,
    new_fd: int,
    new_address: int,
    new_bytes: int,
) -> None:
    old = _directory(state, old_fd, Rights.PATH_LINK_SOURCE)
    new = _directory(state, new_fd, Rights.PATH_LINK_TARGET)
    old_path = state.memory.read_path(old_address, old_bytes)
    new_path = state.memory.read_path(new_address, new_bytes)
    old.link_at(old_path, new, new_path, follow_symlinks=_follows(old_flags))


def _path_open(
    state: State,
    fd: int,
    lookup_flags: int,
    path_address: int,
    path_bytes: int,
    open_flags: int,
    rights: int,
    _inheriting: int,
    flags: int,
    fd_address: int,
) -> None:
    state.memory.check(fd_address, 4, 4)
    check_flags(open_flags, ~OpenFlags(0))
    check_flags(flags, ~FileDescriptorFlags(0))
    needed = Rights.PATH_OPEN
    if open_flags & OpenFlags.CREAT:
        needed |= Rights.PATH_CREATE_FILE
    if open_flags & OpenFlags.TRUNC:
        needed |= Rights.PATH_FILESTAT_SET_SIZE
    base = state.table.directory(fd, needed)
    asked = Rights(rights & ~Rights(0))
    if asked & base.dropped_inheriting:
        raise Failure(Errno.NOTCAPABLE)
    options = OpenOptions(
        read=bool(asked & Rights.FD_READ),
        write=bool(asked & Rights.FD_WRITE),
        create=bool(open_flags & OpenFlags.CREAT),
        exclusive=bool(open_flags & OpenFlags.EXCL),
        truncate=bool(open_flags & OpenFlags.TRUNC),
        directory=bool(open_flags & OpenFlags.DIRECTORY),
        follow_symlinks=_follows(lookup_flags),
        synchronize_data=bool(flags & FileDescriptorFlags.DSYNC),
        synchronize_all=bool(flags & FileDescriptorFlags.SYNC),
    )
    path = state.memory.read_path(path_address, path_bytes)
    opened = state.context.open_at(base.directory, path, options)
    descriptor: Descriptor
    if isinstance(opened, Directory):
        descriptor = OpenDirectory(directory=opened)
    else:
        descriptor = OpenFile(file=opened, flags=FileDescriptorFlags(flags))
    descriptor.dropped = descriptor.dropped_inheriting = base.dropped_inheriting
    state.memory.write_u32(fd_address, state.table.add(descriptor))


def _path_readlink(
    state: State,
    fd: int,
    path_address: int,
    path_bytes: int,
    address: int,
    max_bytes: int,
    size_address: int,
) -> None:
    state.memory.check(size_address, 4, 4)
    directory = _directory(state, fd, Rights.PATH_READLINK)
    contents = directory.read_link_at(state.memory.read_path(path_address, path_bytes))
    try:
        data = contents.encode()[:max_bytes]
    except UnicodeEncodeError:
        raise Failure(Errno.ILSEQ) from None
    state.memory.write(address, data)
    state.memory.write_u32(size_address, len(data))


def _path_remove_directory(state: State, fd: int, path_address: int, path_bytes: int) -> None:
    directory = _directory(state, fd, Rights.PATH_REMOVE_DIRECTORY)
    directory.remove_directory_at(state.memory.read_path(path_address, path_bytes))


def _path_rename(
    state: State,
    old_fd: int,
    old_address: int,
    old_bytes: int,
    new_fd: int,
    new_address: int,
    new_bytes: int,
) -> None:
    old = _directory(state, old_fd, Rights.PATH_RENAME_SOURCE)
    new = _directory(state, new_fd, Rights.PATH_RENAME_TARGET)
    old_path = state.memory.read_path(old_address, old_bytes)
    old.rename_at(old_path, new, state.memory.read_path(new_address, new_bytes))


def _path_symlink(
    state: State,
    contents_address: int,
    contents_bytes: int,
    fd: int,
    path_address: int,
    path_bytes: int,
) -> None:
    directory = _directory(state, fd, Rights.PATH_SYMLINK)
    contents = state.memory.read_path(contents_address, contents_bytes)
    directory.symlink_at(contents, state.memory.read_path(path_address, path_bytes))


def _path_unlink_file(state: State, fd: int, path_address: int, path_bytes: int) -> None:
    directory = _directory(state, fd, Rights.PATH_UNLINK_FILE)
    directory.unlink_file_at(state.memory.read_path(path_address, path_bytes))


PATH_FUNCTIONS = (
    FunctionRow("path_create_directory", "iii", _path_create_directory),
    FunctionRow("path_filestat_get", "iiiii", _path_filestat_get),
    FunctionRow("path_filestat_set_times", "iiiiIIi", _path_filestat_set_times),
    FunctionRow("path_link", "iiiiiii", _path_link),
    FunctionRow("path_open", "iiiiiIIii", _path_open),
    FunctionRow("path_readlink", "iiiiii", _path_readlink),
    FunctionRow("path_remove_directory", "iii", _path_remove_directory),
    FunctionRow("path_rename", "iiiiii", _path_rename),
    FunctionRow("path_symlink", "iiiii", _path_symlink),
    FunctionRow("path_unlink_file", "iii", _path_unlink_file),
)
