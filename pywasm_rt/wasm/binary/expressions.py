"""Instruction sequences in the binary format.

Code is most of a module, and most of code repeats: some thousand different instructions make up a
program of a million. So :class:`ExpressionReader` learns: an instruction that it has read once is
recognised by its bytes the next time, and equal instructions are one object. This is sound because
no instruction's bytes are the beginning of another's.
"""

from __future__ import annotations

from array import array

from pywasm_rt.errors import DecodeError
from pywasm_rt.wasm.binary.immediates import READERS, SPECIAL_READERS, SPECIAL_WRITERS, WRITERS
from pywasm_rt.wasm.binary.leb128 import unsigned
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions.instruction import Instruction, Row
from pywasm_rt.wasm.instructions.instruction_set import InstructionSet
from pywasm_rt.wasm.module import Expression
from pywasm_rt.wasm.types import HeapType, ReferenceType

__all__ = ["ExpressionReader", "ExpressionWriter", "write_instruction"]

_END = 0x0B
_LONGEST_INTERNED_BYTES = 20
_OPENERS = frozenset(("block", "loop", "if", "try_table", "try"))
# What may come before each instruction that divides or closes a block, and what is open then.
_DIVIDERS = {
    "else": (("if",), "else"),
    "catch": (("try", "catch"), "catch"),
    "catch_all": (("try", "catch"), "catch_all"),
    "delegate": (("try",), ""),
}


class ExpressionReader:
    """Reads the expressions of one module.

    ``has_data_count`` False makes instructions that name a data segment malformed: code may do so
    only if the module announced their number (specification, "Data Count Section").
    """

    def __init__(
        self, features: Features, instructions: InstructionSet, *, has_data_count: bool = True
    ) -> None:
        self._features = features
        self._by_opcode = instructions.by_opcode
        self._prefixes = {row.prefix for row in instructions.rows if row.prefix is not None}
        self._has_data_count = has_data_count
        # Instructions known by their one byte, their two bytes, and (in a dictionary) more.
        self._one: list[Instruction | None] = [None] * 256
        self._two: list[list[Instruction | None] | None] = [None] * 256
        self._longer: dict[bytes, Instruction] = {}
        self._structure = {
            row.code: row.identifier
            for row in instructions.rows
            if row.prefix is None and (row.identifier in _OPENERS or row.identifier in _DIVIDERS)
        }
        self._end = Instruction(instructions.by_identifier["end"])
        self._reference_function = instructions.by_identifier["ref_func"]

    def read(self, reader: Reader) -> Expression:
        """The instructions up to the ``end`` that belongs to none of them.

        Raises:
            DecodeError: an instruction is malformed, or the bytes end before the expression.
            UnsupportedFeature: an instruction belongs to a proposal that is off.
        """
        try:
            return self._read(reader)
        except IndexError:
            # Only at the very end of the file: the byte behind an opcode is taken unasked.
            raise reader.unexpected_end() from None

    def _read(self, reader: Reader) -> Expression:
        data, position, end = reader.data, reader.position, reader.end
        one, two, longer, structure = self._one, self._two, self._longer, self._structure
        instructions: list[Instruction] = []
        positions = array("I")
        add, note = instructions.append, positions.append
        open_blocks = ["function"]
        while position < end:
            note(position)
            opcode = data[position]
            known = two[opcode]
            if known is not None:
                instruction = known[data[position + 1]]
                if instruction is not None:
                    add(instruction)
                    position += 2
                    continue
            else:
                instruction = one[opcode]
                if instruction is not None:
                    add(instruction)
                    position += 1
                    continue
            if opcode == _END:
                add(self._end)
                position += 1
                open_blocks.pop()
                if not open_blocks:
                    reader.position = position
                    return Expression(instructions, positions)
                continue
            instruction = longer.get(data[position : position + 3])
            if instruction is not None:
                position += 3
            else:
                instruction = longer.get(data[position : position + 4])
                if instruction is not None:
                    position += 4
                else:
                    reader.position = position
                    instruction = self._learn(reader)
                    position = reader.position
            add(instruction)
            if opcode in structure:
                self._nest(structure[opcode], open_blocks, reader, positions[-1])
        raise self._missing_end(reader, position)

    def _missing_end(self, reader: Reader, position: int) -> DecodeError:
        """The error of a window that ends inside an expression; what follows tells which."""
        end = reader.end
        if position > end or end == len(reader.data):
            return reader.unexpected_end()
        following = reader.data[end]
        if reader.inside.startswith("function "):
            if following == _END:
                message = "section size mismatch: the last instruction lies behind the end"
                return reader.error(message, end)
            return reader.error("END opcode expected", end)
        row = self._by_opcode.get((None, following))
        known = row is not None and (not row.feature or getattr(self._features, row.feature))
        if known or following in self._prefixes:
            return reader.unexpected_end()
        return reader.error(f"illegal opcode {following:02x} where an end is expected", end)

    def function_reference(self, function_index: int, position: int) -> Expression:
        """The expression ``ref.func function_index``, which some segments write as an index."""
        instruction = Instruction(self._reference_function, (function_index,))
        return Expression([instruction, self._end], (position, position))

    def _nest(self, identifier: str, open_blocks: list[str], reader: Reader, position: int) -> None:
        """Note that a block opens, or check that a divider stands in the right block."""
        if identifier in _OPENERS:
            open_blocks.append(identifier)
            return
        allowed, then = _DIVIDERS[identifier]
        if open_blocks[-1] not in allowed:
            where = " or ".join(allowed)
            raise reader.error(f"END opcode expected: {identifier} belongs in {where}", position)
        open_blocks.pop()
        if then:
            open_blocks.append(then)

    def _learn(self, reader: Reader) -> Instruction:
        """Read an instruction and remember its bytes."""
        start = reader.position
        instruction = self._read_instruction(reader)
        size = reader.position - start
        opcode = reader.data[start]
        if size > 2:
            if size > _LONGEST_INTERNED_BYTES:
                return instruction
            key = reader.data[start : reader.position]
            return self._longer.setdefault(key, instruction)
        if opcode in self._structure:
            # Every opcode in these lists is taken without looking, and blocks must be counted.
            return instruction
        if size == 1:
            self._one[opcode] = instruction
            return instruction
        known = self._two[opcode]
        if known is None:
            known = self._two[opcode] = [None] * 256
        known[reader.data[start + 1]] = instruction
        return instruction

    def _read_instruction(self, reader: Reader) -> Instruction:
        start = reader.position
        code = reader.byte()
        prefix = None
        if code in self._prefixes:
            prefix, code = code, reader.u32()
        row = self._by_opcode.get((prefix, code))
        shown = f"{code:02x}" if prefix is None else f"{prefix:02x} {code:02x}"
        if row is None:
            raise reader.error(f"illegal opcode {shown}", start)
        features = self._features
        if row.feature:
            what = f"illegal opcode {shown}: {row.mnemonic}"
            features.require(row.feature, what, reader.where(start))
        if not self._has_data_count and "data" in row.immediates:
            raise reader.error(f"data count section required by {row.mnemonic}", start)
        if row.encoding:
            return Instruction(row, SPECIAL_READERS[row.encoding](reader, features))
        immediates = tuple([READERS[kind](reader, features) for kind in row.immediates])
        if row.null_code is not None:
            immediates = (_with_nullability(immediates[0], code == row.null_code),)
        return Instruction(row, immediates)


