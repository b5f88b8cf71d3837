"""What both engines do before they put an instance back into a former state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.engine.snapshot.capture import Source, Walk
from pywasm_rt.engine.snapshot.check import check_snapshot, resolved_types
from pywasm_rt.engine.snapshot.facts import Facts
from pywasm_rt.engine.snapshot.matching import Matched, match
from pywasm_rt.engine.snapshot.snapshot import Snapshot
from pywasm_rt.engine.snapshot.state import HostFunctionReference
from pywasm_rt.errors import SnapshotError
from pywasm_rt.wasm.types import ExternKind
from pywasm_rt.wasm.validate import DefinedType, define_function

__all__ = ["Reset", "as_met", "prepare_reset"]


@dataclass
class Reset:
    """Things of an engine, in the order of a snapshot that fits. ``host_functions`` are what the
    engine has for them, or functions of the host that it has not met, with their types.
    """

    instances: list[Any]
    memories: list[Any]
    tables: list[Any]
    globals: list[Any]
    tags: list[Any]
    types: list[DefinedType]
    host_functions: list[tuple[DefinedType, Any]]
    externals: list[object]


def prepare_reset(source: Source, instance: Any, snapshot: Snapshot) -> Reset:
    """Find what a snapshot is of, and check it.

    Raises SnapshotError if it is of something else, or holds objects of the host that have become
    bytes.
    """
    matched = match(source, instance, snapshot)
    instances = _in_order(matched.instances)
    modules: list[Facts] = []
    for thing, state in zip(instances, snapshot.instances, strict=True):
        if state.module == len(modules):
            modules.append(source.facts(thing))
    types = resolved_types(snapshot, modules)
    host_functions = _host_functions(snapshot, matched)
    check_snapshot(snapshot, modules, types, [type for type, _ in host_functions])
    for external in snapshot.externals:
        if external.identifier is not None:
            raise SnapshotError(
                f"the snapshot refers to {external.identifier!r}, an object of the host: it can be "
                "restored only as a whole"
            )
    return Reset(
        instances,
        _in_order(matched.memories),
        _in_order(matched.tables),
        _in_order(matched.globals),
        _in_order(matched.tags),
        types,
        host_functions,
        [external.object for external in snapshot.externals],
    )


def as_met(walk: Walk, snapshot: Snapshot, count: int) -> Reset:
    """The entities of a walk that began with ``count`` instances and became ``snapshot``, to be put
    back into that state themselves.

    Raises SnapshotError if the walk has come to other instances: nobody says that they will live
    as long.
    """
    if len(walk.instances) != count:
        raise SnapshotError("what is kept refers to instances that are not kept with it")
    imported = {
        function.number
        for state in snapshot.instances
        for function in state.functions
        if isinstance(function, HostFunctionReference)
    }
    return Reset(
        walk.instances,
        walk.met(ExternKind.MEMORY),
        walk.met(ExternKind.TABLE),
        walk.met(ExternKind.GLOBAL),
        walk.met(ExternKind.TAG),
        walk.types,
        # What only a table or a global holds may be gone by then.
        [
            (shown.type, shown.thing if number in imported else shown.function)
            for number, shown in enumerate(walk.host_functions)
        ],
        [external.object for external in snapshot.externals],
    )


def _in_order(things: dict[int, Any]) -> list[Any]:
    return [things[number] for number in range(len(things))]


def _host_functions(snapshot: Snapshot, matched: Matched) -> list[tuple[DefinedType, Any]]:
    found: list[tuple[DefinedType, Any]] = []
    for number, state in enumerate(snapshot.host_functions):
        shown = matched.host_functions.get(number)
        if shown is not None:
            found.append((shown.type, shown.thing))
        elif isinstance(state.function, HostFunction):
            found.append((define_function(state.function.type), state.function))
        else:
            raise SnapshotError("the snapshot refers to an unknown function of the host")
    return found
