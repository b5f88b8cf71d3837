"""The extension module, where it was built.

Importing this module raises ImportError where it was not: nothing outside ``engine/native`` imports
it, and ``engine/selection.py`` then takes the reference engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["ffi", "lib"]

_core: Any = import_module("pywasm_rt._core")
ffi: Any = _core.ffi
lib: Any = _core.lib
