"""``wasi:sockets/udp``: binding, streams, datagrams and grants."""

from __future__ import annotations

from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok, Record
from pywasm_rt.errors import Trap
from pywasm_rt.operations import Readable

UDP = "sockets/udp.udp-socket."
IN = "sockets/udp.incoming-datagram-stream."
OUT = "sockets/udp.outgoing-datagram-stream."
WRONG_STATE = Err("invalid-state")
INVALID = Err("invalid-argument")
DENIED = Err("access-denied")
CONFLICT = Err("concurrency-conflict")


def network(guest: Any) -> Any:
    return guest.call("sockets/instance-network.instance-network")


def create(tools: Any, guest: Any, family: str = "ipv4") -> Any:
    return tools.ok(guest.call("sockets/udp-create-socket.create-udp-socket", family))


def bound(tools: Any, guest: Any, host: str = "127.0.0.1", port: int = 0) -> Any:
    socket = create(tools, guest, "ipv6" if ":" in host else "ipv4")
    address = tools.address(host, port)
    assert guest.call(UDP + "start-bind", socket, network(guest), address) == Ok(None)
    assert guest.call(UDP + "finish-bind", socket) == Ok(None)
    return socket


def datagram(data: bytes, address: Any = None) -> Record:
    return Record({"data": data, "remote-address": address})


def send(guest: Any, outgoing: Any, *datagrams: Record) -> Ok | Err:
    permitted = guest.call(OUT + "check-send", outgoing)
    assert isinstance(permitted, Ok)
    assert permitted.value >= len(datagrams)
    result: Ok | Err = guest.call(OUT + "send", outgoing, list(datagrams))
    return result


