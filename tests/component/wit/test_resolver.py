"""Names looked up: agreement with wasm-tools, and every fault with its place."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component import types as t
from pywasm_rt.component.wit import Interface, Resolution, load, parse, resolve
from pywasm_rt.component.wit.gates import precedence
from pywasm_rt.errors import ComponentError, LineColumn, ParseError

Form = Callable[[Resolution], dict[str, Any]]
Ask = Callable[..., dict[str, Any]]


def resolved(text: str, *features: str) -> Resolution:
    return resolve([parse(text)], features=features)


@pytest.mark.parametrize("name", ["everything.wit", "shop"])
def test_own_files_mean_what_wasm_tools_says(
    name: str, files: Path, form: Form, oracle: Ask
) -> None:
    assert form(load(files / name)) == oracle(files / name)


def test_unstable_items_appear_with_their_features(files: Path, form: Form, oracle: Ask) -> None:
    path = files / "everything.wit"
    assert form(load(path, ["later", "locks"])) == oracle(path, "--all-features")
    assert form(load(path, ["locks"])) == oracle(path, "--features", "locks")


@pytest.mark.guests
@pytest.mark.parametrize("version", ["0.2.12", "0.3.0"])
def test_all_of_wasi_means_what_wasm_tools_says(
    version: str, wasi_packages: Path, tmp_path: Path, form: Form, oracle: Ask
) -> None:
    packages = sorted((wasi_packages / version).iterdir())
    assert len(packages) >= 6
    for package in packages:
        folder = tmp_path / package.name
        shutil.copytree(package, folder)
        for other in packages:
            if other != package:
                shutil.copytree(other, folder / "deps" / other.name)
        assert form(load(folder)) == oracle(folder)


def test_types_are_component_types() -> None:
    interface = resolved(
        """package a:b@1.0.0;
        interface i {
          resource r { m: func(x: u8) -> list<r>; }
          type names = list<string>;
          record pair { left: names, right: option<r> }
          take: func(p: pair, b: borrow<r>) -> result<_, string>;
        }"""
    ).interface("i")
    resource = interface.types["r"].type
    assert isinstance(resource, t.ResourceType)
    assert interface.functions["[method]r.m"] == t.FunctionType(
        (("self", t.BorrowType(resource)), ("x", t.U8)), t.ListType(t.OwnType(resource))
    )
    pair = t.RecordType(
        (("left", t.ListType(t.STRING)), ("right", t.OptionType(t.OwnType(resource))))
    )
    assert interface.functions["take"] == t.FunctionType(
        (("p", pair), ("b", t.BorrowType(resource))), t.ResultType(None, t.STRING)
    )
    assert str(interface.functions["take"]) == ("func(p: pair, b: borrow<r>) -> result<_, string>")
    assert interface.types["names"].type.name == "names"
    assert interface.full_name == "a:b/i@1.0.0"
    assert interface.instance_type().resources == (resource,)


def test_used_types_are_the_same_objects() -> None:
    resolution = resolved(
        """package a:b;
        interface i { resource r; record q { a: u8 } }
        interface j { use i.{r as s, q}; f: func(x: s) -> q; }"""
    )
    first, second = resolution.interface("i"), resolution.interface("a:b/j")
    assert second.types["s"].type is first.types["r"].type
    assert second.types["q"].type is first.types["q"].type
    assert second.types["s"].origin == (first, "r")
    assert second.uses == [first]
    assert second.instance_type().resources == ()


def test_documentation_is_kept(files: Path) -> None:
    kinds = load(files / "everything.wit").interface("kinds")
    assert kinds.docs == "All kinds of types.\n\n  With an indented line."
    assert kinds.function_docs["[constructor]file"] == "Opens it."
    assert kinds.types["file"].docs == "A resource."


def test_members_are_found_by_name(files: Path) -> None:
    resolution = load(files / "everything.wit")
    assert resolution.world("library") is resolution.world(
        "tests:everything/library@1.2.3-rc.1+build.5"
    )
    assert isinstance(resolution.interface("tests:parts/shapes@0.1.0"), Interface)
    with pytest.raises(ComponentError, match=r"name one of the worlds of .*: library, program"):
        resolution.world()
    with pytest.raises(ComponentError, match=r"no world libary; did you mean .library.\?"):
        resolution.world("libary")
    with pytest.raises(ComponentError, match=r"no interface knids; did you mean .kinds.\?"):
        resolution.interface("knids")
    assert load(files / "shop").world().name == "till"


FAULTS = [
    # (text with ¦ before the place, message)
    ("interface i { type a = ¦nope; }", "there is no type nope; known: a"),
    (
        "interface i { type abcd = u8; f: func() -> ¦abcde; }",
        'there is no type abcde; did you mean "abcd"?',
    ),
    ("interface i { ¦type a = b; type b = a; }", "the type a has itself inside"),
    ("interface i { ¦record r { a: list<r> } }", "the type r has itself inside"),
    ("interface i { f: func(); ¦F: func(); }", "the name F differs from f only in case"),
    ("interface i { type x = u8; ¦x: func(); }", "the name x is there twice"),
    ("¦interface i { use j.{x}; } interface j { use i.{y}; }", "the interface i depends on itself"),
    (
        "interface i { ¦use j.{tt}; } interface j { type t = u8; }",
        'a:b/j has no type tt; did you mean "t"?',
    ),
    ("interface i { use ¦c:d/e.{x}; }", "the package c:d is not there; known: a:b"),
    ("interface i { use ¦k.{x}; }", "a:b has no interface or world k; known: i"),
    ("world w { import ¦i; }", "a:b has no interface or world i; known: w"),
    ("world w { import ¦v; } world v {}", "v is a world, not an interface"),
    ("world w { include ¦i; } interface i {}", "i is an interface, not a world"),
    ("¦world w { include v; } world v { include w; }", "the world w depends on itself"),
    ("world w { import a: func(); ¦import a: func(); }", "the import a is there twice"),
    ("world w { import i; ¦import i; } interface i {}", "the import a:b/i is there twice"),
    (
        "world w { ¦include v; import a: func(); } world v { import a: func(); }",
        "the name a of v is there already",
    ),
    (
        "world w { ¦include v with { x as y } } world v { import a: func(); }",
        "v has nothing named x; known: a",
    ),
    (
        "world w { ¦include v with { i as j } } world v { import i; } interface i {}",
        "v has nothing named i; there are none",
    ),
    ("interface i {} ¦interface i {}", "the name i is there twice"),
    ("use i as j; ¦use i as j; interface i {}", "the name j is there twice"),
    (
        "interface i { type u = u8; f: func(a: ¦borrow<u>); }",
        "u is not a resource, and only resources have handles",
    ),
    ("interface i { resource r; ¦f: func() -> borrow<r>; }", "a result cannot have a borrow in it"),
    (
        "interface i { resource r; record q { b: option<borrow<r>> } ¦f: func() -> list<q>; }",
        "a result cannot have a borrow in it",
    ),
    ("interface i { flags f { a, ¦A } }", "A is there twice"),
    ("interface i { record r { a: u8, ¦a: u8 } }", "a is there twice"),
    (
        "interface i { resource r { ¦m: func(self: u8); } }",
        "a method has the parameter self of itself",
    ),
    (
        "interface i { resource r { a: func(); ¦a: static func(); } }",
        "the resource r has the function a twice",
    ),
    (
        "interface i { resource r { constructor(); ¦constructor(); } }",
        "the resource r has two constructors",
    ),
    (
        "interface i { resource r { ¦constructor() -> u8; } }",
        "a constructor returns result<r, ...>, if it says what",
    ),
    (
        "interface i { @since(version = 1.0.0) ¦f: func(); }",
        "the package a:b has no version, but an item in it a gate",
    ),
]


@pytest.mark.parametrize(("marked", "message"), FAULTS)
def test_fault_says_what_and_where(marked: str, message: str) -> None:
    whole = f"package a:b; {marked}"
    with pytest.raises(ParseError) as caught:
        resolved(whole.replace("¦", ""))
    assert caught.value.message == message
    assert isinstance(caught.value.where, LineColumn)
    assert caught.value.where.column == whole.index("¦") + 1


def test_flags_have_at_most_32_labels() -> None:
    labels = ", ".join(f"a{number}" for number in range(33))
    with pytest.raises(ParseError, match="flags have at most 32 labels"):
        resolved(f"package a:b; interface i {{ flags f {{ {labels} }} }}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@since(version = 1.0.1) f: func();", "names the version 1.0.1, but the package is"),
        ("@unstable(feature = x) type t = u8; f: func(a: t);", "t exists only with the feature x"),
        (
            "@unstable(feature = x) use j.{t}; f: func(a: t);",
            "t exists only with the feature x",
        ),
    ],
)
def test_gates(text: str, message: str) -> None:
    whole = f"package a:b@1.0.0; interface i {{ {text} }} interface j {{ type t = u8; }}"
    with pytest.raises(ParseError, match=message):
        resolved(whole)


def test_gated_interface_needs_its_feature() -> None:
    text = "package a:b@1.0.0; @unstable(feature = x) interface i {} world w { import i; }"
    with pytest.raises(ParseError, match="i exists only with the feature x switched on"):
        resolved(text)
    assert list(resolved(text, "x").world().imports) == ["a:b/i@1.0.0"]


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        (["interface i {}"], "no file names its package"),
        (["package a:b;", "package a:c;"], "the package is a:c here, but a:b elsewhere"),
        (["package a:b; package a:c {} package a:c {}"], "the package a:c is there twice"),
        (["package a:b; package a:b {}"], "the package a:b is there twice"),
    ],
)
def test_packages_have_one_name_each(documents: list[str], message: str) -> None:
    with pytest.raises(ParseError, match=message):
        resolve([parse(text) for text in documents])


def chain(count: int, link: str) -> str:
    return " ".join(link.format(n, n + 1) for n in range(count))


@pytest.mark.parametrize(
    "body",
    [
        chain(5000, "type t{0} = t{1};") + " type t5000 = u8;",
        chain(5000, "type t{0} = option<t{1}>;") + " type t5000 = u8;",
        "type t5000 = u8; " + " ".join(f"type t{n} = list<t{n + 1}>;" for n in range(4999, 0, -1)),
        "type t0 = u8; " + chain(60, "record t{1} {{ a: t{0}, b: t{0} }}"),
    ],
)
def test_hostile_types_are_refused_without_a_recursion_error(body: str) -> None:
    with pytest.raises(ParseError, match=r"too deeply|nested more than|more than 1000000 parts"):
        resolved(f"package a:b; interface i {{ {body} }}")


def test_hostile_interfaces_are_refused_without_a_recursion_error() -> None:
    links = chain(3000, "interface i{0} {{ use i{1}.{{t}}; }}")
    with pytest.raises(ParseError, match="too deeply"):
        resolved(f"package a:b; {links} interface i3000 {{ type t = u8; }}")


def test_precedence_of_versions() -> None:
    ordered = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.10 1.2.0"
    versions = ordered.split()
    keys = [precedence(version) for version in versions]
    assert all(low < high for low, high in itertools.pairwise(keys))
    assert precedence("1.0.0+a") == precedence("1.0.0+b")
