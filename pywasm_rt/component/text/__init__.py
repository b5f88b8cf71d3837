"""The component text format: text to syntax and back, and scripts."""

from pywasm_rt.component.text.component import parse
from pywasm_rt.component.text.printer import print_component
from pywasm_rt.component.text.script import parse_script

__all__ = ["parse", "parse_script", "print_component"]
