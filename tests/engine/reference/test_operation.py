"""Constant expressions, and what a meaning is called with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Make = Callable[..., Any]


def test_constant_expressions(guest: Make) -> None:
    program = guest(
        """(global $a (export "a") i32 (i32.const -1))
           (global (export "b") i64
             (i64.add (i64.mul (i64.const 6) (i64.const 7)) (i64.sub (i64.const 1) (i64.const 3))))
           (global (export "c") i32 (i32.add (global.get $a) (i32.const 2)))
           (global (export "d") f32 (f32.const 0.1))
           (global (export "e") funcref (ref.func $f))
           (global (export "f") externref (ref.null extern))
           (global (export "g") v128 (v128.const i32x4 1 2 3 4))
           (func $f)"""
    )
    values = [program[name].value for name in "abcdefg"]
    assert values[:3] == [0xFFFF_FFFF, 40, 1]
    assert values[3] == 0.10000000149011612
    assert values[4].index == 0
    assert values[5] is None
    assert values[6] == 1 | 2 << 32 | 3 << 64 | 4 << 96


def test_constant_aggregates_are_new_for_each_instance(guest: Make) -> None:
    text = """(type $s (struct (field i32) (field anyref)))
              (type $a (array i32))
              (global (export "s") (ref $s)
                (struct.new $s (i32.const 5) (array.new_fixed $a 2 (i32.const 1) (i32.const 2))))
              (global (export "i") (ref i31) (ref.i31 (i32.const 7)))"""
    first = guest(text)
    structure = first["s"].value
    assert structure.fields[0] == 5
    assert structure.fields[1].elements == [1, 2]
    assert first["i"].value.value == 7
    second = first.engine.instantiate(first.instance.module)
    assert second.exports["s"].value is not structure
