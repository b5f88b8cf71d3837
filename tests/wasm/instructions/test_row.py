"""Rows from compact text."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.instructions.row import parse_stack_type, row
from pywasm_rt.wasm.types import F64, I32, V128, AbstractHeapType, ReferenceType


def test_stack_type_is_read() -> None:
    stack = parse_stack_type("i32 v128 -> f64")
    assert stack is not None
    assert stack.takes == (I32, V128)
    assert stack.gives == (F64,)
    assert str(stack) == "[i32 v128] -> [f64]"


def test_reference_types_may_have_parentheses() -> None:
    stack = parse_stack_type("i32 -> (ref i31)")
    assert stack is not None
    assert stack.gives == (ReferenceType(nullable=False, heap=AbstractHeapType.I31),)


def test_arrow_alone_is_the_empty_stack_type_and_nothing_is_none() -> None:
    empty = parse_stack_type("->")
    assert empty is not None
    assert empty.takes == empty.gives == ()
    assert parse_stack_type("") is None


@pytest.mark.parametrize("text", ["i32", "i32 -> i33", "what"])
def test_bad_stack_type_is_our_fault(text: str) -> None:
    with pytest.raises(EngineBug, match="stack type"):
        parse_stack_type(text)


def test_row_derives_identifier_and_splits_immediates() -> None:
    made = row(0x1F, "test.add/one", "i32 -> i32", "label memory", "op-iadd", "Adds one.")
    assert made.identifier == "test_add_one"
    assert made.immediates == ("label", "memory")
    assert (made.prefix, made.fuel, made.rule, made.feature) == (None, 1, "", "")
    assert row(1, "a", "", "", "s", "S.", identifier="b").identifier == "b"
