"""For Python programs that embed guests: what ``pywasm_rt`` offers by name.

:class:`Linker` takes host interfaces as Python objects and functions, and gives
:class:`Instance` objects whose functions are called plainly or awaited; :class:`CoreInstance` is
the same for core modules; :func:`run` and :func:`run_async` run WASI commands as
:func:`subprocess.run` runs programs.

Guests wait here by operations: a plain call performs them and blocks its thread, an awaited one
leaves them to the running event loop (:mod:`pywasm_rt.embedding.performing`).
"""

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
