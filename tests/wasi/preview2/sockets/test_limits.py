"""How many sockets a guest may have, and how long it may wait for one."""

from __future__ import annotations

import socket
from collections.abc import Generator
from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok
from pywasm_rt.embedding.performing import complete_within
from pywasm_rt.engine.driver import Meter
from pywasm_rt.wasi.capabilities.clocks import SystemMonotonicClock
from pywasm_rt.wasi.capabilities.network import Network, NetworkGrants
from pywasm_rt.wasi.capabilities.network_error import NetworkError, NetworkErrorCode
from pywasm_rt.wasi.context import WasiLimits

TCP = "sockets/tcp.tcp-socket."
UDP = "sockets/udp.udp-socket."
IN = "sockets/udp.incoming-datagram-stream."
STREAMS = "io/streams."
PATIENT = WasiLimits(socket_timeout_ms=20)


def perform(steps: Generator[Any, Any, Any]) -> Any:
    """Let something that waits come to its end."""
    return complete_within(steps, Meter(), 10)


def function(guest: Any, name: str) -> Any:
    """A function of the host's, which may answer with something that waits."""
    package, _, key = name.partition(".")
    functions = guest.interfaces[f"wasi:{package}"].functions
    return functions[f"[method]{key}" if "." in key else key]


def test_a_guest_has_only_so_many_sockets(tools: Any) -> None:
    guest = tools.guest("127.0.0.1", limits=WasiLimits(open_sockets=3))
    create = "sockets/tcp-create-socket.create-tcp-socket"
    first, second = guest.call(create, "ipv4").value, guest.call(create, "ipv4").value
    udp = guest.call("sockets/udp-create-socket.create-udp-socket", "ipv4").value
    assert guest.call(create, "ipv4") == Err("new-socket-limit")
    assert guest.call("sockets/udp-create-socket.create-udp-socket", "ipv4").value == (
        "new-socket-limit"
    )
    for tcp in (first, second):
        guest.drop("sockets/tcp", "tcp-socket", tcp)
    guest.drop("sockets/udp", "udp-socket", udp)
    assert isinstance(guest.call(create, "ipv6"), Ok)


def test_accepted_sockets_count(tools: Any) -> None:
    guest = tools.guest("127.0.0.1", limits=WasiLimits(open_sockets=1))
    listening = tools.bound(guest)
    tools.ok(guest.call(TCP + "start-listen", listening))
    tools.ok(guest.call(TCP + "finish-listen", listening))
    assert guest.call(TCP + "accept", listening) == Err("new-socket-limit")


def connected(tools: Any) -> tuple[Any, Any, Any, Any]:
    """A guest with patience, its streams, and the other side of its connection."""
    guest = tools.guest("127.0.0.1", limits=PATIENT, monotonic_clock=SystemMonotonicClock())
    listener = tools.peer()
    _, incoming, outgoing = tools.connected(guest, listener)
    return guest, incoming, outgoing, tools.accept(listener)


def check_timeout(result: Any) -> None:
    """It failed because it took too long."""
    assert result.value.tag == "last-operation-failed"
    assert result.value.payload.message == "timeout: nothing happened on the socket for 20 ms"
    assert result.value.payload.cause.code is NetworkErrorCode.TIMEOUT


def test_a_peer_that_says_nothing(tools: Any) -> None:
    guest, incoming, _, connection = connected(tools)
    read = function(guest, STREAMS + "input-stream.blocking-read")
    connection.send(b"hello")
    assert perform(read(incoming, 5)) == Ok(b"hello")
    check_timeout(perform(read(incoming, 5)))
    assert guest.call(STREAMS + "input-stream.read", incoming, 5).value.tag == "closed"


def test_a_poll_ends_for_it_and_the_read_says_why(tools: Any) -> None:
    guest, incoming, _, _ = connected(tools)
    pollable = guest.call(STREAMS + "input-stream.subscribe", incoming)
    assert perform(function(guest, "io/poll.poll")([pollable])) == [0]
    check_timeout(guest.call(STREAMS + "input-stream.read", incoming, 5))


def test_waiting_for_one_pollable(tools: Any) -> None:
    guest, incoming, _, _ = connected(tools)
    pollable = guest.call(STREAMS + "input-stream.subscribe", incoming)
    perform(function(guest, "io/poll.pollable.block")(pollable))
    assert guest.call("io/poll.pollable.ready", pollable) is True


