"""The machine: how WebAssembly runs. Begin reading here.

Theory of operation
===================

**A function body is a list.** ``lowering.py`` turns each instruction of a validated body into one
entry ``(op, a, b)``, at the same place in the list, so that the number of an instruction in its
body (its *pc*) is the place of its entry. ``op`` says what to do; ``a`` and ``b`` say with what.
Nothing in an entry must be looked up by name or searched for: a global is the object itself, a
branch knows its target.

**The operand stack is a list with known heights.** Validation found out how high the operand stack
is at every instruction, whichever way execution came there. So nothing is ever pushed or popped at
run time. An activation (a function that is being executed) has one list, its *slots*: first its
local variables, then room for its operands. ``i32.add`` at height 5 always adds the slots of
operands 3 and 4 and leaves the result in that of operand 3; its entry says which slot that is::

    locals = 2                slots  [ x, y,  op0, op1, op2, op3, op4 ]
    local.get 1  at height 3         slots[5] = slots[1]          ("copy", 5, 1)
    i32.const 7  at height 4         slots[6] = 7                 ("constant", 6, 7)
    i32.add      at height 5         slots[5] = slots[5] + slots[6]

**The program counter is an iterator.** Python's list iterator remembers where it is, goes on when
it is asked, and can be set to another place (that is how iterators are unpickled). Running straight
on is ``for op, a, b in position``; jumping is ``position.__setstate__(pc)``. The iterator of a
caller waits at the entry behind its call.

**Frames.** A call pushes what its caller needs to go on (function, position, slots, call site) on
``frames`` and starts at the beginning of the callee's list with a new list of slots. So Python's
own stack does not grow with the guest's, and a machine that has stopped is plain data.

**Steps and fuel are counted where the way forks, not at every instruction.** On a straight line the
number of instructions done is the distance on it. ``steps`` therefore is the number of steps
*minus* the pc: it stays the same while execution runs straight on, and every taken branch adds the
pc it leaves and takes off the pc it goes to, one number known beforehand. ``fuel`` is counted in
the same way, with the fuel of all entries before the pc in place of the pc
(:attr:`~pywasm_rt.engine.reference.lowering.Lowered.spent_before`).

**Checkpoints.** Only at a loop's head and at a function's entry is the fuel compared with
``fuel_limit``. Whoever wants the machine to stop (a quantum, a limit, an interrupt from another
thread) lowers that one number.

**One step is one entry.** To stop after n instructions the machine runs the same loop over
``islice(position, n)``, which ends after n entries however the position was moved meanwhile.

**What an instruction means** is a Python function named after it (see ``meanings.py``). The loop
below calls it: ``slots[a] = b(slots[a], slots[a + 1])``. Calling a Python function costs as much as
all the rest, so ``loop_builder.py`` makes a copy of this very loop in which short meanings are
written out and the cases are found by comparing numbers. Both loops do the same; tests run both.

The machine knows nothing of modules, host functions or events: ``execution.py`` starts it, looks
why it stopped, and answers.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from itertools import islice
from operator import length_hint
from typing import Any

from pywasm_rt.engine.reference.function import FunctionInstance, WasmFunction
from pywasm_rt.engine.reference.table import Table
from pywasm_rt.errors import ExhaustionError, Trap, TrapCode
from pywasm_rt.wasm.validate import DefinedType

__all__ = ["CallSite", "Loop", "Machine", "Stop", "execute", "exhausted", "find_callee"]


class Stop(enum.Enum):
    """Why the loop ended although the guest did nothing wrong."""

    RETURNED = "the outermost function returned; its results are in machine.results"
    HOST_CALL = "machine.callee is a function of the host, called at machine.site"
    CHECKPOINT = "at a loop's head or a function's entry the fuel limit was reached"
    STEPS = "the number of steps machine.goal was reached"


class CallSite:
    """What is known beforehand about a call.

    ``first`` is the slot of the first argument, where the first result goes too. ``spent`` and
    ``passed`` are the fuel and the steps from the beginning of the caller's body to behind the
    call. A tail call replaces its caller.
    """

    __slots__ = ("first", "is_tail", "passed", "spent")

    def __init__(self, first: int, spent: int, passed: int, *, is_tail: bool) -> None:
        self.first = first
        self.spent = spent
        self.passed = passed
        self.is_tail = is_tail


class Machine:
    """The state of a call in progress, as of when the loop is not running.

    ``function``, ``position`` and ``slots`` are the innermost activation, ``frames`` those that
    wait for it, outermost first. ``room`` is the number of slots that activations may still use,
    ``deepest`` the number of frames that there may be. ``goal`` is the number of steps to stop at,
    or None. For ``fuel`` and ``steps`` see the module's docstring.
    """

    __slots__ = (
        "callee",
        "deepest",
        "frames",
        "fuel",
        "fuel_limit",
        "function",
        "goal",
        "position",
        "prepare",
        "results",
        "room",
        "site",
        "slots",
        "steps",
    )

    def __init__(
        self,
        prepare: Callable[[FunctionInstance], list[Any] | None],
        deepest: int,
        room: int,
    ) -> None:
        self.prepare = prepare
        self.deepest = deepest
        self.room = room
        self.function: Any = None
        self.position: Any = iter(())
        self.slots: list[Any] = []
        self.frames: list[tuple[WasmFunction, Any, list[Any], CallSite]] = []
        self.fuel = 0
        self.steps = 0
        self.fuel_limit = 0
        self.goal: int | None = None
        self.results: list[Any] = []
        self.callee: Any = None
        self.site: Any = None

    def pc_of(self, function: WasmFunction, position: Any) -> int:
        """The pc of the entry that an iterator over the function's code would give next."""
        return len(function.code or ()) - length_hint(position)


Loop = Callable[[Machine], Stop]


