"""Loads, stores and bulk instructions, in both loops, against a model of bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pywasm_rt.errors import Trap, TrapCode

Make = Callable[..., Any]
PAGE = 65536

LOADS = {
    "i32.load": "<I", "i64.load": "<Q", "i32.load8_s": "<b", "i32.load8_u": "<B",
    "i32.load16_s": "<h", "i32.load16_u": "<H", "i64.load8_s": "<b", "i64.load8_u": "<B",
    "i64.load16_s": "<h", "i64.load16_u": "<H", "i64.load32_s": "<i", "i64.load32_u": "<I",
}  # fmt: skip
STORES = {
    "i32.store": 4, "i64.store": 8, "i32.store8": 1, "i32.store16": 2, "i64.store8": 1,
    "i64.store16": 2, "i64.store32": 4,
}  # fmt: skip


def access_functions() -> str:
    loads = [
        f"""(func (export "{name}") (param i32) (result {name[:3]})
              ({name} offset=5 (local.get 0)))"""
        for name in [*LOADS, "f32.load", "f64.load"]
    ]
    stores = [
        f"""(func (export "{name}") (param i32 {name[:3]})
              ({name} offset=5 (local.get 0) (local.get 1)))"""
        for name in [*STORES, "f32.store", "f64.store"]
    ]
    return "\n".join(['(memory (export "memory") 1)', *loads, *stores])


@pytest.mark.parametrize("name", LOADS)
def test_loads(guest: Make, name: str) -> None:
    program = guest(access_functions())
    code = LOADS[name]
    width = struct.calcsize(code)
    for address in [*range(9), PAGE - 5 - width]:
        content = bytes((0x81 + 7 * address + 3 * place) % 256 for place in range(width))
        program["memory"].write(address + 5, content)
        expected = struct.unpack(code, content)[0] % (1 << int(name[1:3]))
        assert program.call(name, address) == expected


@pytest.mark.parametrize("name", STORES)
def test_stores(guest: Make, name: str) -> None:
    program = guest(access_functions())
    width = STORES[name]
    value = 0x8182838485868788 & ((1 << int(name[1:3])) - 1)
    for address in [*range(9), PAGE - 5 - width]:
        program["memory"].write(address, bytes(12) if address < PAGE - 12 else b"")
        program.call(name, address, value)
        assert program["memory"].read(address + 5, width) == value.to_bytes(8, "little")[:width]
        if address < PAGE - 20:
            assert program["memory"].read(address + 5 + width, 1) == b"\0"
            assert program["memory"].read(address + 4, 1) == b"\0"


@pytest.mark.parametrize(
    "name", [*LOADS, "f32.load", "f64.load", *STORES, "f32.store", "f64.store"]
)
@pytest.mark.parametrize("address", ["last", 1 << 31, (1 << 32) - 1])
def test_outside_is_a_trap(guest: Make, name: str, address: int | str) -> None:
    program = guest(access_functions())
    width = 8 if name.startswith(("f64", "i64.load")) else 4
    width = STORES.get(name, struct.calcsize(LOADS[name]) if name in LOADS else width)
    for place in range(width) if address == "last" else [0]:
        start = PAGE - 5 - place if address == "last" else address
        with pytest.raises(Trap) as caught:
            program.call(name, start, *[0] * name.count("store"))
        assert caught.value.code is TrapCode.MEMORY_OUT_OF_BOUNDS
        assert caught.value.where is not None
    assert program["memory"].read(PAGE - 16, 16) == bytes(16)


@pytest.mark.parametrize("bits", [0x7F800001, 0xFFC12345, 0x7FC00000, 0x80000000, 0x3FC00000])
@pytest.mark.parametrize("address", [3, 4])
def test_single_floats_keep_their_bits(guest: Make, bits: int, address: int) -> None:
    program = guest(
        """(memory (export "memory") 1)
           (func (export "copy") (param i32)
             (f32.store offset=100 (local.get 0) (f32.load (local.get 0))))
           (func (export "bits") (param i32) (result i32)
             (i32.reinterpret_f32 (f32.load (local.get 0))))"""
    )
    program["memory"].write(address, bits.to_bytes(4, "little"))
    program.call("copy", address)
    assert program["memory"].read(address + 100, 4) == bits.to_bytes(4, "little")
    assert program.call("bits", address) == bits


@pytest.mark.parametrize("bits", [0x7FF0_0000_0000_0001, 0xFFF8 << 48, 1 << 63, 0x4004 << 48])
@pytest.mark.parametrize("address", [3, 8])
def test_double_floats_keep_their_bits(guest: Make, bits: int, address: int) -> None:
    program = guest(
        """(memory (export "memory") 1)
           (func (export "copy") (param i32)
             (f64.store offset=100 (local.get 0) (f64.load (local.get 0))))"""
    )
    program["memory"].write(address, bits.to_bytes(8, "little"))
    program.call("copy", address)
    assert program["memory"].read(address + 100, 8) == bits.to_bytes(8, "little")


BULK = """
(memory (export "memory") 1)
(memory $other (export "other") 1)
(data $text "hello")
(func (export "fill") (param i32 i32 i32)
  (memory.fill (local.get 0) (local.get 1) (local.get 2)))
