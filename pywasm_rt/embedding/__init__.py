"""For Python programs that embed guests: what ``pywasm_rt`` offers by name.

:class:`Linker` takes host interfaces as Python objects and functions, and gives
:class:`Instance` objects whose functions are called plainly or awaited; :class:`CoreInstance` is
the same for core modules; :func:`run` and :func:`run_async` run WASI commands as
:func:`subprocess.run` runs programs.

Guests wait here by operations: a plain call performs them and blocks its thread, an awaited one
leaves them to the running event loop (:mod:`pywasm_rt.embedding.performing`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pywasm_rt.embedding.command import Completed, run, run_async
    from pywasm_rt.embedding.core import CoreExport, CoreInstance
    from pywasm_rt.embedding.instance import BoundMethod, Function, Instance, InterfaceView
    from pywasm_rt.embedding.linker import Linker

__all__ = [
    "BoundMethod",
    "Completed",
    "CoreExport",
    "CoreInstance",
    "Function",
    "Instance",
    "InterfaceView",
    "Linker",
    "run",
    "run_async",
]

# Loaded when they are first used: much of it is seldom needed.
_PLACES = {
    "Completed": "pywasm_rt.embedding.command",
    "run": "pywasm_rt.embedding.command",
    "run_async": "pywasm_rt.embedding.command",
    "CoreExport": "pywasm_rt.embedding.core",
    "CoreInstance": "pywasm_rt.embedding.core",
    "BoundMethod": "pywasm_rt.embedding.instance",
    "Function": "pywasm_rt.embedding.instance",
    "Instance": "pywasm_rt.embedding.instance",
    "InterfaceView": "pywasm_rt.embedding.instance",
    "Linker": "pywasm_rt.embedding.linker",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value
