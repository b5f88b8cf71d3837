"""A module that passed validation, with what the validator found out on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import (
    ExternKind,
    FunctionType,
    GlobalType,
    HeapType,
    MemoryType,
    ReferenceType,
    TableType,
    ValueType,
)
from pywasm_rt.wasm.validate.context import Context, ExternTypeResolved
from pywasm_rt.wasm.validate.control import ControlTable
from pywasm_rt.wasm.validate.defined_type import DefinedType
from pywasm_rt.wasm.validate.plans import Planner

if TYPE_CHECKING:
    from pywasm_rt.wasm.validate.tracing import FunctionTrace

__all__ = ["ValidModule"]


@dataclass(frozen=True, slots=True, eq=False)
class ValidModule:
    """A valid module. All types are resolved: heap types in them are never indices.

    ``types`` is the type index space. ``functions`` and ``function_types`` give the function
    index space, imports first, as defined types and as the function types in them; ``tables``,
    ``memories``, ``globals`` and ``tags`` likewise, imports first. ``elements`` are the types of
    the element segments. ``imports`` and ``exports`` are the types of ``module.imports`` and
    ``module.exports``, in order. ``controls`` has one table for each *defined* function,
    ``planner`` the plans of the instructions in their bodies, ``traces`` what :func:`trace` has
    made so far.
    """

    module: Module
    context: Context
    types: tuple[DefinedType, ...]
    functions: tuple[DefinedType, ...]
    function_types: tuple[FunctionType, ...]
    tables: tuple[TableType, ...]
    memories: tuple[MemoryType, ...]
    globals: tuple[GlobalType, ...]
    tags: tuple[DefinedType, ...]
    elements: tuple[ReferenceType, ...]
    imports: tuple[ExternTypeResolved, ...]
    exports: tuple[ExternTypeResolved, ...]
    controls: tuple[ControlTable, ...]
    planner: Planner
    traces: dict[int, FunctionTrace] = field(default_factory=dict, init=False, repr=False)

    @property
    def features(self) -> Features:
        """The features with which it was validated."""
        return self.context.features

    @property
    def imported_functions(self) -> int:
        """How many functions are imported: the index of the first defined one."""
        return len(self.functions) - len(self.module.functions)

    def control(self, function_index: int) -> ControlTable:
        """The control table of a defined function, by its index in the function index space.

        Raises IndexError if the function is imported or does not exist.
        """
        if not self.imported_functions <= function_index < len(self.functions):
            raise IndexError(f"function {function_index} has no body in this module")
        return self.controls[function_index - self.imported_functions]

    def local_types(self, function_index: int) -> tuple[ValueType, ...]:
        """The types of the parameters and other locals of a defined function.

        Raises IndexError if the function is imported or does not exist.
        """
        self.control(function_index)
        function = self.module.functions[function_index - self.imported_functions]
        declared = map(self.context.value_type, function.locals)
        return (*self.function_types[function_index].parameters, *declared)

    def function_name(self, function_index: int) -> str:
        """The function's name from the name section, or ""."""
        return self.module.names.functions.get(function_index, "")

    def reference_type(self, type: ReferenceType) -> ReferenceType:
        """An immediate ``reference_type`` of the module's code, resolved."""
        return self.context.reference_type(type)

    def heap_type(self, heap: HeapType) -> HeapType:
        """An immediate ``heap_type`` of the module's code, resolved."""
        return self.context.heap_type(heap)

    def block_type(self, type: ValueType | int | None) -> FunctionType:
        """An immediate ``block_type`` of the module's code: what the block takes and gives."""
        return self.context.block_type(type)

    def index_space(self, kind: ExternKind) -> tuple[ExternTypeResolved, ...]:
        """The types of one index space, imports first."""
        match kind:
            case ExternKind.FUNCTION:
                return self.functions
            case ExternKind.TABLE:
                return self.tables
            case ExternKind.MEMORY:
                return self.memories
            case ExternKind.GLOBAL:
                return self.globals
            case ExternKind.TAG:
                return self.tags
        raise EngineBug(f"no such kind: {kind}")
