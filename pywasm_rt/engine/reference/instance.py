"""Instances: modules with their own functions, memories, tables, globals (specification,
"Instantiation").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from pywasm_rt.engine import interface
from pywasm_rt.engine.interface import Function, HostFunction, Imports, Unfinished
from pywasm_rt.engine.reference.baseline import Baseline
from pywasm_rt.engine.reference.execution import Execution
from pywasm_rt.engine.reference.filling import reset_instance
from pywasm_rt.engine.reference.function import (
    FunctionInstance,
    HostFunctionInstance,
    WasmFunction,
)
from pywasm_rt.engine.reference.heap import Tag, counted_in
from pywasm_rt.engine.reference.importing import find_import
from pywasm_rt.engine.reference.loaded_module import LoadedModule
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.engine.reference.memory_access import DataSegment, data_drop, memory_init
from pywasm_rt.engine.reference.operation import evaluate_constant
from pywasm_rt.engine.reference.snapshot import snapshot_instance
from pywasm_rt.engine.reference.store import Store
from pywasm_rt.engine.reference.table import ElementSegment, Table, elem_drop, table_init
from pywasm_rt.engine.reference.values import from_host_all
from pywasm_rt.engine.reference.variable import Global
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasm.module import DataMode, ElementMode, Expression
from pywasm_rt.wasm.types import ExternKind
from pywasm_rt.wasm.validate import define_function

__all__ = ["Instance"]


class Instance:
    """An instantiated module.

    ``spaces`` are its index spaces by the names that immediates have for them: function, table,
    memory, global, tag, element, data.

    Raises:
        LinkError: an import is missing or does not fit.
        Trap: an active segment does not fit; what was written before stays written.
        ExhaustionError: a limit of the store.
    """

    __slots__ = ("_exports", "module", "name", "spaces", "store")

    def __init__(
        self, module: LoadedModule, imports: Imports, store: Store, name: str = ""
    ) -> None:
        self.module = module
        self.store = store
        self.name = name
        self.spaces: dict[str, list[Any]] = {kind: [] for kind in _SPACES.values()}
        self.spaces.update(element=[], data=[])
        valid = module.valid
        found = [
            (_SPACES[item.kind], find_import(imports, item, type))
            for item, type in zip(valid.module.imports, valid.imports, strict=True)
        ]
        store.take_instance()
        for kind, entity in found:
            self.spaces[kind].append(entity)
        with counted_in(store.heap):
            self._allocate()
        self.find_exports()
        self._write_segments()

    @classmethod
    def bare(cls, module: LoadedModule, store: Store, name: str) -> Instance:
        """An instance without anything but its own functions, for others to fill in; there are
        places for the imported functions.
        """
        instance = cls.__new__(cls)
        instance.make_bare(module, store, name)
        return instance

    def make_bare(self, module: LoadedModule, store: Store, name: str) -> None:
        """Have nothing but functions."""
        self.module, self.store, self.name = module, store, name
        self.spaces = {kind: [] for kind in _SPACES.values()}
        self.spaces.update(element=[], data=[])
        self._exports: dict[str, Any] = {}
        self.spaces["function"] += [None] * module.valid.imported_functions
        self._define_functions()

    def find_exports(self) -> None:
        """Look up what is exported; the index spaces are complete."""
        self._exports = {
            item.name: self.spaces[_SPACES[item.kind]][item.index]
            for item in self.module.valid.module.exports
        }

    def _define_functions(self) -> None:
        functions, defined = self.spaces["function"], self.module.valid.functions
        for index in range(len(functions), len(defined)):
            functions.append(WasmFunction(self, index, defined[index]))

    def _allocate(self) -> None:
        """Make what the module defines. Later parts may refer to earlier ones."""
        valid, spaces, store = self.module.valid, self.spaces, self.store
        module = valid.module
        self._define_functions()
        for type in valid.memories[len(spaces["memory"]) :]:
            spaces["memory"].append(Memory(type, store))
        for number, defined_type in enumerate(valid.tags[len(spaces["tag"]) :]):
            name = module.names.tags.get(len(valid.tags) - len(module.tags) + number, "")
            spaces["tag"].append(Tag(defined_type, name))
        for declared, table_type in zip(
            module.tables, valid.tables[len(spaces["table"]) :], strict=True
        ):
            initial = None if declared.initial is None else self._evaluate(declared.initial)
            spaces["table"].append(Table(table_type, initial, store))
        for variable, global_type in zip(
            module.globals, valid.globals[len(spaces["global"]) :], strict=True
        ):
            spaces["global"].append(Global(global_type, self._evaluate(variable.initial)))
        for element in module.elements:
            references = [self._evaluate(item) for item in element.items]
            spaces["element"].append(ElementSegment(references))
        spaces["data"] += [DataSegment(data.data) for data in module.datas]

    def _write_segments(self) -> None:
        """Copy active segments to their places; declarative ones are dropped at once."""
        spaces, module = self.spaces, self.module.valid.module
        for element, segment in zip(module.elements, spaces["element"], strict=True):
            if isinstance(element.mode, ElementMode):
                table = spaces["table"][element.mode.table_index]
                offset = self._evaluate(element.mode.offset)
                table_init(segment, table, offset, 0, len(segment.references))
                elem_drop(segment)
            elif element.mode == "declarative":
                elem_drop(segment)
        for data, content in zip(module.datas, spaces["data"], strict=True):
            if isinstance(data.mode, DataMode):
                memory = spaces["memory"][data.mode.memory_index]
                offset = self._evaluate(data.mode.offset)
                try:
                    memory_init(content, memory, offset, 0, len(content.content))
                except IndexError as error:
                    raise Trap(TrapCode.MEMORY_OUT_OF_BOUNDS, address=offset) from error
                data_drop(content)

    def _evaluate(self, expression: Expression) -> Any:
        module = self.module
        return evaluate_constant(
            expression.instructions,
            module.valid,
            module.lowerer.planner,
            module.meanings,
            self.spaces,
        )

    @property
    def exports(self) -> Mapping[str, Any]:
        """Its exports by name."""
        return MappingProxyType(self._exports)

    @property
    def start_function(self) -> FunctionInstance | None:
        """The start function, which instantiation has *not* run: drive it first of all."""
        index = self.module.valid.module.start
        return None if index is None else self.spaces["function"][index]

    def start(self, function: Function, arguments: Sequence[object] = ()) -> Execution:
        """Begin a call. Nothing has run yet. Raises TypeError for wrong arguments, or if
        ``function`` is no function of this engine.
        """
        if isinstance(function, HostFunction):
            function = HostFunctionInstance(define_function(function.type), function)
        if not isinstance(function, WasmFunction | HostFunctionInstance):
            raise TypeError(f"{function!r:.80} is no function of the reference engine")
        values = from_host_all(function.type.parameters, arguments, function)
        return Execution(self, function, values)

    def attempt(
        self, function: Function, arguments: Sequence[object] = ()
    ) -> tuple[object, ...] | Unfinished:
        """Begin a call, to be driven on: this engine knows no shorter way."""
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


_SPACES = {
    ExternKind.FUNCTION: "function",
    ExternKind.TABLE: "table",
    ExternKind.MEMORY: "memory",
    ExternKind.GLOBAL: "global",
    ExternKind.TAG: "tag",
}
