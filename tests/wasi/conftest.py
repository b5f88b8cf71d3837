"""A world for guests' operations, where time goes on only while somebody sleeps; and guests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from types import GeneratorType

import pytest

from pywasm_rt.engine.interface import Paused
from pywasm_rt.errors import OperationError
from pywasm_rt.operations import (
    Begin,
    Operation,
    Poll,
    Readable,
    ReadStream,
    Sleep,
    Wait,
    Writable,
    WriteStream,
)
from pywasm_rt.wasi.capabilities.clocks import VirtualMonotonicClock

GUESTS = Path(__file__).parent / "guests"
OPTIONS = {"reactor": ["-mexec-model=reactor"]}


class World:
    """Performs operations and remembers them; ``meanwhile`` is called before each.

    ``performers`` give the results of operations of further types.
    """

    def __init__(self) -> None:
        self.clock = VirtualMonotonicClock(1_000)
        self.performed: list[Operation] = []
        self.meanwhile: Callable[[Operation], object] = lambda _: None
        self.performers: dict[type[Operation], Callable[..., object]] = {}

    def answer(self, result: object) -> object:
        """What comes of a host function's answer: a value, an operation, or a generator."""
        if isinstance(result, GeneratorType):
            return self.drive(result)
        return self.perform(result) if isinstance(result, Operation) else result

    def drive(self, waiting: Generator[Operation | Paused, object, object]) -> object:
        """Run a generator of operations to its end and return what it returns."""
        try:
            request = next(waiting)
            while True:
                if isinstance(request, Paused):
                    request = waiting.send(None)
                    continue
                try:
                    result = self.perform(request)
                except (OSError, OperationError) as error:
                    request = waiting.throw(error)
                else:
                    request = waiting.send(result)
        except StopIteration as end:
            return end.value

    def perform(self, operation: Operation) -> object:
        """Perform one operation."""
        self.performed.append(operation)
        self.meanwhile(operation)
        if type(operation) in self.performers:
            return self.performers[type(operation)](operation)
        match operation:
            case Begin():
                self._begin(operation)
            case Sleep(deadline_ns):
                self.clock.advance(max(0, deadline_ns - self.clock.now_ns()))
            case ReadStream(source, max_bytes):
                return source.read(max_bytes)
            case WriteStream(sink, data, flush):
                while data:
                    data = data[sink.write(data) :]
                if flush:
                    sink.flush()
            case Readable(stream) | Writable(stream):
                assert stream.ready(), "nothing makes it ready: this would wait for ever"
            case Poll(waits):
                return self._poll(waits)
        return None

    def _begin(self, begin: Begin) -> None:
        try:
            begin.answer.settle(self.perform(begin.operation))
        except (OSError, OperationError) as error:
            begin.answer.fail(error)

    def _poll(self, waits: tuple[Wait, ...]) -> list[int]:
        def over(wait: Wait) -> bool:
            if isinstance(wait, Sleep):
                return self.clock.now_ns() >= wait.deadline_ns
            return (wait.source if isinstance(wait, Readable) else wait.sink).ready()

        if not any(map(over, waits)):
            deadlines = [wait.deadline_ns for wait in waits if isinstance(wait, Sleep)]
            assert deadlines, "nothing makes any ready: this would wait for ever"
            self.clock.advance(min(deadlines) - self.clock.now_ns())
        return [index for index, wait in enumerate(waits) if over(wait)]


@pytest.fixture
def world() -> World:
    """A new world."""
    return World()


class SlowSource:
    """A source that may block, ready when ``arrived`` has something or ``ended`` is set."""

    may_block = True

    def __init__(self, *arrived: bytes) -> None:
        self.arrived = list(arrived)
        self.ended = False
        self.broken: OSError | None = None

    def read(self, max_bytes: int) -> bytes:
        if self.broken is not None:
            raise self.broken
        assert self.arrived or self.ended, "this read would wait for ever"
        if not self.arrived:
            return b""
        piece = self.arrived.pop(0)
        if len(piece) > max_bytes:
            self.arrived.insert(0, piece[max_bytes:])
        return piece[:max_bytes]

    def ready(self) -> bool:
        return bool(self.arrived) or self.ended


class SlowSink:
    """A sink that may block, ready while it has ``room``; a full one waits till it is emptied."""

    may_block = True

    def __init__(self, room: int = 0) -> None:
        self.room = room
        self.taken = b""
        self.flushes = 0
        self.broken: OSError | None = None

    def write(self, data: bytes) -> int:
        if self.broken is not None:
            raise self.broken
        count = min(len(data), self.room or len(data))
        self.taken += data[:count]
        self.room = max(0, self.room - count)
        return count

    def flush(self) -> None:
        if self.broken is not None:
            raise self.broken
        self.flushes += 1

    def ready(self) -> bool:
        return self.room > 0 or self.broken is not None


@pytest.fixture
def slow_source() -> SlowSource:
    """A source with nothing in it yet."""
    return SlowSource()


@pytest.fixture
def slow_sink() -> SlowSink:
    """A sink without room."""
    return SlowSink()


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Compiles a C program of the folder ``guests``, once."""
    pytest.importorskip("ziglang")
    folder = tmp_path_factory.mktemp("guests")

    def compile_guest(name: str) -> bytes:
        output = folder / f"{name}.wasm"
        if not output.exists():
            command = [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-wasi", "-O2"]
            command += [*OPTIONS.get(name, []), "-s", "-o", str(output), f"{GUESTS / name}.c"]
            subprocess.run(command, check=True, timeout=300)
        return output.read_bytes()

    return compile_guest
