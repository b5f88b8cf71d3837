"""Traces: the types on the stack and the labels at every instruction."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.wasm.types import F64, I32, I64, AbstractHeapType, ReferenceType
from pywasm_rt.wasm.validate import FunctionTrace, Label, ValidModule, trace

Valid = Callable[..., ValidModule]

TEXT = """(module (import "" "" (func))
  (func (param i32) (result i64)
    f64.const 0           ;; 0
    loop (result i64)     ;; 1
      local.get 0         ;; 2
      if (result i64)     ;; 3
        i64.const 1       ;; 4
        br 1              ;; 5
      else                ;; 6
        i64.const 2       ;; 7
      end                 ;; 8
    end                   ;; 9
    return))              ;; 10, end 11
"""

FUNCTION = Label("function", 11, 1, 0)
LOOP = Label("loop", 1, 0, 1)


@pytest.fixture(scope="module")
def traced(valid: Valid) -> FunctionTrace:
    return trace(valid(TEXT), 1)


def test_operands_before_every_instruction(traced: FunctionTrace) -> None:
    assert len(traced) == 12
    assert [point.operands for point in traced] == [
        (),
        (F64,),
        (F64,),
        (F64, I32),
        (F64,),
        (F64, I64),
        (F64,),
        (F64,),
        (F64, I64),
        (F64, I64),
        (F64, I64),
        (I64,),  # what branches to the function's label bring
    ]


def test_labels_are_outermost_first(traced: FunctionTrace) -> None:
    assert traced.at(0).labels == (FUNCTION,)
    assert traced.at(2).labels == (FUNCTION, LOOP)
    assert traced.at(4).labels == (FUNCTION, LOOP, Label("if", 9, 1, 1))
    assert traced.at(7).labels == (FUNCTION, LOOP, Label("else", 9, 1, 1))
    assert traced.at(10).labels == (FUNCTION,)


def test_targets_are_those_of_the_control_table(valid: Valid) -> None:
    module = valid("(module (func block try br 1 delegate 0 end try br 0 catch_all end))")
    table = module.controls[0]
    points = trace(module, 0)
    for pc, depth in ((2, 1), (6, 0)):
        label = points.at(pc).labels[-1 - depth]
        assert table.targets[pc] == (label.target_pc, label.arity, label.height)


@given(order=st.lists(st.integers(0, 11)))
def test_any_order_gives_the_same(traced: FunctionTrace, order: list[int]) -> None:
    points = list(traced)
    fresh = FunctionTrace(traced.valid_module, traced.function_index)
    assert [fresh.at(pc) for pc in order] == [points[pc] for pc in order]


def test_threads_may_ask_at_once(valid: Valid) -> None:
    body = "i32.const 1 drop " * 500
    points = trace(valid(f"(module (func {body}))"), 0)
    expected = list(points)
    with ThreadPoolExecutor(4) as pool:
        order = [(pc * 37) % len(points) for pc in range(len(points))]
        assert list(pool.map(points.at, order)) == [expected[pc] for pc in order]


def test_code_that_is_not_reached(valid: Valid) -> None:
    module = valid("(module (func unreachable select br_on_null 0 ref.is_null drop))")
    operands = [point.operands for point in trace(module, 0)]
    assert operands[:3] == [(), (), (None,)]
    (reference,) = operands[3]
    assert str(reference) == "(ref bot)"
    assert operands[4] == (I32,)


def test_types_are_resolved(valid: Valid) -> None:
    module = valid("(module (type $s (struct)) (func struct.new $s drop))")
    assert trace(module, 0).at(1).operands == (ReferenceType(nullable=False, heap=module.types[0]),)
    assert trace(module, 0).at(1).operands != (
        ReferenceType(nullable=False, heap=AbstractHeapType.STRUCT),
    )


def test_a_module_keeps_its_traces(valid: Valid) -> None:
    module = valid(TEXT)
    assert trace(module, 1) is trace(module, 1)


@pytest.mark.parametrize("function_index", [-1, 0, 2])
def test_only_defined_functions_have_traces(valid: Valid, function_index: int) -> None:
    with pytest.raises(IndexError, match="has no body"):
        trace(valid(TEXT), function_index)


def test_only_instructions_have_points(traced: FunctionTrace) -> None:
    with pytest.raises(IndexError, match="instruction 12 of 12"):
        traced.at(12)
