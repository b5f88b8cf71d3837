"""Open files and directories as ``wasi:filesystem/types.descriptor``, and streams over files."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.filesystem import Directory, File, FileStatus
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.streams import InputStream, OutputStream

__all__ = ["Descriptor"]


class Descriptor:
    """An open file or directory, and the synchronisation flags that it was opened with.

    Streams made from it keep it open when the guest drops it.
    """

    def __init__(
        self,
        context: WasiContext,
        handle: File | Directory,
        flags: frozenset[str] = frozenset(),
    ) -> None:
        self.handle = handle
        self.flags = flags
        self._context = context
        self._users = 1

    @property
    def file(self) -> File:
        """The file. Raises FilesystemError (``bad-descriptor``) for a directory."""
        if not isinstance(self.handle, File):
            raise FilesystemError(ErrorCode.BAD_DESCRIPTOR, "a directory")
        return self.handle

    @property
    def directory(self) -> Directory:
        """The directory. Raises FilesystemError (``not-directory``) for a file."""
        if not isinstance(self.handle, Directory):
            raise FilesystemError(ErrorCode.NOT_DIRECTORY)
        return self.handle

    def status(self) -> FileStatus:
        """What is known of it."""
        return self.handle.status()

    def release(self) -> None:
        """One user less; the last one closes."""
        self._users -= 1
        if self._users == 0:
            self._context.close_handle(self.handle)

    def input_stream(self, offset: int) -> InputStream:
        """A stream that reads from ``offset`` on."""
        file = self.file
        if not file.readable:
            raise FilesystemError(ErrorCode.BAD_DESCRIPTOR, "not opened for reading")
        self._users += 1
        return InputStream(_FileSource(file, offset), self.release)

    def output_stream(self, offset: int | None) -> OutputStream:
        """A stream that writes from ``offset`` on, or at the end if that is None."""
        file = self.file
        if not file.writable:
            raise FilesystemError(ErrorCode.BAD_DESCRIPTOR, "not opened for writing")
        self._users += 1
        sink = _FileSink(file.append if offset is None else _writer_at(file, offset))
        return OutputStream(sink, on_close=self.release)


class _FileSource:
    """The bytes of a file from an offset on; never waits."""

    may_block = False

    def __init__(self, file: File, offset: int) -> None:
        self._file = file
        self._offset = offset

    def read(self, max_bytes: int) -> bytes:
        data = self._file.read_at(max_bytes, self._offset)
        self._offset += len(data)
        return data

    def ready(self) -> bool:
        return True


class _FileSink:
    """Bytes to a file; never waits."""

    may_block = False

    def __init__(self, write: Callable[[bytes], int]) -> None:
        self._write = write

    def write(self, data: bytes) -> int:
        return self._write(data)

    def flush(self) -> None:
        """Nothing to do: nothing is kept back."""

    def ready(self) -> bool:
        return True


def _writer_at(file: File, offset: int) -> Callable[[bytes], int]:
    """A function that writes one piece after the other."""
    position = offset

    def write(data: bytes) -> int:
        nonlocal position
        taken = file.write_at(data, position)
        position += taken
        return taken

    return write
