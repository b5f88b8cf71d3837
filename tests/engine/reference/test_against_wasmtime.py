"""The same questions put to wasmtime: numbers bit by bit, traps, fuel."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
import wasmtime

from pywasm_rt.engine.interface import Trapped
from pywasm_rt.engine.reference import ReferenceEngine
from pywasm_rt.errors import Trap
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.instructions import ROWS, Row
from pywasm_rt.wasm.types import F32, F64, I32, I64, NumberType

NUMERIC = [
    row
    for row in ROWS
    if row.stack is not None
    and row.stack.takes
    and not row.immediates
    and all(isinstance(type, NumberType) for type in (*row.stack.takes, *row.stack.gives))
]
FEATURES = DEFAULT.with_(wide_arithmetic=True)
SAMPLES = 8
# Other instructions may give any quiet NaN.
MOVES_OF_BITS = ("neg", "abs", "copysign", "reinterpret")
EDGES_32 = [0, 1, 2, 31, 32, 33, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0x7FFF_FFFF, 0x8000_0000]
EDGES_32 += [0x8000_0001, 0xFFFF_FFFE, 0xFFFF_FFFF]
EDGES_64 = [*EDGES_32, 63, 64, 65, 1 << 32, (1 << 53) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
EDGES_64 += [0x7FFF_FF40_0000_0001, 0x0020_0000_2000_0001, 0x7FFF_FFBF_FFFF_FFFF]
# Zeros, ones, halves, the smallest and largest numbers, powers of two around which truncation
# traps, infinities, quiet and signalling NaNs.
EDGES_F32 = [0, 1, 0x7FFFFF, 0x800000, 0x3F000000, 0x3F800000, 0x3FC00000, 0x40200000, 0x4AFFFFFF]
EDGES_F32 += [0x4B000001, 0x4EFFFFFF, 0x4F000000, 0x4F7FFFFF, 0x4F800000, 0x5EFFFFFF, 0x5F000000]
EDGES_F32 += [0x5F7FFFFF, 0x5F800000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000, 0x7F800001, 0x7FE12345]
EDGES_F64 = [0, 1, 0xF_FFFF_FFFF_FFFF, 0x10_0000_0000_0000, 0x3FE0 << 48, 0x3FF0 << 48]
EDGES_F64 += [0x3FF8 << 48, 0x4004 << 48, 0x432F_FFFF_FFFF_FFFF, 0x4330_0000_0000_0001]
EDGES_F64 += [0x41DF_FFFF_FFFF_FFFF, 0x41E0 << 48, 0x41E0_0000_0010_0000, 0x41EF_FFFF_FFF0_0000]
EDGES_F64 += [
    0x41F0 << 48,
    0x43DF_FFFF_FFFF_FFFF,
    0x43E0 << 48,
    0x43EF_FFFF_FFFF_FFFF,
    0x43F0 << 48,
]
EDGES_F64 += [0x47EF_FFFF_EFFF_FFFF, 0x47EF_FFFF_F000_0000, 0x3690 << 48, 0x36A0_0000_0000_0001]
EDGES_F64 += [0x7FEF_FFFF_FFFF_FFFF, 0x7FF0 << 48, 0x7FF8 << 48, 0x7FF0_0000_0000_0001]
EDGES_F64 += [0x7FFC_1234_5678_9ABC, 0x7FF0_0000_2000_0000]
EDGES: dict[object, list[int]] = {
    I32: EDGES_32,
    I64: EDGES_64,
    F32: [*EDGES_F32, *(bits | 1 << 31 for bits in EDGES_F32)],
    F64: [*EDGES_F64, *(bits | 1 << 63 for bits in EDGES_F64)],
}
AS_INTEGER: dict[object, str] = {I32: "i32", I64: "i64", F32: "i32", F64: "i64"}
TO_BITS: dict[object, str] = {F32: "i32.reinterpret_f32", F64: "i64.reinterpret_f64"}
FROM_BITS: dict[object, str] = {F32: "f32.reinterpret_i32", F64: "f64.reinterpret_i64"}


def function_of(row: Row) -> str:
    """A function that does the instruction, floats being passed as their bits."""
    assert row.stack is not None
    parameters = " ".join(AS_INTEGER[type] for type in row.stack.takes)
    results = " ".join(AS_INTEGER[type] for type in row.stack.gives)
    body = [
        f"(local.get {index}) {FROM_BITS.get(type, '')}"
        for index, type in enumerate(row.stack.takes)
    ]
    body.append(row.mnemonic)
    body += [TO_BITS.get(type, "") for type in row.stack.gives]
    body = [f'(func (export "{row.mnemonic}") (param {parameters}) (result {results})', *body, ")"]
    return "\n".join(body)


def is_nan(type: object, bits: int) -> bool:
    if type is F32:
        return bits & 0x7FFF_FFFF > 0x7F80_0000
    return type is F64 and bits & (1 << 63) - 1 > 0x7FF0 << 48


def is_quiet(type: object, bits: int) -> bool:
    return bool(bits & (1 << 22 if type is F32 else 1 << 51))


def operands_for(row: Row) -> Iterator[tuple[int, ...]]:
    """All pairs of edges for up to two operands, and some random ones."""
    assert row.stack is not None
    choice = random.Random(row.code)
    types = row.stack.takes
    edges = [EDGES[type] for type in types]
    if len(types) <= 2:
        pairs = list(product(*edges))
        yield from choice.sample(pairs, min(len(pairs), 150))
    for _ in range(SAMPLES):
        yield tuple(
            choice.choice(edge) if choice.random() < 0.5 else choice.getrandbits(64) & mask(type)
            for edge, type in zip(edges, types, strict=True)
        )


def mask(type: object) -> int:
    return 0xFFFF_FFFF if AS_INTEGER[type] == "i32" else (1 << 64) - 1


class Oracle:
    """An instance in wasmtime."""

    def __init__(self, text: str, *, fuel: bool = False) -> None:
        config = wasmtime.Config()
        config.wasm_wide_arithmetic = True
        config.consume_fuel = fuel
        self.binary = bytes(wasmtime.wat2wasm(f"(module {text})"))
        self.store = wasmtime.Store(wasmtime.Engine(config))
        if fuel:
            self.store.set_fuel(1 << 40)
        module = wasmtime.Module(self.store.engine, self.binary)
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)

    def call(self, name: str, *arguments: int) -> Any:
        function = self.exports[name]
        assert isinstance(function, wasmtime.Func)
        return function(self.store, *arguments)


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle("\n".join(map(function_of, NUMERIC)))


def outcome(call: Callable[[], Any]) -> object:
    """The results, or the beginning of a trap's message."""
    try:
        result = call()
    except wasmtime.Trap as trap:
        return trap.message.partition("wasm trap: ")[2].strip()
    except Trap as trap:
        return trap.message
    return result if isinstance(result, tuple | list) else (result,)


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.identifier)
def test_numbers(row: Row, oracle: Oracle, built_engine: ReferenceEngine) -> None:
    assert row.stack is not None
    instance = built_engine.instantiate(built_engine.load(oracle.binary, FEATURES))
    function = instance.exports[row.mnemonic]
    for operands in operands_for(row):
        event = instance.start(function, operands).run()
        ours = event.trap.message if isinstance(event, Trapped) else event.values  # type: ignore[union-attr]
        theirs = outcome(lambda operands=operands: oracle.call(row.mnemonic, *operands))  # type: ignore[misc]
        if isinstance(theirs, str):
            assert ours == theirs
            continue
        assert isinstance(theirs, tuple | list)
        assert isinstance(ours, tuple)
        for type, mine, its in zip(row.stack.gives, ours, theirs, strict=True):
            its &= mask(type)
            if is_nan(type, its) and not row.identifier[4:].startswith(MOVES_OF_BITS):
                assert is_nan(type, mine), operands
                assert is_quiet(type, mine), operands
            else:
                assert mine == its, operands


