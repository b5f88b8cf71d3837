"""The extension module, where it was built.

Importing this module raises ImportError where it was not: nothing outside ``engine/native`` imports
it, and ``engine/selection.py`` then takes the reference engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Callee", "Direct", "Line", "Lines", "ffi", "lib"]

_core: Any = import_module("pywasm_rt._core")
ffi: Any = _core.ffi
lib: Any = _core.lib

if TYPE_CHECKING:

    class Line:
        """See ``native/boundary.h``."""

        def bind(self, address: int) -> None:
            """Use the C task at this address."""

    class Lines:
        """Lines that nobody uses."""

        def append(self, line: Line) -> None:
            """Put a line on top; it is in no other stack."""

        def pop(self) -> Line:
            """Take the line on top. Raises IndexError."""

    class Callee:
        """A function of the engine."""

        def bind(self, address: int) -> None:
            """Be the C function at this address."""

        def use(self, lines: Lines) -> None:
            """Call by way of these lines."""

    class Direct(Callee):
        """A function that is called in the short way."""
else:
    Line, Lines, Callee, Direct = _core.Line, _core.Lines, _core.Callee, _core.Direct
