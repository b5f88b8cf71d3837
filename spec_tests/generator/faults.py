"""Valid modules with one thing made wrong, and what is wrong about them.

A fault in code stands in a block of its own, so that it is one wherever it is put: even where the
code around it is never reached, the inside of a block is checked as if it were.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import NamedTuple

from pywasm_rt.wasm.instructions import INSTRUCTIONS, Instruction, MemoryArgument, Row
from pywasm_rt.wasm.module import Export, Expression, Function, Global, Module, Table
from pywasm_rt.wasm.types import (
    F32,
    F64,
    FUNCREF,
    I32,
    I64,
    V128,
    AbstractHeapType,
    ArrayType,
    ExternKind,
    FieldType,
    FunctionType,
    GlobalType,
    Limits,
    MemoryType,
    RecursiveType,
    ReferenceType,
    StructType,
    SubType,
    TableType,
    TagType,
    ValueType,
)

__all__ = ["FAULTS", "Spoiled", "disturb", "spoil"]

_CONSTANTS = {I32: "i32_const", I64: "i64_const", F32: "f32_const", F64: "f64_const"}
_ROWS = INSTRUCTIONS.by_identifier
_FAR = 100_000


class Spoiled(NamedTuple):
    """An invalid module, and how the validator's message must begin."""

    module: Module
    message: str


def copied(module: Module) -> Module:
    """A copy whose lists and functions can be changed without changing the module's."""
    return replace(
        module,
        recursive_types=list(module.recursive_types),
        functions=[
            replace(function, body=Expression(list(function.body.instructions)))
            for function in module.functions
        ],
        tables=list(module.tables),
        memories=list(module.memories),
        tags=list(module.tags),
        globals=list(module.globals),
        exports=list(module.exports),
        elements=list(module.elements),
        datas=list(module.datas),
    )


def spoil(module: Module, random: Random) -> Spoiled:
    """A copy of a valid module (with at least one function) with one fault."""
    while True:
        spoiled = copied(module)
        message = random.choice(FAULTS)(Editor(spoiled, random))
        if message:
            return Spoiled(spoiled, message)


def disturb(module: Module, random: Random) -> Module:
    """A copy with a few instructions changed, moved or removed: it may be valid or not."""
    changed = copied(module)
    function = random.choice(changed.functions)
    code = list(function.body.instructions)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        at, other = (random.randrange(len(code)) for _ in range(2))
        match random.randrange(5):
            case 0:
                del code[at]
                code = code or [_instruction("end")]
            case 1:
                code[at], code[other] = code[other], code[at]
            case 2:
                code.insert(at, code[other])
            case 3:
                code[at] = _sibling(code[at], random)
            case _:
                others = random.choice(changed.functions).body.instructions
                code[at] = random.choice(others)
    function.body = Expression(code)
    return changed


def _sibling(instruction: Instruction, random: Random) -> Instruction:
    """Another instruction with the same immediates."""
    kinds = instruction.row.immediates
    rows = [row for row in INSTRUCTIONS.rows if row.immediates == kinds]
    return Instruction(random.choice(rows), instruction.immediates)


def _instruction(identifier: str, *immediates: object) -> Instruction:
    return Instruction(_ROWS[identifier], immediates)


def _expression(*code: Instruction) -> Expression:
    return Expression([*code, _instruction("end")])


def _push(type_: ValueType) -> Instruction:
    if isinstance(type_, ReferenceType):
        return _instruction("ref_null", type_.heap)
    if type_ is V128:
        return _instruction("v128_const", 1)
    return _instruction(_CONSTANTS[type_], 1)


class Editor:
    """Changes a module. The methods named below are faults; each gives the message that is to be
    expected, or "" if the module has nothing to make it with.
    """

    def __init__(self, module: Module, random: Random) -> None:
        self.module = module
        self.random = random

    def insert(self, *code: Instruction) -> None:
        """Put code somewhere into a function."""
        function = self.random.choice(self.module.functions)
        body = function.body.instructions
        assert isinstance(body, list)
        at = self.random.randrange(len(body))
        body[at:at] = [_instruction("block", None), *code, _instruction("end")]

    def add_type(self, composite: FunctionType | StructType | ArrayType) -> int:
        """A new type of its own; its index."""
        self.module.recursive_types.append(RecursiveType((SubType(composite),)))
        return len(self.module.types) - 1

    def beyond(self) -> int:
        """An index that nothing has."""
        return _FAR + self.random.randrange(5)

    def row(self, fits: Callable[[Row], bool]) -> Row:
        """A row that fits; there is one."""
        return self.random.choice([row for row in INSTRUCTIONS.rows if fits(row)])

    def memory(self) -> int:
        """A memory with 32-bit addresses, which is added."""
        self.module.memories.append(MemoryType(Limits(1, 2)))
        imported = len(self.module.imported(ExternKind.MEMORY))
        return imported + len(self.module.memories) - 1


