"""What snapshots need to know of a module, as the validator has it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import cast

from pywasm_rt.engine.snapshot.facts import ImportFact, Point, Wait
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.instructions import Instruction, MemoryArgument
from pywasm_rt.wasm.types import FunctionType, ValueType
from pywasm_rt.wasm.validate import FunctionTrace, ValidModule

__all__ = ["ModuleFacts"]

_WAITS = {"memory_atomic_wait32": 4, "memory_atomic_wait64": 8}


class ModuleFacts:
    """See :class:`pywasm_rt.engine.snapshot.facts.Facts`. ``binary_digest`` is that of the bytes
    that the module was read from, None if it was no binary.
    """

    def __init__(
        self,
        valid: ValidModule,
        trace: Callable[[int], FunctionTrace],
        binary_digest: bytes | None,
    ) -> None:
        module = valid.module
        self._valid = valid
        self._trace = trace
        self.digest = binary_digest or hashlib.sha256(encode(module)).digest()
        self.types = valid.types
        self.imports = [
            ImportFact(item.module, item.name, item.kind, type)
            for item, type in zip(module.imports, valid.imports, strict=True)
        ]
        self.functions = valid.functions
        self.tables = valid.tables
        self.memories = valid.memories
        self.globals = valid.globals
        self.tags = valid.tags
        self.elements = [
            (type, len(segment.items))
            for type, segment in zip(valid.elements, module.elements, strict=True)
        ]
        self.datas = [len(segment.data) for segment in module.datas]

    def local_types(self, function_index: int) -> Sequence[ValueType]:
        """The types of the locals of a function with a body, parameters first."""
        return self._valid.local_types(function_index)

    def point(self, function_index: int, pc: int) -> Point | None:
        """What is known before an instruction of a function with a body; None if there is none."""
        trace = self._trace(function_index)
        if pc >= len(trace):
            return None
        seen = trace.at(pc)
        first = self._valid.imported_functions
        body = self._valid.module.functions[function_index - first].body
        instruction = body.instructions[pc]
        call, taken = self._call(instruction)
        return Point(
            cast("tuple[ValueType, ...]", seen.operands),
            seen.unset,
            seen.handlers,
            seen.is_reachable,
            call,
            taken,
            _wait(instruction),
        )

    def _call(self, instruction: Instruction) -> tuple[FunctionType | None, int]:
        """The type of what an instruction calls, and how many operands that takes."""
        valid, identifier = self._valid, instruction.row.identifier
        if identifier == "call":
            type = valid.function_types[cast("int", instruction.immediates[0])]
            return type, len(type.parameters)
        if identifier in ("call_indirect", "call_ref"):
            found = valid.types[cast("int", instruction.immediates[0])].function
            assert found is not None, "what is called is a function"
            return found, len(found.parameters) + 1
        return None, 0


def _wait(instruction: Instruction) -> Wait | None:
    width = _WAITS.get(instruction.row.identifier)
    if width is None:
        return None
    argument = cast("MemoryArgument", instruction.immediates[0])
    return Wait(argument.memory_index, argument.offset, width)
