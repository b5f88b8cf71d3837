"""Canonical definitions and instances."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component import syntax as s
from pywasm_rt.component.binary import decode, encode
from pywasm_rt.component.builtins import BUILTINS, Operand
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.text import parse, print_component
from pywasm_rt.component.types import STRING
from pywasm_rt.errors import LineColumn, ParseError, ValidationError
from pywasm_rt.wasm.types import I32

CORE = '(core instance $i) (alias core export $i "f" (core func $f)) '
IMPORT = '(import "f" (func $g)) '


def last(text: str) -> Any:
    return parse(f"(component {text})").definitions[-1]


@pytest.mark.parametrize(
    "text",
    [
        '(func $x (param "a" u8) (canon lift (core func $f) string-encoding=utf16))',
        '(canon lift (core func 0) string-encoding=utf16 (func (param "a" u8)))',
        "(canon lift $f string-encoding=utf16 (func $x (type 0)))",
        "(canon lift 0 string-encoding=utf16 (func))",
    ],
)
def test_lifts_in_both_orders(text: str) -> None:
    found = last(CORE + text)
    options = s.CanonOptions(StringEncoding.UTF16)
    assert found == s.CanonLift(0, options, 0, found.position)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", s.CanonOptions()),
        ("string-encoding=latin1+utf16", s.CanonOptions(StringEncoding.LATIN1_UTF16)),
        ("(memory 3) (realloc $f)", s.CanonOptions(memory=3, realloc=0)),
        ('(memory (core memory $i "m"))', s.CanonOptions(memory=0)),
        ('(realloc (core func $i "r"))', s.CanonOptions(realloc=1)),
        ("(post-return (core func 0))", s.CanonOptions(post_return=0)),
        ("async (callback (core func 0))", s.CanonOptions(is_async=True, callback=0)),
    ],
)
def test_options(text: str, options: s.CanonOptions) -> None:
    found = last(f"{CORE}{IMPORT}(core func (canon lower (func $g) {text}))")
    assert found == s.CanonLower(0, options, found.position)
    assert decode(encode(parse(f"(component {CORE}{IMPORT}(core func (canon lower $g {text})))")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "string-encoding=utf8 string-encoding=latin1+utf16",
            "canonical encoding option `utf8` conflicts with option `latin1-utf16`",
        ),
        ("(memory 0) (memory 0)", "`memory` is specified more than once"),
        ("(realloc 0) (realloc 0)", "canonical option `realloc` is specified more than once"),
        ("async async", "canonical option `async` is specified more than once"),
    ],
)
def test_options_that_exclude_each_other(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        last(f"{IMPORT}(core func (canon lower (func $g) {text}))")
    assert str(caught.value).startswith(message)
    assert isinstance(caught.value.where, LineColumn)


@pytest.mark.parametrize("operation", list(s.ResourceOperation))
def test_resource_builtins(operation: s.ResourceOperation) -> None:
    for text in (
        f"(type $r u8) (core func $x (canon {operation.value} $r))",
        f"(type $r u8) (canon {operation.value} (type $r) (core func))",
    ):
        found = last(text)
        assert found == s.CanonResource(operation, 0, found.position)


OPERANDS: dict[Operand, tuple[str, object]] = {
    Operand.ASYNC: ("async", True),
    Operand.CANCELLABLE: ("cancellable", True),
    Operand.RESULT: ("(result string)", STRING),
    Operand.OPTIONS: ("(memory 0)", s.CanonOptions(memory=0)),
    Operand.VALUE_TYPE: ("i32", I32),
    Operand.NUMBER: ("1", 1),
    Operand.TYPE: ("(type 2)", 2),
    Operand.MEMORY: ("(memory (core memory 3))", 3),
    Operand.CORE_TYPE: ("(core type 4)", 4),
    Operand.TABLE: ("(core table 5)", 5),
}


@pytest.mark.parametrize("builtin", BUILTINS, ids=lambda it: it.name)
def test_builtins(builtin: Any) -> None:
    written = [OPERANDS[kind] for kind in builtin.operands]
    text = f"(canon {' '.join([builtin.name, *[word for word, _ in written]])} (core func $f))"
    found = last(text)
    operands = tuple(operand for _, operand in written)
    assert found == s.CanonBuiltin(builtin.name, operands, found.position)
    component = parse(f"(component {text})")
    assert encode(parse(print_component(component))) == encode(component)
    assert decode(encode(component)).definitions[0].operands == operands  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "builtin",
    [it for it in BUILTINS if any(kind.is_flag for kind in it.operands)],
    ids=lambda it: it.name,
)
def test_flags_may_be_left_out(builtin: Any) -> None:
    words = [OPERANDS[kind][0] for kind in builtin.operands if not kind.is_flag]
    found = last(f"(canon {' '.join([builtin.name, *words])} (core func))")
    flags = [it for it in found.operands if isinstance(it, bool)]
    assert flags == [False]


def test_instances_with_inline_arguments() -> None:
    found = parse("""
    (component
      (component $c)
      (instance $outer)
      (import "f" (func $f))
      (instance $i (instantiate $c
        (with "a" (func $f))
        (with "b" (instance (export "g" (func $f)) (export "i" (external-id "x") (func 0))))
        (with "c" (func $outer "n" "m")))))
    """).definitions
    *_, bag, _alias, _second, made = found
    assert isinstance(bag, s.InlineExports)
    assert bag.exports == (
        (ExternName("g"), s.SortIndex(s.Sort.FUNCTION, 0)),
        (ExternName("i", external_id="x"), s.SortIndex(s.Sort.FUNCTION, 0)),
    )
    assert isinstance(made, s.Instantiate)
    assert made.arguments == (
        ("a", s.SortIndex(s.Sort.FUNCTION, 0)),
        ("b", s.SortIndex(s.Sort.INSTANCE, 1)),
        ("c", s.SortIndex(s.Sort.FUNCTION, 1)),
    )


def test_core_instances_with_inline_arguments() -> None:
    found = parse("""
    (component
      (core module $m)
      (core instance $e (instantiate $m))
      (core instance (instantiate $m
        (with "a" (instance $e))
        (with "b" (instance (export "f" (func $e "g")) (export "m" (memory 0)))))))
    """).definitions
    *_, alias, bag, made = found
    assert alias == s.AliasCoreExport(s.Sort.CORE_FUNCTION, 0, "g", alias.position)
    assert isinstance(bag, s.CoreInlineExports)
    assert bag.exports == (
        ("f", s.SortIndex(s.Sort.CORE_FUNCTION, 0)),
        ("m", s.SortIndex(s.Sort.CORE_MEMORY, 0)),
    )
    assert isinstance(made, s.CoreInstantiate)
    assert made.arguments == (("a", 0), ("b", 1))


def test_modules_and_components_of_instances_are_instantiated() -> None:
    found = parse("""
    (component
      (import "i" (instance $i (export "m" (core module)) (export "c" (component))))
      (core instance (instantiate (module $i "m")))
      (instance (instantiate (component $i "c"))))
    """).definitions
    assert [it.__class__.__name__ for it in found[2:]] == [
        "AliasExport",
        "CoreInstantiate",
        "AliasExport",
        "Instantiate",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(canon what (core func))", "unexpected token what: expected a canonical definition"),
        ("(canon lift (func 0) (func))", "expected (core func ...), with these words"),
        ('(canon lift $f "g" (func))', "an export's name belongs in a reference"),
        ("(canon lift $f what (func))", "expected (func"),
        ("(canon task.cancel (func))", "expected (core"),
        ("(canon waitable-set.wait (core func))", "expected (memory"),
        ("(canon context.get what 0 (core func))", "unexpected token what"),
        ("(core instance (instantiate (core module 0)))", "with these words"),
        ("(core instance (instantiate 0 (with a (instance 0))))", "expected a string"),
        ('(core instance (instantiate 0 (with "a" (func 0))))', "expected (instance"),
        ('(core instance (export "a" (core func 0)))', "expected one of func, table, memory"),
        ('(instance (instantiate 0 (with "a" 0)))', "expected (func, (type, (instance"),
        ("(instance (what))", "expected )"),
    ],
)
def test_what_is_malformed(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(f"(component {CORE}{text})")
    assert message in str(caught.value)
