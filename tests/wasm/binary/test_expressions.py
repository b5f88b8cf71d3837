"""Instruction sequences: read, recognised again, nested, written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.errors import ByteOffset, DecodeError, UnsupportedFeature
from pywasm_rt.wasm.binary.expressions import (
    ExpressionReader,
    ExpressionWriter,
    write_instruction,
)
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.features import DEFAULT, WASM_1, WASM_2, Features
from pywasm_rt.wasm.instructions import INSTRUCTIONS, ROWS, Instruction, MemoryArgument, Row
from pywasm_rt.wasm.instructions.row import row
from pywasm_rt.wasm.module import Expression
from pywasm_rt.wasm.types import FUNCREF, AbstractHeapType, ReferenceType

BLOCKS = {"block", "loop", "if", "try_table", "try"}
DIVIDERS = {"else", "catch", "catch_all", "delegate", "end"}
rows = {row.identifier: row for row in ROWS}
END = Instruction(rows["end"])
Instructions = Callable[[Row], st.SearchStrategy[Instruction]]


def read(code: str | bytes, features: Features = DEFAULT, inside: str = "") -> Expression:
    data = bytes.fromhex(code) if isinstance(code, str) else code
    return ExpressionReader(features, INSTRUCTIONS).read(Reader(data, inside=inside))


def names(expression: Expression) -> list[str]:
    return [instruction.row.identifier for instruction in expression.instructions]


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_every_instruction_comes_back_alone(
    instruction_strategy: Instructions, everything: Features, data: st.DataObject
) -> None:
    for item in ROWS:
        if item.identifier in DIVIDERS:
            continue
        instruction = data.draw(instruction_strategy(item))
        # Twice, so that it is also recognised by its bytes.
        written = write_instruction(instruction)
        ends = b"\x0b" * (3 if item.identifier in BLOCKS else 1)
        expression = read(written + written + ends, everything)
        assert expression.instructions[:2] == [instruction, instruction]
        assert list(expression.positions[:3]) == [0, len(written), 2 * len(written)]


@given(st.lists(st.sampled_from(sorted(rows)), max_size=40), st.data())
def test_sequences_come_back(
    instruction_strategy: Instructions,
    everything: Features,
    identifiers: list[str],
    data: st.DataObject,
) -> None:
    plain = [name for name in identifiers if name not in BLOCKS | DIVIDERS]
    instructions = [data.draw(instruction_strategy(rows[name])) for name in plain]
    instructions.append(END)
    written = ExpressionWriter().write(Expression(instructions))
    assert read(written, everything).instructions == instructions


def test_a_cast_has_one_row_and_two_opcodes() -> None:
    func = AbstractHeapType.FUNC
    nullable = Instruction(rows["ref_test"], (ReferenceType(nullable=True, heap=func),))
    plain = Instruction(rows["ref_test"], (ReferenceType(nullable=False, heap=func),))
    assert write_instruction(plain).hex(" ") == "fb 14 70"
    assert write_instruction(nullable).hex(" ") == "fb 15 70"
    assert read("fb 14 70 fb 15 70 0b").instructions == [plain, nullable, END]


def test_a_branch_on_a_cast_keeps_nullability_in_one_byte() -> None:
    func = ReferenceType(nullable=False, heap=AbstractHeapType.FUNC)
    branch = Instruction(rows["br_on_cast"], (1, FUNCREF, func))
    assert write_instruction(branch).hex(" ") == "fb 18 01 01 70 70"
    assert read("fb 18 01 01 70 70 0b").instructions[0] == branch


def test_equal_instructions_are_one_object() -> None:
    code = "20 01 20 01 6a 6a 28 02 08 28 02 08 41 80 80 04 41 80 80 04 44 0000000000000000"
    code += "44 0000000000000000 0b"
    instructions = read(code).instructions
    for first, second in zip(instructions[:10:2], instructions[1:10:2], strict=True):
        assert first is second
    assert instructions[4].immediates == (MemoryArgument(2, 0, 8),)


def test_padded_integers_are_equal_but_learned_apart() -> None:
    short, long = read("41 01 41 81 80 80 00 0b").instructions[:2]
    assert short == long


def test_blocks_nest() -> None:
    expression = read("02 40 03 40 04 40 05 0b 0b 0b 1f 40 00 0b 0b")
    assert names(expression) == [
        *("block", "loop", "if", "else", "end", "end", "end", "try_table", "end", "end")
    ]


def test_legacy_handlers_nest(everything: Features) -> None:
    expression = read("06 40 07 00 07 01 19 0b 06 40 18 00 0b", everything)
    assert names(expression) == [
        *("try", "catch", "catch", "catch_all", "end", "try", "delegate", "end")
    ]


@pytest.mark.parametrize(
    ("code", "message", "offset"),
    [
        ("05 0b", "END opcode expected: else belongs in if", 0),
        ("02 40 05 0b 0b", "END opcode expected: else belongs in if", 2),
        ("04 40 05 05 0b 0b", "END opcode expected: else belongs in if", 3),
        ("07 00 0b", "END opcode expected: catch belongs in try or catch", 0),
        ("06 40 19 19 0b 0b", "END opcode expected: catch_all belongs in try or catch", 3),
        ("06 40 19 07 00 0b 0b", "END opcode expected: catch belongs in try or catch", 3),
        ("06 40 07 00 18 00 0b", "END opcode expected: delegate belongs in try", 4),
        ("18 00 0b", "END opcode expected: delegate belongs in try", 0),
        ("ff", "illegal opcode ff", 0),
        ("01 c5 0b", "illegal opcode c5", 1),
        ("fd 9a 01 0b", "illegal opcode fd 9a", 0),
        ("fc ff 7f 0b", "illegal opcode fc 3fff", 0),
        ("fb", "unexpected end", 1),
        ("", "unexpected end", 0),
        ("41", "unexpected end", 1),
        ("41 00 41", "unexpected end", 3),
        ("01 01", "unexpected end", 2),
        ("02 40 0b", "unexpected end", 3),
        ("28 02", "unexpected end", 2),
        ("fe 03 01 0b", "zero byte expected", 2),
    ],
)
def test_malformed_code(everything: Features, code: str, message: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        read(code, everything)
    assert caught.value.message == message
    assert caught.value.where == ByteOffset(offset)


@pytest.mark.parametrize(
    ("behind", "message"),
    [
        ("", "unexpected end of section or function"),
        ("05 00 0b", "END opcode expected"),
        ("0b", "section size mismatch: the last instruction lies behind the end"),
    ],
)
def test_a_function_that_ends_too_early(behind: str, message: str) -> None:
    data = bytes.fromhex("41 01 1a" + behind)
    with pytest.raises(DecodeError) as caught:
        ExpressionReader(DEFAULT, INSTRUCTIONS).read(Reader(data, 0, 3, "function 0"))
    assert caught.value.message == message
    assert caught.value.where == ByteOffset(3, "function 0")


def test_a_known_instruction_does_not_reach_over_the_end() -> None:
    expressions = ExpressionReader(DEFAULT, INSTRUCTIONS)
    data = bytes.fromhex("20 00 0b 20 00 0b")
    expressions.read(Reader(data, 0, 3))
    with pytest.raises(DecodeError, match="unexpected end of section or function"):
        expressions.read(Reader(data, 3, 4, "function 1"))
    data = bytes.fromhex("41 80 01 0b 41 80 01 0b")
    expressions.read(Reader(data, 0, 4))
    with pytest.raises(DecodeError, match="unexpected end of section or function"):
        expressions.read(Reader(data, 4, 6, "function 1"))


@pytest.mark.parametrize(
    ("code", "features", "feature"),
    [
        ("06 40", DEFAULT, "legacy-exceptions"),
        ("fe 10 02 00", DEFAULT, "threads"),
        ("fc 13", DEFAULT, "wide-arithmetic"),
        ("c0", WASM_1, "sign-extension"),
        ("fc 00", WASM_1, "saturating-float-to-int"),
        ("fc 0a 00 00", WASM_1, "bulk-memory"),
        ("d2 00", WASM_1, "reference-types"),
        ("fd 0c", WASM_1, "simd"),
        ("fd 80 02", WASM_2, "relaxed-simd"),
        ("12 00", WASM_2, "tail-calls"),
        ("14 00", WASM_2, "function-references"),
        ("d3", WASM_2, "gc"),
        ("1f 40 00", WASM_2, "exceptions"),
    ],
)
def test_instructions_of_proposals_that_are_off(
    code: str, features: Features, feature: str
) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        read("01" + code, features)
    assert caught.value.feature == feature
    assert caught.value.where == ByteOffset(1)
    assert caught.value.message.startswith("illegal opcode")


def test_data_instructions_may_need_a_data_count() -> None:
    reader = ExpressionReader(DEFAULT, INSTRUCTIONS, has_data_count=False)
    with pytest.raises(DecodeError) as caught:
        reader.read(Reader(bytes.fromhex("01 fc 09 00 0b")))
    assert caught.value.message == "data count section required by data.drop"
    assert caught.value.where == ByteOffset(1)


def test_deep_nesting_is_no_recursion() -> None:
    depth = 200_000
    expression = read(b"\x02\x40" * depth + b"\x0b" * (depth + 1))
    assert len(expression.instructions) == 2 * depth + 1


def test_a_copy_of_the_table_may_have_one_more_instruction() -> None:
    triple = row(0x27, "i32.triple", "i32 -> i32", "lane", "op-imul", "Multiplies by three.")
    reader = ExpressionReader(DEFAULT, INSTRUCTIONS.with_rows(triple))
    data = bytes.fromhex("27 05 27 05 0b")
    expression = reader.read(Reader(data))
    assert expression.instructions[:2] == [Instruction(triple, (5,))] * 2
    assert ExpressionWriter().write(expression) == data


def test_the_writer_notices_data_segments() -> None:
    writer = ExpressionWriter()
    writer.write(Expression([Instruction(rows["nop"]), END]))
    assert not writer.names_data
    writer.write(Expression([Instruction(rows["data_drop"], (0,)), END]))
    assert writer.names_data
