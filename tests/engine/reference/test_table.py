"""Tables as entities, and the instructions on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.engine.interface import Limits as StoreLimits
from pywasm_rt.engine.reference.store import Store
from pywasm_rt.engine.reference.table import Table
from pywasm_rt.errors import ExhaustionError, Trap, TrapCode
from pywasm_rt.wasm.types import EXTERNREF, FUNCREF, Limits, TableType

Make = Callable[..., Any]

TABLES = """
(table $t (export "t") 5 8 externref)
(table $f (export "f") 4 funcref)
(elem $e func $a $b)
(func $a) (func $b)
(func (export "get") (param i32) (result externref) (table.get $t (local.get 0)))
(func (export "set") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
(func (export "size") (result i32) (table.size $t))
(func (export "grow") (param externref i32) (result i32)
  (table.grow $t (local.get 0) (local.get 1)))
(func (export "fill") (param i32 externref i32)
  (table.fill $t (local.get 0) (local.get 1) (local.get 2)))
(func (export "copy") (param i32 i32 i32)
  (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
(func (export "init") (param i32 i32 i32)
  (table.init $f $e (local.get 0) (local.get 1) (local.get 2)))
(func (export "drop") (elem.drop $e))
"""


def content(table: Table) -> list[object]:
    return [table[index] for index in range(len(table))]


def test_elements(guest: Make) -> None:
    program = guest(TABLES)
    assert program.call("get", 4) is None
    program.call("set", 3, "x")
    assert program.call("get", 3) == "x"
    assert content(program["t"]) == [None, None, None, "x", None]


def test_growing(guest: Make) -> None:
    program = guest(TABLES)
    assert program.call("grow", "new", 2) == 5
    assert program.call("size") == 7
    assert program.call("grow", None, 1) == 7
    assert program.call("grow", None, 1) == 0xFFFF_FFFF
    assert content(program["t"]) == [None] * 5 + ["new"] * 2 + [None]
    assert program["t"].type == TableType(EXTERNREF, Limits(8, 8))


def test_filling_and_copying(guest: Make) -> None:
    program = guest(TABLES)
    program.call("fill", 1, "x", 2)
    program.call("set", 2, "y")
    program.call("copy", 2, 1, 3)
    assert content(program["t"]) == [None, "x", "x", "y", None]
    program.call("copy", 0, 1, 4)
    assert content(program["t"]) == ["x", "x", "y", None, None]


def test_segments(guest: Make) -> None:
    program = guest(TABLES)
    program.call("init", 1, 0, 2)
    functions = content(program["f"])
    assert functions[0] is functions[3] is None
    assert [function.index for function in functions[1:3]] == [0, 1]  # type: ignore[attr-defined]
    program.call("drop")
    program.call("init", 4, 0, 0)
    with pytest.raises(Trap):
        program.call("init", 0, 0, 1)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get", (5,)),
        ("get", (0xFFFF_FFFF,)),
        ("set", (5, None)),
        ("fill", (4, None, 2)),
        ("copy", (0, 4, 2)),
        ("copy", (4, 0, 2)),
        ("init", (3, 0, 2)),
        ("init", (0, 1, 2)),
    ],
)
def test_outside_is_a_trap(guest: Make, name: str, arguments: tuple[object, ...]) -> None:
    program = guest(TABLES)
    with pytest.raises(Trap) as caught:
        program.call(name, *arguments)
    assert caught.value.code is TrapCode.TABLE_OUT_OF_BOUNDS
    assert content(program["t"]) == [None] * 5


def test_tables_with_an_initial_value(guest: Make) -> None:
    program = guest(
        """(func $f)
           (table (export "t") 10 (ref func) (ref.func $f))"""
    )
    table = program["t"]
    assert {element.index for element in content(table)} == {0}  # type: ignore[attr-defined]
    assert table.elements == []  # nothing has been written yet


def test_a_huge_table_costs_nothing_until_it_is_used() -> None:
    table = Table(TableType(EXTERNREF, Limits(1 << 31)), None)
    assert len(table) == 1 << 31
    assert table[(1 << 31) - 1] is None
    assert table.grow(5, None) == 1 << 31
    table[10] = "x"
    assert len(table.elements) == 11


def test_the_limit_of_the_store() -> None:
    store = Store(StoreLimits(table_elements=10))
    table = Table(TableType(EXTERNREF, Limits(6)), None, store)
    assert table.grow(5, None) == -1
    assert table.grow(4, None) == 6
    with pytest.raises(ExhaustionError) as caught:
        Table(TableType(EXTERNREF, Limits(1)), None, store)
    assert caught.value.resource == "table"


def test_the_host_is_told_what_does_not_fit() -> None:
    table = Table(TableType(FUNCREF, Limits(2)), None)
    for index in (-1, 2):
        with pytest.raises(IndexError):
            table[index]
        with pytest.raises(IndexError):
            table[index] = None
    with pytest.raises(TypeError):
        table[0] = "no function"
    with pytest.raises(TypeError):
        table.grow(1, "no function")
    assert table.grow(-1, None) == -1
    assert table.grow(1 << 62, None) == -1


def test_64_bit_tables(guest: Make) -> None:
    program = guest(
        """(table i64 3 externref)
           (func (export "get") (param i64) (result externref) (table.get (local.get 0)))
           (func (export "grow") (param i64) (result i64)
             (table.grow (ref.null extern) (local.get 0)))"""
    )
    assert program.call("grow", 2) == 3
    assert program.call("grow", (1 << 64) - 1) == (1 << 64) - 1
    with pytest.raises(Trap):
        program.call("get", 1 << 32)
