"""Component binaries: what is well-formed, and where it is not."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.component.binary import decode, is_component
from pywasm_rt.component.binary.reader import MAX_NESTING
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.syntax import (
    AliasCoreExport,
    AliasExport,
    AliasOuter,
    CanonBuiltin,
    CanonLift,
    CanonLower,
    CanonOptions,
    CanonResource,
    CoreModule,
    Export,
    Import,
    NestedComponent,
    RecordSyntax,
    ResourceOperation,
    ResourceSyntax,
    Sort,
    TypeSyntaxDefinition,
)
from pywasm_rt.component.types import PrimitiveType
from pywasm_rt.errors import ByteOffset, DecodeError, UnsupportedFeature, WasmError

PREAMBLE = b"\0asm\x0d\0\x01\0"
MODULE = b"\0asm\x01\0\0\0"

TEXT = """
(component $top
  (import "log" (func $log (param "s" string)))
  (import "a:b/c@1.0.0" (instance $i (export "t" (type (sub resource)))))
  (core module $m (memory (export "m") 1)
    (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "f") (param i32 i32)))
  (core instance $c (instantiate $m))
  (alias core export $c "m" (core memory $mem))
  (alias core export $c "r" (core func $realloc))
  (alias export $i "t" (type $t))
  (type $r (record (field "x" u8)))
  (type $res (resource (rep i32)))
  (canon resource.new $res (core func))
  (core func (canon lower (func $log) (memory $mem) string-encoding=utf16))
  (func $f (param "s" string)
    (canon lift (core func $c "f") (memory $mem) (realloc $realloc) string-encoding=latin1+utf16))
  (component $inner (alias outer $top $m (core module)))
  (export "f" (func $f))
)
"""


def section(code: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes((code, len(content))) + content


def test_definitions_come_in_order(binary_of: Any) -> None:
    component = decode(binary_of(TEXT))
    assert component.name == "top"
    found = component.definitions
    imports = [it for it in found if isinstance(it, Import)]
    assert [it.name.text for it in imports] == ["log", "a:b/c@1.0.0"]
    [module] = [it for it in found if isinstance(it, CoreModule)]
    assert module.data.startswith(MODULE)
    assert "data" not in repr(module)
    [lift] = [it for it in found if isinstance(it, CanonLift)]
    assert lift.options == CanonOptions(StringEncoding.LATIN1_UTF16, memory=0, realloc=0)
    [lower] = [it for it in found if isinstance(it, CanonLower)]
    assert lower.options == CanonOptions(StringEncoding.UTF16, memory=0)
    assert CanonResource(ResourceOperation.NEW, 4) in [
        CanonResource(it.operation, it.type) for it in found if isinstance(it, CanonResource)
    ]
    types = [it.type for it in found if isinstance(it, TypeSyntaxDefinition)]
    assert RecordSyntax((("x", PrimitiveType.U8),)) in types
    assert ResourceSyntax(None) in types
    [nested] = [it for it in found if isinstance(it, NestedComponent)]
    [outer] = nested.component.definitions
    assert isinstance(outer, AliasOuter)
    assert (outer.sort, outer.count, outer.index) == (Sort.CORE_MODULE, 1, 0)
    [export] = [it for it in found if isinstance(it, Export)]
    assert export.name == ExternName("f")
    assert sum(isinstance(it, AliasCoreExport) for it in found) == 3
    assert sum(isinstance(it, AliasExport) for it in found) == 1


def test_positions_are_byte_offsets(binary_of: Any) -> None:
    data = binary_of(TEXT)
    component = decode(data)
    [module] = [it for it in component.definitions if isinstance(it, CoreModule)]
    assert data[module.position :].startswith(MODULE)
    positions = [it.position for it in component.definitions]
    assert positions == sorted(positions)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "unexpected end-of-file (at offset 0x0)"),
        (b"\0as", "unexpected end-of-file"),
        (b"wasm\x0d\0\x01\0", "magic header not detected"),
        (MODULE, "expected a version header for a component: this is a core module"),
        (b"\0asm\x0c\0\x01\0", "unknown binary version 0xc, expected 0xd (at offset 0x4)"),
        (PREAMBLE + b"\x0d\0", "malformed section id 13 (at offset 0x8)"),
        (PREAMBLE + b"\x07", "unexpected end-of-file (at offset 0x9)"),
        (PREAMBLE + b"\x07\x03\0", "unexpected end-of-file"),
        (PREAMBLE + section(7, b"\x02\x73"), "unexpected end-of-file (at offset 0xa in type"),
        (PREAMBLE + section(7, b"\0\x73"), "section size mismatch: unexpected content"),
        (PREAMBLE + section(7, b"\x01\x62"), "invalid leading byte (0x62) for component defined"),
        (PREAMBLE + section(7, b"\x7f\x73"), "unexpected end-of-file"),
        (PREAMBLE + section(1, PREAMBLE), "expected a version header for a module"),
        (PREAMBLE + section(4, MODULE), "expected a version header for a component"),
        (PREAMBLE + section(0, b"\x02\xff\xfe"), "malformed UTF-8 encoding (at offset 0xb"),
        (PREAMBLE + section(8, b"\x01\x07"), "invalid leading byte (0x7) for canonical function"),
        (PREAMBLE + section(6, b"\x01\x05\x02\0\0"), "invalid leading byte (0x5) for component"),
        (PREAMBLE + section(6, b"\x01\x03\x01\0\0"), "invalid leading byte (0x3) for core alias"),
        (PREAMBLE + section(7, b"\x01\x3f\x7d\0"), "invalid leading byte (0x7d) for resource rep"),
        (PREAMBLE + section(7, b"\x01\x70\x40"), "invalid leading byte (0x40) for component value"),
        (PREAMBLE + section(10, b"\x01\0\x01a\0\x10\0"), "invalid leading byte (0x10) for compon"),
        (PREAMBLE + section(3, b"\x01\x50\x01\0\0\0\x05\0"), "invalid leading byte (0x5) for ext"),
    ],
)
def test_what_is_malformed(data: bytes, sentence: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(data)
    assert str(caught.value).startswith(sentence)
    assert isinstance(caught.value.where, ByteOffset)


@pytest.mark.parametrize(
    ("data", "feature"),
    [
        (section(12, b"\0"), "component-model-values"),
        (section(9, b"\0\0\0"), "component-model-values"),
        (section(10, b"\x01\0\x01a\x02\x01\x7f"), "component-model-values"),
        (section(8, b"\x01\x01\0\0\x01\x09"), "component-model-gc"),
    ],
)
def test_what_is_refused_by_name(data: bytes, feature: str) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        decode(PREAMBLE + data)
    assert caught.value.feature == feature


def test_options_at_most_once() -> None:
    for options, sentence in (
        (b"\x02\0\x01", "canonical encoding option `utf8` conflicts with option `utf16`"),
        (b"\x02\x03\0\x03\0", "`memory` is specified more than once"),
        (b"\x02\x04\0\x04\0", "canonical option `realloc` is specified more than once"),
        (b"\x02\x06\x06", "canonical option `async` is specified more than once"),
    ):
        with pytest.raises(WasmError) as caught:
            decode(PREAMBLE + section(8, b"\x01\x01\0\0" + options))
        assert str(caught.value).startswith(sentence)


def test_names_have_attributes() -> None:
    name = b"\x02\x01a\x03\0\x05a:b/c\x01\x03.10\x02\x02id"
    [found] = decode(PREAMBLE + section(10, b"\x01" + name + b"\x01\0")).definitions
    assert isinstance(found, Import)
    assert found.name == ExternName("a", implements="a:b/c", external_id="id", version_suffix=".10")


def test_builtins_are_decoded_with_their_operands() -> None:
    canons = section(8, b"\x03\x0a\x7f\x01\x20\x01\x02\x09\0\x79\x01\x03\0")
    found = decode(PREAMBLE + canons).definitions
    names = [it.name for it in found if isinstance(it, CanonBuiltin)]
    assert names == ["context.get", "waitable-set.wait", "task.return"]
    assert found[2].operands == (PrimitiveType.U32, CanonOptions(memory=0))  # type: ignore[union-attr]


def test_the_name_section_may_be_garbage() -> None:
    for content in (b"\xff\xfe\x01", b"", b"\0\x09", b"\x01\x01\0"):
        data = PREAMBLE + section(0, b"\x0ecomponent-name" + content)
        component = decode(data)
        assert component.name == ""
        assert component.customs[0].data == content


def leb(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


def test_components_nest_only_so_deep() -> None:
    data = PREAMBLE
    for _ in range(MAX_NESTING):
        data = PREAMBLE + b"\x04" + leb(len(data)) + data
    decode(data)
    with pytest.raises(DecodeError, match="components are nested deeper than"):
        decode(PREAMBLE + b"\x04" + leb(len(data)) + data)


def test_types_nest_only_so_deep() -> None:
    for opcode in (b"\x41", b"\x42"):
        type = b"\x73"
        for _ in range(5000):
            type = opcode + b"\x01\x01" + type
        content = b"\x01" + type
        with pytest.raises(DecodeError, match="types are nested deeper than"):
            decode(PREAMBLE + b"\x07" + leb(len(content)) + content)


def test_is_component() -> None:
    assert is_component(PREAMBLE)
    assert not is_component(MODULE)
    assert not is_component(b"")


@pytest.fixture(scope="session")
def example(binary_of: Any) -> bytes:
    """A component with most kinds of definitions."""
    binary: bytes = binary_of(TEXT)
    return binary


@settings(deadline=None)
@given(st.data())
def test_mutated_bytes_raise_errors_of_ours(example: bytes, data: Any) -> None:
    binary = bytearray(example)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(8, len(binary) - 1))
        binary[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(8, len(binary)))
    with contextlib.suppress(WasmError):
        decode(bytes(binary[:cut]))


@pytest.mark.suite
def test_the_suites_binaries(suite_commands: Any) -> None:
    for command in suite_commands("binary/binary"):
        if command["type"] not in ("module", "module_definition"):
            continue
        decode(command["data"])
    malformed = [it for it in suite_commands("binary/binary") if it["type"] == "assert_malformed"]
    assert len(malformed) == 70
    for command in malformed:
        if command["text"] == "section out of order":
            continue  # within a core module, which is the engine's to decode
        with pytest.raises(DecodeError) as caught:
            decode(command["data"])
        assert command["text"] in str(caught.value)
