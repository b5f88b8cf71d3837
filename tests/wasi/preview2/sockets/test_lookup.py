"""``wasi:sockets/ip-name-lookup``: names, in the background, for granted hosts only."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.operations import Begin, ResolveAddresses
from pywasm_rt.wasi.context import WasiLimits

RESOLVE = "sockets/ip-name-lookup.resolve-addresses"
NEXT = "sockets/ip-name-lookup.resolve-address-stream.resolve-next-address"
SUBSCRIBE = "sockets/ip-name-lookup.resolve-address-stream.subscribe"


def resolve(guest: Any, name: str) -> Any:
    return guest.call(RESOLVE, guest.call("sockets/instance-network.instance-network"), name)


def test_addresses_in_order(tools: Any, world: Any) -> None:
    guest = tools.guest("example.com:443")
    found = ("2001:db8::1", "192.0.2.1", "::ffff:192.0.2.2", "fe80::1%lo")
    world.performers[ResolveAddresses] = lambda _: found
    lookup = tools.ok(resolve(guest, "Example.COM."))
    assert isinstance(world.performed[0], Begin)
    assert world.performed[1] == ResolveAddresses("example.com")
    assert guest.call("io/poll.pollable.ready", guest.call(SUBSCRIBE, lookup)) is True
    assert guest.call(NEXT, lookup) == Ok(Variant("ipv6", (0x2001, 0xDB8, 0, 0, 0, 0, 0, 1)))
    assert guest.call(NEXT, lookup) == Ok(Variant("ipv4", (192, 0, 2, 1)))
    assert guest.call(NEXT, lookup) == Ok(Variant("ipv4", (192, 0, 2, 2)))
    assert guest.call(NEXT, lookup) == Ok(Variant("ipv6", (0xFE80, 0, 0, 0, 0, 0, 0, 1)))
    assert guest.call(NEXT, lookup) == Ok(None)
    guest.drop("sockets/ip-name-lookup", "resolve-address-stream", lookup)
    assert guest.context.open_handles == 0


def test_the_guest_goes_on_meanwhile(tools: Any, world: Any) -> None:
    guest = tools.guest("example.com")
    begun: list[Begin] = []
    world.performers[Begin] = begun.append
    lookup = tools.ok(resolve(guest, "example.com"))
    pollable = guest.call(SUBSCRIBE, lookup)
    assert guest.call(NEXT, lookup) == Err("would-block")
    assert guest.call("io/poll.pollable.ready", pollable) is False
    world.meanwhile = lambda _: begun[0].answer.settle(("192.0.2.1",))
    guest.call("io/poll.pollable.block", pollable)
    assert guest.call(NEXT, lookup) == Ok(Variant("ipv4", (192, 0, 2, 1)))

    given_up: list[str] = []
    other = tools.ok(resolve(guest, "example.com"))
    begun[1].answer.when_given_up(lambda: given_up.append("other"))
    guest.drop("sockets/ip-name-lookup", "resolve-address-stream", other)
    third = tools.ok(resolve(guest, "example.com"))
    begun[2].answer.when_given_up(lambda: given_up.append("third"))
    assert third is not None
    guest.context.close()
    assert given_up == ["other", "third"]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "name-unresolvable"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "temporary-resolver-failure"),
        (socket.gaierror(socket.EAI_FAIL, "never"), "permanent-resolver-failure"),
        (OSError("?"), "permanent-resolver-failure"),
        (TimeoutError("slow"), "timeout"),
    ],
)
def test_failures(tools: Any, world: Any, failure: OSError, code: str) -> None:
    guest = tools.guest("*")

    def fail(_: ResolveAddresses) -> None:
        raise failure

    world.performers[ResolveAddresses] = fail
    lookup = tools.ok(resolve(guest, "nowhere.invalid"))
    assert guest.call(NEXT, lookup) == Err(code)


def test_a_name_without_addresses(tools: Any, world: Any) -> None:
    guest = tools.guest("*")
    world.performers[ResolveAddresses] = lambda _: ()
    assert guest.call(NEXT, tools.ok(resolve(guest, "a.example"))) == Err("name-unresolvable")


def test_addresses_are_not_looked_up(tools: Any, world: Any) -> None:
    guest = tools.guest()
    for text, value in (
        ("192.0.2.1", Variant("ipv4", (192, 0, 2, 1))),
        ("::1", Variant("ipv6", (0, 0, 0, 0, 0, 0, 0, 1))),
    ):
        assert guest.call(NEXT, tools.ok(resolve(guest, text))) == Ok(value)
    assert world.performed == []


@pytest.mark.parametrize("name", ["", "a b", "a..b", "-x", "x-", "a" * 64, "a." * 140, "\0", "x/y"])
def test_what_is_no_name(tools: Any, name: str) -> None:
    assert resolve(tools.guest("*"), name) == Err("invalid-argument")


def test_names_beyond_ascii(tools: Any, world: Any) -> None:
    guest = tools.guest("bücher.example")
    world.performers[ResolveAddresses] = lambda _: ("192.0.2.1",)
    tools.ok(resolve(guest, "Bücher.example"))
    assert world.performed[-1] == ResolveAddresses("xn--bcher-kva.example")
    assert resolve(guest, "bu\u0308cher." + "ß" * 300) == Err("invalid-argument")


def test_only_granted_names(tools: Any, world: Any) -> None:
    guest = tools.guest("a.example:80", "*.b.example", "10.0.0.0/8")
    for name in ("example", "c.a.example", "b.example", "a.example.org", "localhost"):
        assert resolve(guest, name) == Err("access-denied"), name
    assert world.performed == []
    world.performers[ResolveAddresses] = lambda _: ("192.0.2.1",)
    for name in ("A.example", "x.b.example", "x.y.b.example"):
        tools.ok(resolve(guest, name))


def test_what_was_looked_up_may_be_connected_to(tools: Any, world: Any) -> None:
    listener = tools.peer()
    port = listener.getsockname()[1]
    guest = tools.guest(f"server.example:{port}")
    network = guest.call("sockets/instance-network.instance-network")
    tcp = tools.tcp(guest)
    start = "sockets/tcp.tcp-socket.start-connect"
    assert guest.call(start, tcp, network, tools.address_of(listener)) == Err("access-denied")
    world.performers[ResolveAddresses] = lambda _: ("127.0.0.1",)
    tools.ok(guest.call(NEXT, tools.ok(resolve(guest, "server.example"))))
    tools.connected(guest, listener)
    tcp = tools.tcp(guest)
    other = tools.address("127.0.0.1", port + 1 if port < 65_535 else 1)
    assert guest.call(start, tcp, network, other) == Err("access-denied")


def test_lookups_are_counted(tools: Any, world: Any) -> None:
    guest = tools.guest("*", limits=WasiLimits(open_handles=1))
    world.performers[ResolveAddresses] = lambda _: ("192.0.2.1",)
    tools.ok(resolve(guest, "a.example"))
    assert resolve(guest, "a.example") == Err("new-socket-limit")
