"""The reference engine's speed, in instructions a second, beside ``pywasm`` (PyPI).

Each guest is run by all of them in turn, several rounds; the best round counts, in process CPU
time. Results are compared with each other before any figure is printed.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from benchmarks.guests import build
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Execution, Function, Returned

__all__ = ["Measurement", "measure", "print_table"]

# Guest, argument for us, and a smaller one for pywasm (whose time is then scaled by steps).
_GUESTS = (("fib", 22, 16), ("sieve", 20, 2))
_ROUNDS = 5
_SLICE = 1_000_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """Millions of instructions a second on one guest."""

    guest: str
    run: float
    step: float
    step_one: float
    pywasm: float


def _execution(guest: str, argument: int) -> Execution:
    engine = get_engine("reference")
    instance = engine.instantiate(engine.load(build(guest)))
    function: Function = instance.exports["run"]  # type: ignore[assignment]
    return instance.start(function, [argument])


def _finish_by(advance: Callable[[Execution], object], execution: Execution) -> object:
    event = advance(execution)
    while not isinstance(event, Returned):
        event = advance(execution)
    return event.values[0]


def _timed(
    advance: Callable[[Execution], object], guest: str, argument: int
) -> tuple[float, int, object]:
    execution = _execution(guest, argument)
    begin = time.process_time()
    result = _finish_by(advance, execution)
    return time.process_time() - begin, execution.steps_taken, result


def _pywasm(guest: str, argument: int) -> tuple[float, object]:
    pywasm: Any = import_module("pywasm")
    runtime = pywasm.core.Runtime()
    module = runtime.instance(pywasm.core.ModuleDesc.from_reader(io.BytesIO(build(guest))))
    begin = time.process_time()
    result = runtime.invocate(module, "run", [argument])
    return time.process_time() - begin, result[0]


def measure() -> list[Measurement]:
    """Run everything. Raises AssertionError where two engines disagree."""
    measurements: list[Measurement] = []
    for guest, argument, small in _GUESTS:
        best = dict.fromkeys(("run", "step", "one", "pywasm"), 0.0)
        steps_small = _timed(lambda e: e.run(), guest, small)[1]
        for _ in range(_ROUNDS):
            results = set()
            for name, advance, size in (
                ("run", lambda e: e.run(), argument),
                ("step", lambda e: e.step(_SLICE), argument),
                ("one", lambda e: e.step(), small),
            ):
                seconds, steps, result = _timed(advance, guest, size)
                best[name] = max(best[name], steps / seconds / 1e6)
                if size == small:
                    results.add(result)
            seconds, result = _pywasm(guest, small)
            best["pywasm"] = max(best["pywasm"], steps_small / seconds / 1e6)
            results.add(result)
            assert len(results) == 1, f"{guest}: results differ: {results}"
        measurements.append(
            Measurement(guest, best["run"], best["step"], best["one"], best["pywasm"])
        )
    return measurements


def print_table(measurements: list[Measurement]) -> None:
    """Print the figures, and the ratios to pywasm in the same run."""
    print("millions of instructions a second (best of the rounds)")
    print(f"{'guest':8}{'run':>8}{'step(n)':>9}{'step(1)':>9}{'pywasm':>8}{'run/pywasm':>12}")
    for m in measurements:
        print(
            f"{m.guest:8}{m.run:8.2f}{m.step:9.2f}{m.step_one:9.2f}{m.pywasm:8.2f}"
            f"{m.run / m.pywasm:12.1f}"
        )
