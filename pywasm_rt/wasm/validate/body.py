"""The typing of one instruction sequence: the algorithm of the specification's appendix
("Validation Algorithm"), which reads a body once, from front to back, and never looks back.

Theory of operation. :class:`BodyChecker` keeps two stacks. ``stack`` holds the types of the
operands that an engine would have there; ``frames`` holds the blocks that are open, innermost
last. Each instruction has a plan (``plans.py``). Most plans are a *signature*: what the
instruction takes from the top of ``stack`` and what it leaves. The others are a *rule*, a function
of the package ``rules`` that works on the checker: blocks and branches, locals, and instructions
that take operands of any type.

Two types that are the same are mostly the same object, since every type has passed through
``Context.reference_type``. So the fast way is to compare the top of the stack with what is taken as
lists, which costs one identity comparison an operand. Only if that fails are operands compared
one by one, by subtyping.

Behind ``unreachable``, ``br``, ``return`` and their like the stack is polymorphic: it behaves as if
it held any operands that are asked for. The frame is then marked ``unreachable`` and its operands
are thrown away. Taking more operands than there are is an error in other frames, and gives the
bottom type, None, in these.

A local variable whose type has no default value must be set before it is read, and counts as set
only to the end of the block in which that happened. ``assigned`` holds the locals that were set,
``trail`` the same ones in order, so that the end of a block can undo what was done in it.

Where a branch goes is known when its block ends. Until then it is ``pending``; all branches to one
label share one :class:`Branch`. What covers an instruction with exception handlers is known by a
frame's ``covering``: the innermost ``try_table`` or ``try`` around what comes next.
"""

from __future__ import annotations

from collections.abc import Sequence

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.instructions.instruction import Catch, Instruction
from pywasm_rt.wasm.types import ReferenceType, ValueType
from pywasm_rt.wasm.validate.context import Operands, OperandType
from pywasm_rt.wasm.validate.control import Branch, ControlTable, Target, TryRegion
from pywasm_rt.wasm.validate.defined_type import BOTTOM_HEAP
from pywasm_rt.wasm.validate.matching import matches_value
from pywasm_rt.wasm.validate.plans import Planner

__all__ = ["BodyChecker", "ControlFrame"]

_BOTTOM_REFERENCE = ReferenceType(nullable=False, heap=BOTTOM_HEAP)


class ControlFrame:
    """An open block.

    ``kind`` is the mnemonic of the instruction that began its present part, ``pc`` the place of
    the block's first instruction. ``takes`` and ``gives`` are its type, ``label_types`` what a
    branch to it carries, ``height`` the operands below it. ``exits`` are pcs whose target is
    behind the block's end. ``handlers``, ``region_end`` and ``outer`` are those of its
    :class:`TryRegion`; a handler's branch is an open block until that block ends.
    """

    __slots__ = (
        "branch",
        "covering",
        "exits",
        "gives",
        "handlers",
        "height",
        "kind",
        "label_types",
        "outer",
        "pc",
        "region_end",
        "takes",
        "trail_length",
        "unreachable",
    )

    def __init__(
        self, kind: str, pc: int, takes: Operands, gives: Operands, label_types: Operands
    ) -> None:
        self.kind = kind
        self.pc = pc
        self.takes = takes
        self.gives = gives
        self.label_types = label_types
        self.height = 0
        self.trail_length = 0
        self.unreachable = False
        self.branch: Branch | None = None
        self.covering: ControlFrame | None = None
        self.exits: Sequence[int] = ()
        self.handlers: Sequence[tuple[Catch, ControlFrame | Branch]] = ()
        self.region_end = -1
        self.outer: ControlFrame | None = None


