"""Bodies of HTTP messages: bytes on their way from one side to the other, and trailers after them.

A :class:`Body` has two ends. The ``sink`` is written and ended by one side, the ``source`` is read
by the other, each from its own thread; neither ever waits in here. The sink takes what it is given
and is not ready while ``capacity_bytes`` or more have not been read.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from pywasm_rt.errors import EngineBug, OperationError
from pywasm_rt.wasi.capabilities.answer import Watchers

__all__ = ["Body", "BodySink", "BodySource", "RawFields"]

RawFields = tuple[tuple[str, bytes], ...]

DEFAULT_CAPACITY_BYTES = 65_536


class Body:
    """The state that both ends share."""

    def __init__(self, capacity_bytes: int = DEFAULT_CAPACITY_BYTES) -> None:
        self.capacity_bytes = capacity_bytes
        self.lock = threading.Lock()
        self.pieces: deque[bytes] = deque()
        self.buffered_bytes = 0
        self.trailers: RawFields = ()
        self.is_ended = False
        self.is_discarded = False
        self.is_asked_for = False
        self.write_error: OperationError | None = None
        self.read_error: OperationError | None = None
        self.source = BodySource(self)
        self.sink = BodySink(self)

    def tell(self) -> None:
        """Both ends look again."""
        self.source.tell()
        self.sink.tell()


class BodySource(Watchers):
    """The end that is read; a :class:`~pywasm_rt.operations.HttpBody`."""

    may_block = True

    def __init__(self, body: Body) -> None:
        super().__init__()
        self._body = body

    def ready(self) -> bool:
        """Whether there are bytes, or the end, or an error."""
        body = self._body
        if not body.is_asked_for:
            body.is_asked_for = True
            body.sink.tell()
        return bool(body.pieces) or body.is_ended or body.read_error is not None

    def read(self, max_bytes: int) -> bytes:
        """The next bytes, ``b""`` at the end.

        Raises:
            OperationError: what ended the body too early, after everything before that was read.
        """
        body = self._body
        with body.lock:
            if body.pieces:
                piece = body.pieces.popleft()
                if len(piece) > max_bytes:
                    body.pieces.appendleft(piece[max_bytes:])
                    piece = piece[:max_bytes]
                body.buffered_bytes -= len(piece)
            elif body.read_error is not None:
                raise body.read_error
            elif body.is_ended:
                return b""
            else:
                raise EngineBug("a body was read although it is not ready")
        body.tell()
        return piece

    def take_whole(self) -> bytes | None:
        """All of it, if it has ended and nothing was read yet; else None, and nothing is taken."""
        body = self._body
        with body.lock:
            if not body.is_ended or body.trailers or body.read_error is not None:
                return None
            data = b"".join(body.pieces)
            body.pieces.clear()
            body.buffered_bytes = 0
        return data

    @property
    def is_complete(self) -> bool:
        """Whether the writer has ended it and everything was read."""
        return self._body.is_ended and not self._body.pieces

    @property
    def trailers(self) -> RawFields:
        """The fields behind a body that is complete."""
        return self._body.trailers

    @property
    def error(self) -> OperationError | None:
        """What ended the body too early, if anything did."""
        return self._body.read_error

    def discard(self) -> None:
        """Let the rest be lost, and wait for the end only."""
        body = self._body
        with body.lock:
            body.is_discarded = True
            body.pieces.clear()
            body.buffered_bytes = 0
        body.tell()

    def give_up(self, error: Exception | None = None) -> None:
        """Read no more of it; from now on ``error`` is raised for whoever writes it."""
        body = self._body
        if not isinstance(error, OperationError):
            error = OperationError("the body is not wanted any more")
        with body.lock:
            body.pieces.clear()
            body.buffered_bytes = 0
            if not body.is_ended and body.write_error is None:
                body.write_error = error
        body.tell()


class BodySink(Watchers):
    """The end that is written; a :class:`~pywasm_rt.operations.ByteSink`."""

    may_block = True
    takes_some = True

    def __init__(self, body: Body) -> None:
        super().__init__()
        self._body = body

    def ready(self) -> bool:
        """Whether it wants more, or never will again."""
        body = self._body
        return body.buffered_bytes < body.capacity_bytes or body.write_error is not None

    def write(self, data: bytes) -> int:
        """All of it. Raises OperationError if the reader has given up."""
        body = self._body
        with body.lock:
            if body.write_error is not None:
                raise body.write_error
            if data and not body.is_ended and not body.is_discarded:
                body.pieces.append(data)
                body.buffered_bytes += len(data)
        body.tell()
        return len(data)

    def flush(self) -> None:
        """Nothing to do: the reader has it."""

    @property
    def is_wanted(self) -> bool:
        """Whether anybody still reads."""
        return self._body.write_error is None

    @property
    def is_asked_for(self) -> bool:
        """Whether the reader has ever looked for something to read."""
        return self._body.is_asked_for

    def end(self, trailers: Iterable[tuple[str, bytes]] = ()) -> None:
        """Say that this was all."""
        body = self._body
        with body.lock:
            if body.read_error is None and not body.is_ended:
                body.trailers = tuple(trailers)
                body.is_ended = True
        body.tell()

    def fail(self, error: OperationError) -> None:
        """Say that the rest will never come; the reader gets ``error``, behind what is there."""
        body = self._body
        with body.lock:
            if body.read_error is None and not body.is_ended:
                body.read_error = error
        body.tell()