def _unknown(identifier: str, what: str) -> Callable[[Editor], str]:
    """An instruction whose only immediate names nothing."""

    def fault(editor: Editor) -> str:
        editor.insert(_instruction(identifier, editor.beyond()))
        return f"unknown {what}"

    return fault


def _unknown_block_type(editor: Editor) -> str:
    row = editor.row(lambda row: row.identifier in ("block", "loop"))
    editor.insert(Instruction(row, (editor.beyond(),)), _instruction("end"))
    return "unknown type"


def _unknown_reference_type(editor: Editor) -> str:
    editor.insert(_instruction("ref_null", editor.beyond()))
    return "unknown type"


def _unknown_memory(editor: Editor) -> str:
    row = editor.row(lambda row: row.immediates == ("memory_argument",) and row.rule != "atomic")
    assert row.stack is not None
    operands = [_push(type_) for type_ in row.stack.takes]
    argument = MemoryArgument(row.natural_align_log2, editor.beyond(), 0)
    editor.insert(*operands, Instruction(row, (argument,)))
    return "unknown memory"


def _unknown_export(editor: Editor) -> str:
    kind = editor.random.choice(tuple(ExternKind))
    editor.module.exports.append(Export("beyond", kind, editor.beyond()))
    return f"unknown {kind.name.lower()}"


# Operands


def _is_plain(row: Row) -> bool:
    return not row.rule and row.stack is not None and not row.immediates and bool(row.stack.takes)


def _wrong_operand(editor: Editor) -> str:
    row = editor.row(_is_plain)
    assert row.stack is not None
    types = list(row.stack.takes)
    at = editor.random.randrange(len(types))
    exception = ReferenceType(nullable=True, heap=AbstractHeapType.EXN)
    types[at] = editor.random.choice(
        [type_ for type_ in (I32, I64, F32, F64, V128, exception) if type_ != types[at]]
    )
    editor.insert(*map(_push, types), Instruction(row), *[_instruction("drop")] * 2)
    return "type mismatch"


def _missing_operand(editor: Editor) -> str:
    row = editor.row(_is_plain)
    assert row.stack is not None
    # What lies below the block cannot be taken.
    editor.insert(*map(_push, row.stack.takes[1:]), Instruction(row))
    return "type mismatch"


def _operand_left_over(editor: Editor) -> str:
    editor.insert(_push(editor.random.choice((I32, I64, F32, F64, V128, FUNCREF))))
    return "type mismatch"


def _wrong_branch(editor: Editor) -> str:
    inner = [_instruction("block", I32), _push(I64), _instruction("br", 0), _instruction("end")]
    editor.insert(*inner, _instruction("drop"))
    return "type mismatch"


def _if_without_else(editor: Editor) -> str:
    inner = [_push(I32), _instruction("if", I32), _push(I32), _instruction("end")]
    editor.insert(*inner, _instruction("drop"))
    return "type mismatch"


def _wrong_arity(editor: Editor) -> str:
    types = editor.random.choice(((), (I32, I32)))
    operands = [_push(I32)] * 3
    editor.insert(*operands, _instruction("select_t", types), _instruction("drop"))
    return "invalid result arity"


# Immediates


def _large_alignment(editor: Editor) -> str:
    row = editor.row(lambda row: row.immediates == ("memory_argument",) and row.rule != "atomic")
    assert row.stack is not None
    argument = MemoryArgument(row.natural_align_log2 + 1, editor.memory(), 0)
    operands = map(_push, row.stack.takes)
    editor.insert(*operands, Instruction(row, (argument,)), _instruction("unreachable"))
    return "alignment must not be larger than natural"


def _large_offset(editor: Editor) -> str:
    row = editor.row(lambda row: row.immediates == ("memory_argument",))
    assert row.stack is not None
    argument = MemoryArgument(row.natural_align_log2, editor.memory(), 1 << 32)
    operands = map(_push, row.stack.takes)
    editor.insert(*operands, Instruction(row, (argument,)), _instruction("unreachable"))
    return "offset out of range"


def _large_lane(editor: Editor) -> str:
    row = editor.row(lambda row: row.immediates == ("lane",))
    assert row.stack is not None
    lane = 16 // row.width_bytes + editor.random.randrange(3)
    operands = map(_push, row.stack.takes)
    editor.insert(*operands, Instruction(row, (lane,)), _instruction("drop"))
    return "invalid lane index"


# What must not be changed, or is not there yet


def _immutable_global(editor: Editor) -> str:
    editor.module.globals.append(Global(GlobalType(I32), _expression(_push(I32))))
    imported = len(editor.module.imported(ExternKind.GLOBAL))
    last = imported + len(editor.module.globals) - 1
    editor.insert(_push(I32), _instruction("global_set", last))
    return "immutable global"


def _immutable_field(editor: Editor) -> str:
    index = editor.add_type(StructType((FieldType(I64),)))
    editor.insert(_instruction("ref_null", index), _push(I64), _instruction("struct_set", index, 0))
    return "immutable field"


