"""Memory: addresses, alignment, offsets, lanes, atomics and bulk instructions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.instructions import INSTRUCTIONS, MemoryArgument, row
from pywasm_rt.wasm.types import Limits, MemoryType
from pywasm_rt.wasm.validate.context import Context
from pywasm_rt.wasm.validate.rules import SIGNATURE_RULES

MODULE = """(module (memory $m 1) (memory $l i64 1) (data $d "abc") (func {body}))"""

CASES = [
    ("i32.const 0 i32.load drop", ""),
    ("i64.const 0 i32.load drop", "type mismatch: instruction requires [i32] but stack has [i64]"),
    ("i64.const 0 i32.load $l drop", ""),
    ("i32.const 0 i32.load $l drop", "type mismatch"),
    ("i32.const 0 i32.load 5 drop", "unknown memory 5"),
    ("i32.const 0 i32.load align=4 drop", ""),
    (
        "i32.const 0 i32.load align=8 drop",
        "alignment must not be larger than natural: 2**3 for 4 bytes",
    ),
    ("i32.const 0 i64.load8_s align=2 drop", "alignment must not be larger than natural"),
    ("i32.const 0 i32.load offset=4294967295 drop", ""),
    ("i64.const 0 i32.load $l offset=4294967296 drop", ""),
    ("i64.const 0 i32.load $l offset=18446744073709551615 drop", ""),
    ("i32.const 0 f64.const 0 f64.store", ""),
    ("i32.const 0 f32.const 0 f64.store", "type mismatch"),
    ("i64.const 0 f32.const 0 f32.store $l", ""),
    ("memory.size i32.eqz drop", ""),
    ("memory.size $l i64.eqz drop", ""),
    ("memory.size 4 drop", "unknown memory 4"),
    ("i64.const 1 memory.grow $l i64.eqz drop", ""),
    ("i64.const 1 memory.grow drop", "type mismatch"),
    ("i32.const 0 i32.const 0 i32.const 0 memory.fill", ""),
    ("i64.const 0 i32.const 0 i64.const 0 memory.fill $l", ""),
    ("i32.const 0 i32.const 0 i32.const 0 memory.copy", ""),
    ("i64.const 0 i32.const 0 i32.const 0 memory.copy $l $m", ""),
    ("i64.const 0 i64.const 0 i64.const 0 memory.copy $l $l", ""),
    ("i64.const 0 i64.const 0 i32.const 0 memory.copy $l $l", "type mismatch"),
    ("i32.const 0 i32.const 0 i32.const 0 memory.init $d", ""),
    ("i64.const 0 i32.const 0 i32.const 0 memory.init $l $d", ""),
    ("i32.const 0 i32.const 0 i32.const 0 memory.init 6", "unknown data segment 6"),
    ("i32.const 0 i32.const 0 i32.const 0 memory.init 6 $d", "unknown memory 6"),
    ("data.drop $d", ""),
    ("data.drop 3", "unknown data segment 3"),
    ("i32.const 0 v128.load drop", ""),
    ("i32.const 0 v128.load align=32 drop", "alignment must not be larger"),
    ("i32.const 0 v128.const i64x2 0 0 v128.load16_lane 7 drop", ""),
    ("i32.const 0 v128.const i64x2 0 0 v128.load16_lane 8 drop", "invalid lane index 8"),
    ("i64.const 0 v128.const i64x2 0 0 v128.store64_lane $l 1", ""),
    ("i64.const 0 v128.const i64x2 0 0 v128.store64_lane $l 2", "invalid lane index 2"),
    ("i32.const 0 v128.const i64x2 0 0 v128.store8_lane align=2 1", "alignment must not be"),
    ("v128.const i64x2 0 0 f64x2.extract_lane 1 drop", ""),
    ("v128.const i64x2 0 0 f64x2.extract_lane 2 drop", "invalid lane index 2: there are 2"),
    ("v128.const i64x2 0 0 i32.const 1 i8x16.replace_lane 15 drop", ""),
    ("v128.const i64x2 0 0 i64.const 1 i8x16.replace_lane 15 drop", "type mismatch"),
    (
        (
            "v128.const i64x2 0 0 v128.const i64x2 0 0"
            " i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 drop"
        ),
        "",
    ),
    (
        (
            "v128.const i64x2 0 0 v128.const i64x2 0 0"
            " i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 32 drop"
        ),
        "invalid lane index 32: there are 32",
    ),
    ("i32.const 0 i32.atomic.load drop", ""),
    ("i64.const 0 i32.atomic.load $l drop", ""),
    ("i32.const 0 i32.atomic.load align=2 drop", "atomic alignment must be natural: 2**1 for 4"),
    ("i32.const 0 i64.const 1 i64.atomic.rmw.add drop", ""),
    ("i32.const 0 i32.const 1 i64.const 1 memory.atomic.wait32 drop", ""),
    ("i32.const 0 i64.const 1 i64.const 1 memory.atomic.wait32 drop", "type mismatch"),
    ("atomic.fence", ""),
    ("i64.const 1 i64.const 2 i64.const 3 i64.const 4 i64.add128 drop drop", ""),
    ("i64.const 1 i64.const 2 i64.mul_wide_u drop", "type mismatch"),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_memory(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


def test_offset_must_be_an_address(invalid: Callable[..., None]) -> None:
    invalid(
        MODULE.format(body="i32.const 0 i32.load offset=4294967296 drop"),
        "offset out of range: 4294967296 in a memory with i32 addresses",
    )


def test_without_a_memory(invalid: Callable[..., None]) -> None:
    invalid("(module (func i32.const 0 i32.load drop))", "unknown memory 0: there are 0")


@pytest.mark.parametrize("rule", ["load", "lane"])
def test_a_row_without_stack_type_is_a_fault_of_the_table(rule: str, everything) -> None:
    broken = row(0xFFFF, "broken", "", "", "", "", rule=rule, width_bytes=4)
    context = Context(None, everything, INSTRUCTIONS, memories=[MemoryType(Limits(1))])
    immediate = MemoryArgument(0, 0, 0) if rule == "load" else 0
    with pytest.raises(EngineBug, match="broken needs a stack type"):
        SIGNATURE_RULES[rule](context, broken, (immediate,))