def test_a_peer_that_takes_nothing(tools: Any) -> None:
    guest, _, outgoing, connection = connected(tools)
    write = function(guest, STREAMS + "output-stream.blocking-write-and-flush")
    assert perform(write(outgoing, b"hello")) == Ok(None)
    assert connection.recv(5) == b"hello"
    result: Any = Ok(None)
    while isinstance(result, Ok):  # until the buffers of both sides are full
        result = perform(write(outgoing, bytes(4096)))
    check_timeout(result)


def wait(guest: Any, pollable: Any, way: str) -> None:
    """Wait for one thing, by itself or in a poll."""
    if way == "block":
        perform(function(guest, "io/poll.pollable.block")(pollable))
    else:
        assert perform(function(guest, "io/poll.poll")([pollable])) == [0]


@pytest.mark.parametrize("way", ["block", "poll"])
def test_nobody_connects(tools: Any, way: str) -> None:
    guest = tools.guest("127.0.0.1", limits=PATIENT, monotonic_clock=SystemMonotonicClock())
    listening = tools.bound(guest)
    tools.ok(guest.call(TCP + "start-listen", listening))
    tools.ok(guest.call(TCP + "finish-listen", listening))
    pollable = guest.call(TCP + "subscribe", listening)
    for _ in range(2):
        assert guest.call(TCP + "accept", listening) == Err("would-block")
        wait(guest, pollable, way)
        assert guest.call(TCP + "accept", listening) == Err("timeout")
    there = tools.ok(guest.call(TCP + "local-address", listening)).payload
    with socket.create_connection(("127.0.0.1", there.port)):
        wait(guest, pollable, way)
        tools.ok(guest.call(TCP + "accept", listening))
    assert guest.call(TCP + "accept", listening) == Err("would-block"), "it listens as before"


@pytest.mark.parametrize("way", ["block", "poll"])
def test_no_datagram_comes(tools: Any, way: str) -> None:
    guest = tools.guest("127.0.0.1", limits=PATIENT, monotonic_clock=SystemMonotonicClock())
    udp = tools.ok(guest.call("sockets/udp-create-socket.create-udp-socket", "ipv4"))
    network = guest.call("sockets/instance-network.instance-network")
    tools.ok(guest.call(UDP + "start-bind", udp, network, tools.address("127.0.0.1", 0)))
    tools.ok(guest.call(UDP + "finish-bind", udp))
    incoming, _ = tools.ok(guest.call(UDP + "stream", udp, None))
    pollable = guest.call(IN + "subscribe", incoming)
    for _ in range(2):
        assert guest.call(IN + "receive", incoming, 5) == Ok([])
        wait(guest, pollable, way)
        assert guest.call(IN + "receive", incoming, 0) == Ok([]), "nothing was asked for"
        assert guest.call(IN + "receive", incoming, 5) == Err("timeout")
    there = tools.ok(guest.call(UDP + "local-address", udp)).payload
    tools.peer(udp=True).sendto(b"late", ("127.0.0.1", there.port))
    wait(guest, pollable, way)
    [datagram] = tools.ok(guest.call(IN + "receive", incoming, 5))
    assert datagram.data == b"late"
    assert guest.call(IN + "receive", incoming, 5) == Ok([])


class NeverConnected:
    """A socket whose connection is not made."""

    may_block = True
    family = "ipv4"

    def ready(self) -> bool:
        return False

    def connect(self, address: object) -> None:
        """Begin, and never end."""

    def finish_connect(self) -> None:
        raise NetworkError(NetworkErrorCode.WOULD_BLOCK)

    def close(self) -> None:
        """Nothing to do."""


class NowhereSockets:
    """Makes such sockets."""

    def tcp(self, family: str) -> NeverConnected:
        return NeverConnected()


@pytest.mark.parametrize("way", ["block", "poll"])
def test_a_connection_that_is_not_made(make_guest: Any, tools: Any, way: str) -> None:
    grants = NetworkGrants.parse(["*"])
    guest = make_guest(
        network=Network(grants, grants, NowhereSockets()),
        limits=PATIENT,
        monotonic_clock=SystemMonotonicClock(),
    )
    tcp = tools.tcp(guest)
    network = guest.call("sockets/instance-network.instance-network")
    tools.ok(guest.call(TCP + "start-connect", tcp, network, tools.address("127.0.0.1", 80)))
    assert guest.call(TCP + "finish-connect", tcp) == Err("would-block")
    pollable = guest.call(TCP + "subscribe", tcp)
    wait(guest, pollable, way)
    assert guest.call(TCP + "finish-connect", tcp) == Err("timeout")
    assert guest.call(TCP + "finish-connect", tcp) == Err("not-in-progress")