class BodyChecker:
    """Checks one instruction sequence.

    ``local_types`` are the types of its local variables, parameters first. Those from
    ``first_unset`` on have no value at first if their type has no default value. ``results`` is
    what the sequence must leave.
    """

    __slots__ = (
        "assigned",
        "first_unset",
        "frame",
        "frames",
        "height",
        "instructions",
        "local_types",
        "pc",
        "pending",
        "planner",
        "regions",
        "results",
        "stack",
        "tables",
        "targets",
        "trail",
    )

    def __init__(
        self,
        planner: Planner,
        instructions: Sequence[Instruction],
        results: Operands,
        local_types: Sequence[ValueType] = (),
        first_unset: int = 0,
    ) -> None:
        self.planner = planner
        self.instructions = instructions
        self.local_types = local_types
        self.results = results
        self.pc = 0
        self.stack: Operands = []
        self.height = 0
        self.frame = ControlFrame("function", -1, [], results, results)
        self.frames = [self.frame]
        self.first_unset = first_unset
        self.assigned: set[int] = set()
        self.trail: list[int] = []
        self.targets: dict[int, Target] = {}
        self.pending: list[tuple[int, ControlFrame]] = []
        self.tables: list[tuple[int, list[ControlFrame]]] = []
        self.regions: list[ControlFrame] = []

    def check(self) -> ControlTable:
        """Check the whole sequence.

        Raises:
            ValidationError: it is invalid; ``self.pc`` says where. ``where`` is left to the
                caller, who knows what the sequence is part of.
            UnsupportedFeature: an instruction belongs to a feature that is off.
        """
        self.run(0, len(self.instructions))
        if self.frames:
            raise ValidationError(
                f"unexpected end: {self.frame.kind} has no end", open_blocks=len(self.frames)
            )
        return self._control_table()

    def run(self, start: int, stop: int) -> None:
        """Check the instructions from ``start`` to before ``stop``. Raises as ``check`` does."""
        instructions, stack, height = self.instructions, self.stack, self.height
        known_plan, make_plan = self.planner.known.get, self.planner.plan
        for pc in range(start, stop):
            instruction = instructions[pc]
            plan = known_plan(id(instruction))
            if plan is None:
                self.pc = pc
                plan = make_plan(instruction)
            rule, takes, gives, arity = plan
            if rule is not None:
                self.pc = pc
                rule(self, instruction[1])
                height = self.height
            elif not arity:
                stack += gives
            else:
                cut = len(stack) - arity
                if cut >= height and stack[cut:] == takes:
                    stack[cut:] = gives
                else:
                    self.pc = pc
                    del stack[self.check_top(takes) :]
                    stack += gives

    def pop(self, takes: Operands) -> None:
        """Take operands of these types from the stack. Raises ValidationError "type mismatch"."""
        stack = self.stack
        cut = len(stack) - len(takes)
        if cut >= self.height and stack[cut:] == takes:
            del stack[cut:]
        else:
            del stack[self.check_top(takes) :]

    def check_top(self, takes: Operands) -> int:
        """Check that the operands on top have these types, and give the height below them.

        Raises ValidationError "type mismatch".
        """
        stack = self.stack
        cut = len(stack) - len(takes)
        if cut < self.height:
            if not self.frame.unreachable:
                raise self.mismatch(takes)
            takes = takes[self.height - cut :]
            cut = self.height
        if not all(map(matches_value, stack[cut:], takes)):
            raise self.mismatch(takes)
        return cut

    def pop_operand(self) -> OperandType:
        """Take an operand of any type. Raises ValidationError "type mismatch"."""
        if len(self.stack) > self.height:
            return self.stack.pop()
        if self.frame.unreachable:
            return None
        raise self.mismatch([None])

    def pop_reference(self) -> ReferenceType:
        """Take a reference of any type. Raises ValidationError "type mismatch"."""
        top = self.pop_operand()
        if top is None:
            return _BOTTOM_REFERENCE
        if isinstance(top, ReferenceType):
            return top
        self.stack.append(top)
        raise self.mismatch([_BOTTOM_REFERENCE])

    def mismatch(self, required: Operands, who: str = "instruction") -> ValidationError:
        """The error that the stack does not hold what is required."""
        describe = self.planner.context.describe_operands
        start = self.height
        if who == "instruction":
            start = max(start, len(self.stack) - len(required))
        expected, found = describe(required), describe(self.stack[start:])
        return ValidationError(
            f"type mismatch: {who} requires {expected} but stack has {found}",
            expected=expected,
            found=found,
        )

    def label(self, depth: int) -> ControlFrame:
        """The open block at a depth, 0 being the innermost. Raises ValidationError
        "unknown label".
        """
        if 0 <= depth < len(self.frames):
            return self.frames[-1 - depth]
        raise ValidationError(f"unknown label {depth}", open_blocks=len(self.frames))

    def branch(self, depth: int) -> ControlFrame:
        """Note that this instruction may branch to a label. Raises as ``label`` does."""
        frame = self.label(depth)
        self.pending.append((self.pc, frame))
        return frame

    def set_unreachable(self) -> None:
        """What follows in this block cannot be reached."""
        del self.stack[self.height :]
        self.frame.unreachable = True

    def open_frame(
        self, kind: str, takes: Operands, gives: Operands, label_types: Operands
    ) -> ControlFrame:
        """Enter a block, whose parameters have been popped."""
        frame = ControlFrame(kind, self.pc, takes, gives, label_types)
        frame.height = self.height = len(self.stack)
        frame.trail_length = len(self.trail)
        frame.covering = self.frame.covering
        self.frames.append(frame)
        self.frame = frame
        self.stack += takes
        return frame

    def _end_part(self) -> None:
        """Check that a part of the innermost block ends as its type says, and clean up."""
        frame = self.frame
        self.pop(frame.gives)
        if len(self.stack) != frame.height:
            self.stack += frame.gives
            raise self.mismatch(frame.gives, "block")
        while len(self.trail) > frame.trail_length:
            self.assigned.remove(self.trail.pop())

    def next_part(self, kind: str, takes: Operands) -> None:
        """End a part of the innermost block and begin another with these operands.

        Raises ValidationError "type mismatch".
        """
        self._end_part()
        self.frame.kind = kind
        self.frame.unreachable = False
        self.stack += takes

    def close_frame(self) -> ControlFrame:
        """Leave the innermost block, whose results are pushed. Raises ValidationError
        "type mismatch".
        """
        self._end_part()
        frame = self.frames.pop()
        after = self.pc + 1
        targets = self.targets
        for pc in frame.exits:
            targets[pc] = after
        target = after
        if frame.kind == "loop":
            target = frame.pc
        if self.frames:
            self.frame = self.frames[-1]
            self.height = self.frame.height
        else:
            target = self.pc
        frame.branch = Branch(target, len(frame.label_types), frame.height)
        if frame.region_end >= 0:
            self.regions.append(frame)
        self.stack += frame.gives
        return frame

    def _control_table(self) -> ControlTable:
        targets = self.targets
        for pc, frame in self.pending:
            targets[pc] = _branch_to(frame)
        for pc, frames in self.tables:
            targets[pc] = tuple(map(_branch_to, frames))
        if not self.regions:
            return ControlTable(targets)
        places = {id(frame): index for index, frame in enumerate(self.regions)}
        return ControlTable(
            targets,
            tuple(
                TryRegion(
                    frame.pc,
                    frame.region_end,
                    frame.height,
                    tuple((catch, _branch_to(to)) for catch, to in frame.handlers),
                    -1 if frame.outer is None else places[id(frame.outer)],
                    is_legacy=frame.kind != "try_table",
                )
                for frame in self.regions
            ),
        )


def _branch_to(frame: ControlFrame | Branch) -> Branch:
    branch = frame if isinstance(frame, Branch) else frame.branch
    assert branch is not None, "every block has ended"
    return branch
