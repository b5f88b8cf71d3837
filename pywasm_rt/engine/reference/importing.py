"""Whether what was given for an import is what the module asks for."""

from __future__ import annotations

from typing import Any

from pywasm_rt.engine.interface import HostFunction, Imports
from pywasm_rt.engine.link_errors import import_error
from pywasm_rt.engine.reference.function import HostFunctionInstance, WasmFunction
from pywasm_rt.engine.reference.heap import Tag
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.engine.reference.table import Table
from pywasm_rt.engine.reference.variable import Global
from pywasm_rt.wasm.module import Import
from pywasm_rt.wasm.types import ExternKind, FunctionType
from pywasm_rt.wasm.validate import DefinedType, matches_extern, matches_function
from pywasm_rt.wasm.validate.context import ExternTypeResolved

__all__ = ["find_import"]


def find_import(imports: Imports, item: Import, wanted: ExternTypeResolved) -> Any:
    """What was given for an import, as a store entity of the wanted type.

    Raises LinkError "unknown import" or "incompatible import type", which says what was asked and
    what was found.
    """
    name = item.module, item.name
    given = imports.get(name)
    found = _kind_and_type(given)
    if isinstance(given, HostFunction):
        if item.kind is ExternKind.FUNCTION and _host_function_fits(given.type, wanted):
            assert isinstance(wanted, DefinedType), "functions have defined types"
            return HostFunctionInstance(wanted, given)
    elif found and found[0] is item.kind and matches_extern(item.kind, found[1], wanted):
        return given
    raise import_error(name, item.kind, wanted, given, found)


def _host_function_fits(given: FunctionType, wanted: ExternTypeResolved) -> bool:
    """A host function has whatever defined type is wanted, if parameters and results fit."""
    assert isinstance(wanted, DefinedType), "functions have defined types"
    return wanted.function is not None and matches_function(given, wanted.function)


def _kind_and_type(given: object) -> tuple[ExternKind, ExternTypeResolved] | None:
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
    return None
