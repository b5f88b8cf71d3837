"""Types in the binary format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.errors import ByteOffset, DecodeError, EngineBug, UnsupportedFeature
from pywasm_rt.wasm.binary import types
from pywasm_rt.wasm.binary.reader import Reader
from pywasm_rt.wasm.features import DEFAULT, WASM_1, WASM_2, Features
from pywasm_rt.wasm.types import (
    EXNREF,
    FUNCREF,
    I32,
    I64,
    AbstractHeapType,
    ArrayType,
    DefinedTypeBase,
    FieldType,
    FunctionType,
    GlobalType,
    Limits,
    MemoryType,
    NumberType,
    PackedType,
    RecursiveType,
    ReferenceType,
    StructType,
    SubType,
    TableType,
    TagType,
    ValueType,
)

ALL = DEFAULT.with_(threads=True, custom_page_sizes=True)
u32 = st.integers(0, 2**32 - 1)
u64 = st.integers(0, 2**64 - 1)
references = st.builds(ReferenceType, st.booleans(), st.sampled_from(AbstractHeapType) | u32)
values: st.SearchStrategy[ValueType] = st.sampled_from(NumberType) | references
several = st.lists(values, max_size=3).map(tuple)
field_types = st.builds(FieldType, values | st.sampled_from(PackedType), st.booleans())
composites = (
    st.builds(FunctionType, several, several)
    | st.builds(StructType, st.lists(field_types, max_size=3).map(tuple))
    | st.builds(ArrayType, field_types)
)
sub_types = st.builds(SubType, composites, st.booleans(), st.lists(u32, max_size=2).map(tuple))
groups = st.builds(RecursiveType, st.lists(sub_types, max_size=3).map(tuple))
limits = st.builds(Limits, u64, st.none() | u64, st.booleans())


def round_trip(
    value: Any, write: Callable[[Any], bytes], read: Callable[[Reader, Features], Any]
) -> None:
    reader = Reader(write(value))
    assert read(reader, ALL) == value
    assert reader.remaining == 0


@given(groups)
def test_recursive_types_come_back(group: RecursiveType) -> None:
    round_trip(group, types.write_recursive_type, types.recursive_type)


@given(limits, st.booleans(), st.integers(0, 63))
def test_memory_types_come_back(sizes: Limits, shared: bool, page_size_log2: int) -> None:
    kind = MemoryType(sizes, shared, page_size_log2)
    round_trip(kind, types.write_memory_type, types.memory_type)


@given(references, limits)
def test_table_types_come_back(element: ReferenceType, sizes: Limits) -> None:
    round_trip(TableType(element, sizes), types.write_table_type, types.table_type)


@given(values, st.booleans())
def test_global_types_come_back(value: ValueType, mutable: bool) -> None:
    round_trip(GlobalType(value, mutable), types.write_global_type, types.global_type)


@given(references)
def test_reference_types_come_back(kind: ReferenceType) -> None:
    round_trip(kind, types.write_reference_type, types.reference_type)


def test_tag_types_come_back() -> None:
    written = types.write_tag_type(TagType(300))
    assert types.tag_type(Reader(written)) == TagType(300)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (FUNCREF, "70"),
        (EXNREF, "69"),
        (ReferenceType(nullable=True, heap=AbstractHeapType.NONE), "71"),
        (ReferenceType(nullable=False, heap=AbstractHeapType.FUNC), "64 70"),
        (ReferenceType(nullable=True, heap=64), "63 c0 00"),
        (PackedType.I16, "77"),
    ],
)
def test_known_bytes(kind: ValueType, written: str) -> None:
    assert types.write_value_type(kind).hex(" ") == written


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (RecursiveType((SubType(FunctionType((I32,), (I64,))),)), "60 01 7f 01 7e"),
        (RecursiveType((SubType(StructType(), final=False),)), "50 00 5f 00"),
        (RecursiveType((SubType(StructType(), supertypes=(3,)),)), "4f 01 03 5f 00"),
        (RecursiveType(()), "4e 00"),
    ],
)
def test_known_bytes_of_definitions(kind: RecursiveType, written: str) -> None:
    assert types.write_recursive_type(kind).hex(" ") == written


@pytest.mark.parametrize(
    ("read", "written", "message", "offset"),
    [
        (types.value_type, "40", "malformed value type 0x40", 0),
        (types.value_type, "78", "malformed value type 0x78", 0),
        (types.value_type, "63 40", "malformed heap type 0x40", 1),
        (types.value_type, "", "unexpected end", 0),
        (types.reference_type, "7f", "malformed reference type i32", 0),
        (types.reference_type, "00", "malformed reference type 0x00", 0),
        (types.heap_type, "7f", "malformed heap type 0x7f", 0),
        (types.heap_type, "80 80 80 80 10", "integer too large", 0),
        (types.global_type, "7f 02", "malformed mutability 0x02", 1),
        (types.recursive_type, "40", "malformed definition type 0x40", 0),
        (types.recursive_type, "e0 7f", "integer representation too long", 0),
        (types.recursive_type, "4e 01 4e 00", "malformed definition type 0x4e", 2),
        (types.recursive_type, "5e 78 02", "malformed mutability 0x02", 2),
        (types.recursive_type, "60 ff ff ff ff 0f", "unexpected end", 6),
        (types.memory_type, "10 00", "malformed limits flags 0x10", 0),
        (types.memory_type, "81 00", "malformed limits flags 0x81", 0),
        (types.memory_type, "08 00 41", "invalid custom page size 2**65", 2),
        (types.table_type, "70 08 00", "malformed limits flags 0x08", 1),
        (types.table_type, "70 02 00", "tables cannot be shared (yet)", 1),
        (types.table_type, "7f 00 00", "malformed reference type i32", 0),
    ],
)
def test_malformed_types(
    read: Callable[[Reader, Features], object], written: str, message: str, offset: int
) -> None:
    with pytest.raises(DecodeError) as caught:
        read(Reader(bytes.fromhex(written)), ALL)
    assert caught.value.message == message
    assert caught.value.where == ByteOffset(offset)


def test_malformed_tag() -> None:
    with pytest.raises(DecodeError, match="malformed tag attribute"):
        types.tag_type(Reader(b"\x01\x00"))


@pytest.mark.parametrize(
    ("read", "written", "features", "feature", "offset"),
    [
        (types.value_type, "7b", WASM_1, "simd", 0),
        (types.value_type, "70", WASM_1, "reference-types", 0),
        (types.value_type, "6f", WASM_1, "reference-types", 0),
        (types.reference_type, "6f", WASM_1, "reference-types", 0),
        (types.value_type, "6e", WASM_2, "gc", 0),
        (types.value_type, "69", WASM_2, "exceptions", 0),
        (types.value_type, "64 70", WASM_2, "function-references", 0),
        (types.heap_type, "6d", WASM_2, "gc", 0),
        (types.heap_type, "05", WASM_2, "function-references", 0),
        (types.recursive_type, "5f 00", WASM_2, "gc", 0),
        (types.recursive_type, "4e 00", WASM_2, "gc", 0),
        (types.recursive_type, "50 00 60 00 00", WASM_2, "gc", 0),
        (types.recursive_type, "60 00 02 7f 7f", WASM_1, "multi-value", 2),
        (types.memory_type, "03 00 01", DEFAULT, "threads", 0),
        (types.memory_type, "04 00", WASM_2, "memory64", 0),
        (types.memory_type, "08 00 00", DEFAULT, "custom-page-sizes", 0),
        (types.table_type, "70 04 00", WASM_2, "memory64", 1),
    ],
)
def test_types_of_proposals_that_are_off(
    read: Callable[[Reader, Features], object],
    written: str,
    features: Features,
    feature: str,
    offset: int,
) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        read(Reader(bytes.fromhex(written)), features)
    assert caught.value.feature == feature
    assert caught.value.where == ByteOffset(offset)
    assert f"needs the feature {feature}, which is off" in str(caught.value)


def test_funcref_is_the_element_type_of_the_first_tables() -> None:
    assert types.reference_type(Reader(b"\x70"), WASM_1) == FUNCREF


def test_sizes_have_64_bits_only_with_memory64() -> None:
    written = b"\x00" + b"\x80" * 5 + b"\x01"
    assert types.memory_type(Reader(written), DEFAULT).limits.minimum == 1 << 35
    with pytest.raises(DecodeError, match="integer representation too long"):
        types.memory_type(Reader(written), WASM_2)


def test_resolved_types_cannot_be_written() -> None:
    with pytest.raises(EngineBug, match="a module holds type indices"):
        types.write_heap_type(DefinedTypeBase())
