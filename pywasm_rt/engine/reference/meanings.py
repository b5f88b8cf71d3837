"""From an instruction to the Python function that says what it means.

The meaning of ``i32.add`` is the function ``i32_add``: the row's ``identifier``. All functions of
the modules listed in :data:`FAMILIES` are found by their names, so that a new instruction needs a
row in the table and a function in one of them, and nothing else. What a meaning is called with:

1. what its immediates name, in their order: the memory of a memory argument, a table, a global, a
   function, a segment, a tag, a defined type, the number of a field, a (resolved) reference type;
2. its operands, the deepest first; to the address in a memory argument's instruction the offset is
   added already;
3. its other immediates as they are: the bits of a constant, lane numbers, written types. The
   ``count`` of ``array.new_fixed`` is not passed; it is the number of operands.

It returns its result, a tuple if there are several, or None. A trap is raised as
:class:`~pywasm_rt.errors.Trap`. IndexError means a trap too, where there is a memory argument or a
memory: "out of bounds memory access".

Instructions that do something to the machine itself (branches, calls, locals) have no such
function: they are cases of the loop in ``machine.py``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["ENTITIES", "FAMILIES", "Meaning", "collect_meanings"]

FAMILIES = (
    "parametric",
    "variable",
    "integer",
    "float",
    "conversion",
    "wide_arithmetic",
    "memory_access",
    "table",
    "reference",
    "aggregate",
    "exception",
    "atomic",
    "atomic_wait",
    "vector_compare",
    "vector_convert",
    "vector_float",
    "vector_integer",
    "vector_lane",
    "vector_memory",
    "vector_relaxed",
    "vector_width",
)

# Kinds of immediates that name something, which the meaning gets instead of the index.
ENTITIES = frozenset(
    "function type table memory global element data tag field memory_argument heap_type "
    "reference_type".split()
)

Function = Callable[..., Any]


class Meaning:
    """A function and how it is to be called.

    ``operand_count`` is the number of its operands, None if it takes as many as there are.
    """

    __slots__ = ("function", "operand_count")

    def __init__(self, function: Function, immediates: tuple[str, ...]) -> None:
        self.function = function
        passed = len(immediates) - immediates.count("count")
        parameters = inspect.signature(function).parameters.values()
        takes_any = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
        self.operand_count = None if takes_any else len(parameters) - passed


def collect_meanings(modules: Iterable[ModuleType] | None = None) -> Mapping[str, Function]:
    """The functions that modules (those of :data:`FAMILIES`) export, by name."""
    if modules is None:
        package = __name__.rpartition(".")[0]
        modules = (import_module(f"{package}.{family}") for family in FAMILIES)
    return {
        name: getattr(module, name)
        for module in modules
        for name in module.__all__
        if inspect.isfunction(getattr(module, name))
    }
