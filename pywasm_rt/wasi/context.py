"""Everything that one run of a guest may use of the outside world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Protocol, Self

from pywasm_rt.wasi.capabilities.clocks import (
    MonotonicClock,
    SystemMonotonicClock,
    SystemWallClock,
    WallClock,
)
from pywasm_rt.wasi.capabilities.environment import argument_list, environment_pairs
from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.filesystem import Directory, File, OpenOptions
from pywasm_rt.wasi.capabilities.host_directory import HostDirectory
from pywasm_rt.wasi.capabilities.memory_directory import MemoryFilesystem
from pywasm_rt.wasi.capabilities.network import Network
from pywasm_rt.wasi.capabilities.patience import Patience
from pywasm_rt.wasi.capabilities.random import RandomSource, SystemRandom
from pywasm_rt.wasi.capabilities.stdio import (
    BytesSource,
    NullSink,
    OutputBudget,
    SinkLike,
    SourceLike,
    byte_sink,
    byte_source,
)
from pywasm_rt.wasi.streams import InputStream, OutputStream

DirectoryLike = Directory | MemoryFilesystem | PathLike[str] | str
"""What a guest's directory may be made of: an open one, a file system in memory, a path."""

__all__ = ["Closable", "DirectoryLike", "Terminals", "WasiContext", "WasiLimits"]


@dataclass(frozen=True, slots=True)
class WasiLimits:
    """What one run may use up; None means no limit.

    Beyond ``open_handles`` open files, directories, sockets and outgoing requests a guest is told
    so when it opens one more;
    a file does not grow beyond ``file_bytes`` (``file-too-large``); more than ``output_bytes`` on
    standard output and error together end the guest with
    :class:`~pywasm_rt.errors.ExhaustionError`, as do more than ``random_bytes`` in one call.
    ``open_sockets`` are TCP and UDP sockets, accepted ones too (``new-socket-limit``). A wait for a
    connection to be made or to come, for bytes to come or to go on one, or for a datagram, fails
    (``timeout``) when it takes longer than ``socket_timeout_ms``, and so do the phases of outgoing
    HTTP requests. A socket that listens or hears datagrams may then wait again.
    """

    open_handles: int | None = 4_096
    open_sockets: int | None = None
    socket_timeout_ms: int | None = None
    output_bytes: int | None = None
    file_bytes: int | None = None
    random_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Terminals:
    """Which of the standard streams a guest is told to be terminals."""

    stdin: bool = False
    stdout: bool = False
    stderr: bool = False


class Closable(Protocol):
    """What a guest has open and may leave open."""

    def close(self) -> None:
        """Give it back; may be called twice."""
        ...


