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
from pywasm_rt.wasm.validate import DefinedType, define_function, matches_extern, matches_function
from pywasm_rt.wasm.validate.context import ExternTypeResolved
from pywasm_rt.wasm.validate.matching import matches_limits

__all__ = ["find_import"]


def find_import(imports: Imports, item: Import, wanted: ExternTypeResolved) -> Any:
    """What was given for an import, as a store entity of the wanted type.

    Raises LinkError "unknown import" or "incompatible import type", which says what was asked and
    what was found.
    """
    kind = item.kind
    name, asked = f'"{item.module}" "{item.name}"', describe(kind, wanted)
    given = imports.get((item.module, item.name))
    details = {"module": item.module, "name": item.name, "expected": wanted}
    if given is None:
        raise LinkError(f"unknown import: {name} {asked} is missing", None, **details)
    if isinstance(given, HostFunction):
        if kind is ExternKind.FUNCTION and _host_function_fits(given.type, wanted):
            assert isinstance(wanted, DefinedType)
            return HostFunctionInstance(wanted, given)
        type: ExternTypeResolved | None = define_function(given.type)
        found = f"{describe(ExternKind.FUNCTION, type)} of the host"
    else:
        found_kind, type = _kind_and_type(given)
        if found_kind is kind and type is not None and matches_extern(kind, type, wanted):
            return given
        found = f"{given!r:.80}" if found_kind is None else describe(found_kind, type)
        if found == asked:
            found += " that is another type with the same parts"
    fault = "incompatible import type"
    if _differ_in_page_size(type, wanted):
        fault = "memory types incompatible"
    raise LinkError(f"{fault}: {name} {asked} is asked for, but {found} was given", None, **details)


def _host_function_fits(given: FunctionType, wanted: ExternTypeResolved) -> bool:
    """A host function has whatever defined type is wanted, if parameters and results fit."""
    assert isinstance(wanted, DefinedType), "functions have defined types"
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


def describe(kind: ExternKind, type: ExternTypeResolved | None) -> str:
    """A thing of some type, as the text format writes it."""
    match type:
        case MemoryType():
            pages = "" if type.page_size_log2 == 16 else f" (pagesize {type.page_size_bytes})"
            text = _limits(type.limits, shared=type.shared) + pages
        case TableType():
            text = f"{_limits(type.limits, shared=type.shared)} {type.element}"
        case GlobalType():
            text = f"(mut {type.value})" if type.mutable else str(type.value)
        case _:
            text = str(type).removeprefix("(func").removesuffix(")").strip()
    return f"({kind.keyword} {text})" if text else f"({kind.keyword})"


def _limits(limits: Limits, *, shared: bool) -> str:
    words = ["i64"] if limits.is_64 else []
    words.append(str(limits.minimum))
    if limits.maximum is not None:
        words.append(str(limits.maximum))
    if shared:
        words.append("shared")
    return " ".join(words)
