"""Choosing entries by kind, namespace, name and metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pywasm_rt.app.source_files import RawEntry

__all__ = ["MetaCondition", "Selection", "parse_condition"]

_CONDITION = re.compile(r"(?P<field>[A-Za-z0-9_.-]+?)(?P<operator>[=~*^$])(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MetaCondition:
    """``field=value`` (equal), ``~`` (matches), ``*`` (contains), ``^`` (begins), ``$`` (ends)."""

    field: str
    operator: str
    value: str

    def holds(self, meta: Mapping[str, object]) -> bool:
        """Whether it holds for an entry's metadata; a field may be a path with dots."""
        found: object = meta
        for step in self.field.split("."):
            if not isinstance(found, Mapping) or step not in found:
                return False
            found = found[step]
        text = str(found).lower() if isinstance(found, bool) else str(found)
        match self.operator:
            case "=":
                return text == self.value
            case "~":
                return re.search(self.value, text) is not None
            case "*":
                return self.value in text
            case "^":
                return text.startswith(self.value)
        return text.endswith(self.value)


def parse_condition(text: str) -> MetaCondition:
    """Read a condition. Raises ValueError with a sentence."""
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ValueError(f'not a condition: "{text[:60]}" (for example type=api)')
    condition = MetaCondition(match["field"], match["operator"], match["value"])
    if condition.operator == "~":
        try:
            re.compile(condition.value)
        except re.error as error:
            raise ValueError(
                f"not a regular expression: {condition.value[:60]}: {error}"
            ) from error
    return condition


@dataclass(frozen=True, slots=True)
class Selection:
    """Patterns with ``*`` and ``?``; None fits everything."""

    kind: str | None = None
    namespace: str | None = None
    name: str | None = None
    conditions: Sequence[MetaCondition] = ()

    def choose(self, entries: Iterable[RawEntry]) -> list[RawEntry]:
        """The entries that fit, by ID."""
        found = [
            entry
            for entry in entries
            if _fits(self.kind, entry.kind)
            and _fits(self.namespace, entry.namespace)
            and _fits(self.name, entry.name)
            and all(condition.holds(entry.meta) for condition in self.conditions)
        ]
        return sorted(found, key=lambda entry: entry.id)


def _fits(pattern: str | None, text: str) -> bool:
    return pattern is None or fnmatchcase(text, pattern)
