"""Ours and its peers behind one small interface: open a module, run ``run(n)`` of it.

Imported in the process of the runner (``runner.py``); a peer is imported when it is opened, so one
that is not installed disturbs nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Event, Execution, Function, Paused, Returned

__all__ = ["GCC", "OPENERS", "OURS", "VARIANTS", "Guest", "Opener"]

# The one that is no engine but what all are compared with.
GCC = "gcc -O2"
OURS = ("native", "reference")
# The native engine advanced by counted steps, with a pause every thousand loop turns and calls, and
# built without fuel.
VARIANTS = ("native+steps", "native+pauses", "native-fuel")

_MASK = 0xFFFF_FFFF
_MUCH_FUEL = 1 << 62
_MANY_STEPS = 1 << 60
# So many loop turns and calls there are between two pauses.
_TURNS = 1_000
_STACK_BYTES = 1 << 20


class Guest(Protocol):
    """An instance of a module with ``run``."""

    def run(self, argument: int) -> int:
        """The checksum, unsigned. Raises whatever the engine raises."""
        ...

    def work(self) -> int | None:
        """How much the last run has done, in a unit that is the same for each run of this engine
        (steps, fuel); None where the engine does not count.
        """
        ...


Opener = Callable[[bytes], Guest]
Advance = Callable[[Execution], Event]


class _OwnGuest:
    """A guest of one of our engines; fuel and bounds are always checked."""

    def __init__(self, engine_name: str, advance: Advance, binary: bytes) -> None:
        self._advance = advance
        engine = get_engine(engine_name)
        self._instance = engine.instantiate(engine.load(binary))
        self._function: Function = self._instance.exports["run"]  # type: ignore[assignment]
        self._execution: Execution | None = None

    def run(self, argument: int) -> int:
        self._execution = self._instance.start(self._function, [argument])
        event = self._advance(self._execution)
        if not isinstance(event, Returned):
            raise RuntimeError(f"the guest did not return: {event}")
        result: int = event.values[0]  # type: ignore[assignment]
        return result

    def work(self) -> int | None:
        return self._execution.steps_taken if self._execution is not None else None


class _Wasm3Guest:
    """A guest of ``pywasm3``: no fuel, bounds checked."""

    def __init__(self, binary: bytes) -> None:
        wasm3: Any = import_module("wasm3")
        # The function refers to none of these, but needs them all.
        self._environment: Any = wasm3.Environment()
        self._runtime = self._environment.new_runtime(_STACK_BYTES)
        self._module = self._environment.parse_module(binary)
        self._runtime.load(self._module)
        self._function = self._runtime.find_function("run")

    def run(self, argument: int) -> int:
        result: int = self._function(argument)
        return result & _MASK

    def work(self) -> int | None:
        return None


class _WasmtimeGuest:
    """A guest of ``wasmtime`` (Cranelift at its best), with or without fuel."""

    def __init__(self, engine: Any, *, has_fuel: bool, binary: bytes) -> None:
        wasmtime: Any = import_module("wasmtime")
        self._store = wasmtime.Store(engine)
        self._has_fuel = has_fuel
        if has_fuel:
            self._store.set_fuel(_MUCH_FUEL)
        module = wasmtime.Module(engine, binary)
        self._function: Any = wasmtime.Instance(self._store, module, []).exports(self._store)["run"]
        self._work = 0

    def run(self, argument: int) -> int:
        if not self._has_fuel:
            result: int = self._function(self._store, argument)
            return result & _MASK
        self._store.set_fuel(_MUCH_FUEL)
        result = self._function(self._store, argument)
        self._work = _MUCH_FUEL - self._store.get_fuel()
        return result & _MASK

    def work(self) -> int | None:
        return self._work if self._has_fuel else None


def _run(execution: Execution) -> Event:
    return execution.run()


def _step(execution: Execution) -> Event:
    return execution.step(_MANY_STEPS)


class _Pausing:
    """Advances with a pause every ``_TURNS`` loop turns and calls: in fuel, as many as the first
    execution needed for them, which pauses at each.
    """

    def __init__(self) -> None:
        self._quantum: int | None = None

    def __call__(self, execution: Execution) -> Event:
        """Run an execution to its end."""
        quantum = 1 if self._quantum is None else self._quantum
        pauses = 1
        while isinstance(event := execution.run(quantum), Paused):
            pauses += 1
        if self._quantum is None:
            self._quantum = max(1, _TURNS * execution.fuel_spent // pauses)
        return event


def _own(name: str, advance: Callable[[], Advance] = lambda: _run) -> Opener:
    get_engine(name)
    return lambda binary: _OwnGuest(name, advance(), binary)


def _wasm3() -> Opener:
    import_module("wasm3")
    return _Wasm3Guest


def _wasmtime(*, has_fuel: bool) -> Opener:
    wasmtime: Any = import_module("wasmtime")
    config = wasmtime.Config()
    config.consume_fuel = has_fuel
    config.wasm_function_references = True
    config.wasm_gc = True
    engine = wasmtime.Engine(config)
    return lambda binary: _WasmtimeGuest(engine, has_fuel=has_fuel, binary=binary)


# Each gives the opener, or raises ImportError or ConfigError where the engine is not there.
OPENERS: dict[str, Callable[[], Opener]] = {
    "native": lambda: _own("native"),
    "native+steps": lambda: _own("native", lambda: _step),
    "native+pauses": lambda: _own("native", _Pausing),
    # In a process with another core: see contestants.py.
    "native-fuel": lambda: _own("native"),
    "reference": lambda: _own("reference"),
    "pywasm3": _wasm3,
    "wasmtime": lambda: _wasmtime(has_fuel=False),
    "wasmtime+fuel": lambda: _wasmtime(has_fuel=True),
}
