"""The validation rules that rows of the instruction table name, one file a family.

A *signature rule* tells what an instruction takes and gives from its immediates and the module
alone. A *stack rule* works on the operand and control stacks of a
:class:`~pywasm_rt.wasm.validate.body.BodyChecker`. An instruction whose row has a fixed stack type
needs neither.
"""

from pywasm_rt.wasm.validate.plans import SignatureRule, StackRule
from pywasm_rt.wasm.validate.rules import (
    aggregate,
    branch,
    call,
    control,
    exception,
    legacy_exception,
    memory,
    parametric,
    reference,
    table,
    variable,
)

__all__ = ["SIGNATURE_RULES", "STACK_RULES"]

SIGNATURE_RULES: dict[str, SignatureRule] = {
    **aggregate.SIGNATURES,
    **call.SIGNATURES,
    **memory.SIGNATURES,
    **reference.SIGNATURES,
    **table.SIGNATURES,
    **variable.SIGNATURES,
}

STACK_RULES: dict[str, StackRule] = {
    **aggregate.RULES,
    **branch.RULES,
    **call.RULES,
    **control.RULES,
    **exception.RULES,
    **legacy_exception.RULES,
    **parametric.RULES,
    **reference.RULES,
    **variable.RULES,
}
