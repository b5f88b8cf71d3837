"""Types of instances, components and modules, and what imports and exports are declared to be."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component import syntax as s
from pywasm_rt.component import types as t
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.text import parse
from pywasm_rt.errors import ParseError
from pywasm_rt.wasm.types import (
    FUNCREF,
    I32,
    I64,
    FunctionType,
    GlobalType,
    Limits,
    MemoryType,
    RecursiveType,
    ReferenceType,
    SubType,
    TableType,
    TagType,
)


def definitions(text: str) -> list[Any]:
    return list(parse(f"(component {text})").definitions)


def without_places(declarations: Any) -> list[Any]:
    """Declarations as tuples of their fields, apart from their places."""
    return [
        (it.__class__.__name__, *[getattr(it, name) for name in it.__slots__ if name != "position"])
        for it in declarations
    ]


def test_instance_types_have_declarations() -> None:
    [definition] = definitions("""
      (type (instance
        (type $t u8)
        (core type $c (func))
        (core rec (type (func)) (type (func)))
        (export "r" (type $r (sub resource)))
        (export "f" (func (param "x" (own $r)) (result (list $t))))
        (export "i" (instance $i (export "t" (type (eq $t)))))
        (alias export $i "t" (type $u))
        (export "m" (core module (type 0)))
        (export $same "v" (implements "a:b/c") (type (eq $u)))))
    """)
    found = definition.type.declarations
    assert [it.__class__.__name__ for it in found] == [
        "TypeSyntaxDefinition",
        "CoreTypeDefinition",
        "CoreTypeDefinition",
        "ExportDeclaration",
        "TypeSyntaxDefinition",
        "TypeSyntaxDefinition",
        "TypeSyntaxDefinition",
        "ExportDeclaration",
        "TypeSyntaxDefinition",
        "ExportDeclaration",
        "AliasExport",
        "ExportDeclaration",
        "ExportDeclaration",
    ]
    resource, function, instance, module, same = [
        it for it in found if isinstance(it, s.ExportDeclaration)
    ]
    assert resource.type == s.ExternUse(s.Sort.TYPE, None, s.TypeBound.SUB_RESOURCE)
    assert function.type == s.ExternUse(s.Sort.FUNCTION, 4)
    assert found[4].type == s.OwnSyntax(1) or found[4].type == s.OwnSyntax(1)
    assert instance.type.sort is s.Sort.INSTANCE
    assert module.type == s.ExternUse(s.Sort.CORE_MODULE, 0)
    assert same.name == ExternName("v", implements="a:b/c")
    assert same.type == s.ExternUse(s.Sort.TYPE, 6, s.TypeBound.EQUAL)


def test_component_types_have_imports() -> None:
    [definition] = definitions("""
      (type (component
        (import "f" (func $f))
        (import "c" (component (import "x" (func))))
        (export "g" (func (type 0)))))
    """)
    assert without_places(definition.type.declarations) == [
        ("TypeSyntaxDefinition", s.FunctionSyntax((), None)),
        ("Import", ExternName("f"), s.ExternUse(s.Sort.FUNCTION, 0)),
        ("TypeSyntaxDefinition", definition.type.declarations[2].type),
        ("Import", ExternName("c"), s.ExternUse(s.Sort.COMPONENT, 1)),
        ("ExportDeclaration", ExternName("g"), s.ExternUse(s.Sort.FUNCTION, 0)),
    ]
    with pytest.raises(ParseError, match="unexpected token import: expected a declaration"):
        definitions('(type (instance (import "f" (func))))')


def test_names_further_out_become_aliases_once() -> None:
    *_, definition = definitions("""
      (type $t u8)
      (type (component
        (export "a" (type (eq $t)))
        (export "b" (func (param "x" $t) (result $t)))
        (type (instance (export "c" (type (eq $t)))))))
    """)
    outer = [it for it in definition.type.declarations if isinstance(it, s.AliasOuter)]
    assert [(it.count, it.index) for it in outer] == [(1, 0)]
    nested = definition.type.declarations[-1].type
    assert (nested.declarations[0].count, nested.declarations[0].index) == (2, 0)


def test_type_uses_and_type_definitions_are_told_apart() -> None:
    first, *_ = definitions('(import "i" (instance (type $t u8) (export "x" (type (eq $t)))))')
    assert len(first.type.declarations) == 2
    found = definitions("""
      (type $t (instance))
      (import "i" (instance $i (type $t)))
      (import "j" (instance (type 0)))
      (import "k" (instance (type $i "t" "u")))
    """)
    assert [it.type.index for it in found if isinstance(it, s.Import)] == [0, 0, 1]
    assert [it.__class__ for it in found[3:5]] == [s.AliasExport, s.AliasExport]


def test_resources() -> None:
    assert definitions("(type (resource (rep i32)))")[0].type == s.ResourceSyntax(None)
    found = definitions('(core instance $i) (type (resource (rep i32) (dtor (core func $i "d"))))')
    assert found[2].type == s.ResourceSyntax(0)
    with pytest.raises(ParseError, match="expected i32"):
        definitions("(type (resource (rep f32)))")
    with pytest.raises(ParseError, match=r"expected \(core func \.\.\.\), with these words"):
        definitions("(type (resource (rep i32) (dtor (func 0))))")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(func (param i32) (result i64))", SubType(FunctionType((I32,), (I64,)))),
        ("(sub (func))", SubType(FunctionType(), final=False)),
        ("(sub final 0 (func))", SubType(FunctionType(), supertypes=(0,))),
    ],
)
def test_core_types(text: str, expected: SubType) -> None:
    *_, found = definitions(f"(core type (sub (func))) (core type $t {text})")
    assert found.type == RecursiveType((expected,))


def test_core_types_refer_to_each_other_and_outward() -> None:
    component = parse("""
    (component
      (core rec (type $a (func (param (ref $b)))) (type $b (func (param (ref $a)))))
      (core type (module))
      (core type $c (func (param (ref $b))))
      (component (core type (func (param (ref null $c))))))
    """)
    group, _, single, nested = component.definitions
    [one, two] = group.type.members  # type: ignore[union-attr]
    assert [it.composite.parameters[0].heap for it in (one, two)] == [1, 0]
    [member] = single.type.members  # type: ignore[union-attr]
    assert member.composite.parameters[0].heap == 1
    alias, inner = nested.component.definitions  # type: ignore[union-attr]
    assert alias == s.AliasOuter(s.Sort.CORE_TYPE, 1, 3, alias.position)
    parameter = inner.type.members[0].composite.parameters[0]
    assert parameter == ReferenceType(nullable=True, heap=0)
    component = parse("""
    (component
      (core type $a (sub (func)))
      (component (core rec (type $b (sub $a (func))) (type (func (param (ref $b) (ref $a)))))))
    """)
    alias, inner = component.definitions[1].component.definitions  # type: ignore[union-attr]
    assert alias.index == 0
    assert inner.type.members[0].supertypes == (0,)
    assert [it.heap for it in inner.type.members[1].composite.parameters] == [1, 0]


def test_module_types() -> None:
    component = parse("""
    (component $c
      (core type $f (func (param i32)))
      (core type (module
        (alias outer $c $f (type $g))
        (alias outer 1 0 (type))
        (type $h (func))
        (rec (type (func)) (type (func)))
        (import "a" "b" (func $id (type $g)))
        (import "a" "t" (table 1 2 funcref))
        (import "a" "m" (memory 1))
        (import "a" "g" (global (mut i32)))
        (import "a" "e" (tag (type $h)))
        (export "f" (func (type $h)))
        (export "x" (func (param i64)))
        (export "y" (func (type $f))))))
    """)
    found = component.definitions[1].type.declarations  # type: ignore[union-attr]
    externs = [it.type for it in found if hasattr(it, "type") and hasattr(it, "name")]
    assert externs == [
        s.CoreFunctionUse(0),
        TableType(FUNCREF, Limits(1, 2)),
        MemoryType(Limits(1)),
        GlobalType(I32, mutable=True),
        TagType(2),
        s.CoreFunctionUse(2),
        s.CoreFunctionUse(5),
        s.CoreFunctionUse(6),
    ]
    assert [it.__class__.__name__ for it in found[:4]] == [
        "AliasOuter",
        "AliasOuter",
        "CoreTypeDefinition",
        "CoreTypeDefinition",
    ]


def test_module_types_are_made_where_they_are_used() -> None:
    found = definitions("""
      (core type $m (module))
      (import "a" (core module (type $m)))
      (import "b" (core module $b (import "" "f" (func))))
      (import "c" (core module))
    """)
    assert [it.type.index for it in found if isinstance(it, s.Import)] == [0, 1, 2]
    assert len(found[2].type.declarations) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(core type what)", "expected (func, (struct or (array"),
        (
            "(core type (module (what)))",
            "unexpected token what: expected a declaration of a module",
        ),
        ('(core type (module (export "a" (what))))', "expected (func, (table, (memory, (global"),
        ("(core type (func (param (ref $x))))", "unknown core type $x"),
        ("(core rec (type $a (func)) (type $a (func)))", "duplicate core type identifier $a"),
        ("(type (instance (what)))", "unexpected token what: expected a declaration"),
        ("(type (instance (core what)))", "unexpected token what: expected type"),
        ('(import "t" (type (what)))', "expected (eq"),
        ('(import "t" (type u8))', "expected (eq"),
        ('(import "m" (core func (type 0)))', "it cannot be imported or exported"),
        ("(core type (module (alias export 0 (type))))", "expected outer"),
    ],
)
def test_what_is_malformed(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        definitions(text)
    assert message in str(caught.value)
    assert t.U8.value == "u8"
