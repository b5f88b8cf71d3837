"""Validation of components: types, names, matching, and limits on what a binary may ask for."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.component.binary import decode
from pywasm_rt.component.features import DEFAULT
from pywasm_rt.component.plan import AddExport, InstantiateComponent, LiftFunction
from pywasm_rt.component.types import (
    ComponentType,
    FunctionType,
    InstanceType,
    ListType,
    RecordType,
    ResourceType,
    TypeDefinition,
)
from pywasm_rt.component.validate import measures, validate
from pywasm_rt.component.validate.measures import MAX_TYPE_DEPTH
from pywasm_rt.errors import ByteOffset, UnsupportedFeature, ValidationError, WasmError
from pywasm_rt.wasm.features import DEFAULT as CORE_DEFAULT

FEATURES = DEFAULT.with_(
    fixed_length_lists=True, async_=True, threading=True, core=CORE_DEFAULT.with_(threads=True)
)
PREAMBLE = b"\0asm\x0d\0\x01\0"

TEXT = """
(component
  (type $p' (record (field "x" u8) (field "l" (list string))))
  (import "p" (type $p (eq $p')))
  (import "a:b/c@1.0.0" (instance $i
    (export "r" (type $r (sub resource)))
    (export "[method]r.get" (func (param "self" (borrow $r)) (result (own $r))))))
  (alias export $i "r" (type $r))
  (component $inner
    (import "t" (type $t (sub resource)))
    (import "f" (func $f (param "self" (borrow $t)) (result (own $t))))
    (export "g" (func $f))
    (type $own (resource (rep i32)))
    (export "o" (type $own)))
  (instance $n (instantiate $inner
    (with "t" (type $r))
    (with "f" (func $i "[method]r.get"))))
  (core module $m (func (export "f") (param i32)))
  (core instance $c (instantiate $m))
  (func $f (param "n" u8) (canon lift (core func $c "f")))
  (export "f" (func $f))
  (export "n" (instance $n)))
"""


def test_types_are_resolved(binary_of: Any) -> None:
    plan = validate(decode(binary_of(TEXT)))
    record = plan.imports["p"]
    assert isinstance(record, TypeDefinition)
    assert isinstance(record.type, RecordType)
    assert record.type.name == "p"
    assert isinstance(record.type.fields[1][1], ListType)
    interface = plan.imports["a:b/c@1.0.0"]
    assert isinstance(interface, InstanceType)
    [resource] = plan.type.imported_resources
    assert interface.exports["r"] == TypeDefinition(resource)
    assert resource.name == "r"


def test_instances_bring_new_resource_types(binary_of: Any) -> None:
    plan = validate(decode(binary_of(TEXT)))
    nested = plan.exports["n"]
    assert isinstance(nested, InstanceType)
    brought, function = nested.exports["o"], nested.exports["g"]
    assert isinstance(brought, TypeDefinition)
    assert isinstance(brought.type, ResourceType)
    assert isinstance(function, FunctionType)
    [imported] = plan.type.imported_resources
    assert function.result is not None
    assert function.result.resource is imported  # type: ignore[union-attr]
    [step] = [it for it in plan.steps if isinstance(it, InstantiateComponent)]
    assert step.resources == ((("o",), brought.type),)
    assert brought.type in plan.type.resources


def test_definitions_become_steps(binary_of: Any) -> None:
    plan = validate(decode(binary_of(TEXT)))
    names = [step.__class__.__name__ for step in plan.steps]
    assert names == [
        "TakeImport",
        "TakeImport",
        "BuildComponent",
        "AliasItem",
        "InstantiateComponent",
        "BuildModule",
        "InstantiateModule",
        "AliasCoreItem",
        "LiftFunction",
        "AddExport",
        "AddExport",
    ]
    assert len(plan.modules) == 1
    [lift] = [it for it in plan.steps if isinstance(it, LiftFunction)]
    assert str(lift.signature.type) == "func(n: u8)"
    assert [it.name for it in plan.steps if isinstance(it, AddExport)] == ["f", "n"]


def test_an_ascribed_type_hides_a_resource(binary_of: Any) -> None:
    plan = validate(
        decode(
            binary_of("""
    (component
      (type $r (resource (rep i32)))
      (export "r" (type $r) (type (sub resource))))
    """)
        )
    )
    shown = plan.exports["r"]
    [export] = [it for it in plan.steps if isinstance(it, AddExport)]
    [(public, private)] = export.opaque
    assert shown == TypeDefinition(public)
    assert public is not private


def types_section(*types: bytes) -> bytes:
    content = leb(len(types)) + b"".join(types)
    return PREAMBLE + b"\x07" + leb(len(content)) + content


def leb(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


@pytest.mark.parametrize(
    ("types", "sentence"),
    [
        ((b"\x72\0",), "record type must have at least one field (at offset 0xb)"),
        ((b"\x72\x02\x01a\x7f\x01A\x7f",), "record field name `A` conflicts with previous field"),
        ((b"\x6d\x01\x02aB",), "enum tag name `aB` is not in kebab case"),
        ((b"\x6d\x01\0",), "enum tag name cannot be empty"),
        ((b"\x73", b"\x70\x05"), "unknown type 5: type index out of bounds"),
        ((b"\x40\0\x01\0", b"\x70\0"), "type index 0 is not a defined type"),
        ((b"\x73", b"\x69\0"), "type index 0 is not a resource type"),
        ((b"\x3f\x7f\0", b"\x68\0", b"\x40\0\0\x01"), "function result cannot contain a `borrow`"),
        ((b"\x3f\x7f\0", b"\x68\0", b"\x66\x01\x01"), "a stream or future cannot contain a `borro"),
        ((b"\x67\x7d\0",), "fixed-length lists must have a length of at least one"),
        ((b"\x67\x7d\x80\x80\x80\x80\x01",), "type size 268435456 exceeds maximum byte size"),
        ((b"\x63\x76\x7d",), "a map cannot have keys of type f32"),
        ((b"\x66\x01\x74",), "`stream<char>` is not valid at this time"),
        ((b"\x41\x01\x01\x3f\x7f\0",), "resources can only be defined within a concrete component"),
        ((b"\x42\x01\x02\x01\x00\0\x01f",), "aliases in component and instance types may only"),
    ],
)
def test_types_that_are_invalid(types: tuple[bytes, ...], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate(decode(types_section(*types)), FEATURES)
    assert str(caught.value).startswith(sentence)
    assert isinstance(caught.value.where, ByteOffset)


def test_a_small_binary_cannot_make_a_huge_type() -> None:
    doubling = [b"\x6f\x02\x7f\x7f", *[b"\x6f\x02" + leb(n) * 2 for n in range(60)]]
    with pytest.raises(ValidationError, match="effective type size exceeds the limit"):
        validate(decode(types_section(*doubling)))
    functions = [b"\x40\x02\x01a\x00\x01b\x00\x01\0"]
    assert validate(decode(types_section(doubling[0], *functions)))


def test_a_small_binary_cannot_ask_for_endless_work(
    binary_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = "".join(f'(export "f{n}" (func (result (own $r))))' for n in range(50))
    uses = "".join(f'(import "i{n}" (instance (type $t)))' for n in range(50))
    binary = binary_of(
        f'(component (type $t (instance (export "r" (type $r (sub resource))) {exports})) {uses})'
    )
    validate(decode(binary))
    monkeypatch.setattr(measures, "MAX_EFFORT", 2000)
    with pytest.raises(ValidationError, match="takes too much effort"):
        validate(decode(binary))


def use(index: int) -> bytes:
    """A type index as a value type: signed, so that it is not taken for a primitive type."""
    return bytes((index & 127 | 128, index >> 7))


def test_a_type_cannot_be_nested_without_limit() -> None:
    lists = [b"\x70\x7f", *[b"\x70" + use(n) for n in range(MAX_TYPE_DEPTH - 2)]]
    validate(decode(types_section(*lists)))
    with pytest.raises(ValidationError, match="type nesting is too deep"):
        validate(decode(types_section(*lists, b"\x70" + use(MAX_TYPE_DEPTH - 2))))


@pytest.mark.parametrize(
    ("text", "feature", "what"),
    [
        ('(import "f" (func $f async)) (core func (canon lower (func $f)))', "async", "async type"),
        ("(core func (canon task.cancel))", "async", "`task.cancel`"),
        ("(core func (canon thread.index))", "threading", "`thread.index`"),
        ("(core func (canon error-context.drop))", "error-context", "`error-context.drop`"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(
    text: str, feature: str, what: str, binary_of: Any
) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        validate(decode(binary_of(f"(component {text})")))
    assert caught.value.feature == f"component-model-{feature}"
    assert what in str(caught.value)
    assert isinstance(caught.value.where, ByteOffset)


def test_types_of_async_interfaces_can_be_looked_at(binary_of: Any) -> None:
    plan = validate(
        decode(
            binary_of("""
    (component
      (import "a:b/c@0.3.0" (instance
        (export "f" (func async (param "x" (stream u8)) (result (future string)))))))
    """)
        )
    )
    [interface] = plan.imports.values()
    assert isinstance(interface, InstanceType)
    assert str(interface.exports["f"]) == "async func(x: stream<u8>) -> future<string>"


def test_component_types_compare_both_ways(binary_of: Any) -> None:
    text = """
    (component
      (component $give (import "a" (func)) (export "b" (func 0)))
      (component $use
        (import "c" (component $c
          (import "a" (func))
          (import "more" (func))
          (export "b" (func)))))
      (instance (instantiate $use (with "c" (component $give)))))
    """
    plan = validate(decode(binary_of(text)))
    assert isinstance(plan.type, ComponentType)


@pytest.fixture(scope="session")
def example(binary_of: Any) -> bytes:
    """A component with most kinds of definitions."""
    binary: bytes = binary_of(TEXT)
    return binary


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_mutated_bytes_raise_errors_of_ours(example: bytes, data: Any) -> None:
    binary = bytearray(example)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(8, len(binary) - 1))
        binary[at] = data.draw(st.integers(0, 127))
    with contextlib.suppress(WasmError):
        validate(decode(bytes(binary)))


WHOLLY = [
    "attributes",
    "defined-types",
    "extern-names",
    "kebab",
    "max-value-size",
    "outer-alias",
]


@pytest.mark.suite
@pytest.mark.parametrize("script", [f"validation/{name}" for name in WHOLLY])
def test_the_suites_verdicts(script: str, suite_commands: Any) -> None:
    checked = 0
    for command in suite_commands(script):
        if "data" not in command:
            continue
        checked += 1
        if command["type"] in ("module", "module_definition"):
            validate(decode(command["data"]), FEATURES)
            continue
        with pytest.raises(WasmError) as caught:
            validate(decode(command["data"]), FEATURES)
        assert command["text"] in str(caught.value)
    assert checked


@pytest.mark.suite
@pytest.mark.parametrize(
    "script",
    [
        "linking/unit",
        "linking/tags",
        "resources/handle-table",
        "validation/instantiation",
        "validation/resources",
        "validation/annotated-names",
        "validation/external-visibility",
        "values/concat",
    ],
)
def test_the_suites_components_are_valid(script: str, suite_commands: Any) -> None:
    for command in suite_commands(script):
        if command["type"] in ("module", "module_definition"):
            validate(decode(command["data"]), FEATURES)
