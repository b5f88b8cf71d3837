"""Running scripts in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pywasm_rt.lua.process import LuaProcess
from pywasm_rt.lua.source import LuaSource
from pywasm_rt.lua.state import LuaLimits
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.interface import ExitResult, ProcessContext, ProcessDefinition
from pywasm_rt.process.simulation import DEFAULT_HOST, Simulation
from pywasm_rt.wasi.capabilities.stdio import CollectingSink


class Scripts:
    """A simulation whose entries are scripts; ``printed`` is what they print."""

    def __init__(self) -> None:
        self.simulation = Simulation()
        self.sink = CollectingSink()
        self.define_python("app:compute", compute)
        self.define_python("app:fails", fails)

    def define(
        self,
        entry_id: str,
        text: str,
        method: str = "",
        limits: LuaLimits | None = None,
        **more: Any,
    ) -> None:
        source = LuaSource(text, f"{entry_id.rpartition(':')[2]}.lua")

        def create(_: ProcessContext) -> LuaProcess:
            return LuaProcess(source, limits=limits, stdout=self.sink, **more)

        self.simulation.register(entry_id, ProcessDefinition(create, method))

    def define_python(self, entry_id: str, body: Callable[..., Any]) -> None:
        definition = ProcessDefinition(lambda _: GeneratorProcess(body))
        self.simulation.register(entry_id, definition)

    def result(self, text: str, *arguments: object, method: str = "", **more: Any) -> ExitResult:
        self.define("app:script", text, method, **more)
        return self.simulation.run("app:script", *arguments)

    def run(self, text: str, *arguments: object, **more: Any) -> Any:
        """The value that a script returns."""
        result = self.result(text, *arguments, **more)
        if result.error is not None:
            raise result.error
        return result.value

    def error(self, text: str, *arguments: object, **more: Any) -> str:
        """The message of the error that a script ends with."""
        result = self.result(text, *arguments, **more)
        assert result.error is not None, result
        return str(result.error)

    @property
    def printed(self) -> str:
        return self.sink.text

    @property
    def now_ms(self) -> float:
        return self.simulation.clock.now_ns() / 1_000_000


def compute(_: ProcessContext, left: int, right: int) -> Iterator[object]:
    return left * right
    yield


def fails(_: ProcessContext) -> Iterator[object]:
    raise RuntimeError("as it should")
    yield


@pytest.fixture
def scripts() -> Scripts:
    return Scripts()


@pytest.fixture
def host() -> str:
    return DEFAULT_HOST
