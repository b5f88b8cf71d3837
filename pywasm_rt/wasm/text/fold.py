"""Folding: flat code as a tree in which operands stand inside the instruction that takes them.

The folded form is only another order of writing: ``(i32.add A B)`` is ``A B i32.add``. So a wrong
guess at how many operands an instruction takes can never change what the text means, and the
counts here may be approximate where a type is out of reach.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pywasm_rt.wasm.instructions.instruction import Instruction
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import (
    ArrayType,
    ExternKind,
    FunctionType,
    FunctionTypeUse,
    StructType,
)

__all__ = ["Arity", "Node", "fold"]

# What instructions without a fixed stack type take and give; "" means: not foldable as operand.
_COUNTS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("local.get", "global.get", "ref.null", "ref.func", "memory.size"), (0, 1)),
    **dict.fromkeys(("table.size", "struct.new_default"), (0, 1)),
    **dict.fromkeys(("local.set", "global.set", "drop", "br_if", "br_table", "throw_ref"), (1, 0)),
    **dict.fromkeys(("local.tee", "table.get", "memory.grow", "ref.is_null"), (1, 1)),
    **dict.fromkeys(("ref.as_non_null", "ref.test", "ref.cast", "array.len"), (1, 1)),
    **dict.fromkeys(("struct.get", "struct.get_s", "struct.get_u"), (1, 1)),
    **dict.fromkeys(("any.convert_extern", "extern.convert_any", "array.new_default"), (1, 1)),
    **dict.fromkeys(("br_on_null", "br_on_cast", "br_on_cast_fail"), (1, 1)),
    "br_on_non_null": (1, 0),
    **dict.fromkeys(("table.grow", "array.new", "array.new_data", "array.new_elem"), (2, 1)),
    **dict.fromkeys(("array.get", "array.get_s", "array.get_u", "ref.eq"), (2, 1)),
    **dict.fromkeys(("table.set", "struct.set"), (2, 0)),
    "select": (3, 1),
    **dict.fromkeys(("memory.fill", "memory.copy", "memory.init", "array.set"), (3, 0)),
    **dict.fromkeys(("table.fill", "table.copy", "table.init"), (3, 0)),
    **dict.fromkeys(("array.fill", "array.init_data", "array.init_elem"), (4, 0)),
    "array.copy": (5, 0),
}


@dataclass(slots=True)
class Node:
    """An instruction and the trees of its operands; blocks have a body, ``if`` two.

    ``pc`` is the instruction's number, ``end_pc`` that of a block's ``end`` (None where a
    ``delegate`` ends it), ``gives`` how many values the whole tree leaves.
    """

    instruction: Instruction
    pc: int
    gives: int = 0
    end_pc: int | None = None
    operands: list[Node] = field(default_factory=list)
    parts: list[tuple[Instruction, int, list[Node]]] = field(default_factory=list)


class Arity:
    """How many values an instruction takes and gives, as far as a module's types tell."""

    def __init__(self, module: Module) -> None:
        self.types = module.types
        imported = [
            item.type.type_index
            for item in module.imported(ExternKind.FUNCTION)
            if isinstance(item.type, FunctionTypeUse)
        ]
        self.functions = [*imported, *(function.type_index for function in module.functions)]

    def _signature(self, type_index: object) -> tuple[int, int]:
        if isinstance(type_index, int) and type_index < len(self.types):
            composite = self.types[type_index].composite
            if isinstance(composite, FunctionType):
                return len(composite.parameters), len(composite.results)
        return 0, 0

    def of(self, instruction: Instruction) -> tuple[int, int]:
        """``(takes, gives)``."""
        row, immediates = instruction
        if row.stack is not None:
            return len(row.stack.takes), len(row.stack.gives)
        known = _COUNTS.get(row.mnemonic)
        if known is not None:
            return known
        return self._by_type(row.mnemonic, immediates)

    def _by_type(self, word: str, immediates: tuple[object, ...]) -> tuple[int, int]:
        if word in ("call", "return_call"):
            index = immediates[0]
            known = isinstance(index, int) and index < len(self.functions)
            takes, gives = self._signature(self.functions[int(str(index))]) if known else (0, 0)
        elif word in ("call_indirect", "return_call_indirect", "call_ref", "return_call_ref"):
            takes, gives = self._signature(immediates[0])
            takes += 1
        elif word == "struct.new":
            return self._fields(immediates[0]), 1
        elif word == "array.new_fixed":
            return int(str(immediates[1])), 1
        else:
            return 0, 0
        return takes, 0 if word.startswith("return") else gives

    def _fields(self, type_index: object) -> int:
        if isinstance(type_index, int) and type_index < len(self.types):
            composite = self.types[type_index].composite
            if isinstance(composite, StructType):
                return len(composite.fields)
            if isinstance(composite, ArrayType):
                return 1
        return 0

    def block(self, type_: object) -> int:
        """How many values a block of this type gives."""
        if type_ is None:
            return 0
        return self._signature(type_)[1] if isinstance(type_, int) else 1


def fold(code: list[Instruction], arity: Arity) -> list[Node]:
    """The trees of a body; its final ``end`` is left out. Does not recurse."""
    levels: list[list[Node]] = [[]]
    blocks: list[Node] = []
    for pc, instruction in enumerate(code[:-1]):
        word = instruction.row.mnemonic
        if word in ("block", "loop", "if", "try_table", "try"):
            node = Node(instruction, pc, arity.block(instruction.immediates[0]))
            if word == "if":
                node.operands = _take(levels[-1], 1)
            levels[-1].append(node)
            blocks.append(node)
            node.parts.append((instruction, pc, []))
            levels.append(node.parts[-1][2])
        elif word in ("else", "catch", "catch_all"):
            blocks[-1].parts.append((instruction, pc, []))
            levels[-1] = blocks[-1].parts[-1][2]
        elif word in ("end", "delegate"):
            if word == "delegate":
                blocks[-1].parts.append((instruction, pc, []))
            else:
                blocks[-1].end_pc = pc
            blocks.pop()
            levels.pop()
        else:
            takes, gives = arity.of(instruction)
            node = Node(instruction, pc, gives)
            node.operands = _take(levels[-1], takes)
            levels[-1].append(node)
    return levels[0]


def _take(nodes: list[Node], count: int) -> list[Node]:
    """Remove from the end up to ``count`` trees that give one value each."""
    begin = len(nodes)
    while begin > 0 and len(nodes) - begin < count and nodes[begin - 1].gives == 1:
        begin -= 1
    taken = nodes[begin:]
    del nodes[begin:]
    return taken
