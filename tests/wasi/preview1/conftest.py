"""A guest of preview 1 without an engine: a memory, and calls of host functions."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pywasm_rt.engine.interface import Instance
from pywasm_rt.wasi.capabilities.clocks import VirtualWallClock
from pywasm_rt.wasi.capabilities.filesystem import Directory
from pywasm_rt.wasi.capabilities.memory_directory import MemoryFilesystem
from pywasm_rt.wasi.capabilities.random import SeededRandom
from pywasm_rt.wasi.capabilities.stdio import CollectingSink
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1 import MODULE_NAME, Preview1

MEMORY_BYTES = 65_536
RESULT = 8
EPOCH_NS = 1_700_000_000_000_000_000


class FakeMemory:
    """A page of memory."""

    def __init__(self) -> None:
        self.data = bytearray(MEMORY_BYTES)

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read(self, address: int, count: int) -> bytes:
        if address + count > len(self.data):
            raise IndexError("the host has to look first")
        return bytes(self.data[address : address + count])

    def write(self, address: int, data: bytes) -> None:
        if address + len(data) > len(self.data):
            raise IndexError("the host has to look first")
        self.data[address : address + len(data)] = data


class Guest:
    """Calls functions by name; strings are put into memory, and answers are error numbers."""

    def __init__(self, world: Any, context: WasiContext) -> None:
        self.world = world
        self.context = context
        self.memory = FakeMemory()
        self.preview1 = Preview1(context)
        self.preview1.bind(cast(Instance, SimpleNamespace(exports={"memory": self.memory})))
        self._next = 1024

    def call(self, name: str, *arguments: int | str | bytes) -> Any:
        """Call a function; a string becomes its address and its length."""
        flat: list[int] = []
        for argument in arguments:
            if isinstance(argument, int):
                flat.append(argument)
            else:
                data = argument.encode() if isinstance(argument, str) else argument
                flat += [self.put(data), len(data)]
        function = self.preview1.imports[MODULE_NAME, name]
        assert len(flat) == len(function.type.parameters), name
        return self.world.answer(function.implementation(*flat))

    def put(self, data: bytes) -> int:
        """Put bytes somewhere, aligned; their address."""
        address = self._next
        self.memory.write(address, data)
        self._next = (address + len(data) + 15) // 8 * 8
        if self._next > MEMORY_BYTES // 2:
            self._next = 1024
        return address

    def vectors(self, *pieces: bytes | int) -> tuple[int, int]:
        """Vectors for pieces, or for buffers of these sizes: their address and count."""
        buffers = [bytes(piece) if isinstance(piece, int) else piece for piece in pieces]
        places = [(self.put(buffer), len(buffer)) for buffer in buffers]
        return self.put(b"".join(struct.pack("<II", *place) for place in places)), len(pieces)

    def u32(self, address: int = RESULT) -> int:
        """A number in memory."""
        return int.from_bytes(self.memory.read(address, 4), "little")

    def u64(self, address: int = RESULT) -> int:
        """A number in memory."""
        return int.from_bytes(self.memory.read(address, 8), "little")

    def open(self, path: str, *, oflags: int = 0, **options: int) -> int:
        """``path_open`` from descriptor 3 on: a new descriptor, or minus the error number."""
        errno = self.call(
            "path_open",
            options.get("fd", 3),
            options.get("follow", 1),
            path,
            oflags,
            options.get("rights", 0x2 if oflags & 0x2 else 0x42),
            0,
            options.get("flags", 0),
            RESULT,
        )
        return -errno if errno else self.u32()

    def write(self, fd: int, *pieces: bytes) -> int:
        """``fd_write``: how many bytes, or minus the error number."""
        errno = self.call("fd_write", fd, *self.vectors(*pieces), RESULT)
        return -errno if errno else self.u32()

    def read(self, fd: int, count: int) -> bytes | int:
        """``fd_read``: the bytes, or the error number."""
        vectors, number = self.vectors(count)
        errno = self.call("fd_read", fd, vectors, number, RESULT)
        return errno or self.memory.read(self.u32(vectors), self.u32())


@pytest.fixture
def filesystem(world: Any) -> MemoryFilesystem:
    """What is mounted as ``/`` (and read-only as ``/ro``)."""
    wall = VirtualWallClock(world.clock, EPOCH_NS)
    return MemoryFilesystem({"a.txt": b"hello world", "d/e.txt": b"e"}, clock=wall)


@pytest.fixture
def make_guest(world: Any, filesystem: MemoryFilesystem) -> Callable[..., Guest]:
    """Makes guests, with the context's fields as keywords."""

    def make(**fields: Any) -> Guest:
        preopens: list[tuple[str, Directory]] = [
            ("/", filesystem.directory()),
            ("/ro", filesystem.directory(read_only=True)),
        ]
        context: dict[str, Any] = {
            "arguments": ["prog", "ä", ""],
            "environment": {"HOME": "/", "X": "a=b"},
            "stdin": b"",
            "stdout": CollectingSink(),
            "stderr": CollectingSink(),
            "preopens": preopens,
            "monotonic_clock": world.clock,
            "wall_clock": VirtualWallClock(world.clock, EPOCH_NS),
            "random": SeededRandom(1),
        }
        return Guest(world, WasiContext(**(context | fields)))

    return make


@pytest.fixture
def guest(make_guest: Callable[..., Guest]) -> Guest:
    """A guest with two mounts: 3 is ``/`` and 4 is ``/ro``."""
    return make_guest()
