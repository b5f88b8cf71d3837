"""Files and directories as a guest may use them: what every file system of ours offers.

A :class:`Directory` is a capability: through it a guest reaches what lies below it and nothing
else. Paths are relative, separated by ``/``; a path that is absolute, or that leaves the directory
through ``..`` or a symbolic link, is ``not-permitted``. Errors are
:class:`~pywasm_rt.wasi.capabilities.error_code.FilesystemError`.

Times are nanoseconds since the Unix epoch, sizes and offsets bytes.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from dataclasses import dataclass

from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError

__all__ = [
    "Directory",
    "DirectoryEntry",
    "File",
    "FileStatus",
    "FileType",
    "NewTime",
    "OpenOptions",
    "TimeChange",
]

_MAX_OFFSET = 2**63 - 1
_MAX_READ_BYTES = 1 << 24


class FileType(enum.StrEnum):
    """What a path or a descriptor stands for; the value is WIT's ``descriptor-type`` case."""

    UNKNOWN = "unknown"
    BLOCK_DEVICE = "block-device"
    CHARACTER_DEVICE = "character-device"
    DIRECTORY = "directory"
    FIFO = "fifo"
    SYMBOLIC_LINK = "symbolic-link"
    REGULAR_FILE = "regular-file"
    SOCKET = "socket"


class TimeChange(enum.Enum):
    """A new time that is not a given moment."""

    KEEP = "keep"
    NOW = "now"


NewTime = TimeChange | int


