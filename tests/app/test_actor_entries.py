"""``process.wasm`` entries that are actors: granted by ``imports``, one instance for each PID."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.app.application import Application
from pywasm_rt.app.definitions import Surroundings
from pywasm_rt.component.binary import encode as encode_component
from pywasm_rt.component.text import parse as parse_component
from pywasm_rt.engine import get_engine
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition
from pywasm_rt.process.operations import Receive, Send, Spawn
from pywasm_rt.process.simulation import DEFAULT_HOST, Simulation
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse
from tests.app.conftest import digest

Write = Callable[..., Path]

# Counts what it is sent; "stop" ends it.
COUNTER = encode(
    parse(
        """(module
          (import "pywasm_rt_actor" "receive" (func $receive (param i32 i64) (result i32)))
          (import "pywasm_rt_actor" "mail" (func $mail (param i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (global $count (mut i32) (i32.const 0))
          (func (export "run") (result i32)
            (loop $on
              (drop (call $receive (i32.const 1) (i64.const -1)))
              (drop (call $mail (i32.const 1) (i32.const 0) (i32.const 1)))
              (if (i32.ne (i32.load8_u (i32.const 0)) (i32.const 115))
                (then
                  (global.set $count (i32.add (global.get $count) (i32.const 1)))
                  (br $on))))
            (global.get $count)))"""
    )
)
SELF = encode_component(
    parse_component(
        """(component
          (import "wippy:actor/process@0.1.0" (instance $actor
            (export "self" (func (result string)))))
          (core module $memory
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
          (core instance $m (instantiate $memory))
          (alias core export $m "memory" (core memory $mem))
          (alias core export $m "realloc" (core func $realloc))
          (core func $self (canon lower (func $actor "self") (memory $mem) (realloc $realloc)))
          (core instance $host (export "self" (func $self)))
          (core module $code
            (import "host" "self" (func $self (param i32)))
            (func (export "run") (result i32) (call $self (i32.const 0)) (i32.const 0)))
          (core instance $c (instantiate $code (with "host" (instance $host))))
          (func (export "run") (result string)
            (canon lift (core func $c "run") (memory $mem) (realloc $realloc))))"""
    )
)


def load(write: Write, binary: bytes, imports: str) -> Application:
    text = f"""
        namespace: app
        entries:
          - {{name: bin, kind: fs.directory, directory: .}}
          - name: actor
            kind: process.wasm
            fs: app:bin
            path: /actor.wasm
            hash: {digest(binary)}
            method: run
            {imports}
    """
    return Application.load(write({"app.yaml": text, "actor.wasm": binary}))


def simulate(application: Application, body: Any) -> Any:
    assert application.faults == ()
    simulation = Simulation()
    for entry_id, definition in application.definitions(Surroundings(get_engine())).items():
        simulation.register(entry_id, definition)
    simulation.register("main", ProcessDefinition(lambda _: GeneratorProcess(body)))
    result = simulation.run("main")
    assert result.error is None
    return result.value


def test_a_core_module_is_a_long_lived_actor(write: Write) -> None:
    def body(_: ProcessContext) -> Iterator[Any]:
        counts = {}
        for number in (1, 5):
            pid = yield Spawn("app:actor", DEFAULT_HOST, monitored=True)
            for _ in range(number):
                yield Send(pid, "count")
            counts[pid] = number
        for pid in counts:
            yield Send(pid, "stop")
        told = {}
        for _ in counts:
            event = yield Receive()
            told[event.sender] = event.result.value
        return told == counts

    assert simulate(load(write, COUNTER, "imports: [wippy:actor]"), body) is True


def test_a_component_knows_who_it_is(write: Write) -> None:
    def body(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("app:actor", DEFAULT_HOST, monitored=True)
        event = yield Receive()
        return event.result.value == str(pid)

    assert simulate(load(write, SELF, "imports: [wippy:actor/process]"), body) is True


@pytest.mark.parametrize("binary", [COUNTER, SELF], ids=["core", "component"])
def test_what_is_not_granted_is_a_fault_with_advice(write: Write, binary: bytes) -> None:
    (fault,) = load(write, binary, "imports: []").faults
    assert "imports does not grant what the" in fault.message
    assert fault.suggestion == "add wippy:actor"
