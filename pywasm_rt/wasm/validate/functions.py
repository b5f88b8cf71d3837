"""Function bodies: from a function of a module to a checker of its body."""

from __future__ import annotations

from collections.abc import Sequence

from pywasm_rt.errors import UnsupportedFeature, ValidationError
from pywasm_rt.wasm.binary.local_types import LocalTypes, runs_of
from pywasm_rt.wasm.module import Function
from pywasm_rt.wasm.types import FunctionType, ValueType
from pywasm_rt.wasm.validate.body import BodyChecker
from pywasm_rt.wasm.validate.context import Context
from pywasm_rt.wasm.validate.control import ControlTable
from pywasm_rt.wasm.validate.matching import is_defaultable
from pywasm_rt.wasm.validate.places import in_item, locate_in_function
from pywasm_rt.wasm.validate.plans import Planner
from pywasm_rt.wasm.validate.rules import SIGNATURE_RULES, STACK_RULES

__all__ = ["body_checker", "body_planner", "check_functions"]

_MANY_LOCALS = 4096


def body_planner(context: Context) -> Planner:
    """The plans of the instructions in a module's function bodies."""
    return Planner(context, SIGNATURE_RULES, STACK_RULES)


def body_checker(planner: Planner, function_index: int, function: Function) -> BodyChecker:
    """A checker of the function's body, before its first instruction.

    Raises ValidationError or UnsupportedFeature for an invalid type of a local variable.
    """
    context = planner.context
    type = context.functions[function_index]
    assert isinstance(type.composite, FunctionType), "checked when the function was declared"
    parameters, results = context.signature(type)
    runs = [(1, context.value_type(item)) for item in type.composite.parameters]
    runs += [(count, context.value_type(item)) for count, item in runs_of(function.locals)]
    first_unset = count = len(parameters)
    for length, item in runs[count:]:
        if not is_defaultable(item):
            break
        first_unset += length
    return BodyChecker(
        planner, function.body.instructions, results, _local_types(runs), first_unset
    )


def _local_types(runs: Sequence[tuple[int, ValueType]]) -> Sequence[ValueType]:
    """As a list, unless a few bytes of the binary declare very many."""
    types = LocalTypes(runs)
    return types if len(types) > _MANY_LOCALS else list(types)


def check_functions(planner: Planner) -> tuple[ControlTable, ...]:
    """Check every function body. Raises ValidationError, UnsupportedFeature."""
    context = planner.context
    first = len(context.functions) - len(context.module.functions)
    return tuple(
        _check_function(planner, index, function)
        for index, function in enumerate(context.module.functions, first)
    )


def _check_function(planner: Planner, function_index: int, function: Function) -> ControlTable:
    module = planner.context.module
    with in_item(module, f"function {function_index}", function.position):
        checker = body_checker(planner, function_index, function)
    try:
        return checker.check()
    except (ValidationError, UnsupportedFeature) as error:
        locate_in_function(error, module, function_index, function.body, checker.pc)
        raise
