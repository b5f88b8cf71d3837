"""The walk that makes a snapshot: from one instance to everything that it can come to use.

An engine shows its entities through a :class:`Source`. What it calls a *thing* (a Python object, an
address) only the source understands; the walk numbers things in the order in which it meets them.
That order depends on nothing but the state: instances before what they hold, entities in the order
of index spaces, references in the order of places. So both engines number alike.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.engine.snapshot.facts import Facts
from pywasm_rt.engine.snapshot.snapshot import Snapshot
from pywasm_rt.engine.snapshot.state import (
    ArrayState,
    ExceptionState,
    ExecutionState,
    ExternalReference,
    ExternalState,
    FunctionNumber,
    FunctionReference,
    GlobalState,
    HostFunctionReference,
    HostFunctionState,
    I31Reference,
    InstanceState,
    MemoryState,
    ObjectReference,
    ObjectState,
    Reference,
    StructureState,
    TableState,
    Value,
)
from pywasm_rt.errors import SnapshotError
from pywasm_rt.wasm.types import (
    ExternKind,
    GlobalType,
    MemoryType,
    ReferenceType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate import DefinedType

__all__ = [
    "ArrayThing",
    "ExceptionThing",
    "ExternalThing",
    "FunctionThing",
    "HeapThing",
    "HostFunctionThing",
    "Shown",
    "Source",
    "StructureThing",
    "Walk",
]


class FunctionThing(NamedTuple):
    """A reference to a function with a body."""

    instance: Any
    function_index: int


class HostFunctionThing(NamedTuple):
    """A reference to a function of the host; equal ``key`` means the same function. ``thing`` is
    what the engine has for it, of this type.
    """

    key: Hashable
    function: HostFunction
    type: DefinedType
    thing: Any


class HeapThing(NamedTuple):
    """A reference to a structure, array or exception."""

    key: Hashable
    thing: Any


class ExternalThing(NamedTuple):
    """A reference to an object of the host."""

    object: object


Shown = int | FunctionThing | HostFunctionThing | HeapThing | ExternalThing | I31Reference | None
"""A value as a source shows it: bits of a number, or a reference."""


class StructureThing(NamedTuple):
    """What a structure holds."""

    type: DefinedType
    fields: Sequence[Shown]


class ArrayThing(NamedTuple):
    """What an array holds: bytes, or references."""

    type: DefinedType
    elements: bytes | Sequence[Shown]


class ExceptionThing(NamedTuple):
    """What an exception holds; ``tag`` is None if it is none of a tag of the guests."""

    tag: Any
    values: Sequence[Shown]


class Source(Protocol):
    """An engine's entities, for the walk."""

    def facts(self, instance: Any) -> Facts:
        """The module of an instance."""
        ...

    def name(self, instance: Any) -> str:
        """The name of an instance."""
        ...

    def key(self, thing: Any) -> Hashable:
        """What is equal for the same instance, memory, table, global or tag only."""
        ...

    def imported_functions(self, instance: Any) -> Iterable[Shown]:
        """The functions that an instance imports."""
        ...

    def entities(self, instance: Any, kind: ExternKind) -> Sequence[Any]:
        """An index space of an instance, but for functions."""
        ...

    def elements(self, instance: Any) -> Iterable[Sequence[Shown]]:
        """The references of its element segments."""
        ...

    def datas(self, instance: Any) -> Iterable[bool]:
        """Whether its data segments still have bytes."""
        ...

    def memory(self, thing: Any) -> tuple[MemoryType, tuple[tuple[int, bytes], ...]]:
        """Type and content of a memory; see :class:`MemoryState`."""
        ...

    def table(self, thing: Any) -> tuple[TableType, Iterable[tuple[int, Shown]]]:
        """Type and content of a table, as counts of elements; equal ones need not be joined."""
        ...

    def variable(self, thing: Any) -> tuple[GlobalType, Shown]:
        """Type and value of a global."""
        ...

    def tag(self, thing: Any) -> DefinedType:
        """The type of a tag."""
        ...

    def object(self, thing: Any) -> StructureThing | ArrayThing | ExceptionThing:
        """What something of the heap holds."""
        ...


@dataclass
class _Numbers:
    """Things of one kind by their numbers."""

    things: list[Any] = field(default_factory=list)
    known: dict[Hashable, int] = field(default_factory=dict)

    def of(self, key: Hashable, thing: Any) -> int:
        number = self.known.setdefault(key, len(self.things))
        if number == len(self.things):
            self.things.append(thing)
        return number


