"""Byte streams as guests see them: reads and writes that never wait, and ones that do.

What waits is a generator: it yields operations and is sent their results, and whoever drives the
guest decides how to wait. A source or sink that never makes its caller wait is used at once.

Both previews of WASI stand on these classes; ``wasi:io/streams`` (0.2.12) is the reference.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Generator
from types import GeneratorType

from pywasm_rt.errors import OperationError, Trap, TrapCode
from pywasm_rt.operations import (
    Begin,
    ByteSink,
    ByteSource,
    Operation,
    Poll,
    Readable,
    ReadStream,
    Sleep,
    Wait,
    Writable,
    WriteStream,
)
from pywasm_rt.wasi.capabilities.answer import PendingAnswer
from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.patience import Patience
from pywasm_rt.wasi.capabilities.stdio import OutputBudget

__all__ = ["WRITE_PERMIT_BYTES", "InputStream", "OutputStream", "StreamClosed", "StreamFailed"]

# How much may be written at once to a stream that is ready.
WRITE_PERMIT_BYTES = 1 << 20

# A write of this size to a stream that the operating system calls ready does not wait.
_SMALL_WRITE_BYTES: int = getattr(select, "PIPE_BUF", 512)
_MAX_READ_BYTES = 1 << 20


class StreamClosed(OperationError):
    """The stream has ended, or failed before."""

    def __init__(self) -> None:
        super().__init__("the stream is closed")


class StreamFailed(OperationError):
    """The last operation on a stream failed, and the stream is closed by it.

    ``code`` is the reason in the words of ``wasi:filesystem``, None if it is none of a file's;
    ``cause`` is the error itself.
    """

    def __init__(self, error: OSError | OperationError) -> None:
        self.cause = error
        if isinstance(error, OSError):
            error = FilesystemError.from_os_error(error)
        super().__init__(error.message)
        self.code: ErrorCode | None = error.code if isinstance(error, FilesystemError) else None


class InputStream:
    """The reading end of a byte stream; ``on_close`` is called when it is given up.

    With ``patience`` a wait for bytes that takes too long fails the stream.
    """

    def __init__(
        self,
        source: ByteSource,
        on_close: Callable[[], object] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.source = source
        self.closed = False
        self._on_close = on_close
        self._patience = patience

    def read(self, max_bytes: int) -> bytes:
        """What is there now, ``b""`` if nothing is. Raises StreamClosed, StreamFailed."""
        self._check_open()
        if max_bytes == 0:
            return b""
        if not self._is_ready():
            if self._patience is not None and self._patience.is_over:
                raise self._failure(self._patience.error())
            return b""
        try:
            data = self.source.read(min(max_bytes, _MAX_READ_BYTES))
        except (OSError, OperationError) as error:
            raise self._failure(error) from error
        return self._received(data)

    def blocking_read(self, max_bytes: int) -> Generator[Operation, object, bytes]:
        """At least one byte, unless ``max_bytes`` is 0. Raises StreamClosed, StreamFailed."""
        self._check_open()
        if max_bytes == 0 or self._is_ready():
            return self.read(max_bytes)
        if self._patience is not None:
            while (wait := self.pending()) is not None:
                yield Poll((wait, *_until(self.too_late_ns)))
            return self.read(max_bytes)
        try:
            data = yield ReadStream(self.source, min(max_bytes, _MAX_READ_BYTES))
        except (OSError, OperationError) as error:
            raise self._failure(error) from error
        assert isinstance(data, bytes)
        return self._received(data)

    def pending(self) -> Wait | None:
        """What to wait for until a read gives something or fails; None if it would now."""
        if self.closed or self._is_ready():
            return None
        if self._patience is not None:
            self._patience.begin()
            if self._patience.is_over:
                return None
        return Readable(self.source)

    @property
    def too_late_ns(self) -> int | None:
        """When the present wait has taken too long; None if it cannot."""
        return None if self._patience is None else self._patience.deadline_ns

    def advance(self) -> bool:
        """Whether the stream is ready now that the wait is over: always."""
        return True

    def close(self) -> object:
        """Give the stream up. A standard stream may be given up and asked for again.

        What this returns is for whoever drives the guest: None, or a generator of operations.
        """
        on_close, self._on_close = self._on_close, None
        return None if on_close is None else on_close()

    def _is_ready(self) -> bool:
        return not self.source.may_block or self.source.ready()

    def _check_open(self) -> None:
        if self.closed:
            raise StreamClosed

    def _received(self, data: bytes) -> bytes:
        if self._patience is not None:
            self._patience.end()
        if not data:
            self.closed = True
            raise StreamClosed
        return data

    def _failure(self, error: OSError | OperationError) -> StreamFailed:
        self.closed = True
        return StreamFailed(error)


class OutputStream:
    """The writing end of a byte stream.

    ``write`` takes everything at once. What the sink does not take without waiting is kept here
    until it does, and meanwhile nothing more is permitted. A guest that waits for something else
    then does not come back to write it; so where the sink can be written in the background
    (``takes_some``), :meth:`in_background` says what is to be begun. ``on_close`` is called when
    the stream is given up; what is written is counted against ``budget``. With ``patience`` a
    sink that takes nothing for too long fails the stream.
    """

    def __init__(
        self,
        sink: ByteSink,
        budget: OutputBudget | None = None,
        on_close: Callable[[], object] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.sink = sink
        self.closed = False
        self._budget = budget
        self._on_close = on_close
        self._unwritten = b""
        self._unflushed = False
        self._failed: StreamFailed | None = None
        self._takes_some = getattr(sink, "takes_some", False) is True
        self._writing: PendingAnswer | None = None
        self._patience = patience

    def check_write(self) -> int:
        """How many bytes may be written now. Raises StreamClosed, StreamFailed."""
        self._check_open()
        self._push()
        self._check_open()
        return WRITE_PERMIT_BYTES if self._is_ready() else 0

    def write(self, data: bytes) -> None:
        """Take ``data`` without waiting.

        Raises:
            StreamClosed, StreamFailed, ExhaustionError.
            Trap: for more than :meth:`check_write` permits.
        """
        self._check_open()
        permitted = 0 if self._unwritten or self.is_writing else WRITE_PERMIT_BYTES
        if len(data) > permitted:
            raise Trap(
                TrapCode.HOST, f"wrote {len(data)} bytes to a stream that permits {permitted}"
            )
        self._accept(data)
        self._push()
        self._check_open()

    def flush(self) -> None:
        """Ask for what was written to be handed on. Raises StreamClosed, StreamFailed."""
        self._check_open()
        self._unflushed = True
        self._push()
        self._check_open()

    def blocking_write_and_flush(self, data: bytes) -> Generator[Operation, object, None]:
        """Write ``data`` and hand it on. Raises StreamClosed, StreamFailed, ExhaustionError."""
        self._check_open()
        self._accept(data)
        self._unflushed = True
        yield from self.finish()

    def in_background(self) -> Begin | None:
        """What is to be begun so that all gets written, whatever the guest does; None if nothing.

        To be asked after every call that may leave something to be written.
        """
        if not self._takes_some or not self._unwritten or self._writing is not None:
            return None
        self._writing = PendingAnswer()
        operation = WriteStream(self.sink, self._unwritten, flush=True)
        self._unwritten, self._unflushed = b"", False
        return Begin(operation, self._writing)

    @property
    def is_writing(self) -> bool:
        """Whether something is being written in the background."""
        return self._writing is not None and not self._writing.ready()

    def written(self) -> Generator[Operation, object, None]:
        """Wait for what is being written in the background; failures stay here."""
        if self._writing is not None and not self._writing.ready():
            yield Readable(self._writing)

    def finish(self) -> Generator[Operation, object, None]:
        """Write and flush what is left to be. Raises StreamClosed, StreamFailed."""
        self._check_open()
        yield from self.written()
        self._push()
        self._check_open()
        if not self._unwritten and not self._unflushed:
            return
        if self._patience is not None and self._takes_some:
            yield from self._finish_within()
            return
        unwritten, self._unwritten = self._unwritten, b""
        flush, self._unflushed = self._unflushed, False
        try:
            yield WriteStream(self.sink, unwritten, flush)
        except (OSError, OperationError) as error:
            self._fail(error)
            self._check_open()

    def _finish_within(self) -> Generator[Operation, object, None]:
        """Write what is left to be, as the sink takes it. Raises StreamClosed, StreamFailed."""
        while (wait := self.pending()) is not None:
            yield Poll((wait, *_until(self.too_late_ns)))
        self._check_open()

    def pending(self) -> Wait | None:
        """What to wait for until something may be written; None if it may now."""
        if self.closed or self._failed is not None:
            return None
        if self._writing is not None and not self._writing.ready():
            return self._patiently(Readable(self._writing))
        left = len(self._unwritten)
        self._push()
        if self.closed or self._failed is not None or self._is_ready():
            return self._patiently(None)
        if len(self._unwritten) < left:
            self._patiently(None)
        return self._patiently(Writable(self.sink))

    def _patiently(self, wait: Wait | None) -> Wait | None:
        """The same wait, or None when it has taken too long: then the stream has failed."""
        patience = self._patience
        if patience is None:
            return wait
        if wait is None:
            patience.end()
            return None
        patience.begin()
        if not patience.is_over:
            return wait
        if self._writing is not None:
            self._writing.give_up()
            self._writing = None
        self._fail(patience.error())
        return None

    @property
    def too_late_ns(self) -> int | None:
        """When the present wait has taken too long; None if it cannot."""
        return None if self._patience is None else self._patience.deadline_ns

    def advance(self) -> bool:
        """Use the sink's readiness for what is left to be written; whether nothing is left."""
        return self.pending() is None

    def close(self) -> Generator[Operation, object, None]:
        """Write what is left to be and give the stream up; failures are nobody's any more.

        What is being written in the background goes on.
        """
        try:
            if not self.is_writing:
                yield from self.finish()
        except (StreamClosed, StreamFailed):
            self.closed = True  # whoever asks for a standard stream again learns it then
        on_close, self._on_close = self._on_close, None
        closing = None if on_close is None else on_close()
        if isinstance(closing, GeneratorType):
            yield from closing

    def _accept(self, data: bytes) -> None:
        if self._budget is not None:
            self._budget.spend(len(data))
        self._unwritten += data

    def _is_ready(self) -> bool:
        if self._unwritten or self.is_writing:
            return False
        return not self.sink.may_block or self.sink.ready()

    def _push(self) -> None:
        """Write as much as the sink takes without waiting; a failure is kept for the caller."""
        if self._writing is not None and not self._finish_writing():
            return
        sink = self.sink
        small = sink.may_block and not self._takes_some
        left = memoryview(self._unwritten)
        try:
            while left and (not sink.may_block or sink.ready()):
                piece = left[:_SMALL_WRITE_BYTES] if small else left
                taken = sink.write(bytes(piece))
                if taken == 0:
                    break
                left = left[taken:]
            self._unwritten = bytes(left)
            if self._unflushed and self._is_ready():
                self._unflushed = False
                sink.flush()
        except (OSError, OperationError) as error:
            self._fail(error)

    def _finish_writing(self) -> bool:
        """Whether what was being written in the background is done, or has failed."""
        assert self._writing is not None, "only asked while there is something"
        if not self._writing.ready():
            return False
        writing, self._writing = self._writing, None
        try:
            writing.result()
        except (OSError, OperationError) as error:
            self._fail(error)
        return True

    def _fail(self, error: OSError | OperationError) -> None:
        self._failed = StreamFailed(error)
        self._unwritten = b""
        self._unflushed = False

    def _check_open(self) -> None:
        """Raise what went wrong: the failure once, and that the stream is closed from then on."""
        if self._failed is not None:
            failed, self._failed = self._failed, None
            self.closed = True
            raise failed
        if self.closed:
            raise StreamClosed


def _until(deadline_ns: int | None) -> tuple[Sleep, ...]:
    return () if deadline_ns is None else (Sleep(deadline_ns),)
