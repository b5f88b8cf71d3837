"""Exceptions as first proposed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions import INSTRUCTIONS, Instruction
from pywasm_rt.wasm.module import Expression, Function, Module
from pywasm_rt.wasm.types import FunctionType, RecursiveType, SubType
from pywasm_rt.wasm.validate import validate

MODULE = "(module (tag $none) (tag $value (param i32 i64)) (func {body}))"

CASES = [
    ("try end", ""),
    ("try catch $none end", ""),
    ("try catch $value drop drop catch_all end", ""),
    ("try (result i32) i32.const 1 catch_all i32.const 2 end drop", ""),
    ("try (result i32) i32.const 1 catch_all end drop", "type mismatch"),
    ("try (result i32) catch_all i32.const 1 end drop", "type mismatch"),
    ("try catch $value end", "type mismatch: block requires [] but stack has [i32 i64]"),
    ("try catch 8 end", "unknown tag 8"),
    ("try catch_all rethrow 0 end", ""),
    ("try catch $none (block rethrow 1) end", ""),
    ("try catch_all rethrow 0 i32.add drop end", ""),
    ("try rethrow 0 catch_all end", "invalid rethrow label 0: it is that of a try"),
    ("rethrow 0", "invalid rethrow label 0: it is that of a function"),
    ("(block rethrow 0)", "invalid rethrow label 0: it is that of a block"),
    ("rethrow 4", "unknown label 4"),
    ("try delegate 0", ""),
    ("try delegate 1", "unknown label 1"),
    ("try try delegate 0 catch_all end", ""),
    ("try (result i32) i32.const 1 delegate 0 drop", ""),
    ("try (result i32) delegate 0 drop", "type mismatch"),
    ("i32.const 1 try (param i32) drop catch_all end", ""),
    ("try br 0 catch_all br 0 end", ""),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_legacy_exceptions(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


@pytest.mark.parametrize(
    "body",
    [
        "catch_all end",
        "try catch_all catch_all end end",
        "block delegate end",
        "try catch_all delegate end",
        "else end",
        "if else else end end",
    ],
)
def test_parts_of_blocks_in_wrong_places(body: str, everything: Features) -> None:
    """Neither parser lets these pass; a module made by hand may have them."""
    rows = INSTRUCTIONS.by_mnemonic
    immediates = {"try": (None,), "block": (None,), "if": (None,), "delegate": (0,)}
    code = [Instruction(rows["i32.const"], (0,))] if body.startswith("if") else []
    code += [Instruction(rows[word], immediates.get(word, ())) for word in body.split()]
    group = RecursiveType((SubType(FunctionType()),))
    module = Module(recursive_types=[group], functions=[Function(0, (), Expression(code))])
    with pytest.raises(ValidationError, match="unexpected token"):
        validate(module, everything)