FUEL = """
(memory 1)
(global $g (mut i64) (i64.const 0))
(table 2 funcref)
(elem (i32.const 0) func $one $two)
(type $t (func (param i32) (result i32)))
(func $one (type $t) (nop) (block (loop (nop))) (i32.add (local.get 0) (i32.const 1)))
(func $two (type $t) (return (call $one (call $one (local.get 0)))))
(func (export "f") (param $n i32) (result i32) (local $i i32)
  (block $out
    (loop $l
      (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
      (drop (call_indirect (type $t) (local.get $i) (i32.and (local.get $i) (i32.const 1))))
      (if (i32.and (local.get $i) (i32.const 2))
        (then (global.set $g (i64.add (global.get $g) (i64.const 1))))
        (else (i32.store (local.get $i) (select (i32.const 1) (i32.const 2) (local.get $i)))))
      (block $a (block $b (br_table $a $b (i32.rem_u (local.get $i) (i32.const 3)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $l)))
  (if (result i32) (i32.load (i32.const 4)) (then (unreachable)) (else (i32.const 5))))
"""


@pytest.mark.parametrize("argument", range(8))
def test_fuel(argument: int, engine: ReferenceEngine) -> None:
    oracle = Oracle(FUEL, fuel=True)
    instance = engine.instantiate(engine.load(oracle.binary))
    before = oracle.store.get_fuel()
    theirs = outcome(lambda: oracle.call("f", argument))
    execution = instance.start(instance.exports["f"], [argument])
    event = execution.run()
    assert execution.fuel_spent == before - oracle.store.get_fuel()
    assert isinstance(event, Trapped) == isinstance(theirs, str)
