"""A module as the C core keeps it: decoded and validated; its functions are lowered when they are
first called.
"""

from __future__ import annotations

import hashlib
import threading
from functools import cached_property
from typing import Any

from pywasm_rt.engine.interface import ExternDescription
from pywasm_rt.engine.native.core import ffi, lib
from pywasm_rt.engine.native.facts import ModuleFacts
from pywasm_rt.engine.native.types import (
    defined_type,
    memory_type,
    table_type,
    value_type,
)
from pywasm_rt.engine.serialized import write_serialized
from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.binary import decode
from pywasm_rt.wasm.binary.names import NAME_SECTION, decode_names
from pywasm_rt.wasm.binary.sections import scan_sections
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.module import Names
from pywasm_rt.wasm.types import ExternKind, GlobalType
from pywasm_rt.wasm.validate import DefinedType, FunctionTrace, ValidModule, trace, validate
from pywasm_rt.wasm.validate.context import ExternTypeResolved

__all__ = ["LoadedModule", "build_id"]


def build_id() -> str:
    """What tells this C core from those built of other sources."""
    return str(ffi.string(lib.wr_build_id()).decode())


class LoadedModule:
    """A module, ready to be instantiated many times, in any thread. The C core reads ``binary``
    where it is, and so do instances: each has its module.

    Names, and the module as Python data (which frames are shown with), are read from the binary
    when somebody first asks for them.
    """

    def __init__(
        self, program: Any, binary: bytes | memoryview, features: Features, digest: bytes = b""
    ) -> None:
        """``digest`` is the binary's SHA-256, if that is known."""
        self.program = ffi.gc(program, lib.wr_program_release)
        # The program may refer to it.
        self._source = binary
        self._digest = digest
        self.features = features
        self.module = program.module
        self._traces: dict[int, FunctionTrace] = {}
        self._lock = threading.RLock()

    @cached_property
    def binary(self) -> bytes:
        """The module as it was loaded."""
        return bytes(self._source)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the binary."""
        return self._digest or hashlib.sha256(self._source).digest()

    def serialize(self) -> bytes:
        """The module as bytes for :meth:`NativeEngine.deserialize
        <pywasm_rt.engine.native.engine.NativeEngine.deserialize>` of this build: it is not
        validated again, so that a large one is there in a fraction of the time.
        """
        return write_serialized(self._source, self.features, build_id())

    @cached_property
    def facts(self) -> ModuleFacts:
        """What snapshots need to know of it."""
        return ModuleFacts(self)

    @cached_property
    def imports(self) -> tuple[ExternDescription, ...]:
        """What it imports, in order."""
        module = self.module
        return tuple(
            self._described(_name(item.module), item)
            for item in (module.imports[k] for k in range(module.import_count))
        )

    @cached_property
    def exports(self) -> tuple[ExternDescription, ...]:
        """What it exports, in order."""
        module = self.module
        return tuple(
            self._described("", item)
            for item in (module.exports[k] for k in range(module.export_count))
        )

    @cached_property
    def export_places(self) -> tuple[tuple[str, ExternKind, int], ...]:
        """Names, kinds and indices of what it exports, in order."""
        exports = self.module.exports
        return tuple(
            (_name(item.name), ExternKind(item.kind), item.index)
            for item in (exports[k] for k in range(self.module.export_count))
        )

    @cached_property
    def import_types(self) -> tuple[tuple[ExternKind, ExternTypeResolved], ...]:
        """The kinds and types of its imports, in order."""
        module = self.module
        return tuple(self._kind_and_type(module.imports[k]) for k in range(module.import_count))

    def _described(self, module_name: str, item: Any) -> ExternDescription:
        kind, type = self._kind_and_type(item)
        if isinstance(type, DefinedType):
            assert type.function is not None, "functions and tags have function types"
            return ExternDescription(module_name, _name(item.name), kind, type.function)
        return ExternDescription(module_name, _name(item.name), kind, type)

    def _kind_and_type(self, item: Any) -> tuple[ExternKind, ExternTypeResolved]:
        module, kind, index = self.module, ExternKind(item.kind), item.index
        match kind:
            case ExternKind.FUNCTION:
                return kind, defined_type(module.functions[index].type)
            case ExternKind.TABLE:
                return kind, table_type(module.tables[index])
            case ExternKind.MEMORY:
                return kind, memory_type(module.memories[index])
            case ExternKind.GLOBAL:
                described = module.globals[index]
                type = GlobalType(value_type(described.type), mutable=described.is_mutable)
                return kind, type
            case ExternKind.TAG:
                return kind, defined_type(module.tags[index])
        raise EngineBug(f"no such kind: {kind}")

    @cached_property
    def names(self) -> Names:
        """The names in the name section."""
        for section in scan_sections(self.binary):
            if section.kind == "custom" and section.name == NAME_SECTION:
                end = section.offset + section.size_bytes
                content = self.binary[section.offset : end]
                return decode_names(content[_name_bytes(NAME_SECTION) :])
        return Names()

    def function_name(self, function_index: int) -> str:
        """The function's name, or ""."""
        return self.names.functions.get(function_index, "")

    @cached_property
    def valid(self) -> ValidModule:
        """The module as Python data, validated again."""
        return validate(decode(self.binary, self.features), self.features)

    def trace(self, function_index: int) -> FunctionTrace:
        """The types at every instruction of a defined function."""
        with self._lock:
            found = self._traces.get(function_index)
            if found is None:
                found = self._traces[function_index] = trace(self.valid, function_index)
            return found


def _name(name: Any) -> str:
    return bytes(ffi.buffer(name.data, name.size)).decode() if name.size else ""


def _name_bytes(name: str) -> int:
    """How many bytes a short name takes in a binary."""
    return 1 + len(name)
