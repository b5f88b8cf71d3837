"""Walks along paths, on a tree of dictionaries."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.wasi.capabilities.error_code import ErrorCode, FilesystemError
from pywasm_rt.wasi.capabilities.path_walk import PathWalk, SymbolicLink


class DictionaryTree:
    """Directories are dictionaries, links are strings; every handle has to be given up."""

    def __init__(self) -> None:
        self.held = 0
        self.most_held = 0

    def enter(self, directory: dict[str, Any], name: str) -> dict[str, Any] | SymbolicLink:
        found = directory.get(name)
        if found is None:
            raise FilesystemError(ErrorCode.NO_ENTRY)
        if isinstance(found, str):
            return SymbolicLink(found)
        self.held += 1
        self.most_held = max(self.most_held, self.held)
        assert isinstance(found, dict)
        return found

    def release(self, directory: dict[str, Any]) -> None:
        self.held -= 1


TREE: dict[str, Any] = {
    "a": {"b": {"up": "../..", "c": {}}, "self": ".", "slash": "b/"},
    "to_a": "a",
    "to_b": "to_a/b",
    "out": "..",
    "abs": "/a",
    "loop": "loop",
}


def end(path: str) -> tuple[int, str | None, bool] | ErrorCode:
    """Which directory (by identity), which name, and whether it has to be a directory."""
    tree = DictionaryTree()
    try:
        with PathWalk(tree, TREE, path) as walk:
            return id(walk.directory), walk.name, walk.must_be_directory
    except FilesystemError as error:
        return error.code
    finally:
        assert tree.held == 0


@pytest.mark.parametrize(
    ("path", "directory", "name", "must_be_directory"),
    [
        ("x", TREE, "x", False),
        ("x/", TREE, "x", True),
        ("./x", TREE, "x", False),
        (".", TREE, None, False),
        ("a/..", TREE, None, False),
        ("a/b", TREE["a"], "b", False),
        ("a//b//", TREE["a"], "b", True),
        ("a/./b/.", TREE["a"]["b"], None, False),
        ("to_b/x", TREE["a"]["b"], "x", False),
        ("to_b/..", TREE["a"], None, False),
        ("to_b/up/x", TREE, "x", False),
        ("a/self/self/x", TREE["a"], "x", False),
        ("a/slash/x", TREE["a"]["b"], "x", False),
        ("loop", TREE, "loop", False),
    ],
)
def test_where_a_walk_ends(
    path: str, directory: dict[str, Any], name: str | None, must_be_directory: bool
) -> None:
    assert end(path) == (id(directory), name, must_be_directory)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", ErrorCode.NO_ENTRY),
        ("/", ErrorCode.NOT_PERMITTED),
        ("/a", ErrorCode.NOT_PERMITTED),
        ("..", ErrorCode.NOT_PERMITTED),
        ("a/../..", ErrorCode.NOT_PERMITTED),
        ("out/x", ErrorCode.NOT_PERMITTED),
        ("abs/x", ErrorCode.NOT_PERMITTED),
        ("to_b/up/../x", ErrorCode.NOT_PERMITTED),
        ("loop/x", ErrorCode.LOOP),
        ("no/x", ErrorCode.NO_ENTRY),
        ("a\0", ErrorCode.INVALID),
        ("x" * 4096, ErrorCode.NAME_TOO_LONG),
        ("\udc80", ErrorCode.ILLEGAL_BYTE_SEQUENCE),
    ],
)
def test_where_a_walk_cannot_go(path: str, code: ErrorCode) -> None:
    assert end(path) is code


def test_following_the_last_name() -> None:
    tree = DictionaryTree()
    with PathWalk(tree, TREE, "a/slash") as walk:
        walk.follow(SymbolicLink("b/"))
        assert (walk.name, walk.must_be_directory) == ("b", True)
        walk.follow(SymbolicLink("."))
        assert walk.name is None
        assert walk.directory is TREE["a"]
    assert tree.held == 0


@given(st.lists(st.sampled_from(["d", "..", "."]), min_size=1, max_size=400))
def test_every_walk_stays_inside_and_holds_few(components: list[str]) -> None:
    deep: dict[str, Any] = {}
    for _ in range(401):
        deep = {"d": deep}
    depth, inside = 0, True
    for component in components:
        depth += {"d": 1, "..": -1, ".": 0}[component]
        inside = inside and depth >= 0
    path = "/".join(components)
    tree = DictionaryTree()
    if inside:
        with PathWalk(tree, deep, path) as walk:
            expected = deep
            for _ in range(depth - (walk.name is not None)):
                expected = expected["d"]
            assert walk.directory is expected
    else:
        with pytest.raises(FilesystemError) as caught:
            PathWalk(tree, deep, path)
        assert caught.value.code is ErrorCode.NOT_PERMITTED
    assert tree.held == 0
    assert tree.most_held <= 33
