"""What a host offers, and what a component asks for."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.types import FunctionType, InstanceType, ResourceType
from pywasm_rt.errors import ComponentError, LinkError, Trap

ASKING = """
(component
  (import "a:b/one@0.2.3" (instance
    (export "r" (type (sub resource)))
    (export "f" (func))
    (export "g" (func))))
  (import "a:b/two@0.2.3" (instance (export "h" (func))))
  (import "log" (func (param "s" string)))
  (import "thing" (type (sub resource)))
  (import "m" (core module (export "x" (global i32)))))
"""


def nothing(*_: object) -> None:
    """A host function."""


def test_everything_that_is_missing_is_told_at_once(component_of: Any, linker: Linker) -> None:
    component = component_of(ASKING)
    linker.define_interface("a:b/one", {"f": nothing}, version="0.2.12")
    linker.define_interface("a:b/two@0.3.0", {"h": nothing})
    expected = [
        "resource `r` in `a:b/one@0.2.3`",
        "function `g` in `a:b/one@0.2.3`",
        "interface `a:b/two@0.2.3` (there is a:b/two@0.3.0)",
        "function `log`",
        "resource `thing`",
        "core module `m`",
    ]
    assert linker.missing(component) == expected
    with pytest.raises(LinkError) as caught:
        linker.instantiate(component)
    assert caught.value.details["missing"] == tuple(expected)
    for part in expected:
        assert part in str(caught.value)


def test_what_is_offered_satisfies(component_of: Any, linker: Linker) -> None:
    component = component_of(ASKING)
    thing = ResourceType("thing")
    linker.define(
        HostInterface("a:b/one", {"f": nothing, "g": nothing}, {"r": thing}, version="0.2.12")
    )
    linker.define_interface("a:b/two@0.2.0", {"h": nothing, "more": nothing})
    linker.define_function("log", nothing)
    linker.define_resource("thing", thing)
    linker.define_module("m", MODULE)
    assert linker.missing(component) == []
    linker.instantiate(component)


MODULE = b"\0asm\1\0\0\0\6\6\1\x7f\0\x41\0\x0b\7\5\1\1x\3\0"


def test_imports_are_known_before_anything_runs(component_of: Any) -> None:
    component = component_of(ASKING)
    assert list(component.imports) == ["a:b/one@0.2.3", "a:b/two@0.2.3", "log", "thing", "m"]
    assert isinstance(component.imports["a:b/one@0.2.3"], InstanceType)
    assert str(component.imports["log"]) == "func(s: string)"
    assert component.exports == {}


def test_the_same_interface_serves_two_patch_versions(component_of: Any, linker: Linker) -> None:
    component = component_of("""
    (component
      (import "a:b/c@0.2.0" (instance $one (export "r" (type (sub resource)))))
      (import "a:b/c@0.2.6" (instance $two (export "r" (type (sub resource))))))
    """)
    linker.define_interface("a:b/c@0.2.3", {}, {"r": ResourceType("r")})
    frame = linker.instantiate(component).frame
    one, two = component.plan.type.imported_resources
    assert one is not two
    assert frame.resources[one] is frame.resources[two]


TWO_INTERFACES = """
(component
  (import "a:b/source@1.0.0" (instance $i (export "r" (type (sub resource)))))
  (alias export $i "r" (type $r))
  (import "a:b/user@1.0.0" (instance
    (alias outer 1 $r (type $r2))
    (export "r" (type $r3 (eq $r2)))
    (export "use" (func (param "x" (borrow $r3)))))))
"""


def test_a_resource_is_the_same_wherever_it_is_used(component_of: Any, linker: Linker) -> None:
    component = component_of(TWO_INTERFACES)
    linker.define_interface("a:b/source@1.0.0", {}, {"r": ResourceType("r")})
    linker.define_interface("a:b/user@1.0.0", {"use": nothing})
    assert linker.missing(component) == []
    linker.define_interface("a:b/user@1.0.0", {"use": nothing}, {"r": ResourceType("r")})
    assert linker.missing(component) == [
        "resource `r` in `a:b/user@1.0.0`: it is not the same type as where it comes from"
    ]


@pytest.mark.parametrize("name", ["a:b", "A:b/c", "a:b/c@1"])
def test_an_interface_has_a_proper_name(name: str, linker: Linker) -> None:
    with pytest.raises(ComponentError, match="is no interface"):
        linker.define_interface(name, {})


PROVIDER = """
(component
  (component $inner
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (canon resource.new $r' (core func $new))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 7)))
      (func (export "value") (param i32) (result i32) (local.get 0)))
    (core instance $c (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $r)) (canon lift (core func $c "make")))
    (func (export "value") (param "x" (borrow $r)) (result u32)
      (canon lift (core func $c "value"))))
  (instance $i (instantiate $inner))
  (export "a:b/store@1.2.0" (instance $i)))
