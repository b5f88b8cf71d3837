"""Plans: what an instruction means is found once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pywasm_rt.errors import EngineBug, UnsupportedFeature, ValidationError
from pywasm_rt.wasm.features import DEFAULT, WASM_1, Features
from pywasm_rt.wasm.instructions import INSTRUCTIONS, ROWS, Instruction, InstructionSet, row
from pywasm_rt.wasm.module import Expression, Function, Module
from pywasm_rt.wasm.types import I32, FunctionType, Limits, MemoryType, RecursiveType, SubType
from pywasm_rt.wasm.validate import define_function, validate
from pywasm_rt.wasm.validate.context import Context
from pywasm_rt.wasm.validate.plans import Planner
from pywasm_rt.wasm.validate.rules import SIGNATURE_RULES, STACK_RULES


def planner(features: Features = DEFAULT, instructions: InstructionSet = INSTRUCTIONS) -> Planner:
    context = Context(Module(), features, instructions, memories=[MemoryType(Limits(1))])
    context.functions.append(define_function(FunctionType((I32,))))
    return Planner(context, SIGNATURE_RULES, STACK_RULES)


def test_every_row_has_a_rule_or_a_stack_type() -> None:
    for item in ROWS:
        if item.rule:
            assert (item.rule in SIGNATURE_RULES) is not (item.rule in STACK_RULES), item.rule
        else:
            assert item.stack is not None, item.mnemonic


def test_every_rule_is_named_by_a_row() -> None:
    assert {item.rule for item in ROWS} - {""} == {*SIGNATURE_RULES, *STACK_RULES}


def test_one_object_is_planned_once_and_equal_objects_share_a_plan() -> None:
    plans = planner()
    first, second = (Instruction(INSTRUCTIONS.by_mnemonic["call"], (0,)) for _ in range(2))
    plan = plans.plan(first)
    assert plan.takes == [I32]
    assert plan.arity == 1
    assert plans.known[id(first)] is plan
    assert plans.plan(second) is plan
    constants = [Instruction(INSTRUCTIONS.by_mnemonic["i32.const"], (i,)) for i in range(2)]
    assert plans.plan(constants[0]) is plans.plan(constants[1])


class MadeOnDemand(Sequence[Instruction]):
    """Instructions that live only as long as they are looked at."""

    def __init__(self, items: Sequence[tuple[str, tuple[object, ...]]]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Instruction:
        identifier, immediates = self.items[place]
        return Instruction(INSTRUCTIONS.by_identifier[identifier], immediates)


def test_instructions_need_not_be_kept_by_their_module() -> None:
    group = RecursiveType((SubType(FunctionType()),))
    items = [("i32_const", (1,)), ("f32_convert_i32_s", ()), ("f32_abs", ()), ("drop", ())] * 50
    body = Expression(MadeOnDemand([*items, ("end", ())]))
    validate(Module(recursive_types=[group], functions=[Function(0, (), body)]))


def test_instructions_of_features_that_are_off() -> None:
    plans = planner(WASM_1)
    with pytest.raises(
        UnsupportedFeature, match=r"i32\.extend8_s needs the feature sign-extension"
    ):
        plans.plan(Instruction(INSTRUCTIONS.by_mnemonic["i32.extend8_s"]))
    with pytest.raises(UnsupportedFeature, match="multi-value"):
        plans.block(0)


def test_instructions_of_another_set() -> None:
    extra = row(0x1234, "i32.three", "-> i32", "", "", "Three.", prefix=0xFC)
    with pytest.raises(ValidationError, match=r"unknown operator i32\.three"):
        planner().plan(Instruction(extra))
    strange = row(0x1235, "i32.four", "", "", "", "Four.", prefix=0xFC, rule="mystery")
    with pytest.raises(EngineBug, match="names no known rule: 'mystery'"):
        planner(instructions=INSTRUCTIONS.with_rows(strange)).plan(Instruction(strange))


def test_a_new_instruction_needs_no_more_than_its_row() -> None:
    double = row(0x1234, "i32.double", "i32 -> i32", "", "", "Doubles.", prefix=0xFC)
    instructions = INSTRUCTIONS.with_rows(double)
    code = [
        Instruction(instructions.by_mnemonic["i32.const"], (1,)),
        Instruction(double),
        Instruction(instructions.by_mnemonic["end"]),
    ]
    group = RecursiveType((SubType(FunctionType((), (I32,))),))
    module = Module(recursive_types=[group], functions=[Function(0, (), Expression(code))])
    assert validate(module, DEFAULT, instructions).controls[0].targets == {}
