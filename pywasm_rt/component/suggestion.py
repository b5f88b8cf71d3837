"""What a user probably meant: the hints behind messages about unknown names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean", "hint"]

MOST_LISTED = 12


def did_you_mean(name: str, choices: Iterable[str]) -> str | None:
    """The choice that looks most like ``name``, or None if none looks like it."""
    simplified = {_simplify(choice): choice for choice in choices}
    close = difflib.get_close_matches(_simplify(name), list(simplified), n=1, cutoff=0.6)
    return simplified[close[0]] if close else None


def hint(name: str, choices: Iterable[str]) -> str:
    """What to put behind a message: ``did you mean "x"?`` or the names there are."""
    known = list(choices)
    if not known:
        return "there are none"
    close = did_you_mean(name, known)
    if close is not None:
        return f'did you mean "{close}"?'
    if len(known) <= MOST_LISTED:
        return f"known: {', '.join(known)}"
    return f"known: {', '.join(known[:MOST_LISTED])}, ... ({len(known)} in all)"


def _simplify(name: str) -> str:
    """A name as far as it matters for likeness: case and kind of separator do not."""
    return name.lower().replace("_", "-")
