"""Nothing is missing: every instruction has a meaning, an explanation and a text form, and scripts
execute it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.instructions import ROWS, Row
from pywasm_rt.wasm.text import parse, print_module
from spec_tests import rows
from spec_tests.rows import CountingEngine, RowCount, count_rows, meaning_of

SUPPLEMENT = Path(rows.__file__).with_name("supplement")
EVERYTHING = DEFAULT.with_(
    legacy_exceptions=True, threads=True, custom_page_sizes=True, wide_arithmetic=True
)

# How each kind of immediate may be written; tables and memories have the index 0, which may be
# left out.
IMMEDIATES = {
    "i32": "-5",
    "i64": "0x7fff_ffff_ffff_ffff",
    "f32": "nan:0x200000",
    "f64": "-0x1.8p-3",
    "v128": "i32x4 1 2 3 -4",
    "block_type": "(result i32)",
    "label": "0",
    "labels": "1 0",
    "memory_argument": "offset=3 align=1",
    "lane": "1",
    "lanes16": "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
    "heap_type": "(ref null i31)",
    "reference_type": "(ref null i31)",
    "value_types": "(result funcref)",
    "count": "2",
    "catches": "(catch 0 0) (catch_ref 0 1) (catch_all 0) (catch_all_ref 1)",
    **dict.fromkeys(("function", "type", "local", "global", "element", "data", "tag"), "1"),
    **dict.fromkeys(("table", "memory", "field"), "1"),
}
SPECIAL = {
    "else": "if else end",
    "end": "",
    "catch": "try catch 1 end",
    "catch_all": "try catch_all end",
    "delegate": "block try delegate 0 end",
    "ref_null": "ref.null eq",
    "call_indirect": "call_indirect 1 (type 1)",
    "return_call_indirect": "return_call_indirect 1 (type 1)",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.identifier)
def test_row_is_complete(row: Row) -> None:
    assert meaning_of(row), f"nothing says what {row.mnemonic} does"
    assert re.fullmatch(r"[A-Z].*\.", row.explain)
    assert row.section
    assert row.url.startswith("https://")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.identifier)
def test_row_has_a_text_form(row: Row) -> None:
    body = " ".join([row.mnemonic, *(IMMEDIATES[kind] for kind in row.immediates)])
    if row.immediates[:1] == ("block_type",):
        body += " end"
    body = SPECIAL.get(row.identifier, body)
    text = f"(type (func)) (type (func)) (func {body})"
    module = parse(text, EVERYTHING)
    assert row in [instruction.row for instruction in module.functions[0].body.instructions]
    for fold in (False, True):
        printed = print_module(module, fold=fold)
        assert row.identifier == "end" or row.mnemonic in printed
        assert parse(printed, EVERYTHING) == module
    assert decode(encode(module), EVERYTHING).functions == module.functions


@pytest.fixture(scope="module")
def counts(suites: Path) -> dict[str, RowCount]:
    """What scripts execute."""
    return count_rows([suites / "spec", suites / "proposals", SUPPLEMENT])


@pytest.mark.suite
def test_every_row_is_executed(counts: dict[str, RowCount]) -> None:
    assert [name for name, count in counts.items() if not count.executions] == []
    # What the suites execute does not change from one day to the next.
    assert counts["return_call_ref"].executions > 5_000_000
    assert counts["ref_cast"].files > 1


def test_the_command_prints_a_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert rows.main([str(SUPPLEMENT)]) == 1
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["instruction", "opcode", "executed", "files", "meaning", "section"]
    assert [line.split()[0] for line in lines[: len(ROWS)]] == [
        row.identifier if row.identifier == "select_t" else row.mnemonic for row in ROWS
    ]
    assert "machine.execute" in lines[1]
    missing, total = lines[len(ROWS) :]
    assert missing.startswith("never executed: unreachable nop")
    assert total == f"{len(ROWS)} rows, 6 executed, 30 instructions"


def test_the_counts_are_exact(tmp_path: Path) -> None:
    script = tmp_path / "loop.wast"
    script.write_text(
        """(module
          (func $inner (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
          (func (export "run") (param $n i32) (result i32) (local $sum i32)
            (loop $again
              (local.set $sum (i32.add (local.get $sum) (call $inner (local.get $n))))
              (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (if (local.get $n) (then unreachable) (else nop))
            (local.get $sum)))
        (assert_return (invoke "run" (i32.const 10)) (i32.const 385))"""
    )
    found = count_rows([script])
    executed = {name: count.executions for name, count in found.items() if count.executions}
    assert executed == {
        "loop": 10,
        "local_get": 10 * 5 + 2,
        "local_set": 10,
        "local_tee": 10,
        "call": 10,
        "i32_mul": 10,
        "i32_add": 10,
        "i32_sub": 10,
        "i32_const": 10,
        "br_if": 10,
        "if": 1,
        "nop": 1,
        # of ten calls, of the loop, of the if and of the function
        "end": 10 + 1 + 1 + 1,
    }


def test_counting_changes_nothing(tmp_path: Path) -> None:
    engine = CountingEngine()
    loaded = engine.load(encode(parse('(func (export "f") (result i32) (i32.const 7))')))
    instance = engine.instantiate(loaded)
    for _ in range(3):
        execution = instance.start(instance.exports["f"])
        execution.step(1)
        assert execution.steps_taken == 1
        assert execution.run().values == (7,)
        assert execution.steps_taken == 2
        assert execution.fuel_spent == 2
    counted = {row.mnemonic: count for row, count in engine.take_counts().items()}
    assert counted == {"i32.const": 3, "end": 3}
