"""Structures and arrays."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.errors import Trap, TrapCode

Make = Callable[..., Any]

ARRAYS = """
(type $bytes (array (mut i8)))
(type $shorts (array (mut i16)))
(type $words (array (mut i32)))
(type $longs (array i64))
(type $floats (array f32))
(type $doubles (array f64))
(type $vectors (array v128))
(type $functions (array (mut funcref)))
(data $data "\\81\\02\\03\\04\\05\\06\\07\\08\\09\\0a\\0b\\0c\\0d\\0e\\0f\\10")
(elem $elem func $f $g)
(func $f) (func $g)
(global $a (mut (ref null $bytes)) (ref.null $bytes))
(func (export "new") (param i32 i32)
  (global.set $a (array.new $bytes (local.get 0) (local.get 1))))
(func (export "default") (param i32) (global.set $a (array.new_default $bytes (local.get 0))))
(func (export "fixed") (global.set $a
  (array.new_fixed $bytes 3 (i32.const 0x101) (i32.const 0x82) (i32.const 3))))
(func (export "data") (param i32 i32)
  (global.set $a (array.new_data $bytes $data (local.get 0) (local.get 1))))
(func (export "elem") (param i32 i32) (result i32)
  (array.len (array.new_elem $functions $elem (local.get 0) (local.get 1))))
(func (export "len") (result i32) (array.len (global.get $a)))
(func (export "u") (param i32) (result i32) (array.get_u $bytes (global.get $a) (local.get 0)))
(func (export "s") (param i32) (result i32) (array.get_s $bytes (global.get $a) (local.get 0)))
(func (export "set") (param i32 i32)
  (array.set $bytes (global.get $a) (local.get 0) (local.get 1)))
(func (export "fill") (param i32 i32 i32)
  (array.fill $bytes (global.get $a) (local.get 0) (local.get 1) (local.get 2)))
(func (export "copy") (param i32 i32 i32)
  (array.copy $bytes $bytes
    (global.get $a) (local.get 0) (global.get $a) (local.get 1) (local.get 2)))
(func (export "init data") (param i32 i32 i32)
  (array.init_data $bytes $data (global.get $a) (local.get 0) (local.get 1) (local.get 2)))
(func (export "init elem") (param i32 i32 i32)
  (array.init_elem $functions $elem
    (array.new_default $functions (i32.const 3)) (local.get 0) (local.get 1) (local.get 2)))
(func (export "drop") (data.drop $data) (elem.drop $elem))
(func (export "kinds") (result i32 i32 i64 f32 f64 v128)
  (array.get_u $shorts (array.new_data $shorts $data (i32.const 1) (i32.const 2)) (i32.const 1))
  (array.get $words (array.new_data $words $data (i32.const 0) (i32.const 2)) (i32.const 1))
  (array.get $longs (array.new_data $longs $data (i32.const 0) (i32.const 2)) (i32.const 1))
  (array.get $floats (array.new_data $floats $data (i32.const 0) (i32.const 4)) (i32.const 1))
  (array.get $doubles (array.new_data $doubles $data (i32.const 0) (i32.const 2)) (i32.const 1))
  (array.get $vectors (array.new_data $vectors $data (i32.const 0) (i32.const 1)) (i32.const 0)))
