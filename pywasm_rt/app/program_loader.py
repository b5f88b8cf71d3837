"""Loading the programs of processes and functions.

Everything that can be known before a program runs is found out here: whether the binary is valid,
whether ``method`` is there and what it takes and gives, and whether the entry's ``imports`` grant
what the binary imports.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from pywasm_rt.app.entry import Entry
from pywasm_rt.app.import_check import ImportChecker
from pywasm_rt.app.kinds import GuestConfiguration
from pywasm_rt.app.program import Program, component_functions, find_function
from pywasm_rt.app.program_code import core_functions, load_code, load_text
from pywasm_rt.app.source_files import RawEntry
from pywasm_rt.component.canonical.signature import core_type_of_lifted
from pywasm_rt.component.component import Component
from pywasm_rt.component.core_signature import derive_signature
from pywasm_rt.component.suggestion import hint
from pywasm_rt.component.types import FunctionType
from pywasm_rt.component.wit import parse_signatures
from pywasm_rt.engine.interface import Engine, LoadedModule
from pywasm_rt.errors import (
    ComponentError,
    Fault,
    FieldLocation,
    LineColumn,
    ParseError,
    ValidationError,
    WasmError,
)

__all__ = ["ProgramLoader"]

MAGIC = b"\0asm"


class _Finding(Exception):
    """What is wrong, at a field."""

    def __init__(self, message: str, field: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.advice = advice

    def fault(self, raw: RawEntry) -> Fault:
        """The same as a fault of an entry."""
        return raw.fault(self.message, (self.field,), self.advice)


class ProgramLoader:
    """Loads the binaries of an application, each distinct one once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.loaded: dict[str, Component | LoadedModule] = {}
        self.imports = ImportChecker(engine)

    def load(self, entry: Entry, data: bytes, digest: str) -> tuple[Program | None, list[Fault]]:
        """The program of an entry with a binary, or what is wrong with it."""
        try:
            code = self.code(data, digest)
        except _Finding as finding:
            return None, [finding.fault(entry.raw)]
        return self._program(entry, code, digest)

    def load_text(self, entry: Entry, text: str) -> tuple[Program | None, list[Fault]]:
        """The program of an entry with a text, or what is wrong with it, at its line."""
        data = text.encode()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        origin = entry.raw.text_origin(("source",))
        try:
            if digest not in self.loaded:
                self.loaded[digest] = load_text(text, self.engine)
        except WasmError as error:
            place = FieldLocation(origin.file, origin.line, "source")
            message = error.message
            if isinstance(error.where, LineColumn):
                place = replace(place, line=origin.line + error.where.line - 1)
            elif error.where is not None:
                message = str(error)
            what = "compile" if isinstance(error, ValidationError) else "load"
            fault = Fault(f"failed to {what} wat module: {message}", place, "", entry.id)
            return None, [fault]
        return self._program(entry, self.loaded[digest], digest)

    def _program(
        self, entry: Entry, code: Component | LoadedModule, digest: str
    ) -> tuple[Program | None, list[Fault]]:
        config = entry.config
        if not isinstance(config, GuestConfiguration):
            return None, []
        granted, faults = self.imports.check(entry, config, code)
        try:
            if isinstance(code, Component):
                program = _component_program(config, code, granted, digest)
            else:
                program = _core_program(config, code, digest)
        except _Finding as finding:
            return None, [*faults, finding.fault(entry.raw)]
        return (program, []) if not faults else (None, faults)

    def code(self, data: bytes, digest: str) -> Component | LoadedModule:
        """What :func:`load_code` gives, remembered."""
        if digest not in self.loaded:
            try:
                self.loaded[digest] = load_code(data, self.engine)
            except ValidationError as error:
                raise _Finding(f"failed to compile wasm module: {error}", "path") from error
            except WasmError as error:
                advice = "" if data[:4] == MAGIC else "this is no WebAssembly binary"
                raise _Finding(f"failed to load wasm module: {error}", "path", advice) from error
        return self.loaded[digest]


def _component_program(
    config: GuestConfiguration, component: Component, granted: frozenset[str], digest: str
) -> Program:
    """Look for ``method`` among a component's exports."""
    functions = component_functions(component)
    name = find_function(functions, config.method)
    if name is None:
        message = f'export "{config.method}" not found in component'
        raise _Finding(message, "method", hint(config.method, functions))
    return Program(component, name, functions[name], granted=granted, digest=digest)


def _core_program(config: GuestConfiguration, module: LoadedModule, digest: str) -> Program:
    """Look for ``method`` among a core module's exports, and for its type in ``wit``."""
    method = config.method
    functions = core_functions(module)
    core_type = functions.get(method)
    if core_type is None:
        public = [name for name in functions if not name.startswith(("cabi_", "_"))]
        message = f'function "{method}" not found in module'
        raise _Finding(message, "method", hint(method, public or functions))
    if not config.wit.strip():
        try:
            derived = derive_signature(core_type, method)
        except ComponentError as error:
            raise _Finding(error.message, "method") from error
        return Program(module, method, derived, is_derived=True, digest=digest)
    signatures = _signatures(config.wit)
    type = signatures.get(method)
    if type is None:
        message = f'wit does not describe "{method}"'
        raise _Finding(message, "wit", hint(method, signatures))
    needed = core_type_of_lifted(type)
    if (needed.parameters, needed.results) != (core_type.parameters, core_type.results):
        message = f"wit says {method}: {type}, which is {needed} in a core module"
        raise _Finding(message, "wit", f"the module has {core_type}")
    return Program(module, method, type, signatures=signatures, digest=digest)


def _signatures(wit: str) -> dict[str, FunctionType]:
    try:
        return parse_signatures(wit)
    except ParseError as error:
        raise _Finding(str(error), "wit") from error
