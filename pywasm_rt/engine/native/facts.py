"""What snapshots need to know of a module, as the C core has it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.types import (
    defined_type,
    function_type,
    memory_type,
    table_type,
    value_type,
)
from pywasm_rt.engine.snapshot.facts import ImportFact, Point, Wait
from pywasm_rt.wasm.types import GlobalType, MemoryType, ReferenceType, TableType, ValueType
from pywasm_rt.wasm.validate import DefinedType

if TYPE_CHECKING:
    from pywasm_rt.engine.native.loaded_module import LoadedModule

from pywasm_rt.errors import ExhaustionError

__all__ = ["ModuleFacts", "Place"]

_Item = TypeVar("_Item")


class Place(NamedTuple):
    """An instruction: what is known there, and for each legacy handler around it how many legacy
    ``try`` come before its own in the body.
    """

    point: Point
    tries: tuple[int, ...]


def _column(items: Any, count: int, type: str, *field: str) -> list[int]:
    """One field of 32 bits of many structures, at once."""
    if not count:
        return []
    words = memoryview(ffi.buffer(items, count * ffi.sizeof(type))).cast("I")
    first: int = ffi.offsetof(type, *field) // 4
    return words[first :: ffi.sizeof(type) // 4].tolist()


class ModuleFacts:
    """See :class:`pywasm_rt.engine.snapshot.facts.Facts`."""

    def __init__(self, module: LoadedModule) -> None:
        self._module = module
        self._places: dict[tuple[int, int], Place | None] = {}
        self._locals: dict[int, tuple[ValueType, ...]] = {}

    def _all(self, count: int, make: Callable[[int], _Item]) -> list[_Item]:
        return [make(number) for number in range(count)]

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the binary."""
        return self._module.digest

    @cached_property
    def types(self) -> Sequence[DefinedType]:
        """The type index space."""
        module = self._module.module
        return self._all(module.type_count, lambda k: defined_type(module.types[k]))

    @cached_property
    def imports(self) -> Sequence[ImportFact]:
        """The imports, in order."""
        module = self._module
        return [
            ImportFact(item.module, item.name, kind, type)
            for item, (kind, type) in zip(module.imports, module.import_types, strict=True)
        ]

    @cached_property
    def functions(self) -> Sequence[DefinedType]:
        """The function index space."""
        module = self._module.module
        types = _column(module.functions, module.function_count, "wr_function", "type")
        return list(map(defined_type, types))

    @cached_property
    def tables(self) -> Sequence[TableType]:
        """The table index space."""
        module = self._module.module
        return self._all(module.table_count, lambda k: table_type(module.tables[k]))

    @cached_property
    def memories(self) -> Sequence[MemoryType]:
        """The memory index space."""
        module = self._module.module
        return self._all(module.memory_count, lambda k: memory_type(module.memories[k]))

    @cached_property
    def globals(self) -> Sequence[GlobalType]:
        """The global index space."""
        module = self._module.module

        def make(number: int) -> GlobalType:
            declared = module.globals[number]
            return GlobalType(value_type(declared.type), mutable=declared.is_mutable)

        return self._all(module.global_count, make)

    @cached_property
    def tags(self) -> Sequence[DefinedType]:
        """The tag index space."""
        module = self._module.module
        return self._all(module.tag_count, lambda k: defined_type(module.tags[k]))

    @cached_property
    def elements(self) -> Sequence[tuple[ReferenceType, int]]:
        """Type and number of references of each element segment."""
        module = self._module.module

        def make(number: int) -> tuple[ReferenceType, int]:
            segment = module.elements[number]
            type = value_type(segment.type)
            assert isinstance(type, ReferenceType), "segments hold references"
            return type, segment.count

        return self._all(module.element_count, make)

    @cached_property
    def datas(self) -> Sequence[int]:
        """Bytes of each data segment."""
        module = self._module.module
        begins, ends = (
            _column(module.datas, module.data_count, "wr_data_segment", "data", edge)
            for edge in ("begin", "end")
        )
        return list(map(operator.sub, ends, begins))

    def local_types(self, function_index: int) -> Sequence[ValueType]:
        """The types of the locals of a function with a body, parameters first."""
        types = self._locals.get(function_index)
        if types is None:
            function = self._module.module.functions[function_index]
            codes = ffi.new("wr_type[]", function.local_count)
            lib.wr_snapshot_local_types(ffi.addressof(function), codes)
            types = self._locals[function_index] = tuple(map(value_type, codes))
        return types

    def point(self, function_index: int, pc: int) -> Point | None:
        """What is known before an instruction of a function with a body; None if there is none."""
        place = self.place(function_index, pc)
        return None if place is None else place.point

    def place(self, function_index: int, pc: int) -> Place | None:
        """The same, with what only this engine needs. Raises ExhaustionError."""
        key = (function_index, pc)
        if key not in self._places:
            self._places[key] = self._find(function_index, pc)
        return self._places[key]

    def _find(self, function_index: int, pc: int) -> Place | None:
        if pc >= 1 << 32:
            return None
        found = ffi.new("wr_point *")
        outcome = lib.wr_snapshot_point(self._module.program, function_index, pc, found)
        if outcome == lib.WR_POINT_NONE:
            return None
        if outcome != lib.WR_POINT_FOUND:
            raise ExhaustionError("memory", "no room to look at an instruction")
        try:
            return _place(found)
        finally:
            lib.wr_snapshot_point_free(found)


def _place(found: Any) -> Place:
    call, taken = None, 0
    if found.call != lib.WR_NO_TYPE:
        call = function_type(found.call)
        taken = len(call.parameters) + found.has_callee
    wait = None
    if found.wait_width:
        wait = Wait(found.wait_memory, found.wait_offset, found.wait_width)
    operands: Sequence[ValueType] = ()
    if found.is_reachable:
        operands = tuple(map(value_type, ffi.unpack(found.operands, found.operand_count)))
    point = Point(
        operands,
        frozenset(ffi.unpack(found.unset, found.unset_count)),
        tuple(ffi.unpack(found.handlers, found.handler_count)),
        found.is_reachable,
        call,
        taken,
        wait,
    )
    return Place(point, tuple(ffi.unpack(found.places, found.handler_count)))
