"""Texts and their trees, and what is said of texts that have none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywasm_rt.component.types import U8
from pywasm_rt.component.wit import parse, print_wit, resolve
from pywasm_rt.component.wit.syntax import (
    Alias,
    Constructed,
    Document,
    Extern,
    FunctionSignature,
    Gate,
    Include,
    Interface,
    Named,
    PackageName,
    TopLevelUse,
    Use,
    UsePath,
    World,
)
from pywasm_rt.errors import LineColumn, ParseError


def test_small_document() -> None:
    document = parse(
        """package a:b@1.0.0;
        use c:d/e@0.1.0 as f;
        interface i { use f.{t as u}; type x = result<_, list<u8, 3>>; }
        world w {
          import one:two/three;
          export name: f;
          export run: async func(a: x) -> u8;
          include v with { p as q }
        }"""
    )
    foreign = UsePath("e", PackageName("c", "d", "0.1.0"))
    fixed = Constructed("list", (U8,), 3)
    assert document == Document(
        PackageName("a", "b", "1.0.0"),
        (
            TopLevelUse(foreign, "f"),
            Interface(
                "i",
                (
                    Use(UsePath("f"), (("t", "u"),)),
                    Alias("x", Constructed("result", (None, fixed))),
                ),
            ),
            World(
                "w",
                (
                    Extern("import", "", UsePath("three", PackageName("one", "two"))),
                    Extern("export", "name", UsePath("f")),
                    Extern(
                        "export", "run", FunctionSignature((("a", Named("x")),), U8, is_async=True)
                    ),
                    Include(UsePath("v"), (("p", "q"),)),
                ),
            ),
        ),
    )


def test_gates_and_external_ids() -> None:
    (item,) = parse(
        r"""@since(version = 1.0.0) @deprecated(version = 2.0.0) @external-id("\41\u{2603}\n\"")
        interface i {}"""
    ).items
    assert item.gate == Gate(since="1.0.0", deprecated="2.0.0", external_id='A☃\n"')


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("interface i { f: func() ¦}", "expected ';', found }"),
        ("interface i { f: ¦fun(); }", "expected 'func', found fun"),
        ("interface i { f: func(a ¦u8); }", "expected ':', found keyword u8"),
        ("interface i { f: func(a: u8 ¦b: u8); }", "expected ',' or ')', found b"),
        ("interface i { f: func(a: u8, ¦A: u8); }", "the parameter A is there twice"),
        ("interface i { f: func() -> ¦(a: u8); }", "expected a type, found ("),
        ("interface i { ¦type: func(); }", "type is a keyword; as the name of a function write %"),
        ("interface i { ¦constructor(); }", "expected a function, a type or use, found keyword"),
        ("interface i { type t = tuple<¦>; }", "a tuple needs at least one type"),
        ("interface i { type t = list<u8, ¦0>; }", "a list's length must be 1 to 4294967295"),
        ("interface i { type t = list<u8, ¦99999999999999999999999>; }", "a list's length must be"),
        ("interface i { type t = list<u8, ¦n>; }", "expected the number of elements, found n"),
        ("interface i { type t = map<¦f32, u8>; }", "expected a map's key: bool, char, string or"),
        ("interface i { type t = result<_, ¦_>; }", "expected a type, found keyword _"),
        ("interface i { type t = result<_¦>; }", "expected ',', found >"),
        ("interface i { type t = borrow<¦u8>; }", "u8 is a keyword; as the name of the resource"),
        ("interface i { record r ¦{} }", "a record needs at least one member"),
        ("interface i { variant r ¦{} }", "a variant needs at least one member"),
        ("interface i { enum r ¦{} }", "an enum needs at least one member"),
        ("interface i { flags r ¦{} }", "flags needs at least one member"),
        ("interface i { f: func();¦", "expected '}', found the end of the text"),
        ("¦f: func();", "expected interface, world, use or package, found f"),
        ("world w { ¦f: func(); }", "expected import, export, include, use or a type, found f"),
        ("use a:b¦;", "expected '/', found ;"),
        ("use a:b/c¦/d;", "expected no nested package, which is not supported, found /"),
        ("package a:b¦/c { }", "expected no nested package, which is not supported, found /"),
        ("interface i {} ¦package a:b;", "the file's own package must be named at its beginning"),
        ("package b¦;", "expected ':', found ;"),
        ("package a:b@¦1.0;", "expected a version such as 1.0.0, found 1"),
        (f"package a:b@¦1.0.0-{'9' * 5000};", "a version has at most 256 characters"),
        ("interface i { ¦@foo f: func(); }", "there is no attribute @foo; known: @since"),
        ("interface i { @since(¦feature = x) f: func(); }", "expected 'version', found feature"),
        (
            "interface i { @since(version = 1.0.0) ¦@unstable(feature = x) f: func(); }",
            "an item has either @since or @unstable",
        ),
        (
            "interface i { @since(version = 1.0.0) ¦@since(version = 1.0.0) f: func(); }",
            "@since is there twice",
        ),
        ("interface i { @deprecated(version = 1.0.0) ¦f: func(); }", "@deprecated needs @since"),
        (r'world w { @external-id("a¦\q") import a: func(); }', "unknown escape"),
        (r'world w { @external-id("¦\u{d800}") import a: func(); }', "not a Unicode scalar value"),
        (r'world w { @external-id(¦"\ff") import a: func(); }', "the string is not UTF-8"),
        ("world w { @external-id(¦a) import a: func(); }", "expected a string, found a"),
    ],
)
def test_fault_says_what_and_where(marked: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(marked.replace("¦", ""), "some.wit")
    assert message in str(caught.value)
    assert isinstance(caught.value.where, LineColumn)
    assert caught.value.where.column == marked.index("¦") + 1
    assert caught.value.where.file == "some.wit"


def test_deep_nesting_is_refused() -> None:
    text = f"interface i {{ type t = {'list<' * 5000}u8{'>' * 5000}; }}"
    with pytest.raises(ParseError, match="the type is nested more than 100 deep"):
        parse(text)
    with pytest.raises(ParseError, match="a comment lacks its closing"):
        parse("/*" * 50_000)


WORDS = (
    """package a:b @1.0.0 ; { } ( ) < > , : -> / . = interface world i w use import export
    include with as type record variant enum flags resource constructor static func async u8 list
    option result _ tuple borrow r t @since( version feature @unstable( /// /* */ "s" 4 %x"""
).split()


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join) | st.text(max_size=40))
def test_any_text_is_a_document_or_a_parse_error(text: str) -> None:
    try:
        document = parse(text)
        resolve([document])
    except ParseError:
        return
    assert parse(print_wit(document)) == document


@pytest.mark.parametrize(
    "text",
    [
        "interface i { f: func(a: u8,) -> tuple<u8,>; }",
        "interface i { record r { a: u8 } variant v { a(u8), b, } }",
        "interface i { use j.{}; } interface j {}",
        "interface i { type t = list<u8, 01>; }",
        "interface i { %a-b: func(); A-b1: func(); }",
        "world w { import x:interface{} export x: async func(); }",
    ],
)
def test_what_wasm_tools_accepts_is_accepted(text: str, wasm_tools: str, tmp_path: Path) -> None:
    path = tmp_path / "some.wit"
    path.write_text(f"package a:b; {text}")
    command = [wasm_tools, "component", "wit", str(path)]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=60, text=True)
    resolve([parse(path.read_text())])
    resolve([parse(printed.stdout)])