"""

CONSUMER = """
(component
  (import "a:b/store@1.0.0" (instance $i
    (export "r" (type $r (sub resource)))
    (export "make" (func (result (own $r))))
    (export "value" (func (param "x" (borrow $r)) (result RESULT)))))
  (alias export $i "r" (type $r))
  (canon lower (func $i "make") (core func $make))
  (canon lower (func $i "value") (core func $value))
  (canon resource.drop $r (core func $drop))
  (core module $m
    (import "" "make" (func $make (result i32)))
    (import "" "value" (func $value (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (result i32) (local i32)
      (local.set 0 (call $make))
      (call $value (local.get 0))
      (call $drop (local.get 0))))
  (core instance $c (instantiate $m (with "" (instance
    (export "make" (func $make)) (export "value" (func $value)) (export "drop" (func $drop))))))
  (func (export "run") (result u32) (canon lift (core func $c "run"))))
"""


def test_one_component_serves_another(component_of: Any, linker: Linker) -> None:
    provider = linker.instantiate(component_of(PROVIDER))
    linker.define_instance("a:b/store@1.2.0", provider)
    consumer = linker.instantiate(component_of(CONSUMER.replace("RESULT", "u32")))
    assert consumer.function("run").call() == 7
    assert consumer.function("run").call() == 7
    assert len(consumer.frame.handles) == 0


def test_another_components_types_are_compared(component_of: Any, linker: Linker) -> None:
    provider = linker.instantiate(component_of(PROVIDER))
    linker.define_instance("a:b/store@1.2.0", provider, "store")
    [missing] = linker.missing(component_of(CONSUMER.replace("RESULT", "s32")))
    assert missing == (
        "interface `a:b/store@1.0.0`: type mismatch in instance export `value`: "
        "type mismatch with result type: expected primitive `s32` found primitive `u32`"
    )
    with pytest.raises(ComponentError, match="no interface 'x:y/z' is exported; there is: a:b/st"):
        linker.define_instance("x:y/z", provider)


def test_what_is_missing_may_trap_when_it_is_called(component_of: Any, linker: Linker) -> None:
    component = component_of(CONSUMER.replace("RESULT", "u32"))
    assert linker.define_missing_as_traps(component) == ["interface `a:b/store@1.0.0`"]
    instance = linker.instantiate(component)
    with pytest.raises(Trap, match=r"the host does not offer `a:b/store@1.0.0#make`"):
        instance.function("run").call()


def test_what_is_there_stays_when_the_rest_traps(component_of: Any, linker: Linker) -> None:
    component = component_of(ASKING)
    one = ResourceType("r")
    linker.define_interface("a:b/one@0.2.0", {"f": nothing}, {"r": one})
    assert len(linker.define_missing_as_traps(component)) == 5
    assert linker.missing(component) == ["core module `m`"]
    linker.define_module("m", MODULE)
    frame = linker.instantiate(component).frame
    assert one in frame.resources.values()


def test_resources_used_by_several_interfaces_stay_the_same(
    component_of: Any, linker: Linker
) -> None:
    component = component_of(TWO_INTERFACES)
    linker.define_missing_as_traps(component)
    assert linker.missing(component) == []


def test_components_as_imports_are_refused(component_of: Any, linker: Linker) -> None:
    nested = component_of("""
    (component (import "c" (component (export "f" (func)))))
    """)
    assert linker.missing(nested) == ["component `c`: components cannot be given as imports"]


def test_a_component_knows_its_name(component_of: Any, binary_of: Any, tmp_path: Any) -> None:
    assert component_of("(component $hello)").name == "hello"
    path = tmp_path / "some-file.wasm"
    path.write_bytes(binary_of("(component)"))
    assert Component.from_file(path).name == "some-file"


def test_exports_are_described(component_of: Any) -> None:
    exports = component_of(PROVIDER).exports
    [interface] = exports.values()
    assert isinstance(interface, InstanceType)
    assert isinstance(interface.exports["make"], FunctionType)
    assert str(interface.exports["value"]) == "func(x: borrow<r>) -> u32"
