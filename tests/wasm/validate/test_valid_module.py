"""What a valid module answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.types import F32, I32, I64, AbstractHeapType, FunctionType, ReferenceType
from pywasm_rt.wasm.validate import ValidModule


@pytest.fixture
def module(valid: Callable[..., ValidModule]) -> ValidModule:
    return valid(
        """(module (type $s (struct)) (import "" "" (func $imported))
          (func $one (param i32) (local (ref null $s) f32)) (func (block)))"""
    )


def test_functions_by_index(module: ValidModule) -> None:
    to_structure = ReferenceType(nullable=True, heap=module.types[0])
    assert module.local_types(1) == (I32, to_structure, F32)
    assert module.local_types(2) == ()
    assert module.control(1) is module.controls[0]
    assert module.function_name(0) == "imported"
    assert module.function_name(2) == ""


@pytest.mark.parametrize("function_index", [-1, 0, 3])
def test_only_defined_functions_have_bodies(module: ValidModule, function_index: int) -> None:
    with pytest.raises(IndexError):
        module.control(function_index)
    with pytest.raises(IndexError):
        module.local_types(function_index)


def test_immediates_can_be_resolved(module: ValidModule) -> None:
    (structure, *_) = module.types
    assert module.heap_type(0) is structure
    assert module.heap_type(AbstractHeapType.ANY) is AbstractHeapType.ANY
    to_structure = module.reference_type(ReferenceType(nullable=False, heap=0))
    assert to_structure == ReferenceType(nullable=False, heap=structure)
    assert module.reference_type(ReferenceType(nullable=False, heap=0)) is to_structure
    assert module.block_type(None) == FunctionType()
    assert module.block_type(I64) == FunctionType((), (I64,))
    assert module.block_type(1) == module.function_types[0]


def test_it_knows_its_features(module: ValidModule, everything: Features) -> None:
    assert module.features is everything
