"""Choosing entries."""

from __future__ import annotations

import pytest

from pywasm_rt.app.selection import Selection, parse_condition
from pywasm_rt.app.source_files import read_sources

from .conftest import Write

APP = """\
namespace: app.web
entries:
  - {name: one, kind: process.host, meta: {type: api, on: true, deep: {er: x1}}}
  - {name: two, kind: process.lua, source: x, meta: {type: apis}}
  - {name: three, kind: env.storage.os}
"""


def choose(write: Write, *conditions: str, **patterns: str) -> list[str]:
    sources = read_sources(write({"app.yaml": APP}))
    selection = Selection(**patterns, conditions=[parse_condition(it) for it in conditions])  # type: ignore[arg-type]
    return [entry.name for entry in selection.choose(sources.entries)]


def test_by_patterns(write: Write) -> None:
    assert choose(write) == ["one", "three", "two"]
    assert choose(write, kind="process.*") == ["one", "two"]
    assert choose(write, namespace="app.?eb", name="t*") == ["three", "two"]
    assert choose(write, namespace="web") == []


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("type=api", ["one"]),
        ("type^api", ["one", "two"]),
        ("type$s", ["two"]),
        ("type*pi", ["one", "two"]),
        ("type~^apis?$", ["one", "two"]),
        ("on=true", ["one"]),
        ("deep.er=x1", ["one"]),
        ("deep.er.still=x1", []),
        ("nothing=", []),
    ],
)
def test_by_metadata(write: Write, condition: str, names: list[str]) -> None:
    assert choose(write, condition) == names


@pytest.mark.parametrize("text", ["", "type", "=x", "type~("])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_condition(text)
