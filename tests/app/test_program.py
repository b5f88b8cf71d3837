"""Which function of a binary is meant, and how its arguments are read."""

from __future__ import annotations

import pytest

from pywasm_rt.app.program import Program, find_function
from pywasm_rt.component.types import F64, S32, S64, STRING, U32, FunctionType
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import ComponentError, ParseError
from pywasm_rt.wasm.text import parse

MODULE = get_engine("reference").load(parse("(module)"))
FUNCTIONS = dict.fromkeys(
    ("greet", "test:pkg/one@1.2.0#run", "test:pkg/two@0.2.3#run", "test:pkg/two@0.2.3#stop"),
    FunctionType(),
)


@pytest.mark.parametrize(
    ("method", "full"),
    [
        ("greet", "greet"),
        ("stop", "test:pkg/two@0.2.3#stop"),
        ("two#stop", "test:pkg/two@0.2.3#stop"),
        ("test:pkg/two#stop", "test:pkg/two@0.2.3#stop"),
        ("test:pkg/two@0.2.9#stop", "test:pkg/two@0.2.3#stop"),
        ("test:pkg/one@1.0.0#run", "test:pkg/one@1.2.0#run"),
        ("test:pkg/one@2.0.0#run", None),
        ("run", None),
        ("three#run", None),
        ("gone", None),
        ("", None),
        ("#", None),
    ],
)
def test_find_function(method: str, full: str | None) -> None:
    assert find_function(FUNCTIONS, method) == full


def test_arguments_by_type() -> None:
    type = FunctionType((("name", STRING), ("count", U32)), STRING)
    program = Program(MODULE, "f", type)
    assert program.parse_arguments(["-5", "7"]) == ("-5", 7)
    assert program.signature == "f: func(name: string, count: u32) -> string"
    assert not program.sees_arguments
    with pytest.raises(ComponentError, match="expected 2, got 1"):
        program.parse_arguments(["x"])
    with pytest.raises(ParseError, match=r"^parameter 2 \(count\): "):
        program.parse_arguments(["x", "-1"])


def test_a_derived_type_takes_both_signs() -> None:
    type = FunctionType((("p0", S32), ("p1", S64), ("p2", F64)))
    program = Program(MODULE, "f", type, is_derived=True)
    assert program.parse_arguments(["4294967295", "-1", "2"]) == (4294967295, -1, 2.0)
    assert program.parse_arguments(["-2147483648", "18446744073709551615", "nan"])[:2] == (
        -2147483648,
        18446744073709551615,
    )
    for wrong in (["4294967296", "0", "0"], ["-2147483649", "0", "0"]):
        with pytest.raises(ParseError):
            program.parse_arguments(wrong)
    with pytest.raises(ComponentError, match="expected 3, got 4"):
        program.parse_arguments(["1", "2", "3", "4"])
