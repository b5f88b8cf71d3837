"""What is an i64 where it was an i32: representations of resources, and a call's own storage."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.binary import decode, encode
from pywasm_rt.component.component import Component
from pywasm_rt.component.features import DEFAULT
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.text import parse, print_component
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import Trap, UnsupportedFeature, ValidationError

FEATURES = DEFAULT.with_(memory64=True, async_=True)
WIDE = 0xFEDC_BA98_7654_3210

RESOURCE = """(component
  (core module $destructor
    (global $last (mut i64) (i64.const 0))
    (func (export "drop") (param i64) (global.set $last (local.get 0)))
    (func (export "last") (result i64) (global.get $last)))
  (core instance $d (instantiate $destructor))
  (type $r (resource (rep i64) (dtor (core func $d "drop"))))
  (core func $new (canon resource.new $r))
  (core func $rep (canon resource.rep $r))
  (core func $close (canon resource.drop $r))
  (core module $main
    (import "" "new" (func $new (param i64) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i64)))
    (import "" "close" (func $close (param i32)))
    (func (export "make") (param i64) (result i32) (call $new (local.get 0)))
    (func (export "take") (param i32) (result i64)
      (call $rep (local.get 0)) (call $close (local.get 0)))
    (func (export "look") (param i32) (result i64) (i64.extend_i32_u (local.get 0))))
  (core instance $m (instantiate $main (with "" (instance
    (export "new" (func $new)) (export "rep" (func $rep)) (export "close" (func $close))))))
  (export $e "r" (type $r))
  (func (export "make") (param "number" u64) (result (own $e))
    (canon lift (core func $m "make")))
  (func (export "take") (param "it" (own $e)) (result u64) (canon lift (core func $m "take")))
  (func (export "look") (param "it" (borrow $e)) (result u64)
    (canon lift (core func $m "look")))
  (func (export "last") (result u64) (canon lift (core func $d "last"))))"""


def component(text: str, **switches: Any) -> Component:
    syntax = parse(text)
    assert encode(decode(encode(syntax))) == encode(syntax)
    assert encode(parse(print_component(syntax))) == encode(syntax)
    return Component.from_syntax(syntax, FEATURES.with_(**switches))


def instance_of(text: str, engine_name: str) -> Any:
    return Linker(get_engine(engine_name)).instantiate(component(text))


def test_a_representation_of_64_bits_comes_back_whole(engine_name: str) -> None:
    instance = instance_of(RESOURCE, engine_name)
    make, last = instance.function("make"), instance.function("last")
    assert instance.function("take").call(make.call(WIDE)) == WIDE
    assert last.call() == WIDE, "the destructor was given it when the guest dropped it"
    make.call(2**64 - 1).drop()
    assert last.call() == 2**64 - 1, "and when the host did"


def test_a_borrowed_handle_that_is_a_representation_has_32_bits(engine_name: str) -> None:
    instance = instance_of(RESOURCE, engine_name)
    make, look = instance.function("make"), instance.function("look")
    with make.call(2**32 - 1) as handle:
        assert look.call(handle) == 2**32 - 1
    with make.call(2**32) as handle, pytest.raises(Trap, match=r"does not fit the i32"):
        look.call(handle)


CONTEXT = """(component
  (core func $get32 (canon context.get i32 0))
  (core func $get64 (canon context.get i64 0))
  (core func $set32 (canon context.set i32 0))
  (core func $set64 (canon context.set i64 0))
  (core module $main
    (import "" "get32" (func $get32 (result i32)))
    (import "" "get64" (func $get64 (result i64)))
    (import "" "set32" (func $set32 (param i32)))
    (import "" "set64" (func $set64 (param i64)))
    (func (export "whole") (param i64) (result i64) (call $set64 (local.get 0)) (call $get64))
    (func (export "lower") (param i64) (result i32) (call $set64 (local.get 0)) (call $get32))
    (func (export "narrow") (param i64 i32) (result i64)
      (call $set64 (local.get 0)) (call $set32 (local.get 1)) (call $get64)))
  (core instance $m (instantiate $main (with "" (instance
    (export "get32" (func $get32)) (export "get64" (func $get64))
    (export "set32" (func $set32)) (export "set64" (func $set64))))))
  (func (export "whole") (param "it" u64) (result u64) (canon lift (core func $m "whole")))
  (func (export "lower") (param "it" u64) (result u32) (canon lift (core func $m "lower")))
  (func (export "narrow") (param "it" u64) (param "then" u32) (result u64)
    (canon lift (core func $m "narrow"))))"""


def test_a_place_of_a_calls_own_has_64_bits(engine_name: str) -> None:
    instance = instance_of(CONTEXT, engine_name)
    assert instance.function("whole").call(WIDE) == WIDE
    assert instance.function("lower").call(WIDE) == WIDE & 0xFFFF_FFFF
    assert instance.function("narrow").call(WIDE, 2**32 - 1) == 2**32 - 1


@pytest.mark.parametrize("text", [RESOURCE, CONTEXT])
def test_they_have_a_switch(text: str) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        component(text, memory64=False)
    assert caught.value.feature == "component-model-memory64"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("(rep i64)", "(rep i32)", "wrong signature for a destructor"),
        (
            '"new" (func $new (param i64)',
            '"new" (func $new (param f64)',
            "type mismatch for export `new`",
        ),
        (
            '"rep" (func $rep (param i32) (result i64)',
            '"rep" (func $rep (param i32) (result f64)',
            "type mismatch for export `rep`",
        ),
        ("context.get i64 0", "context.get f64 0", "only works on i32 and i64"),
    ],
)
def test_signatures_go_with_the_width(old: str, new: str, sentence: str) -> None:
    text = next(text for text in (RESOURCE, CONTEXT) if old in text).replace(old, new)
    # The bodies are another matter.
    for name, type in (("new", "i64"), ("rep", "i32")):
        text = text.replace(f"(call ${name} (local.get 0))", f"({type}.const 0)")
    with pytest.raises(ValidationError, match=sentence):
        Component.from_syntax(parse(text), FEATURES)


WIDE_CONTEXT = (
    "(component (core func (canon context.get i64 0)) (core func (canon context.set i64 1)))"
)


# It wants every place of a component's to be of one type; the specification's code converts.
@pytest.mark.parametrize("text", [RESOURCE, WIDE_CONTEXT])
def test_wasm_tools_agrees(text: str, wasm_tools: str, tmp_path: Path) -> None:
    file = tmp_path / "it.wasm"
    file.write_bytes(encode(parse(text)))
    command = [wasm_tools, "validate", "--features", "all,cm-async,cm64", str(file)]
    subprocess.run(command, check=True)
