"""Which entities of an instance are which of a snapshot, to put them back into that state."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pywasm_rt.engine.snapshot.capture import FunctionThing, HostFunctionThing, Source
from pywasm_rt.engine.snapshot.snapshot import Snapshot
from pywasm_rt.engine.snapshot.state import FunctionReference, HostFunctionReference
from pywasm_rt.errors import SnapshotError
from pywasm_rt.wasm.types import ExternKind

__all__ = ["Matched", "match"]


@dataclass
class Matched:
    """Things by the numbers of a snapshot. ``host_functions`` has those that are imported."""

    instances: dict[int, Any] = field(default_factory=dict)
    tables: dict[int, Any] = field(default_factory=dict)
    memories: dict[int, Any] = field(default_factory=dict)
    globals: dict[int, Any] = field(default_factory=dict)
    tags: dict[int, Any] = field(default_factory=dict)
    host_functions: dict[int, HostFunctionThing] = field(default_factory=dict)


def match(source: Source, instance: Any, snapshot: Snapshot) -> Matched:
    """Find the entities of a snapshot whose first instance is (a twin of) this one.

    Raises SnapshotError unless it was linked in the same way, and if the snapshot has instances
    that this one does not import from.
    """
    return _Matcher(source, snapshot).match(instance)


class _Matcher:
    def __init__(self, source: Source, snapshot: Snapshot) -> None:
        self.source = source
        self.snapshot = snapshot
        self.found = Matched()
        self._keys: dict[int, dict[int, Hashable]] = {}
        self._pending: list[int] = []

    def match(self, instance: Any) -> Matched:
        self._pair(self.found.instances, 0, instance)
        for number in self._pending:  # which grows meanwhile
            self._match_instance(number, self.found.instances[number])
        snapshot, found = self.snapshot, self.found
        for things, states in (
            (found.instances, snapshot.instances),
            (found.tables, snapshot.tables),
            (found.memories, snapshot.memories),
            (found.globals, snapshot.globals),
            (found.tags, snapshot.tags),
        ):
            if len(things) != len(states):
                raise SnapshotError(
                    "the snapshot has something that this instance does not import: it can be "
                    "restored only as a whole"
                )
        return found

    def _pair(self, things: dict[int, Any], number: int, thing: Any) -> None:
        """Note that a thing has a number; it must be the only one."""
        key, keys = self.source.key(thing), self._keys.setdefault(id(things), {})
        if keys.get(number, key) != key or (number not in keys and key in keys.values()):
            raise SnapshotError("the snapshot is of an instance that was linked in another way")
        if number not in keys:
            keys[number] = key
            things[number] = thing
            if things is self.found.instances:
                self._pending.append(number)

    def _match_instance(self, number: int, instance: Any) -> None:
        source, found, state = self.source, self.found, self.snapshot.instances[number]
        if source.facts(instance).digest != self.snapshot.modules[state.module]:
            raise SnapshotError("the snapshot is of an instance of another module")
        for things, kind, numbers in (
            (found.tables, ExternKind.TABLE, state.tables),
            (found.memories, ExternKind.MEMORY, state.memories),
            (found.globals, ExternKind.GLOBAL, state.globals),
            (found.tags, ExternKind.TAG, state.tags),
        ):
            entities: Sequence[Any] = source.entities(instance, kind)
            for place, thing in zip(numbers, entities, strict=True):
                self._pair(things, place, thing)
        for function, shown in zip(
            state.functions, source.imported_functions(instance), strict=True
        ):
            if isinstance(function, FunctionReference) and isinstance(shown, FunctionThing):
                self._pair(found.instances, function.instance, shown.instance)
            elif isinstance(function, HostFunctionReference) and isinstance(
                shown, HostFunctionThing
            ):
                found.host_functions[function.number] = shown
            else:
                raise SnapshotError("the snapshot is of an instance that was linked in another way")
