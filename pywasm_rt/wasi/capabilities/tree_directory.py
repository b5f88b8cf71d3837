"""Directories made of a tree that is worked on one name at a time.

:class:`TreeDirectory` has the rules that all file systems of ours share: how a path is resolved,
when a symbolic link at its end is followed, what a slash at its end means, what a read-only mount
refuses. A :class:`Tree` has only operations on one name in one open directory, none of which
follows a symbolic link.

Where the rules are POSIX's, they are those of Linux.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.filesystem import (
    Directory,
    DirectoryEntry,
    File,
    FileStatus,
    FileType,
    NewTime,
    OpenOptions,
)
from pywasm_rt.wasi.capabilities.path_walk import PathWalk, SymbolicLink

__all__ = ["Tree", "TreeDirectory"]

Node = TypeVar("Node")


class Tree(ABC, Generic[Node]):
    """Operations on one name in one open directory; all raise FilesystemError.

    ``name`` is a single component, never ``.`` or ``..``. Nothing follows symbolic links.
    """

    @abstractmethod
    def enter(self, directory: Node, name: str) -> Node | SymbolicLink:
        """A new handle to the child directory, good for walking on."""

    @abstractmethod
    def release(self, directory: Node) -> None:
        """Give up a handle that ``enter`` or ``reopen`` made."""

    @abstractmethod
    def reopen(self, directory: Node) -> Node:
        """Another handle to the same directory, good for reading its entries."""

    @abstractmethod
    def open(
        self, directory: Node, name: str, options: OpenOptions, *, mutable: bool
    ) -> File | Node | SymbolicLink:
        """Open a file or directory; a symbolic link is answered, not opened."""

    @abstractmethod
    def directory_status(self, directory: Node) -> FileStatus:
        """What is known of the directory itself."""

    @abstractmethod
    def status(self, directory: Node, name: str) -> FileStatus:
        """What is known of a name."""

    @abstractmethod
    def set_directory_times(self, directory: Node, accessed: NewTime, modified: NewTime) -> None:
        """Change the times of the directory itself."""

    @abstractmethod
    def set_times(self, directory: Node, name: str, accessed: NewTime, modified: NewTime) -> None:
        """Change the times of a name."""

    @abstractmethod
    def synchronize(self, directory: Node, *, data_only: bool) -> None:
        """Have changes of the directory reach the disk."""

    @abstractmethod
    def entries(self, directory: Node) -> list[DirectoryEntry]:
        """What is in the directory, by name."""

    @abstractmethod
    def make_directory(self, directory: Node, name: str) -> None:
        """Make a directory; ``exist`` if there is something."""

    @abstractmethod
    def remove_directory(self, directory: Node, name: str) -> None:
        """Remove an empty directory."""

    @abstractmethod
    def unlink(self, directory: Node, name: str) -> None:
        """Remove a name; ``is-directory`` for a directory."""

    @abstractmethod
    def rename(self, old: Node, old_name: str, new: Node, new_name: str) -> None:
        """Rename within this tree."""

    @abstractmethod
    def link(self, old: Node, old_name: str, new: Node, new_name: str) -> None:
        """Make a hard link within this tree."""

    @abstractmethod
    def symlink(self, contents: str, directory: Node, name: str) -> None:
        """Make a symbolic link."""

    @abstractmethod
    def read_link(self, directory: Node, name: str) -> str:
        """The contents of a symbolic link; ``invalid`` for anything else."""


class TreeDirectory(Directory, Generic[Node]):
    """An open directory of a :class:`Tree`; it owns ``node`` and releases it when closed."""

    def __init__(self, tree: Tree[Node], node: Node, *, read_only: bool) -> None:
        self.read_only = read_only
        self.tree = tree
        self._node: Node | None = node

    @property
    def node(self) -> Node:
        """The handle. Raises FilesystemError (``bad-descriptor``) when closed."""
        if self._node is None:
            raise FilesystemError(ErrorCode.BAD_DESCRIPTOR, "the directory is closed")
        return self._node

    def __del__(self) -> None:
        if getattr(self, "_node", None) is not None:
            self.close()

    def close(self) -> None:
        """Release the handle."""
        node, self._node = self._node, None
        if node is not None:
            self.tree.release(node)

    def status(self) -> FileStatus:
        """What is known of the directory itself."""
        return self.tree.directory_status(self.node)

    def set_times(self, accessed: NewTime, modified: NewTime) -> None:
        """Change the times of the directory itself."""
        _check_mutable(self)
        self.tree.set_directory_times(self.node, accessed, modified)

    def synchronize(self, *, data_only: bool = False) -> None:
        """Have changes reach the disk."""
        self.tree.synchronize(self.node, data_only=data_only)

    def entries(self) -> list[DirectoryEntry]:
        """What is in it, by name."""
        return self.tree.entries(self.node)

    def open_at(self, path: str, options: OpenOptions) -> File | Directory:
        """Open what ``path`` stands for."""
        if options.directory and (options.create or options.exclusive or options.truncate):
            raise FilesystemError(ErrorCode.INVALID, "a directory is neither created nor cut off")
        if self.read_only and options.changes_something:
            raise FilesystemError(ErrorCode.READ_ONLY)
        with self.walk(path) as walk:
            while walk.name is not None:
                if options.create and walk.must_be_directory:
                    raise FilesystemError(ErrorCode.IS_DIRECTORY)
                found = self._open_name(walk, walk.name, options)
                if not isinstance(found, SymbolicLink):
                    return found
                walk.follow(found)
            if options.create and options.exclusive:
                raise FilesystemError(ErrorCode.EXIST)
            if options.changes_something:
                raise FilesystemError(ErrorCode.IS_DIRECTORY)
            return self._opened(self.tree.reopen(walk.directory))

    def _open_name(
        self, walk: PathWalk[Node], name: str, options: OpenOptions
    ) -> File | Directory | SymbolicLink:
        if walk.must_be_directory and not options.directory:
            # A file that is not opened is not cut off either.
            self._check_is_directory(walk, name)
        found = self.tree.open(walk.directory, name, options, mutable=not self.read_only)
        if isinstance(found, SymbolicLink):
            if not (options.follow_symlinks or walk.must_be_directory):
                raise FilesystemError(ErrorCode.LOOP)
            return found
        if not isinstance(found, File):
            return self._opened(found)
        if options.directory or walk.must_be_directory:
            found.close()
            raise FilesystemError(ErrorCode.NOT_DIRECTORY)
        return found

    def _check_is_directory(self, walk: PathWalk[Node], name: str) -> None:
        status = self.tree.status(walk.directory, name)
        if status.type not in (FileType.DIRECTORY, FileType.SYMBOLIC_LINK):
            raise FilesystemError(ErrorCode.NOT_DIRECTORY)

    def _opened(self, node: Node) -> TreeDirectory[Node]:
        return TreeDirectory(self.tree, node, read_only=self.read_only)

    def status_at(self, path: str, *, follow_symlinks: bool) -> FileStatus:
        """What is known of what ``path`` stands for."""
        with self.walk(path) as walk:
            return self._find(walk, follow_symlinks=follow_symlinks)

    def set_times_at(
        self, path: str, accessed: NewTime, modified: NewTime, *, follow_symlinks: bool
    ) -> None:
        """Change the times of what ``path`` stands for."""
        _check_mutable(self)
        with self.walk(path) as walk:
            self._find(walk, follow_symlinks=follow_symlinks)
            if walk.name is None:
                self.tree.set_directory_times(walk.directory, accessed, modified)
            else:
                self.tree.set_times(walk.directory, walk.name, accessed, modified)

    def create_directory_at(self, path: str) -> None:
        """Make a directory."""
        _check_mutable(self)
        with self.walk(path) as walk:
            if walk.name is None:
                raise FilesystemError(ErrorCode.EXIST)
            self.tree.make_directory(walk.directory, walk.name)

    def link_at(
        self, old_path: str, new_directory: Directory, new_path: str, *, follow_symlinks: bool
    ) -> None:
        """Make a hard link; both directories have to be of one mount."""
        new_directory = self._same_tree(new_directory)
        # A second name in a writable place would make a file of a read-only one writable.
        _check_mutable(self)
        _check_mutable(new_directory)
        with self.walk(old_path) as old, new_directory.walk(new_path) as new:
            status = self._find(old, follow_symlinks=follow_symlinks)
            if status.type is FileType.DIRECTORY or old.name is None:
                raise FilesystemError(ErrorCode.NOT_PERMITTED, "a hard link to a directory")
            _check_free(self.tree, new)
            assert new.name is not None, "a name that is free is a name"
            self.tree.link(old.directory, old.name, new.directory, new.name)

    def read_link_at(self, path: str) -> str:
        """The contents of a symbolic link."""
        with self.walk(path) as walk:
            if walk.must_be_directory:
                self._find(walk, follow_symlinks=True)
                raise FilesystemError(ErrorCode.INVALID, "a directory")
            if walk.name is None:
                raise FilesystemError(ErrorCode.INVALID, "a directory")
            contents = self.tree.read_link(walk.directory, walk.name)
        if contents.startswith("/"):
            raise FilesystemError(ErrorCode.NOT_PERMITTED, "a link to an absolute path")
        return contents

    def remove_directory_at(self, path: str) -> None:
        """Remove an empty directory."""
        _check_mutable(self)
        with self.walk(path) as walk:
            if walk.name is None:
                is_dot = walk.last_component == "."
                raise FilesystemError(ErrorCode.INVALID if is_dot else ErrorCode.NOT_EMPTY)
            self.tree.remove_directory(walk.directory, walk.name)

    def rename_at(self, old_path: str, new_directory: Directory, new_path: str) -> None:
        """Rename; both directories have to be of one mount."""
        new_directory = self._same_tree(new_directory)
        _check_mutable(self)
        _check_mutable(new_directory)
        with self.walk(old_path) as old, new_directory.walk(new_path) as new:
            if old.name is None or new.name is None:
                raise FilesystemError(ErrorCode.BUSY)
            if old.must_be_directory or new.must_be_directory:
                status = self.tree.status(old.directory, old.name)
                if status.type is not FileType.DIRECTORY:
                    raise FilesystemError(ErrorCode.NOT_DIRECTORY)
            self.tree.rename(old.directory, old.name, new.directory, new.name)

    def symlink_at(self, contents: str, path: str) -> None:
        """Make a symbolic link."""
        _check_mutable(self)
        if contents.startswith("/"):
            raise FilesystemError(ErrorCode.NOT_PERMITTED, "a link to an absolute path")
        if "\0" in contents:
            raise FilesystemError(ErrorCode.INVALID, "a NUL character in a path")
        if not contents:
            raise FilesystemError(ErrorCode.NO_ENTRY, "an empty path")
        with self.walk(path) as walk:
            _check_free(self.tree, walk)
            assert walk.name is not None, "a name that is free is a name"
            self.tree.symlink(contents, walk.directory, walk.name)

    def unlink_file_at(self, path: str) -> None:
        """Remove a name of something that is not a directory."""
        _check_mutable(self)
        with self.walk(path) as walk:
            if walk.name is None:
                raise FilesystemError(ErrorCode.IS_DIRECTORY)
            if walk.must_be_directory:
                status = self.tree.status(walk.directory, walk.name)
                if status.type is not FileType.DIRECTORY:
                    raise FilesystemError(ErrorCode.NOT_DIRECTORY)
            self.tree.unlink(walk.directory, walk.name)

    def walk(self, path: str) -> PathWalk[Node]:
        """A walk from here along ``path``."""
        return PathWalk(self.tree, self.node, path)

    def _find(self, walk: PathWalk[Node], *, follow_symlinks: bool) -> FileStatus:
        """What is known of the end of a walk, which goes on along links if it should."""
        while walk.name is not None:
            status = self.tree.status(walk.directory, walk.name)
            if status.type is not FileType.SYMBOLIC_LINK:
                if walk.must_be_directory and status.type is not FileType.DIRECTORY:
                    raise FilesystemError(ErrorCode.NOT_DIRECTORY)
                return status
            if not (follow_symlinks or walk.must_be_directory):
                return status
            walk.follow(SymbolicLink(self.tree.read_link(walk.directory, walk.name)))
        return self.tree.directory_status(walk.directory)

    def _same_tree(self, other: Directory) -> TreeDirectory[Node]:
        if not isinstance(other, TreeDirectory) or other.tree is not self.tree:
            raise FilesystemError(ErrorCode.CROSS_DEVICE)
        return other


def _check_mutable(directory: Directory) -> None:
    if directory.read_only:
        raise FilesystemError(ErrorCode.READ_ONLY)


def _check_free(tree: Tree[Node], walk: PathWalk[Node]) -> None:
    """Raise FilesystemError unless something new that is no directory may be put there."""
    if walk.name is None:
        raise FilesystemError(ErrorCode.EXIST)
    if walk.must_be_directory:
        tree.status(walk.directory, walk.name)  # raises no-entry if there is nothing
        raise FilesystemError(ErrorCode.EXIST)
