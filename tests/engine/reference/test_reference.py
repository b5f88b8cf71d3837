"""References: null, tests and casts, i31, and those of the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.engine.interface import reference_kind
from pywasm_rt.errors import Trap, TrapCode

Make = Callable[..., Any]

KINDS = """
(type $s (sub (struct (field i32))))
(type $t (sub $s (struct (field i32) (field i32))))
(type $a (array i8))
(table $things (export "things") 10 anyref)
(func (export "fill")
  (table.set (i32.const 1) (ref.i31 (i32.const 7)))
  (table.set (i32.const 2) (struct.new $s (i32.const 1)))
  (table.set (i32.const 3) (struct.new $t (i32.const 1) (i32.const 2)))
  (table.set (i32.const 4) (array.new $a (i32.const 1) (i32.const 3))))
(func (export "put") (param i32 externref)
  (table.set (local.get 0) (any.convert_extern (local.get 1))))
(func (export "out") (param i32) (result externref)
  (extern.convert_any (table.get (local.get 0))))
"""
TYPES = "any eq i31 struct array none $s $t $a".split()


def kinds() -> str:
    tests = [
        f"""(func (export "test {name}") (param i32) (result i32)
              (ref.test (ref {name}) (table.get (local.get 0))))
            (func (export "test null {name}") (param i32) (result i32)
              (ref.test (ref null {name}) (table.get (local.get 0))))
            (func (export "cast {name}") (param i32) (result i32)
              (ref.is_null (ref.cast (ref {name}) (table.get (local.get 0)))))
            (func (export "branch {name}") (param i32) (result i32)
              (block $yes (result (ref {name}))
                (br_on_cast $yes anyref (ref {name}) (table.get (local.get 0)))
                (return (i32.add (ref.is_null) (i32.const 10))))
              (return (ref.is_null)))
            (func (export "branch fail {name}") (param i32) (result i32)
              (block $no (result anyref)
                (br_on_cast_fail $no anyref (ref {name}) (table.get (local.get 0)))
                (return (ref.is_null)))
              (return (i32.add (ref.is_null) (i32.const 10))))"""
        for name in TYPES
    ]
    return KINDS + "".join(tests)


# Index in the table: null, i31, $s, $t, array, a thing of the host.
FITS = {
    "any": {1, 2, 3, 4, 5},
    "eq": {1, 2, 3, 4},
    "i31": {1},
    "struct": {2, 3},
    "array": {4},
    "none": set(),
    "$s": {2, 3},
    "$t": {3},
    "$a": {4},
}


@pytest.mark.parametrize("name", TYPES)
def test_tests_and_casts(guest: Make, name: str) -> None:
    program = guest(kinds())
    program.call("fill")
    program.call("put", 5, "of the host")
    for index in range(6):
        fits = index in FITS[name]
        assert program.call(f"test {name}", index) == fits
        assert program.call(f"test null {name}", index) == (fits or index == 0)
        if fits:
            assert program.call(f"cast {name}", index) == 0
            assert program.call(f"branch {name}", index) == 0
            assert program.call(f"branch fail {name}", index) == 0
        else:
            with pytest.raises(Trap) as caught:
                program.call(f"cast {name}", index)
            assert caught.value.code is TrapCode.CAST_FAILURE
            assert program.call(f"branch {name}", index) == 10 + (index == 0)
            assert program.call(f"branch fail {name}", index) == 10 + (index == 0)


def test_going_out_and_coming_in_keeps_identity(guest: Make) -> None:
    program = guest(kinds())
    program.call("fill")
    thing = object()
    program.call("put", 5, thing)
    assert program.call("out", 5) is thing
    structure = program.call("out", 3)
    program.call("put", 6, structure)
    assert program["things"][6] is structure
    assert program.call("test $t", 6) == 1
    assert [reference_kind(program["things"][index]) for index in range(1, 6)] == [
        "i31", "struct", "struct", "array", "extern",
    ]  # fmt: skip


@pytest.mark.parametrize("value", [0, 1, 0x3FFF_FFFF, 0x4000_0000, 0x7FFF_FFFF, 0x8000_0001])
def test_i31(guest: Make, value: int) -> None:
    program = guest(
        """(func (export "u") (param i32) (result i32) (i31.get_u (ref.i31 (local.get 0))))
           (func (export "s") (param i32) (result i32) (i31.get_s (ref.i31 (local.get 0))))
           (func (export "same") (param i32) (result i32)
             (ref.eq (ref.i31 (local.get 0)) (ref.i31 (local.get 0))))
           (func (export "null") (result i32) (i31.get_u (ref.null i31)))"""
    )
    low = value & 0x7FFF_FFFF
    assert program.call("u", value) == low
    assert program.call("s", value) == (low | low << 1 & 0x8000_0000)
    assert program.call("same", value) == 1
    with pytest.raises(Trap, match="null i31 reference"):
        program.call("null")


def test_null(guest: Make) -> None:
    program = guest(
        """(func (export "is null") (param externref) (result i32) (ref.is_null (local.get 0)))
           (func (export "needs") (param externref) (result i32)
             (ref.is_null (ref.as_non_null (local.get 0))))
           (func (export "or") (param externref) (result externref)
             (block $null (return (br_on_null $null (local.get 0)))) (ref.null extern))
           (func (export "value or") (param externref) (result i32)
             (block $value (result externref)
               (br_on_non_null $value (local.get 0)) (return (i32.const 5)))
             (drop) (i32.const 6))"""
    )
    assert program.call("is null", None) == 1
    assert program.call("is null", "x") == 0
    assert program.call("or", "x") == "x"
    assert program.call("or", None) is None
    assert program.call("value or", None) == 5
    assert program.call("value or", "x") == 6
    assert program.call("needs", "x") == 0
    with pytest.raises(Trap, match=r"^null reference"):
        program.call("needs", None)


def test_equality_is_identity(guest: Make) -> None:
    program = guest(
        """(type $s (struct))
           (func (export "different") (result i32)
             (ref.eq (struct.new $s) (struct.new $s)))
           (func (export "same") (result i32) (local (ref $s))
             (local.set 0 (struct.new $s))
             (ref.eq (local.get 0) (local.get 0)))
           (func (export "nulls") (result i32) (ref.eq (ref.null eq) (ref.null i31)))"""
    )
    assert program.call("different") == 0
    assert program.call("same") == 1
    assert program.call("nulls") == 1


def test_function_references(guest: Make) -> None:
    program = guest(
        """(type $t (func (param i32) (result i32)))
           (func $double (export "double") (type $t) (i32.mul (local.get 0) (i32.const 2)))
           (elem declare func $double)
           (func (export "get") (result funcref) (ref.func $double))
           (func (export "apply") (param (ref null $t) i32) (result i32)
             (call_ref $t (local.get 1) (local.get 0)))"""
    )
    assert program.call("get") is program["double"]
    assert program.call("apply", program["double"], 21) == 42