@dataclass(frozen=True, slots=True)
class FileStatus:
    """What is known of a file; ``identity`` is (device, serial number)."""

    type: FileType
    identity: tuple[int, int]
    link_count: int
    size_bytes: int
    accessed_ns: int
    modified_ns: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A name in a directory, and what it stands for."""

    name: str
    type: FileType
    identity: tuple[int, int]


@dataclass(frozen=True, slots=True)
class OpenOptions:
    """How to open a path.

    ``directory`` fails for anything else; ``exclusive`` fails if there is something already;
    ``synchronize_data`` and ``synchronize_all`` ask that writes reach the disk before they
    return. ``max_file_bytes`` is the size beyond which the file does not grow.
    """

    read: bool = False
    write: bool = False
    create: bool = False
    exclusive: bool = False
    truncate: bool = False
    directory: bool = False
    follow_symlinks: bool = True
    synchronize_data: bool = False
    synchronize_all: bool = False
    max_file_bytes: int | None = None

    @property
    def changes_something(self) -> bool:
        """Whether a read-only directory has to refuse."""
        return self.write or self.create or self.truncate


class File(ABC):
    """An open file that is not a directory.

    ``readable`` and ``writable`` say what it was opened for, ``mutable`` whether it lies in a
    directory that may be changed.
    """

    def __init__(
        self, *, readable: bool, writable: bool, mutable: bool, max_file_bytes: int | None = None
    ) -> None:
        self.readable = readable
        self.writable = writable
        self.mutable = mutable
        self.max_file_bytes = max_file_bytes

    @abstractmethod
    def status(self) -> FileStatus:
        """What is known of it."""

    def read_at(self, count: int, offset: int) -> bytes:
        """Up to ``count`` bytes (and up to 16 MiB) from ``offset``; ``b""`` at the end."""
        if not self.readable:
            raise FilesystemError(ErrorCode.BAD_DESCRIPTOR, "not opened for reading")
        self._check_range(offset)
        return self._read(min(count, _MAX_READ_BYTES), offset)

    def write_at(self, data: bytes, offset: int) -> int:
        """Write at ``offset`` and return how many bytes were written."""
        self._check_writable()
        self._check_range(offset)
        return self._write(self._within_limit(data, offset), offset)

    def append(self, data: bytes) -> int:
        """Write at the end and return how many bytes were written."""
        self._check_writable()
        if self.max_file_bytes is not None:
            data = self._within_limit(data, self.status().size_bytes)
        return self._append(data)

    def set_size(self, size_bytes: int) -> None:
        """Cut it off, or fill it up with zeros."""
        if not self.writable:
            raise FilesystemError(ErrorCode.INVALID, "not opened for writing")
        self._check_range(size_bytes)
        if self.max_file_bytes is not None and size_bytes > self.max_file_bytes:
            raise FilesystemError(ErrorCode.FILE_TOO_LARGE)
        self._set_size(size_bytes)

    def set_times(self, accessed: NewTime, modified: NewTime) -> None:
        """Change its times."""
        if not self.mutable:
            raise FilesystemError(ErrorCode.READ_ONLY)
        self._set_times(accessed, modified)

    @abstractmethod
    def synchronize(self, *, data_only: bool = False) -> None:
        """Have what was written reach the disk; nothing happens if it is not writable."""

    @abstractmethod
    def close(self) -> None:
        """Give it up; closing twice does nothing."""

    @abstractmethod
    def _read(self, count: int, offset: int) -> bytes: ...
    @abstractmethod
    def _write(self, data: bytes, offset: int) -> int: ...
    @abstractmethod
    def _append(self, data: bytes) -> int: ...
    @abstractmethod
    def _set_size(self, size_bytes: int) -> None: ...
    @abstractmethod
    def _set_times(self, accessed: NewTime, modified: NewTime) -> None: ...

    def _check_writable(self) -> None:
        if not self.writable:
            raise FilesystemError(ErrorCode.BAD_DESCRIPTOR, "not opened for writing")

    def _check_range(self, offset: int) -> None:
        if offset > _MAX_OFFSET:
            raise FilesystemError(ErrorCode.INVALID, "offset too large")

    def _within_limit(self, data: bytes, offset: int) -> bytes:
        """The part of ``data`` that the file has room for, at least one byte."""
        limit = _MAX_OFFSET if self.max_file_bytes is None else self.max_file_bytes
        if not data or offset + len(data) <= limit:
            return data
        if offset >= limit:
            raise FilesystemError(ErrorCode.FILE_TOO_LARGE)
        return data[: limit - offset]


class Directory(ABC):
    """An open directory; ``read_only`` says whether changes below it are refused."""

    read_only: bool

    @abstractmethod
    def status(self) -> FileStatus:
        """What is known of the directory itself."""

    @abstractmethod
    def set_times(self, accessed: NewTime, modified: NewTime) -> None:
        """Change the times of the directory itself."""

    @abstractmethod
    def synchronize(self, *, data_only: bool = False) -> None:
        """Have changes reach the disk."""

    @abstractmethod
    def entries(self) -> list[DirectoryEntry]:
        """What is in it, by name, without ``.`` and ``..``.

        A name that is not UTF-8 has surrogates in it, as in :func:`os.fsdecode`.
        """

    @abstractmethod
    def open_at(self, path: str, options: OpenOptions) -> File | Directory:
        """Open what ``path`` stands for."""

    @abstractmethod
    def status_at(self, path: str, *, follow_symlinks: bool) -> FileStatus:
        """What is known of what ``path`` stands for."""

    @abstractmethod
    def set_times_at(
        self, path: str, accessed: NewTime, modified: NewTime, *, follow_symlinks: bool
    ) -> None:
        """Change the times of what ``path`` stands for."""

    @abstractmethod
    def create_directory_at(self, path: str) -> None:
        """Make a directory."""

    @abstractmethod
    def link_at(
        self, old_path: str, new_directory: Directory, new_path: str, *, follow_symlinks: bool
    ) -> None:
        """Give the file at ``old_path`` another name in ``new_directory`` (a hard link)."""

    @abstractmethod
    def read_link_at(self, path: str) -> str:
        """The contents of a symbolic link; ``not-permitted`` if they are an absolute path."""

    @abstractmethod
    def remove_directory_at(self, path: str) -> None:
        """Remove an empty directory."""

    @abstractmethod
    def rename_at(self, old_path: str, new_directory: Directory, new_path: str) -> None:
        """Rename, replacing what is there."""

    @abstractmethod
    def symlink_at(self, contents: str, path: str) -> None:
        """Make a symbolic link; ``not-permitted`` if ``contents`` is an absolute path."""

    @abstractmethod
    def unlink_file_at(self, path: str) -> None:
        """Remove a name of something that is not a directory."""

    @abstractmethod
    def close(self) -> None:
        """Give it up; closing twice does nothing."""
