"""Branch hints: a custom section, so a module is valid whatever they say. Tools may still ask."""

from __future__ import annotations

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import ExternKind
from pywasm_rt.wasm.validate.places import locate_in_function

__all__ = ["check_branch_hints"]

_BRANCHES = frozenset({"if", "br_if"})


def check_branch_hints(module: Module) -> None:
    """Check that every branch hint belongs to an ``if`` or ``br_if``.

    Raises:
        ValidationError: one does not; ``where`` is the instruction.
    """
    imported = len(module.imported(ExternKind.FUNCTION))
    for function_index, hints in module.branch_hints.items():
        body = module.functions[function_index - imported].body
        for hint in hints:
            instruction = body.instructions[hint.instruction]
            if instruction.row.mnemonic in _BRANCHES:
                continue
            error = ValidationError(
                "@metadata.code.branch_hint annotation: invalid target "
                f"{instruction.row.mnemonic}, which does not branch on a condition"
            )
            locate_in_function(error, module, function_index, body, hint.instruction)
            raise error