class Walk:
    """One walk. Numbers are given by :meth:`instance`, :meth:`tag` and :meth:`value`; in the end
    :meth:`finish` goes on to whatever has been met.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._modules = _Numbers()
        self._types = _Numbers()
        self._instances = _Numbers()
        self._externals = _Numbers()
        self._objects = _Numbers()
        self._host_functions = _Numbers()
        self._entities = {kind: _Numbers() for kind in ExternKind}
        self._instance_states: list[InstanceState] = []
        self._host_states: list[HostFunctionState] = []
        self._memories: list[MemoryState] = []
        self._tables: list[TableState] = []
        self._globals: list[GlobalState] = []
        self._tags: list[int] = []
        self._states: list[ObjectState] = []
        # What an engine has for the host's functions, by number.
        self._host_things: dict[int, HostFunctionThing] = {}

    def met(self, kind: ExternKind) -> list[Any]:
        """The memories, tables, globals or tags that were met, in the order of their numbers."""
        return list(self._entities[kind].things)

    @property
    def instances(self) -> list[Any]:
        """The instances that were met, in the order of their numbers."""
        return list(self._instances.things)

    @property
    def types(self) -> list[DefinedType]:
        """The defined types that were met, in the order of their numbers."""
        return list(self._types.things)

    @property
    def host_functions(self) -> list[HostFunctionThing]:
        """The functions of the host that were met, in the order of their numbers."""
        return [self._host_things[number] for number in range(len(self._host_things))]

    def instance(self, instance: Any) -> int:
        """The number of an instance."""
        return self._instances.of(self.source.key(instance), instance)

    def tag(self, tag: Any) -> int:
        """The number of a tag."""
        return self._entity(ExternKind.TAG, tag)

    def value(self, shown: Shown) -> Value:
        """A value as it is in snapshots."""
        if shown is None or isinstance(shown, int | I31Reference):
            return shown
        if isinstance(shown, HeapThing):
            return ObjectReference(self._objects.of(shown.key, shown.thing))
        if isinstance(shown, ExternalThing):
            return ExternalReference(self._externals.of(id(shown.object), shown.object))
        return self.function(shown)

    def reference(self, shown: Shown) -> Reference:
        """The same for what is known to be a reference."""
        value = self.value(shown)
        assert not isinstance(value, int), "it is a reference"
        return value

    def function(self, shown: Shown) -> FunctionNumber:
        """The same for what is known to be a function."""
        if isinstance(shown, FunctionThing):
            return FunctionReference(self.instance(shown.instance), shown.function_index)
        assert isinstance(shown, HostFunctionThing), "it is a function"
        number = self._host_functions.of(shown.key, shown.function)
        self._host_things.setdefault(number, shown)
        return HostFunctionReference(number)

    def values(self, shown: Iterable[Shown]) -> tuple[Value, ...]:
        """Several values."""
        return tuple(map(self.value, shown))

    def _entity(self, kind: ExternKind, thing: Any) -> int:
        return self._entities[kind].of(self.source.key(thing), thing)

    def finish(self, store_fuel: int, execution: ExecutionState | None = None) -> Snapshot:
        """Visit everything that has been met, and what is met there.

        Raises SnapshotError for something whose type is of no module in the snapshot.
        """
        while self._visit_instances() or self._visit_entities() or self._visit_objects():
            pass
        known = _known_types([self.source.facts(item) for item in self._first_instances()])
        types = []
        for type in self._types.things:
            place = known.get(type)
            if place is None:
                raise SnapshotError(f"no module in the snapshot has the type {type}")
            types.append(place)
        return Snapshot(
            modules=tuple(self._modules.things),
            types=tuple(types),
            instances=tuple(self._instance_states),
            host_functions=self._functions_of_host(),
            externals=tuple(ExternalState(object=thing) for thing in self._externals.things),
            memories=tuple(self._memories),
            tables=tuple(self._tables),
            globals=tuple(self._globals),
            tags=tuple(self._tags),
            objects=tuple(self._states),
            store_fuel=store_fuel,
            execution=execution,
        )

    def _first_instances(self) -> list[Any]:
        """The first instance of each module."""
        found: dict[int, Any] = {}
        for state, instance in zip(self._instance_states, self._instances.things, strict=True):
            found.setdefault(state.module, instance)
        return [found[number] for number in range(len(found))]

    def _functions_of_host(self) -> tuple[HostFunctionState, ...]:
        imported: dict[int, HostFunctionState] = {}
        for importer, state in enumerate(self._instance_states):
            facts = self.source.facts(self._instances.things[importer])
            items = [item for item in facts.imports if item.kind is ExternKind.FUNCTION]
            for index, (item, function) in enumerate(zip(items, state.functions, strict=True)):
                if isinstance(function, HostFunctionReference):
                    found = HostFunctionState(importer, index, item.module, item.name)
                    imported.setdefault(function.number, found)
        states = []
        for number, function in enumerate(self._host_functions.things):
            named = imported.get(number, HostFunctionState(-1, 0))
            states.append(replace(named, function=function))
        return tuple(states)

    # Visits: each says whether there was anything to do

    def _visit_instances(self) -> bool:
        things, states = self._instances.things, self._instance_states
        if len(states) == len(things):
            return False
        while len(states) < len(things):
            states.append(self._visit_instance(things[len(states)]))
        return True

    def _visit_instance(self, instance: Any) -> InstanceState:
        source, entity = self.source, self._entity
        digest = source.facts(instance).digest
        module = self._modules.of(digest, digest)
        functions = tuple(map(self.function, source.imported_functions(instance)))
        spaces = {
            kind: tuple(entity(kind, thing) for thing in source.entities(instance, kind))
            for kind in (ExternKind.TABLE, ExternKind.MEMORY, ExternKind.GLOBAL, ExternKind.TAG)
        }
        return InstanceState(
            module,
            source.name(instance),
            functions,
            spaces[ExternKind.TABLE],
            spaces[ExternKind.MEMORY],
            spaces[ExternKind.GLOBAL],
            spaces[ExternKind.TAG],
            tuple(tuple(map(self.reference, segment)) for segment in source.elements(instance)),
            tuple(source.datas(instance)),
        )

    def _visit_entities(self) -> bool:
        visits: list[tuple[ExternKind, list[Any], Callable[[Any], object]]] = [
            (ExternKind.TABLE, self._tables, self._visit_table),
            (ExternKind.MEMORY, self._memories, self._visit_memory),
            (ExternKind.GLOBAL, self._globals, self._visit_global),
            (ExternKind.TAG, self._tags, self._visit_tag),
        ]
        visited = False
        for kind, states, visit in visits:
            things = self._entities[kind].things
            while len(states) < len(things):
                visited = True
                states.append(visit(things[len(states)]))
        return visited

    def _visit_memory(self, thing: Any) -> MemoryState:
        return MemoryState(*self.source.memory(thing))

    def _visit_table(self, thing: Any) -> TableState:
        type, shown_runs = self.source.table(thing)
        runs: list[tuple[int, Reference]] = []
        for count, shown in shown_runs:
            if not count:
                continue
            reference = self.reference(shown)
            if runs and runs[-1][1] == reference:
                runs[-1] = runs[-1][0] + count, reference
            else:
                runs.append((count, reference))
        element = self._reference_type(type.element)
        return TableState(TableType(element, type.limits, type.shared), tuple(runs))

    def _visit_global(self, thing: Any) -> GlobalState:
        type, shown = self.source.variable(thing)
        return GlobalState(
            GlobalType(self._value_type(type.value), type.mutable), self.value(shown)
        )

    def _visit_tag(self, thing: Any) -> int:
        return self._type(self.source.tag(thing))

    def _visit_objects(self) -> bool:
        things, states = self._objects.things, self._states
        if len(states) == len(things):
            return False
        while len(states) < len(things):
            states.append(self._visit_object(self.source.object(things[len(states)])))
        return True

    def _visit_object(self, found: StructureThing | ArrayThing | ExceptionThing) -> ObjectState:
        if isinstance(found, StructureThing):
            return StructureState(self._type(found.type), self.values(found.fields))
        if isinstance(found, ArrayThing):
            elements = found.elements
            if not isinstance(elements, bytes):
                return ArrayState(self._type(found.type), tuple(map(self.reference, elements)))
            return ArrayState(self._type(found.type), elements)
        if found.tag is None:
            raise SnapshotError("an exception that the host threw has no tag of the guests")
        return ExceptionState(self.tag(found.tag), self.values(found.values))

    def _type(self, type: DefinedType) -> int:
        return self._types.of(type, type)

    def _reference_type(self, type: ReferenceType) -> ReferenceType:
        if isinstance(type.heap, DefinedType):
            return ReferenceType(type.nullable, self._type(type.heap))
        return type

    def _value_type(self, type: ValueType) -> ValueType:
        return self._reference_type(type) if isinstance(type, ReferenceType) else type


def _known_types(modules: Sequence[Facts]) -> dict[DefinedType, tuple[int, int]]:
    """Where the defined types of modules are declared first."""
    known: dict[DefinedType, tuple[int, int]] = {}
    for number, facts in enumerate(modules):
        for index, type in enumerate(facts.types):
            known.setdefault(type, (number, index))
    return known
