"""``wasi:filesystem`` 0.2.12: descriptors, directory entries and preopened directories."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.values import Err, Ok, Record, Variant
from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.filesystem import (
    Directory,
    DirectoryEntry,
    FileStatus,
    NewTime,
    OpenOptions,
    TimeChange,
)
from pywasm_rt.wasi.capabilities.identity import metadata_hash
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.clocks import datetime
from pywasm_rt.wasi.preview2.descriptors import Descriptor
from pywasm_rt.wasi.preview2.resources import (
    DESCRIPTOR,
    DIRECTORY_ENTRY_STREAM,
    ERROR,
    INPUT_STREAM,
    OUTPUT_STREAM,
    IoError,
)

__all__ = ["filesystem_interfaces"]

_VERSION = "0.2.12"
_NANOSECONDS = 1_000_000_000
# A list that a guest asks for has to fit into its memory.
_MAX_READ_BYTES = 1 << 20
_SYNC_FLAGS = frozenset({"file-integrity-sync", "data-integrity-sync", "requested-write-sync"})

Flags = frozenset[str]


def _fallible(function: Callable[..., object]) -> Callable[..., Ok | Err]:
    """``function`` with its result, or its ``error-code``, as a ``result``."""

    def call(*arguments: object) -> Ok | Err:
        try:
            return Ok(function(*arguments))
        except FilesystemError as error:
            return Err(error.code.wit_name)

    return call


def _stat(status: FileStatus) -> Record:
    return Record(
        {
            "type": str(status.type),
            "link-count": status.link_count,
            "size": status.size_bytes,
            "data-access-timestamp": datetime(status.accessed_ns),
            "data-modification-timestamp": datetime(status.modified_ns),
            "status-change-timestamp": datetime(status.changed_ns),
        }
    )


def _new_time(timestamp: Variant) -> NewTime:
    """A ``new-timestamp``."""
    if timestamp.tag == "no-change":
        return TimeChange.KEEP
    if timestamp.tag == "now":
        return TimeChange.NOW
    moment = timestamp.payload
    assert isinstance(moment, Record)
    seconds, nanoseconds = moment["seconds"], moment["nanoseconds"]
    assert isinstance(seconds, int)
    assert isinstance(nanoseconds, int)
    return seconds * _NANOSECONDS + nanoseconds


def _follows(flags: Flags) -> bool:
    return "symlink-follow" in flags


class _EntryStream:
    """``directory-entry-stream``."""

    def __init__(self, entries: list[DirectoryEntry]) -> None:
        self._entries: Iterator[DirectoryEntry] = iter(entries)

    def next_entry(self) -> Record | None:
        entry = next(self._entries, None)
        if entry is None:
            return None
        try:
            entry.name.encode()
        except UnicodeEncodeError:
            raise FilesystemError(ErrorCode.ILLEGAL_BYTE_SEQUENCE) from None
        return Record({"type": str(entry.type), "name": entry.name})


def _get_flags(descriptor: Descriptor) -> Flags:
    handle = descriptor.handle
    if isinstance(handle, Directory):
        flags = {"read"} if handle.read_only else {"read", "mutate-directory"}
    else:
        flags = {"read"} if handle.readable else set()
        flags |= {"write"} if handle.writable else set()
    return frozenset(flags) | descriptor.flags


def _get_type(descriptor: Descriptor) -> str:
    return str(descriptor.status().type)


def _advise(descriptor: Descriptor, offset: int, length: int, _advice: str) -> None:
    """Check the range; there is nothing that we would do with the advice."""
    if isinstance(descriptor.handle, Directory):
        raise FilesystemError(ErrorCode.BAD_DESCRIPTOR, "a directory")
    if offset + length >= 2**63:
        raise FilesystemError(ErrorCode.INVALID)


def _read(descriptor: Descriptor, length: int, offset: int) -> tuple[bytes, bool]:
    data = descriptor.file.read_at(min(length, _MAX_READ_BYTES), offset)
    return data, not data


def _write(descriptor: Descriptor, data: bytes, offset: int) -> int:
    return descriptor.file.write_at(bytes(data), offset)


def _set_times(descriptor: Descriptor, accessed: Variant, modified: Variant) -> None:
    descriptor.handle.set_times(_new_time(accessed), _new_time(modified))


def _set_times_at(
    descriptor: Descriptor, flags: Flags, path: str, accessed: Variant, modified: Variant
) -> None:
    times = _new_time(accessed), _new_time(modified)
    descriptor.directory.set_times_at(path, *times, follow_symlinks=_follows(flags))


def _stat_at(descriptor: Descriptor, flags: Flags, path: str) -> Record:
    return _stat(descriptor.directory.status_at(path, follow_symlinks=_follows(flags)))


def _link_at(
    descriptor: Descriptor, flags: Flags, old_path: str, new: Descriptor, new_path: str
) -> None:
    descriptor.directory.link_at(old_path, new.directory, new_path, follow_symlinks=_follows(flags))


def _rename_at(descriptor: Descriptor, old_path: str, new: Descriptor, new_path: str) -> None:
    descriptor.directory.rename_at(old_path, new.directory, new_path)


def _read_link_at(descriptor: Descriptor, path: str) -> str:
    contents = descriptor.directory.read_link_at(path)
    try:
        contents.encode()
    except UnicodeEncodeError:
        raise FilesystemError(ErrorCode.ILLEGAL_BYTE_SEQUENCE) from None
    return contents


def _hash_record(status: FileStatus) -> Record:
    lower, upper = metadata_hash(status)
    return Record(lower=lower, upper=upper)


def _metadata_hash_at(descriptor: Descriptor, flags: Flags, path: str) -> Record:
    return _hash_record(descriptor.directory.status_at(path, follow_symlinks=_follows(flags)))


def _is_same_object(one: Descriptor, other: Descriptor) -> bool:
    try:
        return one.status().identity == other.status().identity
    except FilesystemError:
        return False


def _filesystem_error_code(error: IoError) -> str | None:
    return None if error.code is None else error.code.wit_name


def _opener(context: WasiContext) -> Callable[..., Descriptor]:
    """``open-at`` for one guest."""

    def open_at(
        descriptor: Descriptor, path_flags: Flags, path: str, open_flags: Flags, flags: Flags
    ) -> Descriptor:
        directory = descriptor.directory
        if "mutate-directory" in flags and directory.read_only:
            raise FilesystemError(ErrorCode.READ_ONLY)
        options = OpenOptions(
            read="read" in flags,
            write="write" in flags,
            create="create" in open_flags,
            exclusive="exclusive" in open_flags,
            truncate="truncate" in open_flags,
            directory="directory" in open_flags,
            follow_symlinks=_follows(path_flags),
            synchronize_data="data-integrity-sync" in flags,
            synchronize_all="file-integrity-sync" in flags,
        )
        opened = context.open_at(directory, path, options)
        kept = frozenset() if isinstance(opened, Directory) else frozenset(flags) & _SYNC_FLAGS
        return Descriptor(context, opened, kept)

    return open_at


def _descriptor_functions(context: WasiContext) -> dict[str, Callable[..., object]]:
    """The methods of ``descriptor``; all but ``is-same-object`` are fallible."""
    return {
        "read-via-stream": Descriptor.input_stream,
        "write-via-stream": Descriptor.output_stream,
        "append-via-stream": lambda descriptor: descriptor.output_stream(None),
        "advise": _advise,
        "sync-data": lambda descriptor: descriptor.handle.synchronize(data_only=True),
        "get-flags": _get_flags,
        "get-type": _get_type,
        "set-size": lambda descriptor, size_bytes: descriptor.file.set_size(size_bytes),
        "set-times": _set_times,
        "read": _read,
        "write": _write,
        "read-directory": lambda descriptor: _EntryStream(descriptor.directory.entries()),
        "sync": lambda descriptor: descriptor.handle.synchronize(),
        "create-directory-at": lambda descriptor, path: descriptor.directory.create_directory_at(
            path
        ),
        "stat": lambda descriptor: _stat(descriptor.status()),
        "stat-at": _stat_at,
        "set-times-at": _set_times_at,
        "link-at": _link_at,
        "open-at": _opener(context),
        "readlink-at": _read_link_at,
        "remove-directory-at": lambda descriptor, path: descriptor.directory.remove_directory_at(
            path
        ),
        "rename-at": _rename_at,
        "symlink-at": lambda descriptor, contents, path: descriptor.directory.symlink_at(
            contents, path
        ),
        "unlink-file-at": lambda descriptor, path: descriptor.directory.unlink_file_at(path),
        "metadata-hash": lambda descriptor: _hash_record(descriptor.status()),
        "metadata-hash-at": _metadata_hash_at,
    }


def filesystem_interfaces(context: WasiContext) -> list[HostInterface]:
    """``wasi:filesystem/types`` and ``preopens``."""
    functions: dict[str, Callable[..., object]] = {
        f"[method]descriptor.{name}": _fallible(function)
        for name, function in _descriptor_functions(context).items()
    }
    functions["[method]descriptor.is-same-object"] = _is_same_object
    functions["[method]directory-entry-stream.read-directory-entry"] = _fallible(
        _EntryStream.next_entry
    )
    functions["filesystem-error-code"] = _filesystem_error_code
    types = HostInterface(
        name="wasi:filesystem/types",
        version=_VERSION,
        functions=functions,
        resources={
            "descriptor": DESCRIPTOR,
            "directory-entry-stream": DIRECTORY_ENTRY_STREAM,
            "input-stream": INPUT_STREAM,
            "output-stream": OUTPUT_STREAM,
            "error": ERROR,
        },
    )

    def get_directories() -> list[tuple[Descriptor, str]]:
        return [(Descriptor(context, directory), path) for path, directory in context.preopens]

    preopens = HostInterface(
        name="wasi:filesystem/preopens",
        version=_VERSION,
        functions={"get-directories": get_directories},
        resources={"descriptor": DESCRIPTOR},
    )
    return [types, preopens]
