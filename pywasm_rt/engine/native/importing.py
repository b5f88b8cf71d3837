"""Whether what was given for an import is what the module asks for."""

from __future__ import annotations

from typing import Any, NamedTuple

from pywasm_rt.engine.interface import HostFunction, Imports
from pywasm_rt.engine.link_errors import import_error
from pywasm_rt.engine.native.core import ffi
from pywasm_rt.engine.native.domain import Domain
from pywasm_rt.engine.native.loaded_module import LoadedModule
from pywasm_rt.engine.native.memory import Memory
from pywasm_rt.engine.native.reference import Function, host_function_fits, wrap_host_function
from pywasm_rt.engine.native.table import Table
from pywasm_rt.engine.native.types import defined_type, type_number
from pywasm_rt.engine.native.variable import Global, Tag
from pywasm_rt.wasm.types import ExternKind, ReferenceType
from pywasm_rt.wasm.validate import DefinedType, matches_extern
from pywasm_rt.wasm.validate.context import ExternTypeResolved

__all__ = ["Given", "find_imports", "given_struct"]


class Given(NamedTuple):
    """The C entities for the imports of a module, by kind, each in order."""

    functions: list[Any]
    tables: list[Any]
    memories: list[Any]
    globals: list[Any]
    tags: list[Any]


def find_imports(module: LoadedModule, imports: Imports, domain: Domain) -> Given:
    """What was given for all imports. The domain is linked with what it is given.

    Raises LinkError "unknown import" or "incompatible import type", which says what was asked and
    what was found; ExhaustionError.
    """
    entities = Given([], [], [], [], [])
    for item, (kind, wanted) in zip(module.imports, module.import_types, strict=True):
        name = (item.module, item.name)
        given = imports.get(name)
        entity = None
        found = _kind_and_type(given)
        if isinstance(given, HostFunction):
            if isinstance(wanted, DefinedType) and _is_function(kind, given, wanted):
                entity = wrap_host_function(domain, given, type_number(wanted))
        elif found is not None and found[0] is kind and matches_extern(kind, found[1], wanted):
            _link(domain, given)
            entity = given.pointer  # type: ignore[union-attr]
        if entity is None:
            raise import_error(name, kind, wanted, given, found)
        entities[kind.value].append(entity)
    return entities


def _is_function(kind: ExternKind, given: HostFunction, wanted: DefinedType) -> bool:
    return kind is ExternKind.FUNCTION and host_function_fits(given, wanted)


def _link(domain: Domain, given: Any) -> None:
    """Keep what is given alive, and link its domain where references may go to and fro."""
    if given.domain.root is domain.root:
        return
    is_plain = isinstance(given, Memory | Tag) or (
        isinstance(given, Global) and not isinstance(given.type.value, ReferenceType)
    )
    if is_plain:
        domain.root.kept.append(given)
    else:
        domain.merge(given.domain)


def _kind_and_type(given: object) -> tuple[ExternKind, ExternTypeResolved] | None:
    match given:
        case Function():
            return ExternKind.FUNCTION, defined_type(given.number)
        case Memory():
            return ExternKind.MEMORY, given.type
        case Table():
            return ExternKind.TABLE, given.type
        case Global():
            return ExternKind.GLOBAL, given.type
        case Tag():
            return ExternKind.TAG, defined_type(given.pointer.type)
    return None


def given_struct(given: Given) -> tuple[Any, list[Any]]:
    """The C struct for what was given, and the arrays that it points to."""
    struct = ffi.new("wr_given *")
    arrays = []
    names = ("callee", "table", "memory", "global", "tag")
    for field, kind in zip(Given._fields, names, strict=True):
        entities = getattr(given, field)
        if entities:
            array = ffi.new(f"wr_{kind} *[]", entities)
            setattr(struct, field, array)
            arrays.append(array)
    return struct, arrays
