"""Functions that belong to a resource."""

from __future__ import annotations

import pytest

from pywasm_rt.component import types as t
from pywasm_rt.component.types import ExternType, FunctionType, InstanceType, ResourceType
from pywasm_rt.component.validate.annotated import check_annotated
from pywasm_rt.component.validate.visibility import Mark
from pywasm_rt.errors import ValidationError

A, B = ResourceType("a"), ResourceType("b")
MARK = Mark()
NAMES = {(A, MARK): ["a"]}


def function(*parameters: tuple[str, t.ValueType], result: t.ValueType | None = None) -> ExternType:
    return FunctionType(parameters, result)


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("f", function()),
        ("x:y/z", InstanceType({})),
        ("[constructor]a", function(result=t.OwnType(A, mark=MARK))),
        ("[constructor]a", function(result=t.ResultType(t.OwnType(A, mark=MARK), t.STRING))),
        ("[method]a.f", function(("self", t.BorrowType(A, mark=MARK)))),
        ("[static]a.f", function()),
    ],
)
def test_what_fits(name: str, item: ExternType) -> None:
    check_annotated(name, item, NAMES)


@pytest.mark.parametrize(
    ("name", "item", "sentence"),
    [
        ("[method]a.f", InstanceType({}), "is not a func"),
        ("[constructor]a", function(), "function should return one value"),
        (
            "[constructor]a",
            FunctionType((), t.OwnType(A, mark=MARK), is_async=True),
            "constructor function cannot be async",
        ),
        ("[constructor]a", function(result=t.U8), "function should return `(own $T)` or"),
        (
            "[constructor]b",
            function(result=t.OwnType(A, mark=MARK)),
            "does not match expected resource name `a`",
        ),
        ("[constructor]a", function(result=t.OwnType(A)), "does not have a name in this context"),
        ("[constructor]b", function(result=t.OwnType(B)), "does not have a name in this context"),
        ("[method]a.f", function(), "should have at least one argument"),
        ("[method]a.f", function(("x", t.U8)), "should have a first argument called `self`"),
        ("[method]a.f", function(("self", t.U8)), "a first argument of `(borrow $T)`"),
        (
            "[method]b.f",
            function(("self", t.BorrowType(A, mark=MARK))),
            "does not match expected resource",
        ),
        ("[static]b.f", function(), "static resource name is not known in this context"),
    ],
)
def test_what_does_not_fit(name: str, item: ExternType, sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check_annotated(name, item, NAMES)
    assert sentence in str(caught.value)
