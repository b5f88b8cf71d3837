"""``fields``: case, order, syntax, what is forbidden, and what cannot be changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasi.preview2.http.fields import FORBIDDEN, FieldError, Fields, without_forbidden

INVALID = Err(Variant("invalid-syntax"))
IS_FORBIDDEN = Err(Variant("forbidden"))
IMMUTABLE = Err(Variant("immutable"))


def test_names_are_found_in_any_case_and_kept_as_they_are(http: Any) -> None:
    fields = http.fields(("Accept", b"a"), ("X-One", b"1"), ("accept", b"b"))
    assert http.call("fields.get", fields, "ACCEPT") == [b"a", b"b"]
    assert http.call("fields.has", fields, "x-one") is True
    assert http.call("fields.has", fields, "x-two") is False
    assert http.call("fields.get", fields, "no name") == []
    assert http.call("fields.has", fields, "no name") is False
    assert http.call("fields.append", fields, "aCCept", b"c") == Ok()
    assert http.call("fields.entries", fields) == [
        ("Accept", b"a"),
        ("X-One", b"1"),
        ("accept", b"b"),
        ("aCCept", b"c"),
    ]
    assert http.call("fields.set", fields, "ACCEPT", [b"x", b""]) == Ok()
    assert http.call("fields.get", fields, "accept") == [b"x", b""]
    assert http.call("fields.delete", fields, "accept") == Ok()
    assert http.call("fields.delete", fields, "accept") == Ok()
    assert http.call("fields.entries", fields) == [("X-One", b"1")]
    assert http.call("fields.set", fields, "x-one", []) == Ok()
    assert http.call("fields.entries", fields) == []


@pytest.mark.parametrize("name", ["", "a b", "a:", "ä", "a\n", "(", "a\0", "\r\nx"])
def test_names_that_are_none(http: Any, name: str) -> None:
    fields = http.call("fields")
    assert http.call("fields.append", fields, name, b"x") == INVALID
    assert http.call("fields.set", fields, name, [b"x"]) == INVALID
    assert http.call("fields.delete", fields, name) == INVALID
    assert http.call("fields.from-list", [(name, b"x")]) == INVALID


@pytest.mark.parametrize("value", [b"a\r\nb", b"\n", b"\r", b"\0", b"\x1f", b"\x7f"])
def test_values_that_are_none(http: Any, value: bytes) -> None:
    fields = http.call("fields")
    assert http.call("fields.append", fields, "x", value) == INVALID
    assert http.call("fields.set", fields, "x", [b"fine", value]) == INVALID
    assert http.call("fields.from-list", [("x", value)]) == INVALID
    assert http.call("fields.entries", fields) == []


@pytest.mark.parametrize("name", [*sorted(FORBIDDEN), "Host", "CONNECTION"])
def test_fields_of_the_connection_are_the_hosts(http: Any, name: str) -> None:
    fields = http.call("fields")
    assert http.call("fields.append", fields, name, b"x") == IS_FORBIDDEN
    assert http.call("fields.set", fields, name, [b"x"]) == IS_FORBIDDEN
    assert http.call("fields.from-list", [("a", b"b"), (name, b"x")]) == IS_FORBIDDEN
    assert without_forbidden([("a", b"b"), (name, b"x")]) == (("a", b"b"),)


def test_fields_of_a_message_cannot_be_changed(http: Any) -> None:
    request = http.request(("A", b"1"))
    fields = http.call("outgoing-request.headers", request)
    assert http.call("fields.entries", fields) == [("A", b"1")]
    assert http.call("fields.append", fields, "b", b"2") == IMMUTABLE
    assert http.call("fields.set", fields, "a", [b"2"]) == IMMUTABLE
    assert http.call("fields.delete", fields, "a") == IMMUTABLE
    assert http.call("fields.append", fields, "b", b"\n") == INVALID
    copy = http.call("fields.clone", fields)
    assert http.call("fields.append", copy, "b", b"2") == Ok()
    assert http.call("fields.entries", fields) == [("A", b"1")]


def test_a_host_does_not_keep_fields_without_end(http: Any) -> None:
    fields = http.call("fields")
    for _ in range(10):
        http.call("fields.append", fields, "x", b"y" * 13_000)
    with pytest.raises(ExhaustionError, match="fields of more than 131072 bytes"):
        http.call("fields.append", fields, "x", b"y" * 13_000)
    with pytest.raises(ExhaustionError):
        http.call("fields.set", http.call("fields"), "x", [b"y" * 200_000])


@given(st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=8)), max_size=8))
def test_whatever_a_guest_gives_is_refused_or_kept(entries: list[tuple[str, bytes]]) -> None:
    try:
        fields = Fields.from_list(entries)
    except FieldError:
        return
    assert fields.entries() == entries
    for name, value in entries:
        assert value in fields.get(name.upper())
        assert not {10, 13, 0} & set(value)
