"""Global variables, from inside and from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., Any]


def test_globals(guest: Make) -> None:
    program = guest(
        """(global $i (export "i") (mut i32) (i32.const 5))
           (global (export "c") i64 (i64.const -1))
           (func (export "next") (result i32)
             (global.set $i (i32.add (global.get $i) (i32.const 1))) (global.get $i))"""
    )
    assert program.call("next") == 6
    assert program["i"].value == 6
    program["i"].value = -1
    assert program["i"].value == 0xFFFF_FFFF
    assert program.call("next") == 0
    assert program["c"].value == (1 << 64) - 1
    with pytest.raises(TypeError, match="immutable"):
        program["c"].value = 1
    with pytest.raises(TypeError, match="is no i32"):
        program["i"].value = "x"


def test_an_imported_global_is_the_same_variable(guest: Make) -> None:
    first = guest('(global (export "g") (mut f64) (f64.const 1))')
    second = guest(
        """(import "a" "g" (global $g (mut f64)))
           (export "g" (global $g))
           (func (export "set") (global.set $g (f64.const 2.5)))""",
        {("a", "g"): first["g"]},
    )
    second.call("set")
    assert first["g"].value == 2.5
    assert second["g"] is first["g"]
