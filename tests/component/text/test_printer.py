"""Printing components: what is printed parses to the same, for us and for wasm-tools."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.binary import decode, encode
from pywasm_rt.component.script import ComponentAssertion, ComponentSource, DefineComponent
from pywasm_rt.component.text import parse, parse_script, print_component
from pywasm_rt.errors import DecodeError, WasmError
from pywasm_rt.wasm.features import DEFAULT

FEATURES = DEFAULT.with_(threads=True)

TEXT = """\
(component $c
  (core module (;0;) $m
    (type (;0;) (func (param i32)))
    (func (;0;) (type 0) (param i32))
    (export "f" (func 0)))
  (core instance (;0;) (instantiate 0 (with "a" (instance 0))))
  (core instance (;1;) (export "f" (func 0)) (export "g" (global 1)))
  (core type (;0;) (func (param i32)))
  (core rec (type (;1;) (func (param (ref 2)))) (type (;2;) (sub (func))))
  (core type (;3;) (module
    (alias outer 1 0 (type (;0;)))
    (type (;1;) (func))
    (import "a" "b" (func (type 0)))
    (export "m" (memory 1 2))))
  (type (;0;) (record (field "a" u8) (field "b-c" 1)))
  (type (;1;) (variant (case "a") (case "b" u8)))
  (type (;2;) (result 0 (error 1)))
  (type (;3;) (resource (rep i32) (dtor (core func 0))))
  (type (;4;) (resource (rep i64)))
  (type (;5;) (func async (param "x" (own 3)) (result string)))
  (type (;6;) (component
    (import "r" (type (;0;) (sub resource)))
    (type (;1;) (instance
      (alias outer 1 0 (type (;0;)))
      (export "t" (type (;1;) (eq 0)))))
    (export "i" (implements "a:b/c") (instance (;0;) (type 1)))))
  (@custom "note" "x\\00")
  (import "a:b/c@1.0.0" (external-id "x") (instance (;0;) (type 5)))
  (alias export 0 "f" (func (;0;)))
  (alias core export 0 "m" (core memory (;0;)))
  (component (;0;) $inner
    (alias outer 1 0 (core module (;0;))))
  (instance (;1;) (instantiate 0 (with "x" (func 0)) (with "m" (core module 0))))
  (instance (;2;) (export "f" (external-id "") (func 0)))
  (canon lift (core func 0) async (memory (core memory 0)) (func (;1;) (type 4)))
  (canon lower (func 0) (realloc (core func 0)) (post-return (core func 1)) (core func (;0;)))
  (canon resource.drop 3 (core func (;1;)))
  (canon waitable-set.wait cancellable (memory (core memory 0)) (core func (;2;)))
  (canon task.return (result string) string-encoding=utf8 (core func (;3;)))
  (canon thread.new-indirect (core type 0) (core table 0) (core func (;4;)))
  (export (;3;) "x" (implements "a:b/c") (instance 2) (instance (type 5)))
  (export (;7;) "t" (type 0))
  (@custom "end" ""))
"""


def test_every_kind_of_definition_is_printed_as_it_is_written() -> None:
    # Own types are written out: inline forms would become definitions of their own.
    text = TEXT.replace("(own 3)", "3")
    assert print_component(parse(text)) == text
    assert print_component(decode(encode(parse(text)))) == text


def test_a_core_module_that_cannot_be_decoded_cannot_be_printed() -> None:
    binary = b"\0asm\x0d\0\1\0" + b"\1\x0b\0asm\1\0\0\0\x0b\1\1"
    with pytest.raises(DecodeError):
        print_component(decode(binary))


def components(path: Path) -> list[Any]:
    found = []
    for command in parse_script(path.read_bytes(), FEATURES):
        source = command.source if isinstance(command, DefineComponent) else None
        if isinstance(command, ComponentAssertion) and isinstance(command.subject, ComponentSource):
            source = command.subject
        if source is not None:
            try:
                found.append(source.load())
            except WasmError:
                continue  # it is malformed on purpose
    return found


@pytest.mark.suite
def test_the_suites_components_survive_being_printed(suites: Path) -> None:
    checked = 0
    for path in sorted((suites / "component-model" / "test").rglob("*.wast")):
        for component in components(path):
            try:
                text = print_component(component, FEATURES)
            except DecodeError:
                continue  # of a core module that is malformed on purpose
            checked += 1
            assert encode(parse(text, FEATURES)) == encode(component)
    assert checked > 600


@pytest.mark.suite
@pytest.mark.parametrize(
    "script", ["validation/indicies", "validation/attributes", "async/cross-abi-calls"]
)
def test_wasm_tools_reads_what_is_printed(
    script: str, suites: Path, wasm_tools: str, tmp_path: Path
) -> None:
    binary, stripped = tmp_path / "component.wasm", tmp_path / "stripped.wasm"

    def without_customs(data: bytes) -> bytes:
        binary.write_bytes(data)
        subprocess.run([wasm_tools, "strip", "--all", binary, "-o", stripped], check=True)
        return stripped.read_bytes()

    for component in components(suites / "component-model" / "test" / f"{script}.wast"):
        command = [wasm_tools, "parse", "-", "-o", binary]
        subprocess.run(command, input=print_component(component).encode(), check=True)
        assert without_customs(binary.read_bytes()) == without_customs(encode(component))


@pytest.mark.parametrize(
    "section", [r'(@custom "component-name" "\00\02\01c\01\00") (type u8)', "(type u8)"]
)
def test_a_name_section_that_says_more_or_stands_elsewhere_is_kept(section: str) -> None:
    text = rf'(component $c {section} (@custom "component-name" "\00\02\01d"))'
    component = decode(encode(parse(text)))
    assert encode(parse(print_component(component))) == encode(component)
