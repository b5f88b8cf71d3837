"""Imports: what fits, what does not, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.errors import LinkError
from pywasm_rt.wasm.types import FUNCREF, I32, GlobalType, Limits, MemoryType, TableType

Make = Callable[..., Any]


def imports(guest: Make, host: Make) -> dict[tuple[str, str], Any]:
    program = guest(
        """(memory (export "memory") 1 2) (memory (export "shared") 1 2 shared)
           (table (export "table") 5 10 funcref)
           (global (export "const") i32 (i32.const 1))
           (global (export "mut") (mut i32) (i32.const 1))
           (global (export "func") (ref func) (ref.func $f))
           (tag (export "tag") (param i32))
           (func $f (export "f") (param i32) (result i64) (i64.const 0))"""
    )
    found = {("env", name): extern for name, extern in program.instance.exports.items()}
    found["env", "host"] = host("i32 -> i64", print, "host")
    return found


FITTING = """
(import "env" "memory" (memory 1))
(import "env" "memory" (memory 0 2))
(import "env" "memory" (memory 1 3))
(import "env" "shared" (memory 1 2 shared))
(import "env" "table" (table 5 funcref))
(import "env" "table" (table 0 10 funcref))
(import "env" "const" (global i32))
(import "env" "mut" (global (mut i32)))
(import "env" "func" (global funcref))
(import "env" "tag" (tag (param i32)))
(import "env" "f" (func (param i32) (result i64)))
(import "env" "host" (func (param i32) (result i64)))
(type $t (sub (func (param i32) (result i64)))) (import "env" "host" (func (type $t)))
"""

WRONG = """
(import "env" "memory" (memory 2)) | (memory 2) is asked for, but (memory 1 2) was given
(import "env" "memory" (memory 0 1)) | (memory 0 1)
(import "env" "memory" (memory i64 1)) | (memory i64 1)
(import "env" "memory" (memory 1 2 shared)) | (memory 1 2 shared)
(import "env" "table" (table 6 funcref)) | (table 6 funcref) is asked for, but (table 5 10 funcref)
(import "env" "table" (table 5 externref)) | (table 5 externref)
(import "env" "const" (global i64)) | (global i64) is asked for, but (global i32) was given
(import "env" "const" (global (mut i32))) | (global (mut i32))
(import "env" "mut" (global i32)) | but (global (mut i32)) was given
(import "env" "tag" (tag)) | (tag) is asked for, but (tag (param i32)) was given
(import "env" "f" (func (param i32))) | (func (param i32)) is asked for, but (func (param i32) (res
(type $t (sub (func (param i32) (result i64)))) (import "env" "f" (func (type $t))) | another type
(import "env" "host" (func)) | (func) is asked for, but (func (param i32) (result i64)) of the host
(import "env" "host" (memory 1)) | (memory 1) is asked for, but (func (param i32) (result i64)) of
(import "env" "memory" (func)) | (func) is asked for, but (memory 1 2) was given
(import "env" "host" (tag (param i32))) | (tag (param i32)) is asked for, but (func
"""


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize("line", lines(FITTING))
def test_what_fits(guest: Make, host: Make, line: str) -> None:
    guest(line, imports(guest, host))


@pytest.mark.parametrize("line", lines(WRONG))
def test_what_does_not_fit(guest: Make, host: Make, line: str) -> None:
    text, _, sentence = line.rpartition(" | ")
    with pytest.raises(LinkError) as caught:
        guest(text, imports(guest, host))
    assert caught.value.message.startswith('incompatible import type: "env" ')
    assert sentence in caught.value.message


def test_what_is_missing(guest: Make) -> None:
    with pytest.raises(LinkError) as caught:
        guest('(import "env" "f" (func (param i32)))', {("env", "g"): None})
    assert caught.value.message == 'unknown import: "env" "f" (func (param i32)) is missing'
    assert caught.value.details["name"] == "f"


def test_something_else_altogether(guest: Make) -> None:
    with pytest.raises(LinkError, match=r"but .a string. was given"):
        guest('(import "env" "f" (func))', {("env", "f"): "a string"})


def test_pages_of_another_size(guest: Make) -> None:
    small = guest('(memory (export "m") 0 (pagesize 1))')["m"]
    with pytest.raises(LinkError, match=r"memory types incompatible.*pagesize 1"):
        guest('(import "env" "m" (memory 0))', {("env", "m"): small})


def test_things_made_by_the_host(guest: Make) -> None:
    engine = guest("").engine
    found = {
        ("env", "memory"): engine.new_memory(MemoryType(Limits(1, 2))),
        ("env", "table"): engine.new_table(TableType(FUNCREF, Limits(3))),
        ("env", "global"): engine.new_global(GlobalType(I32, mutable=True), -1),
    }
    program = guest(
        """(import "env" "memory" (memory 1))
           (import "env" "table" (table $t 2 funcref))
           (import "env" "global" (global $g (mut i32)))
           (func (export "f") (result i32 i32)
             (i32.store8 (i32.const 0) (i32.const 9))
             (global.set $g (i32.sub (global.get $g) (i32.const 1)))
             (global.get $g) (table.size $t))""",
        found,
    )
    assert program.call("f") == (0xFFFF_FFFE, 3)
    assert found["env", "memory"].read(0, 1) == b"\t"
    assert found["env", "global"].value == 0xFFFF_FFFE
    with pytest.raises(TypeError):
        engine.new_table(TableType(FUNCREF, Limits(3)), "x")
    with pytest.raises(TypeError):
        engine.new_global(GlobalType(I32), "x")


def test_imports_are_counted_from_the_first(guest: Make, host: Make) -> None:
    program = guest(
        """(import "env" "host" (func $h (param i32) (result i64)))
           (func (export "f") (result i64) (call $h (i32.const 1)))
           (export "again" (func $h))""",
        {("env", "host"): host("i32 -> i64", lambda value: value + 1)},
    )
    assert program.call("f") == 2
    assert program.call("again", 5) == 6
