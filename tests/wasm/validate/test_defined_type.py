"""Defined types: the same type is the same object, in every module."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pywasm_rt.wasm.types import (
    ANYREF,
    F64,
    I32,
    I64,
    FieldType,
    FunctionType,
    PackedType,
    ReferenceType,
    StructType,
    SubType,
)
from pywasm_rt.wasm.validate import ValidModule, define_function, define_group

Valid = Callable[..., ValidModule]


def test_equal_types_of_two_modules_are_one_object(valid: Valid) -> None:
    first = valid("(module (type (func (param i32))) (type $p (struct (field i64))))")
    second = valid("(module (type $q (struct (field i64))) (type (func (param i32))))")
    assert first.types[0] is second.types[1]
    assert first.types[1] is second.types[0]
    assert first.types[0] is not first.types[1]


def test_references_to_types_count_not_their_indices(valid: Valid) -> None:
    first = valid("(module (type $a (struct)) (type $b (struct (field (ref $a)))))")
    second = valid(
        "(module (type (array i8)) (type $a (struct)) (type $b (struct (field (ref $a)))))"
    )
    assert first.types[1] is second.types[2]


def test_types_that_refer_to_themselves_are_the_same_up_to_unrolling_of_their_group(
    valid: Valid,
) -> None:
    module = valid(
        """(module
          (type $a (struct (field (ref null $a))))
          (type $b (struct (field (ref null $b))))
          (rec (type $c (struct (field (ref null $d)))) (type $d (struct (field (ref null $c)))))
          (rec (type $e (struct (field (ref null $f)))) (type $f (struct (field (ref null $e)))))
          (type $g (struct (field (ref null $a)))))"""
    )
    a, b, c, d, e, f, g = module.types
    assert a is b
    assert c is e
    assert d is f
    # Iso-recursion: unrolling a group does not give the group.
    assert len({a, c, d, g}) == 4


def test_final_and_supertypes_are_part_of_a_type(valid: Valid) -> None:
    module = valid(
        """(module (type (struct)) (type $open (sub (struct)))
          (type (sub $open (struct))) (type (sub final $open (struct))))"""
    )
    assert len(set(module.types)) == 4
    _, opened, below, last = module.types
    assert opened.supertype is None
    assert below.supertype is opened
    assert last.supertypes == (opened, last)
    assert last.is_subtype_of(opened)
    assert last.is_subtype_of(last)
    assert not below.is_subtype_of(last)
    assert not opened.is_subtype_of(below)


def test_place_in_the_group_is_part_of_a_type(valid: Valid) -> None:
    module = valid("(module (rec (type (struct)) (type (struct))))")
    assert module.types[0] is not module.types[1]
    assert [member.index for member in module.types] == [0, 1]
    assert module.types[0].group.members == module.types


def test_a_group_leaves_the_table_with_its_last_user() -> None:
    unusual = SubType(StructType((FieldType(F64), FieldType(I64), FieldType(PackedType.I16)) * 7))
    group = weakref.ref(define_group((unusual,), 0, ())[0].group)
    gc.collect()
    assert group() is None


def test_threads_get_the_same_object() -> None:
    type = FunctionType((I32,) * 9, (I64,) * 5)
    with ThreadPoolExecutor(8) as pool:
        defined = list(pool.map(lambda _: define_function(type), range(64)))
    assert len(set(map(id, defined))) == 1


def test_copies_are_the_type_itself(valid: Valid) -> None:
    module = valid(
        """(module (type $a (struct))
          (rec (type $c (struct (field (ref null $d) (ref $a))))
               (type $d (func (param (ref $c))))))"""
    )
    for defined in module.types:
        assert copy.copy(defined) is defined
        assert copy.deepcopy([defined])[0] is defined
        assert pickle.loads(pickle.dumps(defined)) is defined


def test_function_on_its_own_is_final() -> None:
    defined = define_function(FunctionType((I32,), (ANYREF,)))
    assert defined.final
    assert defined.function == FunctionType((I32,), (ANYREF,))
    inner = define_function(FunctionType((ReferenceType(nullable=False, heap=defined),)))
    assert inner.function is not None
    assert inner.function.parameters[0] == ReferenceType(nullable=False, heap=defined)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(func)", "(func)"),
        ("(func (param i32 f64) (result v128))", "(func (param i32 f64) (result v128))"),
        ("(struct)", "(struct)"),
        ("(struct (field i8 (mut anyref)))", "(struct (field i8) (field (mut anyref)))"),
        ("(array (mut (ref null 0)))", "(array (mut (ref null rec.0)))"),
    ],
)
def test_types_are_printed_in_the_text_format(valid: Valid, text: str, shown: str) -> None:
    defined = valid(f"(module (type {text}))").types[0]
    assert str(defined) == shown
    assert repr(defined) == f"<DefinedType {shown}>"


def test_types_of_other_groups_are_printed_by_their_kind(valid: Valid) -> None:
    module = valid("(module (type $a (array i8)) (type (func (result (ref $a)))))")
    assert str(module.types[1]) == "(func (result (ref <array>)))"
    assert module.types[0].function is None