class TestDatagrams:
    @pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
    def test_to_and_fro(self, tools: Any, host: str) -> None:
        guest = tools.guest("localhost")
        socket = bound(tools, guest, host)
        incoming, outgoing = tools.ok(guest.call(UDP + "stream", socket, None))
        peer = tools.peer(host, udp=True)
        there = tools.address_of(peer)
        two = [datagram(b"one", there), datagram(b"", there)]
        assert send(guest, outgoing, *two) == Ok(2)
        data, back = peer.recvfrom(100)
        assert data == b"one"
        assert peer.recv(100) == b""
        local = guest.call(UDP + "local-address", socket)
        assert local == Ok(tools.address(back[0], back[1]))

        assert guest.call(IN + "receive", incoming, 5) == Ok([])
        peer.sendto(b"answer", back)
        pollable = guest.call(IN + "subscribe", incoming)
        guest.call("io/poll.pollable.block", pollable)
        assert guest.call(IN + "receive", incoming, 0) == Ok([])
        assert guest.call(IN + "receive", incoming, 5) == Ok([datagram(b"answer", there)])
        assert guest.call("io/poll.pollable.ready", pollable) is False
        assert guest.call(UDP + "address-family", socket) == there.tag

    def test_streams_for_one_address(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        socket = bound(tools, guest)
        peer, other = tools.peer(udp=True), tools.peer(udp=True)
        there = tools.address_of(peer)
        assert guest.call(UDP + "remote-address", socket) == WRONG_STATE
        old = tools.ok(guest.call(UDP + "stream", socket, None))
        incoming, outgoing = tools.ok(guest.call(UDP + "stream", socket, there))
        assert guest.call(UDP + "remote-address", socket) == Ok(there)
        assert send(guest, outgoing, datagram(b"1"), datagram(b"2", there)) == Ok(2)
        _, back = peer.recvfrom(9)
        assert send(guest, outgoing, datagram(b"3", tools.address_of(other))) == INVALID
        other.sendto(b"from somebody else", back)
        peer.sendto(b"from the one", back)
        guest.call("io/poll.pollable.block", guest.call(IN + "subscribe", incoming))
        assert guest.call(IN + "receive", incoming, 9) == Ok([datagram(b"from the one", there)])

        assert guest.call(IN + "receive", old[0], 9) == WRONG_STATE
        assert guest.call(OUT + "check-send", old[1]) == WRONG_STATE
        for stream, subscribe in zip(old, (IN, OUT), strict=True):
            pollable = guest.call(subscribe + "subscribe", stream)
            assert guest.call("io/poll.pollable.ready", pollable) is True

    def test_an_association_is_changed_and_dissolved(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        socket = bound(tools, guest)
        peer, other = tools.peer(udp=True), tools.peer(udp=True)
        port = tools.ok(guest.call(UDP + "local-address", socket)).payload.port
        for to in (peer, other):
            address = tools.address_of(to)
            incoming, outgoing = tools.ok(guest.call(UDP + "stream", socket, address))
            assert send(guest, outgoing, datagram(b"x")) == Ok(1)
            assert to.recvfrom(9) == (b"x", ("127.0.0.1", port))
        incoming, outgoing = tools.ok(guest.call(UDP + "stream", socket, None))
        assert tools.ok(guest.call(UDP + "local-address", socket)).payload.port == port
        assert send(guest, outgoing, datagram(b"y", tools.address_of(peer))) == Ok(1)
        assert peer.recv(9) == b"y"
        other.sendto(b"z", ("127.0.0.1", port))
        guest.call("io/poll.pollable.block", guest.call(IN + "subscribe", incoming))
        assert guest.call(IN + "receive", incoming, 1) == Ok(
            [datagram(b"z", tools.address_of(other))]
        )

    def test_nobody_is_there(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        socket = bound(tools, guest)
        peer = tools.peer(udp=True)
        there = tools.address_of(peer)
        peer.close()
        incoming, outgoing = tools.ok(guest.call(UDP + "stream", socket, there))
        assert send(guest, outgoing, datagram(b"anybody?")) == Ok(1)
        guest.call("io/poll.pollable.block", guest.call(IN + "subscribe", incoming))
        assert guest.call(IN + "receive", incoming, 1) == Err("connection-refused")

    def test_large_ones(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        socket = bound(tools, guest)
        incoming, outgoing = tools.ok(guest.call(UDP + "stream", socket, None))
        peer = tools.peer(udp=True)
        there = tools.address_of(peer)
        assert send(guest, outgoing, datagram(bytes(65_508), there)) == Err("datagram-too-large")
        two = (datagram(bytes(60_000), there), datagram(bytes(65_508), there))
        assert send(guest, outgoing, *two) == Ok(1), "an error behind a success is not told"
        data, back = peer.recvfrom(65_536)
        peer.sendto(data, back)
        guest.call("io/poll.pollable.block", guest.call(IN + "subscribe", incoming))
        (received,) = tools.ok(guest.call(IN + "receive", incoming, 1))
        assert received.data == bytes(60_000)

    def test_sending_without_permission_traps(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        socket = bound(tools, guest)
        _, outgoing = tools.ok(guest.call(UDP + "stream", socket, None))
        peer = tools.address_of(tools.peer(udp=True))
        with pytest.raises(Trap, match="without check-send"):
            guest.call(OUT + "send", outgoing, [datagram(b"x", peer)])
        permitted = tools.ok(guest.call(OUT + "check-send", outgoing))
        with pytest.raises(Trap, match="datagrams where"):
            guest.call(OUT + "send", outgoing, [datagram(b"x", peer)] * (permitted + 1))
        assert send(guest, outgoing) == Ok(0)
        pollable = guest.call(OUT + "subscribe", outgoing)
        guest.call("io/poll.pollable.block", pollable)

    def test_addresses_that_nobody_is_at(self, tools: Any) -> None:
        guest = tools.guest("*")
        socket = bound(tools, guest)
        _, outgoing = tools.ok(guest.call(UDP + "stream", socket, None))
        assert send(guest, outgoing, datagram(b"x")) == INVALID
        for host, port in (("::1", 9), ("0.0.0.0", 9), ("127.0.0.1", 0)):
            address = tools.address(host, port)
            assert send(guest, outgoing, datagram(b"x", address)) == INVALID
            assert guest.call(UDP + "stream", socket, address) == INVALID


class TestSockets:
    def test_states(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        socket = create(tools, guest)
        address = tools.address("127.0.0.1", 0)
        assert guest.call(UDP + "local-address", socket) == WRONG_STATE
        assert guest.call(UDP + "stream", socket, None) == WRONG_STATE
        assert guest.call(UDP + "finish-bind", socket) == Err("not-in-progress")
        wrong = tools.address("::1", 0)
        assert guest.call(UDP + "start-bind", socket, network(guest), wrong) == INVALID
        assert guest.call(UDP + "start-bind", socket, network(guest), address) == Ok(None)
        assert guest.call(UDP + "start-bind", socket, network(guest), address) == CONFLICT
        assert guest.call(UDP + "local-address", socket) == CONFLICT
        pollable = guest.call(UDP + "subscribe", socket)
        assert guest.call("io/poll.poll", [pollable]) == [0]
        assert guest.call(UDP + "finish-bind", socket) == Ok(None)
        assert guest.call(UDP + "start-bind", socket, network(guest), address) == WRONG_STATE
        taken = guest.call(UDP + "local-address", socket).value
        other = create(tools, guest)
        in_use = Err("address-in-use")
        assert guest.call(UDP + "start-bind", other, network(guest), taken) == in_use

    def test_options(self, tools: Any) -> None:
        guest = tools.guest()
        for family in ("ipv4", "ipv6"):
            socket = create(tools, guest, family)
            for name, value in (
                ("unicast-hop-limit", 42),
                ("receive-buffer-size", 20_000),
                ("send-buffer-size", 20_000),
            ):
                assert guest.call(f"{UDP}set-{name}", socket, 0) == INVALID
                assert guest.call(f"{UDP}set-{name}", socket, value) == Ok(None)
                assert guest.call(UDP + name, socket) == Ok(value)

    def test_dropping(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        socket = bound(tools, guest)
        incoming, outgoing = tools.ok(guest.call(UDP + "stream", socket, None))
        guest.drop("sockets/udp", "udp-socket", socket)
        assert guest.context.open_handles == 0
        assert guest.call(IN + "receive", incoming, 1) == WRONG_STATE
        assert guest.call(OUT + "check-send", outgoing) == WRONG_STATE


class TestGrants:
    def test_nothing_is_allowed_without(self, tools: Any) -> None:
        guest = tools.guest()
        for host, port in (("127.0.0.1", 0), ("127.0.0.1", 53), ("0.0.0.0", 0)):
            socket = create(tools, guest)
            address = tools.address(host, port)
            assert guest.call(UDP + "start-bind", socket, network(guest), address) == DENIED

    def test_a_client_hears_only_whom_it_may_reach(self, tools: Any, world: Any) -> None:
        peer, stranger = tools.peer(udp=True), tools.peer(udp=True)
        guest = tools.guest(f"127.0.0.1:{peer.getsockname()[1]}")
        socket = bound(tools, guest, "0.0.0.0")
        incoming, outgoing = tools.ok(guest.call(UDP + "stream", socket, None))
        there, elsewhere = tools.address_of(peer), tools.address_of(stranger)
        assert send(guest, outgoing, datagram(b"x", elsewhere)) == DENIED
        assert guest.call(UDP + "stream", socket, elsewhere) == DENIED
        assert send(guest, outgoing, datagram(b"x", there)) == Ok(1)
        _, (_, port) = peer.recvfrom(9)
        stranger.sendto(b"psst", ("127.0.0.1", port))
        peer.sendto(b"hello", ("127.0.0.1", port))
        pollable = guest.call(IN + "subscribe", incoming)
        received: list[Any] = []
        while not received:
            guest.call("io/poll.pollable.block", pollable)
            received = tools.ok(guest.call(IN + "receive", incoming, 1))
        assert received == [datagram(b"hello", there)]
        assert all(isinstance(it, Readable) for it in world.performed)

    def test_a_server_answers_whoever_writes(self, tools: Any) -> None:
        spare = tools.peer(udp=True)
        port = spare.getsockname()[1]
        spare.close()
        guest = tools.guest(f"127.0.0.1:{port}")
        socket = bound(tools, guest, port=port)
        incoming, outgoing = tools.ok(guest.call(UDP + "stream", socket, None))
        client, stranger = tools.peer(udp=True), tools.peer(udp=True)
        client.sendto(b"question", ("127.0.0.1", port))
        guest.call("io/poll.pollable.block", guest.call(IN + "subscribe", incoming))
        (asked,) = tools.ok(guest.call(IN + "receive", incoming, 9))
        answer = datagram(b"answer", asked.remote_address)
        assert send(guest, outgoing, answer) == Ok(1)
        assert client.recv(9) == b"answer"
        assert send(guest, outgoing, datagram(b"x", tools.address_of(stranger))) == DENIED
