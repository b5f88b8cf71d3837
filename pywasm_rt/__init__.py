"""pywasm_rt runs WebAssembly modules and components as supervised processes.

The names below are loaded when they are first used, so that ``import pywasm_rt`` costs nothing and
needs nothing but the standard library:

``get_engine``, ``engine_info``
    Engines run core modules: ``get_engine().load(binary)``, then ``instantiate``.
``call``
    Calls an exported function of a core instance and answers its host functions.
``HostFunction``, ``Limits``
    Functions and limits for guests.
``Component``, ``Linker``
    Components: ``Linker(engine).instantiate(Component.from_file(path))``.
``Features``
    Which parts of the language are switched on.
``WasiContext``
    What a guest sees of the world through WASI.
``WasmError``
    The root of all errors.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pywasm_rt.component import Component, Linker
    from pywasm_rt.engine import engine_info, get_engine
    from pywasm_rt.engine.driver import call
    from pywasm_rt.engine.interface import HostFunction, Limits
    from pywasm_rt.errors import WasmError
    from pywasm_rt.wasi.context import WasiContext
    from pywasm_rt.wasm.features import Features

__all__ = [
    "Component",
    "Features",
    "HostFunction",
    "Limits",
    "Linker",
    "WasiContext",
    "WasmError",
    "call",
    "engine_info",
    "get_engine",
]

_HOMES = {
    "Component": "component",
    "Features": "wasm.features",
    "HostFunction": "engine.interface",
    "Limits": "engine.interface",
    "Linker": "component",
    "WasiContext": "wasi.context",
    "WasmError": "errors",
    "call": "engine.driver",
    "engine_info": "engine",
    "get_engine": "engine",
}


def __getattr__(name: str) -> object:
    """Load a public name from where it lives."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
