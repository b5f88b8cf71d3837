"""Preview 1: what file descriptors are, apart from reading and writing through them."""

from __future__ import annotations

from pywasm_rt.wasi.capabilities.filesystem import (
    Directory,
    FileStatus,
    FileType,
    NewTime,
    TimeChange,
)
from pywasm_rt.wasi.capabilities.identity import serial_number
from pywasm_rt.wasi.preview1.descriptor_table import (
    OpenDirectory,
    OpenFile,
    StandardInput,
    StandardOutput,
)
from pywasm_rt.wasi.preview1.errno import Errno, Failure
from pywasm_rt.wasi.preview1.layout import (
    DIRENT,
    FDSTAT,
    FILE_TYPES,
    FILESTAT,
    PRESTAT,
    FileDescriptorFlags,
    Rights,
    TimeFlags,
    filestat,
)
from pywasm_rt.wasi.preview1.state import FunctionRow, State, check_flags

__all__ = ["FILE_DESCRIPTOR_FUNCTIONS", "new_times"]

_ADVICES = 6
_KNOWN_RIGHTS = ~Rights(0)
_SYNC_FLAGS = FileDescriptorFlags.DSYNC | FileDescriptorFlags.RSYNC | FileDescriptorFlags.SYNC


def new_times(accessed_ns: int, modified_ns: int, flags: int) -> tuple[NewTime, NewTime]:
    """What ``fstflags`` ask for. ``Failure(INVAL)`` for a time that is both given and now."""
    check_flags(flags, ~TimeFlags(0))
    chosen: list[NewTime] = []
    for given_ns, is_given, is_now in (
        (accessed_ns, TimeFlags.ATIM, TimeFlags.ATIM_NOW),
        (modified_ns, TimeFlags.MTIM, TimeFlags.MTIM_NOW),
    ):
        if flags & is_given and flags & is_now:
            raise Failure(Errno.INVAL)
        if flags & is_given:
            chosen.append(given_ns)
        else:
            chosen.append(TimeChange.NOW if flags & is_now else TimeChange.KEEP)
    return chosen[0], chosen[1]


def _fd_advise(state: State, fd: int, offset: int, length: int, advice: int) -> None:
    """Check the range; there is nothing that we would do with the advice."""
    state.table.file(fd, Rights.FD_ADVISE)
    if advice >= _ADVICES or offset + length >= 2**63:
        raise Failure(Errno.INVAL)


def _fd_allocate(state: State, fd: int, offset: int, length: int) -> None:
    file = state.table.file(fd, Rights.FD_ALLOCATE).file
    if length == 0 or offset + length >= 2**63:
        raise Failure(Errno.INVAL)
    if not file.writable:
        raise Failure(Errno.BADF)
    if offset + length > file.status().size_bytes:
        file.set_size(offset + length)


def _fd_close(state: State, fd: int) -> None:
    state.table.close(fd)


def _fd_datasync(state: State, fd: int) -> None:
    state.table.handle(fd, Rights.FD_DATASYNC).synchronize(data_only=True)


def _fd_sync(state: State, fd: int) -> None:
    state.table.handle(fd, Rights.FD_SYNC).synchronize()


def _fd_fdstat_get(state: State, fd: int, address: int) -> None:
    descriptor = state.table.get(fd)
    if isinstance(descriptor, StandardInput | StandardOutput):
        kind = descriptor.type
    elif isinstance(descriptor, OpenFile):
        kind = descriptor.file.status().type
    else:
        kind = FileType.DIRECTORY
    rights, inheriting = descriptor.rights
    record = FDSTAT.pack(FILE_TYPES[kind], descriptor.flags, rights, inheriting)
    state.memory.write_record(address, record, 8)


def _fd_fdstat_set_flags(state: State, fd: int, flags: int) -> None:
    """Change APPEND and NONBLOCK; the others are settled when a file is opened."""
    check_flags(flags, ~FileDescriptorFlags(0))
    descriptor = state.table.get(fd, Rights.FD_FDSTAT_SET_FLAGS)
    if isinstance(descriptor, OpenDirectory):
        raise Failure(Errno.BADF)
    if (flags ^ descriptor.flags) & _SYNC_FLAGS:
        raise Failure(Errno.INVAL)
    descriptor.flags = FileDescriptorFlags(flags)


def _fd_fdstat_set_rights(state: State, fd: int, rights: int, inheriting: int) -> None:
    descriptor = state.table.get(fd)
    descriptor.restrict(Rights(rights & _KNOWN_RIGHTS), Rights(inheriting & _KNOWN_RIGHTS))


