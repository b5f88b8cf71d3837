"""Real guests as processes, on every engine there is: preemption, limits, traps, waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Drive, Meter, drive
from pywasm_rt.engine.interface import Engine, HostFunction, Limits
from pywasm_rt.errors import ProcessErrorKind
from pywasm_rt.operations import Sleep
from pywasm_rt.process.host import TerminalHost
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition, ProcessOptions
from pywasm_rt.process.node import Node
from pywasm_rt.process.simulation import Simulation
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import I32, FunctionType

MS = 1_000_000

GUEST = """
(module
  (import "host" "sleep_ms" (func $sleep_ms (param i32)))
  (func $multiply (export "multiply") (param i32 i32) (result i32)
    (i32.mul (local.get 0) (local.get 1)))
  (func $spin
    (loop $forever (br $forever)))
  (func (export "endless") (call $spin))
  (func $divide (param i32) (result i32)
    (i32.div_u (i32.const 1) (local.get 0)))
  (func $fails (export "fails") (result i32)
    (i32.add (i32.const 1) (call $divide (i32.const 0))))
  (func $nap (export "nap") (param i32) (result i32)
    (call $sleep_ms (local.get 0))
    (call $sleep_ms (local.get 0))
    (i32.const 7)))
"""


@pytest.fixture
def engine(engine_name: str) -> Engine:
    return get_engine(engine_name)


def guest(engine: Engine, limits: Limits | None = None, **options: int) -> ProcessDefinition:
    """The module above as an entry; its method is the export to call."""
    loaded = engine.load(parse(GUEST))

    def start(
        context: ProcessContext, method: str, arguments: tuple[object, ...], meter: Meter
    ) -> Drive:
        def sleep_ms(milliseconds: int) -> Sleep:
            return Sleep(context.clock.now_ns() + milliseconds * MS)

        host = HostFunction(FunctionType((I32,), ()), sleep_ms)
        instance = engine.instantiate(loaded, {("host", "sleep_ms"): host}, limits)
        function = instance.exports[method]
        values = yield from drive(instance.start(function, arguments), meter)
        return values[0] if values else None

    return ProcessDefinition(
        lambda _: WasmProcess(start),
        options=ProcessOptions(**options),  # type: ignore[arg-type]
    )


@pytest.fixture
def simulation(engine: Engine) -> Simulation:
    simulation = Simulation()
    simulation.register("guest", guest(engine))
    return simulation


@pytest.fixture
def node() -> Iterator[Node]:
    with Node() as node:
        node.add_host(TerminalHost("h"))
        yield node


def test_a_synchronous_guest_ends_in_its_first_step(simulation: Simulation) -> None:
    pid = simulation.spawn("guest", 6, 7, method="multiply")
    simulation.step()
    assert simulation.ended[pid].value == 42


def test_a_sleeping_guest_does_not_know_that_others_ran(simulation: Simulation) -> None:
    pids = [simulation.spawn("guest", 300, method="nap") for _ in range(100)]
    simulation.run_until_idle()
    assert [simulation.ended[pid].value for pid in pids] == [7] * 100
    assert simulation.clock.now_ns() == 600 * MS


def test_a_trap_names_the_functions(simulation: Simulation) -> None:
    error = simulation.run("guest", method="fails").error
    assert error is not None
    assert error.message.startswith("integer divide by zero in function $divide at instruction 2")
    assert error.message.endswith("called from $fails")
    assert error.details["trap"] == "integer divide by zero"


def test_fuel_says_where_it_ran_out(engine: Engine) -> None:
    simulation = Simulation()
    simulation.register("guest", guest(engine, Limits(fuel=100_000)))
    error = simulation.run("guest", method="endless").error
    assert error is not None
    assert "fuel" in error.message
    assert "$spin" in error.message


def test_an_endless_guest_shares_its_worker(simulation: Simulation) -> None:
    endless = simulation.spawn("guest", method="endless")
    assert simulation.run("guest", 6, 7, method="multiply").value == 42
    assert endless not in simulation.ended
    simulation.scheduler.terminate(endless)
    while endless not in simulation.ended:
        simulation.step()
    assert str(simulation.ended[endless].error).startswith(
        "process terminated in function $spin at instruction"
    )


def test_an_endless_guest_ends_at_its_deadline(engine: Engine, node: Node) -> None:
    node.register("guest", guest(engine, max_execution_ms=500))
    begin = time.monotonic()
    error = node.run("guest", "h", method="endless").error
    assert 0.5 <= time.monotonic() - begin < 1
    assert error is not None
    assert error.kind is ProcessErrorKind.TIMEOUT
    assert error.message.startswith("execution time limit of 500 ms exceeded in function $spin")


def test_an_endless_guest_is_terminated_soon_and_keeps_nobody(engine: Engine, node: Node) -> None:
    node.register("guest", guest(engine))
    futures = [node.spawn_watched("guest", "h", method="endless") for _ in range(4)]
    assert node.run("guest", "h", (6, 7), method="multiply").value == 42
    begin = time.monotonic()
    for pid, _ in futures:
        node.terminate(pid)
    for _, future in futures:
        assert "process terminated" in str(future.result(10).error)
    assert time.monotonic() - begin < 1


def test_a_sleeping_guest_says_what_it_waits_for(simulation: Simulation) -> None:
    pid = simulation.spawn("guest", 300, method="nap")
    simulation.run_until(5)
    simulation.scheduler.cancel(pid, "enough")
    simulation.run_until_idle()
    assert str(simulation.ended[pid].error).startswith(
        "process canceled: enough while waiting for Sleep in function $nap at instruction 1"
    )
