"""Finding instructions, and adding one to a copy of the table."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.instructions import INSTRUCTIONS, InstructionSet
from pywasm_rt.wasm.instructions.row import row


def test_lookups_agree() -> None:
    add = INSTRUCTIONS.by_mnemonic["i32.add"]
    assert INSTRUCTIONS.by_opcode[None, 0x6A] is add
    assert INSTRUCTIONS.by_identifier["i32_add"] is add


def test_casts_are_found_under_both_opcodes() -> None:
    for mnemonic, code in (("ref.test", 0x14), ("ref.cast", 0x16)):
        found = INSTRUCTIONS.by_mnemonic[mnemonic]
        assert INSTRUCTIONS.by_opcode[0xFB, code] is found
        assert INSTRUCTIONS.by_opcode[0xFB, code + 1] is found


def test_a_copy_may_have_one_more() -> None:
    triple = row(0x27, "i32.triple", "i32 -> i32", "", "op-imul", "Multiplies by three.")
    more = INSTRUCTIONS.with_rows(triple)
    assert more.by_mnemonic["i32.triple"] is triple
    assert len(more.rows) == len(INSTRUCTIONS.rows) + 1
    assert "i32.triple" not in INSTRUCTIONS.by_mnemonic


def test_a_taken_opcode_is_refused() -> None:
    again = row(0x6A, "i32.plus", "i32 i32 -> i32", "", "op-iadd", "Adds.")
    with pytest.raises(EngineBug, match=r"i32\.plus has an opcode that is taken"):
        INSTRUCTIONS.with_rows(again)


def test_the_second_opcode_of_a_cast_is_taken_too() -> None:
    again = row(0x15, "x", "->", "", "op-iadd", "Adds.", prefix=0xFB)
    with pytest.raises(EngineBug, match="taken"):
        INSTRUCTIONS.with_rows(again)


def test_a_taken_identifier_is_refused() -> None:
    first = row(1, "a.b", "->", "", "op-iadd", "Adds.")
    second = row(2, "a/b", "->", "", "op-iadd", "Adds.")
    with pytest.raises(EngineBug, match="a_b is there twice"):
        InstructionSet((first, second))
