"""Both engines do the same: values, traps, fuel, steps, what becomes of memories and globals."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine
from pywasm_rt.wasm.binary import encode
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
