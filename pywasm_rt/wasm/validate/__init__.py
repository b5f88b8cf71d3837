"""Validation: from a module as written to one that engines can trust (specification,
chapter "Validation").

:func:`validate` checks a module and gives a :class:`ValidModule`: its index spaces with resolved
types and, for every function, the places that its branches go to. :func:`trace` tells the types on
the operand stack at any instruction.
"""

from pywasm_rt.wasm.validate.branch_hints import check_branch_hints
from pywasm_rt.wasm.validate.context import Context, ExternTypeResolved
from pywasm_rt.wasm.validate.control import Branch, ControlTable, Label, Target, TryRegion
from pywasm_rt.wasm.validate.defined_type import (
    DefinedType,
    RecursionGroup,
    define_function,
    define_group,
)
from pywasm_rt.wasm.validate.matching import (
    is_defaultable,
    matches_extern,
    matches_function,
    matches_heap,
    matches_reference,
    matches_value,
)
from pywasm_rt.wasm.validate.module import validate
from pywasm_rt.wasm.validate.tracing import FunctionTrace, TracePoint, trace
from pywasm_rt.wasm.validate.valid_module import ValidModule

__all__ = [
    "Branch",
    "Context",
    "ControlTable",
    "DefinedType",
    "ExternTypeResolved",
    "FunctionTrace",
    "Label",
    "RecursionGroup",
    "Target",
    "TracePoint",
    "TryRegion",
    "ValidModule",
    "check_branch_hints",
    "define_function",
    "define_group",
    "is_defaultable",
    "matches_extern",
    "matches_function",
    "matches_heap",
    "matches_reference",
    "matches_value",
    "trace",
    "validate",
]
