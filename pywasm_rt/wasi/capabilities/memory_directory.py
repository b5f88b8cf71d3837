"""Files and directories that exist only in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from itertools import count

from pywasm_rt.wasi.capabilities.clocks import SystemWallClock, WallClock
from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.filesystem import (
    DirectoryEntry,
    File,
    FileStatus,
    FileType,
    NewTime,
    OpenOptions,
    TimeChange,
)
from pywasm_rt.wasi.capabilities.path_walk import SymbolicLink
from pywasm_rt.wasi.capabilities.tree_directory import Tree, TreeDirectory

__all__ = ["MemoryFilesystem"]

_MAX_NAME_BYTES = 255
# Device numbers that no real device has.
_DEVICES = count(-1, -1)


class _Node:
    """A file, directory or symbolic link."""

    __slots__ = (
        "accessed_ns",
        "changed_ns",
        "data",
        "device",
        "entries",
        "link_count",
        "modified_ns",
        "open_count",
        "parent",
        "serial",
        "target",
        "type",
    )

    def __init__(self, kind: FileType, device: int, serial: int, now_ns: int) -> None:
        self.type = kind
        self.device = device
        self.serial = serial
        self.accessed_ns = self.modified_ns = self.changed_ns = now_ns
        self.link_count = 0
        self.open_count = 0
        self.data = bytearray()
        self.entries: dict[str, _Node] = {}
        self.parent: _Node | None = None
        self.target = ""

    @property
    def is_directory(self) -> bool:
        return self.type is FileType.DIRECTORY

    def status(self) -> FileStatus:
        size_bytes = len(self.target.encode()) if self.target else len(self.data)
        return FileStatus(
            type=self.type,
            identity=(self.device, self.serial),
            link_count=self.link_count,
            size_bytes=size_bytes,
            accessed_ns=self.accessed_ns,
            modified_ns=self.modified_ns,
            changed_ns=self.changed_ns,
        )


class _MemoryFile(File):
    """An open file in memory."""

    def __init__(
        self, tree: _MemoryTree, node: _Node, options: OpenOptions, *, mutable: bool
    ) -> None:
        super().__init__(
            readable=options.read,
            writable=options.write,
            mutable=mutable,
            max_file_bytes=options.max_file_bytes,
        )
        self._tree = tree
        self._node = node
        self._closed = False
        node.open_count += 1

    def __del__(self) -> None:
        if getattr(self, "_closed", True) is False:
            self.close()

    def status(self) -> FileStatus:
        return self._node.status()

    def synchronize(self, *, data_only: bool = False) -> None:
        """Nothing to do: there is no disk."""

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            with self._tree.lock:
                self._node.open_count -= 1
                self._tree.collect(self._node)

    def _read(self, count: int, offset: int) -> bytes:
        with self._tree.lock:
            self._node.accessed_ns = self._tree.now_ns()
            return bytes(self._node.data[offset : offset + count])

    def _write(self, data: bytes, offset: int) -> int:
        with self._tree.lock:
            return self._tree.write(self._node, data, offset)

    def _append(self, data: bytes) -> int:
        with self._tree.lock:
            return self._tree.write(self._node, data, len(self._node.data))

    def _set_size(self, size_bytes: int) -> None:
        with self._tree.lock:
            self._tree.resize(self._node, size_bytes)

    def _set_times(self, accessed: NewTime, modified: NewTime) -> None:
        self._tree.change_times(self._node, accessed, modified)


class _MemoryTree(Tree[_Node]):
    """One file system in memory."""

    def __init__(self, clock: WallClock, max_bytes: int, max_names: int) -> None:
        self.lock = threading.RLock()
        self.max_bytes = max_bytes
        self.max_names = max_names
        self.used_bytes = 0
        self.used_names = 0
        self._clock = clock
        self._device = next(_DEVICES)
        self._serials = count(1)
        self.root = self._new_node(FileType.DIRECTORY)
        self.root.link_count = 1

    def now_ns(self) -> int:
        return self._clock.now_ns()

    def enter(self, directory: _Node, name: str) -> _Node | SymbolicLink:
        node = self._child(directory, name)
        if node.type is FileType.SYMBOLIC_LINK:
            return SymbolicLink(node.target)
        if not node.is_directory:
            raise FilesystemError(ErrorCode.NOT_DIRECTORY)
        return node

    def release(self, directory: _Node) -> None:
        """Nothing to do: a node is no resource."""

    def reopen(self, directory: _Node) -> _Node:
        return directory

    def open(
        self, directory: _Node, name: str, options: OpenOptions, *, mutable: bool
    ) -> File | _Node | SymbolicLink:
        with self.lock:
            _check_name(name)
            node = directory.entries.get(name)
            if node is None:
                if not options.create:
                    raise FilesystemError(ErrorCode.NO_ENTRY)
                node = self._new_node(FileType.REGULAR_FILE)
                self._attach(directory, name, node)
            elif options.create and options.exclusive:
                raise FilesystemError(ErrorCode.EXIST)
            if node.type is FileType.SYMBOLIC_LINK:
                return SymbolicLink(node.target)
            if node.is_directory:
                if options.changes_something:
                    raise FilesystemError(ErrorCode.IS_DIRECTORY)
                return node
            if options.directory:
                raise FilesystemError(ErrorCode.NOT_DIRECTORY)
            if options.truncate:
                self.resize(node, 0)
            return _MemoryFile(self, node, options, mutable=mutable)

    def directory_status(self, directory: _Node) -> FileStatus:
        return directory.status()

    def status(self, directory: _Node, name: str) -> FileStatus:
        return self._child(directory, name).status()

    def set_directory_times(self, directory: _Node, accessed: NewTime, modified: NewTime) -> None:
        self.change_times(directory, accessed, modified)

    def set_times(self, directory: _Node, name: str, accessed: NewTime, modified: NewTime) -> None:
        self.change_times(self._child(directory, name), accessed, modified)

    def synchronize(self, directory: _Node, *, data_only: bool) -> None:
        """Nothing to do: there is no disk."""

    def entries(self, directory: _Node) -> list[DirectoryEntry]:
        with self.lock:
            return [
                DirectoryEntry(name, node.type, (node.device, node.serial))
                for name, node in sorted(directory.entries.items())
            ]

    def make_directory(self, directory: _Node, name: str) -> None:
        with self.lock:
            self._check_free(directory, name)
            self._attach(directory, name, self._new_node(FileType.DIRECTORY))

    def remove_directory(self, directory: _Node, name: str) -> None:
        with self.lock:
            node = self._child(directory, name)
            if not node.is_directory:
                raise FilesystemError(ErrorCode.NOT_DIRECTORY)
            if node.entries:
                raise FilesystemError(ErrorCode.NOT_EMPTY)
            self._detach(directory, name)

    def unlink(self, directory: _Node, name: str) -> None:
        with self.lock:
            if self._child(directory, name).is_directory:
                raise FilesystemError(ErrorCode.IS_DIRECTORY)
            self._detach(directory, name)

    def rename(self, old: _Node, old_name: str, new: _Node, new_name: str) -> None:
        with self.lock:
            node = self._child(old, old_name)
            _check_name(new_name)
            replaced = new.entries.get(new_name)
            if replaced is node:
                return
            self._check_attached(new)
            if node.is_directory and self._lies_in(new, node):
                raise FilesystemError(ErrorCode.INVALID, "a directory cannot move into itself")
            if replaced is not None:
                _check_replaceable(node, replaced)
                self._detach(new, new_name)
            del old.entries[old_name]
            self.used_names -= 1
            self._touch(old)
            node.link_count -= 1
            self._attach(new, new_name, node)

    def link(self, old: _Node, old_name: str, new: _Node, new_name: str) -> None:
        with self.lock:
            node = self._child(old, old_name)
            self._check_free(new, new_name)
            self._attach(new, new_name, node)

    def symlink(self, contents: str, directory: _Node, name: str) -> None:
        with self.lock:
            self._check_free(directory, name)
            node = self._new_node(FileType.SYMBOLIC_LINK)
            node.target = contents
            self._attach(directory, name, node)

    def read_link(self, directory: _Node, name: str) -> str:
        node = self._child(directory, name)
        if node.type is not FileType.SYMBOLIC_LINK:
            raise FilesystemError(ErrorCode.INVALID)
        return node.target

    def write(self, node: _Node, data: bytes, offset: int) -> int:
        """Write into a file; returns how many bytes were written."""
        end = offset + len(data)
        if data and end > len(node.data):
            self._grow(node, end)
        node.data[offset:end] = data
        node.modified_ns = node.changed_ns = self.now_ns()
        return len(data)

    def resize(self, node: _Node, size_bytes: int) -> None:
        """Cut a file off or fill it up."""
        if size_bytes > len(node.data):
            self._grow(node, size_bytes)
        else:
            self.used_bytes -= len(node.data) - size_bytes
            del node.data[size_bytes:]
        node.modified_ns = node.changed_ns = self.now_ns()

    def change_times(self, node: _Node, accessed: NewTime, modified: NewTime) -> None:
        """Change a node's times."""
        now_ns = self.now_ns()
        if accessed is not TimeChange.KEEP:
            node.accessed_ns = now_ns if isinstance(accessed, TimeChange) else accessed
        if modified is not TimeChange.KEEP:
            node.modified_ns = now_ns if isinstance(modified, TimeChange) else modified
        node.changed_ns = now_ns

    def collect(self, node: _Node) -> None:
        """Give back the bytes of a file that has neither a name nor a user."""
        if node.link_count == 0 and node.open_count == 0:
            self.used_bytes -= len(node.data)
            node.data = bytearray()

    def _grow(self, node: _Node, size_bytes: int) -> None:
        added = size_bytes - len(node.data)
        if self.used_bytes + added > self.max_bytes:
            raise FilesystemError(ErrorCode.INSUFFICIENT_SPACE)
        self.used_bytes += added
        node.data.extend(bytes(added))

    def _new_node(self, kind: FileType) -> _Node:
        return _Node(kind, self._device, next(self._serials), self.now_ns())

    def _child(self, directory: _Node, name: str) -> _Node:
        _check_name(name)
        node = directory.entries.get(name)
        if node is None:
            raise FilesystemError(ErrorCode.NO_ENTRY)
        return node

    def _check_free(self, directory: _Node, name: str) -> None:
        _check_name(name)
        if name in directory.entries:
            raise FilesystemError(ErrorCode.EXIST)

    def _check_attached(self, directory: _Node) -> None:
        """Nothing can be put into a directory that was removed."""
        if directory.link_count == 0:
            raise FilesystemError(ErrorCode.NO_ENTRY)

    def _lies_in(self, inner: _Node | None, outer: _Node) -> bool:
        while inner is not None and inner is not outer:
            inner = inner.parent
        return inner is outer

    def _attach(self, directory: _Node, name: str, node: _Node) -> None:
        self._check_attached(directory)
        if self.used_names >= self.max_names:
            raise FilesystemError(ErrorCode.INSUFFICIENT_SPACE)
        self.used_names += 1
        directory.entries[name] = node
        node.link_count += 1
        if node.is_directory:
            node.parent = directory
        node.changed_ns = self.now_ns()
        self._touch(directory)

    def _detach(self, directory: _Node, name: str) -> None:
        node = directory.entries.pop(name)
        self.used_names -= 1
        node.link_count -= 1
        node.changed_ns = self.now_ns()
        self._touch(directory)
        self.collect(node)

    def _touch(self, directory: _Node) -> None:
        directory.modified_ns = directory.changed_ns = self.now_ns()


