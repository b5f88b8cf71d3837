"""Instances that are put back, again and again, into the state in which they were at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pywasm_rt.engine.reference.filling import put_back
from pywasm_rt.engine.reference.snapshot import EntitySource
from pywasm_rt.engine.snapshot.capture import Walk
from pywasm_rt.engine.snapshot.resetting import as_met

if TYPE_CHECKING:
    from pywasm_rt.engine.reference.instance import Instance

__all__ = ["Baseline"]


class Baseline:
    """What instances of one store are now. Raises SnapshotError; see the interface."""

    def __init__(self, instances: Sequence[Instance]) -> None:
        walk = Walk(EntitySource())
        for instance in instances:
            walk.instance(instance)
        self._snapshot = walk.finish(instances[0].store.fuel_spent)
        self._entities = as_met(walk, self._snapshot, len(instances))

    @property
    def content_bytes(self) -> int:
        """How much of the memories is not zeros, in pages."""
        return self._snapshot.content_bytes

    def restore(self) -> None:
        """Be so again. No execution may be under way."""
        put_back(self._snapshot, self._entities)
