"""Both engines do the same: values, traps, fuel, steps, what becomes of memories and globals."""

from __future__ import annotations

import random
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine, Function, Paused
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse
from spec_tests.generator import EVERYTHING, generate, observe


@settings(max_examples=150)
@given(seed=st.integers(0, 2**64 - 1), size=st.integers(1, 400))
def test_engines_agree_about_made_modules(native_engine: Engine, seed: int, size: int) -> None:
    binary = encode(generate(random.Random(seed), size, EVERYTHING))
    expected = observe(get_engine("reference"), binary, EVERYTHING)
    assert observe(native_engine, binary, EVERYTHING) == expected


def test_a_difference_would_be_seen() -> None:
    engine = get_engine("reference")
    observed = [observe(engine, generate(random.Random(seed), 50), EVERYTHING) for seed in range(9)]
    assert all(observed[0] != other for other in observed[1:])


def test_notifying_without_end_pauses_like_everything_else(engine_name: str) -> None:
    text = """(memory 1 1 shared) (func (export "f")
        (loop (drop (memory.atomic.notify (i32.const 0) (i32.const 1))) (br 0)))"""
    engine = get_engine(engine_name)
    instance = engine.instantiate(engine.load(encode(parse(text, EVERYTHING)), EVERYTHING))
    execution = instance.start(cast("Function", instance.exports["f"]))
    for _ in range(100):
        assert isinstance(execution.run(1_000), Paused)
    # Four a turn, and one for the entry of the function.
    assert execution.fuel_spent == 1 + 100 * 1_000
