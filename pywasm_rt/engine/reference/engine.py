"""The reference engine as an :class:`~pywasm_rt.engine.interface.Engine`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pywasm_rt.engine import interface
from pywasm_rt.engine.interface import Imports, Limits, Restored
from pywasm_rt.engine.reference.heap import Tag
from pywasm_rt.engine.reference.instance import Instance
from pywasm_rt.engine.reference.loaded_module import LoadedModule
from pywasm_rt.engine.reference.loop_builder import PLAIN_LOOP, BuiltLoop, build_loop
from pywasm_rt.engine.reference.meanings import Meaning, collect_meanings
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.engine.reference.restore import Restorer
from pywasm_rt.engine.reference.store import Store
from pywasm_rt.engine.reference.table import Table
from pywasm_rt.engine.reference.values import from_host
from pywasm_rt.engine.reference.variable import Global
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.engine.snapshot.preparing import SomeImports, prepare
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.binary import decode
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.instructions import INSTRUCTIONS, InstructionSet
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import FunctionType, GlobalType, MemoryType, TableType
from pywasm_rt.wasm.validate import define_function, validate

__all__ = ["ReferenceEngine"]


class ReferenceEngine:
    """Runs modules in Python.

    ``meanings`` are functions by instruction identifier, added to those of the package, for rows of
    ``instructions`` that are new::

        twice = row(0x..., "i32.twice", "i32 -> i32", "", "", "Doubles a number.")
        ReferenceEngine(INSTRUCTIONS.with_rows(twice), {"i32_twice": lambda a: 2 * a & MASK_32})

    With ``plain`` the machine's loop runs as it is written (see ``loop_builder.py``).
    """

    name = "reference"

    def __init__(
        self,
        instructions: InstructionSet = INSTRUCTIONS,
        meanings: Mapping[str, Callable[..., Any]] | None = None,
        *,
        plain: bool = False,
    ) -> None:
        self.instructions = instructions
        functions = {**collect_meanings(), **(meanings or {})}
        self.loop: BuiltLoop = PLAIN_LOOP if plain else build_loop(instructions, functions)
        self.meanings: Mapping[str, Meaning] = {
            row.identifier: Meaning(functions[row.identifier], row.immediates)
            for row in instructions.rows
            if row.identifier in functions
        }

    def load(self, source: bytes | Module, features: Features | None = None) -> LoadedModule:
        """Decode and validate. Raises DecodeError, ValidationError, UnsupportedFeature."""
        features = DEFAULT if features is None else features
        module, digest = source, None
        if not isinstance(module, Module):
            digest = hashlib.sha256(module).digest()
            module = decode(module, features, self.instructions)
        valid = validate(module, features, self.instructions)
        return LoadedModule(valid, self.loop, self.meanings, digest)

    def new_store(self, limits: Limits | None = None) -> Store:
        """A store for instances that belong together."""
        return Store(limits)

    def instantiate(
        self,
        module: interface.LoadedModule,
        imports: Imports | None = None,
        limits: Limits | None = None,
        *,
        store: interface.Store | None = None,
        name: str = "",
    ) -> Instance:
        """Allocate, evaluate initialisers, write active segments; the start function is left to
        the caller. ``limits`` are those of the new store that is made if none is given.

        Raises LinkError for a missing or mismatched import, Trap for a segment that does not fit
        (what was written before stays written), ExhaustionError for limits, TypeError for a module
        or store of another engine.
        """
        return Instance(_loaded(module), imports or {}, _own(store) or Store(limits), name)

    def restore(
        self,
        snapshot: Snapshot,
        modules: interface.LoadedModule | Sequence[interface.LoadedModule],
        imports: SomeImports | None = None,
        limits: Limits | None = None,
        *,
        persistent_load: Callable[[str], object] | None = None,
    ) -> Restored:
        """Make everything in a snapshot anew, and the execution that goes on; see the interface.

        Raises SnapshotError, LinkError, ExhaustionError; TypeError for a module of another engine.
        """
        several = modules if isinstance(modules, Sequence) else (modules,)
        prepared = prepare(snapshot, [_loaded(it) for it in several], imports, persistent_load)
        try:
            return Restorer(prepared, limits).restore()
        except (MemoryError, OverflowError) as error:
            raise ExhaustionError("memory", "the system has no more memory") from error

    def new_memory(self, type: MemoryType, store: interface.Store | None = None) -> Memory:
        """A memory of the host's, to import. Raises ExhaustionError; TypeError as above."""
        return Memory(type, _own(store))

    def new_table(self, type: TableType, initial: object = None) -> Table:
        """A table of the host's, to import. Raises TypeError for a wrong value."""
        return Table(type, from_host(type.element, initial))

    def new_global(self, type: GlobalType, value: object) -> Global:
        """A global of the host's, to import. Raises TypeError for a wrong value."""
        return Global(type, from_host(type.value, value))

    def new_tag(self, type: FunctionType) -> Tag:
        """A tag of the host's, to import."""
        return Tag(define_function(type))


def _loaded(module: interface.LoadedModule) -> LoadedModule:
    if not isinstance(module, LoadedModule):
        raise TypeError(f"{module!r:.80} was not loaded by the reference engine")
    return module


def _own(store: interface.Store | None) -> Store | None:
    if store is None or isinstance(store, Store):
        return store
    raise TypeError(f"{store!r:.80} is no store of the reference engine")
