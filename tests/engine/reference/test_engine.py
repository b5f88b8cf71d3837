"""The engine as the interface describes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.engine import interface
from pywasm_rt.engine.reference import ReferenceEngine
from pywasm_rt.errors import DecodeError, UnsupportedFeature, ValidationError
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.features import WASM_1
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import I32, ExternKind, FunctionType, GlobalType, Limits, MemoryType

Make = Callable[..., Any]


def test_it_is_an_engine(built_engine: ReferenceEngine) -> None:
    engine: interface.Engine = built_engine
    assert engine.name == "reference"


def test_loading(built_engine: ReferenceEngine) -> None:
    module = parse('(module (func (export "f") (param i32)))')
    for source in (module, encode(module)):
        assert [item.name for item in built_engine.load(source).exports] == ["f"]
    with pytest.raises(DecodeError):
        built_engine.load(b"no module")
    with pytest.raises(ValidationError):
        built_engine.load(parse("(module (func (result i32)))"))
    with pytest.raises(UnsupportedFeature):
        built_engine.load(parse("(module (func (result i32 i32) unreachable))"), WASM_1)


def test_descriptions(built_engine: ReferenceEngine) -> None:
    loaded = built_engine.load(
        parse(
            """(module
                 (import "env" "f" (func (param i32)))
                 (import "env" "m" (memory 1 2))
                 (global (export "g") (mut i32) (i32.const 0))
                 (tag (export "e") (param i32)))"""
        )
    )
    function = FunctionType((I32,), ())
    describe = interface.ExternDescription
    assert list(loaded.imports) == [
        describe("env", "f", ExternKind.FUNCTION, function),
        describe("env", "m", ExternKind.MEMORY, MemoryType(Limits(1, 2))),
    ]
    assert list(loaded.exports) == [
        describe("", "g", ExternKind.GLOBAL, GlobalType(I32, mutable=True)),
        describe("", "e", ExternKind.TAG, function),
    ]


def test_things_of_other_engines_are_refused(built_engine: ReferenceEngine) -> None:
    with pytest.raises(TypeError, match="not loaded by the reference engine"):
        built_engine.instantiate("a module")  # type: ignore[arg-type]
    loaded = built_engine.load(parse("(module)"))
    with pytest.raises(TypeError, match="no store of the reference engine"):
        built_engine.instantiate(loaded, store="a store")  # type: ignore[arg-type]


def test_a_given_store_is_used(built_engine: ReferenceEngine) -> None:
    store = built_engine.new_store()
    loaded = built_engine.load(parse("(module)"))
    assert built_engine.instantiate(loaded, store=store).store is store
    assert built_engine.instantiate(loaded).store is not store
