"""The native engine as an :class:`~pywasm_rt.engine.interface.Engine`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

# Calls need it; it is imported here so that no first call has to.
import pywasm_rt.engine.native.direct  # noqa: F401
from pywasm_rt.engine import interface
from pywasm_rt.engine.interface import Imports, Limits, Restored
from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.domain import Domain
from pywasm_rt.engine.native.failures import feature_bytes, load_error
from pywasm_rt.engine.native.instance import Instance
from pywasm_rt.engine.native.loaded_module import LoadedModule, build_id
from pywasm_rt.engine.native.memory import Memory, new_memory
from pywasm_rt.engine.native.restore import Restorer
from pywasm_rt.engine.native.store import Store
from pywasm_rt.engine.native.table import Table, new_table
from pywasm_rt.engine.native.variable import Global, Tag, new_global, new_tag
from pywasm_rt.engine.serialized import read_serialized
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.engine.snapshot.preparing import SomeImports, prepare
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import FunctionType, GlobalType, MemoryType, TableType

__all__ = ["NativeEngine"]


class NativeEngine:
    """Runs modules in the C core."""

    name = "native"

    def load(self, source: bytes | Module, features: Features | None = None) -> LoadedModule:
        """Decode and validate. Raises DecodeError, ValidationError, UnsupportedFeature."""
        features = DEFAULT if features is None else features
        binary = encode(source) if isinstance(source, Module) else bytes(source)
        error = ffi.new("wr_error *")
        program = lib.wr_api_load(binary, len(binary), feature_bytes(features), error)
        if not program:
            raise load_error(error)
        return LoadedModule(program, binary, features)

    def deserialize(self, data: bytes | memoryview) -> LoadedModule:
        """A module that :meth:`LoadedModule.serialize
        <pywasm_rt.engine.native.loaded_module.LoadedModule.serialize>` has written. ``data`` may be
        a view of a mapped file: it is not copied, and must not change.

        Raises SerializationError for bytes that are none, are damaged, or come from another build.
        """
        found = read_serialized(data, build_id())
        error = ffi.new("wr_error *")
        source = ffi.from_buffer(found.binary)
        features = feature_bytes(found.features)
        program = lib.wr_api_open(source, len(found.binary), features, error)
        if not program:
            raise load_error(error)
        return LoadedModule(program, found.binary, found.features, found.digest)

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
        owner = _own(store)
        if owner is None:
            return new_memory(Domain(), type, ffi.NULL, None)
        return new_memory(owner.domain, type, owner.pointer, owner.limits.memory_bytes)

    def new_table(self, type: TableType, initial: object = None) -> Table:
        """A table of the host's, to import. Raises TypeError for a wrong value."""
        return new_table(Domain(), type, initial)

    def new_global(self, type: GlobalType, value: object) -> Global:
        """A global of the host's, to import. Raises TypeError for a wrong value."""
        return new_global(Domain(), type, value)

    def new_tag(self, type: FunctionType) -> Tag:
        """A tag of the host's, to import."""
        return new_tag(Domain(), type)


def _loaded(module: interface.LoadedModule) -> LoadedModule:
    if not isinstance(module, LoadedModule):
        raise TypeError(f"{module!r:.80} was not loaded by the native engine")
    return module


def _own(store: interface.Store | None) -> Store | None:
    if store is None or isinstance(store, Store):
        return store
    raise TypeError(f"{store!r:.80} is no store of the native engine")