@dataclass(slots=True, eq=False)
class WasiContext:
    """The capabilities of one run of a guest. A new one can do nothing but compute.

    ``arguments`` begin with the program's name for a preview 1 command. ``preopens`` are pairs of
    the path that the guest knows and a directory; they stay the embedder's to close, whereas
    :meth:`close` closes what the guest opened and left open. ``directories`` are the same by the
    guest's path, with less to write: a folder's path on disk (which is opened now and closed by
    :meth:`close`) or a :class:`~pywasm_rt.wasi.capabilities.memory_directory.MemoryFilesystem`
    will do. A context is a context manager. ``stdin`` may also be bytes, a text or
    a file object, ``stdout`` and ``stderr`` file objects or functions. ``insecure_random`` None
    means the same source as ``random``.

    Raises:
        ConfigError: for arguments and variables that no guest could receive, and for a folder
            that cannot be opened.
    """

    arguments: Iterable[str] = ()
    environment: Mapping[str, str] | Iterable[tuple[str, str]] = ()
    cwd: str | None = None
    stdin: SourceLike = field(default_factory=BytesSource)
    stdout: SinkLike = field(default_factory=NullSink)
    stderr: SinkLike = field(default_factory=NullSink)
    preopens: Iterable[tuple[str, Directory]] = ()
    directories: Mapping[str, DirectoryLike] = field(default_factory=dict)
    monotonic_clock: MonotonicClock = field(default_factory=SystemMonotonicClock)
    wall_clock: WallClock = field(default_factory=SystemWallClock)
    random: RandomSource = field(default_factory=SystemRandom)
    insecure_random: RandomSource | None = None
    network: Network = field(default_factory=Network)
    terminals: Terminals = Terminals()
    limits: WasiLimits = WasiLimits()
    argument_list: tuple[str, ...] = field(init=False)
    environment_pairs: tuple[tuple[str, str], ...] = field(init=False)
    stdin_stream: InputStream = field(init=False, repr=False)
    stdout_stream: OutputStream = field(init=False, repr=False)
    stderr_stream: OutputStream = field(init=False, repr=False)
    _open: set[Closable] = field(init=False, repr=False, default_factory=set)
    _owned: list[Closable] = field(init=False, repr=False, default_factory=list)
    _sockets: set[Closable] = field(init=False, repr=False, default_factory=set)

    def __post_init__(self) -> None:
        self.argument_list = argument_list(self.arguments)
        self.environment_pairs = environment_pairs(self.environment)
        self.preopens = (*self.preopens, *self._open_directories())
        limit = self.limits.output_bytes
        budget = None if limit is None else OutputBudget(limit)
        self.stdin_stream = InputStream(byte_source(self.stdin))
        self.stdout_stream = OutputStream(byte_sink(self.stdout), budget)
        # One stream for one sink, so that what is written to both stays in order.
        same = self.stderr is self.stdout
        self.stderr_stream = (
            self.stdout_stream if same else OutputStream(byte_sink(self.stderr), budget)
        )

    def _open_directories(self) -> list[tuple[str, Directory]]:
        """What ``directories`` names. If one cannot be opened, all are closed again."""
        found: list[tuple[str, Directory]] = []
        try:
            for guest, given in self.directories.items():
                if isinstance(given, str | PathLike):
                    opened = HostDirectory(Path(given))
                    self._owned.append(opened)
                    found.append((guest, opened))
                elif isinstance(given, MemoryFilesystem):
                    found.append((guest, given.directory()))
                else:
                    found.append((guest, given))
        except BaseException:
            self._close_owned()
            raise
        return found

    def _close_owned(self) -> None:
        while self._owned:
            self._owned.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def open_handles(self) -> int:
        """How many files, directories, sockets and outgoing requests the guest has open."""
        return len(self._open)

    def open_at(self, directory: Directory, path: str, options: OpenOptions) -> File | Directory:
        """Open a path for the guest, within the limits.

        Raises:
            FilesystemError: ``too-many-open-files``, or why the directory refuses.
        """
        if not self.has_room:
            limit = self.limits.open_handles
            raise FilesystemError(ErrorCode.TOO_MANY_OPEN_FILES, f"the limit is {limit}")
        options = replace(options, max_file_bytes=self.limits.file_bytes)
        opened = directory.open_at(path, options)
        self._open.add(opened)
        return opened

    @property
    def has_room(self) -> bool:
        """Whether the guest may open one thing more."""
        limit = self.limits.open_handles
        return limit is None or len(self._open) < limit

    @property
    def has_room_for_socket(self) -> bool:
        """Whether the guest may open one socket more."""
        limit = self.limits.open_sockets
        return self.has_room and (limit is None or len(self._sockets) < limit)

    def patience(self) -> Patience | None:
        """The limit on waits for one socket; None if there is none."""
        limit_ms = self.limits.socket_timeout_ms
        return None if limit_ms is None else Patience(self.monotonic_clock, limit_ms)

    def adopt(self, handle: Closable) -> None:
        """Count something among what the guest has open, and close it at the end."""
        self._open.add(handle)

    def adopt_socket(self, socket: Closable) -> None:
        """The same for a socket, which is counted among those too."""
        self.adopt(socket)
        self._sockets.add(socket)

    def close_handle(self, handle: Closable) -> None:
        """Close what :meth:`open_at` opened or :meth:`adopt` took; a preopened directory stays
        open.
        """
        if handle in self._open:
            self._open.discard(handle)
            self._sockets.discard(handle)
            handle.close()

    def close(self) -> None:
        """Close everything that the guest left open, and the folders that were opened for it."""
        self._sockets.clear()
        while self._open:
            self._open.pop().close()
        self._close_owned()
