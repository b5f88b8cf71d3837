"""The context: index spaces, and how types are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import F32, FUNCREF, I32, ReferenceType
from pywasm_rt.wasm.validate import ValidModule
from pywasm_rt.wasm.validate.context import Context


@pytest.fixture
def context(valid: Callable[..., ValidModule]) -> Context:
    return valid("(module (type $point (struct)) (type (func (param i32))))").context


def test_types_are_told_as_the_module_writes_them(
    context: Context, valid: Callable[..., ValidModule]
) -> None:
    point, function = (ReferenceType(nullable=True, heap=item) for item in context.types)
    foreign = valid("(module (type (array i8)))").types[0]
    assert context.describe(point) == "(ref null $point)"
    assert context.describe(function) == "(ref null 1)"
    assert context.describe(ReferenceType(nullable=False, heap=foreign)) == "(ref (array i8))"
    assert context.describe(FUNCREF) == "funcref"
    assert context.describe_operands([I32, None, point]) == "[i32 any (ref null $point)]"


def test_of_many_operands_the_last_are_told(context: Context) -> None:
    told = context.describe_operands([I32] * 1000 + [F32])
    assert told.startswith("[(969 more) i32 i32")
    assert told.endswith("i32 f32]")


def test_equal_reference_types_are_one_object(context: Context) -> None:
    by_index = context.reference_type(ReferenceType(nullable=False, heap=0))
    by_type = context.reference_type(ReferenceType(nullable=False, heap=context.types[0]))
    assert by_index is by_type
    assert context.value_type(ReferenceType(nullable=False, heap=0)) is by_index


@pytest.mark.parametrize("index", [-1, 2])
def test_indices_are_checked(context: Context, index: int) -> None:
    with pytest.raises(ValidationError, match=f"unknown type {index}: there are 2"):
        context.defined_type(index)
    with pytest.raises(ValidationError, match=f"unknown function {index}"):
        context.function(index)
    with pytest.raises(ValidationError, match=f"unknown elem segment {index}"):
        context.element_segment(index)


def test_kinds_of_types_are_checked(context: Context) -> None:
    with pytest.raises(ValidationError, match="type mismatch: type 0 is not a function type"):
        context.function_type(0)
    with pytest.raises(ValidationError, match="type mismatch: type 1 is not a structure type"):
        context.structure(1)
    with pytest.raises(ValidationError, match="type mismatch: type 1 is not an array type"):
        context.array(1)
    assert context.signature(context.types[1], above=FUNCREF) == ([I32, FUNCREF], [])
