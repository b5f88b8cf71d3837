"""Where standard streams come from and go to."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.errors import ExhaustionError
from pywasm_rt.operations import ByteSink, ByteSource
from pywasm_rt.wasi.capabilities.stdio import (
    BytesSource,
    CallbackSink,
    CallbackSource,
    CollectingSink,
    DescriptorSink,
    DescriptorSource,
    FileObjectSink,
    FileObjectSource,
    NullSink,
    OutputBudget,
    byte_sink,
    byte_source,
)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe: its reading and its writing end."""
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue  # the test closed it


class TestSources:
    def test_bytes_and_text(self) -> None:
        source = BytesSource(b"abc")
        assert (source.read(2), source.read(2), source.read(2)) == (b"ab", b"c", b"")
        assert BytesSource("ä").read(9) == b"\xc3\xa4"
        assert BytesSource().read(9) == b""
        assert source.ready()
        assert isinstance(source, ByteSource)

    def test_a_callback_may_give_more_than_was_asked_for(self) -> None:
        pieces = [b"abcdef", b"g"]
        source = CallbackSource(lambda _: pieces.pop(0) if pieces else b"")
        assert [source.read(4) for _ in range(4)] == [b"abcd", b"ef", b"g", b""]
        assert source.ready()

    def test_a_callback_that_waits_is_called_ahead_when_somebody_asks(self) -> None:
        may_go_on = threading.Event()
        outcomes: list[bytes | OSError] = [b"abc", OSError("unplugged"), b"later"]

        def read(_: int) -> bytes:
            may_go_on.wait()
            outcome = outcomes.pop(0)
            if isinstance(outcome, OSError):
                raise outcome
            return outcome

        source = CallbackSource(read, may_block=True)
        assert not source.ready()
        assert not source.ready()
        may_go_on.set()
        assert source.read(1) == b"a"
        assert source.ready(), "the rest is there"
        assert source.read(9) == b"bc"
        source.ready()
        with pytest.raises(OSError, match="unplugged"):
            source.read(9)
        assert source.read(9) == b"later", "without asking it is called where it is read"

    def test_a_pipe(self, pipe: tuple[int, int]) -> None:
        reader, writer = pipe
        source = DescriptorSource(reader)
        assert source.may_block
        assert source.fileno() == reader
        assert not source.ready()
        os.write(writer, b"abc")
        assert source.ready()
        assert source.read(2) == b"ab"
        assert source.read(100) == b"c"
        os.close(writer)
        assert source.ready()
        assert source.read(1) == b""

    def test_a_pipe_in_non_blocking_mode_is_waited_for(self, pipe: tuple[int, int]) -> None:
        reader, writer = pipe
        os.set_blocking(reader, False)
        thread = threading.Thread(target=os.write, args=(writer, b"late"))
        source = DescriptorSource(reader)
        thread.start()
        assert source.read(10) == b"late"
        thread.join()

    def test_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        path.write_bytes(b"abc")
        with path.open("rb") as file:
            source = DescriptorSource(file.fileno())
            assert not source.may_block
            assert source.ready()
            assert source.read(10) == b"abc"
        with path.open("rb") as file:
            source = FileObjectSource(file)
            assert not source.may_block
            assert (source.read(1), source.read(10), source.read(1)) == (b"a", b"bc", b"")
            assert source.fileno() == file.fileno()

    @pytest.mark.parametrize(
        "file",
        [io.BytesIO(b"a\xc3\xa4"), io.StringIO("aä"), io.TextIOWrapper(io.BytesIO(b"a\xc3\xa4"))],
    )
    def test_file_objects_in_memory(self, file: Any) -> None:
        source = FileObjectSource(file)
        assert not source.may_block
        assert source.ready()
        assert [source.read(2), source.read(2), source.read(2)] == [b"a\xc3", b"\xa4", b""]
        with pytest.raises(OSError, match="no file descriptor"):
            source.fileno()

    @pytest.mark.parametrize("mode", ["rb", "r"])
    def test_a_file_object_on_a_pipe_hides_nothing(self, pipe: tuple[int, int], mode: str) -> None:
        reader, writer = pipe
        with os.fdopen(reader, mode, closefd=False) as file:
            source = FileObjectSource(file)
            assert source.may_block
            assert not source.ready()
            os.write(writer, b"line one\nline two\n")
            assert source.ready()
            assert source.read(9) == b"line one\n"
            assert source.ready(), "the rest must not be lost in a buffer"
            assert source.read(9) == b"line two\n"
            assert not source.ready()

    def test_whatever_an_embedder_gives(self) -> None:
        for given in (b"x", "x", bytearray(b"x"), io.BytesIO(b"x"), io.StringIO("x")):
            assert byte_source(given).read(9) == b"x"
        source = BytesSource(b"x")
        assert byte_source(source) is source


