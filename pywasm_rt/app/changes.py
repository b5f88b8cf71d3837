"""What has changed between two readings of an application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pywasm_rt.app.application import Application
from pywasm_rt.app.dependencies import dependants

__all__ = ["Changes", "compare"]


@dataclass(frozen=True, slots=True)
class Changes:
    """IDs of entries; ``touched`` are those that need something that has changed, and for each what
    that is.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    touched: Mapping[str, str] | None = None

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        parts = {"added": self.added, "changed": self.changed, "removed": self.removed}
        return "; ".join(f"{name} {', '.join(ids)}" for name, ids in parts.items() if ids)

    @property
    def outdated(self) -> dict[str, str]:
        """Every entry that is not what it was, and the changed entry that makes it so."""
        return {**(self.touched or {}), **{it: it for it in self.changed}}


def compare(old: Application, new: Application) -> Changes:
    """What has changed from one to the other. Only usable entries count."""
    before, after = _fingerprints(old), _fingerprints(new)
    changed = [it for it in after if it in before and after[it] != before[it]]
    removed = [it for it in before if it not in after]
    return Changes(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(changed)),
        tuple(sorted(removed)),
        dependants(new.needs, changed),
    )


def _fingerprints(application: Application) -> dict[str, object]:
    found: dict[str, object] = {}
    for entry_id, raw in application.raw_entries.items():
        if entry_id in application.unusable or entry_id not in application.entries:
            continue
        program = application.resources.programs.get(entry_id)
        digest = program.digest if program is not None else application.digests.get(entry_id, "")
        found[entry_id] = (raw.kind, raw.data, raw.meta, digest)
    return found
