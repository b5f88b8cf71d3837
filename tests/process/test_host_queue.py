"""Pools: places on a host, and waiting for one, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Sleep
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.host_queue import PoolSettings
from pywasm_rt.process.interface import ExitResult, ProcessContext, ProcessDefinition
from pywasm_rt.process.node import Node
from pywasm_rt.process.operations import Exec, Spawn
from pywasm_rt.process.pid import PID
from pywasm_rt.process.population import SpawnRequest
from pywasm_rt.process.simulation import DEFAULT_HOST, Simulation
from pywasm_rt.process.task import ProcessState

MILLISECOND = 1_000_000
POOL = "app:work#pool"


def work(context: ProcessContext, milliseconds: int, name: str = "") -> Iterator[object]:
    yield Sleep(context.clock.now_ns() + milliseconds * MILLISECOND)
    return f"{name} at {context.clock.now_ns() // MILLISECOND}"


def failing(_: ProcessContext) -> Iterator[object]:
    raise RuntimeError("no")
    yield


def simulation_with(settings: PoolSettings) -> Simulation:
    simulation = Simulation()
    simulation.scheduler.add_pool(POOL, DEFAULT_HOST, settings)
    simulation.register("app:work", ProcessDefinition(lambda _: GeneratorProcess(work)))
    simulation.register("app:failing", ProcessDefinition(lambda _: GeneratorProcess(failing)))
    return simulation


def execute(simulation: Simulation, *arguments: object, entry_id: str = "app:work") -> PID:
    return simulation.scheduler.execute(SpawnRequest(entry_id, POOL, arguments))


def test_as_many_run_as_there_are_places_and_the_first_come_is_the_first_served() -> None:
    simulation = simulation_with(PoolSettings(places=2))
    pids = [execute(simulation, 10, name) for name in "abcde"]
    simulation.run_until_idle()
    values = [simulation.ended[pid].value for pid in pids]
    assert values == ["a at 10", "b at 10", "c at 20", "d at 20", "e at 30"]


def test_what_waits_is_seen_to_wait() -> None:
    simulation = simulation_with(PoolSettings(places=1))
    for _ in range(2):
        execute(simulation, 10)
    simulation.run_until(5 * MILLISECOND)
    states = [process.state for process in simulation.scheduler.processes()]
    assert states == [ProcessState.BLOCKED, ProcessState.QUEUED]


def test_who_waits_too_long_is_told() -> None:
    simulation = simulation_with(PoolSettings(places=1, max_wait_ns=5 * MILLISECOND))
    first, second = execute(simulation, 10), execute(simulation, 10)
    simulation.run_until_idle()
    assert simulation.ended[first] == ExitResult(" at 10")
    error = simulation.ended[second].error
    assert error is not None
    assert error.message == f"no place in pool {POOL} within 5 ms (1 in use)"
    assert (error.kind, error.retryable) == (ProcessErrorKind.TIMEOUT, True)


def test_a_place_that_comes_in_time_ends_the_waiting() -> None:
    simulation = simulation_with(PoolSettings(places=1, max_wait_ns=15 * MILLISECOND))
    execute(simulation, 10)
    second = execute(simulation, 30, "b")
    simulation.run_until_idle()
    assert simulation.ended[second].value == "b at 40"


def test_a_full_queue_refuses() -> None:
    simulation = simulation_with(PoolSettings(places=1, queue_length=1))
    for _ in range(2):
        execute(simulation, 10)
    with pytest.raises(ProcessError, match=r"queue of pool .* is full: 1 calls wait") as caught:
        execute(simulation, 10)
    assert (caught.value.kind, caught.value.retryable) == (ProcessErrorKind.RATE_LIMITED, True)
    simulation.run_until_idle()
    execute(simulation, 10)


def test_a_failure_at_birth_gives_its_place_back() -> None:
    simulation = simulation_with(PoolSettings(places=1))
    wrong = execute(simulation, "x", "y", "z")
    after = execute(simulation, 1, "b")
    simulation.run_until_idle()
    assert simulation.ended[wrong].error is not None
    assert simulation.ended[after].value == "b at 1"


def test_the_end_of_the_caller_takes_its_waiting_call_away() -> None:
    simulation = simulation_with(PoolSettings(places=1))

    def caller(_: ProcessContext) -> Iterator[object]:
        return (yield Exec("app:work", POOL, (10,)))

    simulation.register("app:caller", ProcessDefinition(lambda _: GeneratorProcess(caller)))
    callers = [simulation.spawn("app:caller") for _ in range(3)]
    simulation.run_until(MILLISECOND)
    simulation.scheduler.terminate(callers[1])
    simulation.run_until_idle()
    assert [simulation.ended[pid].value for pid in callers] == [" at 10", None, " at 20"]


def test_a_spawn_that_waits_is_answered_when_it_begins() -> None:
    simulation = simulation_with(PoolSettings(places=1))
    seen: list[int] = []

    def parent(context: ProcessContext) -> Iterator[object]:
        for _ in range(2):
            yield Spawn("app:work", POOL, (10,))
            seen.append(context.clock.now_ns() // MILLISECOND)

    simulation.register("app:parent", ProcessDefinition(lambda _: GeneratorProcess(parent)))
    simulation.run("app:parent")
    assert seen == [0, 10]


def test_a_pool_that_is_removed_refuses_who_waits_and_lets_who_runs_end() -> None:
    simulation = simulation_with(PoolSettings(places=1))
    first, second = execute(simulation, 10), execute(simulation, 10)
    simulation.run_until(MILLISECOND)
    simulation.scheduler.remove_pool(POOL)
    with pytest.raises(ProcessError, match="pool closed"):
        execute(simulation, 10)
    simulation.run_until_idle()
    assert simulation.ended[first].value == " at 10"
    assert str(simulation.ended[second].error) == f"pool closed: {POOL}"
    assert POOL not in simulation.scheduler.host_ids


def test_a_pool_needs_a_host_and_a_name_of_its_own() -> None:
    simulation = simulation_with(PoolSettings())
    with pytest.raises(ProcessError, match="host not found: app:no"):
        simulation.scheduler.add_pool("app:p", "app:no", PoolSettings())
    with pytest.raises(ProcessError, match="host already running"):
        simulation.scheduler.add_pool(DEFAULT_HOST, DEFAULT_HOST, PoolSettings())


def test_a_pool_can_be_made_larger_and_smaller() -> None:
    simulation = simulation_with(PoolSettings(places=1))
    pids = [execute(simulation, 10, name) for name in "abcd"]
    simulation.run_until(5 * MILLISECOND)
    simulation.scheduler.add_pool(POOL, DEFAULT_HOST, PoolSettings(places=3))
    simulation.run_until(6 * MILLISECOND)
    simulation.scheduler.add_pool(POOL, DEFAULT_HOST, PoolSettings(places=1))
    simulation.run_until_idle()
    values = [simulation.ended[pid].value for pid in pids]
    assert values == ["a at 10", "b at 15", "c at 15", "d at 25"]


def begins(simulation: Simulation, calls: int, milliseconds: int = 100) -> list[int]:
    """Call so many at once; when each of them began, in milliseconds after that."""
    now_ms = simulation.clock.now_ns() // MILLISECOND
    pids = [execute(simulation, milliseconds) for _ in range(calls)]
    simulation.run_until_idle()
    ends = [int(str(simulation.ended[pid].value).rpartition(" ")[2]) for pid in pids]
    return [end - milliseconds - now_ms for end in ends]


def test_an_elastic_pool_grows_while_calls_wait_and_shrinks_when_it_is_idle() -> None:
    simulation = simulation_with(PoolSettings(places=6, least_places=1))
    assert begins(simulation, 8) == [0, 10, 20, 20, 30, 30, 100, 110]
    assert simulation.scheduler.places(POOL) == 6
    assert begins(simulation, 6) == [0] * 6
    for expected in (3, 1, 1):
        simulation.run_until(simulation.clock.now_ns() + 10_000 * MILLISECOND)
        assert simulation.scheduler.places(POOL) == expected
    assert begins(simulation, 3) == [0, 10, 20]
    assert not any(simulation.scheduler.holdings().values())


def test_a_pool_of_fixed_size_has_all_places_at_once() -> None:
    simulation = simulation_with(PoolSettings(places=6))
    assert begins(simulation, 8) == [0] * 6 + [100] * 2
    simulation.run_until(simulation.clock.now_ns() + 60_000 * MILLISECOND)
    assert simulation.scheduler.places(POOL) == 6


def test_an_elastic_pool_does_not_grow_for_calls_that_need_not_wait_long() -> None:
    simulation = simulation_with(PoolSettings(places=6, least_places=1))
    assert begins(simulation, 3, milliseconds=3) == [0, 3, 6]
    assert simulation.scheduler.places(POOL) == 1


def test_an_elastic_pool_does_not_grow_for_calls_that_are_no_longer_there() -> None:
    simulation = simulation_with(PoolSettings(6, max_wait_ns=5 * MILLISECOND, least_places=1))
    execute(simulation, 100)
    execute(simulation, 100)
    simulation.run_until(50 * MILLISECOND)
    assert simulation.scheduler.places(POOL) == 1
    simulation.scheduler.remove_pool(POOL)
    simulation.run_until_idle()
    assert not any(simulation.scheduler.holdings().values())


def test_an_elastic_pool_that_gets_other_settings_serves_who_waits() -> None:
    simulation = simulation_with(PoolSettings(places=6, least_places=1))
    pids = [execute(simulation, 100) for _ in range(3)]
    simulation.run_until(5 * MILLISECOND)
    simulation.scheduler.add_pool(POOL, DEFAULT_HOST, PoolSettings(places=6, least_places=2))
    simulation.run_until_idle()
    values = [simulation.ended[pid].value for pid in pids]
    assert values == [" at 100", " at 105", " at 110"]


def test_a_node_executes_in_a_pool_and_tells_failures_through_the_future() -> None:
    node = Node()
    node.add_host(ProcessHost("app:host", 1))
    node.add_pool(POOL, "app:host", PoolSettings(places=1))
    node.register("app:work", ProcessDefinition(lambda _: GeneratorProcess(work)))
    with node:
        futures: list[Future[ExitResult]] = [
            node.execute("app:work", POOL, (1, "x"))[1] for _ in range(3)
        ]
        assert all("x at" in str(future.result(10).value) for future in futures)
        _, future = node.execute("app:work", POOL, ())
        assert "missing" in str(future.result(10).error)
        with pytest.raises(ProcessError, match="factory not found"):
            node.execute("app:other", POOL)


def test_who_spawns_into_a_full_pool_from_outside_waits_for_a_place_too() -> None:
    simulation = simulation_with(PoolSettings(places=1))
    pids = [simulation.spawn("app:work", 10, name, host_id=POOL) for name in "abc"]
    states = [process.state for process in simulation.scheduler.processes()]
    assert states == [ProcessState.READY, ProcessState.QUEUED, ProcessState.QUEUED]
    simulation.run_until_idle()
    assert [simulation.ended[pid].value for pid in pids] == ["a at 10", "b at 20", "c at 30"]
    assert not any(simulation.scheduler.holdings().values())


def test_a_node_does_not_make_what_waits_for_a_place() -> None:
    node = Node()
    node.add_host(ProcessHost(DEFAULT_HOST, 1))
    node.add_pool(POOL, DEFAULT_HOST, PoolSettings(places=1))
    made: list[int] = []

    def create(context: ProcessContext) -> GeneratorProcess:
        made.append(context.pid.number)
        return GeneratorProcess(work)

    node.register("app:work", ProcessDefinition(create))
    with node:
        futures = [node.spawn_watched("app:work", POOL, (1, name))[1] for name in "abc"]
        values = [str(future.result(10).value)[0] for future in futures]
    assert values == ["a", "b", "c"]
    assert made == [1, 2, 3]
