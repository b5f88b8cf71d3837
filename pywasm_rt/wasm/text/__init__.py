"""The text format: text to modules and back, and scripts."""

from __future__ import annotations

from pywasm_rt.wasm.text.module import parse
from pywasm_rt.wasm.text.printer import print_module, print_with_spans
from pywasm_rt.wasm.text.script import parse_script

__all__ = ["parse", "parse_script", "print_module", "print_with_spans"]
