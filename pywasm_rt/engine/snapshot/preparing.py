"""What both engines do before they make anything of a snapshot: find its modules and what stands
for the host's functions and objects, and check that all of it fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pywasm_rt.engine.interface import HostFunction, Imports
from pywasm_rt.engine.link_errors import import_error
from pywasm_rt.engine.snapshot.check import check_snapshot, resolved_types
from pywasm_rt.engine.snapshot.facts import Facts
from pywasm_rt.engine.snapshot.snapshot import Snapshot
from pywasm_rt.engine.snapshot.state import HostFunctionState
from pywasm_rt.errors import SnapshotError
from pywasm_rt.wasm.types import ExternKind
from pywasm_rt.wasm.validate import DefinedType, define_function, matches_function

__all__ = ["Prepared", "SomeImports", "prepare"]

SomeImports = Imports | Sequence[Imports]
"""One mapping for all instances, or one for each instance of the snapshot."""

PersistentLoad = Callable[[str], object]


class HasFacts(Protocol):
    """A loaded module of an engine."""

    @property
    def facts(self) -> Facts:
        """What snapshots need to know of it."""
        ...


_Module = TypeVar("_Module", bound=HasFacts)


@dataclass
class Prepared(Generic[_Module]):
    """A snapshot that fits. ``modules`` are the loaded modules of its instances; ``types`` its
    defined types; ``host_functions`` what stands for the host's functions, with their types;
    ``externals`` what stands for the host's objects.
    """

    snapshot: Snapshot
    modules: list[_Module]
    types: list[DefinedType]
    host_functions: list[tuple[DefinedType, HostFunction]]
    externals: list[object]


def prepare(
    snapshot: Snapshot,
    modules: Sequence[_Module],
    imports: SomeImports | None,
    persistent_load: PersistentLoad | None,
) -> Prepared[_Module]:
    """Find what a snapshot needs, and check it.

    Raises SnapshotError for a snapshot that does not fit, LinkError for a function of the host that
    is missing or of another type.
    """
    by_digest = {module.facts.digest: module for module in modules}
    found = []
    for digest in snapshot.modules:
        module = by_digest.get(digest)
        if module is None:
            given = ", ".join(other.hex()[:16] for other in by_digest) or "none"
            raise SnapshotError(
                f"the snapshot is of another module: it needs {digest.hex()[:16]} (SHA-256), "
                f"given is {given}",
                digest=digest.hex(),
            )
        found.append(module)
    facts = [module.facts for module in found]
    finder = _HostFinder(snapshot, facts, imports or {}, persistent_load)
    host_functions = [finder.function(state) for state in snapshot.host_functions]
    types = resolved_types(snapshot, facts)
    check_snapshot(snapshot, facts, types, [type for type, _ in host_functions])
    of_instances = [found[state.module] for state in snapshot.instances]
    externals = finder.externals()
    return Prepared(snapshot, of_instances, types, host_functions, externals)


class _HostFinder:
    """Finds what stands for the host's functions and objects."""

    def __init__(
        self,
        snapshot: Snapshot,
        facts: Sequence[Facts],
        imports: SomeImports,
        persistent_load: PersistentLoad | None,
    ) -> None:
        self.snapshot = snapshot
        self.facts = facts
        self.imports = imports
        self.persistent_load = persistent_load

    def function(self, state: HostFunctionState) -> tuple[DefinedType, HostFunction]:
        """A function of the host, and its type."""
        if state.importer >= 0:
            return self._imported(state)
        given: object = state.function
        if given is None or (self.persistent_load and state.identifier is not None):
            given = self._load(state.identifier)
        if not isinstance(given, HostFunction):
            raise SnapshotError(f"the persistent id {state.identifier!r} is of no host function")
        return define_function(given.type), given

    def _imported(self, state: HostFunctionState) -> tuple[DefinedType, HostFunction]:
        name = state.module, state.name
        instances = self.snapshot.instances
        items = []
        if state.importer < len(instances):
            module = instances[state.importer].module
            if module < len(self.facts):
                items = [i for i in self.facts[module].imports if i.kind is ExternKind.FUNCTION]
        if state.index >= len(items) or items[state.index][:2] != name:
            raise SnapshotError(f"the snapshot does not fit its modules: none imports {name}")
        wanted = items[state.index].type
        assert isinstance(wanted, DefinedType), "functions have defined types"
        assert wanted.function is not None, "functions have function types"
        given = self._given(state.importer).get(name, state.function)
        if not isinstance(given, HostFunction) or not matches_function(given.type, wanted.function):
            raise import_error(name, ExternKind.FUNCTION, wanted, given, None)
        return wanted, given

    def _given(self, importer: int) -> Imports:
        if isinstance(self.imports, Mapping):
            return self.imports
        return self.imports[importer] if importer < len(self.imports) else {}

    def externals(self) -> list[object]:
        """The objects of the host."""
        return [
            state.object if state.identifier is None else self._load(state.identifier)
            for state in self.snapshot.externals
        ]

    def _load(self, identifier: str | None) -> object:
        if self.persistent_load is None:
            raise SnapshotError(
                f"the snapshot refers to {identifier!r}, an object of the host: persistent_load is "
                "needed to find it"
            )
        return self.persistent_load(identifier or "")
