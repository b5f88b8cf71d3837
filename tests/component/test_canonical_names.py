"""Canonical interface names: ``ns:package/interface@1`` with the version suffix ``.2.3``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pywasm_rt.component.binary import decode, encode
from pywasm_rt.component.component import Component
from pywasm_rt.component.features import DEFAULT
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.names import ExternName, Version, best_match
from pywasm_rt.component.text import parse, print_component
from pywasm_rt.component.wit import describe, print_wit
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import LinkError, ValidationError

FEATURES = DEFAULT.with_(canonical_names=True)

CALLER = """(component
  (import "a:b/c@1" (version-suffix ".2.3") (instance $c (export "f" (func (result u32)))))
  (import "a:b/c@0.3" (version-suffix ".9") (instance $d (export "g" (func (result u32)))))
  (core func $f (canon lower (func $c "f")))
  (core func $g (canon lower (func $d "g")))
  (core module $m (import "" "f" (func $f (result i32))) (import "" "g" (func $g (result i32)))
    (func (export "sum") (result i32) (i32.add (call $f) (call $g))))
  (core instance $m (instantiate $m
    (with "" (instance (export "f" (func $f)) (export "g" (func $g))))))
  (func $sum (result u32) (canon lift (core func $m "sum")))
  (instance $i (export "sum" (func $sum)))
  (export "a:b/sums@2" (version-suffix ".0.0+new") (instance $i)))"""


def component(text: str) -> Component:
    syntax = parse(text)
    assert encode(decode(encode(syntax))) == encode(syntax)
    assert encode(parse(print_component(syntax))) == encode(syntax)
    return Component.from_syntax(syntax, FEATURES)


@pytest.mark.parametrize(
    ("full", "canonical"),
    [
        ("1.2.3", "1"),
        ("1.2.3+abc", "1"),
        ("10.0.0", "10"),
        ("0.2.1", "0.2"),
        ("0.0.1", "0.0.1"),
        ("0.0.1+b", "0.0.1"),
        ("0.0.0", "0.0.0"),
        ("1.0.0-rc.1", "1.0.0-rc.1"),
        ("0.2.0-rc.1+b", "0.2.0-rc.1"),
    ],
)
def test_where_a_version_is_divided(full: str, canonical: str) -> None:
    assert Version.parse(full).canonical == canonical
    suffix = full.removeprefix(canonical)
    if suffix:
        name = ExternName(f"a:b/c@{canonical}", version_suffix=suffix)
        name.check_version_suffix()
        assert name.full == f"a:b/c@{full}"


VALID = [
    '(import "a:b/c@1" (version-suffix ".2.3") (instance))',
    '(import "a:b/c@1.0.0-rc.1" (version-suffix "+b") (instance))',
    '(import "x" (implements "a:b/c@0.2") (version-suffix ".3") (instance))',
    '(import "a:b/c@1.2.3" (instance)) (import "a:b/c@1" (version-suffix ".2.3") (instance))',
    '(type (component (import "a:b/c@1" (version-suffix ".2.3") (instance))))',
]
INVALID = {
    '(import "a:b/c@0.2" (instance))': "unexpected end of input in the version",
    '(import "a:b/c@0.2" (version-suffix "") (instance))': "version suffix cannot be empty",
    '(import "a:b/c@1.0" (version-suffix ".1") (instance))': "`1.0` is not the canonical version",
    '(import "a:b/c@1.2.3" (version-suffix "+x") (instance))': "`1.2.3` is not the canonical",
    '(import "a:b/c@1" (version-suffix ".x") (instance))': "unexpected character",
    '(import "a:b/c" (version-suffix ".1") (instance))': "requires the name to have a version",
    '(import "a" (version-suffix ".1") (instance))': "requires an interface name or `implements`",
    '(import "x" (implements "a:b/c@1.2") (version-suffix ".3") (instance))': "is not the canon",
    """(import "a:b/c@1" (version-suffix ".2.3") (instance))
      (import "a:b/c@1" (version-suffix ".2.4") (instance))""": "conflicts with previous name",
}


@pytest.mark.parametrize("text", VALID)
def test_what_is_valid(text: str) -> None:
    component(f"(component {text})")


@pytest.mark.parametrize("text", INVALID)
def test_what_is_not(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        component(f"(component {text})")
    assert INVALID[text] in str(caught.value)


@pytest.mark.parametrize("text", [*VALID, *INVALID])
def test_wasm_tools_agrees(text: str, wasm_tools: str, tmp_path: Path) -> None:
    file = tmp_path / "it.wasm"
    file.write_bytes(encode(parse(f"(component {text})")))
    command = [wasm_tools, "validate", "--features", "all", str(file)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode == 0) == (text in VALID), done.stderr


def test_hosts_offer_any_version_on_the_track(engine_name: str) -> None:
    caller = component(CALLER)
    linker = Linker(get_engine(engine_name))
    linker.define_interface("a:b/c@1.0.5", {"f": lambda: 40})
    linker.define_interface("a:b/c@0.2.9", {"g": lambda: 1})
    with pytest.raises(LinkError, match=r"a:b/c@0\.3` \(there is a:b/c@1\.0\.5, a:b/c@0\.2\.9"):
        linker.instantiate(caller)
    linker.define_interface("a:b/c@0.3.0", {"g": lambda: 2})
    instance = linker.instantiate(caller)
    assert instance.function("sum").call() == 42
    assert instance.function("a:b/sums@2#sum").call() == 42
    assert instance.find_interface("a:b/sums@2.1.0") == "a:b/sums@2"


def test_one_component_serves_another(engine_name: str) -> None:
    linker = Linker(get_engine(engine_name))
    linker.define_interface("a:b/c@1.0.0", {"f": lambda: 1})
    linker.define_interface("a:b/c@0.3.0", {"g": lambda: 2})
    serving = linker.instantiate(component(CALLER))
    asking = component("""(component
      (import "a:b/sums@2" (version-suffix ".1.0")
        (instance (export "sum" (func (result u32))))))""")
    assert linker.missing(asking) != []
    linker.define_instance("a:b/sums@2", serving)
    assert linker.missing(asking) == []


def test_what_matches() -> None:
    offered = ["a:b/c@1.0.0", "a:b/c@1", "a:b/c@0.2.3", "a:b/d@1.0.0"]
    assert best_match("a:b/c@1", offered) == "a:b/c@1"
    assert best_match("a:b/c@1.9.0", offered[:1]) == "a:b/c@1.0.0"
    assert best_match("a:b/c@0.2", offered) == "a:b/c@0.2.3"
    assert best_match("a:b/c@2", offered) is None
    assert best_match("a:b/c@0.0.1", offered) is None


def test_the_whole_version_is_described() -> None:
    text = print_wit(describe(component(CALLER).plan.type))
    assert "import a:b/c@1.2.3;" in text
    assert "export a:b/sums@2.0.0+new;" in text
    assert "package a:b@0.3.9 {" in text
