"""Both engines do the same: values, traps, fuel, steps, what becomes of memories and globals; and
they stand at the same place in the same state wherever they are cut.

``python -m spec_tests lockstep suites --made 2000 --workloads`` is the long version.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine, Function, Paused
from pywasm_rt.engine.reference import ReferenceEngine
from pywasm_rt.engine.reference.meanings import collect_meanings
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.instructions import INSTRUCTIONS
from pywasm_rt.wasm.text import parse
from spec_tests.__main__ import main
from spec_tests.generator import EVERYTHING, generate, observe
from spec_tests.lockstep import Difference, LockstepEngine
from spec_tests.lockstep.command import run_made, run_script

SCRIPTS = """br_table call_indirect func linking local_init float_exprs
gc/struct gc/array exceptions/try_table exceptions/throw_ref""".split()


@settings(max_examples=100)
@given(seed=st.integers(0, 2**64 - 1), size=st.integers(1, 400))
def test_engines_agree_about_made_modules(native_engine: Engine, seed: int, size: int) -> None:
    binary = encode(generate(random.Random(seed), size, EVERYTHING))
    expected = observe(get_engine("reference"), binary, EVERYTHING)
    assert observe(native_engine, binary, EVERYTHING) == expected


@settings(max_examples=12)
@given(number=st.integers(0, 2**32))
def test_engines_are_in_step_in_made_modules(native_engine: Engine, number: int) -> None:
    assert native_engine.name == "native"
    assert run_made(number, 1, seed=1, shadows=0.3).complaints == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_engines_are_in_step_in_scripts(native_engine: Engine, suites: Path, name: str) -> None:
    assert native_engine.name == "native"
    finding = run_script(
        suites / "spec" / "core" / f"{name}.wast", seed=2, snapshots=1, shadows=0.2
    )
    assert finding.complaints == []
    assert finding.counts["snapshots"] > 0


LOOP = """(module (memory 1) (func (export "run") (param i32) (result i32) (local $sum i32)
  (loop $again
    (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get 0) (local.get 0))))
    (i32.store (local.get 0) (local.get $sum))
    (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
  (local.get $sum)))"""


def test_lockstep_sees_a_wrong_instruction() -> None:
    right = collect_meanings()["i32_mul"]
    wrong = ReferenceEngine(
        INSTRUCTIONS, {"i32_mul": lambda a, b: right(a, b) + (a == 77)}, plain=True
    )
    engine: Any = LockstepEngine(get_engine("reference"), wrong, snapshots=100)
    instance = engine.instantiate(engine.load(encode(parse(LOOP))))
    assert instance.start(instance.exports["run"], [76]).run().values
    with pytest.raises(Difference):
        instance.start(instance.exports["run"], [80]).run()


def test_lockstep_sees_a_snapshot_that_is_restored_wrongly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference = ReferenceEngine()
    restore = reference.restore

    def forgetful(snapshot: Any, *arguments: Any, **options: Any) -> Any:
        restored = restore(snapshot, *arguments, **options)
        assert restored.execution is not None
        restored.execution.step(0)
        restored.instances[0].spaces["memory"][0].write(60_000, b"x")
        return restored

    monkeypatch.setattr(reference, "restore", forgetful)
    engine: Any = LockstepEngine(get_engine("reference"), reference, shadows=1.0)
    instance = engine.instantiate(engine.load(encode(parse(LOOP))))
    with pytest.raises(Difference, match=r"restored at once.*\.memories"):
        instance.start(instance.exports["run"], [1_000]).run()


def test_the_command_counts(
    native_engine: Engine, suites: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert native_engine.name == "native"
    script = suites / "spec" / "core" / "local_set.wast"
    assert main(["lockstep", str(script), "--made", "1", "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    assert "0  differences" in printed
    assert "snapshots" in printed
    assert main(["lockstep", "nowhere.wast"]) == 2


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
