"""Names of imports and exports, versions, and which version satisfies which."""

from __future__ import annotations

import pytest

from pywasm_rt.component.names import (
    InterfaceName,
    PlainName,
    Version,
    best_match,
    conflict_key,
    is_label,
    parse_extern_name,
)
from pywasm_rt.errors import ValidationError


@pytest.mark.parametrize("text", ["a", "a1", "a-1", "B-1-C", "a11-B11-123-ABC-abc"])
def test_labels(text: str) -> None:
    assert is_label(text)
    assert parse_extern_name(text) == PlainName(text, text)


@pytest.mark.parametrize("text", ["", "1", "1-a", "a-", "a--b", "aBc", "a_b", "wasi/http", "é"])
def test_what_is_no_label(text: str) -> None:
    assert not is_label(text)
    with pytest.raises(ValidationError, match="is not in kebab case"):
        parse_extern_name(text)


def test_annotated_names() -> None:
    assert parse_extern_name("[constructor]a-b") == PlainName(
        "[constructor]a-b", "a-b", "constructor", "a-b"
    )
    assert parse_extern_name("[method]a.b") == PlainName("[method]a.b", "b", "method", "a")
    with pytest.raises(ValidationError, match=r"failed to find `\.` character"):
        parse_extern_name("[static]a")
    with pytest.raises(ValidationError, match="not in kebab case"):
        parse_extern_name("[method]a.b.c")
    with pytest.raises(ValidationError, match="not a valid extern name"):
        parse_extern_name("[thing]a")
    with pytest.raises(ValidationError, match="not a valid extern name"):
        parse_extern_name("[async]a")


def test_interface_names() -> None:
    name = parse_extern_name("wasi:io/poll@0.2.3")
    assert name == InterfaceName("wasi:io/poll@0.2.3", "wasi", "io", "poll", Version(0, 2, 3))
    assert isinstance(name, InterfaceName)
    assert name.path == "wasi:io/poll"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("foo:bar:baz/qux", "expected `/` after package name"),
        ("foo:bar", "expected `/` after package name"),
        ("foo:bar/baz/qux", "trailing characters found: `/qux`"),
        ("A:b/c", "`A` is not in kebab case"),
        ("wasi:http/TyPeS", "`TyPeS` is not in kebab case"),
        ("a:b/c@", "empty string"),
        ("a:b/c@.", "unexpected character '.'"),
        ("a:b/c@1.", "unexpected end of input"),
        ("a:b/c@a.2", "unexpected character 'a'"),
        ("a:b/c@2.0x0", "unexpected character 'x'"),
        ("a:b/c@1.2.3.4", "unexpected character '.'"),
        ("a:b/c@01.2.3", "unexpected character '1'"),
        ("a:b/c@2.0.0+", "empty identifier segment"),
        ("a:b/c@2.0.0-", "empty identifier segment"),
    ],
)
def test_what_is_no_interface_name(text: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_extern_name(text)
    assert str(caught.value).startswith(sentence)


def test_versions_print_as_they_are_written() -> None:
    for text in ("0.2.0", "1.0.0-rc.1+build.5", "10.20.30+a-b"):
        assert str(Version.parse(text)) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "A"),
        ("[method]a.b", "[static]a.b"),
        ("[method]a.a", "a"),
        ("[static]a.a", "a"),
        ("[constructor]a", "[constructor]A"),
    ],
)
def test_names_that_conflict(one: str, other: str) -> None:
    assert conflict_key(one) == conflict_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "b"),
        ("a", "[constructor]a"),
        ("[method]a.b", "b"),
        ("wasi:io/poll@0.2.0", "wasi:io/poll@0.2.1"),
    ],
)
def test_names_that_do_not_conflict(one: str, other: str) -> None:
    assert conflict_key(one) != conflict_key(other)


@pytest.mark.parametrize(
    ("wanted", "offered", "best"),
    [
        ("a:b/c@0.2.3", ["a:b/c@0.2.0", "a:b/c@0.2.12", "a:b/c@0.3.0"], "a:b/c@0.2.12"),
        ("a:b/c@0.2.3", ["a:b/c@0.2.3", "a:b/c@0.2.12"], "a:b/c@0.2.3"),
        ("a:b/c@1.4.0", ["a:b/c@1.9.1", "a:b/c@2.0.0", "a:b/c@1.10.0"], "a:b/c@1.10.0"),
        ("a:b/c@0.2.3", ["a:b/c@0.3.0", "a:b/d@0.2.3", "a:b/c"], None),
        ("a:b/c@0.0.3", ["a:b/c@0.0.4"], None),
        ("a:b/c@1.0.0-rc1", ["a:b/c@1.0.0"], None),
        ("a:b/c@1.0.0", ["a:b/c@1.0.1-rc1"], None),
        ("a:b/c", ["a:b/c@1.0.0"], None),
        ("a:b/c", ["a:b/c"], "a:b/c"),
        ("log", ["log"], "log"),
        ("a:b/c@nonsense", ["a:b/c@0.2.0"], None),
    ],
)
def test_the_best_match(wanted: str, offered: list[str], best: str | None) -> None:
    assert best_match(wanted, offered) == best
