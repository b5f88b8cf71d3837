"""Guests that do the worst they can, as services: each is contained, told clearly, and restarted
by its policy until that gives up, while another process on the same host goes on answering.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Drive, Meter, drive
from pywasm_rt.engine.interface import Limits
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.actor.component import actor_interfaces
from pywasm_rt.process.actor.core import CoreActor
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition, ProcessOptions
from pywasm_rt.process.lifecycle import LifecyclePolicy, RestartPolicy, ServiceSpec, ServiceState
from pywasm_rt.process.node import Node
from pywasm_rt.process.operations import Receive, Send, Spawn
from pywasm_rt.process.services import ProcessService, ServiceRunner
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasi.capabilities.stdio import CollectingSink
from pywasm_rt.wasi.context import WasiContext, WasiLimits
from pywasm_rt.wasi.preview1 import Preview1
from pywasm_rt.wasi.preview2 import interfaces
from pywasm_rt.wasm.text import parse
from tests.process.worst_guests import DESTRUCTS, FILLS, HOARDS, PRINTS, SPAWNS

HOST = "test:host"
PATIENCE = 60.0
MAX_PROCESSES = 40
HANDLES = 10_000

Start = Callable[[ProcessContext, str, tuple[object, ...], Meter], Drive]


def core(text: str) -> Start:
    engine = get_engine()
    module = engine.load(parse(text))

    def start(context: ProcessContext, method: str, _: tuple[object, ...], meter: Meter) -> Drive:
        limits = WasiLimits(output_bytes=10_000)
        preview1 = Preview1(WasiContext(stdout=CollectingSink(), limits=limits))
        actor = CoreActor(context)
        instance = engine.instantiate(module, {**preview1.imports, **actor.imports}, Limits())
        preview1.bind(instance)
        actor.bind(instance)
        return (yield from drive(instance.start(instance.exports[method], ()), meter))

    return start


def composed(text: str) -> Start:
    component = Component.from_text(text)
    component.load(get_engine())

    def start(
        context: ProcessContext, method: str, arguments: tuple[object, ...], meter: Meter
    ) -> Drive:
        linker = Linker(get_engine())
        for interface in (*interfaces(WasiContext()), *actor_interfaces(context)):
            linker.define(interface)
        instance = yield from linker.start(component, Limits(open_handles=HANDLES), meter)
        return (yield from instance.function(method).start(arguments, meter))

    return start


def _python(body: Any, **options: Any) -> ProcessDefinition:
    return ProcessDefinition(lambda _: GeneratorProcess(body), "", ProcessOptions(**options))


def idle(_: ProcessContext) -> Iterator[Any]:
    yield Receive(messages=False)


def answering(_: ProcessContext) -> Iterator[Any]:
    while True:
        message = yield Receive(events=False)
        yield Send(message.sender, "answer")


def asking(_: ProcessContext) -> Iterator[Any]:
    """Whether the one that answers does, at once and after each of its many questions."""
    for _ in range(50):
        yield Send("answering", "question")
        yield Receive(events=False)
    return "answered"


@pytest.fixture
def node() -> Iterator[Node]:
    before = set(threading.enumerate())
    node = Node()
    node.add_host(ProcessHost(HOST, 2, max_processes=MAX_PROCESSES))
    node.register("idle", _python(idle))
    node.register("deaf", _python(idle, mailbox_capacity=10))
    node.register("answering", _python(answering))
    node.register("asking", _python(asking))
    with node:
        yield node
    assert not set(threading.enumerate()) - before


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (core(PRINTS), "output limit of 10000 bytes exceeded"),
        (core(SPAWNS), "unreachable in function"),
        (core(FILLS), "unreachable in function"),
        (composed(HOARDS), f"a component instance may hold no more than {HANDLES} handles"),
        (composed(DESTRUCTS), "unreachable in function"),
    ],
    ids=["prints", "spawns", "fills", "hoards", "destructs"],
)
def test_the_worst_guests_are_contained(node: Node, start: Start, told: str) -> None:
    node.register("worst", ProcessDefinition(lambda _: WasmProcess(start), "run"))
    node.spawn("deaf", HOST, name="deaf")
    node.spawn("answering", HOST, name="answering")
    restart = RestartPolicy(initial_delay_ns=1_000_000, max_attempts=2)
    spec = ServiceSpec("worst", LifecyclePolicy(auto_start=True, restart=restart))
    with ServiceRunner() as runner:
        runner.add(spec, ProcessService(node, "worst", HOST))
        runner.start()
        assert runner.wait(lambda it: it.service("worst").state is ServiceState.FAILED, PATIENCE)
        info = runner.service("worst")
    assert info.restarts == 2
    assert info.error is not None
    assert told in info.error.message
    assert node.run("asking", HOST).value == "answered"
    living = sorted(process.entry_id for process in node.processes())
    assert living == ["answering", "deaf"]


def test_who_spawns_without_end_is_told_of_the_limit_and_others_of_it_too(node: Node) -> None:
    def forking(_: ProcessContext) -> Iterator[Any]:
        count = 0
        while True:
            try:
                yield Spawn("idle", HOST, linked=True)
            except ProcessError as error:
                return count, error
            count += 1

    node.register("forking", _python(forking))
    count, error = node.run("forking", HOST).value  # type: ignore[misc]
    assert count == MAX_PROCESSES - 1
    assert error.kind is ProcessErrorKind.RATE_LIMITED
    assert error.retryable
    assert f"max processes limit exceeded: {MAX_PROCESSES}" in str(error)
