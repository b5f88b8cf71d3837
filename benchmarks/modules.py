"""Modules of any size, for start-up: the bodies of our guests one after the other, again and again.

Called with 0, each of them returns almost at once, so that what is measured is all that an engine
does before: decoding, validation, compiling or lowering, instantiation.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.guests import build
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.instructions import Instruction
from pywasm_rt.wasm.instructions.table import BY_MNEMONIC
from pywasm_rt.wasm.module import Export, Expression, Function
from pywasm_rt.wasm.types import ExternKind

__all__ = ["sized_module"]

# Guests of a single function, which with 0 touches no data of its own module.
_SOURCES = ("sieve", "nbody", "sha256", "mandelbrot", "mixing", "strings", "compression")


def sized_module(size_bytes: int) -> bytes:
    """A valid module of about this size. It imports nothing and exports two functions of type
    ``(i32) -> i32``: ``run`` is one of many, ``all`` calls each of them. Raises BuildError.
    """
    bodies = [_only_function(name) for name in _SOURCES]
    each = (len(_encoded(bodies * 100)) - len(_encoded(bodies))) / 99
    return _encoded(bodies * max(1, round(size_bytes / each)))


def _encoded(bodies: list[Function]) -> bytes:
    module = decode(build(_SOURCES[0]))
    exports = [
        Export("run", ExternKind.FUNCTION, 0),
        Export("all", ExternKind.FUNCTION, len(bodies)),
    ]
    return encode(replace(module, functions=[*bodies, _caller(len(bodies))], exports=exports))


def _only_function(name: str) -> Function:
    (function,) = decode(build(name)).functions
    return function


def _caller(count: int) -> Function:
    """A function that calls the first ``count`` functions with its argument and returns 0."""
    argument = Instruction(BY_MNEMONIC["local.get"], (0,))
    drop = Instruction(BY_MNEMONIC["drop"])
    instructions = []
    for index in range(count):
        instructions += [argument, Instruction(BY_MNEMONIC["call"], (index,)), drop]
    instructions += [Instruction(BY_MNEMONIC["i32.const"], (0,)), Instruction(BY_MNEMONIC["end"])]
    return Function(0, (), Expression(instructions))
