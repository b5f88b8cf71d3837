"""Sizes of memories and tables."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.module import Module, Table
from pywasm_rt.wasm.types import FUNCREF, Limits, MemoryType, TableType
from pywasm_rt.wasm.validate import validate

MODULE = "(module {body})"

CASES = [
    ("(memory 0 65536)", ""),
    ("(memory 65537)", "memory size must be at most 65536 pages (4GiB), not 65537"),
    ("(memory 0 65537)", "memory size must be at most 65536 pages (4GiB)"),
    ("(memory 2 1)", "size minimum must not be greater than maximum: 2 > 1"),
    ("(memory i64 0 0x1000000000000)", ""),
    ("(memory i64 0 0x1000000000001)", "memory size must be at most 2**48 pages"),
    ("(memory 0xffffffff (pagesize 1))", ""),
    ("(memory i64 0xffffffffffffffff (pagesize 1))", ""),
    ("(memory 1 2 shared)", ""),
    ("(memory 1 shared)", "shared memory must have maximum"),
    ('(import "" "" (memory 1 shared))', "shared memory must have maximum"),
    ("(table 0 0xffffffff funcref)", ""),
    ("(table i64 0 0xffffffffffffffff funcref)", ""),
    ("(table 2 1 funcref)", "size minimum must not be greater than maximum"),
    ('(import "" "" (table 2 1 funcref))', "size minimum must not be greater than maximum"),
    ("(table 1 (ref null 3))", "unknown type 3"),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_limits(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


@pytest.mark.parametrize(
    ("type", "message"),
    [
        (MemoryType(Limits(1), page_size_log2=3), "invalid custom page size: 2**3 bytes"),
        (MemoryType(Limits(1 << 32), page_size_log2=0), "memory size must be at most 4294967295"),
        (TableType(FUNCREF, Limits(1 << 32)), "table size must be at most 2**32 - 1, not 429496"),
        (TableType(FUNCREF, Limits(0, 1 << 64, is_64=True)), "table size must be at most 2**64"),
        (TableType(FUNCREF, Limits(1), shared=True), "tables cannot be shared (yet)"),
    ],
)
def test_sizes_that_no_parser_gives(
    everything: Features, type: MemoryType | TableType, message: str
) -> None:
    if isinstance(type, MemoryType):
        module = Module(memories=[type])
    else:
        module = Module(tables=[Table(type)])
    with pytest.raises(ValidationError) as caught:
        validate(module, everything)
    assert caught.value.message.startswith(message)
