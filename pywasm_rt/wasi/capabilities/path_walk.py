"""Finding what a path stands for, without ever leaving the directory it starts from.

The walk takes one component at a time, holds every directory by a handle, and follows symbolic
links itself, so nothing that others do to the tree meanwhile can lead it astray: a step goes to a
child of a directory it holds, or back to one that it came through. This is where the sandbox is
kept, for every kind of file system.

Source: "WASI filesystem path resolution" (wasi-filesystem, ``path-resolution.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError

__all__ = ["MAX_PATH_BYTES", "MAX_SYMLINKS", "PathWalk", "SymbolicLink", "WalkableTree"]

MAX_PATH_BYTES = 4095
MAX_SYMLINKS = 40
# Directories held open on the way down; one that lies further up is found again from the start.
_MAX_HELD = 32

Node = TypeVar("Node")


@dataclass(frozen=True, slots=True)
class SymbolicLink:
    """What a walk finds instead of a directory or file."""

    target: str


class WalkableTree(Protocol[Node]):
    """What a walk needs of a file system. A name is a single component, never ``.`` or ``..``."""

    def enter(self, directory: Node, name: str) -> Node | SymbolicLink:
        """A new handle to the child directory. Raises FilesystemError."""
        ...

    def release(self, directory: Node) -> None:
        """Give up a handle that ``enter`` made."""
        ...


@dataclass(slots=True)
class _Level(Generic[Node]):
    """A directory on the way: its name in the one above, and its handle while it is held."""

    name: str
    node: Node | None


class PathWalk(Generic[Node]):
    """A walk from ``start`` along ``path``, up to the path's last component.

    After construction ``directory`` is the directory that holds what the path stands for and
    ``name`` its name there; a ``name`` of None means that ``directory`` itself is meant (``.``,
    ``..``). ``must_be_directory`` is set by a slash at the end. The handle of ``directory`` is
    good until the walk is closed; use it in a ``with`` statement.
    """

    def __init__(self, tree: WalkableTree[Node], start: Node, path: str) -> None:
        self.name: str | None = None
        self.last_component = ""
        self.must_be_directory = False
        self._tree = tree
        self._start = start
        self._levels: list[_Level[Node]] = []
        self._pending: list[str] = []
        self._links_followed = 0
        _check_path(path)
        try:
            self._take(path)
        except BaseException:
            self.close()
            raise

    @property
    def directory(self) -> Node:
        """The directory that the walk has come to."""
        if not self._levels:
            return self._start
        node = self._levels[-1].node
        assert node is not None, "the innermost level is always held"
        return node

    def follow(self, link: SymbolicLink) -> None:
        """Go on along ``link``, which is what ``name`` stands for.

        Raises:
            FilesystemError: ``loop`` after too many links, ``not-permitted`` for a way out.
        """
        self._links_followed += 1
        if self._links_followed > MAX_SYMLINKS:
            raise FilesystemError(ErrorCode.LOOP)
        self._take(link.target)

    def close(self) -> None:
        """Give up every handle that the walk holds."""
        while self._levels:
            self._drop_level()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _take(self, path: str) -> None:
        """Put the components of ``path`` before those that are still to come, and go on."""
        if path.startswith("/"):
            raise FilesystemError(ErrorCode.NOT_PERMITTED, "an absolute path")
        components = [component for component in path.split("/") if component]
        if not components:
            raise FilesystemError(ErrorCode.NO_ENTRY, "an empty path")
        if not self._pending and path.endswith("/"):
            self.must_be_directory = True
        self._pending.extend(reversed(components))
        self._advance()

    def _advance(self) -> None:
        self.name = None
        while self._pending:
            component = self._pending.pop()
            self.last_component = component
            if component == ".":
                continue
            if component == "..":
                self._leave()
            elif not self._pending:
                self.name = component
            else:
                self._enter(component)

    def _enter(self, component: str) -> None:
        found = self._tree.enter(self.directory, component)
        if isinstance(found, SymbolicLink):
            self.follow(found)
            return
        self._levels.append(_Level(component, found))
        if len(self._levels) > _MAX_HELD:
            self._release(self._levels[-1 - _MAX_HELD])

    def _leave(self) -> None:
        if not self._levels:
            raise FilesystemError(ErrorCode.NOT_PERMITTED, "a way out of the directory")
        self._drop_level()
        if self._levels and self._levels[-1].node is None:
            self._find_again()

    def _find_again(self) -> None:
        """Hold the innermost levels again, going down from the start by their names."""
        names = [level.name for level in self._levels]
        self._levels.clear()
        for name in names:
            found = self._tree.enter(self.directory, name)
            if isinstance(found, SymbolicLink):
                raise FilesystemError(ErrorCode.NO_ENTRY, "a directory on the way was replaced")
            self._levels.append(_Level(name, found))
            if len(self._levels) > _MAX_HELD:
                self._release(self._levels[-1 - _MAX_HELD])

    def _drop_level(self) -> None:
        self._release(self._levels.pop())

    def _release(self, level: _Level[Node]) -> None:
        node, level.node = level.node, None
        if node is not None:
            self._tree.release(node)


def _check_path(path: str) -> None:
    """Raise FilesystemError for what is no path anywhere."""
    if "\0" in path:
        raise FilesystemError(ErrorCode.INVALID, "a NUL character in a path")
    try:
        size_bytes = len(path.encode())
    except UnicodeEncodeError:
        raise FilesystemError(ErrorCode.ILLEGAL_BYTE_SEQUENCE, "not UTF-8") from None
    if size_bytes > MAX_PATH_BYTES:
        raise FilesystemError(ErrorCode.NAME_TOO_LONG)
