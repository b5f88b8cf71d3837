"""Whether a snapshot makes sense for its modules, before anything is made of it.

A snapshot may have been written by anybody. So nothing in it is believed: every number is looked
up, every value compared with the type that validation knows for its place, every activation with
the call that it is said to come from. What has passed can be run as safely as code that came there
by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from pywasm_rt.engine.snapshot.check_execution import ExecutionChecker
from pywasm_rt.engine.snapshot.facts import Facts
from pywasm_rt.engine.snapshot.snapshot import Snapshot
from pywasm_rt.engine.snapshot.state import (
    PAGE_BYTES,
    ArrayState,
    ExceptionState,
    FunctionReference,
    GlobalState,
    HostFunctionReference,
    InstanceState,
    MemoryState,
    ObjectState,
    StructureState,
    TableState,
)
from pywasm_rt.engine.snapshot.values import WIDTHS, ValueChecker
from pywasm_rt.errors import SnapshotError
from pywasm_rt.wasm.types import (
    ArrayType,
    ExternKind,
    GlobalType,
    HeapType,
    Limits,
    MemoryType,
    ReferenceType,
    StructType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate import DefinedType, matches_extern
from pywasm_rt.wasm.validate.context import ExternTypeResolved

__all__ = ["check_snapshot", "resolved_global", "resolved_table", "resolved_types"]

# An index space: its kind, the types in it, the numbers of what is in it, the types of all such.
_Space = tuple[
    ExternKind, Sequence[ExternTypeResolved], Sequence[int], Sequence[ExternTypeResolved]
]
_LARGEST_ARRAY = 1 << 27
_MOST_COUNTED = 1 << 62


def resolved_types(snapshot: Snapshot, modules: Sequence[Facts]) -> list[DefinedType]:
    """The defined types that a snapshot mentions. Raises SnapshotError for unknown ones."""
    types = []
    for module, index in snapshot.types:
        if module >= len(modules) or index >= len(modules[module].types):
            raise _misfit(f"there is no type {index} in module {module}")
        types.append(modules[module].types[index])
    return types


def resolved_table(type: TableType, types: Sequence[DefinedType]) -> TableType:
    """A table type of a snapshot, with the types themselves in it."""
    return TableType(_resolved_reference(type.element, types), type.limits, type.shared)


def resolved_global(type: GlobalType, types: Sequence[DefinedType]) -> GlobalType:
    """A global type of a snapshot, with the types themselves in it."""
    return GlobalType(_resolved_value(type.value, types), type.mutable)


def _resolved_value(type: ValueType, types: Sequence[DefinedType]) -> ValueType:
    return _resolved_reference(type, types) if isinstance(type, ReferenceType) else type


def _resolved_reference(type: ReferenceType, types: Sequence[DefinedType]) -> ReferenceType:
    heap: HeapType = type.heap
    if not isinstance(heap, int):
        return type
    if heap >= len(types):
        raise _misfit(f"there is no type {heap}")
    return ReferenceType(type.nullable, types[heap])


def check_snapshot(
    snapshot: Snapshot,
    modules: Sequence[Facts],
    types: Sequence[DefinedType],
    host_functions: Sequence[DefinedType],
) -> None:
    """Raise SnapshotError unless everything in a snapshot fits the modules.

    ``modules`` are those of ``snapshot.modules``, ``types`` those of ``snapshot.types``;
    ``host_functions`` are the types of what stands for its functions of the host.
    """
    _Checker(snapshot, modules, types, host_functions).whole()


def _misfit(what: str) -> SnapshotError:
    return SnapshotError(f"the snapshot does not fit its modules: {what}")


class _Checker:
    def __init__(
        self,
        snapshot: Snapshot,
        modules: Sequence[Facts],
        types: Sequence[DefinedType],
        host_functions: Sequence[DefinedType],
    ) -> None:
        self.snapshot = snapshot
        self.modules = modules
        self.types = types
        spaces = []
        for state in snapshot.instances:
            if state.module >= len(modules):
                raise _misfit(f"there is no module {state.module}")
            facts = modules[state.module]
            spaces.append((_count(facts, ExternKind.FUNCTION), facts.functions))
        self.values = ValueChecker(snapshot, types, spaces, host_functions)

    def whole(self) -> None:
        snapshot = self.snapshot
        if not snapshot.instances:
            raise _misfit("there is no instance")
        if snapshot.store_fuel >= _MOST_COUNTED:
            raise _misfit(f"fuel {snapshot.store_fuel}")
        for number, type in enumerate(snapshot.tags):
            if type >= len(self.types) or self.types[type].function is None:
                raise _misfit(f"tag {number} has no type")
        for number, state in enumerate(snapshot.objects):
            self._object_type(state, number)
        for number, memory in enumerate(snapshot.memories):
            self._memory(memory, number)
        for number, table in enumerate(snapshot.tables):
            self._table(table, number)
        for number, variable in enumerate(snapshot.globals):
            self._global(variable, number)
        for number, state in enumerate(snapshot.objects):
            self._object(state, f"object {number}")
        for number, instance in enumerate(snapshot.instances):
            self._instance(instance, f"instance {number}")
        if snapshot.execution is not None:
            facts = [self.modules[state.module] for state in snapshot.instances]
            ExecutionChecker(snapshot, facts, self.values).check(snapshot.execution)

    # Entities

    def _memory(self, state: MemoryState, number: int) -> None:
        type, what = state.type, f"memory {number}"
        limits = type.limits
        bits = 64 if limits.is_64 else 32
        if type.page_size_log2 not in (0, 16) or (type.shared and limits.maximum is None):
            raise _misfit(f"{what} has no type")
        most = 1 << bits - type.page_size_log2
        _check_limits(limits, most, what)
        size, end = limits.minimum << type.page_size_log2, 0
        for address, data in state.runs:
            if address < end or address % PAGE_BYTES or not data or address + len(data) > size:
                raise _misfit(f"{what} of {size} bytes: {len(data)} bytes at {address}")
            end = address + len(data)

    def _table(self, state: TableState, number: int) -> None:
        what = f"table {number}"
        type = resolved_table(state.type, self.types)
        _check_limits(type.limits, (1 << (64 if type.limits.is_64 else 32)) - 1, what)
        if sum(count for count, _ in state.runs) != type.limits.minimum:
            raise _misfit(f"{what} has not {type.limits.minimum} elements")
        for _, reference in state.runs:
            self.values.check(reference, type.element, f"an element of {what}")

    def _global(self, state: GlobalState, number: int) -> None:
        type = resolved_global(state.type, self.types)
        self.values.check(state.value, type.value, f"global {number}")

    def _object_type(self, state: ObjectState, number: int) -> None:
        what = f"object {number}"
        if isinstance(state, ExceptionState):
            if state.tag >= len(self.snapshot.tags):
                raise _misfit(f"{what}: there is no tag {state.tag}")
            return
        if state.type >= len(self.types):
            raise _misfit(f"{what}: there is no type {state.type}")
        wanted = StructType if isinstance(state, StructureState) else ArrayType
        if not isinstance(self.types[state.type].composite, wanted):
            raise _misfit(f"{what} is of another kind than its type")

    def _object(self, state: ObjectState, what: str) -> None:
        values = self.values
        if isinstance(state, ExceptionState):
            type = self.types[self.snapshot.tags[state.tag]].function
            assert type is not None, "tags have been checked"
            values.check_all(state.values, type.parameters, f"{what}, value")
            return
        composite = self.types[state.type].composite
        if isinstance(state, ArrayState):
            assert isinstance(composite, ArrayType), "types of objects have been checked"
            storage = composite.field.storage
            values.check_array(state, storage, what)
            if len(state.elements) > _LARGEST_ARRAY * WIDTHS.get(storage, 1):
                raise _misfit(f"{what} is too large")
            return
        assert isinstance(composite, StructType), "types of objects have been checked"
        if len(composite.fields) != len(state.fields):
            raise _misfit(f"{what} has {len(state.fields)} fields")
        for value, field in zip(state.fields, composite.fields, strict=True):
            values.check(value, field.storage, f"a field of {what}")

    # Instances

    def _instance(self, state: InstanceState, what: str) -> None:
        facts = self.modules[state.module]
        self._imported_functions(state, facts, what)
        snapshot = self.snapshot
        spaces: list[_Space] = [
            (ExternKind.TABLE, facts.tables, state.tables, self._tables()),
            (ExternKind.MEMORY, facts.memories, state.memories, self._memories()),
            (ExternKind.GLOBAL, facts.globals, state.globals, self._globals()),
            (ExternKind.TAG, facts.tags, state.tags, [self.types[k] for k in snapshot.tags]),
        ]
        for kind, space, numbers, found in spaces:
            if len(space) != len(numbers):
                raise _misfit(f"{what} has {len(numbers)} of kind {kind.keyword}")
            imported = _count(facts, kind)
            for index, (wanted, number) in enumerate(zip(space, numbers, strict=True)):
                place = f"{kind.keyword} {index} of {what}"
                if number >= len(found):
                    raise _misfit(f"{place} is missing")
                actual = found[number]
                if not matches_extern(kind, actual, wanted) or (
                    index >= imported and not _is_same(actual, wanted)
                ):
                    raise _misfit(f"{place} is of another type")
        self._segments(state, facts, what)

    def _imported_functions(self, state: InstanceState, facts: Facts, what: str) -> None:
        imported = _count(facts, ExternKind.FUNCTION)
        if len(state.functions) != imported:
            raise _misfit(f"{what} imports {imported} functions")
        for index, function in enumerate(state.functions):
            if isinstance(function, FunctionReference | HostFunctionReference):
                found = self.values.function_type(function)
                if found is not None and found.is_subtype_of(facts.functions[index]):
                    continue
            raise _misfit(f"imported function {index} of {what} is of another type")

    def _segments(self, state: InstanceState, facts: Facts, what: str) -> None:
        if len(state.elements) != len(facts.elements) or len(state.datas) != len(facts.datas):
            raise _misfit(f"{what} has other segments")
        for references, (type, count) in zip(state.elements, facts.elements, strict=True):
            if references and len(references) != count:
                raise _misfit(f"an element segment of {what} is of another length")
            for reference in references:
                self.values.check(reference, type, f"an element segment of {what}")
        for has_bytes, size in zip(state.datas, facts.datas, strict=True):
            if has_bytes and not size:
                raise _misfit(f"a data segment of {what} has bytes")

    def _tables(self) -> list[TableType]:
        return [resolved_table(state.type, self.types) for state in self.snapshot.tables]

    def _memories(self) -> list[MemoryType]:
        return [state.type for state in self.snapshot.memories]

    def _globals(self) -> list[GlobalType]:
        return [resolved_global(state.type, self.types) for state in self.snapshot.globals]


def _count(facts: Facts, kind: ExternKind) -> int:
    return sum(item.kind is kind for item in facts.imports)


def _check_limits(limits: Limits, most: int, what: str) -> None:
    maximum = most if limits.maximum is None else limits.maximum
    if limits.minimum > min(maximum, most):
        raise _misfit(f"{what} is larger than it may be")


def _is_same(actual: ExternTypeResolved, wanted: ExternTypeResolved) -> bool:
    """Whether two types are the same but for what is the present size."""
    if isinstance(actual, TableType | MemoryType) and isinstance(wanted, TableType | MemoryType):
        return actual.limits.maximum == wanted.limits.maximum
    return actual == wanted
