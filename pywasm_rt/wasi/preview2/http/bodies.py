"""Bodies of messages as guests handle them: streams, their ends, and trailers."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.component.values import Err, Ok
from pywasm_rt.operations import HttpBody, Readable, Wait
from pywasm_rt.wasi.capabilities.body import Body, BodySource
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.http.fields import Fields, Parent
from pywasm_rt.wasi.preview2.http.values import content_length, error_variant
from pywasm_rt.wasi.streams import InputStream, OutputStream

__all__ = ["FutureTrailers", "IncomingBody", "OutgoingBody", "Transfer"]

RawFields = tuple[tuple[str, bytes], ...]


class Transfer:
    """A message that comes in: what the guest holds of it, one thing after the other.

    When it holds nothing of it any more, the rest is not wanted.
    """

    def __init__(self, context: WasiContext, give_up: Callable[[], object]) -> None:
        self._context = context
        self._give_up = give_up
        self._users = 1
        context.adopt(self)

    def hold(self) -> None:
        """One thing more."""
        self._users += 1

    def release(self) -> None:
        """One thing less."""
        self._users -= 1
        if self._users == 0:
            self._context.close_handle(self)

    def close(self) -> None:
        """Nothing of it is wanted any more."""
        self._give_up()


class IncomingBody(Parent):
    """``incoming-body``."""

    def __init__(self, source: HttpBody, transfer: Transfer) -> None:
        super().__init__()
        self._source = source
        self._transfer = transfer
        self._streamed = False
        transfer.hold()

    def stream(self) -> Ok | Err:
        """The contents, once."""
        if self._streamed:
            return Err()
        self._streamed = True
        self.child_made()
        return Ok(InputStream(self._source, self.child_dropped))

    def finish(self) -> FutureTrailers:
        """Wait for what comes after the contents. Raises Trap while the stream is there."""
        self.check_childless("an incoming body")
        future = FutureTrailers(self._source, self._transfer)
        self._transfer.release()
        return future

    def drop(self) -> None:
        """The guest gives it up. Raises Trap while the stream is there."""
        self.check_childless("an incoming body")
        self._transfer.release()


class FutureTrailers(Parent):
    """``future-trailers`` and its pollable; what is left of the contents is lost."""

    def __init__(self, source: HttpBody, transfer: Transfer) -> None:
        super().__init__()
        self._source = source
        self._transfer = transfer
        self._taken = False
        transfer.hold()
        if isinstance(source, BodySource):
            source.discard()

    def get(self) -> Ok | Err | None:
        """``option<result<result<option<trailers>, error-code>>>``: the trailers, once."""
        if not self._source.ready():
            return None
        if self._taken:
            return Err()
        self._taken = True
        try:
            while self._source.read(65_536):
                pass
        except HttpError as error:
            return Ok(Err(error_variant(error)))
        trailers = self._source.trailers
        return Ok(Ok(self.lend(trailers) if trailers else None))

    def pending(self) -> Wait | None:
        """What to wait for until everything has come, or failed; None if it has."""
        return None if self._source.ready() else Readable(self._source)

    def advance(self) -> bool:
        """Whether it is ready, now that the wait is over."""
        return self.pending() is None

    def drop(self) -> None:
        """The guest gives it up. Raises Trap while trailers of it are there."""
        self.check_childless("a future of trailers")
        self._transfer.release()


class _LimitedSink:
    """The writing end of a body that is to have as many bytes as its message says."""

    may_block = True
    takes_some = True

    def __init__(self, body: Body, limit_bytes: int | None, too_much: HttpErrorCode) -> None:
        self.written_bytes = 0
        self._sink = body.sink
        self._limit_bytes = limit_bytes
        self._too_much = too_much
        self.watch, self.unwatch = body.sink.watch, body.sink.unwatch
        self.ready, self.flush = body.sink.ready, body.sink.flush

    def write(self, data: bytes) -> int:
        """All of it. Raises HttpError for more than was said."""
        self.written_bytes += len(data)
        if not self.is_within:
            error = self.size_error()
            self._sink.fail(error)
            raise error
        return self._sink.write(data)

    @property
    def is_within(self) -> bool:
        """Whether it is not too much yet."""
        return self._limit_bytes is None or self.written_bytes <= self._limit_bytes

    @property
    def is_exact(self) -> bool:
        """Whether it is as much as was said."""
        return self._limit_bytes is None or self.written_bytes == self._limit_bytes

    def size_error(self) -> HttpError:
        """The error for another size than was said."""
        message = f"{self.written_bytes} bytes were written, {self._limit_bytes} announced"
        return HttpError(self._too_much, message, self.written_bytes)


class OutgoingBody(Parent):
    """``outgoing-body``. If it is not finished, whoever reads it learns that something is missing.

    ``too_much`` is the error for another size than ``fields`` announce.
    """

    def __init__(self, context: WasiContext, fields: RawFields, too_much: HttpErrorCode) -> None:
        super().__init__()
        self.body = Body()
        self._context = context
        self._sink = _LimitedSink(self.body, content_length(fields), too_much)
        self._written = False
        context.adopt(self)

    def write(self) -> Ok | Err:
        """The stream to write the contents to, once."""
        if self._written:
            return Err()
        self._written = True
        self.child_made()
        return Ok(OutputStream(self._sink, on_close=self.child_dropped))

    def finish(self, trailers: Fields | None) -> Ok | Err:
        """That was all. Raises Trap while the stream is there."""
        self.check_childless("an outgoing body")
        fields = () if trailers is None else trailers.take()
        if not self._sink.is_exact:
            error = self._sink.size_error()
            self.body.sink.fail(error)
            self._context.close_handle(self)
            return Err(error_variant(error))
        self.body.sink.end(fields)
        self._context.close_handle(self)
        return Ok()

    def drop(self) -> None:
        """The guest gives it up unfinished. Raises Trap while the stream is there."""
        self.check_childless("an outgoing body")
        self._context.close_handle(self)

    def close(self) -> None:
        """It does not become any longer; an error, unless it is finished."""
        message = "the guest left the body unfinished"
        self.body.sink.fail(HttpError(HttpErrorCode.CONNECTION_TERMINATED, message))
