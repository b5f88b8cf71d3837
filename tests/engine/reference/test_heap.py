"""What references refer to, as Python objects."""

from __future__ import annotations

from pywasm_rt.engine.interface import HostFunction, reference_kind
from pywasm_rt.engine.reference.function import HostFunctionInstance
from pywasm_rt.engine.reference.heap import (
    I31,
    Array,
    ExceptionInstance,
    Structure,
    Tag,
    matches,
)
from pywasm_rt.wasm.types import (
    I32,
    AbstractHeapType,
    ArrayType,
    FieldType,
    FunctionType,
    StructType,
    SubType,
)
from pywasm_rt.wasm.validate import define_function, define_group

STRUCT = define_group((SubType(StructType((FieldType(I32),))),), 0, ())[0]
ARRAY = define_group((SubType(ArrayType(FieldType(I32))),), 0, ())[0]
FUNCTION = define_function(FunctionType())
THINGS = {
    "struct": Structure(STRUCT, [1]),
    "array": Array(ARRAY, [1, 2]),
    "i31": I31(5),
    "exn": ExceptionInstance(Tag(FUNCTION), ()),
    "func": HostFunctionInstance(FUNCTION, HostFunction(FunctionType(), print, "print")),
    "extern": object(),
}
FITS = {
    "any": THINGS.keys(),
    "extern": THINGS.keys(),
    "eq": {"struct", "array", "i31"},
    "struct": {"struct"},
    "array": {"array"},
    "i31": {"i31"},
    "func": {"func"},
    "exn": {"exn"},
    "none": set(),
    "nofunc": set(),
}


def test_kinds() -> None:
    assert {kind: reference_kind(thing) for kind, thing in THINGS.items()} == {
        kind: kind for kind in THINGS
    }


def test_matching() -> None:
    for heap, fitting in FITS.items():
        for kind, thing in THINGS.items():
            assert matches(thing, AbstractHeapType(heap)) is (kind in fitting), (heap, kind)
    assert matches(THINGS["struct"], STRUCT)
    assert not matches(THINGS["array"], STRUCT)
    assert matches(THINGS["func"], FUNCTION)


def test_small_integers_are_values() -> None:
    assert I31(5) == I31(5)
    assert I31(5) != I31(6)
    assert len({I31(5), I31(5)}) == 1


def test_they_can_be_shown() -> None:
    shown = {kind: repr(thing) for kind, thing in THINGS.items()}
    assert shown["struct"] == "<structure of 1 fields>"
    assert shown["array"] == "<array of 2 elements>"
    assert shown["i31"] == "<i31 5>"
    assert shown["func"] == "<host function print: [] -> []>"
    assert shown["exn"].startswith("<exception with <tag")
