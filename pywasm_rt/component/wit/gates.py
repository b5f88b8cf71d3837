"""Which items of a package are there: feature gates and versions."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from pywasm_rt.component.source import Place
from pywasm_rt.component.wit.syntax import Gate, PackageName
from pywasm_rt.errors import ParseError

__all__ = ["is_open", "located", "precedence"]


def is_open(
    gate: Gate, package: PackageName, features: AbstractSet[str], place: Place | None
) -> bool:
    """Whether an item behind ``gate`` exists when ``features`` are switched on.

    Raises ParseError for a gate whose version the package has not reached yet.
    """
    for version in (gate.since, gate.deprecated):
        if not version:
            continue
        if not package.version:
            raise located(place, f"the package {package} has no version, but an item in it a gate")
        if precedence(version) > precedence(package.version):
            raise located(
                place, f"the gate names the version {version}, but the package is {package}"
            )
    return not gate.unstable or gate.unstable in features


def precedence(version: str) -> tuple[object, ...]:
    """A key that orders semantic versions (semver.org, section 11)."""
    core, _, pre_release = version.partition("+")[0].partition("-")
    numbers = tuple(int(part) for part in core.split("."))
    if not pre_release:
        return (*numbers, 1, ())
    parts = tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in pre_release.split(".")
    )
    return (*numbers, 0, parts)


def located(place: Place | None, message: str) -> ParseError:
    """A ParseError, at its place if that is known."""
    return ParseError(message) if place is None else place.error(message)
