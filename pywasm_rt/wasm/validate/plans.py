"""What an instruction means for the operand stack of a given module.

That mostly depends on nothing but the instruction and the module: ``call 3`` takes what function 3
takes. So it is found out once for each instruction object. Decoders give equal instructions as one
object, and programs use few different ones: their checks (does function 3 exist?) run some
thousand times in a program of a million instructions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from pywasm_rt.errors import EngineBug, ValidationError
from pywasm_rt.wasm.instructions.instruction import Instruction, Row
from pywasm_rt.wasm.types import ValueType
from pywasm_rt.wasm.validate.context import Context, Operands, Signature

if TYPE_CHECKING:
    from pywasm_rt.wasm.validate.body import BodyChecker

__all__ = ["Plan", "Planner", "SignatureRule", "StackRule"]

SignatureRule = Callable[[Context, Row, tuple[Any, ...]], Signature]
StackRule = Callable[["BodyChecker", tuple[Any, ...]], None]


class Plan(NamedTuple):
    """A rule to call, or (with ``rule`` None) the operands to take and to give; ``arity`` is the
    number of operands taken.
    """

    rule: StackRule | None
    takes: Operands
    gives: Operands
    arity: int


class Planner:
    """The plans of a module's instructions; ``known`` has those made so far, by ``id()``.

    ``signature_rules`` and ``stack_rules`` implement the rules that rows name. Where code is a
    constant expression, ``constants`` are the identifiers of the instructions allowed there,
    which depends on the features.
    """

    __slots__ = (
        "_blocks",
        "_by_value",
        "_constants",
        "_kept",
        "_of_row",
        "_signature_rules",
        "_stack_rules",
        "context",
        "known",
    )

    def __init__(
        self,
        context: Context,
        signature_rules: dict[str, SignatureRule],
        stack_rules: dict[str, StackRule],
        constants: frozenset[str] | None = None,
    ) -> None:
        self.context = context
        self.known: dict[int, Plan] = {}
        # An identity is only taken as long as its object lives.
        self._kept: list[Instruction] = []
        # Some sources make a new object for every instruction, also for equal ones.
        self._by_value: dict[tuple[str, tuple[object, ...]], Plan] = {}
        self._of_row: dict[str, Plan] = {}
        self._blocks: dict[ValueType | int | None, Signature] = {}
        self._signature_rules = signature_rules
        self._stack_rules = stack_rules
        self._constants = constants

    def plan(self, instruction: Instruction) -> Plan:
        """The plan of an instruction that has none yet.

        Raises:
            ValidationError: the instruction is invalid in this module, whatever is on the stack.
            UnsupportedFeature: it belongs to a feature that is off.
        """
        row, immediates = instruction
        value = row.identifier, immediates
        plan = self._of_row.get(row.identifier) or self._by_value.get(value)
        if plan is None:
            self._check_row(row)
            signature_rule = self._signature_rules.get(row.rule)
            if signature_rule is not None:
                takes, gives = signature_rule(self.context, row, immediates)
                plan = self._by_value[value] = Plan(None, takes, gives, len(takes))
            else:
                plan = self._of_row[row.identifier] = self._plan_of_row(row)
        self.known[id(instruction)] = plan
        self._kept.append(instruction)
        return plan

    def _check_row(self, row: Row) -> None:
        if self.context.instructions.by_identifier.get(row.identifier) is not row:
            raise ValidationError(f"unknown operator {row.mnemonic}: it is in no set in use")
        if self._constants is not None and row.identifier in self._constants:
            return
        self.context.features.require(row.feature, row.mnemonic)
        if self._constants is not None:
            raise ValidationError(f"constant expression required: {row.mnemonic} is not constant")

    def _plan_of_row(self, row: Row) -> Plan:
        """The plan of every instruction with this row."""
        stack_rule = self._stack_rules.get(row.rule)
        if stack_rule is not None:
            return Plan(stack_rule, [], [], 0)
        if row.rule or row.stack is None:
            raise EngineBug(f"{row.mnemonic} names no known rule: {row.rule!r}")
        takes, gives = map(self.context.operands, (row.stack.takes, row.stack.gives))
        return Plan(None, takes, gives, len(takes))

    def block(self, type: ValueType | int | None) -> Signature:
        """What a block with this immediate takes and gives.

        Raises ValidationError "unknown type".
        """
        signature = self._blocks.get(type)
        if signature is None:
            function = self.context.block_type(type)
            takes, gives = map(self.context.operands, (function.parameters, function.results))
            signature = self._blocks[type] = takes, gives
        return signature
