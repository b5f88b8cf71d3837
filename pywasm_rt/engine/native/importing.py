"""Whether what was given for an import is what the module asks for."""

from __future__ import annotations

from typing import Any, NamedTuple

from pywasm_rt.engine.interface import ExternDescription, HostFunction, Imports
from pywasm_rt.engine.native.core import ffi
from pywasm_rt.engine.native.domain import Domain
from pywasm_rt.engine.native.loaded_module import LoadedModule
from pywasm_rt.engine.native.memory import Memory
from pywasm_rt.engine.native.reference import Function, host_function_fits, wrap_host_function
from pywasm_rt.engine.native.table import Table
from pywasm_rt.engine.native.types import (
    defined_type,
    memory_type,
    table_type,
    value_type,
)
from pywasm_rt.engine.native.variable import Global, Tag
from pywasm_rt.errors import LinkError
from pywasm_rt.wasm.types import (
    ExternKind,
    FunctionType,
    GlobalType,
    Limits,
    MemoryType,
    ReferenceType,
    TableType,
)
from pywasm_rt.wasm.validate import matches_extern
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
    """What was given for all imports, and link the domain with what it is given.

    Raises LinkError "unknown import" or "incompatible import type", which says what was asked and
    what was found; MemoryError.
    """
    found = Given([], [], [], [], [])
    for number, item in enumerate(module.imports):
        index = module.module.imports[number].index
        given = imports.get((item.module, item.name))
        wanted = _wanted(module, item.kind, index)
        if given is None:
            raise LinkError(
                f"unknown import: {_asked(item, wanted)} is missing",
                module=item.module,
                name=item.name,
            )
        found[item.kind.value].append(_entity(module, item, wanted, given, domain, index))
    return found


def _wanted(module: LoadedModule, kind: ExternKind, index: int) -> ExternTypeResolved:
    declared = module.module
    match kind:
        case ExternKind.FUNCTION:
            return defined_type(declared.functions[index].type)
        case ExternKind.TAG:
            return defined_type(declared.tags[index])
        case ExternKind.MEMORY:
            return memory_type(declared.memories[index])
        case ExternKind.TABLE:
            return table_type(declared.tables[index])
        case _:
            described = declared.globals[index]
            return GlobalType(value_type(described.type), mutable=described.is_mutable)


def _entity(
    module: LoadedModule,
    item: ExternDescription,
    wanted: ExternTypeResolved,
    given: object,
    domain: Domain,
    index: int,
) -> Any:
    if isinstance(given, HostFunction) and item.kind in (ExternKind.FUNCTION, ExternKind.TAG):
        assert not isinstance(wanted, TableType | MemoryType | GlobalType)
        if item.kind is ExternKind.FUNCTION and host_function_fits(given, wanted):
            return wrap_host_function(domain, given, module.module.functions[index].type)
        found = f"host function {_describe(given.type)}"
    else:
        kind, type = _kind_and_type(given)
        if kind is item.kind and type is not None and matches_extern(kind, type, wanted):
            _link(domain, given)
            return given.pointer  # type: ignore[attr-defined]
        found = f"{kind.keyword} {_describe(type)}" if kind is not None else repr(given)[:80]
    raise LinkError(
        f"incompatible import type: {_asked(item, wanted)} is asked for, but ({found}) was given",
        module=item.module,
        name=item.name,
        expected=wanted,
    )


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


def _kind_and_type(given: object) -> tuple[ExternKind | None, ExternTypeResolved | None]:
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
    return None, None


def _asked(item: ExternDescription, wanted: ExternTypeResolved) -> str:
    return f'"{item.module}" "{item.name}" ({item.kind.keyword} {_describe(wanted)})'


def _describe(type: ExternTypeResolved | FunctionType | None) -> str:
    """A type for a sentence, in the words of the text format."""
    match type:
        case MemoryType():
            return _limits(type.limits, shared=type.shared)
        case TableType():
            return f"{_limits(type.limits, shared=type.shared)} {type.element}"
        case GlobalType():
            return f"(mut {type.value})" if type.mutable else str(type.value)
    return str(type)


def _limits(limits: Limits, *, shared: bool) -> str:
    words = ["i64"] if limits.is_64 else []
    words.append(str(limits.minimum))
    if limits.maximum is not None:
        words.append(str(limits.maximum))
    if shared:
        words.append("shared")
    return " ".join(words)


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

