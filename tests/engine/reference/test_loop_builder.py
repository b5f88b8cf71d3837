"""The loop that is built does what the loop that is written does."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.engine.float_bits import f32_from_bits, f64_from_bits
from pywasm_rt.engine.interface import Trapped
from pywasm_rt.engine.reference import ReferenceEngine, loop_builder
from pywasm_rt.engine.reference.loop_builder import FREQUENCIES, PLAIN_LOOP, build_loop
from pywasm_rt.engine.reference.meanings import collect_meanings
from pywasm_rt.errors import Trap
from pywasm_rt.wasm.instructions import INSTRUCTIONS, Row
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import F32, F64, I32, I64, NumberType

BUILT = build_loop(INSTRUCTIONS, collect_meanings())
PURE = [
    row
    for row in INSTRUCTIONS.rows
    if row.identifier in BUILT.inlined
    and row.stack is not None
    and not row.immediates
    and all(isinstance(type, NumberType) for type in row.stack.takes)
]


def test_short_meanings_are_written_out() -> None:
    expected = "i32_add i64_mul f64_sub i32_lt_s i32_load i32_store f64_load global_get select"
    assert set(expected.split()) <= BUILT.inlined
    # Those that trap, loop, or give several results are called.
    assert not {"i32_div_s", "memory_fill", "i64_add128", "call", "i32x4_add"} & BUILT.inlined


def test_every_case_has_a_number_of_its_own() -> None:
    assert sorted(BUILT.codes.values()) == list(range(len(BUILT.codes)))  # type: ignore[type-var]
    assert set(FREQUENCIES) <= set(BUILT.codes)


def test_frequent_cases_are_found_early() -> None:
    def depth(case: str) -> int:
        low, high, comparisons = 0, len(BUILT.codes), 0
        code = BUILT.codes[case]
        assert isinstance(code, int)
        tree = loop_builder._huffman(dict.fromkeys(BUILT.codes))
        while not isinstance(tree, str):
            comparisons += 1
            tree = tree[0] if case in _leaves(tree[0]) else tree[1]
        assert low <= code < high
        return comparisons

    assert depth("copy") <= 2
    assert depth("constant") <= 4
    assert depth("i32_add") <= 5
    assert max(map(depth, BUILT.codes)) < 20


def _leaves(tree: Any) -> set[str]:
    return {tree} if isinstance(tree, str) else _leaves(tree[0]) | _leaves(tree[1])


def test_the_source_can_be_read() -> None:
    assert "slots[a] = slots[a] + slots[b] & 4294967295" in BUILT.source
    assert "match op" not in BUILT.source
    assert "match op" in PLAIN_LOOP.source
    compile(BUILT.source, "loop", "exec")


def operands(row: Row) -> list[Any]:
    assert row.stack is not None
    choice = random.Random(row.code)
    found: list[Any] = []
    for type in row.stack.takes:
        bits = choice.choice([choice.getrandbits(64), choice.getrandbits(5), (1 << 64) - 1])
        make: dict[Any, Callable[[int], Any]] = {
            I32: lambda bits: bits & 0xFFFF_FFFF,
            I64: lambda bits: bits,
            F32: lambda bits: f32_from_bits(bits & 0xFFFF_FFFF),
            F64: f64_from_bits,
        }
        found.append(make[type](bits))
    return found


@pytest.mark.parametrize("row", PURE, ids=lambda row: row.identifier)
def test_a_written_out_meaning_is_the_meaning(
    row: Row, built_engine: ReferenceEngine, plain_engine: ReferenceEngine
) -> None:
    assert row.stack is not None
    takes, gives = (" ".join(map(str, types)) for types in (row.stack.takes, row.stack.gives))
    body = " ".join(f"(local.get {index})" for index in range(len(row.stack.takes)))
    module = parse(
        f'(module (func (export "f") (param {takes}) (result {gives}) {body} {row.mnemonic}))'
    )
    given = operands(row)
    outcomes = []
    for engine in (built_engine, plain_engine):
        instance = engine.instantiate(engine.load(module))
        execution = instance.start(instance.exports["f"], given)
        event = execution.run()
        shown = event.trap.message if isinstance(event, Trapped) else repr(event)
        outcomes.append((shown, execution.fuel_spent, execution.steps_taken))
    assert outcomes[0] == outcomes[1]


def test_without_source_the_loop_runs_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(module: object) -> str:
        raise OSError("source code not available")

    monkeypatch.setattr(inspect, "getsource", refuse)
    assert build_loop(INSTRUCTIONS, collect_meanings()) is PLAIN_LOOP


SCALE = 3


def i32_add(a: int, b: int) -> int:
    """Something else than the usual."""
    total = a
    total += b
    return total


def i32_sub(a: int, b: int) -> int:
    """Uses a constant of this module."""
    return a * SCALE - b


def i32_mul(a: int, b: int) -> int:
    """Calls a function of this module that the loop knows by another meaning."""
    return execute(a, b)


def execute(a: int, b: int) -> int:
    return a - b


def test_what_cannot_be_written_out_is_called() -> None:
    meanings = {**collect_meanings(), "i32_add": i32_add, "i32_sub": i32_sub, "i32_mul": i32_mul}
    built = build_loop(INSTRUCTIONS, {**meanings, "i32_xor": lambda a, b: a})
    # A variable of its own; nothing in the way; a name that means something else in the loop.
    assert "i32_add" not in built.inlined
    assert "i32_sub" in built.inlined
    assert "slots[a] * 3 - slots[b]" in built.source
    assert "i32_xor" not in built.inlined


def test_a_trap_in_the_built_loop_is_traced_to_its_file(built_engine: ReferenceEngine) -> None:
    module = parse('(module (func (export "f") (unreachable)))')
    instance = built_engine.instantiate(built_engine.load(module))
    event = instance.start(instance.exports["f"], ()).run()
    assert isinstance(event, Trapped)
    assert isinstance(event.trap, Trap)
    trace = event.trap.__traceback__
    files = set()
    while trace is not None:
        files.add(trace.tb_frame.f_code.co_filename.rpartition("/")[2])
        trace = trace.tb_next
    assert {"machine.py", "parametric.py"} <= files
