"""Reading code: core modules and components, binaries and texts."""

from __future__ import annotations

from pathlib import Path

from pywasm_rt.component.component import Component
from pywasm_rt.component.text.recognition import is_component_text
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine, LoadedModule
from pywasm_rt.engine.serialized import MAGIC as SERIALIZED_MAGIC
from pywasm_rt.errors import SerializationError
from pywasm_rt.wasm.binary.sections import is_component
from pywasm_rt.wasm.text import parse

__all__ = ["ProgramLike", "load_program", "read_code"]

ProgramLike = bytes | str | Path | Component | LoadedModule
"""A program as its bytes, its file's path, or loaded already."""

_MAGIC = b"\0asm"


def read_code(
    data: bytes, engine: Engine | None = None, file: str = ""
) -> Component | LoadedModule:
    """A component or core module from a binary or (without the magic number) a text, decoded and
    validated with all modules in it; ``file`` is for messages. Or a module that the engine has
    serialized.

    Raises DecodeError, ParseError, ValidationError, UnsupportedFeature; SerializationError
    for a serialized one that is not this engine's.
    """
    engine = get_engine() if engine is None else engine
    if data[:4] == SERIALIZED_MAGIC:
        return _deserialized(data, engine)
    if data[:4] == _MAGIC:
        if not is_component(data):
            return engine.load(data)
        component = Component.from_binary(data)
    elif is_component_text(data):
        component = Component.from_text(data, file=file)
    else:
        return engine.load(parse(data, file=file))
    component.name = component.name or Path(file).stem
    component.load(engine)
    return component


def _deserialized(data: bytes, engine: Engine) -> LoadedModule:
    deserialize = getattr(engine, "deserialize", None)
    if deserialize is None:
        raise SerializationError(f"the {engine.name} engine reads no serialized modules")
    module: LoadedModule = deserialize(data)
    return module


def load_program(source: ProgramLike, engine: Engine | None = None) -> Component | LoadedModule:
    """A component or core module, from its bytes, its file, or as it is.

    Raises OSError and what :func:`read_code` raises.
    """
    if isinstance(source, bytes):
        return read_code(source, engine)
    if isinstance(source, str | Path):
        return read_code(Path(source).read_bytes(), engine, str(source))
    return source
