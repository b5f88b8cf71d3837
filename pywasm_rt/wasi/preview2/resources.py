"""The resource types of WASI 0.2 that our interfaces share, and the objects behind them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from pywasm_rt.component.types import ResourceType
from pywasm_rt.operations import Operation, Sleep, Wait
from pywasm_rt.wasi.capabilities.clocks import MonotonicClock
from pywasm_rt.wasi.capabilities.error_code import ErrorCode
from pywasm_rt.wasi.preview2.descriptors import Descriptor
from pywasm_rt.wasi.streams import InputStream, OutputStream

__all__ = [
    "DESCRIPTOR",
    "DIRECTORY_ENTRY_STREAM",
    "ERROR",
    "INPUT_STREAM",
    "OUTPUT_STREAM",
    "POLLABLE",
    "TERMINAL_INPUT",
    "TERMINAL_OUTPUT",
    "IoError",
    "StreamPollable",
    "Terminal",
    "TimerPollable",
]


@dataclass(frozen=True, slots=True)
class IoError:
    """``wasi:io/error.error``: why a stream failed; ``code`` if it was a file's."""

    message: str
    code: ErrorCode | None = None
    cause: Exception | None = None


@dataclass(frozen=True, slots=True)
class StreamPollable:
    """``pollable`` of a stream."""

    stream: InputStream | OutputStream

    def pending(self) -> Wait | None:
        """What to wait for; None if it is ready."""
        return self.stream.pending()

    def advance(self) -> bool:
        """Whether it is ready, now that the wait is over."""
        return self.stream.advance()

    @property
    def too_late_ns(self) -> int | None:
        """When the wait has taken too long, which the stream then says."""
        return self.stream.too_late_ns


@dataclass(frozen=True, slots=True)
class TimerPollable:
    """``pollable`` of a monotonic clock, ready from ``deadline_ns`` on."""

    clock: MonotonicClock
    deadline_ns: int

    def pending(self) -> Wait | None:
        """What to wait for; None if it is ready."""
        return None if self.clock.now_ns() >= self.deadline_ns else Sleep(self.deadline_ns)

    def advance(self) -> bool:
        """Whether it is ready, now that the wait is over: always."""
        return True


@dataclass(frozen=True, slots=True)
class Terminal:
    """``terminal-input`` or ``terminal-output``: so far there is nothing to do with one."""


def _drop_input(stream: object) -> object:
    assert isinstance(stream, InputStream)
    return stream.close()


def _drop_output(stream: object) -> Generator[Operation, object, None]:
    assert isinstance(stream, OutputStream)
    return stream.close()


def _drop_descriptor(descriptor: object) -> None:
    assert isinstance(descriptor, Descriptor)
    descriptor.release()


ERROR = ResourceType("error")
POLLABLE = ResourceType("pollable")
INPUT_STREAM = ResourceType("input-stream", _drop_input)
OUTPUT_STREAM = ResourceType("output-stream", _drop_output)
DESCRIPTOR = ResourceType("descriptor", _drop_descriptor)
DIRECTORY_ENTRY_STREAM = ResourceType("directory-entry-stream")
TERMINAL_INPUT = ResourceType("terminal-input")
TERMINAL_OUTPUT = ResourceType("terminal-output")
