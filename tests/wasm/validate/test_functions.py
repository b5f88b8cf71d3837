"""Function bodies: local variables in great numbers, and where errors are."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from pywasm_rt.errors import CodeLocation, LineColumn, ValidationError
from pywasm_rt.wasm.binary import decode
from pywasm_rt.wasm.binary.local_types import LocalTypes
from pywasm_rt.wasm.instructions import INSTRUCTIONS, Instruction
from pywasm_rt.wasm.module import Expression, Function, Module
from pywasm_rt.wasm.types import F32, I32, FunctionType, RecursiveType, ReferenceType, SubType
from pywasm_rt.wasm.types import AbstractHeapType as Heap
from pywasm_rt.wasm.validate import validate

ROWS = INSTRUCTIONS.by_mnemonic
GROUP = RecursiveType((SubType(FunctionType((I32,))),))


def module_of(local_types: LocalTypes, *code: tuple[str, int], count: int = 1) -> Module:
    body = [Instruction(ROWS[name], (index,)) for name, index in code]
    body += [Instruction(ROWS["drop"])] * len(code) + [Instruction(ROWS["end"])]
    function = Function(0, local_types, Expression(body))
    return Module(recursive_types=[GROUP], functions=[function] * count)


def test_locals_in_runs() -> None:
    runs = LocalTypes([(0, F32), (49_990, F32), (5, I32)])
    validate(module_of(runs, ("local.get", 0), ("local.get", 49_990), ("local.get", 49_995)))
    with pytest.raises(ValidationError, match="unknown local 49996: there are 49996"):
        validate(module_of(runs, ("local.get", 49_996)))


def test_locals_without_default_in_runs() -> None:
    hard = ReferenceType(nullable=False, heap=Heap.ANY)
    runs = LocalTypes([(10_000, I32), (10_000, hard)])
    validate(module_of(runs, ("local.get", 10_000)))
    with pytest.raises(ValidationError, match="uninitialized local 10001"):
        validate(module_of(runs, ("local.get", 10_001)))


def test_many_functions_with_many_locals_cost_what_was_written() -> None:
    module = module_of(LocalTypes([(50_000, I32)]), ("local.get", 7), count=2_000)
    begin = time.perf_counter()
    validate(module)
    # Expanding all the locals would take ten times as long.
    assert time.perf_counter() - begin < 2


def test_where_in_a_binary(assemble: Callable[[str], bytes]) -> None:
    binary = assemble(
        """(module (func $first) (func $second (param i32) (result i32)
           local.get 0 i64.const 1 i32.add))"""
    )
    with pytest.raises(ValidationError) as caught:
        validate(decode(binary))
    error = caught.value
    place = error.where
    assert isinstance(place, CodeLocation)
    assert (place.function_index, place.function_name) == (1, "second")
    assert (place.pc, place.mnemonic) == (2, "i32.add")
    assert place.offset is not None
    assert binary[place.offset] == 0x6A
    assert error.details == {
        "expected": "[i32 i32]",
        "found": "[i32 i64]",
        "function_index": 1,
        "pc": 2,
        "mnemonic": "i32.add",
    }
    assert str(error) == (
        "type mismatch: instruction requires [i32 i32] but stack has [i32 i64] "
        f"(in function $second at instruction 2 (i32.add) offset 0x{place.offset:x})"
    )


def test_where_in_a_text(invalid: Callable[..., ValidationError]) -> None:
    error = invalid("(module\n  (func $f\n    i32.const 1\n    i32.eqz\n    f32.abs))", "type mis")
    assert isinstance(error.where, LineColumn)
    assert (error.where.line, error.where.column) == (5, 5)
    assert "(in f32.abs of function $f)" in str(error)
    assert error.details["function_index"] == 0
    assert error.details["pc"] == 2


def test_where_without_positions() -> None:
    module = module_of(LocalTypes([]), ("local.get", 4))
    with pytest.raises(ValidationError) as caught:
        validate(module)
    assert caught.value.where == CodeLocation(0, "", 0, None, "local.get")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ([], "unexpected end: function has no end"),
        (["block"], "unexpected end: block has no end"),
        (["end", "nop", "end"], "unexpected token: instructions behind the last end"),
    ],
)
def test_bodies_that_no_parser_gives(code: list[str], message: str) -> None:
    body = [Instruction(ROWS[name], (None,) if name == "block" else ()) for name in code]
    module = Module(recursive_types=[GROUP], functions=[Function(0, (), Expression(body))])
    with pytest.raises(ValidationError) as caught:
        validate(module)
    assert caught.value.message.startswith(message)
