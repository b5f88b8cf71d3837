"""Code from its bytes or its text, whatever it is."""

from __future__ import annotations

import re

from pywasm_rt.component.component import Component
from pywasm_rt.engine.interface import Engine, LoadedModule
from pywasm_rt.wasm.binary.sections import is_component
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import ExternKind
from pywasm_rt.wasm.types import FunctionType as CoreFunctionType

__all__ = ["core_functions", "load_code", "load_text"]

_COMPONENT = re.compile(r"(?:\s|;;[^\n]*\n|\(;.*?;\))*\(\s*component\b", re.DOTALL)


def load_code(data: bytes, engine: Engine) -> Component | LoadedModule:
    """Decode and validate a binary, and all core modules in it.

    Raises DecodeError, ValidationError, UnsupportedFeature.
    """
    if not is_component(data):
        return engine.load(data)
    component = Component.from_binary(data)
    component.load(engine)
    return component


def load_text(text: str, engine: Engine) -> Component | LoadedModule:
    """Parse and validate ``(module ...)``, the fields of one, or ``(component ...)``.

    Raises ParseError, ValidationError, UnsupportedFeature.
    """
    if _COMPONENT.match(text) is None:
        return engine.load(parse(text))
    component = Component.from_text(text)
    component.load(engine)
    return component


def core_functions(module: LoadedModule) -> dict[str, CoreFunctionType]:
    """The functions that a core module exports."""
    return {
        item.name: item.type
        for item in module.exports
        if item.kind is ExternKind.FUNCTION and isinstance(item.type, CoreFunctionType)
    }
