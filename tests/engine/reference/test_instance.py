"""Instantiation: exports, segments, start functions, and what stays when it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.engine.driver import call
from pywasm_rt.engine.interface import Limits
from pywasm_rt.errors import ExhaustionError, LinkError, Trap, TrapCode

Make = Callable[..., Any]


def test_exports(guest: Make) -> None:
    program = guest(
        """(func $f (export "f") (export "g")) (memory (export "m") 1)
           (table (export "t") 1 funcref) (global (export "c") i32 (i32.const 1))
           (tag (export "e"))"""
    )
    exports = program.instance.exports
    assert list(exports) == ["f", "g", "m", "t", "c", "e"]
    assert exports["f"] is exports["g"]
    with pytest.raises(TypeError):
        exports["x"] = None


def test_active_segments_are_written_in_order(guest: Make) -> None:
    program = guest(
        """(memory (export "m") 1)
           (table (export "t") 4 funcref)
           (func $a) (func $b)
           (data (i32.const 2) "abc") (data (i32.const 3) "XY")
           (elem (i32.const 1) $a $a) (elem (i32.const 2) $b $b)"""
    )
    assert program["m"].read(0, 6) == b"\0\0aXY\0"
    table = program["t"]
    assert [table[index] and table[index].index for index in range(4)] == [None, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('(data (i32.const 0) "ab") (data (i32.const 65535) "cd")', TrapCode.MEMORY_OUT_OF_BOUNDS),
        ('(data (i32.const 0) "ab") (elem (i32.const 5) $f)', TrapCode.TABLE_OUT_OF_BOUNDS),
    ],
)
def test_what_was_written_before_a_trap_stays(guest: Make, text: str, code: TrapCode) -> None:
    outer = guest('(memory (export "m") 1)')
    module = f"""(import "env" "m" (memory 1)) (table 1 funcref) (func $f) {text}"""
    with pytest.raises(Trap) as caught:
        guest(module, {("env", "m"): outer["m"]})
    assert caught.value.code is code
    expected = b"ab" if code is TrapCode.MEMORY_OUT_OF_BOUNDS else b"\0\0"
    assert outer["m"].read(0, 2) == expected


def test_functions_of_a_failed_instance_live_on(guest: Make) -> None:
    outer = guest(
        """(type $t (func (result i32)))
           (table $t (export "t") 1 funcref)
           (func (export "f") (result i32) (call_indirect (type $t) (i32.const 0)))"""
    )
    with pytest.raises(Trap):
        guest(
            """(import "env" "t" (table 1 funcref)) (memory 1)
               (func $f (result i32) (i32.const 42))
               (elem (i32.const 0) $f) (data (i32.const 65536) "x")""",
            {("env", "t"): outer["t"]},
        )
    assert outer.call("f") == 42


def test_the_start_function_is_left_to_the_caller(guest: Make, host: Make) -> None:
    called: list[int] = []
    program = guest(
        """(import "env" "log" (func $log (param i32)))
           (global $g (export "g") (mut i32) (i32.const 0))
           (func $start (global.set $g (i32.const 1)) (call $log (i32.const 5)))
           (start $start)""",
        {("env", "log"): host("i32 ->", called.append)},
    )
    assert program["g"].value == 0
    call(program.instance, program.instance.start_function)
    assert program["g"].value == 1
    assert called == [5]
    assert guest("").instance.start_function is None


def test_an_imported_start_function(guest: Make, host: Make) -> None:
    called: list[str] = []
    program = guest(
        '(import "env" "go" (func $go)) (start $go)',
        {("env", "go"): host("->", lambda: called.append("gone"))},
    )
    call(program.instance, program.instance.start_function)
    assert called == ["gone"]


def test_dropped_segments(guest: Make) -> None:
    program = guest(
        """(memory 1) (table 1 funcref) (func $f)
           (data $active (i32.const 0) "x") (data $passive "x")
           (elem $written (i32.const 0) $f) (elem $declared declare func $f)
           (func (export "active") (memory.init $active
             (i32.const 0) (i32.const 0) (i32.const 1)))
           (func (export "passive") (memory.init $passive
             (i32.const 0) (i32.const 0) (i32.const 1)))
           (func (export "written") (table.init $written
             (i32.const 0) (i32.const 0) (i32.const 1)))
           (func (export "declared") (table.init $declared
             (i32.const 0) (i32.const 0) (i32.const 1)))"""
    )
    program.call("passive")
    for name in ("active", "written", "declared"):
        with pytest.raises(Trap):
            program.call(name)


@pytest.mark.parametrize(
    ("text", "limits", "resource"),
    [
        ("(memory 2)", Limits(memory_bytes=65536), "memory"),
        ("(memory 1) (memory 1)", Limits(memory_bytes=65536), "memory"),
        ("(table 11 funcref)", Limits(table_elements=10), "table"),
        ("", Limits(instances=0), "instances"),
    ],
)
def test_limits(guest: Make, text: str, limits: Limits, resource: str) -> None:
    with pytest.raises(ExhaustionError) as caught:
        guest(text, limits=limits)
    assert caught.value.resource == resource


def test_growing_stays_within_limits(guest: Make) -> None:
    program = guest(
        """(memory 1) (table 1 funcref)
           (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
           (func (export "table") (param i32) (result i32)
             (table.grow (ref.null func) (local.get 0)))""",
        limits=Limits(memory_bytes=2 * 65536, table_elements=2),
    )
    for name in ("memory", "table"):
        assert program.call(name, 2) == 0xFFFF_FFFF
        assert program.call(name, 1) == 1
        assert program.call(name, 1) == 0xFFFF_FFFF


def test_an_import_that_fails_makes_no_instance(guest: Make) -> None:
    store = guest("").instance.store
    with pytest.raises(LinkError):
        guest('(import "a" "b" (func))', store=store)
    assert store.instances == 1


def test_they_can_be_shown(guest: Make) -> None:
    program = guest('(func $named (export "f") (param i32)) (func (export "g"))', name="mine")
    assert repr(program.instance) == "<instance mine>"
    assert repr(program["f"]) == "<function named: [i32] -> []>"
    assert repr(program["g"]) == "<function 1: [] -> []>"
