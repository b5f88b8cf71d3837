"""Type sections: indices, groups and declared supertypes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.types import RecursiveType, StructType, SubType
from pywasm_rt.wasm.validate import validate
from pywasm_rt.wasm.validate.type_section import MAX_SUBTYPE_DEPTH

MODULE = "(module {body})"

CASES = [
    ("(type (func (param (ref 0))))", ""),
    ("(type (func (param (ref 1))))", "unknown type 1: 1 are known here (in type 0)"),
    ("(type (struct (field (ref 1)))) (type (struct))", "unknown type 1"),
    ("(rec (type (struct (field (ref 1)))) (type (struct)))", ""),
    ("(rec (type (struct (field (ref 2)))) (type (struct)))", "unknown type 2"),
    ("(type (array (mut (ref 9))))", "unknown type 9"),
    ("(type (sub (struct))) (type (sub 0 (struct (field i32))))", ""),
    ("(type (sub (struct (field i32)))) (type (sub 0 (struct)))", "sub type 1 does not match"),
    ("(type (struct)) (type (sub 0 (struct)))", "sub type 1 has a final supertype: (struct)"),
    ("(type (sub final (struct))) (type (sub 0 (struct)))", "sub type 1 has a final"),
    ("(type (sub (struct))) (type (sub 0 (array i8)))", "sub type 1 does not match"),
    ("(type (sub 0 (struct)))", "unknown type 0: a supertype must come before its subtype"),
    ("(rec (type (sub 1 (struct))) (type (sub (struct))))", "unknown type 1"),
    ("(rec (type (sub (struct))) (type (sub 0 (struct (field i8)))))", ""),
    ("(type (sub 5 (struct)))", "unknown type 5"),
    ("(type (sub (func (result anyref)))) (type (sub 0 (func (result i31ref))))", ""),
    ("(type (sub (func (result i31ref)))) (type (sub 0 (func (result anyref))))", "sub type 1"),
    ("(type (sub (func (param i31ref)))) (type (sub 0 (func (param anyref))))", ""),
    ("(type (sub (array anyref))) (type (sub 0 (array i31ref)))", ""),
    ("(type (sub (array (mut anyref)))) (type (sub 0 (array (mut i31ref))))", "sub type 1"),
    # A type may use itself as evidence of matching its supertype.
    (
        "(type (sub (struct (field anyref))))(type (sub 0 (struct (field (ref null 1)))))",
        "",
    ),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_types(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


def test_at_most_one_supertype() -> None:
    parents = RecursiveType((SubType(StructType(), final=False),))
    child = RecursiveType((SubType(StructType(), supertypes=(0, 1)),))
    with pytest.raises(ValidationError, match="sub type 2 has 2 supertypes, but may have one"):
        validate(Module(recursive_types=[parents, parents, child]))


def test_chains_of_supertypes_have_a_limit() -> None:
    def chain(length: int) -> Module:
        types = [SubType(StructType(), final=False)]
        types += [SubType(StructType(), final=False, supertypes=(i,)) for i in range(length)]
        return Module(recursive_types=[RecursiveType((item,)) for item in types])

    assert len(validate(chain(MAX_SUBTYPE_DEPTH)).types) == MAX_SUBTYPE_DEPTH + 1
    with pytest.raises(ValidationError, match="too many supertypes of a type: 64, and 63"):
        validate(chain(MAX_SUBTYPE_DEPTH + 1))
