"""WIT, the language of interfaces: parser, resolver and printer.

``parse`` gives the syntax tree of one text (:mod:`~pywasm_rt.component.wit.syntax`), ``resolve``
makes component types of it (:mod:`~pywasm_rt.component.wit.model`), and ``print_wit`` writes a
tree. Source: the component model's design document "The WIT text format".
"""

from pywasm_rt.component.wit.describe import describe
from pywasm_rt.component.wit.directory import load
from pywasm_rt.component.wit.model import Interface, Package, Resolution, TypeEntry, World
from pywasm_rt.component.wit.parser import parse
from pywasm_rt.component.wit.printer import print_wit
from pywasm_rt.component.wit.resolver import resolve
from pywasm_rt.component.wit.signatures import parse_signatures

__all__ = [
    "Interface",
    "Package",
    "Resolution",
    "TypeEntry",
    "World",
    "describe",
    "load",
    "parse",
    "parse_signatures",
    "print_wit",
    "resolve",
]
