"""Preview 1: reading and writing through file descriptors."""

from __future__ import annotations

from collections.abc import Generator

from pywasm_rt.operations import Operation
from pywasm_rt.wasi.capabilities.filesystem import File
from pywasm_rt.wasi.preview1.descriptor_table import (
    OpenDirectory,
    OpenFile,
    StandardInput,
    StandardOutput,
)
from pywasm_rt.wasi.preview1.errno import Errno, Failure, errno_of
from pywasm_rt.wasi.preview1.layout import FileDescriptorFlags, Rights, Whence
from pywasm_rt.wasi.preview1.state import FunctionRow, State
from pywasm_rt.wasi.streams import StreamClosed, StreamFailed

__all__ = ["READING_AND_WRITING_FUNCTIONS"]

# More than this is read or written in several calls, as POSIX allows.
_MAX_TRANSFER_BYTES = 1 << 24

Vectors = list[tuple[int, int]]


def _read_file(state: State, file: File, vectors: Vectors, offset: int) -> int:
    """Fill the vectors from a file; how many bytes there were."""
    total = 0
    for address, length in vectors:
        if length:
            data = file.read_at(length, offset + total)
            state.memory.write(address, data)
            total += len(data)
            if len(data) < length or total >= _MAX_TRANSFER_BYTES:
                break
    return total


def _scatter(state: State, vectors: Vectors, data: bytes) -> None:
    for address, length in vectors:
        state.memory.write(address, data[:length])
        data = data[length:]


def _gather(state: State, vectors: Vectors) -> bytes:
    """The bytes of the vectors, as many as one call transfers."""
    pieces: list[bytes] = []
    left = _MAX_TRANSFER_BYTES
    for address, length in vectors:
        pieces.append(state.memory.read(address, min(length, left)))
        left -= len(pieces[-1])
    return b"".join(pieces)


def _read_stream(descriptor: StandardInput, max_bytes: int) -> Generator[Operation, object, bytes]:
    """Bytes from standard input; ``b""`` at the end."""
    stream = descriptor.stream
    try:
        if descriptor.flags & FileDescriptorFlags.NONBLOCK:
            data = stream.read(max_bytes)
            if not data and max_bytes:
                raise Failure(Errno.AGAIN)
            return data
        return (yield from stream.blocking_read(max_bytes))
    except StreamClosed:
        return b""
    except StreamFailed as failed:
        raise Failure(errno_of(failed.code)) from failed


def _fd_read(
    state: State, fd: int, vectors_address: int, vector_count: int, size_address: int
) -> Generator[Operation, object, None]:
    vectors = state.memory.read_vectors(vectors_address, vector_count)
    state.memory.check(size_address, 4, 4)
    descriptor = state.table.get(fd, Rights.FD_READ)
    if isinstance(descriptor, OpenFile):
        size = _read_file(state, descriptor.file, vectors, descriptor.position)
        descriptor.position += size
    elif isinstance(descriptor, StandardInput):
        wanted = sum(length for _, length in vectors)
        data = yield from _read_stream(descriptor, min(wanted, _MAX_TRANSFER_BYTES))
        _scatter(state, vectors, data)
        size = len(data)
    else:
        raise Failure(Errno.ISDIR if isinstance(descriptor, OpenDirectory) else Errno.BADF)
    state.memory.write_u32(size_address, size)


def _fd_pread(
    state: State, fd: int, vectors_address: int, vector_count: int, offset: int, size_address: int
) -> None:
    vectors = state.memory.read_vectors(vectors_address, vector_count)
    state.memory.check(size_address, 4, 4)
    file = state.table.seekable(fd, Rights.FD_READ | Rights.FD_SEEK).file
    state.memory.write_u32(size_address, _read_file(state, file, vectors, offset))


def _write_stream(descriptor: StandardOutput, data: bytes) -> Generator[Operation, object, int]:
    """Write to a standard stream; how many bytes it took."""
    stream = descriptor.stream
    try:
        if descriptor.flags & FileDescriptorFlags.NONBLOCK:
            data = data[: stream.check_write()] if data else data
            if not data:
                raise Failure(Errno.AGAIN)
            stream.write(data)
            stream.flush()
        else:
            yield from stream.blocking_write_and_flush(data)
    except StreamClosed:
        raise Failure(Errno.PIPE) from None
    except StreamFailed as failed:
        raise Failure(errno_of(failed.code)) from failed
    return len(data)


def _write_file(descriptor: OpenFile, data: bytes, offset: int) -> int:
    """Write to a file: at ``offset``, or at the end in append mode, as Linux does it."""
    if descriptor.flags & FileDescriptorFlags.APPEND:
        return descriptor.file.append(data)
    return descriptor.file.write_at(data, offset)


def _fd_write(
    state: State, fd: int, vectors_address: int, vector_count: int, size_address: int
) -> Generator[Operation, object, None]:
    vectors = state.memory.read_vectors(vectors_address, vector_count)
    state.memory.check(size_address, 4, 4)
    descriptor = state.table.get(fd, Rights.FD_WRITE)
    data = _gather(state, vectors)
    if isinstance(descriptor, OpenFile):
        size = _write_file(descriptor, data, descriptor.position)
        if descriptor.flags & FileDescriptorFlags.APPEND:
            descriptor.position = descriptor.file.status().size_bytes
        else:
            descriptor.position += size
    elif isinstance(descriptor, StandardOutput):
        size = yield from _write_stream(descriptor, data)
    else:
        raise Failure(Errno.BADF)
    state.memory.write_u32(size_address, size)


def _fd_pwrite(
    state: State, fd: int, vectors_address: int, vector_count: int, offset: int, size_address: int
) -> None:
    vectors = state.memory.read_vectors(vectors_address, vector_count)
    state.memory.check(size_address, 4, 4)
    descriptor = state.table.seekable(fd, Rights.FD_WRITE | Rights.FD_SEEK)
    size = _write_file(descriptor, _gather(state, vectors), offset)
    state.memory.write_u32(size_address, size)


def _fd_seek(state: State, fd: int, offset: int, whence: int, address: int) -> None:
    """``offset`` is a signed number, which arrives as an unsigned one."""
    state.memory.check(address, 8, 8)
    delta = offset - 2**64 if offset >= 2**63 else offset
    only_tells = whence == Whence.CUR and delta == 0
    descriptor = state.table.seekable(fd, Rights.FD_TELL if only_tells else Rights.FD_SEEK)
    if whence == Whence.SET:
        position = delta
    elif whence == Whence.CUR:
        position = descriptor.position + delta
    elif whence == Whence.END:
        position = descriptor.file.status().size_bytes + delta
    else:
        raise Failure(Errno.INVAL)
    if not 0 <= position < 2**63:
        raise Failure(Errno.INVAL)
    descriptor.position = position
    state.memory.write_u64(address, position)


def _fd_tell(state: State, fd: int, address: int) -> None:
    position = state.table.seekable(fd, Rights.FD_TELL).position
    state.memory.write_u64(address, position)


READING_AND_WRITING_FUNCTIONS = (
    FunctionRow("fd_read", "iiii", _fd_read),
    FunctionRow("fd_pread", "iiiIi", _fd_pread),
    FunctionRow("fd_write", "iiii", _fd_write),
    FunctionRow("fd_pwrite", "iiiIi", _fd_pwrite),
    FunctionRow("fd_seek", "iIii", _fd_seek),
    FunctionRow("fd_tell", "ii", _fd_tell),
)