def _immutable_array(editor: Editor) -> str:
    index = editor.add_type(ArrayType(FieldType(F32)))
    operands = [_instruction("ref_null", index), _push(I32), _push(F32)]
    editor.insert(*operands, _instruction("array_set", index))
    return "immutable array"


def _unset_local(editor: Editor) -> str:
    function = editor.random.choice(editor.module.functions)
    parameters = editor.module.types[function.type_index].composite
    assert isinstance(parameters, FunctionType)
    index = len(parameters.parameters) + len(function.locals)
    never_null = ReferenceType(nullable=False, heap=AbstractHeapType.FUNC)
    function.locals = (*function.locals, never_null)
    body = function.body.instructions
    assert isinstance(body, list)
    at = editor.random.randrange(len(body))
    body[at:at] = [_instruction("local_get", index), _instruction("drop")]
    return "uninitialized local"


def _undeclared_function(editor: Editor) -> str:
    module = editor.module
    index = len(module.imported(ExternKind.FUNCTION)) + len(module.functions)
    type_index = editor.add_type(FunctionType())
    module.functions.append(Function(type_index, (), _expression()))
    editor.insert(_instruction("ref_func", index), _instruction("drop"))
    return "undeclared function reference"


# Definitions


def _duplicate_export(editor: Editor) -> str:
    if not editor.module.exports:
        return ""
    editor.module.exports.append(editor.random.choice(editor.module.exports))
    return "duplicate export name"


def _wrong_start(editor: Editor) -> str:
    index = editor.add_type(editor.random.choice((FunctionType((I32,)), FunctionType((), (I32,)))))
    editor.module.start = len(editor.module.imported(ExternKind.FUNCTION)) + len(
        editor.module.functions
    )
    editor.module.functions.append(Function(index, (), _expression(_instruction("unreachable"))))
    return "start function"


def _swapped_limits(editor: Editor) -> str:
    if editor.random.random() < 0.5:
        editor.module.memories.append(MemoryType(Limits(2, 1)))
    else:
        editor.module.tables.append(Table(TableType(FUNCREF, Limits(2, 1))))
    return "size minimum must not be greater than maximum"


def _large_memory(editor: Editor) -> str:
    limits = editor.random.choice((Limits(65537), Limits(0, 65537), Limits(1 << 49, is_64=True)))
    editor.module.memories.append(MemoryType(limits))
    return "memory size"


def _tag_with_results(editor: Editor) -> str:
    index = editor.add_type(FunctionType((I32,), (I32,)))
    editor.module.tags.append(TagType(index))
    return "non-empty tag result type"


def _final_supertype(editor: Editor) -> str:
    above = editor.add_type(StructType())
    below = SubType(StructType((FieldType(I32),)), final=True, supertypes=(above,))
    editor.module.recursive_types.append(RecursiveType((below,)))
    return "sub type"


def _unlike_supertype(editor: Editor) -> str:
    above = SubType(StructType((FieldType(I32),)), final=False)
    editor.module.recursive_types.append(RecursiveType((above,)))
    index = len(editor.module.types) - 1
    below = SubType(StructType((FieldType(I64),)), final=True, supertypes=(index,))
    editor.module.recursive_types.append(RecursiveType((below,)))
    return "sub type"


def _computed_initial_value(editor: Editor) -> str:
    code = editor.random.choice(
        (
            (_push(I32), _instruction("i32_eqz")),
            (_instruction("nop"), _push(I32)),
            (_push(I32), _push(I32), _instruction("i32_and")),
        )
    )
    editor.module.globals.append(Global(GlobalType(I32), _expression(*code)))
    return "constant expression required"


def _wrong_initial_value(editor: Editor) -> str:
    numbers: tuple[ValueType, ...] = (I32, I64, F32, F64, V128)
    types = editor.random.sample(numbers, 2)
    editor.module.globals.append(Global(GlobalType(types[0]), _expression(_push(types[1]))))
    return "type mismatch"


FAULTS: tuple[Callable[[Editor], str], ...] = (
    _unknown("local_get", "local"),
    _unknown("global_get", "global"),
    _unknown("call", "function"),
    _unknown("ref_func", "function"),
    _unknown("struct_new", "type"),
    _unknown("call_ref", "type"),
    _unknown("table_size", "table"),
    _unknown("memory_size", "memory"),
    _unknown("br", "label"),
    _unknown("throw", "tag"),
    _unknown("data_drop", "data segment"),
    _unknown("elem_drop", "elem segment"),
    _unknown_block_type,
    _unknown_reference_type,
    _unknown_memory,
    _unknown_export,
    _wrong_operand,
    _missing_operand,
    _operand_left_over,
    _wrong_branch,
    _if_without_else,
    _wrong_arity,
    _large_alignment,
    _large_offset,
    _large_lane,
    _immutable_global,
    _immutable_field,
    _immutable_array,
    _unset_local,
    _undeclared_function,
    _duplicate_export,
    _wrong_start,
    _swapped_limits,
    _large_memory,
    _tag_with_results,
    _final_supertype,
    _unlike_supertype,
    _computed_initial_value,
    _wrong_initial_value,
)
