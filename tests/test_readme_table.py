"""The README's table of features and the tests that hold them: it is complete, and all of it is
there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
TITLE = "## The page, held to its word\n"
# The page, and those that it links to.
PAGES = ("processes", "functions", "hosts", "process model", "supervision")
_LINK = re.compile(r"\[`([^`]+)`\]\(([^)]+)\)((?: `[^`]+`)*)")


def rows() -> list[tuple[str, str, str]]:
    """Page, feature and tests of each row."""
    section = (REPOSITORY / "README.md").read_text().partition(TITLE)[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    assert lines[:2] == ["| page | feature | tests |", "|---|---|---|"]
    found = []
    for line in lines[2:]:
        page, feature, tests = line.strip("| ").split(" | ")
        found.append((page, feature, tests))
    return found


def named() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What each link shows, where it leads, and the tests named after it."""
    for _, _, tests in rows():
        for shown, path, names in _LINK.findall(tests):
            yield shown, path, tuple(re.findall(r"`([^`]+)`", names))


def names_in(path: Path) -> set[str]:
    """The names of the tests in a file, those that a state machine makes included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {it.id for it in node.targets if isinstance(it, ast.Name)}
    return {name for name in found if name.startswith(("test_", "Test"))}


def test_every_page_has_its_features() -> None:
    pages = [page for page, _, _ in rows()]
    assert tuple(dict.fromkeys(pages)) == PAGES
    features = [feature for _, feature, _ in rows()]
    assert len(set(features)) == len(features)
    assert all(pages.count(page) >= 4 for page in PAGES)


def test_a_row_is_nothing_but_tests() -> None:
    for _, feature, tests in rows():
        assert _LINK.search(tests), feature
        assert not _LINK.sub("", tests).strip(", "), feature


@pytest.mark.parametrize(("shown", "path", "names"), tuple(named()))
def test_what_is_named_is_there(shown: str, path: str, names: tuple[str, ...]) -> None:
    target = REPOSITORY / path
    assert path.startswith("tests/")
    assert shown == target.name + ("/" if target.is_dir() else "")
    if target.is_dir():
        assert not names
        assert any(names_in(file) for file in target.rglob("test_*.py"))
    else:
        there = names_in(target)
        assert there
        assert set(names) <= there


def test_the_files_of_these_rooms_about_running_are_in_the_table() -> None:
    paths = {path for _, path, _ in named()}
    for pattern in (
        "process/test_scheduler*.py",
        "process/test_supervision*.py",
        "*/test_*faults.py",
    ):
        for file in (REPOSITORY / "tests").glob(pattern):
            assert str(file.relative_to(REPOSITORY)) in paths
