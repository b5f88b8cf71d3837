"""From a validated function body to the list that the machine runs (see ``machine.py``).

This happens in two parts, when a function is first called. :class:`Lowerer` makes a
:class:`Lowered` once for all instances of a module. :meth:`Lowered.bind` then fills in, for one
instance, the entries that refer to something of that instance: its memories, globals, functions.

How high the operand stack is at each instruction is found by letting the validator go through the
body once more, with a look at its stack before and after each instruction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple, cast

from pywasm_rt.engine.reference.exception import throw_ref
from pywasm_rt.engine.reference.function import function_type_of
from pywasm_rt.engine.reference.loop_builder import BuiltLoop
from pywasm_rt.engine.reference.machine import CallSite
from pywasm_rt.engine.reference.meanings import Meaning
from pywasm_rt.engine.reference.operation import Operation, Spaces, operation_of
from pywasm_rt.engine.reference.reference import ref_test
from pywasm_rt.engine.reference.values import default_value
from pywasm_rt.wasm.binary.local_types import runs_of
from pywasm_rt.wasm.instructions import Instruction
from pywasm_rt.wasm.types import FunctionType, ReferenceType
from pywasm_rt.wasm.validate import Branch, ControlTable, ValidModule
from pywasm_rt.wasm.validate.functions import body_checker, body_planner
from pywasm_rt.wasm.validate.plans import Planner

__all__ = ["CONTROL", "Code", "Lowered", "Lowerer"]

Entry = tuple[Any, Any, Any]
Code = list[Entry]


class Link(NamedTuple):
    """An entry that is made for each instance: ``make`` gets the named entities."""

    pc: int
    entities: tuple[tuple[str, int], ...]
    make: Callable[..., Entry]


class Lowered:
    """A function body for the machine, shared by all instances of a module.

    ``spent_before[pc]`` is the fuel of all instructions before ``pc``. ``template`` is the slots
    of a new activation: local variables, exceptions that legacy handlers deal with
    (``exception_slots``, by the pc of their ``try``), operands from ``operand_base`` on.
    """

    __slots__ = (
        "code",
        "control",
        "exception_slots",
        "links",
        "operand_base",
        "spent_before",
        "template",
    )

    def __init__(
        self, control: ControlTable, local_defaults: list[Any], spent_before: list[int]
    ) -> None:
        self.control = control
        self.spent_before = spent_before
        tries = [region.begin_pc for region in control.regions if region.is_legacy]
        base = len(local_defaults)
        self.exception_slots = {pc: base + number for number, pc in enumerate(tries)}
        self.operand_base = base + len(tries)
        self.template = local_defaults + [None] * len(tries)
        self.code: Code = []
        self.links: list[Link] = []

    def bind(self, spaces: Spaces) -> Code:
        """The body for an instance with these index spaces."""
        code = self.code.copy()
        for pc, entities, make in self.links:
            code[pc] = make(*[spaces[kind][index] for kind, index in entities])
        return code


class Lowerer:
    """Lowers the functions of one module for a loop."""

    def __init__(
        self, valid: ValidModule, loop: BuiltLoop, meanings: Mapping[str, Meaning]
    ) -> None:
        self.valid = valid
        self.loop = loop
        self.meanings = meanings
        self.planner: Planner = body_planner(valid.context)
        self._operations: dict[int, Operation] = {}

    def operation(self, instruction: Instruction) -> Operation:
        """The operation of an instruction of the module; equal instructions are often one object,
        which the module keeps alive.
        """
        operation = self._operations.get(id(instruction))
        if operation is None:
            operation = operation_of(instruction, self.valid, self.planner, self.meanings)
            self._operations[id(instruction)] = operation
        return operation

    def lower(self, function_index: int) -> Lowered:
        """The body of a defined function."""
        return _BodyLowerer(self, function_index).lower()


class _BodyLowerer:
    """Lowers one body, one instruction after the other.

    ``height`` is the height of the operand stack before the instruction at ``pc``, ``height_after``
    behind it.
    """

    def __init__(self, module: Lowerer, function_index: int) -> None:
        self.valid = module.valid
        self.code_of = module.loop.code
        self.inlined = module.loop.inlined
        self.operation = module.operation
        index = function_index - self.valid.imported_functions
        function = self.valid.module.functions[index]
        self.instructions = function.body.instructions
        self.checker = body_checker(module.planner, function_index, function)
        self.type = self.valid.function_types[function_index]
        self.control = self.valid.controls[index]
        defaults: list[Any] = [None] * len(self.type.parameters)
        for count, type in runs_of(function.locals):
            defaults += [default_value(type)] * count
        fuel = (instruction.row.fuel for instruction in self.instructions)
        self.result = Lowered(self.control, defaults, [*accumulate(fuel, initial=0)])
        self.base = self.result.operand_base
        self.pc = self.height = self.height_after = 0

    def lower(self) -> Lowered:
        """Go through the body."""
        checker, stack = self.checker, self.checker.stack
        highest = len(self.type.results)
        code = self.result.code
        nothing = self.entry("nop")
        for pc, instruction in enumerate(self.instructions):
            is_reachable = not checker.frame.unreachable
            self.pc, self.height = pc, len(stack)
            checker.run(pc, pc + 1)
            self.height_after = len(stack)
            highest = max(highest, self.height_after)
            identifier = instruction.row.identifier
            if not is_reachable and identifier not in _PARTS:
                code.append(nothing)
                continue
            lower = CONTROL.get(identifier)
            entry = lower(self, instruction) if lower else self.apply(instruction)
            code.append(nothing if entry is None else entry)
        # One slot more, where an instruction that gives nothing may leave its None.
        self.result.template += [None] * (highest + 1)
        return self.result

    def entry(self, case: str, a: Any = None, b: Any = None) -> Entry:
        """An entry that reaches a case of the loop."""
        return (self.code_of(case), a, b)

    def slot(self, height: int) -> int:
        """The slot of the operand that lies on ``height`` others."""
        return self.base + height

    def link(self, make: Callable[..., Entry], *entities: tuple[str, int]) -> None:
        """Have the present entry made for each instance."""
        self.result.links.append(Link(self.pc, entities, make))

    def apply(self, instruction: Instruction) -> Entry | None:
        """An instruction with a meaning of its own."""
        operation = self.operation(instruction)
        first = self.slot(self.height - operation.operand_count)
        results = self.height_after - self.height + operation.operand_count
        if operation.is_constant:
            return self.entry("constant", first, operation.compute())
        make = self._maker(operation, first, results)
        if not operation.links:
            return make()
        self.link(make, *operation.links)
        return None

    def _maker(self, operation: Operation, first: int, results: int) -> Callable[..., Entry]:
        """What makes the entry of an operation, given the entities of an instance."""
        end, extra = first + operation.operand_count, operation.extra
        if operation.identifier in self.inlined:
            code = self.code_of(operation.identifier)
            if operation.offset is not None:
                return partial(_make_inlined_access, code, first, operation.offset)
            if operation.links:
                return partial(_make_inlined, code, first)
            return partial(_make_inlined, code, first, first + 1)
        if operation.offset is not None and results <= 1:
            detail = (operation.function, operation.offset, end, extra)
            return partial(_make_access, self.code_of("access"), first, *detail)
        if operation.is_pure and results <= 1 and operation.operand_count in (1, 2):
            case = "unary" if operation.operand_count == 1 else "binary"
            return partial(_make_inlined, self.code_of(case), first, operation.function)
        case = "apply" if results <= 1 else "apply_many"
        return partial(_make_apply, self.code_of(case), first, operation, end)

    def jump(self, target_pc: int) -> tuple[int, int, int]:
        """What a branch from here does to the pc, the fuel and the steps."""
        spent_before, behind = self.result.spent_before, self.pc + 1
        return target_pc, spent_before[behind] - spent_before[target_pc], behind - target_pc

    def moving_jump(self, branch: Branch, top: int) -> tuple[int, int, int, int, int, int]:
        """Like :meth:`jump`, and the values taken along: from which slot, to which, how many.

        ``top`` is the height from which they are taken.
        """
        kept, height = self.slot(top - branch.arity), self.slot(branch.height)
        return (*self.jump(branch.target_pc), kept, height, branch.arity)

    def target(self) -> int:
        """Where the present instruction goes, which the validator left as a pc."""
        return cast("int", self.control.targets[self.pc])

    def leave(self, height: int) -> Entry:
        """The entry that returns the results that lie on ``height`` operands."""
        arity, passed = len(self.type.results), self.pc + 1
        case = "return_one" if arity == 1 else "return"
        return self.entry(
            case, self.slot(height), (arity, self.result.spent_before[passed], passed)
        )

    def call_site(self, type: FunctionType, top: int, *, is_tail: bool) -> CallSite:
        """The site of a call whose last argument lies below height ``top``."""
        first, passed = self.slot(top - len(type.parameters)), self.pc + 1
        return CallSite(first, self.result.spent_before[passed], passed, is_tail=is_tail)

    def branch(
        self, case: str, top: int, choose: Callable[[Any], int | None], condition: int
    ) -> Entry:
        """The entry of a branch with one target, conditional or not.

        ``top`` is the height from which values are taken along, ``condition`` the height of what
        is asked by ``choose`` where values must move or ``case`` is "".
        """
        branch = cast("Branch", self.control.targets[self.pc])
        jump = self.moving_jump(branch, top)
        stays = not branch.arity or jump[3] == jump[4]
        if case and stays:
            return self.entry(case, self.slot(condition), jump[:3])
        return self.entry("branch_moving", self.slot(condition), (choose, (jump,)))


def _make_inlined(code: object, a: Any, b: Any) -> Entry:
    return (code, a, b)


def _make_inlined_access(code: object, first: int, offset: int, memory: Any) -> Entry:
    return (code, first, (memory, offset))


def _make_access(
    code: object,
    first: int,
    function: Any,
    offset: int,
    end: int,
    extra: tuple[Any, ...],
    memory: Any,
) -> Entry:
    return (code, first, (function, memory, offset, end, extra))


def _make_apply(code: object, first: int, operation: Operation, end: int, *linked: Any) -> Entry:
    entities = operation.all_entities(linked)
    return (code, first, (operation.function, entities, end, operation.extra))


def _make_call(code: object, site: CallSite, callee: Any) -> Entry:
    return (code, None, (callee, site))


def _make_indirect_call(code: object, index: int, type: Any, site: CallSite, table: Any) -> Entry:
    return (code, index, (table, type, site))


def _always(_: Any) -> int:
    return 0


def _if_true(condition: Any) -> int | None:
    return 0 if condition else None


def _if_null(reference: Any) -> int | None:
    return 0 if reference is None else None


def _if_not_null(reference: Any) -> int | None:
    return None if reference is None else 0


def _if_cast(type: ReferenceType, reference: Any) -> int | None:
    return 0 if ref_test(type, reference) else None


def _if_not_cast(type: ReferenceType, reference: Any) -> int | None:
    return None if ref_test(type, reference) else 0


def _no_operation(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    return lowerer.entry("nop")


def _copy_from_local(lowerer: _BodyLowerer, instruction: Instruction) -> Entry:
    return lowerer.entry("copy", lowerer.slot(lowerer.height), instruction.immediates[0])


def _copy_to_local(lowerer: _BodyLowerer, instruction: Instruction) -> Entry:
    return lowerer.entry("copy", instruction.immediates[0], lowerer.slot(lowerer.height - 1))


def _loop(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    return lowerer.entry("loop", lowerer.result.spent_before[lowerer.pc], lowerer.pc)


def _if(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    condition = lowerer.slot(lowerer.height - 1)
    return lowerer.entry("branch_unless", condition, lowerer.jump(lowerer.target()))


def _end_of_part(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    """``else`` and legacy handlers: the part before them is over, so go behind the block."""
    return lowerer.entry("branch", None, lowerer.jump(lowerer.target()))


def _end(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    is_last = lowerer.pc == len(lowerer.instructions) - 1
    return lowerer.leave(0) if is_last else lowerer.entry("nop")


def _return(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    return lowerer.leave(lowerer.height - len(lowerer.type.results))


def _br(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    return lowerer.branch("branch", lowerer.height, _always, lowerer.height)


def _br_if(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    condition = lowerer.height - 1
    return lowerer.branch("branch_if", condition, _if_true, condition)


def _br_table(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    top = lowerer.height - 1
    branches = cast("tuple[Branch, ...]", lowerer.control.targets[lowerer.pc])
    jumps = {branch: lowerer.moving_jump(branch, top) for branch in branches}
    chosen = [jumps[branch] for branch in branches]
    if all(not jump[5] or jump[3] == jump[4] for jump in jumps.values()):
        return lowerer.entry("branch_table", lowerer.slot(top), [jump[:3] for jump in chosen])
    choose = partial(min, len(chosen) - 1)
    return lowerer.entry("branch_moving", lowerer.slot(top), (choose, chosen))


def _br_on_null(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    reference = lowerer.height - 1
    return lowerer.branch("", reference, _if_null, reference)


def _br_on_non_null(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    return lowerer.branch("", lowerer.height, _if_not_null, lowerer.height - 1)


def _br_on_cast(lowerer: _BodyLowerer, instruction: Instruction) -> Entry:
    type = lowerer.valid.reference_type(cast("ReferenceType", instruction.immediates[2]))
    choose = partial(_if_cast, type)
    return lowerer.branch("", lowerer.height, choose, lowerer.height - 1)


def _br_on_cast_fail(lowerer: _BodyLowerer, instruction: Instruction) -> Entry:
    type = lowerer.valid.reference_type(cast("ReferenceType", instruction.immediates[2]))
    choose = partial(_if_not_cast, type)
    return lowerer.branch("", lowerer.height, choose, lowerer.height - 1)


def _call(lowerer: _BodyLowerer, instruction: Instruction, *, is_tail: bool = False) -> None:
    function_index = cast("int", instruction.immediates[0])
    type = lowerer.valid.function_types[function_index]
    site = lowerer.call_site(type, lowerer.height, is_tail=is_tail)
    make = partial(_make_call, lowerer.code_of("call"), site)
    lowerer.link(make, ("function", function_index))


def _call_indirect(
    lowerer: _BodyLowerer, instruction: Instruction, *, is_tail: bool = False
) -> None:
    type_index, table_index = cast("tuple[int, int]", instruction.immediates)
    type, index = lowerer.valid.types[type_index], lowerer.height - 1
    site = lowerer.call_site(function_type_of(type), index, is_tail=is_tail)
    code = lowerer.code_of("call_indirect")
    make = partial(_make_indirect_call, code, lowerer.slot(index), type, site)
    lowerer.link(make, ("table", table_index))


def _call_ref(lowerer: _BodyLowerer, instruction: Instruction, *, is_tail: bool = False) -> Entry:
    type = lowerer.valid.types[cast("int", instruction.immediates[0])]
    reference = lowerer.height - 1
    site = lowerer.call_site(function_type_of(type), reference, is_tail=is_tail)
    return lowerer.entry("call_ref", lowerer.slot(reference), site)


def _rethrow(lowerer: _BodyLowerer, _: Instruction) -> Entry:
    exception = lowerer.result.exception_slots[lowerer.target()]
    return lowerer.entry("unary", exception, throw_ref)


# What an instruction becomes that acts on the machine itself, by identifier. Those that end parts
# of blocks are lowered even where the code before them cannot be reached.
_PARTS = frozenset(("else", "end", "catch", "catch_all", "delegate"))

CONTROL: Mapping[str, Callable[[_BodyLowerer, Instruction], Entry | None]] = {
    "nop": _no_operation,
    "drop": _no_operation,
    "block": _no_operation,
    "try_table": _no_operation,
    "try": _no_operation,
    "delegate": _no_operation,
    "local_get": _copy_from_local,
    "local_set": _copy_to_local,
    "local_tee": _copy_to_local,
    "loop": _loop,
    "if": _if,
    "else": _end_of_part,
    "catch": _end_of_part,
    "catch_all": _end_of_part,
    "end": _end,
    "return": _return,
    "br": _br,
    "br_if": _br_if,
    "br_table": _br_table,
    "br_on_null": _br_on_null,
    "br_on_non_null": _br_on_non_null,
    "br_on_cast": _br_on_cast,
    "br_on_cast_fail": _br_on_cast_fail,
    "call": _call,
    "call_indirect": _call_indirect,
    "call_ref": _call_ref,
    "return_call": partial(_call, is_tail=True),
    "return_call_indirect": partial(_call_indirect, is_tail=True),
    "return_call_ref": partial(_call_ref, is_tail=True),
    "rethrow": _rethrow,
}
