"""The demo's ``compute``, one instruction at a time and in quanta of every size."""

from __future__ import annotations

from importlib import resources
from typing import Any

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Execution, Paused, PauseReason, Returned, TypedValue
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import I32

LOOP = """
(func $square (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
(func (export "compute") (param i32 i32) (result i32) (local i32)
  (loop
    (local.set 2 (i32.add (local.get 2) (call $square (local.get 1))))
    (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
  (local.get 2))
"""


def start(engine_name: str, source: Any, *arguments: int) -> Execution:
    engine = get_engine(engine_name)
    instance = engine.instantiate(engine.load(source))
    function: Any = instance.exports["compute"]
    return instance.start(function, arguments)


def typed(*values: int) -> tuple[TypedValue, ...]:
    return tuple(TypedValue(I32, value) for value in values)


def test_every_step_of_compute_is_in_sight(engine_name: str) -> None:
    demo = resources.files("pywasm_rt.examples") / "demo" / "wasm" / "worker.wasm"
    execution = start(engine_name, demo.read_bytes(), 6, 7)
    seen = []
    event = execution.step(0)
    while isinstance(event, Paused):
        assert event.reason is PauseReason.STEPS
        (frame,) = execution.frames()
        assert frame.locals == typed(6, 7)
        assert (frame.function_index, execution.steps_taken) == (0, frame.pc)
        assert frame.offset is not None
        seen.append((frame.pc, str(frame.instruction), frame.operands))
        event = execution.step()
    assert event == Returned((42,))
    assert seen == [
        (0, "local.get 1", ()),
        (1, "local.get 0", typed(7)),
        (2, "i32.mul", typed(7, 6)),
        (3, "end", typed(42)),
    ]


def test_steps_of_every_size_give_the_same(engine_name: str) -> None:
    whole = start(engine_name, parse(LOOP), 5, 3)
    assert whole.run() == Returned((45,))
    for size in range(1, whole.steps_taken + 1):
        execution = start(engine_name, parse(LOOP), 5, 3)
        event = execution.step(size)
        while isinstance(event, Paused):
            assert execution.steps_taken % size == 0
            event = execution.step(size)
        assert event == Returned((45,))
        assert execution.steps_taken == whole.steps_taken
        assert execution.fuel_spent == whole.fuel_spent


def test_quanta_of_every_size_give_the_same(engine_name: str) -> None:
    whole = start(engine_name, parse(LOOP), 5, 3)
    whole.run()
    assert whole.fuel_spent > 60
    for quantum in range(1, whole.fuel_spent + 1):
        execution = start(engine_name, parse(LOOP), 5, 3)
        event = execution.run(quantum)
        pauses = 0
        while isinstance(event, Paused):
            assert event.reason is PauseReason.FUEL
            pauses += 1
            event = execution.run(quantum)
        assert event == Returned((45,))
        assert execution.fuel_spent == whole.fuel_spent
        assert pauses <= whole.fuel_spent // quantum
    assert pauses == 0
