"""Ours and its peers at the boundary: small calls in and out, and start-up.

Each gives plain Python callables, so that ``test_boundary.py`` measures nothing but them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import call
from pywasm_rt.engine.interface import Function, HostFunction
from pywasm_rt.wasm.types import I32, FunctionType

__all__ = ["CALLERS", "Caller", "NoComponents", "OwnCaller"]

_STACK_BYTES = 1 << 20


class NoComponents(Exception):
    """The engine runs core modules only."""


class Caller(Protocol):
    """An engine at the boundary."""

    def add(self, binary: bytes) -> Callable[[int, int], object]:
        """The function ``add`` of ``guests/boundary.wat``."""
        ...

    def repeat(self, binary: bytes, host: Callable[[int], int]) -> Callable[[int], object]:
        """The function ``repeat`` of it, which calls ``host``."""
        ...

    def component(self, binary: bytes, name: str) -> Callable[..., object]:
        """A function of ``guests/component.wat``. Raises NoComponents."""
        ...

    def component_out(self, binary: bytes, host: Callable[[int], int]) -> Callable[[int], object]:
        """The function ``repeat`` of ``guests/component-out.wat``, which calls ``host``. Raises
        NoComponents.
        """
        ...

    def first_call(self, binary: bytes, name: str) -> object:
        """Load a module without imports, instantiate it, call its export ``name`` with 0."""
        ...


class OwnCaller:
    """One of our engines."""

    def __init__(self, name: str) -> None:
        self._engine = get_engine(name)

    def _exports(self, binary: bytes, host: Callable[[int], int]) -> Any:
        imports = {("host", "next"): HostFunction(FunctionType((I32,), (I32,)), host)}
        instance = self._engine.instantiate(self._engine.load(binary), imports)
        return instance.exports

    def add(self, binary: bytes) -> Callable[[int, int], object]:
        """The function ``add``."""
        exports = self._exports(binary, _next)
        function: Callable[[int, int], object] = exports["add"]
        return function

    def repeat(self, binary: bytes, host: Callable[[int], int]) -> Callable[[int], object]:
        """The function ``repeat``, which calls ``host``."""
        exports = self._exports(binary, host)
        function: Callable[[int], object] = exports["repeat"]
        return function

    def component(self, binary: bytes, name: str) -> Callable[..., object]:
        """A function of the component."""
        instance = Linker(self._engine).instantiate(Component.from_binary(binary))
        return instance.function(name).call

    def component_out(self, binary: bytes, host: Callable[[int], int]) -> Callable[[int], object]:
        """The function ``repeat``, which calls ``host``."""
        linker = Linker(self._engine)
        linker.define_function("next", host)
        return linker.instantiate(Component.from_binary(binary)).function("repeat").call

    def first_call(self, binary: bytes, name: str) -> object:
        """Load, instantiate, call."""
        instance = self._engine.instantiate(self._engine.load(binary))
        function: Function = instance.exports[name]  # type: ignore[assignment]
        return call(instance, function, (0,))[0]


class _Wasm3Caller:
    """``pywasm3``."""

    def __init__(self) -> None:
        self._wasm3: Any = import_module("wasm3")

    def _function(self, binary: bytes, name: str, host: Callable[[int], int] | None) -> Any:
        environment = self._wasm3.Environment()
        runtime = environment.new_runtime(_STACK_BYTES)
        module = environment.parse_module(binary)
        runtime.load(module)
        if host is not None:
            module.link_function("host", "next", "i(i)", host)
        # The function refers to none of these, but needs them all.
        return runtime.find_function(name), (environment, runtime, module)

    def add(self, binary: bytes) -> Callable[[int, int], object]:
        """The function ``add``."""
        function, owners = self._function(binary, "add", _next)
        return _Owned(function, owners)

    def repeat(self, binary: bytes, host: Callable[[int], int]) -> Callable[[int], object]:
        """The function ``repeat``, which calls ``host``."""
        function, owners = self._function(binary, "repeat", host)
        return _Owned(function, owners)

    def component(self, binary: bytes, name: str) -> Callable[..., object]:  # noqa: ARG002
        """Raises NoComponents."""
        raise NoComponents("wasm3 runs core modules only")

    def component_out(self, binary: bytes, host: Callable[[int], int]) -> Callable[[int], object]:  # noqa: ARG002
        """Raises NoComponents."""
        raise NoComponents("wasm3 runs core modules only")

    def first_call(self, binary: bytes, name: str) -> object:
        """Load, instantiate, call."""
        function, owners = self._function(binary, name, None)
        result = function(0)
        del owners
        return result


class _WasmtimeCaller:
    """``wasmtime``."""

    def __init__(self) -> None:
        self._wasmtime: Any = import_module("wasmtime")
        self._parts: Any = import_module("wasmtime.component")
        self._engine: Any = self._wasmtime.Engine()

    def _function(self, binary: bytes, name: str, host: Callable[[int], int] | None) -> Any:
        wasmtime = self._wasmtime
        store = wasmtime.Store(self._engine)
        module = wasmtime.Module(self._engine, binary)
        imports = []
        if host is not None:
            i32 = wasmtime.ValType.i32()
            imports = [wasmtime.Func(store, wasmtime.FuncType([i32], [i32]), host)]
        function = wasmtime.Instance(store, module, imports).exports(store)[name]
        return lambda *arguments: function(store, *arguments)

    def add(self, binary: bytes) -> Callable[[int, int], object]:
        """The function ``add``."""
        function: Callable[[int, int], object] = self._function(binary, "add", _next)
        return function

    def repeat(self, binary: bytes, host: Callable[[int], int]) -> Callable[[int], object]:
        """The function ``repeat``, which calls ``host``."""
        function: Callable[[int], object] = self._function(binary, "repeat", host)
        return function

    def component(self, binary: bytes, name: str) -> Callable[..., object]:
        """A function of the component."""
        store = self._wasmtime.Store(self._engine)
        component = self._parts.Component(self._engine, binary)
        instance = self._parts.Linker(self._engine).instantiate(store, component)
        function = instance.get_func(store, name)

        def call_and_return(*arguments: object) -> object:
            result: object = function(store, *arguments)
            function.post_return(store)
            return result

        return call_and_return

    def component_out(self, binary: bytes, host: Callable[[int], int]) -> Callable[[int], object]:
        """The function ``repeat``, which calls ``host``."""
        store = self._wasmtime.Store(self._engine)
        linker = self._parts.Linker(self._engine)
        with linker.root() as root:
            root.add_func("next", lambda _, value: host(value))
        instance = linker.instantiate(store, self._parts.Component(self._engine, binary))
        function = instance.get_func(store, "repeat")

        def call_and_return(count: int) -> object:
            result: object = function(store, count)
            function.post_return(store)
            return result

        return call_and_return

    def first_call(self, binary: bytes, name: str) -> object:
        """Load, instantiate, call. The engine is there already."""
        return self._function(binary, name, None)(0)


class _Owned:
    """A function with what must live as long as it."""

    __slots__ = ("_function", "_owners")

    def __init__(self, function: Any, owners: object) -> None:
        self._function = function
        self._owners = owners

    def __call__(self, *arguments: int) -> object:
        return self._function(*arguments)


def _next(value: int) -> int:
    return value + 1


# Each raises ImportError or ConfigError where the engine is not there.
CALLERS: dict[str, Callable[[], Caller]] = {
    "native": lambda: OwnCaller("native"),
    "reference": lambda: OwnCaller("reference"),
    "pywasm3": _Wasm3Caller,
    "wasmtime": _WasmtimeCaller,
}
