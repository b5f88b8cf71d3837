"""What a program is given besides WASI: other modules' exports, and traps for what is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pywasm_rt.engine.interface import HostFunction, LoadedModule
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasm.types import ExternKind, FunctionType

__all__ = ["FurtherImports"]


@dataclass(frozen=True, slots=True)
class FurtherImports:
    """``given`` are for core modules, by module and name. With ``traps`` a function that is not
    there is one that traps when it is called, in modules and components.
    """

    given: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    traps: bool = False

    def complete(self, module: LoadedModule, imports: Mapping[tuple[str, str], Any]) -> Any:
        """``imports``, with what is given and, if that is wanted, with traps."""
        completed = {**imports, **self.given}
        for item in module.imports if self.traps else ():
            key = (item.module, item.name)
            if item.kind is ExternKind.FUNCTION and key not in completed:
                assert isinstance(item.type, FunctionType), "a function has no other type"
                name = f"{item.module}.{item.name}"
                completed[key] = HostFunction(item.type, _trap(name), name)
        return completed


def _trap(name: str) -> Callable[..., object]:
    def call(*_: object) -> object:
        raise Trap(TrapCode.HOST, f"the host does not offer {name}")

    return call
