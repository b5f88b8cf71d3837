"""How preview 1's types lie in guest memory, and what their bits mean (``typenames.witx``)."""

from __future__ import annotations

import enum
import struct

from pywasm_rt.wasi.capabilities.filesystem import FileStatus, FileType
from pywasm_rt.wasi.capabilities.identity import serial_number

__all__ = [
    "DIRENT",
    "EVENT",
    "FDSTAT",
    "FILESTAT",
    "FILE_TYPES",
    "IOVEC",
    "PRESTAT",
    "SUBSCRIPTION_BYTES",
    "ClockId",
    "EventType",
    "FileDescriptorFlags",
    "OpenFlags",
    "Rights",
    "TimeFlags",
    "Whence",
    "filestat",
]

IOVEC = struct.Struct("<II")
# file type, flags, base rights, inheriting rights
FDSTAT = struct.Struct("<BxH4xQQ")
# device, serial number, type, links, size, accessed, modified, changed
FILESTAT = struct.Struct("<QQB7xQQQQQ")
# cookie of the next entry, serial number, length of the name, type
DIRENT = struct.Struct("<QQIB3x")
# kind (0: a directory), length of the name
PRESTAT = struct.Struct("<B3xI")
# user data, error, type, bytes ready, flags
EVENT = struct.Struct("<QHBx4xQH6x")
SUBSCRIPTION_BYTES = 48

_MAX_TIME = 2**64 - 1
# The only device that a guest is told of.
_DEVICE = 1


class ClockId(enum.IntEnum):
    """``clockid``."""

    REALTIME = 0
    MONOTONIC = 1
    PROCESS_CPUTIME_ID = 2
    THREAD_CPUTIME_ID = 3


class EventType(enum.IntEnum):
    """``eventtype``."""

    CLOCK = 0
    FD_READ = 1
    FD_WRITE = 2


class Whence(enum.IntEnum):
    """``whence``."""

    SET = 0
    CUR = 1
    END = 2


class FileDescriptorFlags(enum.IntFlag):
    """``fdflags``."""

    APPEND = 1
    DSYNC = 2
    NONBLOCK = 4
    RSYNC = 8
    SYNC = 16


class OpenFlags(enum.IntFlag):
    """``oflags``."""

    CREAT = 1
    DIRECTORY = 2
    EXCL = 4
    TRUNC = 8


class TimeFlags(enum.IntFlag):
    """``fstflags``."""

    ATIM = 1
    ATIM_NOW = 2
    MTIM = 4
    MTIM_NOW = 8


class Rights(enum.IntFlag):
    """``rights``."""

    FD_DATASYNC = 1 << 0
    FD_READ = 1 << 1
    FD_SEEK = 1 << 2
    FD_FDSTAT_SET_FLAGS = 1 << 3
    FD_SYNC = 1 << 4
    FD_TELL = 1 << 5
    FD_WRITE = 1 << 6
    FD_ADVISE = 1 << 7
    FD_ALLOCATE = 1 << 8
    PATH_CREATE_DIRECTORY = 1 << 9
    PATH_CREATE_FILE = 1 << 10
    PATH_LINK_SOURCE = 1 << 11
    PATH_LINK_TARGET = 1 << 12
    PATH_OPEN = 1 << 13
    FD_READDIR = 1 << 14
    PATH_READLINK = 1 << 15
    PATH_RENAME_SOURCE = 1 << 16
    PATH_RENAME_TARGET = 1 << 17
    PATH_FILESTAT_GET = 1 << 18
    PATH_FILESTAT_SET_SIZE = 1 << 19
    PATH_FILESTAT_SET_TIMES = 1 << 20
    FD_FILESTAT_GET = 1 << 21
    FD_FILESTAT_SET_SIZE = 1 << 22
    FD_FILESTAT_SET_TIMES = 1 << 23
    PATH_SYMLINK = 1 << 24
    PATH_REMOVE_DIRECTORY = 1 << 25
    PATH_UNLINK_FILE = 1 << 26
    POLL_FD_READWRITE = 1 << 27
    SOCK_SHUTDOWN = 1 << 28
    SOCK_ACCEPT = 1 << 29


# ``filetype``; preview 1 has no word for a FIFO.
FILE_TYPES = {
    FileType.UNKNOWN: 0,
    FileType.BLOCK_DEVICE: 1,
    FileType.CHARACTER_DEVICE: 2,
    FileType.DIRECTORY: 3,
    FileType.REGULAR_FILE: 4,
    FileType.SOCKET: 6,
    FileType.SYMBOLIC_LINK: 7,
    FileType.FIFO: 0,
}


def filestat(status: FileStatus) -> bytes:
    """``filestat`` of a file."""
    times = (status.accessed_ns, status.modified_ns, status.changed_ns)
    return FILESTAT.pack(
        _DEVICE,
        serial_number(status.identity),
        FILE_TYPES[status.type],
        status.link_count,
        status.size_bytes,
        *(min(max(0, nanoseconds), _MAX_TIME) for nanoseconds in times),
    )
