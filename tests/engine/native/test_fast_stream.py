"""The fast stream beside the reference engine where it is easily wrong: which instruction trapped,
with which operands and locals, in the middle of superinstructions too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine, Paused, Trapped
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

SEQUENCES = Path(__file__).resolve().parents[3] / "native" / "fast_sequences.h"
LOCALS = (4, 65_500, -1, 0)


def outcome(engine: Engine, binary: bytes, arguments: tuple[int, ...], quantum: int | None) -> Any:
    """All that can be seen of a run to its end, which is a trap or a return."""
    instance = engine.instantiate(engine.load(binary))
    function: Any = instance.exports["run"]
    execution = instance.start(function, arguments)
    event = execution.run(quantum)
    seen: list[object] = []
    while isinstance(event, Paused):
        seen.append((execution.fuel_spent, execution.steps_taken, frames(execution)))
        event = execution.run(quantum)
    end = str(event.trap) if isinstance(event, Trapped) else event.values  # type: ignore[union-attr]
    memory: Any = instance.exports["memory"]
    return (
        seen,
        end,
        execution.fuel_spent,
        execution.steps_taken,
        frames(execution),
        memory.read(0, 65_536),
    )


def frames(execution: Any) -> list[tuple[object, ...]]:
    return [
        (f.function_index, f.pc, [v.value for v in f.locals], [v.value for v in f.operands])
        for f in execution.frames()
    ]


def module(body: str, signature: str = "(param i32 i32 i32 i32) (result i32)") -> bytes:
    text = f"""(module (memory (export "memory") 1) (global $g (mut i32) (i32.const 9))
        (func $callee (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
        (func (export "run") {signature} (local $i i32) (local $l i64) (local $d f64)
              (local $v v128)
          {body}))"""
    return encode(parse(text))


TRAPPING = {
    "behind a comparison that the branch does itself": """
        (if (i32.eqz (i32.gt_u (local.get 0) (i32.const 129))) (then))
        (drop (i32.const 2)) unreachable""",
    "in the second": "(i32.load offset=40 (i32.add (local.get 0) (local.get 1)))",
    "behind an operand in its accumulator": """
        (i32.add (i32.mul (local.get 0) (i32.const 3))
                 (i32.load offset=40 (i32.add (i32.load (local.get 0)) (local.get 1))))""",
    "behind constants and locals": """
        (i32.const 7) (local.get 2)
        (i32.load offset=48 (i32.add (i32.load (i32.add (local.get 0) (i32.const 4)))
                                    (local.get 1)))
        drop drop""",
    "in a chain": """
        (local.set $i (i32.load (local.get 0)))
        (local.set $i (i32.add (local.get $i) (local.get 1)))
        (i32.store offset=36 (local.get $i) (i32.load offset=36 (local.get $i)))
        (local.get $i)""",
    "in a store behind a load": """
        (i32.store (local.get 1) (i32.load (local.get 0)))
        (i32.store offset=32 (local.get 1) (i32.load offset=4 (local.get 0)))
        (i32.store offset=64 (local.get 1) (i32.load offset=8 (local.get 0)))
        (local.get 2)""",
    "floats": """
        (f64.store (local.get 0) (f64.add (f64.load (local.get 0)) (f64.mul (local.get $d)
            (f64.load offset=29 (local.get 1)))))
        (i32.const 0)""",
    "a division": """
        (i32.add (i32.load (local.get 0)) (i32.div_s (i32.add (local.get 2) (i32.const 5))
            (i32.load (local.get 0))))""",
    "a conversion": """
        (i32.add (local.get 0) (i32.trunc_f64_s (f64.mul (f64.const 1e10)
            (f64.convert_i32_s (local.get 1)))))""",
    "vectors": """
        (local.set $v (i32x4.splat (local.get 1)))
        (v128.store (local.get 0) (i32x4.add (local.get $v) (v128.load offset=30 (local.get 1))))
        (i32x4.extract_lane 1 (local.get $v))""",
    "vectors below": """
        (local.get $v) (i32x4.splat (local.get 0))
        (f32x4.mul (v128.load (local.get 0)) (v128.load offset=40 (local.get 1)))
        drop drop drop (i32.const 0)""",
    "a callee": """
        (i32.add (i32.load (local.get 0)) (call $callee (local.get 1) (local.get 3)))""",
    "copied memory": """
        (i32.load (local.get 0))
        (memory.copy (local.get 0) (local.get 1) (i32.const 37))""",
    "filled memory": """
        (i32.load (local.get 0))
        (memory.fill (local.get 1) (i32.const 3) (local.get 1))""",
    "behind a branch not taken": """
        (block (br_if 0 (i32.eq (i32.load (local.get 0)) (i32.const 1)))
          (br_if 0 (i32.gt_u (i32.load offset=4 (local.get 0)) (local.get 1)))
          (local.set $i (i32.load offset=40 (local.get 1))))
        (local.get $i)""",
    "at the second turn": """
        (loop $again
          (local.set $i (i32.add (local.get $i) (i32.const 40)))
          (i32.store8 (i32.add (local.get $i) (local.get 1)) (local.get $i))
          (br_if $again (i32.lt_u (local.get $i) (i32.const 400))))
        (local.get $i)""",
}


@pytest.mark.parametrize("name", TRAPPING)
@pytest.mark.parametrize("quantum", [None, 7])
def test_a_trap_is_where_the_reference_has_it(
    native_engine: Engine, name: str, quantum: int | None
) -> None:
    binary = module(TRAPPING[name])
    expected = outcome(get_engine("reference"), binary, LOCALS, quantum)
    assert isinstance(expected[1], str), "it traps"
    assert outcome(native_engine, binary, LOCALS, quantum) == expected


class Straight:
    """Makes straight code over a few locals, of the kinds of sequences that programs have; every
    access may be outside.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def integer(self, depth: int) -> str:
        choice = self.random.randrange(9 if depth else 3)
        if choice == 0:
            return f"(i32.const {self.random.choice((0, 1, 4, 8, 255, 65_530, -2))})"
        if choice in (1, 2):
            return f"(local.get {self.random.randrange(5)})"
        if choice == 3:
            return f"(i32.{self.load()} {self.address(depth - 1)})"
        if choice == 4:
            return f"(local.tee {self.random.randrange(5)} {self.integer(depth - 1)})"
        if choice == 5:
            return f"(i32x4.extract_lane {self.random.randrange(4)} {self.vector(depth - 1)})"
        if choice == 6:
            return f"(i32.trunc_f64_s {self.double(depth - 1)})"
        operation = self.random.choice(
            ("add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "lt_u", "eq", "div_u")
        )
        return f"(i32.{operation} {self.integer(depth - 1)} {self.integer(depth - 1)})"

    def load(self) -> str:
        kind = self.random.choice(("load", "load", "load8_u", "load16_s"))
        return f"{kind} offset={self.random.choice((0, 4, 16, 60))}"

    def address(self, depth: int) -> str:
        if self.random.random() < 0.8:
            return f"(i32.and (i32.const 65_528) {self.integer(depth)})"
        return self.integer(depth)

    def double(self, depth: int) -> str:
        choice = self.random.randrange(4) if depth > 0 else 0
        if choice == 0:
            return "(local.get $d)"
        if choice == 1:
            return f"(f64.load offset=8 {self.address(depth - 1)})"
        if choice == 2:
            return f"(f64.convert_i32_s {self.integer(depth - 1)})"
        return f"(f64.add {self.double(depth - 1)} {self.double(depth - 1)})"

    def vector(self, depth: int) -> str:
        choice = self.random.randrange(7) if depth > 0 else 0
        if choice == 0:
            return "(local.get $v)"
        if choice == 1:
            return f"(v128.load offset=16 {self.address(depth - 1)})"
        if choice == 2:
            return f"(i32x4.splat {self.integer(depth - 1)})"
        if choice == 3:
            return f"(local.tee $v {self.vector(depth - 1)})"
        if choice == 4:
            return f"(i16x8.shl {self.vector(depth - 1)} {self.integer(depth - 1)})"
        if choice == 5:
            lane = self.random.randrange(4)
            return f"(i32x4.replace_lane {lane} {self.vector(depth - 1)} {self.integer(depth - 1)})"
        operation = self.random.choice(("i32x4.add", "i8x16.sub", "v128.xor", "i16x8.mul"))
        return f"({operation} {self.vector(depth - 1)} {self.vector(depth - 1)})"

    def statement(self) -> str:
        choice = self.random.randrange(7)
        if choice == 0:
            return f"(i32.store offset=4 {self.address(2)} {self.integer(2)})"
        if choice == 1:
            return f"(f64.store {self.address(2)} {self.double(2)})"
        if choice == 2:
            return f"(local.set $v {self.vector(2)})"
        if choice == 3:
            return f"(v128.store {self.address(1)} {self.vector(2)})"
        if choice == 4:
            condition, inside = self.integer(2), self.statement()
            return f"(block (br_if 0 {condition}) {inside})"
        if choice == 5:
            return f"(global.set $g (i32.add (global.get $g) {self.integer(1)}))"
        return f"(local.set {self.random.randrange(5)} {self.integer(3)})"

    def body(self) -> str:
        statements = "\n".join(self.statement() for _ in range(self.random.randrange(3, 25)))
        turns = "(br_if $again (i32.lt_u (local.get 4) (i32.const 9)))"
        return f"(loop $again {statements} {turns}) {self.integer(4)}"


def runs(seeds: range) -> Iterator[tuple[int, bytes]]:
    for seed in seeds:
        yield seed, module(Straight(seed).body())


def test_made_code_does_the_same(native_engine: Engine) -> None:
    reference, trapped = get_engine("reference"), 0
    for seed, binary in runs(range(250)):
        quantum = None if seed % 2 else 1 + seed % 50
        expected = bounded(reference, binary, quantum)
        trapped += isinstance(expected[1], str)
        assert bounded(native_engine, binary, quantum) == expected, f"seed {seed}"
    assert 50 < trapped < 250


def bounded(engine: Engine, binary: bytes, quantum: int | None) -> Any:
    """The outcome; a loop that does not end by itself is left after some fuel."""
    instance = engine.instantiate(engine.load(binary))
    function: Any = instance.exports["run"]
    execution = instance.start(function, LOCALS)
    event, seen = execution.run(quantum or 3_000), []
    while isinstance(event, Paused) and execution.fuel_spent < 3_000:
        seen.append((execution.fuel_spent, execution.steps_taken, frames(execution)))
        event = execution.run(quantum)
    memory: Any = instance.exports["memory"]
    if isinstance(event, Trapped):
        end: object = str(event.trap)
    else:
        end = None if isinstance(event, Paused) else event.values  # type: ignore[union-attr]
    state = (execution.fuel_spent, execution.steps_taken, frames(execution))
    return seen, end, state, memory.read(0, 65_536)


def test_sequences_end_where_nothing_goes_straight_on() -> None:
    lines = [line for line in SEQUENCES.read_text().splitlines() if line.startswith("SEQUENCE")]
    assert len(lines) == len(set(lines)) > 100
    never = ("goto", "return", "br_table", "call", "unreachable", "escape")
    for line in lines:
        head, _, rest = line.partition("(")
        names = rest.rstrip(")").split(", ")
        assert int(head.removeprefix("SEQUENCE")) == len(names)
        assert not any(name.startswith(never) for name in names[:-1]), line
