"""What it costs to cross between Python and a guest, and to start one; beside the peers.

``python -m pytest benchmarks``. Times are CPU time. A call is measured many at a time, in a plain
loop: what the loop itself costs is measured as ``empty loop``, and is in the other figures. The
calls out of the guest and the pauses are many at a time too: see the names of the groups.

:data:`BOUNDS` and :data:`RATIOS` are asserted, for the native engine: with the best of many rounds
in CPU time, so that a busy machine does not matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.callers import CALLERS, Caller, NoComponents
from benchmarks.engines import OURS
from benchmarks.guests import FOLDER, BuildError, build
from benchmarks.modules import sized_module
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Function, Paused, Returned
from pywasm_rt.errors import ConfigError
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

pytestmark = pytest.mark.benchmark(timer=time.process_time, warmup=False)

CALLS_OUT = 1_000
CALLS_IN = 1_000
# Seconds that a call may take on the native engine, at its best.
BOUNDS = {
    "in": 0.30e-6,
    "out": 0.24e-6,
    "component in": 1.6e-6,
    "component out": 1.6e-6,
}
# The native engine's time as a part of wasmtime's, at most. Most are a tenth of it or less.
RATIOS = {
    "in": 0.1,
    "out": 0.1,
    "component in": 0.3,
    "component out": 0.3,
    "component string": 1.0,
    "component long string": 1.0,
}
# Of the crossings that are asserted.
ROUNDS = 30
# About a thousand turns of the sieve's inner loop.
QUANTUM = 6_000
SIEVE = 20
SIZES = {"small": 0, "100 KB": 100_000, "2 MB": 2_000_000}
# Size, the export that is called first, and how often: one of many functions, or one that calls all
# of them, which engines that do some of their work at the first call of a function must do now.
STARTS = [
    ("small", "run", 30),
    ("100 KB", "run", 10),
    ("100 KB", "all", 10),
    ("2 MB", "run", 3),
    ("2 MB", "all", 3),
]


@pytest.fixture(params=list(CALLERS))
def caller(request: pytest.FixtureRequest) -> Caller:
    """Each engine in turn."""
    try:
        return CALLERS[request.param]()
    except (ImportError, ConfigError) as error:
        pytest.skip(str(error))


@cache
def text_module(name: str) -> bytes:
    """A guest that is written as text."""
    return encode(parse((FOLDER / name).read_text()))


@cache
def module_of_size(size: str) -> bytes:
    """A guest for start-up."""
    try:
        return sized_module(SIZES[size]) if SIZES[size] else build("fib")
    except BuildError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def component() -> bytes:
    """The component, its text read by wasmtime."""
    wasmtime = pytest.importorskip("wasmtime")
    return bytes(wasmtime.wat2wasm((FOLDER / "component.wat").read_text()))


@pytest.fixture(scope="session")
def component_out() -> bytes:
    """The component that calls out."""
    wasmtime = pytest.importorskip("wasmtime")
    return bytes(wasmtime.wat2wasm((FOLDER / "component-out.wat").read_text()))


def repeatedly(function: Callable[..., object]) -> object:
    """Call a function of two numbers many times. Where nothing is called, see ``nothing``."""
    for _ in range(CALLS_IN):
        result = function(2, 3)
    return result


def nothing() -> None:
    """The loop of ``repeatedly``, empty."""
    for _ in range(CALLS_IN):
        pass


@pytest.mark.benchmark(group=f"Python calls add(i32, i32), {CALLS_IN:,} times")
def test_call_in(benchmark: BenchmarkFixture, caller: Caller) -> None:
    """From Python into a guest and back."""
    add = caller.add(text_module("boundary.wat"))
    assert benchmark(repeatedly, add) == 5


@pytest.mark.benchmark(group=f"Python calls add(i32, i32), {CALLS_IN:,} times")
def test_call_in_empty_loop(benchmark: BenchmarkFixture) -> None:
    """What there is beside the calls."""
    benchmark(nothing)


@pytest.mark.benchmark(group=f"a guest calls Python, {CALLS_OUT:,} times")
def test_call_out(benchmark: BenchmarkFixture, caller: Caller) -> None:
    """From a guest into Python and back."""
    repeat = caller.repeat(text_module("boundary.wat"), lambda value: value + 1)
    assert benchmark(repeat, CALLS_OUT) == CALLS_OUT


@pytest.mark.benchmark(group=f"Python calls a component's add(u32, u32), {CALLS_IN:,} times")
def test_component_call(benchmark: BenchmarkFixture, caller: Caller, component: bytes) -> None:
    """Into a component and back, with numbers."""
    try:
        add = caller.component(component, "add")
    except NoComponents as reason:
        pytest.skip(str(reason))
    assert benchmark(repeatedly, add) == 5


@pytest.mark.benchmark(group="Python calls a component's echo(string), 100 letters")
def test_component_string(benchmark: BenchmarkFixture, caller: Caller, component: bytes) -> None:
    """Into a component and back, with a string both ways."""
    try:
        echo = caller.component(component, "echo")
    except NoComponents as reason:
        pytest.skip(str(reason))
    text = "häuser " * 14 + "ok"
    assert benchmark(echo, text) == text


@pytest.mark.benchmark(group=f"a component calls Python, {CALLS_OUT:,} times")
def test_component_call_out(
    benchmark: BenchmarkFixture, caller: Caller, component_out: bytes
) -> None:
    """From a component into Python and back, with numbers."""
    try:
        repeat = caller.component_out(component_out, lambda value: value + 1)
    except NoComponents as reason:
        pytest.skip(str(reason))
    assert benchmark(repeat, CALLS_OUT) == CALLS_OUT


@pytest.mark.benchmark(group="Python calls a component's echo(string), 1 MB")
def test_component_long_string(
    benchmark: BenchmarkFixture, caller: Caller, component: bytes
) -> None:
    """Into a component and back, with a long string both ways."""
    try:
        echo = caller.component(component, "echo")
    except NoComponents as reason:
        pytest.skip(str(reason))
    text = "häuser " * 125_000
    assert benchmark(echo, text) == text


def best_seconds(function: Callable[[], object], count: int) -> float:
    """CPU time of one of the ``count`` calls in a round, at best."""
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return min(times) / count


def crossings(caller: Caller, component: bytes, component_out: bytes) -> dict[str, float]:
    """What each way across the boundary costs, in seconds, by the names of :data:`RATIOS`."""
    add, add_numbers = caller.add(text_module("boundary.wat")), caller.component(component, "add")
    repeat = caller.repeat(text_module("boundary.wat"), lambda value: value + 1)
    repeat_out = caller.component_out(component_out, lambda value: value + 1)
    echo = caller.component(component, "echo")
    text, long_text = "häuser " * 14 + "ok", "häuser " * 125_000
    measured: dict[str, tuple[Callable[[], object], int]] = {
        "in": (lambda: repeatedly(add), CALLS_IN),
        "out": (lambda: repeat(CALLS_OUT), CALLS_OUT),
        "component in": (lambda: repeatedly(add_numbers), CALLS_IN),
        "component out": (lambda: repeat_out(CALLS_OUT), CALLS_OUT),
        "component string": (lambda: echo(text), 1),
        "component long string": (lambda: echo(long_text), 1),
    }
    return {name: best_seconds(*it) for name, it in measured.items()}


def test_crossings_cost_what_is_promised(component: bytes, component_out: bytes) -> None:
    """On the native engine, by itself and beside wasmtime in the same run."""
    try:
        own = crossings(CALLERS["native"](), component, component_out)
        theirs = crossings(CALLERS["wasmtime"](), component, component_out)
    except (ImportError, ConfigError) as error:
        pytest.skip(str(error))
    print("microseconds of a crossing: native, wasmtime")
    for name, seconds in own.items():
        print(f"{name:<24}{seconds * 1e6:>12.3f}{theirs[name] * 1e6:>12.3f}")
    assert {name: own[name] for name in BOUNDS if own[name] > BOUNDS[name]} == {}
    ratios = {name: own[name] / theirs[name] for name in RATIOS}
    assert {name: ratio for name, ratio in ratios.items() if ratio > RATIOS[name]} == {}


@pytest.mark.benchmark(group="start-up")
@pytest.mark.parametrize(("size", "name", "rounds"), STARTS)
def test_start(
    benchmark: BenchmarkFixture, caller: Caller, size: str, name: str, rounds: int
) -> None:
    """From bytes to the first result."""
    binary = module_of_size(size)
    called = "all functions are called" if name == "all" else "one function is called"
    benchmark.group = f"load a module of {len(binary):,} bytes; {called}"
    measure: Any = benchmark.pedantic
    assert measure(caller.first_call, args=(binary, name), rounds=rounds) == 0


@pytest.mark.benchmark(group=f"the sieve, {SIEVE} times, with and without pauses")
@pytest.mark.parametrize("quantum", [None, QUANTUM], ids=["straight", f"every {QUANTUM} fuel"])
@pytest.mark.parametrize("engine_name", OURS)
def test_pauses(benchmark: BenchmarkFixture, engine_name: str, quantum: int | None) -> None:
    """What it costs to stop and go on."""
    try:
        engine = get_engine(engine_name)
        instance = engine.instantiate(engine.load(build("sieve")))
    except (ConfigError, BuildError) as error:
        pytest.skip(str(error))
    function: Function = instance.exports["run"]  # type: ignore[assignment]

    def run() -> object:
        execution = instance.start(function, [SIEVE])
        event = execution.run(quantum)
        while isinstance(event, Paused):
            event = execution.run(quantum)
        return event

    assert isinstance(benchmark(run), Returned)
