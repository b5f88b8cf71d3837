"""The table is complete, and says of every instruction what others rely on."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest

from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions import (
    INSTRUCTIONS,
    ROWS,
    Instruction,
    MemoryArgument,
    Row,
    table,
)
from pywasm_rt.wasm.instructions.immediates import KINDS
from pywasm_rt.wasm.module import Expression, Function, Module
from pywasm_rt.wasm.types import FunctionType, Limits, MemoryType, RecursiveType, SubType

WASM_TOOLS = Path(sysconfig.get_path("scripts")) / "wasm-tools"
needs_wasm_tools = pytest.mark.skipif(not WASM_TOOLS.exists(), reason="no wasm-tools here")

# How many instructions each proposal brought; ref.test and ref.cast count once.
ROWS_BY_FEATURE = {
    "": 172,
    "sign_extension": 5,
    "saturating_float_to_int": 8,
    "bulk_memory": 7,
    "reference_types": 9,
    "simd": 236,
    "relaxed_simd": 20,
    "tail_calls": 2,
    "function_references": 5,
    "gc": 30,
    "exceptions": 3,
    "legacy_exceptions": 5,
    "threads": 67,
    "wide_arithmetic": 4,
}
WITHOUT_FUEL = {
    *("nop", "drop", "block", "loop", "unreachable", "return", "else", "end"),
    *("catch", "catch_all", "delegate"),
}
# These also need a segment, a table or a second memory.
OTHER_RULES = {
    *("memory_init", "memory_copy", "data_drop"),
    *("table_init", "table_copy", "table_size", "elem_drop"),
}
ACCESS_RULES = {"load", "store", "load_lane", "store_lane", "atomic"}


def test_every_proposal_has_its_instructions() -> None:
    assert Counter(row.feature for row in ROWS) == ROWS_BY_FEATURE


def test_features_are_switches() -> None:
    assert {row.feature for row in ROWS} <= {"", *(item.name for item in fields(Features))}


def test_no_opcode_is_used_twice() -> None:
    opcodes = [(row.prefix, row.code) for row in ROWS]
    opcodes += [(row.prefix, row.null_code) for row in ROWS if row.null_code is not None]
    assert len(opcodes) == len(set(opcodes)) == len(INSTRUCTIONS.by_opcode)


def test_only_markers_are_free() -> None:
    assert {row.identifier for row in ROWS if row.fuel == 0} == WITHOUT_FUEL
    assert {row.fuel for row in ROWS} == {0, 1}


def test_only_select_shares_a_mnemonic() -> None:
    shared = [name for name, count in Counter(row.mnemonic for row in ROWS).items() if count > 1]
    assert shared == ["select"]
    assert INSTRUCTIONS.by_mnemonic["select"].code == 0x1B
    assert INSTRUCTIONS.by_identifier["select_t"].code == 0x1C


def test_every_row_is_found_by_searching_for_its_mnemonic() -> None:
    source = Path(table.__file__).read_text(encoding="utf-8")
    written = Counter(re.findall(r'\(0x[0-9A-F]+, "([^"]+)"', source))
    assert written == Counter(row.mnemonic for row in ROWS)


def test_rows_explain_themselves() -> None:
    for row in ROWS:
        sentence = row.explain
        assert re.fullmatch(r"[A-Z].{10,150}[.]", sentence), row
        assert "Executes" not in sentence, row
        assert "  " not in sentence, row


def test_rows_name_their_section() -> None:
    sections = re.compile(r"(op|exec)-[a-z0-9_.-]+|threads|wide-arithmetic|legacy-exceptions")
    for row in ROWS:
        assert sections.fullmatch(row.section), row
        assert row.url.startswith("https://"), row


def test_rows_say_how_to_validate_them() -> None:
    for row in ROWS:
        assert row.stack is not None or row.rule, row
        if row.rule in ACCESS_RULES:
            assert row.stack is not None, row
            assert row.immediates[0] == "memory_argument", row
        if row.immediates and not row.rule:
            assert set(row.immediates) <= {"i32", "i64", "f32", "f64", "v128"}, row


def test_rows_have_known_immediates() -> None:
    for row in ROWS:
        assert set(row.immediates) <= set(KINDS), row


def test_rows_that_touch_memory_have_a_natural_alignment() -> None:
    for row in ROWS:
        if "memory_argument" in row.immediates:
            assert row.rule in ACCESS_RULES, row
            assert row.width_bytes == 1 << row.natural_align_log2, row
            assert row.width_bytes == _width_by_name(row), row
        elif row.width_bytes:
            assert row.rule in {"lane", "shuffle"}, row


def _width_by_name(row: Row) -> int:
    """The width that the mnemonic tells, independent of the table."""
    if row.mnemonic.startswith("memory.atomic"):
        return 8 if row.mnemonic.endswith("64") else 4
    kind, _, operation = row.mnemonic.partition(".")
    if pair := re.search(r"load(\d+)x(\d+)", operation):
        return int(pair[1]) * int(pair[2]) // 8
    if narrow := re.search(r"(?:load|store|rmw)(\d+)", operation):
        return int(narrow[1]) // 8
    return int(kind[1:]) // 8


def test_a_typo_in_the_width_would_be_seen() -> None:
    assert _width_by_name(INSTRUCTIONS.by_mnemonic["v128.load32x2_s"]) == 8
    assert _width_by_name(INSTRUCTIONS.by_mnemonic["i64.load16_u"]) == 2
    assert _width_by_name(INSTRUCTIONS.by_mnemonic["i64.atomic.rmw32.add_u"]) == 4


def _module_of(functions: list[tuple[Row, tuple[object, ...]]]) -> Module:
    """A module with a function for each row that takes what the row takes, as the table says."""
    end = Instruction(INSTRUCTIONS.by_mnemonic["end"])
    get = INSTRUCTIONS.by_mnemonic["local.get"]
    module = Module(memories=[MemoryType(Limits(1, 1), shared=True)])
    for number, (row, immediates) in enumerate(functions):
        assert row.stack is not None
        kind = FunctionType(row.stack.takes, row.stack.gives)
        module.recursive_types.append(RecursiveType((SubType(kind),)))
        code = [Instruction(get, (index,)) for index in range(len(row.stack.takes))]
        code += [Instruction(row, immediates), end]
        module.functions.append(Function(number, (), Expression(code)))
    return module


def _validate(module: Module) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [WASM_TOOLS, "validate", "--features", "all", "-"],
        input=encode(module),
        capture_output=True,
        check=False,
        timeout=60,
    )


def _immediates(row: Row, align_log2: int) -> tuple[object, ...]:
    samples: dict[str, object] = {
        "memory_argument": MemoryArgument(align_log2, 0, 0),
        "lanes16": (0,) * 16,
        **dict.fromkeys(("i32", "i64", "f32", "f64", "v128", "lane", "memory"), 0),
    }
    return tuple(samples[kind] for kind in row.immediates)


@needs_wasm_tools
def test_stack_types_are_right() -> None:
    rows = [row for row in ROWS if row.stack is not None and row.rule not in OTHER_RULES]
    assert len(rows) > 470
    functions = [(row, _immediates(row, row.natural_align_log2)) for row in rows]
    done = _validate(_module_of(functions))
    assert done.returncode == 0, done.stderr.decode()


@needs_wasm_tools
def test_natural_alignment_is_the_largest() -> None:
    for row in ROWS:
        if row.rule not in ACCESS_RULES:
            continue
        module = _module_of([(row, _immediates(row, row.natural_align_log2 + 1))])
        done = _validate(module)
        assert b"alignment" in done.stderr, (row.mnemonic, done.stderr)


@needs_wasm_tools
def test_lanes_are_counted_by_width() -> None:
    for row in ROWS:
        if "lane" not in row.immediates:
            continue
        beyond = 16 // row.width_bytes
        for lane, fits in ((beyond - 1, True), (beyond, False)):
            immediates = (*_immediates(row, 0)[:-1], lane)
            done = _validate(_module_of([(row, immediates)]))
            assert (done.returncode == 0) is fits, (row.mnemonic, done.stderr)
