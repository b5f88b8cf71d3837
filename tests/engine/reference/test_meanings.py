"""Every row has a meaning, and a new row needs nothing but one."""

from __future__ import annotations

import inspect
import pkgutil
from typing import Any

import pytest

import pywasm_rt.engine.reference as package
from pywasm_rt.engine.driver import call
from pywasm_rt.engine.reference import ReferenceEngine
from pywasm_rt.engine.reference.integer import MASK_32
from pywasm_rt.engine.reference.lowering import CONTROL
from pywasm_rt.engine.reference.meanings import ENTITIES, FAMILIES, Meaning, collect_meanings
from pywasm_rt.engine.reference.memory import Memory
from pywasm_rt.errors import DecodeError, EngineBug
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.instructions import INSTRUCTIONS, ROWS, Row, row
from pywasm_rt.wasm.instructions.immediates import KINDS
from pywasm_rt.wasm.text import parse

MEANINGS = collect_meanings()
WITH_MEANING = [row for row in ROWS if row.identifier in MEANINGS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.identifier)
def test_every_instruction_has_one_meaning(row: Row) -> None:
    assert (row.identifier in MEANINGS) is not (row.identifier in CONTROL)


def test_nothing_is_left_over() -> None:
    assert set(CONTROL) <= set(INSTRUCTIONS.by_identifier)
    others = {name for name in MEANINGS if name not in INSTRUCTIONS.by_identifier}
    # What modules of meanings export besides does not look like an instruction.
    families = {name.partition("_")[0] for name in INSTRUCTIONS.by_identifier}
    assert {name for name in others if name.partition("_")[0] in families} == set()


def test_no_family_is_forgotten() -> None:
    for info in pkgutil.iter_modules(package.__path__):
        if info.name not in FAMILIES:
            module = __import__(f"{package.__name__}.{info.name}", fromlist=["__all__"])
            assert not set(module.__all__) & set(INSTRUCTIONS.by_identifier)


@pytest.mark.parametrize("row", WITH_MEANING, ids=lambda row: row.identifier)
def test_it_takes_what_the_row_says(row: Row) -> None:
    meaning = Meaning(MEANINGS[row.identifier], row.immediates)
    if row.stack is not None and meaning.operand_count is not None:
        assert meaning.operand_count == len(row.stack.takes)
    assert MEANINGS[row.identifier].__doc__


def test_kinds_of_immediates_are_known() -> None:
    assert set(KINDS) >= ENTITIES


TWICE = row(0x7F, "i32.twice", "i32 -> i32", "", "", "Doubles a number.", prefix=0xFC)
ROTATE = row(0x7E, "i32.mix", "i32 i32 i32 -> i32", "lane", "", "Mixes.", prefix=0xFC)
SPLIT = row(0x7D, "i32.split", "i32 -> i32 i32", "", "", "Two halves.", prefix=0xFC)
FLIP = row(
    0x7C, "i32.flip8", "i32 ->", "memory_argument", "", "Flips a byte.", rule="load",
    width_bytes=1, prefix=0xFC,
)  # fmt: skip
COUNT = row(0x7B, "memory.count", "i32 -> i32", "memory", "", "Counts bytes.", prefix=0xFC)


def i32_twice(a: int) -> int:
    """Twice the number."""
    return 2 * a & MASK_32


def i32_mix(a: int, b: int, c: int, lane: int) -> int:
    """Four numbers as digits."""
    return ((a * 10 + b) * 10 + c) * 10 + lane


def i32_split(a: int) -> tuple[int, int]:
    """The upper and the lower half."""
    return a >> 16, a & 0xFFFF


def i32_flip8(memory: Memory, address: int) -> None:
    """Flip the bits of a byte."""
    memory.u8[address] = memory.u8[address] ^ 0xFF


def memory_count(memory: Memory, value: int) -> int:
    """How many bytes have this value."""
    return memory.read(0, memory.size_bytes).count(value)


FUNCTIONS = (i32_twice, i32_mix, i32_split, i32_flip8, memory_count)
TEXT = """
(module
  (memory (export "memory") 1)
  (func (export "twice") (param i32) (result i32) (i32.const 1) (i32.twice (local.get 0)) (i32.add))
  (func (export "mix") (result i32) (i32.mix 4 (i32.const 1) (i32.const 2) (i32.const 3)))
  (func (export "split") (param i32) (result i32 i32) (i32.split (local.get 0)))
  (func (export "flip") (param i32) (i32.flip8 offset=2 (local.get 0)))
  (func (export "count") (param i32) (result i32) (memory.count 0 (local.get 0))))
"""


@pytest.mark.parametrize("plain", [False, True])
def test_a_new_instruction_needs_a_row_and_a_function(*, plain: bool) -> None:
    instructions = INSTRUCTIONS.with_rows(TWICE, ROTATE, SPLIT, FLIP, COUNT)
    functions = {function.__name__: function for function in FUNCTIONS}
    engine = ReferenceEngine(instructions, functions, plain=plain)
    assert ("i32_twice" in engine.loop.inlined) is not plain
    binary = encode(parse(TEXT, instructions=instructions))
    instance = engine.instantiate(engine.load(binary))

    def run(name: str, *arguments: int) -> Any:
        return call(instance, instance.exports[name], arguments)

    assert run("twice", 0x8000_0005) == (11,)
    assert run("mix") == (1234,)
    assert run("split", 0xABCD_EF01) == (0xABCD, 0xEF01)
    assert run("flip", 5) == ()
    assert instance.exports["memory"].read(6, 3) == b"\0\xff\0"
    assert run("count", 0) == (65535,)
    with pytest.raises(DecodeError):
        ReferenceEngine().load(binary)


def test_a_row_without_a_meaning_is_a_fault_of_ours() -> None:
    engine = ReferenceEngine(INSTRUCTIONS.with_rows(TWICE), plain=True)
    module = parse(
        '(module (func (export "f") (drop (i32.twice (i32.const 1)))))',
        instructions=engine.instructions,
    )
    instance = engine.instantiate(engine.load(module))
    with pytest.raises(EngineBug, match=r"i32\.twice has no meaning"):
        call(instance, instance.exports["f"])


def test_only_functions_are_collected() -> None:
    assert all(map(inspect.isfunction, MEANINGS.values()))
