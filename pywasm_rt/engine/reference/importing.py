"""Whether what was given for an import is what the module asks for."""

from __future__ import annotations

from typing import Any

from pywasm_rt.engine.interface import HostFunction, Imports
from pywasm_rt.engine.reference.function import HostFunctionInstance, WasmFunction
from pywasm_rt.engine.reference.heap import Tag
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.engine.reference.table import Table
from pywasm_rt.engine.reference.variable import Global
from pywasm_rt.errors import LinkError
from pywasm_rt.wasm.module import Import
from pywasm_rt.wasm.types import (
    ExternKind,
    FunctionType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
)
from pywasm_rt.wasm.validate import DefinedType, matches_extern, matches_function
from pywasm_rt.wasm.validate.context import ExternTypeResolved
from pywasm_rt.wasm.validate.matching import matches_limits

__all__ = ["find_import"]


def find_import(imports: Imports, item: Import, wanted: ExternTypeResolved) -> Any:
    """What was given for an import, as a store entity of the wanted type.

    Raises LinkError "unknown import" or "incompatible import type", which says what was asked and
    what was found.
    """
    fault = "incompatible import type"
    asked = f'"{item.module}" "{item.name}" ({item.kind.keyword} {describe(wanted)})'
    given = imports.get((item.module, item.name))
    if given is None:
        raise LinkError(f"unknown import: {asked} is missing", module=item.module, name=item.name)
    if isinstance(given, HostFunction) and isinstance(wanted, DefinedType):
        if item.kind is ExternKind.FUNCTION and _host_function_fits(given.type, wanted):
            return HostFunctionInstance(wanted, given)
        found = f"host function {describe(given.type)}"
    else:
        kind, type = _kind_and_type(given)
        if kind is item.kind and type is not None and matches_extern(kind, type, wanted):
            return given
        if _differ_in_page_size(type, wanted):
            fault = "memory types incompatible"
        found = f"{kind.keyword} {describe(type)}" if kind is not None else repr(given)[:80]
    raise LinkError(
        f"{fault}: {asked} is asked for, but ({found}) was given",
        module=item.module,
        name=item.name,
        expected=wanted,
    )


def _host_function_fits(given: FunctionType, wanted: DefinedType) -> bool:
    """A host function has whatever defined type is wanted, if parameters and results fit."""
    return wanted.function is not None and matches_function(given, wanted.function)


def _differ_in_page_size(given: ExternTypeResolved | None, wanted: ExternTypeResolved) -> bool:
    """Whether two memory types would fit but for the size of their pages."""
    return (
        isinstance(given, MemoryType)
        and isinstance(wanted, MemoryType)
        and given.page_size_log2 != wanted.page_size_log2
        and matches_limits(given.limits, wanted.limits)
    )


def _kind_and_type(given: object) -> tuple[ExternKind | None, ExternTypeResolved | None]:
    match given:
        case WasmFunction() | HostFunctionInstance():
            return ExternKind.FUNCTION, given.defined_type
        case Memory():
            return ExternKind.MEMORY, given.type
        case Table():
            return ExternKind.TABLE, given.type
        case Global():
            return ExternKind.GLOBAL, given.type
        case Tag():
            return ExternKind.TAG, given.defined_type
    return None, None


def describe(type: ExternTypeResolved | FunctionType | None) -> str:
    """A type for a sentence, in the words of the text format."""
    match type:
        case MemoryType():
            pages = "" if type.page_size_log2 == 16 else f" (pagesize {type.page_size_bytes})"
            return _limits(type.limits, shared=type.shared) + pages
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
