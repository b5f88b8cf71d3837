"""Instances: modules with their own functions, memories, tables, globals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from pywasm_rt.engine import interface
from pywasm_rt.engine.interface import HostFunction, Imports, Unfinished
from pywasm_rt.engine.native.baseline import Baseline
from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.domain import Domain, wrappers
from pywasm_rt.engine.native.execution import Execution
from pywasm_rt.engine.native.failures import heap_exhausted, trap_code
from pywasm_rt.engine.native.filling import reset_instance
from pywasm_rt.engine.native.importing import find_imports, given_struct
from pywasm_rt.engine.native.loaded_module import LoadedModule
from pywasm_rt.engine.native.memory import Memory
from pywasm_rt.engine.native.memory import no_room as no_memory
from pywasm_rt.engine.native.reference import Function, function_of, wrap_host_function
from pywasm_rt.engine.native.snapshot import snapshot_instance
from pywasm_rt.engine.native.store import Store
from pywasm_rt.engine.native.table import Table
from pywasm_rt.engine.native.table import no_room as no_table
from pywasm_rt.engine.native.types import type_number
from pywasm_rt.engine.native.variable import Global, Tag
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.errors import ExhaustionError, Trap
from pywasm_rt.wasm.types import ExternKind
from pywasm_rt.wasm.validate import define_function

__all__ = ["Instance"]


class Instance:
    """An instantiated module.

    Raises:
        LinkError: an import is missing or does not fit.
        Trap: an active segment does not fit; what was written before stays written.
        ExhaustionError: a limit of the store.
    """

    __slots__ = ("__weakref__", "_exports", "module", "name", "pointer", "store")

    def __init__(
        self, module: LoadedModule, imports: Imports, store: Store, name: str = ""
    ) -> None:
        self.module = module
        self.store = store
        self.name = name
        self._exports: dict[str, Any] | None = None
        given = find_imports(module, imports, store.domain)
        struct, _arrays = given_struct(given)
        outcome, figure = ffi.new("int *"), ffi.new("uint64_t *")
        self.pointer = lib.wr_api_instantiate(
            module.program, store.pointer, struct, outcome, figure
        )
        if self.pointer:
            # The instance may be needed even if it failed: its functions may be in tables.
            address = int(ffi.cast("uintptr_t", self.pointer))
            store.domain.root.instances[address] = self
        if outcome[0] != lib.WR_INSTANTIATED:
            raise self._failure(outcome[0], figure[0])

    @classmethod
    def of_pointer(cls, module: LoadedModule, store: Store, name: str, pointer: Any) -> Instance:
        """The Python side of a C instance that has none yet."""
        instance = cls.__new__(cls)
        instance.adopt(module, store, name, pointer)
        return instance

    def adopt(self, module: LoadedModule, store: Store, name: str, pointer: Any) -> None:
        """Be the Python side of a C instance."""
        self.module, self.store, self.name, self.pointer = module, store, name, pointer
        self._exports = None
        store.domain.root.instances[int(ffi.cast("uintptr_t", pointer))] = self

    def _failure(self, outcome: int, figure: int) -> Exception:
        limits = self.store.limits
        if outcome == lib.WR_INSTANTIATION_MEMORY_LIMIT:
            return no_memory(figure, limits.memory_bytes)
        if outcome == lib.WR_INSTANTIATION_TABLE_LIMIT:
            return no_table(figure, limits.table_elements)
        if outcome == lib.WR_INSTANTIATION_INSTANCES:
            sentence = f"no more than {figure} instances"
            return ExhaustionError("instances", sentence, limits.instances)
        if outcome == lib.WR_INSTANTIATION_HEAP_LIMIT:
            return heap_exhausted(limits.heap_bytes)
        if outcome == lib.WR_INSTANTIATION_TRAP:
            return Trap(trap_code(figure))
        return ExhaustionError("memory", "the system has no more memory")

    @property
    def domain(self) -> Domain:
        """What it may exchange references with."""
        return self.store.domain

    @property
    def exports(self) -> Mapping[str, Any]:
        """Its exports by name."""
        if self._exports is None:
            self._exports = {
                name: self.entity(kind, index) for name, kind, index in self.module.export_places
            }
        return MappingProxyType(self._exports)

    def entity(self, kind: ExternKind, index: int) -> Any:
        """What is at an index of an index space."""
        if kind is ExternKind.FUNCTION:
            return self.function(index)
        space, make = _SPACES[kind]
        pointer = getattr(self.pointer, space)[index]
        address = int(ffi.cast("uintptr_t", pointer))
        entity = wrappers.get(address)
        if entity is None:
            entity = wrappers[address] = make(self.domain.root, pointer)
        return entity

    def function(self, index: int) -> Function:
        """A function by its index. Raises ExhaustionError."""
        pointer = lib.wr_api_function(self.pointer, index)
        if not pointer:
            raise ExhaustionError("memory", "no room for a function")
        return function_of(self.domain, pointer)

    @property
    def start_function(self) -> Function | None:
        """The start function, which instantiation has *not* run: drive it first of all."""
        index = self.module.module.start
        return None if index < 0 else self.function(index)

    def start(self, function: interface.Function, arguments: Sequence[object] = ()) -> Execution:
        """Begin a call. Nothing has run yet. Raises TypeError for wrong arguments, or if
        ``function`` is no function of this engine.
        """
        if isinstance(function, HostFunction):
            number = type_number(define_function(function.type))
            pointer = wrap_host_function(self.domain, function, number)
            function = function_of(self.domain, pointer)
        elif not isinstance(function, Function):
            raise TypeError(f"{function!r:.80} is no function of the native engine")
        return Execution(self, function, arguments)

    def attempt(
        self, function: interface.Function, arguments: Sequence[object] = ()
    ) -> tuple[object, ...] | Unfinished:
        """Call as far as nobody has to wait; see :class:`pywasm_rt.engine.interface.Instance`."""
        if isinstance(function, Function):
            return function.attempt(self.store, arguments)
        return Unfinished(self.start(function, arguments), None, 0)

    def snapshot(self) -> Snapshot:
        """Its state, and that of all that can be reached from it. Raises SnapshotError."""
        return snapshot_instance(self)

    def reset_to(self, snapshot: Snapshot) -> None:
        """Be again as in a snapshot; see the interface. Raises SnapshotError."""
        reset_instance(self, snapshot)

    def baseline(self, *others: interface.Instance) -> Baseline:
        """What it and others are now, to be put back into it. Raises SnapshotError."""
        return Baseline((self, *cast("tuple[Instance, ...]", others)))

    def __repr__(self) -> str:
        return f"<instance {self.name or hex(id(self))}>"


_SPACES: dict[ExternKind, tuple[str, Callable[[Domain, Any], Any]]] = {
    ExternKind.TABLE: ("tables", Table),
    ExternKind.MEMORY: ("memories", Memory),
    ExternKind.GLOBAL: ("globals", Global),
    ExternKind.TAG: ("tags", Tag),
}
