"""Which types satisfy which, and what is said where they do not."""

from __future__ import annotations

import pytest

from pywasm_rt.component import types as t
from pywasm_rt.component.types import (
    ComponentType,
    ExternType,
    FunctionType,
    InstanceType,
    ModuleType,
    ResourceType,
    TypeDefinition,
    ValueType,
)
from pywasm_rt.component.validate.matching import Matching, describe_type
from pywasm_rt.component.validate.substitution import Substitution
from pywasm_rt.errors import ValidationError

ONE, OTHER = ResourceType("one"), ResourceType("other")


def record(**fields: ValueType) -> t.RecordType:
    return t.RecordType(tuple(fields.items()))


def variant(**cases: ValueType | None) -> t.VariantType:
    return t.VariantType(tuple(cases.items()))


@pytest.mark.parametrize(
    ("given", "asked", "sentence"),
    [
        (t.U8, t.STRING, "expected primitive `string` found primitive `u8`"),
        (record(x=t.U8), t.TupleType((t.U8,)), "expected tuple, found record"),
        (record(x=t.U8), record(x=t.U8, y=t.U8), "expected 2 fields, found 1"),
        (record(x=t.U8), record(y=t.U8), "expected field name `y`, found `x`"),
        (record(x=t.U8), record(x=t.U16), "type mismatch in record field `x`: expected primitive"),
        (variant(a=None), variant(b=None), "expected case named `b`, found `a`"),
        (variant(a=None), variant(a=None, b=None), "expected 2 cases, found 1"),
        (variant(a=None), variant(a=t.U8), "expected case `a` to have a type, found none"),
        (variant(a=t.U8), variant(a=None), "expected case `a` to have no type"),
        (variant(a=t.U8), variant(a=t.S8), "type mismatch in variant case `a`: expected"),
        (t.TupleType((t.U8,)), t.TupleType((t.U8, t.U8)), "expected 2 types, found 1"),
        (t.TupleType((t.U8,)), t.TupleType((t.S8,)), "type mismatch in tuple field 0: expected"),
        (t.EnumType(("a",)), t.EnumType(("b",)), "mismatch in enum elements"),
        (t.FlagsType(("a",)), t.FlagsType(("b",)), "mismatch in flags elements"),
        (t.ListType(t.U8), t.ListType(t.U8, 3), "expected fixed-length list, found list"),
        (t.ListType(t.U8, 2), t.ListType(t.U8, 3), "expected fixed-length list of 3, found 2"),
        (t.MapType(t.U8, t.U8), t.MapType(t.S8, t.U8), "type mismatch in map key: expected"),
        (t.MapType(t.U8, t.U8), t.MapType(t.U8, t.S8), "type mismatch in map value: expected"),
        (t.OptionType(t.U8), t.OptionType(t.S8), "expected primitive `s8` found primitive `u8`"),
        (t.ResultType(t.U8), t.ResultType(), "expected ok type to not be present"),
        (t.ResultType(), t.ResultType(t.U8), "expected ok type, but found none"),
        (t.ResultType(None, t.U8), t.ResultType(None, t.S8), "type mismatch in err variant: expe"),
        (t.OwnType(ONE), t.BorrowType(ONE), "expected borrow, found own"),
        (t.OwnType(ONE), t.OwnType(OTHER), "resource types are not the same (other and one)"),
        (t.StreamType(t.U8), t.StreamType(), "expected none, found a type"),
        (t.FutureType(), t.FutureType(t.U8), "expected a type, found none"),
        (t.FutureType(t.U8), t.FutureType(t.S8), "expected primitive `s8`"),
    ],
)
def test_values_that_differ(given: ValueType, asked: ValueType, sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Matching().value(given, asked)
    assert str(caught.value).startswith(sentence)
    Matching().value(given, given)
    Matching().value(asked, asked)


def function(*parameters: tuple[str, ValueType], result: ValueType | None = None) -> FunctionType:
    return FunctionType(parameters, result)


@pytest.mark.parametrize(
    ("given", "asked", "sentence"),
    [
        (function(), FunctionType(is_async=True), "expected async func, found func"),
        (function(), function(("x", t.U8)), "expected 1 parameters, found 0"),
        (function(("x", t.U8)), function(("y", t.U8)), "expected parameter named `y`, found `x`"),
        (function(("x", t.U8)), function(("x", t.S8)), "type mismatch in function parameter `x`"),
        (function(result=t.U8), function(), "expected a result, found none: given func() -> u8"),
        (function(result=t.U8), function(result=t.S8), "type mismatch with result type: expected"),
        (function(), InstanceType({}), "expected instance, found func"),
        (InstanceType({}), InstanceType({"f": function()}), "missing expected export `f`"),
        (
            InstanceType({"f": function(result=t.U8)}),
            InstanceType({"f": function(result=t.S8)}),
            "type mismatch in instance export `f`: type mismatch with result type",
        ),
        (TypeDefinition(ONE), TypeDefinition(t.U8), "expected defined type, found resource"),
        (TypeDefinition(t.U8), TypeDefinition(ONE), "expected resource, found defined type"),
        (TypeDefinition(t.U8), TypeDefinition(function()), "expected func, found defined type"),
        (TypeDefinition(record(x=t.U8)), TypeDefinition(t.U8), "expected primitive, found record"),
        (TypeDefinition(function()), TypeDefinition(InstanceType({})), "expected instance, found"),
        (
            ComponentType({"a": function()}, {}),
            ComponentType({}, {}),
            "missing expected import `a`",
        ),
        (
            ComponentType({}, {}),
            ComponentType({}, {"a": function()}),
            "missing expected export `a`",
        ),
        (
            ComponentType({"a": function(result=t.U8)}, {}),
            ComponentType({"a": function(result=t.S8)}, {}),
            "type mismatch in import `a`: type mismatch with result type",
        ),
        (
            ComponentType({}, {"a": function(result=t.U8)}),
            ComponentType({}, {"a": function(result=t.S8)}),
            "type mismatch in export `a`: type mismatch with result type",
        ),
    ],
)
def test_items_that_differ(given: ExternType, asked: ExternType, sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Matching().extern(given, asked)
    assert str(caught.value).startswith(sentence)
    Matching().extern(given, given)
    Matching().extern(asked, asked)


def test_more_than_asked_for_is_fine() -> None:
    Matching().extern(InstanceType({"f": function(), "g": function()}), InstanceType({}))
    Matching().extern(ComponentType({}, {}), ComponentType({"a": function()}, {}))
    Matching().extern(ModuleType({}, {}), ModuleType({}, {}))


def test_names_of_types_do_not_count() -> None:
    named = t.RecordType((("x", t.U8),), name="point")
    Matching().value(named, record(x=t.U8))
    assert named == record(x=t.U8)


def test_variables_are_bound_once() -> None:
    variable = ResourceType("any")
    matching = Matching([variable])
    matching.value(t.OwnType(ONE), t.OwnType(variable))
    matching.value(t.BorrowType(ONE), t.BorrowType(variable))
    assert matching.bound == {variable: ONE}
    with pytest.raises(ValidationError, match="resource types are not the same"):
        matching.value(t.OwnType(OTHER), t.OwnType(variable))


def test_a_component_gives_its_own_resources() -> None:
    mine, asked = ResourceType("mine"), ResourceType("asked")
    taken, given = ResourceType("taken"), ResourceType("given")
    Matching().extern(
        ComponentType(
            {"r": TypeDefinition(taken)},
            {"s": TypeDefinition(mine), "f": function(("x", t.OwnType(taken)))},
            (taken,),
            (mine,),
        ),
        ComponentType(
            {"r": TypeDefinition(given)},
            {"s": TypeDefinition(asked), "f": function(("x", t.OwnType(given)))},
            (given,),
            (asked,),
        ),
    )


@pytest.mark.parametrize(
    "type",
    [
        t.OwnType(ONE),
        t.BorrowType(ONE),
        t.ListType(t.OwnType(ONE), 3),
        t.MapType(t.U8, t.OwnType(ONE)),
        t.StreamType(t.OwnType(ONE)),
        t.FutureType(t.OwnType(ONE)),
        t.OptionType(t.OwnType(ONE)),
        t.ResultType(None, t.OwnType(ONE)),
        t.TupleType((t.U8, t.OwnType(ONE))),
        record(x=t.OwnType(ONE)),
        variant(a=None, b=t.OwnType(ONE)),
    ],
)
def test_substitution_goes_all_the_way_down(type: ValueType) -> None:
    item = ComponentType(
        {"i": InstanceType({"f": function(("x", type), result=type)})},
        {"t": TypeDefinition(type), "r": TypeDefinition(ONE)},
    )
    changed = Substitution({ONE: OTHER})(item)
    assert changed is not item
    assert "ResourceType one" not in str(changed)
    assert Substitution({OTHER: ONE})(changed) == item
    assert Substitution({})(item) is item
    assert Substitution({OTHER: ONE})(item) is item


def test_types_in_a_word() -> None:
    assert describe_type(t.U32) == "u32"
    assert describe_type(function()) == "func"
    assert describe_type(t.ListType(t.U8, 3)) == "fixed-length list"
