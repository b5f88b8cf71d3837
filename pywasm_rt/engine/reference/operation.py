"""An instruction that has a meaning, with all that is known of it before it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pywasm_rt.engine.reference.function import function_type_of
from pywasm_rt.engine.reference.meanings import ENTITIES, Meaning
from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.instructions import Instruction
from pywasm_rt.wasm.validate import ValidModule
from pywasm_rt.wasm.validate.plans import Planner

__all__ = ["Operation", "Spaces", "evaluate_constant", "operation_of"]

# The index spaces of an instance, by kind of immediate.
Spaces = Mapping[str, Sequence[Any]]

# Where all immediates are of these kinds and nothing is popped, the result is always the same.
_CONSTANTS = frozenset(("i32", "i64", "f32", "f64", "v128", "heap_type"))
_LINKED = frozenset(("function", "table", "memory", "global", "element", "data", "tag"))


class Operation(NamedTuple):
    """A meaning and what it is called with (see ``meanings.py``).

    ``entities`` are what the immediates name; those that belong to an instance are None there, and
    in ``links`` as kind and index. ``offset`` is that of a memory argument, else None. ``extra``
    are the immediates that come behind the operands.
    """

    identifier: str
    function: Callable[..., Any]
    entities: tuple[Any, ...]
    links: tuple[tuple[str, int], ...]
    offset: int | None
    extra: tuple[Any, ...]
    operand_count: int
    is_constant: bool

    @property
    def is_pure(self) -> bool:
        """Whether it is called with its operands and nothing else."""
        return not self.entities and not self.extra

    def all_entities(self, linked: Sequence[Any]) -> tuple[Any, ...]:
        """The entities, with those of an instance in their places."""
        if len(linked) == len(self.entities):
            return tuple(linked)
        rest = iter(linked)
        return tuple(next(rest) if entity is None else entity for entity in self.entities)

    def compute(self, operands: Sequence[Any] = (), linked: Sequence[Any] = ()) -> Any:
        """What it gives for these operands."""
        return self.function(*self.all_entities(linked), *operands, *self.extra)


def operation_of(
    instruction: Instruction,
    valid: ValidModule,
    planner: Planner,
    meanings: Mapping[str, Meaning],
) -> Operation:
    """The operation of a valid instruction that can be reached.

    Raises EngineBug if there is no meaning of this name.
    """
    row = instruction.row
    immediates: tuple[Any, ...] = instruction.immediates
    meaning = meanings.get(row.identifier)
    if meaning is None:
        raise EngineBug(f"{row.mnemonic} has no meaning: a function {row.identifier} is missing")
    entities: list[Any] = []
    links: list[tuple[str, int]] = []
    extra: list[Any] = []
    offset: int | None = None
    plan = planner.known.get(id(instruction)) or planner.plan(instruction)
    operand_count = plan.arity if plan.rule is None else meaning.operand_count
    for kind, immediate in zip(row.immediates, immediates, strict=True):
        if kind == "memory_argument":
            links.append(("memory", immediate.memory_index))
            entities.append(None)
            offset = immediate.offset
        elif kind in _LINKED:
            links.append((kind, _index(immediate)))
            entities.append(None)
            if kind == "tag":
                operand_count = len(function_type_of(valid.tags[_index(immediate)]).parameters)
        elif kind in ENTITIES:
            entities.append(_resolve(valid, kind, immediate))
        elif kind == "count":
            operand_count = immediate
        else:
            extra.append(immediate)
    if operand_count is None:
        raise EngineBug(f"{row.mnemonic}: nobody knows how many operands it has")
    return Operation(
        row.identifier,
        meaning.function,
        tuple(entities),
        tuple(links),
        offset,
        tuple(extra),
        operand_count,
        is_constant=not operand_count and _CONSTANTS.issuperset(row.immediates or ("none",)),
    )


def _index(immediate: object) -> int:
    assert isinstance(immediate, int), "indices are numbers"
    return immediate


def _resolve(valid: ValidModule, kind: str, immediate: Any) -> object:
    """What an immediate names that belongs to the module itself."""
    match kind:
        case "type":
            return valid.types[immediate]
        case "reference_type":
            return valid.reference_type(immediate)
        case "heap_type":
            return valid.heap_type(immediate)
    return immediate


def evaluate_constant(
    instructions: Sequence[Instruction],
    valid: ValidModule,
    planner: Planner,
    meanings: Mapping[str, Meaning],
    spaces: Spaces,
) -> Any:
    """The value of a valid constant expression in an instance with these index spaces.

    Raises Trap where an instruction does (an array may be too large).
    """
    stack: list[Any] = []
    for instruction in instructions:
        if instruction.row.identifier == "end":
            break
        operation = operation_of(instruction, valid, planner, meanings)
        height = len(stack) - operation.operand_count
        linked = [spaces[kind][index] for kind, index in operation.links]
        stack[height:] = [operation.compute(stack[height:], linked)]
    return stack[-1]
