"""Which endpoint answers a request: methods and paths with parameters, as a tree of segments.

Among several patterns that match, the one that is more literal further to the left wins. A slash
at the end of a path makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote

from pywasm_rt.app.kinds.http import pattern_segments

__all__ = ["Found", "NotFound", "Routes", "WrongMethod"]

Target = TypeVar("Target")


@dataclass(frozen=True, slots=True)
class Found(Generic[Target]):
    """Who answers, and the parameters of the path, in their order."""

    target: Target
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NotFound:
    """Nobody answers at this path."""


@dataclass(frozen=True, slots=True)
class WrongMethod:
    """Somebody answers at this path, but to these methods only."""

    allowed: tuple[str, ...]


@dataclass(slots=True)
class _Place(Generic[Target]):
    """A place in the tree: what follows it, and who answers here, by method.

    Each target comes with the names of the parameters that lead to it.
    """

    literal: dict[str, _Place[Target]] = field(default_factory=dict)
    one: _Place[Target] | None = None
    rest: _Place[Target] | None = None
    targets: dict[str, tuple[Target, tuple[str, ...]]] = field(default_factory=dict)


class Routes(Generic[Target]):
    """The routes of one server."""

    def __init__(self) -> None:
        self._root: _Place[Target] = _Place()

    def add(self, method: str, pattern: str, target: Target) -> Target | None:
        """Add a route; what had the same method and path, if anything did, stays.

        Raises ValueError for a pattern that is none.
        """
        place = self._root
        names: list[str] = []
        for kind, text in pattern_segments(pattern):
            if kind == "text":
                place = place.literal.setdefault(text, _Place())
                continue
            names.append(text)
            if kind == "one":
                place.one = place = place.one or _Place()
            else:
                place.rest = place = place.rest or _Place()
        if method in place.targets:
            return place.targets[method][0]
        place.targets[method] = (target, tuple(names))
        return None

    def find(self, method: str, path: str) -> Found[Target] | NotFound | WrongMethod:
        """Who answers a request; ``path`` is as it came, without the query.

        HEAD is answered by who answers GET, unless somebody answers HEAD itself.
        """
        segments = [unquote(part) for part in path.split("/") if part]
        wanted = (method, "GET", "*") if method == "HEAD" else (method, "*")
        allowed: set[str] = set()
        for place, values in _matching(self._root, segments, 0, ()):
            for name in wanted:
                if name in place.targets:
                    target, names = place.targets[name]
                    return Found(target, dict(zip(names, values, strict=True)))
            allowed.update(place.targets)
        if not allowed:
            return NotFound()
        if "GET" in allowed:
            allowed.add("HEAD")
        return WrongMethod(tuple(sorted({*allowed, "OPTIONS"})))


def _matching(
    place: _Place[Target], segments: list[str], index: int, values: tuple[str, ...]
) -> Iterator[tuple[_Place[Target], tuple[str, ...]]]:
    """The places that a path leads to, best first, with the values of the parameters."""
    if index == len(segments):
        if place.targets:
            yield place, values
    else:
        segment = segments[index]
        literal = place.literal.get(segment)
        if literal is not None:
            yield from _matching(literal, segments, index + 1, values)
        if place.one is not None:
            yield from _matching(place.one, segments, index + 1, (*values, segment))
    if place.rest is not None and place.rest.targets:
        yield place.rest, (*values, "/".join(segments[index:]))
