"""The component text format: text to syntax and back, and scripts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pywasm_rt.component.text.component import parse
    from pywasm_rt.component.text.printer import print_component
    from pywasm_rt.component.text.script import parse_script

__all__ = ["parse", "parse_script", "print_component"]

# Loaded when they are first used: much of it is seldom needed.
_PLACES = {
    "parse": "pywasm_rt.component.text.component",
    "print_component": "pywasm_rt.component.text.printer",
    "parse_script": "pywasm_rt.component.text.script",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value
