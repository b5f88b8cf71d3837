"""The text format: text to modules and back, and scripts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pywasm_rt.wasm.text.module import parse

if TYPE_CHECKING:
    from pywasm_rt.wasm.text.printer import print_module, print_with_spans
    from pywasm_rt.wasm.text.script import parse_script

__all__ = ["parse", "parse_script", "print_module", "print_with_spans"]

# Loaded when they are first used: much of it is seldom needed.
_PLACES = {
    "print_module": "pywasm_rt.wasm.text.printer",
    "print_with_spans": "pywasm_rt.wasm.text.printer",
    "parse_script": "pywasm_rt.wasm.text.script",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value