class TestSinks:
    def test_nothing_and_everything(self) -> None:
        assert NullSink().write(b"abc") == 3
        NullSink().flush()
        assert NullSink().ready()
        sink = CollectingSink()
        assert sink.write(b"a\xc3") == 2
        assert sink.write(b"\xa4\xff") == 2
        sink.flush()
        assert sink.ready()
        assert sink.data == b"a\xc3\xa4\xff"
        assert sink.text == "aä\ufffd"
        assert isinstance(sink, ByteSink)

    def test_a_callback(self) -> None:
        pieces: list[bytes] = []
        sink = CallbackSink(pieces.append)
        sink.write(b"a")
        sink.write(bytearray(b"b"))
        sink.flush()
        assert sink.ready()
        assert pieces == [b"a", b"b"]
        assert all(type(piece) is bytes for piece in pieces)

    def test_a_pipe(self, pipe: tuple[int, int]) -> None:
        reader, writer = pipe
        sink = DescriptorSink(writer)
        assert sink.may_block
        assert sink.fileno() == writer
        assert sink.ready()
        assert sink.write(b"abc") == 3
        sink.flush()
        assert os.read(reader, 10) == b"abc"
        os.set_blocking(writer, False)
        while sink.ready():
            sink.write(b"x" * 4096)
        drained = threading.Thread(target=os.read, args=(reader, 1 << 20))
        drained.start()
        assert sink.write(b"y") == 1, "it waits until there is room"
        drained.join()
        os.close(reader)
        with pytest.raises(BrokenPipeError):
            sink.write(b"z")

    @pytest.mark.parametrize("mode", ["wb", "w"])
    def test_a_file_object_on_a_pipe(self, pipe: tuple[int, int], mode: str) -> None:
        reader, writer = pipe
        with os.fdopen(writer, mode, closefd=False) as file:
            sink = FileObjectSink(file)
            assert sink.may_block
            assert sink.fileno() == writer
            assert sink.ready()
            assert sink.write(b"a\xff") == 2
            assert os.read(reader, 10) == b"a\xff", "what is ready is not kept back"
            sink.flush()

    def test_a_file(self, tmp_path: Path) -> None:
        with (tmp_path / "f").open("wb") as file:
            sink = FileObjectSink(file)
            assert not sink.may_block
            assert sink.ready()
            sink.write(b"abc")
            sink.flush()
            assert (tmp_path / "f").read_bytes() == b"abc"
        with (tmp_path / "g").open("w") as text:
            text.write("before ")
            sink = FileObjectSink(text)
            sink.write(b"\xff")
        assert (tmp_path / "g").read_bytes() == b"before \xff"
        with (tmp_path / "h").open("wb", buffering=0) as raw:
            assert FileObjectSink(raw).write(b"abc") == 3
            assert not DescriptorSink(raw.fileno()).may_block

    def test_text_in_memory_is_decoded_across_writes(self) -> None:
        text = io.StringIO()
        sink = FileObjectSink(text)
        assert sink.write(b"\xc3") == 1
        assert sink.write(b"\xa4\xff.") == 3
        assert text.getvalue() == "ä\ufffd."
        data = io.BytesIO()
        assert FileObjectSink(data).write(b"\xff") == 1
        with pytest.raises(OSError, match="no file descriptor"):
            FileObjectSink(data).fileno()
        assert data.getvalue() == b"\xff"

    def test_whatever_an_embedder_gives(self) -> None:
        collected = CollectingSink()
        assert byte_sink(collected) is collected
        data = io.BytesIO()
        pieces: list[bytes] = []
        for given in (data, pieces.append):
            byte_sink(given).write(b"x")
        assert (data.getvalue(), pieces) == (b"x", [b"x"])


def test_a_budget_is_spent_once() -> None:
    budget = OutputBudget(3)
    budget.spend(2)
    with pytest.raises(ExhaustionError, match="2 bytes were written and 2 more were to be"):
        budget.spend(2)
    budget.spend(1)
    assert budget.written_bytes == 3
