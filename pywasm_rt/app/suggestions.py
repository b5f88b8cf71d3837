"""Did you mean ...? Suggestions that go into faults."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean", "listing"]

SHOWN = 12


def did_you_mean(wrong: str, known: Iterable[str], otherwise: str = "") -> str:
    """``did you mean "x"?`` for the nearest of ``known``, else ``otherwise``."""
    candidates = list(known)
    folded = {candidate.casefold(): candidate for candidate in reversed(candidates)}
    near = difflib.get_close_matches(wrong.casefold()[:200], folded, n=1, cutoff=0.6)
    return f'did you mean "{folded[near[0]]}"?' if near else otherwise


def listing(title: str, known: Iterable[str]) -> str:
    """``title: a, b, c``, shortened; ``title: none`` if there are none."""
    names = list(known)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{title}: {', '.join(names[:SHOWN]) or 'none'}{more}"
