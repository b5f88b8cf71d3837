"""Global variables as store entities, and what ``global.get`` and ``global.set`` mean."""

from __future__ import annotations

from pywasm_rt.engine.reference.values import from_host
from pywasm_rt.wasm.types import GlobalType

__all__ = ["Global", "global_get", "global_set"]


class Global:
    """A global variable; the machine uses ``content``, the host ``value``."""

    __slots__ = ("content", "type")

    def __init__(self, type: GlobalType, content: object) -> None:
        self.type = type
        self.content = content

    @property
    def value(self) -> object:
        """What it holds. Setting raises TypeError if it is immutable or the value does not fit."""
        return self.content

    @value.setter
    def value(self, value: object) -> None:
        if not self.type.mutable:
            raise TypeError(f"a global of type {self.type.value} is immutable")
        self.content = from_host(self.type.value, value)


def global_get(variable: Global) -> object:
    """What the variable holds."""
    return variable.content


def global_set(variable: Global, value: object) -> None:
    """Change the variable."""
    variable.content = value
