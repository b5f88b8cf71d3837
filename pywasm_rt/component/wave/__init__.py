"""WAVE: the text form of component values, for command lines, results and people.

:func:`parse` and :func:`format` are each other's inverse. Source: the component model's design
document "WAVE: Web Assembly Value Encoding" and its grammar.
"""

from pywasm_rt.component.wave.call import (
    Call,
    format_result,
    parse_argument,
    parse_arguments,
    parse_call,
)
from pywasm_rt.component.wave.parser import parse
from pywasm_rt.component.wave.printer import format

__all__ = [
    "Call",
    "format",
    "format_result",
    "parse",
    "parse_argument",
    "parse_arguments",
    "parse_call",
]
