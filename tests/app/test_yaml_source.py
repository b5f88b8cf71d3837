"""YAML files become nodes with lines, and never an exception."""

from __future__ import annotations

import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.app.yaml_source import MAX_BYTES, Node, read_yaml


def read(text: str) -> Node:
    document = read_yaml(textwrap.dedent(text).encode(), "app.yaml")
    assert document.faults == ()
    assert document.root is not None
    return document.root


def faults(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else textwrap.dedent(text).encode()
    return [str(fault) for fault in read_yaml(data, "app.yaml").faults]


def test_values_and_lines() -> None:
    root = read("""\
        a: 1
        b:
          - x
          - c: no
            d: |
              text
          - [1, "2"]
        """)
    assert root.plain() == {"a": 1, "b": ["x", {"c": "no", "d": "text\n"}, [1, "2"]]}
    assert root.line_of(("a",)) == 1
    assert root.line_of(("b", 1, "d")) == 5
    assert root.line_of(("b", 2, 1)) == 7
    assert root.line_of(("b", 1, "missing")) == 4
    assert root.line_of(("missing",)) == 1


def test_an_empty_file_has_no_root() -> None:
    assert read_yaml(b"# nothing\n", "app.yaml").root is None


def test_anchors_and_merge_keys() -> None:
    root = read("""\
        one: &one {a: 1, b: 2}
        two: {<<: *one, b: 3}
        three: {<<: [*one, {c: 4}]}
        four: *one
        """)
    assert root.plain() == {
        "one": {"a": 1, "b": 2},
        "two": {"a": 1, "b": 3},
        "three": {"a": 1, "b": 2, "c": 4},
        "four": {"a": 1, "b": 2},
    }


def test_quoted_merge_key_is_a_key() -> None:
    assert read('"<<": {a: 1}').plain() == {"<<": {"a": 1}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1\nb: 2", "app.yaml:2: invalid YAML: expected ',' or ']', but got ':'"),
        ("a: b: c", "app.yaml:1: invalid YAML: mapping values are not allowed here"),
        (
            "a:\n\t- b",
            (
                "app.yaml:2: invalid YAML: found character '\\t' that cannot start any token "
                "(indent with spaces, not tabs)"
            ),
        ),
        ("x: 1\na: 1\na: 2", 'app.yaml:3: a: duplicate key "a" (first on line 2)'),
        ("x: *gone", "app.yaml:1: invalid YAML: found undefined alias 'gone'"),
        ("? [a, b]\n: c", "app.yaml:1: a key must be text"),
        ("a: !!int x", "app.yaml:1: invalid YAML: not a valid !!int: 'x'"),
        ("a: !mine {b: 1}", "app.yaml:1: unknown tag !mine"),
        ("a: 1\n---\nb: 2", "app.yaml:2: invalid YAML: but found another document"),
        ("a: {<<: 5}", "app.yaml:1: << needs a mapping or a list of mappings"),
        (b"a: 1\nb: \xff", "app.yaml:2: invalid YAML: not UTF-8 text"),
        ("a: 1\nb: \x07", "app.yaml:2: invalid YAML: the character '\\x07' is not allowed"),
        ('a: "\\uD800"', "app.yaml:1: invalid YAML: a surrogate is not a character"),
    ],
)
def test_faults_name_line_and_reason(text: str | bytes, expected: str) -> None:
    assert faults(text) == [expected]


def test_duplicate_keys_are_all_reported_and_the_first_counts() -> None:
    document = read_yaml(b"a: 1\nb: {c: 1, c: 2}\na: 3\n", "app.yaml")
    assert sorted(fault.where.line for fault in document.faults if fault.where) == [2, 3]
    assert document.root is not None
    assert document.root.plain() == {"a": 1, "b": {"c": 1}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[" * 500_000, "nested deeper than 64"),
        (b"- " * 500_000, "nested deeper than 64"),
        (b"{a: " * 100_000, "nested deeper than 64"),
        (b"a: &a [*a]", "too many or too deeply nested aliases"),
        (
            b"a0: &a0 [x, x]\n"
            + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 40)),
            "too many or too deeply nested aliases",
        ),
        (b"a" * (MAX_BYTES + 1), "a YAML file may have at most 1048576 bytes, this has 1048577"),
    ],
)
def test_hostile_text_is_a_fault_and_quick(data: bytes, message: str) -> None:
    begin = time.monotonic()
    document = read_yaml(data, "app.yaml")
    assert message in str(document.faults[0])
    assert len(document.faults) == 1
    assert document.root is None
    assert time.monotonic() - begin < 10


PIECES = st.sampled_from(
    [
        *("- ", "a: ", "\n", "  ", "[", "]", "{", "}", ", ", "&a ", "*a", "<<: ", "? ", "|", ">"),
        *('"', "'", "\\U", "FFFFFFFF", "\\x", "!!int ", "!", "!<", "%YAML ", "1.1", "%TAG "),
        *("---", "...", "\t", "#", "@", "`", ":", "1", "\x00", "9" * 5000, "\r", "\\uD800"),
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_whatever_is_in_a_file_it_is_read_or_a_fault(text: str) -> None:
    document = read_yaml(text.encode(errors="surrogatepass"), "app.yaml")
    for fault in document.faults:
        assert fault.where is not None
        assert fault.where.line >= 1
    if document.root is not None:
        document.root.plain()