def _with_nullability(heap: object, nullable: bool) -> ReferenceType:
    assert isinstance(heap, HeapType)
    return ReferenceType(nullable, heap)


def _opcode(row: Row, code: int) -> bytes:
    return bytes((code,)) if row.prefix is None else bytes((row.prefix,)) + unsigned(code)


def write_instruction(instruction: Instruction) -> bytes:
    """The bytes of one instruction, in the shortest form."""
    row, immediates = instruction
    code = row.code
    if row.null_code is not None:
        kind = immediates[0]
        assert isinstance(kind, ReferenceType)
        code = row.null_code if kind.nullable else row.code
    opcode = _opcode(row, code)
    if row.encoding:
        return opcode + SPECIAL_WRITERS[row.encoding](*immediates)
    kinds = zip(row.immediates, immediates, strict=True)
    return opcode + b"".join([WRITERS[kind](value) for kind, value in kinds])


class ExpressionWriter:
    """Writes the expressions of one module, each different instruction only once.

    ``names_data`` tells whether any of them names a data segment.
    """

    def __init__(self) -> None:
        # By identity; the instruction is kept so that its identity stays its own.
        self._known: dict[int, tuple[Instruction, bytes]] = {}
        self.names_data = False

    def write(self, expression: Expression) -> bytes:
        """The bytes of an expression."""
        return b"".join(self.chunks(expression))

    def chunks(self, expression: Expression) -> list[bytes]:
        """The bytes of each instruction."""
        known = self._known
        chunks = []
        for instruction in expression.instructions:
            entry = known.get(id(instruction))
            chunks.append(entry[1] if entry is not None else self._learn(instruction))
        return chunks

    def _learn(self, instruction: Instruction) -> bytes:
        written = write_instruction(instruction)
        self._known[id(instruction)] = (instruction, written)
        self.names_data = self.names_data or "data" in instruction.row.immediates
        return written
