"""Guests in text: components and core modules that are processes among others."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Drive, Meter, drive
from pywasm_rt.engine.interface import Limits
from pywasm_rt.process.actor.component import actor_interfaces
from pywasm_rt.process.actor.core import CoreActor
from pywasm_rt.process.generator import Body, GeneratorProcess
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition, ProcessOptions
from pywasm_rt.process.simulation import Simulation
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2 import interfaces
from pywasm_rt.wasm.text import parse


class World:
    """A simulation, and ways to make entries of it."""

    def __init__(self, engine_name: str) -> None:
        self.engine = get_engine(engine_name)
        self.simulation = Simulation()

    def python(self, entry_id: str, body: Body, **options: Any) -> None:
        definition = ProcessDefinition(
            lambda _: GeneratorProcess(body), options=ProcessOptions(**options)
        )
        self.simulation.register(entry_id, definition)

    def component(
        self, entry_id: str, code: str | bytes, method: str = "run", **options: Any
    ) -> None:
        is_text = isinstance(code, str)
        component = Component.from_text(code) if is_text else Component.from_binary(code)
        component.load(self.engine)

        def start(
            context: ProcessContext, method: str, arguments: tuple[object, ...], meter: Meter
        ) -> Drive:
            linker = Linker(self.engine)
            wasi = WasiContext(monotonic_clock=context.clock)
            for interface in (*interfaces(wasi), *actor_interfaces(context)):
                linker.define(interface)
            instance = yield from linker.start(component, Limits(), meter)
            return (yield from instance.function(method).start(arguments, meter))

        self._define(entry_id, start, method, options)

    def core(self, entry_id: str, code: str | bytes, method: str = "run", **options: Any) -> None:
        module = self.engine.load(parse(code) if isinstance(code, str) else code)

        def start(
            context: ProcessContext, method: str, arguments: tuple[object, ...], meter: Meter
        ) -> Drive:
            actor = CoreActor(context)
            instance = self.engine.instantiate(module, actor.imports, Limits())
            actor.bind(instance)
            function = instance.exports[method]
            values = yield from drive(instance.start(function, arguments), meter)
            return values[0] if values else None

        self._define(entry_id, start, method, options)

    def _define(self, entry_id: str, start: Any, method: str, options: dict[str, Any]) -> None:
        definition = ProcessDefinition(
            lambda _: WasmProcess(start), method, ProcessOptions(**options)
        )
        self.simulation.register(entry_id, definition)

    def run(self, entry_id: str, *arguments: object) -> Any:
        result = self.simulation.run(entry_id, *arguments)
        if result.error is not None:
            raise result.error
        return result.value


@pytest.fixture
def world(engine_name: str) -> World:
    return World(engine_name)
