"""pywasm_rt runs WebAssembly modules and components as supervised processes.

The names below are loaded when they are first used, so that ``import pywasm_rt`` costs nothing and
needs nothing but the standard library:

``run``, ``run_async``
    Run a WASI command as :func:`subprocess.run` runs a program; they give a ``Completed``.
``Component``, ``Linker``, ``Instance``
    Components: ``Linker().instantiate(Component.from_file(path))``. A linker takes host interfaces
    as Python objects and functions; an instance's functions are called or awaited.
``Ok``, ``Err``, ``Some``, ``Record``, ``Variant``, ``ResourceHandle``
    Component values that Python has no type of its own for.
``CoreInstance``
    Core modules: their exports are called, their imports are Python functions.
``WasiContext``, ``WasiLimits``, ``Network``
    What a guest sees of the world through WASI, how much of it, and whom it may talk to.
``HostDirectory``, ``MemoryFilesystem``
    Directories for guests: on disk, read-only if asked for, or in memory.
``CollectingSink``
    Standard output that is kept.
``VirtualMonotonicClock``, ``FixedWallClock``, ``SeededRandom``
    Clocks and random bytes that are the same each time.
``App``
    An application of YAML entries, running: ``async with App.load(folder) as app``.
``get_engine``, ``engine_info``
    Engines run core modules: ``get_engine().load(binary)``, then ``instantiate``.
``call``, ``HostFunction``
    Calls an exported function of an engine's instance, and answers its host functions.
``Snapshot``, ``go_on``
    The state of a suspended guest, as bytes if need be; runs what an engine has restored.
``Limits``, ``Features``
    How much a guest may use up, and which parts of the language are switched on.
``WasmError``, ``ResultError``
    The root of all errors; the ``err`` of a ``result`` as an exception.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pywasm_rt.app.app import App
    from pywasm_rt.component.component import Component
    from pywasm_rt.component.values import Err, Ok, Record, ResourceHandle, Some, Variant
    from pywasm_rt.embedding.command import Completed, run, run_async
    from pywasm_rt.embedding.core import CoreInstance
    from pywasm_rt.embedding.instance import Instance
    from pywasm_rt.embedding.linker import Linker
    from pywasm_rt.engine import engine_info, get_engine
    from pywasm_rt.engine.driver import call, go_on
    from pywasm_rt.engine.interface import HostFunction, Limits
    from pywasm_rt.engine.snapshot import Snapshot
    from pywasm_rt.errors import ResultError, WasmError
    from pywasm_rt.wasi.capabilities.clocks import FixedWallClock, VirtualMonotonicClock
    from pywasm_rt.wasi.capabilities.host_directory import HostDirectory
    from pywasm_rt.wasi.capabilities.memory_directory import MemoryFilesystem
    from pywasm_rt.wasi.capabilities.network import Network
    from pywasm_rt.wasi.capabilities.random import SeededRandom
    from pywasm_rt.wasi.capabilities.stdio import CollectingSink
    from pywasm_rt.wasi.context import WasiContext, WasiLimits
    from pywasm_rt.wasm.features import Features

__all__ = [
    "App",
    "CollectingSink",
    "Completed",
    "Component",
    "CoreInstance",
    "Err",
    "Features",
    "FixedWallClock",
    "HostDirectory",
    "HostFunction",
    "Instance",
    "Limits",
    "Linker",
    "MemoryFilesystem",
    "Network",
    "Ok",
    "Record",
    "ResourceHandle",
    "ResultError",
    "SeededRandom",
    "Snapshot",
    "Some",
    "Variant",
    "VirtualMonotonicClock",
    "WasiContext",
    "WasiLimits",
    "WasmError",
    "call",
    "engine_info",
    "get_engine",
    "go_on",
    "run",
    "run_async",
]

_HOMES = {
    "App": "app.app",
    "CollectingSink": "wasi.capabilities.stdio",
    "Completed": "embedding.command",
    "Component": "component.component",
    "CoreInstance": "embedding.core",
    "Err": "component.values",
    "Features": "wasm.features",
    "FixedWallClock": "wasi.capabilities.clocks",
    "HostDirectory": "wasi.capabilities.host_directory",
    "HostFunction": "engine.interface",
    "Instance": "embedding.instance",
    "Limits": "engine.interface",
    "Linker": "embedding.linker",
    "MemoryFilesystem": "wasi.capabilities.memory_directory",
    "Network": "wasi.capabilities.network",
    "Ok": "component.values",
    "Record": "component.values",
    "ResourceHandle": "component.values",
    "ResultError": "errors",
    "SeededRandom": "wasi.capabilities.random",
    "Snapshot": "engine.snapshot",
    "Some": "component.values",
    "Variant": "component.values",
    "VirtualMonotonicClock": "wasi.capabilities.clocks",
    "WasiContext": "wasi.context",
    "WasiLimits": "wasi.context",
    "WasmError": "errors",
    "call": "engine.driver",
    "engine_info": "engine",
    "get_engine": "engine",
    "go_on": "engine.driver",
    "run": "embedding.command",
    "run_async": "embedding.command",
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