def _check_name(name: str) -> None:
    if len(name.encode("utf-8", "surrogateescape")) > _MAX_NAME_BYTES:
        raise FilesystemError(ErrorCode.NAME_TOO_LONG)


def _check_replaceable(node: _Node, replaced: _Node) -> None:
    """Raise FilesystemError if ``node`` cannot be renamed over ``replaced``."""
    if replaced.is_directory:
        if not node.is_directory:
            raise FilesystemError(ErrorCode.IS_DIRECTORY)
        if replaced.entries:
            raise FilesystemError(ErrorCode.NOT_EMPTY)
    elif node.is_directory:
        raise FilesystemError(ErrorCode.NOT_DIRECTORY)


class MemoryFilesystem:
    """A file system in memory, at first with ``files``: contents by path (``"a/b.txt"``).

    :meth:`directory` is what a guest mounts; mounts of the same file system share its files.
    ``max_bytes`` bounds the contents of all files together, ``max_names`` the names of files,
    directories and links (``insufficient-space`` beyond).
    """

    def __init__(
        self,
        files: Mapping[str, bytes | str] | None = None,
        *,
        clock: WallClock | None = None,
        max_bytes: int = 256 * 1024 * 1024,
        max_names: int = 65_536,
    ) -> None:
        self._tree = _MemoryTree(clock or SystemWallClock(), max_bytes, max_names)
        for path, contents in (files or {}).items():
            self.write(path, contents)

    @property
    def used_bytes(self) -> int:
        """The contents of all files together."""
        return self._tree.used_bytes

    def directory(self, *, read_only: bool = False) -> TreeDirectory[_Node]:
        """The root, to be mounted."""
        return TreeDirectory(self._tree, self._tree.root, read_only=read_only)

    def write(self, path: str, contents: bytes | str) -> None:
        """Make a file, and the directories on its way. Raises FilesystemError."""
        data = contents.encode() if isinstance(contents, str) else contents
        root = self.directory()
        components = [component for component in path.split("/") if component]
        for depth in range(1, len(components)):
            try:
                root.create_directory_at("/".join(components[:depth]))
            except FilesystemError as error:
                if error.code is not ErrorCode.EXIST:
                    raise
        options = OpenOptions(write=True, create=True, truncate=True)
        file = root.open_at("/".join(components), options)
        assert isinstance(file, File), "a directory cannot be opened for writing"
        file.write_at(data, 0)
        file.close()

    def read(self, path: str) -> bytes:
        """The contents of a file. Raises FilesystemError."""
        file = self.directory().open_at(path.strip("/"), OpenOptions(read=True))
        if not isinstance(file, File):
            raise FilesystemError(ErrorCode.IS_DIRECTORY)
        with self._tree.lock:
            return file.read_at(file.status().size_bytes, 0)

    def files(self) -> dict[str, bytes]:
        """The contents of all files by path; symbolic links are left out."""
        found: dict[str, bytes] = {}
        pending = [("", self._tree.root)]
        with self._tree.lock:
            while pending:
                prefix, directory = pending.pop()
                for name, node in directory.entries.items():
                    if node.is_directory:
                        pending.append((f"{prefix}{name}/", node))
                    elif node.type is FileType.REGULAR_FILE:
                        found[prefix + name] = bytes(node.data)
        return dict(sorted(found.items()))
