"""``wasi:io`` 0.2.12: errors, pollables and streams."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Protocol

from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.operations import Operation, Poll, Sleep, Wait
from pywasm_rt.wasi.preview2.resources import (
    ERROR,
    INPUT_STREAM,
    OUTPUT_STREAM,
    POLLABLE,
    IoError,
    StreamPollable,
)
from pywasm_rt.wasi.streams import (
    WRITE_PERMIT_BYTES,
    InputStream,
    OutputStream,
    StreamClosed,
    StreamFailed,
)

__all__ = ["Pollable", "error_interface", "poll", "poll_interface", "streams_interface"]

_VERSION = "0.2.12"
Result = Ok | Err
Waiting = Generator[Operation, object, Result]


class Pollable(Protocol):
    """What lies behind a ``pollable`` handle.

    One whose wait can take too long has a property ``too_late_ns``: from then on it is ready,
    and what it is for fails.
    """

    def pending(self) -> Wait | None:
        """What to wait for until it is ready; None if it is. Never waits."""
        ...

    def advance(self) -> bool:
        """Whether it is ready now that the wait for it is over."""
        ...


def poll(pollables: Sequence[Pollable]) -> Generator[Operation, object, list[int]]:
    """Wait for at least one of ``pollables``; the indices of those that are ready.

    Raises:
        Trap: for an empty list, for which there would be nothing to wait.
    """
    if not pollables:
        raise Trap(TrapCode.HOST, "wasi:io/poll.poll was called with an empty list")
    while True:
        waits = [pollable.pending() for pollable in pollables]
        ready = [index for index, wait in enumerate(waits) if wait is None]
        if ready:
            return ready
        patient = tuple(wait for wait in waits if wait is not None)
        over = yield Poll((*patient, *_deadlines(pollables)))
        assert isinstance(over, Sequence)
        ready = [it for it in over if it < len(patient) and pollables[it].advance()]
        if ready:
            return ready


def _deadlines(pollables: Sequence[Pollable]) -> tuple[Sleep, ...]:
    """A wait until the first of the pollables has waited too long; none if none can."""
    deadlines = [getattr(pollable, "too_late_ns", None) for pollable in pollables]
    known = [it for it in deadlines if it is not None]
    return (Sleep(min(known)),) if known else ()


def _block(pollable: Pollable) -> Generator[Operation, object, None]:
    wait = pollable.pending()
    while wait is not None:
        deadlines = _deadlines((pollable,))
        yield Poll((wait, *deadlines)) if deadlines else wait
        wait = None if pollable.advance() else pollable.pending()


def _ready(pollable: Pollable) -> bool:
    return pollable.pending() is None


def _error(error: StreamClosed | StreamFailed) -> Err:
    """A ``stream-error``."""
    if isinstance(error, StreamClosed):
        return Err(Variant("closed"))
    return Err(Variant("last-operation-failed", IoError(error.message, error.code, error.cause)))


def _attempt(call: Callable[[], object]) -> Result:
    """What ``call`` returns, or its ``stream-error``."""
    try:
        return Ok(call())
    except (StreamClosed, StreamFailed) as error:
        return _error(error)


def _wait_for(waiting: Generator[Operation, object, object]) -> Waiting:
    """What ``waiting`` returns, or its ``stream-error``."""
    try:
        return Ok((yield from waiting))
    except (StreamClosed, StreamFailed) as error:
        return _error(error)


def _skip(stream: InputStream, length: int) -> Result:
    return _attempt(lambda: len(stream.read(length)))


def _blocking_skip(stream: InputStream, length: int) -> Waiting:
    result = yield from _wait_for(stream.blocking_read(length))
    return Ok(len(result.value)) if isinstance(result.value, bytes) else result


def _zeroes(length: int) -> bytes:
    if length > WRITE_PERMIT_BYTES:
        raise Trap(
            TrapCode.HOST,
            f"wrote {length} zeroes to a stream that permits {WRITE_PERMIT_BYTES}",
        )
    return bytes(length)


def _written(stream: OutputStream, result: Result) -> Result | Waiting:
    """``result``, while what is left of a write goes on."""
    begin = stream.in_background()
    return result if begin is None else _after(begin, result)


def _after(operation: Operation, result: Result) -> Waiting:
    yield operation
    return result


def _write(stream: OutputStream, contents: bytes) -> Result | Waiting:
    return _written(stream, _attempt(lambda: stream.write(bytes(contents))))


def _splice(destination: OutputStream, source: InputStream, length: int) -> Result | Waiting:
    def splice() -> int:
        permitted = min(length, destination.check_write())
        data = source.read(permitted) if permitted else b""
        if data:
            destination.write(data)
        return len(data)

    return _written(destination, _attempt(splice))


def _blocking_splice(destination: OutputStream, source: InputStream, length: int) -> Waiting:
    def splice() -> Generator[Operation, object, int]:
        yield from _block(StreamPollable(destination))
        permitted = min(length, destination.check_write())
        data = (yield from source.blocking_read(permitted)) if permitted else b""
        if data:
            yield from destination.blocking_write_and_flush(data)
        return len(data)

    return _wait_for(splice())


def _blocking_flush(stream: OutputStream) -> Waiting:
    return _wait_for(stream.blocking_write_and_flush(b""))


def error_interface() -> HostInterface:
    """``wasi:io/error``."""

    def to_debug_string(error: IoError) -> str:
        return error.message if error.code is None else f"{error.message} ({error.code})"

    return HostInterface(
        name="wasi:io/error",
        version=_VERSION,
        functions={"[method]error.to-debug-string": to_debug_string},
        resources={"error": ERROR},
    )


def poll_interface() -> HostInterface:
    """``wasi:io/poll``."""
    return HostInterface(
        name="wasi:io/poll",
        version=_VERSION,
        functions={
            "poll": poll,
            "[method]pollable.ready": _ready,
            "[method]pollable.block": _block,
        },
        resources={"pollable": POLLABLE},
    )


def streams_interface() -> HostInterface:
    """``wasi:io/streams``."""
    source = "[method]input-stream."
    sink = "[method]output-stream."
    return HostInterface(
        name="wasi:io/streams",
        version=_VERSION,
        functions={
            f"{source}read": lambda stream, length: _attempt(lambda: stream.read(length)),
            f"{source}blocking-read": lambda stream, length: _wait_for(
                stream.blocking_read(length)
            ),
            f"{source}skip": _skip,
            f"{source}blocking-skip": _blocking_skip,
            f"{source}subscribe": StreamPollable,
            f"{sink}check-write": lambda stream: _attempt(stream.check_write),
            f"{sink}write": _write,
            f"{sink}blocking-write-and-flush": lambda stream, contents: _wait_for(
                stream.blocking_write_and_flush(bytes(contents))
            ),
            f"{sink}flush": lambda stream: _attempt(stream.flush),
            f"{sink}blocking-flush": _blocking_flush,
            f"{sink}subscribe": StreamPollable,
            f"{sink}write-zeroes": lambda stream, length: _write(stream, _zeroes(length)),
            f"{sink}blocking-write-zeroes-and-flush": lambda stream, length: _wait_for(
                stream.blocking_write_and_flush(_zeroes(length))
            ),
            f"{sink}splice": _splice,
            f"{sink}blocking-splice": _blocking_splice,
        },
        resources={
            "error": ERROR,
            "pollable": POLLABLE,
            "input-stream": INPUT_STREAM,
            "output-stream": OUTPUT_STREAM,
        },
    )