def find_callee(table: Table, index: int, type: DefinedType) -> Any:
    """The function that ``call_indirect`` calls. Traps if there is none of this type."""
    if index >= table.size:
        raise Trap(TrapCode.UNDEFINED_ELEMENT, index=index, size=table.size)
    function: Any = table.get(index)
    if function is None:
        sentence = f"{TrapCode.UNINITIALIZED_ELEMENT} {index}"
        raise Trap(TrapCode.UNINITIALIZED_ELEMENT, sentence, index=index)
    if function.defined_type is not type and not function.defined_type.is_subtype_of(type):
        raise Trap(TrapCode.INDIRECT_CALL_TYPE_MISMATCH, expected=type, found=function.defined_type)
    return function


def exhausted(callee: WasmFunction, room: int, deepest: int) -> ExhaustionError:
    """The error that there is no room for an activation of ``callee``."""
    if callee.size > room:
        sentence = f"call stack exhausted: {callee.size} value slots are needed, {room} left"
        return ExhaustionError("value stack", sentence)
    return ExhaustionError("call stack", "call stack exhausted", deepest + 1)


def execute(machine: Machine) -> Stop:  # noqa: C901 - the dispatch table
    """Run until something happens.

    Raises:
        Trap, ExhaustionError, Thrown, IndexError: what the instruction before ``position`` did;
            IndexError where it accessed memory.
    """
    function, position, slots = machine.function, machine.position, machine.slots
    frames, room, deepest = machine.frames, machine.room, machine.deepest
    fuel, steps, goal = machine.fuel, machine.steps, machine.goal
    try:
        while True:  # once for every call and return
            source = position
            if goal is not None:
                source = islice(position, goal - steps - machine.pc_of(function, position))
            for op, a, b in source:
                match op:
                    case "copy":  # local.get, local.set, local.tee
                        slots[a] = slots[b]
                    case "constant":
                        slots[a] = b
                    case "nop":  # what only marks a place, and drop: nothing needs to be done
                        pass
                    case "unary":
                        slots[a] = b(slots[a])
                    case "binary":
                        slots[a] = b(slots[a], slots[a + 1])
                    case "access":
                        meaning, memory, offset, end, extra = b
                        slots[a] = meaning(memory, slots[a] + offset, *slots[a + 1 : end], *extra)
                    case "apply":
                        meaning, entities, end, extra = b
                        slots[a] = meaning(*entities, *slots[a:end], *extra)
                    case "apply_many":
                        meaning, entities, end, extra = b
                        results = meaning(*entities, *slots[a:end], *extra)
                        slots[a : a + len(results)] = results
                    case "loop":
                        if fuel + a >= machine.fuel_limit:
                            position.__setstate__(b)
                            return Stop.CHECKPOINT
                    case "branch":
                        target, spent, passed = b
                        position.__setstate__(target)
                        fuel += spent
                        steps += passed
                    case "branch_if":
                        if slots[a]:
                            target, spent, passed = b
                            position.__setstate__(target)
                            fuel += spent
                            steps += passed
                    case "branch_unless":
                        if not slots[a]:
                            target, spent, passed = b
                            position.__setstate__(target)
                            fuel += spent
                            steps += passed
                    case "branch_table":
                        target, spent, passed = b[slots[a]] if slots[a] < len(b) else b[-1]
                        position.__setstate__(target)
                        fuel += spent
                        steps += passed
                    case "branch_moving":  # any branch whose values are not in their place
                        choose, branches = b
                        chosen = choose(slots[a])
                        if chosen is not None:
                            target, spent, passed, kept, height, arity = branches[chosen]
                            slots[height : height + arity] = slots[kept : kept + arity]
                            position.__setstate__(target)
                            fuel += spent
                            steps += passed
                    case "call":
                        callee, site = b
                        break
                    case "call_indirect":
                        table, type, site = b
                        callee = find_callee(table, slots[a], type)
                        break
                    case "call_ref":
                        callee, site = slots[a], b
                        if callee is None:
                            raise Trap(TrapCode.NULL_FUNCTION_REFERENCE)
                        break
                    case "return_one" if frames:
                        result = slots[a]
                        room += function.size
                        _, spent, passed = b
                        function, position, slots, site = frames.pop()
                        slots[site.first] = result
                        fuel += spent - site.spent
                        steps += passed - site.passed
                        callee = None
                        break
                    case "return" | "return_one":
                        arity, spent, passed = b
                        if not frames:
                            machine.results = slots[a : a + arity]
                            return Stop.RETURNED
                        results = slots[a : a + arity]
                        room += function.size
                        function, position, slots, site = frames.pop()
                        slots[site.first : site.first + arity] = results
                        fuel += spent - site.spent
                        steps += passed - site.passed
                        callee = None
                        break
            else:
                return Stop.STEPS
            if callee is None:
                continue
            code = callee.code or machine.prepare(callee)
            if code is None:
                machine.callee, machine.site = callee, site
                return Stop.HOST_CALL
            callee_slots = callee.template.copy()
            arity = callee.parameter_count
            if arity == 1:
                callee_slots[0] = slots[site.first]
            else:
                callee_slots[:arity] = slots[site.first : site.first + arity]
            if site.is_tail:
                room += function.size - callee.size
            elif callee.size > room or len(frames) >= deepest:
                raise exhausted(callee, room, deepest)
            else:
                frames.append((function, position, slots, site))
                room -= callee.size
            function, position, slots = callee, iter(code), callee_slots
            fuel += site.spent + 1
            steps += site.passed
            if fuel >= machine.fuel_limit:
                return Stop.CHECKPOINT
    finally:
        machine.function, machine.position, machine.slots = function, position, slots
        machine.room, machine.fuel, machine.steps = room, fuel, steps
