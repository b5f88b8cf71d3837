"""Instances that are put back, again and again, into the state in which they were at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.engine.native.core import lib
from pywasm_rt.engine.native.filling import Filler, put_back, put_memory
from pywasm_rt.engine.native.snapshot import EntitySource, held
from pywasm_rt.engine.snapshot.capture import Walk
from pywasm_rt.engine.snapshot.resetting import as_met

if TYPE_CHECKING:
    from pywasm_rt.engine.native.instance import Instance

__all__ = ["Baseline"]


class Baseline:
    """What instances of one store are now. Raises SnapshotError; see the interface."""

    def __init__(self, instances: Sequence[Instance]) -> None:
        self._instances = tuple(instances)
        self._store = store = instances[0].store
        with held(store.domain):
            walk = Walk(EntitySource(store.domain))
            for instance in instances:
                walk.instance(instance.pointer)
            self._snapshot = walk.finish(store.fuel_spent)
        self._entities = as_met(walk, self._snapshot, len(instances))
        self._filler = self._lasting_filler()

    def _lasting_filler(self) -> _LastingFiller | None:
        """One that serves every time, if all that is referred to lives as long as the instances."""
        snapshot, entities = self._snapshot, self._entities
        hosts = [thing for _, thing in entities.host_functions]
        if (
            snapshot.objects
            or snapshot.externals
            or any(isinstance(it, HostFunction) for it in hosts)
        ):
            return None
        filler = _LastingFiller(snapshot, entities.types, hosts, (), self._store.domain)
        filler.instances, filler.memories = entities.instances, entities.memories
        filler.tables, filler.globals, filler.tags = (
            entities.tables,
            entities.globals,
            entities.tags,
        )
        return filler

    @property
    def content_bytes(self) -> int:
        """How much of the memories is not zeros, in pages."""
        return self._snapshot.content_bytes

    def restore(self) -> None:
        """Be so again. No execution may be under way."""
        filler, store = self._filler, self._store
        if filler is None:
            put_back(store, self._snapshot, self._entities)
            return
        with held(store.domain):
            for memory, state in zip(filler.memories, self._snapshot.memories, strict=True):
                put_memory(memory, state, store.limits.memory_bytes)
            filler.fill()


class _LastingFiller(Filler):
    """Fills the same entities many times, with nothing but functions and numbers."""

    _slots: dict[int, Any] | None = None

    def _table_slots(self, number: int) -> Any:
        slots = self._slots = {} if self._slots is None else self._slots
        if number not in slots:
            slots[number] = super()._table_slots(number)
        return slots[number]

    def _fill_segments(self) -> None:
        """A segment that was dropped has stayed so."""
        for instance, state in zip(self.instances, self.snapshot.instances, strict=True):
            for index, references in enumerate(state.elements):
                if references:
                    self._fill_elements(instance, index, references)
            for index, has_bytes in enumerate(state.datas):
                if has_bytes:
                    lib.wr_snapshot_fill_data(instance, index, False)  # noqa: FBT003 - C's