"""


def elements(program: Any) -> list[int]:
    return [program.call("u", index) for index in range(program.call("len"))]


def test_arrays_are_made(guest: Make) -> None:
    program = guest(ARRAYS)
    program.call("new", 0x1FF, 2)
    assert elements(program) == [0xFF, 0xFF]
    program.call("default", 3)
    assert elements(program) == [0, 0, 0]
    program.call("fixed")
    assert elements(program) == [1, 0x82, 3]
    program.call("data", 1, 3)
    assert elements(program) == [2, 3, 4]
    assert program.call("elem", 0, 2) == 2


def test_elements_of_every_kind_come_from_bytes(guest: Make) -> None:
    shorts, words, longs, floats, doubles, vector = guest(ARRAYS).call("kinds")
    assert shorts == 0x0504
    assert words == 0x0807_0605
    assert longs == 0x100F_0E0D_0C0B_0A09
    content = bytes([0x81, *range(2, 17)])
    assert floats == struct.unpack("<4f", content)[1]
    assert doubles == struct.unpack("<2d", content)[1]
    assert vector.to_bytes(16, "little") == content


def test_packed_elements_are_extended(guest: Make) -> None:
    program = guest(ARRAYS)
    program.call("fixed")
    assert program.call("s", 1) == 0xFFFF_FF82
    assert program.call("u", 1) == 0x82
    program.call("set", 1, 0xABCD)
    assert program.call("u", 1) == 0xCD


def test_many_elements_are_changed(guest: Make) -> None:
    program = guest(ARRAYS)
    program.call("data", 0, 6)
    program.call("fill", 1, 0x107, 2)
    assert elements(program) == [0x81, 7, 7, 4, 5, 6]
    program.call("copy", 2, 0, 4)
    assert elements(program) == [0x81, 7, 0x81, 7, 7, 4]
    program.call("copy", 0, 1, 5)
    assert elements(program) == [7, 0x81, 7, 7, 4, 4]
    program.call("init data", 1, 14, 2)
    assert elements(program) == [7, 15, 16, 7, 4, 4]
    program.call("init elem", 1, 0, 2)


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("u", (3,), TrapCode.ARRAY_OUT_OF_BOUNDS),
        ("set", (3, 0), TrapCode.ARRAY_OUT_OF_BOUNDS),
        ("fill", (2, 0, 2), TrapCode.ARRAY_OUT_OF_BOUNDS),
        ("copy", (2, 0, 2), TrapCode.ARRAY_OUT_OF_BOUNDS),
        ("copy", (0, 2, 2), TrapCode.ARRAY_OUT_OF_BOUNDS),
        ("init data", (2, 0, 2), TrapCode.ARRAY_OUT_OF_BOUNDS),
        ("init data", (0, 15, 2), TrapCode.MEMORY_OUT_OF_BOUNDS),
        ("init elem", (2, 0, 2), TrapCode.ARRAY_OUT_OF_BOUNDS),
        ("init elem", (0, 1, 2), TrapCode.TABLE_OUT_OF_BOUNDS),
        ("data", (10, 7), TrapCode.MEMORY_OUT_OF_BOUNDS),
        ("elem", (1, 2), TrapCode.TABLE_OUT_OF_BOUNDS),
        ("default", (0xFFFF_FFFF,), TrapCode.ALLOCATION_TOO_LARGE),
    ],
)
def test_outside_is_a_trap(
    guest: Make, name: str, arguments: tuple[int, ...], code: TrapCode
) -> None:
    program = guest(ARRAYS)
    program.call("fixed")
    with pytest.raises(Trap) as caught:
        program.call(name, *arguments)
    assert caught.value.code is code
    assert elements(program) == [1, 0x82, 3]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("len", ()),
        ("u", (0,)),
        ("set", (0, 0)),
        ("fill", (0, 0, 0)),
        ("copy", (0, 0, 0)),
        ("init data", (0, 0, 0)),
    ],
)
def test_null_is_a_trap(guest: Make, name: str, arguments: tuple[int, ...]) -> None:
    with pytest.raises(Trap, match=r"^null array reference"):
        guest(ARRAYS).call(name, *arguments)


def test_dropped_segments(guest: Make) -> None:
    program = guest(ARRAYS)
    program.call("drop")
    program.call("data", 0, 0)
    with pytest.raises(Trap):
        program.call("data", 0, 1)
    with pytest.raises(Trap):
        program.call("elem", 0, 1)


STRUCTURES = """
(type $s (struct (field $byte (mut i8)) (field $short i16) (field $any (mut anyref)) (field f64)))
(global $s (mut (ref null $s)) (ref.null $s))
(func (export "new") (param i32 i32)
  (global.set $s (struct.new $s (local.get 0) (local.get 1) (ref.null any) (f64.const 2))))
(func (export "default") (global.set $s (struct.new_default $s)))
(func (export "u") (result i32 i32)
  (struct.get_u $s $byte (global.get $s)) (struct.get_u $s $short (global.get $s)))
(func (export "s") (result i32 i32)
  (struct.get_s $s $byte (global.get $s)) (struct.get_s $s $short (global.get $s)))
(func (export "f") (result f64) (struct.get $s 3 (global.get $s)))
(func (export "set") (param i32) (struct.set $s $byte (global.get $s) (local.get 0)))
"""


def test_structures(guest: Make) -> None:
    program = guest(STRUCTURES)
    program.call("new", 0x1FE, 0x8000)
    assert program.call("u") == (0xFE, 0x8000)
    assert program.call("s") == (0xFFFF_FFFE, 0xFFFF_8000)
    assert program.call("f") == 2.0
    program.call("set", 0x105)
    assert program.call("u") == (5, 0x8000)
    program.call("default")
    assert program.call("u") == (0, 0)
    assert repr(program.call("f")) == "0.0"


@pytest.mark.parametrize(("name", "arguments"), [("u", ()), ("s", ()), ("f", ()), ("set", (1,))])
def test_a_null_structure_is_a_trap(guest: Make, name: str, arguments: tuple[int, ...]) -> None:
    with pytest.raises(Trap, match=r"^null structure reference"):
        guest(STRUCTURES).call(name, *arguments)
