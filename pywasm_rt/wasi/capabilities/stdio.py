"""Places that bytes come from and go to, for a guest's standard streams.

All are :class:`~pywasm_rt.operations.ByteSource` or :class:`~pywasm_rt.operations.ByteSink`
objects. Those that can make their caller wait say so with ``may_block``, and then ``ready`` looks
without waiting. ``fileno`` is there where the operating system can watch the stream.
"""

from __future__ import annotations

import codecs
import os
import select
import stat
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import IO, Any

from pywasm_rt.errors import ExhaustionError
from pywasm_rt.operations import ByteSink, ByteSource

__all__ = [
    "BytesSource",
    "CallbackSink",
    "CallbackSource",
    "CollectingSink",
    "DescriptorSink",
    "DescriptorSource",
    "FileObjectSink",
    "FileObjectSource",
    "NullSink",
    "OutputBudget",
    "SinkLike",
    "SourceLike",
    "byte_sink",
    "byte_source",
]

_READ_AHEAD_BYTES = 65_536


def _is_ready(descriptor: int, event_name: str) -> bool:
    """Whether the operating system sees ``descriptor`` ready for ``POLLIN`` or ``POLLOUT``."""
    poll = getattr(select, "poll", None)
    if poll is None:
        return False
    poller = poll()
    poller.register(descriptor, getattr(select, event_name))
    return bool(poller.poll(0))


def _wait(descriptor: int, event_name: str) -> None:
    """Wait until ``descriptor``, which is in non-blocking mode, is ready."""
    poller = select.poll()
    poller.register(descriptor, getattr(select, event_name))
    poller.poll()


def _can_make_wait(descriptor: int) -> bool:
    """Whether a stream can make a reader or writer wait: all but regular files."""
    return not stat.S_ISREG(os.fstat(descriptor).st_mode)


class BytesSource:
    """Bytes (or a text, as UTF-8) that are all there from the beginning."""

    may_block = False

    def __init__(self, data: bytes | bytearray | memoryview | str = b"") -> None:
        self._data = memoryview(data.encode() if isinstance(data, str) else bytes(data))

    def read(self, max_bytes: int) -> bytes:
        """The next ``max_bytes`` bytes, or what is left."""
        taken = self._data[:max_bytes]
        self._data = self._data[len(taken) :]
        return bytes(taken)

    def ready(self) -> bool:
        """Always."""
        return True


class CallbackSource:
    """Bytes from a function ``read(max_bytes) -> bytes``, where ``b""`` is the end.

    If the function can wait (``may_block``), nobody can tell whether it would: the first who asks
    with :meth:`ready` has it called on a thread, and what it gives is kept for the next read.
    """

    def __init__(self, read: Callable[[int], bytes], *, may_block: bool = False) -> None:
        self._read = read
        self.may_block = may_block
        self._ahead = b""
        self._reading: Future[bytes] | None = None

    def read(self, max_bytes: int) -> bytes:
        """What the function gives; what it gives too much is kept for the next read."""
        reading, self._reading = self._reading, None
        data = self._ahead
        if not data:
            data = self._read(max_bytes) if reading is None else reading.result()
        self._ahead = data[max_bytes:]
        return data[:max_bytes]

    def ready(self) -> bool:
        """Whether a read would not wait."""
        if self._ahead or not self.may_block:
            return True
        if self._reading is None:
            self._reading = Future()
            Thread(target=self._read_ahead, args=(self._reading,), daemon=True).start()
        return self._reading.done()

    def _read_ahead(self, reading: Future[bytes]) -> None:
        try:
            reading.set_result(self._read(_READ_AHEAD_BYTES))
        except BaseException as error:  # noqa: BLE001 - it is raised where the bytes are read
            reading.set_exception(error)


