"""A module as the engine keeps it: validated, its functions lowered when they are first called."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from pywasm_rt.engine.interface import ExternDescription
from pywasm_rt.engine.reference.facts import ModuleFacts
from pywasm_rt.engine.reference.loop_builder import BuiltLoop
from pywasm_rt.engine.reference.lowering import Lowered, Lowerer
from pywasm_rt.engine.reference.meanings import Meaning
from pywasm_rt.wasm.types import FunctionType, GlobalType, MemoryType, TableType
from pywasm_rt.wasm.validate import DefinedType, FunctionTrace, ValidModule, trace
from pywasm_rt.wasm.validate.context import ExternTypeResolved

__all__ = ["LoadedModule"]


class LoadedModule:
    """A module, ready to be instantiated many times, in any thread.

    ``exports`` and ``imports`` are descriptions for tools, in order. ``binary_digest`` is the
    SHA-256 of the binary that it was read from, None if it was none.
    """

    __slots__ = (
        "_binary_digest",
        "_facts",
        "_lock",
        "_lowered",
        "_traces",
        "exports",
        "imports",
        "loop",
        "lowerer",
        "meanings",
        "valid",
    )

    def __init__(
        self,
        valid: ValidModule,
        loop: BuiltLoop,
        meanings: Mapping[str, Meaning],
        binary_digest: bytes | None = None,
    ) -> None:
        self.valid = valid
        self._binary_digest = binary_digest
        self._facts: ModuleFacts | None = None
        self.loop = loop
        self.meanings = meanings
        self.lowerer = Lowerer(valid, loop, meanings)
        self._lowered: dict[int, Lowered] = {}
        self._traces: dict[int, FunctionTrace] = {}
        self._lock = threading.Lock()
        module = valid.module
        self.imports = tuple(
            ExternDescription(item.module, item.name, item.kind, _described(type))
            for item, type in zip(module.imports, valid.imports, strict=True)
        )
        self.exports = tuple(
            ExternDescription("", item.name, item.kind, _described(type))
            for item, type in zip(module.exports, valid.exports, strict=True)
        )

    @property
    def facts(self) -> ModuleFacts:
        """What snapshots need to know of it."""
        with self._lock:
            if self._facts is None:
                self._facts = ModuleFacts(self.valid, self.trace, self._binary_digest)
            return self._facts

    def lowered(self, function_index: int) -> Lowered:
        """The body of a defined function for the machine."""
        with self._lock:
            lowered = self._lowered.get(function_index)
            if lowered is None:
                lowered = self._lowered[function_index] = self.lowerer.lower(function_index)
            return lowered

    def trace(self, function_index: int) -> FunctionTrace:
        """The types at each instruction of a defined function, for looking at activations."""
        with self._lock:
            found = self._traces.get(function_index)
            if found is None:
                found = self._traces[function_index] = trace(self.valid, function_index)
            return found


def _described(
    type: ExternTypeResolved,
) -> FunctionType | TableType | MemoryType | GlobalType:
    if isinstance(type, DefinedType):
        assert type.function is not None, "functions and tags have function types"
        return type.function
    return type
