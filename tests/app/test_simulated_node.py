"""A node in virtual time does what a node does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pywasm_rt.app.simulated_node import SimulatedNode
from pywasm_rt.operations import Sleep
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.host_queue import PoolSettings
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition

HOST, POOL = "test:host", "test:pool"
SECOND_NS = 1_000_000_000


@pytest.fixture
def made() -> list[str]:
    """The PIDs of processes, whenever one is made."""
    return []


@pytest.fixture
def node(made: list[str]) -> SimulatedNode:
    def sleeper(_: ProcessContext) -> Iterator[object]:
        yield Sleep(node.clock.now_ns() + SECOND_NS)

    def create(context: ProcessContext) -> GeneratorProcess:
        made.append(str(context.pid))
        return GeneratorProcess(sleeper)

    node = SimulatedNode()
    node.add_host(ProcessHost(HOST))
    node.add_pool(POOL, HOST, PoolSettings(1))
    node.register("sleeper", ProcessDefinition(create))
    return node


def test_who_is_spawned_into_a_full_pool_waits_and_is_made_once(
    node: SimulatedNode, made: list[str]
) -> None:
    spawned = [node.spawn_watched("sleeper", POOL) for _ in range(2)]
    assert made == [str(spawned[0][0])]
    for number, (pid, future) in enumerate(spawned, 1):
        assert node.wait(future).error is None
        assert node.clock.now_ns() == number * SECOND_NS
        assert made[number - 1 :] == [str(pid)]


def test_a_name_that_is_taken_stands_for_who_has_it(node: SimulatedNode, made: list[str]) -> None:
    first, _ = node.spawn_watched("sleeper", HOST, name="the one")
    second, future = node.spawn_watched("sleeper", HOST, name="the one")
    assert (second, made) == (first, [str(first)])
    assert node.wait(future).error is None
