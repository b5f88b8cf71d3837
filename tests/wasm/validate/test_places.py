"""Where errors are said to be."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import ByteOffset, LineColumn, UnsupportedFeature, ValidationError
from pywasm_rt.wasm.module import Expression, Module
from pywasm_rt.wasm.validate.places import in_item, locate_in_expression


def test_in_a_binary_it_is_an_offset() -> None:
    with pytest.raises(ValidationError) as caught, in_item(Module(), "table 3", 0x20):
        raise ValidationError("wrong")
    assert caught.value.where == ByteOffset(0x20, "table 3")
    assert str(caught.value) == "wrong (at offset 0x20 in table 3)"


def test_in_a_text_it_is_a_line_and_the_message_names_the_item() -> None:
    module = Module(is_text=True)
    with pytest.raises(UnsupportedFeature) as caught, in_item(module, "table 3", 7 << 12 | 5):
        raise UnsupportedFeature("gc", "wrong")
    assert caught.value.where == LineColumn(7, 5)
    assert str(caught.value) == "wrong (in table 3) (at 7:5)"


def test_where_no_place_is_known_the_message_names_the_item() -> None:
    with pytest.raises(ValidationError) as caught, in_item(Module(), "tag 1"):
        raise ValidationError("wrong")
    assert caught.value.where is None
    assert str(caught.value) == "wrong (in tag 1)"


def test_a_place_that_is_known_stays() -> None:
    place = ByteOffset(1)
    with pytest.raises(ValidationError) as caught, in_item(Module(), "tag 1", 9):
        raise ValidationError("wrong", place)
    assert caught.value.where is place


def test_expressions_without_positions_leave_the_place_to_the_item() -> None:
    error = ValidationError("wrong")
    locate_in_expression(error, Module(), Expression([]), 0, "global 0")
    assert error.where is None
    locate_in_expression(error, Module(), Expression([], (4,)), 0, "global 0")
    assert error.where == ByteOffset(4, "global 0")
