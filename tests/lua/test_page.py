"""The sample of the user's page, word for word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pywasm_rt.lua.process import LuaProcess
from pywasm_rt.operations import Sleep
from pywasm_rt.process.generator import Body, GeneratorProcess
from pywasm_rt.process.interface import ExitResult, ProcessContext, ProcessDefinition
from pywasm_rt.process.simulation import Simulation

SAMPLE = """\
local process = require("process")
local time = require("time")

-- Spawn with monitoring
local pid, err = process.spawn_monitored(
    "myns:compute_worker",   -- entry ID
    "myns:processes",        -- process group
    6, 7                     -- arguments passed to the WASM function
)

if err then
    error("spawn failed: " .. tostring(err))
end

-- Wait for the process to complete
local event = process.receive(time.seconds(10))
if event and event.type == "EXIT" then
    local result = event.value  -- return value from the WASM function
end
"""

# The same, with what comes of it made visible after its last line.
WITH_RESULT = SAMPLE + "return event and {pid, event.from, event.type, event.value} or pid"


def compute_worker(_: ProcessContext, left: int, right: int) -> Iterator[object]:
    return left * right
    yield


def slow_worker(context: ProcessContext, left: int, right: int) -> Iterator[object]:
    yield Sleep(context.clock.now_ns() + 20_000_000_000)


def run(text: str, worker: Body | None = compute_worker) -> tuple[Simulation, ExitResult]:
    simulation = Simulation(["myns:processes"])
    if worker is not None:
        definition = ProcessDefinition(lambda _: GeneratorProcess(worker))
        simulation.register("myns:compute_worker", definition)
    simulation.register("myns:spawn", ProcessDefinition(lambda _: LuaProcess(text)))
    return simulation, simulation.run("myns:spawn")


def test_the_sample_runs_unchanged() -> None:
    assert run(SAMPLE)[1] == ExitResult(None)


def test_the_exit_event_carries_42() -> None:
    pid = "{myns:processes|0x00002}"
    assert run(WITH_RESULT)[1].value == [pid, pid, "EXIT", 42]


def test_the_wait_ends_after_ten_seconds() -> None:
    simulation, result = run(WITH_RESULT, slow_worker)
    assert result.value == "{myns:processes|0x00002}"
    assert simulation.clock.now_ns() == 10_000_000_000


def test_a_failed_spawn_is_told() -> None:
    error = run(SAMPLE, None)[1].error
    assert error is not None
    assert error.message == ("script:12: spawn failed: factory not found: myns:compute_worker")


UPSTREAM = """\
local process = require("process")
local time = require("time")
local events = process.events()
local pid, err = process.spawn_monitored("myns:compute_worker", "myns:processes", 6, 7)
assert(err == nil)
local timeout = time.after("3s")
while true do
    local chosen = channel.select{events:case_receive(), timeout:case_receive()}
    assert(chosen.channel ~= timeout, "too late")
    local event = chosen.value
    if event.kind == process.event.EXIT and event.from == pid then
        assert(event.result.error == nil)
        return event.result.value
    end
end
"""


def test_the_newer_shape_of_events_and_channels() -> None:
    assert run(UPSTREAM)[1].value == 42


@pytest.mark.parametrize("method", ["", "main"])
def test_arguments_of_chunks_and_methods(method: str) -> None:
    text = {
        "": "local a, b = ... return a .. b",
        "main": "local M = {} function M.main(a, b) return a .. b end return M",
    }[method]
    simulation = Simulation()
    simulation.register("p", ProcessDefinition(lambda _: LuaProcess(text), method))
    assert simulation.run("p", "x", "y").value == "xy"