class DescriptorSource:
    """Bytes from a file descriptor of the operating system; closing it stays the caller's."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.may_block = _can_make_wait(descriptor)

    def fileno(self) -> int:
        """The file descriptor."""
        return self._descriptor

    def read(self, max_bytes: int) -> bytes:
        """What one ``read`` gives, waiting if need be. Raises OSError."""
        while True:
            try:
                return os.read(self._descriptor, min(max_bytes, _READ_AHEAD_BYTES))
            except BlockingIOError:
                _wait(self._descriptor, "POLLIN")

    def ready(self) -> bool:
        """Whether there are bytes, or the end."""
        return not self.may_block or _is_ready(self._descriptor, "POLLIN")


class FileObjectSource:
    """Bytes from a Python file object, binary or text (which is read as UTF-8).

    A file object without a file descriptor, such as ``io.BytesIO``, is taken never to wait.
    """

    def __init__(self, file: IO[bytes] | IO[str]) -> None:
        binary = getattr(file, "buffer", file)
        self._read: Callable[[int], bytes | str | None] = getattr(binary, "read1", binary.read)
        try:
            self._descriptor: int | None = file.fileno()
        except (AttributeError, OSError):
            self._descriptor = None
        self.may_block = self._descriptor is not None and _can_make_wait(self._descriptor)
        self._ahead = b""

    def fileno(self) -> int:
        """The file descriptor. Raises OSError if there is none."""
        if self._descriptor is None:
            raise OSError("the file object has no file descriptor")
        return self._descriptor

    def read(self, max_bytes: int) -> bytes:
        """What one read gives, waiting if need be. Raises OSError."""
        if not self._ahead:
            # Always as much as there is: what stayed behind in the file object's own buffer
            # would be invisible to ``ready``.
            data = self._read(_READ_AHEAD_BYTES) or b""
            self._ahead = data.encode() if isinstance(data, str) else data
        taken = self._ahead[:max_bytes]
        self._ahead = self._ahead[max_bytes:]
        return taken

    def ready(self) -> bool:
        """Whether there are bytes, or the end."""
        if self._ahead or not self.may_block or self._descriptor is None:
            return True
        return _is_ready(self._descriptor, "POLLIN")


SourceLike = ByteSource | bytes | bytearray | str | IO[bytes] | IO[str]
SinkLike = ByteSink | Callable[[bytes], object] | IO[bytes] | IO[str]


def byte_source(given: SourceLike) -> ByteSource:
    """Whatever an embedder may give as standard input, as a source."""
    if isinstance(given, bytes | bytearray | str):
        return BytesSource(given)
    return given if isinstance(given, ByteSource) else FileObjectSource(given)


class NullSink:
    """Takes everything and keeps nothing."""

    may_block = False

    def write(self, data: bytes) -> int:
        """All of it."""
        return len(data)

    def flush(self) -> None:
        """Nothing to do."""

    def ready(self) -> bool:
        """Always."""
        return True


class CollectingSink:
    """Keeps everything, for whoever asks afterwards."""

    may_block = False

    def __init__(self) -> None:
        self._collected = bytearray()

    def write(self, data: bytes) -> int:
        """All of it."""
        self._collected += data
        return len(data)

    def flush(self) -> None:
        """Nothing to do."""

    def ready(self) -> bool:
        """Always."""
        return True

    @property
    def data(self) -> bytes:
        """Everything that was written so far."""
        return bytes(self._collected)

    @property
    def text(self) -> str:
        """The same as text: UTF-8, with replacement characters for what is none."""
        return self._collected.decode(errors="replace")


class CallbackSink:
    """Hands each piece to a function, at once."""

    may_block = False

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def write(self, data: bytes) -> int:
        """All of it."""
        self._write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do."""

    def ready(self) -> bool:
        """Always."""
        return True


class DescriptorSink:
    """Writes to a file descriptor of the operating system; closing it stays the caller's."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.may_block = _can_make_wait(descriptor)

    def fileno(self) -> int:
        """The file descriptor."""
        return self._descriptor

    def write(self, data: bytes) -> int:
        """As much as one ``write`` takes, waiting if need be. Raises OSError."""
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                _wait(self._descriptor, "POLLOUT")

    def flush(self) -> None:
        """Nothing to do: a file descriptor has no buffer of ours."""

    def ready(self) -> bool:
        """Whether a small write would not wait."""
        return not self.may_block or _is_ready(self._descriptor, "POLLOUT")


class FileObjectSink:
    """Writes to a Python file object, binary or text (as UTF-8, replacing what is none)."""

    def __init__(self, file: IO[bytes] | IO[str]) -> None:
        binary = getattr(file, "buffer", None)
        if binary is not None:
            file.flush()  # what the text layer still holds comes before the guest's bytes
        self._file: Any = file if binary is None else binary
        takes_text = binary is None and hasattr(file, "encoding")
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace") if takes_text else None
        try:
            self._descriptor: int | None = file.fileno()
        except (AttributeError, OSError):
            self._descriptor = None
        self.may_block = self._descriptor is not None and _can_make_wait(self._descriptor)

    def fileno(self) -> int:
        """The file descriptor. Raises OSError if there is none."""
        if self._descriptor is None:
            raise OSError("the file object has no file descriptor")
        return self._descriptor

    def write(self, data: bytes) -> int:
        """All of it, unless the file object is raw and takes less. Raises OSError."""
        if self._decoder is not None:
            self._file.write(self._decoder.decode(data))
            taken = None
        else:
            taken = self._file.write(data)
        if self.may_block:
            # Otherwise a later flush would write more than ``ready`` has promised.
            self._file.flush()
        return len(data) if taken is None else int(taken)

    def flush(self) -> None:
        """Flush the file object. Raises OSError."""
        self._file.flush()

    def ready(self) -> bool:
        """Whether a small write would not wait."""
        if not self.may_block or self._descriptor is None:
            return True
        return _is_ready(self._descriptor, "POLLOUT")


def byte_sink(given: SinkLike) -> ByteSink:
    """Whatever an embedder may give as standard output, as a sink."""
    if isinstance(given, ByteSink):
        return given
    return CallbackSink(given) if callable(given) else FileObjectSink(given)


class OutputBudget:
    """The bytes that a guest may still write to the streams that share this budget."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.written_bytes = 0

    def spend(self, count: int) -> None:
        """Note that ``count`` bytes are about to be written.

        Raises:
            ExhaustionError: if they do not fit; nothing is noted then.
        """
        if self.written_bytes + count > self.limit_bytes:
            raise ExhaustionError(
                "output",
                f"output limit of {self.limit_bytes} bytes exceeded: {self.written_bytes} bytes "
                f"were written and {count} more were to be",
                limit=self.limit_bytes,
            )
        self.written_bytes += count
