"""Running modules that were made for preview 1: commands, reactors, and plain libraries."""

from __future__ import annotations

import enum
from collections.abc import Collection
from typing import cast

from pywasm_rt.engine.driver import Drive, Meter, run
from pywasm_rt.engine.interface import Function, Instance
from pywasm_rt.errors import GuestExit, LinkError
from pywasm_rt.wasm.types import FunctionType

__all__ = ["ModuleKind", "initialize", "module_kind", "run_command"]


class ModuleKind(enum.Enum):
    """What a module wants done before, or instead of, its functions being called."""

    COMMAND = "exports _start: it is run once, and is used up by that"
    REACTOR = "exports _initialize: it is initialized, and its functions are called after"
    LIBRARY = "exports neither: its functions are called"


def module_kind(export_names: Collection[str]) -> ModuleKind:
    """The kind of a module with these exports."""
    if "_start" in export_names:
        return ModuleKind.COMMAND
    return ModuleKind.REACTOR if "_initialize" in export_names else ModuleKind.LIBRARY


def _entry(instance: Instance, name: str) -> Function:
    """An exported function without parameters. Raises LinkError."""
    function = instance.exports.get(name)
    if function is None:
        there_are = ", ".join(instance.exports) or "none"
        raise LinkError(f"the module has no export {name}; its exports: {there_are}")
    type = getattr(function, "type", None)
    if not isinstance(type, FunctionType) or type.parameters:
        raise LinkError(f"the export {name} is not a function without parameters")
    return cast("Function", function)


def _run_start_function(instance: Instance, meter: Meter) -> Drive:
    start_function = instance.start_function
    if start_function is not None:
        yield from run(instance, start_function, (), meter)
    return None


def initialize(instance: Instance, meter: Meter) -> Drive:
    """Run the start function and, of a reactor, ``_initialize``. Returns None.

    To be done once, before the functions of a reactor or a library are called.
    """
    yield from _run_start_function(instance, meter)
    if module_kind(instance.exports) is ModuleKind.REACTOR:
        yield from run(instance, _entry(instance, "_initialize"), (), meter)
    return None


def run_command(instance: Instance, meter: Meter) -> Drive:
    """Run a command to its end and return its exit code, an int.

    Raises:
        LinkError: if the module has no ``_start``; nothing has run then.
        Trap, ExhaustionError, GuestException: as the guest ends.
    """
    start = _entry(instance, "_start")
    try:
        yield from _run_start_function(instance, meter)
        yield from run(instance, start, (), meter)
    except GuestExit as end:
        return end.code
    return 0
