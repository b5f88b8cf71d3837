"""Function bodies: from a function of a module to a checker of its body."""

from __future__ import annotations

from collections.abc import Sequence

from pywasm_rt.errors import UnsupportedFeature, ValidationError
from pywasm_rt.wasm.module import Function
from pywasm_rt.wasm.types import FunctionType, ReferenceType, ValueType
from pywasm_rt.wasm.validate.body import BodyChecker
from pywasm_rt.wasm.validate.context import Context
from pywasm_rt.wasm.validate.control import ControlTable
from pywasm_rt.wasm.validate.matching import is_defaultable
from pywasm_rt.wasm.validate.places import in_item, locate_in_function
from pywasm_rt.wasm.validate.plans import Planner
from pywasm_rt.wasm.validate.rules import SIGNATURE_RULES, STACK_RULES

__all__ = ["body_checker", "body_planner", "check_functions"]


def body_planner(context: Context) -> Planner:
    """The plans of the instructions in a module's function bodies."""
    return Planner(context, SIGNATURE_RULES, STACK_RULES)


def body_checker(planner: Planner, function_index: int, function: Function) -> BodyChecker:
    """A checker of the function's body, before its first instruction.

    Raises ValidationError or UnsupportedFeature for an invalid type of a local variable.
    """
    context = planner.context
    type = context.functions[function_index].composite
    assert isinstance(type, FunctionType), "functions were checked when they were declared"
    parameters, results = context.signature(type)
    local_types: list[ValueType] = list(map(context.value_type, type.parameters))
    unset: Sequence[int] = ()
    if function.locals:
        count = len(parameters)
        local_types += function.locals
        declared = set(function.locals)
        if any(isinstance(item, ReferenceType) for item in declared):
            local_types[count:] = map(context.value_type, function.locals)
            unset = [
                index
                for index, item in enumerate(local_types[count:], count)
                if not is_defaultable(item)
            ]
        else:
            for item in declared:
                context.value_type(item)
    return BodyChecker(planner, function.body.instructions, results, local_types, unset)


def check_functions(context: Context) -> tuple[ControlTable, ...]:
    """Check every function body. Raises ValidationError, UnsupportedFeature."""
    planner = body_planner(context)
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
