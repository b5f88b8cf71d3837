"""Guests to run: modules written as text, and both forms of the reference engine's loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from pywasm_rt.engine.driver import call
from pywasm_rt.engine.interface import HostFunction, Imports, Limits
from pywasm_rt.engine.reference import ReferenceEngine
from pywasm_rt.engine.reference.execution import Execution
from pywasm_rt.engine.reference.instance import Instance
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import F32, F64, I32, I64, FunctionType, ValueType

ALL = DEFAULT.with_(
    threads=True, wide_arithmetic=True, custom_page_sizes=True, legacy_exceptions=True
)
_TYPES: dict[str, ValueType] = {"i32": I32, "i64": I64, "f32": F32, "f64": F64}


@dataclass
class Guest:
    """An instance, and short ways to call its exports."""

    engine: ReferenceEngine
    instance: Instance

    def start(self, name: str, *arguments: object) -> Execution:
        return self.instance.start(self.instance.exports[name], arguments)

    def call(self, name: str, *arguments: object) -> Any:
        """The result of an export: None, a value, or a tuple of several."""
        values = call(self.instance, self.instance.exports[name], arguments)
        return values[0] if len(values) == 1 else values or None

    def __getitem__(self, name: str) -> Any:
        return self.instance.exports[name]


@pytest.fixture(scope="session")
def built_engine() -> ReferenceEngine:
    return ReferenceEngine()


@pytest.fixture(scope="session")
def plain_engine() -> ReferenceEngine:
    return ReferenceEngine(plain=True)


@pytest.fixture(params=["built", "plain"])
def engine(request: pytest.FixtureRequest) -> ReferenceEngine:
    found: ReferenceEngine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture
def guest(engine: ReferenceEngine) -> Callable[..., Guest]:
    """Make a guest from text: fields of a module, without the word module."""

    def make(
        text: str,
        imports: Imports | None = None,
        limits: Limits | None = None,
        features: Features = ALL,
        **options: Any,
    ) -> Guest:
        module = engine.load(parse(f"(module {text})", features), features)
        return Guest(engine, engine.instantiate(module, imports, limits, **options))

    return make


@pytest.fixture
def host() -> Callable[..., HostFunction]:
    """Make a host function: ``host("i32 i32 -> i32", function)``."""

    def make(type: str, implementation: Callable[..., object], name: str = "") -> HostFunction:
        takes, _, gives = type.partition("->")
        return HostFunction(function_type(takes.split(), gives.split()), implementation, name)

    return make


def function_type(takes: Sequence[str], gives: Sequence[str]) -> FunctionType:
    return FunctionType(
        tuple(_TYPES[word] for word in takes), tuple(_TYPES[word] for word in gives)
    )
