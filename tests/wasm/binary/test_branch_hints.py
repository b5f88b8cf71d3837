"""Branch hints: byte offsets in the binary, instruction numbers in a module."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.binary.branch_hints import BRANCH_HINTS, decode_branch_hints
from pywasm_rt.wasm.instructions import INSTRUCTIONS, Instruction
from pywasm_rt.wasm.module import BranchHint

# local.get 0; if; nop; end; end
BODY = bytes.fromhex("00 20 00 04 40 01 0b 0b")


def module(hints: str) -> bytes:
    name = BRANCH_HINTS.encode()
    custom = bytes((len(name),)) + name + bytes.fromhex(hints)
    sections = [
        (1, bytes.fromhex("01 60 01 7f 00")),
        (3, bytes.fromhex("01 00")),
        (0, custom),
        (10, b"\x01" + bytes((len(BODY),)) + BODY),
    ]
    parts = [bytes((number, len(content))) + content for number, content in sections]
    return b"\0asm\x01\0\0\0" + b"".join(parts)


def test_hints_become_instruction_numbers() -> None:
    data = module("01 00 01 03 01 01")
    decoded = decode(data)
    assert decoded.branch_hints == {0: [BranchHint(1, likely=True)]}
    assert encode(decoded) == data


@pytest.mark.parametrize(
    "hints",
    [
        "01 00 01 04 01 01",  # not the beginning of an instruction
        "01 00 01 70 01 01",  # behind the function
        "01 00 01 03 02 01",  # a value of two bytes
        "01 00 01 03 01 02",  # neither likely nor unlikely
        "01 05 01 03 01 01",  # no such function
        "01 00 02 03 01 01",  # ends too early
        "ff ff ff ff 0f",
    ],
)
def test_malformed_hints_are_ignored_but_kept(hints: str) -> None:
    data = module(hints)
    decoded = decode(data)
    assert decoded.branch_hints == {}
    assert encode(decoded) == data


def test_hints_move_with_their_instructions() -> None:
    decoded = decode(module("01 00 01 03 01 00"))
    constant = Instruction(INSTRUCTIONS.by_mnemonic["i32.const"], (1000,))
    code = decoded.functions[0].body
    code.instructions = [constant, *code.instructions[1:]]
    again = decode(encode(decoded))
    assert again.branch_hints == decoded.branch_hints
    assert again.customs[0].data.hex(" ") == "01 00 01 04 01 00"


def test_hints_without_a_section_get_one_before_the_code() -> None:
    decoded = decode(module("01 00 01 03 01 01"))
    decoded.customs.clear()
    assert encode(decoded) == module("01 00 01 03 01 01")


def test_a_section_without_hints_goes() -> None:
    decoded = decode(module("01 00 01 03 01 01"))
    decoded.branch_hints = {}
    again = decode(encode(decoded))
    assert again.branch_hints == {}
    assert again.customs == []


def test_hints_of_imports_do_not_exist(code_module: Callable[..., bytes]) -> None:
    data = code_module(b"\x0b", ())
    decoded = decode(data)
    assert decode_branch_hints(bytes.fromhex("01 01 00"), decoded) == {}
