"""Whole modules, also random ones: the validator answers, and never falls over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pywasm_rt.errors import UnsupportedFeature, ValidationError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.instructions import ROWS, Catch, Instruction, MemoryArgument
from pywasm_rt.wasm.module import Expression, Module
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.types import (
    F32,
    F64,
    FUNCREF,
    I32,
    I64,
    V128,
    AbstractHeapType,
    FunctionType,
    ReferenceType,
)
from pywasm_rt.wasm.validate import ValidModule, trace, validate

SURROUNDINGS = """(module
  (type $f (func (param i32) (result i32))) (type $g (func (result i32 i64)))
  (rec (type $s (sub (struct (field i8) (field (mut (ref null $t))))))
       (type $t (sub $s (struct (field i8) (field (mut (ref null $t))) (field v128)))))
  (type $a (array (mut i32))) (type $b (array (mut (ref null $a)))) (type $e (func (param i64)))
  (import "" "" (func $import (type $f)))
  (memory 1) (memory i64 1) (table 1 funcref) (table i64 1 (ref null $f))
  (global $i (mut i32) (i32.const 0)) (global externref (ref.null extern))
  (tag (type $e)) (tag) (elem declare func $import) (elem anyref) (data "abc")
  (func (type $f)))"""

index = st.integers(0, 3)
heaps = st.sampled_from([*AbstractHeapType, *range(9)])
references = st.builds(ReferenceType, st.booleans(), heaps)
values = st.sampled_from([I32, I64, F32, F64, V128, FUNCREF]) | references
IMMEDIATES: dict[str, st.SearchStrategy[object]] = {
    "i32": st.integers(-1, 1),
    "i64": st.integers(-1, 1),
    "f32": st.just(0),
    "f64": st.just(0),
    "v128": st.just(0),
    "block_type": st.none() | values | st.integers(0, 9),
    "label": index,
    "labels": st.lists(index, max_size=3).map(tuple),
    "type": st.integers(0, 8),
    "memory_argument": st.builds(
        MemoryArgument, st.integers(0, 4), index, st.sampled_from([0, 1 << 32, 1 << 63])
    ),
    "lane": st.integers(0, 17),
    "lanes16": st.tuples(*[st.integers(0, 33)] * 16),
    "heap_type": heaps,
    "reference_type": references,
    "value_types": st.lists(values, max_size=2).map(tuple),
    "count": st.sampled_from([0, 1, 2, 2**32 - 1]),
    "catches": st.lists(
        st.builds(Catch, st.sampled_from(["catch", "catch_ref"]), index, index)
        | st.builds(Catch, st.sampled_from(["catch_all", "catch_all_ref"]), st.none(), index),
        max_size=2,
    ).map(tuple),
}
OPENERS = frozenset({"block", "loop", "if", "try_table", "try"})
instructions = st.sampled_from(ROWS).flatmap(
    lambda row: st.tuples(*[IMMEDIATES.get(kind, index) for kind in row.immediates]).map(
        lambda immediates: Instruction(row, immediates)
    )
)
END = Instruction(next(row for row in ROWS if row.identifier == "end"))


def module_with(code: list[Instruction]) -> Module:
    """The surroundings with this body for their one function."""
    module = parse(SURROUNDINGS, EVERYTHING)
    module.functions[0].body = Expression(code)
    module.functions[0].locals = (I64, ReferenceType(nullable=False, heap=2), V128)
    return module


EVERYTHING = Features(
    legacy_exceptions=True, threads=True, custom_page_sizes=True, wide_arithmetic=True
)


def balanced(code: list[Instruction]) -> list[Instruction]:
    """Without parts and ends of blocks, and with an end for every block that is open."""
    dividers = {"end", "else", "catch", "catch_all", "delegate"}
    kept = [item for item in code if item.row.identifier not in dividers]
    opened = sum(item.row.identifier in OPENERS for item in kept)
    return [*kept, *[END] * (opened + 1)]


@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(instructions, max_size=12))
def test_any_code_is_valid_or_refused(code: list[Instruction]) -> None:
    place = None
    try:
        module = validate(module_with(code), EVERYTHING)
        place = len(list(trace(module, 1)))
    except (ValidationError, UnsupportedFeature) as error:
        place = error.where
    assert place is not None


UNREACHABLE = Instruction(next(row for row in ROWS if row.identifier == "unreachable"))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(code=st.lists(instructions, max_size=5), reachable=st.booleans())
def test_wasm_tools_agrees_on_random_code(
    oracle: Callable[[bytes], bool], code: list[Instruction], reachable: bool
) -> None:
    """Code behind ``unreachable`` is valid much more often than other random code."""
    body = balanced(code if reachable else [UNREACHABLE, *code, UNREACHABLE])
    binary = encode(module_with(body))
    try:
        validate(decode(binary, EVERYTHING), EVERYTHING)
        accepted = True
    except ValidationError:
        accepted = False
    assert accepted is oracle(binary)


def test_the_empty_module() -> None:
    module = validate(Module())
    assert module.types == module.functions == module.controls == ()


def test_a_module_is_not_changed() -> None:
    module = parse(SURROUNDINGS, EVERYTHING)
    module.functions[0].body = Expression([UNREACHABLE, END])
    before = encode(module)
    validate(module, EVERYTHING)
    assert encode(module) == before
    assert module.types[0].composite == FunctionType((I32,), (I32,))


def test_text_and_binary_agree(valid: Callable[..., ValidModule]) -> None:
    text = SURROUNDINGS.replace("(func (type $f)))", "(func (type $f) local.get 0))")
    first = valid(text)
    second = validate(decode(encode(first.module), EVERYTHING), EVERYTHING)
    assert first.types == second.types
    assert first.functions == second.functions
    assert first.controls == second.controls


@pytest.mark.parametrize("depth", [100_000])
def test_deep_nesting_is_no_recursion(depth: int) -> None:
    block = next(row for row in ROWS if row.identifier == "block")
    code = [Instruction(block, (None,))] * depth + [END] * depth
    module = module_with([*code, UNREACHABLE, END])
    assert validate(module, EVERYTHING).controls[0].targets == {}
