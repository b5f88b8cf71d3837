"""Grants: how they are written and what they allow."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.wasi.capabilities.network import (
    Network,
    NetworkGrants,
    normal_name,
    parse_grant,
)


@pytest.mark.parametrize(
    ("grant", "host", "port", "allowed"),
    [
        ("example.com:443", "example.com", 443, True),
        ("example.com:443", "EXAMPLE.com.", 443, True),
        ("example.com:443", "example.com", 80, False),
        ("example.com:443", "www.example.com", 443, False),
        ("example.com:443", "example.com.evil.org", 443, False),
        ("example.com:443", "93.184.216.34", 443, False),
        ("example.com", "example.com", 1, True),
        ("*.example.com", "www.example.com", 1, True),
        ("*.example.com", "a.b.example.com", 1, True),
        ("*.example.com", "example.com", 1, False),
        ("*.example.com", "badexample.com", 1, False),
        ("localhost:8080", "localhost", 8080, True),
        ("localhost:8080", "127.0.0.1", 8080, True),
        ("localhost:8080", "127.9.9.9", 8080, True),
        ("localhost:8080", "::1", 8080, True),
        ("localhost:8080", "[::1]", 8080, True),
        ("localhost:8080", "127.0.0.1", 80, False),
        ("localhost", "10.0.0.1", 80, False),
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1", "127.0.0.2", 80, False),
        ("127.0.0.1", "localhost", 80, False),
        ("127.0.0.1:80", "::ffff:127.0.0.1", 80, False),
        ("::1", "::1", 80, True),
        ("[::1]:80", "0:0::1", 80, True),
        ("[::1]:80", "::1", 81, False),
        ("[::1]", "::1", 81, True),
        ("10.0.0.0/8:5432", "10.1.2.3", 5432, True),
        ("10.0.0.0/8:5432", "11.1.2.3", 5432, False),
        ("10.0.0.0/8", "10.1.2.3", 1, True),
        ("[2001:db8::]/32:80", "2001:db8::7", 80, True),
        ("2001:db8::/32", "2001:db8::7", 80, True),
        ("2001:db8::/32", "10.0.0.1", 80, False),
        ("*:80", "anything.example", 80, True),
        ("*:80", "10.0.0.1", 80, True),
        ("*:80", "10.0.0.1", 81, False),
        ("*:*", "10.0.0.1", 81, True),
        ("*", "::1", 81, True),
        ("host_name-1.example:*", "host_name-1.example", 7, True),
        (" spaced.example:1 ", "spaced.example", 1, True),
    ],
)
def test_what_a_grant_allows(grant: str, host: str, port: int, allowed: bool) -> None:
    assert NetworkGrants.parse([grant]).allows_host(host, port) is allowed


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":80",
        "a:",
        "a:0",
        "a:65536",
        "a:-1",
        "a:x",
        "a:8 0",
        "a b",
        "a.*",
        "*a",
        "*.*.a",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "300.0.0.1",
        "1.2.3",
        "http://a",
        "a/b",
        "[a]:80",
        "[::1",
        "::g",
        "a\0",
        "ß" * 300,
    ],
)
def test_what_is_no_grant(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not|port"):
        parse_grant(text)


@given(st.text(max_size=40))
def test_any_text_is_a_grant_or_a_sentence(text: str) -> None:
    try:
        grant = parse_grant(text)
    except ValueError:
        return
    assert grant.port is None or 0 < grant.port < 65_536


@given(st.text(max_size=300))
def test_names_have_one_form(text: str) -> None:
    name = normal_name(text)
    if name is not None:
        assert normal_name(name) == name
        assert name.isascii()
        assert name == name.lower()


def test_nothing_is_allowed_by_nothing() -> None:
    network = Network()
    for host in ("localhost", "127.0.0.1", "::1", "example.com"):
        assert not network.grants.allows_host(host, 80)
        assert not network.http.allows_host(host, 80)


def test_addresses_of_names_are_remembered_within_limits() -> None:
    grants = NetworkGrants.parse(["a.example:80"])
    first = ipaddress.ip_address("192.0.2.1")
    assert not grants.allows_address(first, 80)
    grants.remember("a.example", [first])
    grants.remember("b.example", [ipaddress.ip_address("192.0.2.2")])
    grants.remember("no name", [ipaddress.ip_address("192.0.2.3")])
    assert grants.allows_address(first, 80)
    assert not grants.allows_address(first, 81)
    assert not grants.allows_address(ipaddress.ip_address("192.0.2.2"), 80)
    many = [ipaddress.IPv4Address(number) for number in range(10_000)]
    grants.remember("a.example", many)
    assert len(grants._known) == 4_096
    for number in range(100):
        grants.remember(f"n{number}.example", [first])
    assert len(grants._known[first]) == 64