(func (export "copy") (param i32 i32 i32)
  (memory.copy (local.get 0) (local.get 1) (local.get 2)))
(func (export "across") (param i32 i32 i32)
  (memory.copy $other 0 (local.get 0) (local.get 1) (local.get 2)))
(func (export "init") (param i32 i32 i32)
  (memory.init $text (local.get 0) (local.get 1) (local.get 2)))
(func (export "drop") (data.drop $text))
(func (export "size") (result i32) (memory.size))
(func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
"""


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_copies_may_overlap(guest: Make, target: int, source: int, count: int) -> None:
    program = guest(BULK)
    model = bytearray(range(64))
    program["memory"].write(0, bytes(model))
    program.call("copy", target, source, count)
    model[target : target + count] = model[source : source + count]
    assert program["memory"].read(0, 64) == bytes(model)


def test_bulk_instructions(guest: Make) -> None:
    program = guest(BULK)
    program.call("fill", 10, 0x1FF, 3)
    assert program["memory"].read(9, 5) == b"\0\xff\xff\xff\0"
    program.call("init", 20, 1, 4)
    assert program["memory"].read(19, 6) == b"\0ello\0"
    program.call("across", 1, 20, 4)
    assert program["other"].read(0, 6) == b"\0ello\0"
    program.call("init", PAGE, 5, 0)
    program.call("fill", PAGE, 0, 0)
    program.call("copy", PAGE, PAGE, 0)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fill", (PAGE, 1, 1)),
        ("fill", (PAGE - 1, 1, 2)),
        ("fill", (0, 1, 0xFFFF_FFFF)),
        ("copy", (0, PAGE - 1, 2)),
        ("copy", (PAGE - 1, 0, 2)),
        ("copy", (PAGE + 1, 0, 0)),
        ("init", (0, 3, 3)),
        ("init", (PAGE - 1, 0, 2)),
        ("init", (0, 6, 0)),
    ],
)
def test_bulk_instructions_change_nothing_when_they_trap(
    guest: Make, name: str, arguments: tuple[int, ...]
) -> None:
    program = guest(BULK)
    with pytest.raises(Trap) as caught:
        program.call(name, *arguments)
    assert caught.value.code is TrapCode.MEMORY_OUT_OF_BOUNDS
    assert program["memory"].read(0, PAGE) == bytes(PAGE)


def test_a_dropped_segment_is_empty(guest: Make) -> None:
    program = guest(BULK)
    program.call("drop")
    program.call("drop")
    program.call("init", 0, 0, 0)
    with pytest.raises(Trap):
        program.call("init", 0, 0, 1)


def test_size_and_growth(guest: Make) -> None:
    program = guest(BULK)
    assert program.call("size") == 1
    assert program.call("grow", 2) == 1
    assert program.call("size") == 3
    assert program.call("grow", 0xFFFF) == 0xFFFF_FFFF
    program.call("fill", 3 * PAGE - 1, 7, 1)
    assert program["memory"].read(3 * PAGE - 1, 1) == b"\7"


def test_filling_more_than_one_piece(guest: Make) -> None:
    program = guest(BULK)
    program.call("grow", 40)
    program.call("fill", 3, 9, 40 * PAGE)
    assert program["memory"].read(0, 4) == b"\0\0\0\t"
    assert program["memory"].read(3, 40 * PAGE) == b"\t" * (40 * PAGE)
    assert program["memory"].read(40 * PAGE + 3, 1) == b"\0"


def test_64_bit_memories(guest: Make) -> None:
    program = guest(
        """(memory i64 1)
           (func (export "load") (param i64) (result i32) (i32.load offset=8 (local.get 0)))
           (func (export "far") (param i64) (result i32)
             (i32.load offset=0xffffffffffffffff (local.get 0)))
           (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))"""
    )
    assert program.call("load", 16) == 0
    for address in (PAGE, 1 << 40, (1 << 64) - 4, (1 << 64) - 8):
        with pytest.raises(Trap):
            program.call("load", address)
    with pytest.raises(Trap):
        program.call("far", 1)
    assert program.call("grow", 1) == 1
    assert program.call("grow", 1 << 62) == (1 << 64) - 1


def test_pages_of_one_byte(guest: Make) -> None:
    program = guest(
        """(memory (export "memory") 0 (pagesize 1))
           (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
           (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
           (func (export "store") (param i32 i64) (i64.store (local.get 0) (local.get 1)))"""
    )
    assert program.call("grow", 13) == 0
    program.call("store", 5, 0x0102_0304_0506_0708)
    assert program.call("load", 8) == 0x0203_0405
    assert program.call("load", 9) == 0x0102_0304
    with pytest.raises(Trap):
        program.call("load", 10)
    with pytest.raises(Trap):
        program.call("store", 8, 0)
