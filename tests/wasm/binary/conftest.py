"""What tests of the binary format share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.instructions import (
    INSTRUCTIONS,
    Catch,
    Instruction,
    MemoryArgument,
    Row,
)
from pywasm_rt.wasm.instructions.immediates import INDEX_KINDS
from pywasm_rt.wasm.module import (
    BranchHint,
    CustomSection,
    DataMode,
    DataSegment,
    ElementMode,
    ElementSegment,
    Export,
    Expression,
    Function,
    Global,
    Import,
    Module,
    Names,
    Table,
)
from pywasm_rt.wasm.types import (
    FUNCREF,
    I32,
    AbstractHeapType,
    ArrayType,
    ExternKind,
    FieldType,
    FunctionType,
    FunctionTypeUse,
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
    VectorType,
)

Strategy = st.SearchStrategy[Any]

HEADER = b"\0asm\x01\0\0\0"

u32 = st.integers(0, 2**32 - 1)
heap_types = st.sampled_from(AbstractHeapType) | u32
reference_types = st.builds(ReferenceType, st.booleans(), heap_types)
value_types: st.SearchStrategy[ValueType] = (
    st.sampled_from(NumberType) | st.sampled_from(VectorType) | reference_types
)


def signed(bits: int) -> Strategy:
    """Integers of a width, with its borders."""
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def catches() -> Strategy:
    """Handlers of every kind."""
    with_tag = st.builds(Catch, st.sampled_from(["catch", "catch_ref"]), u32, u32)
    without = st.builds(Catch, st.sampled_from(["catch_all", "catch_all_ref"]), st.none(), u32)
    return st.lists(with_tag | without, max_size=4).map(tuple)


KIND_STRATEGIES: dict[str, Strategy] = {
    **dict.fromkeys((*INDEX_KINDS, "label", "count"), u32),
    "i32": signed(32),
    "i64": signed(64),
    "f32": u32,
    "f64": st.integers(0, 2**64 - 1),
    "v128": st.integers(0, 2**128 - 1),
    "block_type": st.none() | value_types | u32,
    "labels": st.lists(u32, max_size=5).map(tuple),
    "memory_argument": st.builds(
        MemoryArgument, st.integers(0, 63), u32, st.integers(0, 2**64 - 1)
    ),
    "lane": st.integers(0, 255),
    "lanes16": st.lists(st.integers(0, 255), min_size=16, max_size=16).map(tuple),
    "heap_type": heap_types,
    "reference_type": reference_types,
    "value_types": st.lists(value_types, max_size=3).map(tuple),
    "catches": catches(),
}


KIND_SAMPLES: dict[str, object] = {
    **dict.fromkeys((*INDEX_KINDS, "label", "count"), 1),
    "i32": -123456,
    "i64": 1 << 40,
    "f32": 0x7FC0_0001,
    "f64": 1 << 63,
    "v128": 1 << 100,
    "block_type": I32,
    "labels": (0, 200),
    "memory_argument": MemoryArgument(1, 1, 1 << 33),
    "lane": 3,
    "lanes16": tuple(range(16)),
    "heap_type": AbstractHeapType.EQ,
    "reference_type": ReferenceType(nullable=True, heap=1),
    "value_types": (FUNCREF,),
    "catches": (Catch("catch_ref", 0, 1), Catch("catch_all", None, 0)),
}


def instructions_of(row: Row) -> st.SearchStrategy[Instruction]:
    """Instructions of a row, with any immediates that the binary format can hold."""
    kinds = [KIND_STRATEGIES[kind] for kind in row.immediates]
    return st.tuples(*kinds).map(functools.partial(Instruction, row))


@pytest.fixture(scope="session")
def kind_strategies() -> dict[str, Strategy]:
    """A strategy for each kind of immediate."""
    return KIND_STRATEGIES


@pytest.fixture(scope="session")
def instruction_strategy() -> Callable[[Row], st.SearchStrategy[Instruction]]:
    """From a row to a strategy for its instructions."""
    return instructions_of


@pytest.fixture(scope="session")
def value_type_strategy() -> st.SearchStrategy[ValueType]:
    """Value types, references to type indices included."""
    return value_types


@pytest.fixture(scope="session")
def everything() -> Features:
    """All features switched on."""
    return DEFAULT.with_(
        legacy_exceptions=True, threads=True, custom_page_sizes=True, wide_arithmetic=True
    )


def _leb(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def _constant(mnemonic: str, *immediates: object) -> Expression:
    rows = INSTRUCTIONS.by_mnemonic
    return Expression([Instruction(rows[mnemonic], immediates), Instruction(rows["end"])])


def _full_module() -> Module:
    """A well-formed (not valid) module with something in every section, and all instructions."""
    rows = INSTRUCTIONS.by_identifier
    closing = [Instruction(rows["end"])]
    skipped = {"else", "catch", "catch_all", "delegate", "end"}
    functions = []
    for row in INSTRUCTIONS.rows:
        if row.identifier in skipped:
            continue
        values = tuple(KIND_SAMPLES[kind] for kind in row.immediates)
        nested = closing if row.immediates[:1] == ("block_type",) else []
        body = Expression([Instruction(row, values), *nested, *closing])
        functions.append(Function(0, (I32, I32, FUNCREF), body))
    handlers = [Instruction(rows["try"], (None,)), Instruction(rows["catch"], (0,))]
    handlers += [Instruction(rows["catch_all"]), *closing, *closing]
    functions.append(Function(0, (), Expression(handlers)))
    return Module(
        recursive_types=[
            RecursiveType((SubType(FunctionType((I32,), (I32, FUNCREF))),)),
            RecursiveType(
                (
                    SubType(StructType((FieldType(PackedType.I8, mutable=True),)), final=False),
                    SubType(ArrayType(FieldType(FUNCREF)), final=True, supertypes=(1,)),
                )
            ),
        ],
        imports=[
            Import("m", "f", FunctionTypeUse(0)),
            Import("m", "t", TableType(FUNCREF, Limits(1, 2, is_64=True))),
            Import("m", "m", MemoryType(Limits(1, 2), shared=True, page_size_log2=0)),
            Import("m", "g", GlobalType(I32, mutable=True)),
            Import("m", "e", TagType(0)),
        ],
        functions=functions,
        tables=[Table(TableType(FUNCREF, Limits(3)), _constant("ref.func", 0))],
        memories=[MemoryType(Limits(1 << 40, None, is_64=True))],
        tags=[TagType(0)],
        globals=[Global(GlobalType(I32), _constant("i32.const", -5))],
        exports=[Export("€", kind, 0) for kind in ExternKind],
        start=0,
        elements=[
            ElementSegment(FUNCREF, [_constant("ref.func", 0)], "passive"),
            ElementSegment(FUNCREF, [], ElementMode(1, _constant("i32.const", 0))),
        ],
        datas=[DataSegment(b"ab", None), DataSegment(b"", DataMode(1, _constant("i64.const", 1)))],
        data_count=2,
        customs=[CustomSection("a", b"1", 0), CustomSection("b", b"", 10)],
        names=Names(module="m", functions={0: "f"}, locals={1: {0: "x"}}),
        branch_hints={1: [BranchHint(0, likely=True)]},
    )


@pytest.fixture(scope="session")
def full_module() -> Module:
    """A well-formed (not valid) module with something in every section, and all instructions."""
    return _full_module()


@pytest.fixture(scope="session")
def module_of() -> Callable[..., bytes]:
    """``module_of((section_id, content), ...)``: the bytes of a module with these sections."""

    def build(*sections: tuple[int, bytes]) -> bytes:
        parts = [bytes((number,)) + _leb(len(content)) + content for number, content in sections]
        return HEADER + b"".join(parts)

    return build


@pytest.fixture(scope="session")
def code_module(module_of: Callable[..., bytes]) -> Callable[..., bytes]:
    """``code_module(body)``: a module with one function [] -> [] whose code is ``body``.

    ``body`` begins behind the locals; its first byte is at offset 0x17 + ``before`` bytes.
    """

    def build(body: bytes, before: tuple[tuple[int, bytes], ...] = ()) -> bytes:
        function = b"\x00" + body
        code = b"\x01" + _leb(len(function)) + function
        return module_of((1, b"\x01\x60\x00\x00"), (3, b"\x01\x00"), *before, (10, code))

    return build
