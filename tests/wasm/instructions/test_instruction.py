"""Rows and instructions as data."""

from __future__ import annotations

from pywasm_rt.wasm.instructions import INSTRUCTIONS, Instruction, MemoryArgument
from pywasm_rt.wasm.instructions.row import row


def test_an_instruction_reads_as_its_mnemonic_and_immediates() -> None:
    const = Instruction(INSTRUCTIONS.by_mnemonic["i32.const"], (-3,))
    assert str(const) == "i32.const -3"
    assert str(Instruction(INSTRUCTIONS.by_mnemonic["nop"])) == "nop"


def test_equal_instructions_are_equal_and_hash_alike() -> None:
    load = INSTRUCTIONS.by_mnemonic["i32.load"]
    first = Instruction(load, (MemoryArgument(2, 0, 8),))
    second = Instruction(load, (MemoryArgument(2, 0, 8),))
    assert first == second
    assert hash(first) == hash(second)
    assert first != Instruction(load, (MemoryArgument(2, 0, 9),))


def test_rows_are_equal_by_opcode() -> None:
    other = row(0x6A, "something.else", "", "", "op-iadd", "Adds.")
    assert other == INSTRUCTIONS.by_mnemonic["i32.add"]
    assert other != INSTRUCTIONS.by_mnemonic["i32.sub"]


def test_opcode_text() -> None:
    assert INSTRUCTIONS.by_mnemonic["i32.add"].opcode_text == "0x6A"
    assert INSTRUCTIONS.by_mnemonic["v128.const"].opcode_text == "0xFD 0xC"


def test_urls_lead_to_the_specification_or_the_proposal() -> None:
    specification = "https://webassembly.github.io/spec/core/exec/"
    url = {row.identifier: row.url for row in INSTRUCTIONS.rows}
    assert url["i32_div_s"] == f"{specification}numerics.html#op-idiv-s"
    assert url["local_get"] == f"{specification}instructions.html#exec-local-get"
    assert "WebAssembly/threads" in url["atomic_fence"]
    assert "legacy" in url["rethrow"]


def test_natural_alignment() -> None:
    assert INSTRUCTIONS.by_mnemonic["v128.load"].natural_align_log2 == 4
    assert INSTRUCTIONS.by_mnemonic["i64.load8_u"].natural_align_log2 == 0