def _status(state: State, fd: int) -> FileStatus | None:
    """What is known of a descriptor's file; None for a standard stream."""
    descriptor = state.table.get(fd, Rights.FD_FILESTAT_GET)
    if isinstance(descriptor, StandardInput | StandardOutput):
        return None
    return state.table.handle(fd).status()


def _fd_filestat_get(state: State, fd: int, address: int) -> None:
    status = _status(state, fd)
    if status is not None:
        record = filestat(status)
    else:
        descriptor = state.table.get(fd)
        assert isinstance(descriptor, StandardInput | StandardOutput)
        record = FILESTAT.pack(0, 0, FILE_TYPES[descriptor.type], 0, 0, 0, 0, 0)
    state.memory.write_record(address, record, 8)


def _fd_filestat_set_size(state: State, fd: int, size_bytes: int) -> None:
    state.table.file(fd, Rights.FD_FILESTAT_SET_SIZE).file.set_size(size_bytes)


def _fd_filestat_set_times(
    state: State, fd: int, accessed_ns: int, modified_ns: int, flags: int
) -> None:
    accessed, modified = new_times(accessed_ns, modified_ns, flags)
    handle = state.table.handle(fd, Rights.FD_FILESTAT_SET_TIMES)
    handle.set_times(accessed, modified)


def _preopen_name(state: State, fd: int, otherwise: Errno) -> bytes:
    descriptor = state.table.get(fd)
    if isinstance(descriptor, OpenDirectory) and descriptor.preopen_path is not None:
        return descriptor.preopen_path.encode()
    raise Failure(otherwise)


def _fd_prestat_get(state: State, fd: int, address: int) -> None:
    name = _preopen_name(state, fd, Errno.BADF)
    state.memory.write_record(address, PRESTAT.pack(0, len(name)), 4)


def _fd_prestat_dir_name(state: State, fd: int, address: int, max_bytes: int) -> None:
    name = _preopen_name(state, fd, Errno.NOTDIR)
    if len(name) > max_bytes:
        raise Failure(Errno.NAMETOOLONG)
    state.memory.write(address, name)


def _fd_readdir(
    state: State, fd: int, address: int, max_bytes: int, cookie: int, size_address: int
) -> None:
    """As many entries as fit, the last one cut off; a cookie is an entry's number."""
    state.memory.check(address, max_bytes)
    state.memory.check(size_address, 4, 4)
    descriptor = state.table.directory(fd, Rights.FD_READDIR)
    if descriptor.listing is None or cookie == 0:
        descriptor.listing = _listing(descriptor.directory)
    found = bytearray()
    for name, kind, serial in descriptor.listing[cookie:]:
        if len(found) >= max_bytes:
            break
        cookie += 1
        found += DIRENT.pack(cookie, serial, len(name), FILE_TYPES[kind]) + name
    data = bytes(found[:max_bytes])
    state.memory.write(address, data)
    state.memory.write_u32(size_address, len(data))


def _listing(directory: Directory) -> list[tuple[bytes, FileType, int]]:
    """Names, types and serial numbers, beginning with ``.`` and ``..``."""
    own = serial_number(directory.status().identity)
    listing = [(b".", FileType.DIRECTORY, own), (b"..", FileType.DIRECTORY, own)]
    for entry in directory.entries():
        try:
            listing.append((entry.name.encode(), entry.type, serial_number(entry.identity)))
        except UnicodeEncodeError:
            raise Failure(Errno.ILSEQ) from None
    return listing


def _fd_renumber(state: State, fd: int, to: int) -> None:
    state.table.renumber(fd, to)


FILE_DESCRIPTOR_FUNCTIONS = (
    FunctionRow("fd_advise", "iIIi", _fd_advise),
    FunctionRow("fd_allocate", "iII", _fd_allocate),
    FunctionRow("fd_close", "i", _fd_close),
    FunctionRow("fd_datasync", "i", _fd_datasync),
    FunctionRow("fd_fdstat_get", "ii", _fd_fdstat_get),
    FunctionRow("fd_fdstat_set_flags", "ii", _fd_fdstat_set_flags),
    FunctionRow("fd_fdstat_set_rights", "iII", _fd_fdstat_set_rights),
    FunctionRow("fd_filestat_get", "ii", _fd_filestat_get),
    FunctionRow("fd_filestat_set_size", "iI", _fd_filestat_set_size),
    FunctionRow("fd_filestat_set_times", "iIIi", _fd_filestat_set_times),
    FunctionRow("fd_prestat_get", "ii", _fd_prestat_get),
    FunctionRow("fd_prestat_dir_name", "iii", _fd_prestat_dir_name),
    FunctionRow("fd_readdir", "iiiIi", _fd_readdir),
    FunctionRow("fd_renumber", "ii", _fd_renumber),
    FunctionRow("fd_sync", "i", _fd_sync),
)
