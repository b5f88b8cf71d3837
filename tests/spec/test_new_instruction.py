"""Adding an instruction is a row and a meaning: everything else follows."""

from __future__ import annotations

import pytest

from pywasm_rt.engine.driver import call
from pywasm_rt.engine.reference import ReferenceEngine
from pywasm_rt.errors import DecodeError, ParseError, Trap, TrapCode, ValidationError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.instructions import INSTRUCTIONS, MemoryArgument, row
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.text import parse, parse_script, print_module
from pywasm_rt.wasm.validate import validate

ROWS = (
    row(0xC8, "i32.average", "i32 i32 -> i32", "", "op-add", "Pops two numbers, gives the mean."),
    row(0x40, "i32.scale", "i32 -> i32", "i32", "op-mul", "Multiplies by a constant.", prefix=0xFC),
    row(
        0x41,
        "i32.load_reversed",
        "i32 -> i32",
        "memory_argument",
        "exec-load",
        "Pops an address and pushes the four bytes there, the first one highest.",
        prefix=0xFC,
        rule="load",
        width_bytes=4,
    ),
    row(0x42, "i64.split", "i64 -> i32 i32", "", "op-and", "Gives both halves.", prefix=0xFC),
)


def i32_average(a: int, b: int) -> int:
    """The mean, rounded down."""
    return (a + b) // 2


def i32_scale(a: int, factor: int) -> int:
    """A multiple."""
    return a * factor & 0xFFFFFFFF


def i32_load_reversed(memory: object, address: int) -> int:
    """A big-endian number in memory."""
    return int.from_bytes(memory.read(address, 4), "big")  # type: ignore[attr-defined]


def i64_split(a: int) -> tuple[int, int]:
    """The low half and the high half."""
    return a & 0xFFFFFFFF, a >> 32


MEANINGS = {
    function.__name__: function
    for function in (i32_average, i32_scale, i32_load_reversed, i64_split)
}
LARGER = INSTRUCTIONS.with_rows(*ROWS)
TEXT = """(module
  (memory 1)
  (data (i32.const 6) "\\12\\34\\56\\78")
  (func (export "average") (param i32 i32) (result i32)
    (i32.average (local.get 0) (local.get 1)))
  (func (export "scale") (param i32) (result i32)
    (i32.scale -3 (local.get 0)))
  (func (export "load") (param i32) (result i32)
    (i32.load_reversed offset=4 (local.get 0)))
  (func (export "split") (param i64) (result i32)
    (i32.sub (i64.split (local.get 0)))))"""


@pytest.fixture(scope="module")
def module() -> Module:
    """A module that uses the new instructions."""
    return parse(TEXT, DEFAULT, LARGER)


@pytest.fixture(scope="module", params=[False, True], ids=["built loop", "plain loop"])
def engine(request: pytest.FixtureRequest) -> ReferenceEngine:
    """An engine that knows them."""
    return ReferenceEngine(LARGER, MEANINGS, plain=request.param)


def test_it_is_parsed_and_printed(module: Module) -> None:
    body = module.functions[2].body.instructions
    assert body[1].row is ROWS[2]
    assert body[1].immediates == (MemoryArgument(2, 0, 4),)
    for fold in (False, True):
        printed = print_module(module, fold=fold)
        for new in ROWS:
            assert new.mnemonic in printed
        assert parse(printed, DEFAULT, LARGER) == module


def test_it_is_encoded_and_decoded(module: Module) -> None:
    binary = encode(module)
    assert b"\x20\x00\x20\x01\xc8\x0b" in binary
    assert b"\xfc\x40\x7d\x0b" in binary
    assert b"\xfc\x41\x02\x04\x0b" in binary
    again = decode(binary, DEFAULT, LARGER)
    assert [f.body.instructions for f in again.functions] == [
        f.body.instructions for f in module.functions
    ]


def test_it_is_validated(module: Module) -> None:
    validate(module, DEFAULT, LARGER)
    for body, complaint in (
        ("(i32.average (i32.const 1) (i64.const 1)) drop", "type mismatch"),
        ("(i32.scale 1) drop", "type mismatch"),
        ("(i32.load_reversed align=8 (i32.const 1)) drop", "alignment must not be larger"),
        ("(i32.load_reversed 1 (i32.const 1)) drop", "unknown memory 1"),
        ("(i64.split (i64.const 1)) drop", "type mismatch"),
    ):
        wrong = parse(f"(memory 1) (func {body})", DEFAULT, LARGER)
        with pytest.raises(ValidationError, match=complaint):
            validate(wrong, DEFAULT, LARGER)


@pytest.mark.parametrize("route", ["module", "binary"])
def test_it_runs(module: Module, engine: ReferenceEngine, route: str) -> None:
    loaded = engine.load(module if route == "module" else encode(module))
    instance = engine.instantiate(loaded)

    def result(name: str, *arguments: int) -> int:
        (value,) = call(instance, instance.exports[name], arguments)
        assert isinstance(value, int)
        return value

    assert result("average", 5, 10) == 7
    assert result("scale", 5) == -15 & 0xFFFFFFFF
    assert result("load", 2) == 0x12345678
    assert result("split", 3 << 32 | 10) == 7
    with pytest.raises(Trap) as caught:
        result("load", 65530)
    assert caught.value.code is TrapCode.MEMORY_OUT_OF_BOUNDS
    execution = instance.start(instance.exports["average"], (1, 2))
    execution.run()
    assert (execution.steps_taken, execution.fuel_spent) == (4, 4)


def test_scripts_know_it() -> None:
    commands = parse_script(TEXT, DEFAULT, LARGER)
    assert commands[0].source.load() == parse(TEXT, DEFAULT, LARGER)  # type: ignore[union-attr]


def test_the_set_it_was_copied_from_does_not_know_it(module: Module) -> None:
    with pytest.raises(ParseError, match=r"unknown operator i32\.average"):
        parse(TEXT)
    with pytest.raises(DecodeError, match="illegal opcode"):
        decode(encode(module))
    assert not set(ROWS) & set(INSTRUCTIONS.rows)
