"""A guest's file descriptors."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from pywasm_rt.wasi.capabilities.filesystem import Directory, File, FileType
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1.errno import Errno, Failure
from pywasm_rt.wasi.preview1.layout import FileDescriptorFlags, Rights
from pywasm_rt.wasi.streams import InputStream, OutputStream

__all__ = [
    "Descriptor",
    "DescriptorTable",
    "OpenDirectory",
    "OpenFile",
    "StandardInput",
    "StandardOutput",
]

NO_RIGHTS = Rights(0)
NO_FLAGS = FileDescriptorFlags(0)

_ALL = ~NO_RIGHTS
_DIRECTORY = (
    Rights.PATH_CREATE_DIRECTORY
    | Rights.PATH_CREATE_FILE
    | Rights.PATH_LINK_SOURCE
    | Rights.PATH_LINK_TARGET
    | Rights.PATH_OPEN
    | Rights.FD_READDIR
    | Rights.PATH_READLINK
    | Rights.PATH_RENAME_SOURCE
    | Rights.PATH_RENAME_TARGET
    | Rights.PATH_SYMLINK
    | Rights.PATH_REMOVE_DIRECTORY
    | Rights.PATH_UNLINK_FILE
    | Rights.PATH_FILESTAT_GET
    | Rights.PATH_FILESTAT_SET_TIMES
    | Rights.FD_FILESTAT_GET
    | Rights.FD_FILESTAT_SET_TIMES
)
_FILE = (
    Rights.FD_DATASYNC
    | Rights.FD_READ
    | Rights.FD_SEEK
    | Rights.FD_FDSTAT_SET_FLAGS
    | Rights.FD_SYNC
    | Rights.FD_TELL
    | Rights.FD_WRITE
    | Rights.FD_ADVISE
    | Rights.FD_ALLOCATE
    | Rights.FD_FILESTAT_GET
    | Rights.FD_FILESTAT_SET_SIZE
    | Rights.FD_FILESTAT_SET_TIMES
    | Rights.POLL_FD_READWRITE
)


@dataclass(slots=True)
class Descriptor:
    """What all descriptors have.

    Rights are what a guest reads of a descriptor, and may only give away (``dropped``,
    ``dropped_inheriting``). What a descriptor can really do does not depend on what rights a guest
    asked for when it opened it: programs have long stopped to ask for all they use.
    """

    flags: FileDescriptorFlags = NO_FLAGS
    dropped: Rights = NO_RIGHTS
    dropped_inheriting: Rights = NO_RIGHTS

    @property
    def full_rights(self) -> tuple[Rights, Rights]:
        """Base and inheriting rights of a descriptor that has given none away."""
        raise NotImplementedError

    @property
    def rights(self) -> tuple[Rights, Rights]:
        """Base and inheriting rights."""
        rights, inheriting = self.full_rights
        return rights & ~self.dropped, inheriting & ~self.dropped_inheriting

    def restrict(self, rights: Rights, inheriting: Rights) -> None:
        """Keep only these rights. ``Failure(NOTCAPABLE)`` if there are new ones among them."""
        present, present_inheriting = self.rights
        if rights & ~present or inheriting & ~present_inheriting:
            raise Failure(Errno.NOTCAPABLE)
        self.dropped |= present & ~rights
        self.dropped_inheriting |= present_inheriting & ~inheriting


@dataclass(slots=True)
class StandardInput(Descriptor):
    """Descriptor 0."""

    stream: InputStream = field(kw_only=True)
    is_terminal: bool = False

    @property
    def type(self) -> FileType:
        """A character device if it is a terminal, unknown otherwise."""
        return FileType.CHARACTER_DEVICE if self.is_terminal else FileType.UNKNOWN

    @property
    def full_rights(self) -> tuple[Rights, Rights]:
        """Reading."""
        return Rights.FD_READ, Rights.FD_READ


@dataclass(slots=True)
class StandardOutput(Descriptor):
    """Descriptors 1 and 2."""

    stream: OutputStream = field(kw_only=True)
    is_terminal: bool = False

    @property
    def type(self) -> FileType:
        """A character device if it is a terminal, unknown otherwise."""
        return FileType.CHARACTER_DEVICE if self.is_terminal else FileType.UNKNOWN

    @property
    def full_rights(self) -> tuple[Rights, Rights]:
        """Writing."""
        return Rights.FD_WRITE, Rights.FD_WRITE


@dataclass(slots=True)
class OpenFile(Descriptor):
    """A file, and the position of the next read or write."""

    file: File = field(kw_only=True)
    position: int = 0

    @property
    def full_rights(self) -> tuple[Rights, Rights]:
        """Everything but what it was not opened for."""
        rights = _ALL
        if not self.file.readable:
            rights &= ~(Rights.FD_READ | Rights.FD_READDIR)
        if not self.file.writable:
            rights &= ~Rights.FD_WRITE
        return rights, rights


@dataclass(slots=True)
class OpenDirectory(Descriptor):
    """A directory; ``preopen_path`` is the guest's name of a preopened one.

    ``listing`` is what the last ``fd_readdir`` from the beginning saw, so that going on with its
    cookies is not disturbed by what the guest removes meanwhile.
    """

    directory: Directory = field(kw_only=True)
    preopen_path: str | None = None
    listing: list[tuple[bytes, FileType, int]] | None = None

    @property
    def full_rights(self) -> tuple[Rights, Rights]:
        """The rights of a directory; a preopened one shows what files below it may have."""
        if self.preopen_path is not None:
            return _DIRECTORY, _DIRECTORY | _FILE
        rights = _ALL & ~(
            Rights.FD_SEEK
            | Rights.FD_WRITE
            | Rights.FD_FILESTAT_SET_SIZE
            | Rights.PATH_FILESTAT_SET_SIZE
        )
        return rights, rights


class DescriptorTable:
    """Descriptors by number: standard streams, preopened directories, what the guest opens."""

    def __init__(self, context: WasiContext) -> None:
        terminals = context.terminals
        self._context = context
        self._descriptors: dict[int, Descriptor] = {}
        self.add(StandardInput(stream=context.stdin_stream, is_terminal=terminals.stdin))
        self.add(StandardOutput(stream=context.stdout_stream, is_terminal=terminals.stdout))
        self.add(StandardOutput(stream=context.stderr_stream, is_terminal=terminals.stderr))
        for path, directory in context.preopens:
            self.add(OpenDirectory(directory=directory, preopen_path=path))

    def add(self, descriptor: Descriptor) -> int:
        """Give it the lowest free number."""
        number = next(number for number in count() if number not in self._descriptors)
        self._descriptors[number] = descriptor
        return number

    def get(self, number: int, rights: Rights = NO_RIGHTS) -> Descriptor:
        """A descriptor. ``Failure(BADF)``, or ``NOTCAPABLE`` if it gave these rights away."""
        descriptor = self._descriptors.get(number)
        if descriptor is None:
            raise Failure(Errno.BADF)
        if rights & descriptor.dropped:
            raise Failure(Errno.NOTCAPABLE)
        return descriptor

    def file(self, number: int, rights: Rights = NO_RIGHTS) -> OpenFile:
        """A file's descriptor. ``Failure(BADF)`` for any other."""
        descriptor = self.get(number, rights)
        if not isinstance(descriptor, OpenFile):
            raise Failure(Errno.BADF)
        return descriptor

    def seekable(self, number: int, rights: Rights = NO_RIGHTS) -> OpenFile:
        """A file's descriptor. ``Failure(SPIPE)`` for a standard stream."""
        if isinstance(self.get(number, rights), StandardInput | StandardOutput):
            raise Failure(Errno.SPIPE)
        return self.file(number, rights)

    def handle(self, number: int, rights: Rights = NO_RIGHTS) -> File | Directory:
        """The file or directory. ``Failure(BADF)`` for a standard stream."""
        descriptor = self.get(number, rights)
        if isinstance(descriptor, OpenFile):
            return descriptor.file
        if isinstance(descriptor, OpenDirectory):
            return descriptor.directory
        raise Failure(Errno.BADF)

    def directory(self, number: int, rights: Rights = NO_RIGHTS) -> OpenDirectory:
        """A directory's descriptor. ``Failure(NOTDIR)`` for a file, ``BADF`` for a stream."""
        descriptor = self.get(number, rights)
        if not isinstance(descriptor, OpenDirectory):
            raise Failure(Errno.NOTDIR if isinstance(descriptor, OpenFile) else Errno.BADF)
        return descriptor

    def close(self, number: int) -> None:
        """Forget a descriptor and close what the guest opened."""
        descriptor = self.get(number)
        del self._descriptors[number]
        self._close(descriptor)

    def renumber(self, number: int, to: int) -> None:
        """Move a descriptor to a number that is in use, closing what is there."""
        descriptor, replaced = self.get(number), self.get(to)
        if number != to:
            del self._descriptors[number]
            self._descriptors[to] = descriptor
            self._close(replaced)

    def _close(self, descriptor: Descriptor) -> None:
        if isinstance(descriptor, OpenFile):
            self._context.close_handle(descriptor.file)
        elif isinstance(descriptor, OpenDirectory):
            self._context.close_handle(descriptor.directory)
