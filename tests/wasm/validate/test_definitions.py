"""Index spaces: imports first, each part with resolved types."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.errors import ByteOffset, ValidationError
from pywasm_rt.wasm.features import WASM_1, WASM_2
from pywasm_rt.wasm.module import Import, Module
from pywasm_rt.wasm.types import FUNCREF, I32, ExternKind, FunctionTypeUse, ReferenceType
from pywasm_rt.wasm.validate import ValidModule, validate

MODULE = "(module (type $f (func)) (type $s (struct)) (type $r (func (result i32))) {body})"

CASES = [
    ('(import "" "" (func (type $f)))', ""),
    ('(import "" "" (func (type $s)))', "type mismatch: type 1 is not a function type"),
    ('(import "" "" (func (type 9)))', 'unknown type 9: there are 3 (in import 0 "" "")'),
    ("(func (type 7))", "unknown type 7"),
    ("(func (type $s))", "type mismatch: type 1 is not a function type but (struct)"),
    ("(func (local (ref null 9)))", "unknown type 9"),
    ("(tag (type $f))", ""),
    ("(tag (type $r))", "non-empty tag result type: [i32] (in tag 0)"),
    ("(tag (type 8))", "unknown type 8"),
    ('(import "" "" (tag (type $r)))', "non-empty tag result type"),
    ("(table 1 (ref null $f))", ""),
    ("(table 1 (ref $f))", "type mismatch: a table of (ref $f), which cannot be null, needs an"),
    ("(func $g) (table 1 (ref func) (ref.func $g))", ""),
    ("(table 1 (ref func) (ref.null func))", "type mismatch"),
    ("(table 1 funcref (i32.const 0))", "type mismatch"),
    ("(global (ref null 9) (unreachable))", "unknown type 9"),
    ('(import "" "" (global (ref $f)))', ""),
    ('(import "" "" (global (ref 9)))', "unknown type 9"),
    ('(import "" "" (table 1 (ref null 9)))', "unknown type 9"),
    ("(memory 1) (memory 1)", ""),
]


@pytest.mark.parametrize(("body", "message"), CASES)
def test_definitions(verdict: Callable[..., None], body: str, message: str) -> None:
    verdict(MODULE.format(body=body), message)


def test_wasm_tools_agrees(oracle_agrees: Callable[..., None]) -> None:
    oracle_agrees((MODULE.format(body=body), message) for body, message in CASES)


def test_spaces_of_a_module(valid: Callable[..., ValidModule]) -> None:
    module = valid(
        """(module (type $f (func (param (ref null $f)))) (type $t (func (param i32)))
          (import "" "f" (func (type $f))) (import "" "t" (table 3 (ref null $f)))
          (import "" "m" (memory 1)) (import "" "g" (global (mut (ref null $f))))
          (import "" "e" (tag (type $t)))
          (func (type $t)) (table 1 funcref) (memory 2) (global i32 (i32.const 1)) (tag (type $t))
          (elem (ref null $f)) (export "a" (func 1)) (export "b" (table 0)) (export "c" (tag 1)))"""
    )
    f, t = module.types
    to_f = ReferenceType(nullable=True, heap=f)
    assert module.functions == (f, t)
    assert module.function_types == (f.function, t.function)
    assert module.function_types[0].parameters == (to_f,)
    assert [table.element for table in module.tables] == [to_f, FUNCREF]
    assert [memory.limits.minimum for memory in module.memories] == [1, 2]
    assert [item.value for item in module.globals] == [to_f, I32]
    assert module.tags == (t, t)
    assert module.elements == (to_f,)
    assert module.imports == (
        f,
        module.tables[0],
        module.memories[0],
        module.globals[0],
        module.tags[0],
    )
    assert module.exports == (t, module.tables[0], t)
    assert module.imported_functions == 1
    spaces = [module.functions, module.tables, module.memories, module.globals, module.tags]
    assert [module.index_space(kind) for kind in ExternKind] == spaces


def test_in_the_first_versions_there_is_one_memory_and_one_table(invalid) -> None:
    invalid("(module (memory 1) (memory 1))", "multiple memories: a second one", WASM_2)
    invalid('(module (import "" "" (memory 1)) (memory 1))', "multiple memories", WASM_2)
    error = invalid("(module (table 1 funcref) (table 1 funcref))", "multiple tables", WASM_1)
    assert error.details["feature"] == "reference-types"


def test_where_of_an_import_in_a_binary() -> None:
    module = Module(imports=[Import("env", "f", FunctionTypeUse(3), position=0x1F)])
    with pytest.raises(ValidationError) as caught:
        validate(module)
    assert caught.value.where == ByteOffset(0x1F, 'import 0 "env" "f"')
