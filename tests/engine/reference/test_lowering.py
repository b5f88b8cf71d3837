"""From a body to entries: slots, jumps, counts, and what is shared between instances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pywasm_rt.engine.interface import Limits
from pywasm_rt.engine.reference import ReferenceEngine
from pywasm_rt.engine.reference.machine import CallSite
from pywasm_rt.wasm.text import parse

Make = Callable[..., Any]


def lowered(engine: ReferenceEngine, text: str, index: int = 0) -> Any:
    return engine.load(parse(f"(module {text})")).lowered(index)


def test_the_example_of_the_theory(plain_engine: ReferenceEngine) -> None:
    code = lowered(
        plain_engine,
        """(func (param i32 i32) (result i32 i32 i32 i32)
             (i32.const 0) (i32.const 0) (i32.const 0)
             (local.get 1) (i32.const 7) (i32.add))""",
    ).code
    add = code[5]
    assert code[3:5] == [("copy", 5, 1), ("constant", 6, 7)]
    assert add[:2] == ("binary", 5)
    assert add[2].__name__ == "i32_add"


def test_every_instruction_is_one_entry(plain_engine: ReferenceEngine) -> None:
    body = lowered(
        plain_engine,
        """(func (param i32)
             (nop) (drop (i32.const 1))
             (block (br 0) (i32.add) (drop) (unreachable))
             (loop (if (local.get 0) (then (nop)) (else (br 1)))) )""",
    )
    assert [op for op, _, _ in body.code] == [
        "nop", "constant", "nop",
        "nop", "branch", "nop", "nop", "nop", "nop",
        "loop", "copy", "branch_unless", "nop", "branch", "branch", "nop", "nop",
        "return",
    ]  # fmt: skip
    assert body.spent_before == [0, 0, 1, 1, 1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 5, 6, 6, 6, 6]


def test_jumps_know_what_they_count(plain_engine: ReferenceEngine) -> None:
    code = lowered(
        plain_engine,
        """(func (param i32)
             (local.set 0 (i32.const 5))
             (loop $l (br_if $l (local.get 0)))
             (block $b (br_if $b (local.get 0)) (local.set 0 (i32.const 1))))""",
    ).code
    # Back to pc 2 from behind pc 4: two of fuel (the loop itself is free), three steps.
    assert code[4] == ("branch_if", 1, (2, 2, 3))
    # Forward from behind pc 8 to pc 12: the two that are left out are taken off.
    assert code[8] == ("branch_if", 1, (12 - 0, -2, -3))


def test_slots_of_an_activation(plain_engine: ReferenceEngine) -> None:
    body = lowered(
        plain_engine,
        """(func (param i64) (local f64 externref i32 i32)
             (drop (i32.add (i32.const 1) (i32.add (i32.const 2) (i32.const 3)))))""",
    )
    assert body.operand_base == 5
    assert body.template == [None, 0.0, None, 0, 0, None, None, None, None]


def test_calls(plain_engine: ReferenceEngine) -> None:
    program = plain_engine.load(
        parse(
            """(module
                 (func $f (export "f") (param i32 i32) (result i32)
                   (i32.const 9) (call $f (local.get 0) (local.get 1)) (i32.add)))"""
        )
    )
    instance = plain_engine.instantiate(program)
    instance.start(instance.exports["f"], [1, 2]).step()
    op, _, (callee, site) = instance.exports["f"].code[3]
    assert op == "call"
    assert callee is instance.exports["f"]
    assert isinstance(site, CallSite)
    assert (site.first, site.spent, site.passed, site.is_tail) == (3, 4, 4, False)


def test_instances_share_what_is_lowered(guest: Make) -> None:
    text = """(global $g (export "g") (mut i32) (i32.const 0))
              (func (export "f") (global.set $g (i32.const 5)))"""
    first = guest(text)
    second_instance = first.engine.instantiate(first.instance.module)
    first.call("f")
    assert first["g"].value == 5
    assert second_instance.exports["g"].value == 0
    second = second_instance.exports["f"]
    assert second.code is None  # nobody has called it
    second_instance.start(second, []).run()
    assert second.lowered is first["f"].lowered
    assert second_instance.exports["g"].value == 5


def test_many_locals_are_no_trouble(guest: Make) -> None:
    program = guest(
        f"""(func (export "f") (result i64) (local {"i64 " * 20_000}) (local.get 19999))""",
        limits=Limits(value_slots=30_000),
    )
    assert program.call("f") == 0
