"""``wasi:sockets/tcp``: states, streams, options and grants."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.operations import Begin, Readable, Writable
from pywasm_rt.wasi.capabilities.network_error import NetworkError, NetworkErrorCode
from pywasm_rt.wasi.context import WasiLimits
from pywasm_rt.wasi.preview2.resources import IoError
from pywasm_rt.wasi.streams import WRITE_PERMIT_BYTES

TCP = "sockets/tcp.tcp-socket."
IN = "io/streams.input-stream."
OUT = "io/streams.output-stream."
CLOSED = Err(Variant("closed"))
LOOPBACKS = ("127.0.0.1", "::1")

YES = True
WRONG_STATE = Err("invalid-state")
INVALID = Err("invalid-argument")
DENIED = Err("access-denied")
CONFLICT = Err("concurrency-conflict")
NOT_IN_PROGRESS = Err("not-in-progress")


def network(guest: Any) -> Any:
    return guest.call("sockets/instance-network.instance-network")


class TestConnecting:
    @pytest.mark.parametrize("host", LOOPBACKS)
    def test_a_connection_carries_bytes_both_ways(self, tools: Any, host: str) -> None:
        guest = tools.guest("localhost")
        listener = tools.peer(host)
        socket, incoming, outgoing = tools.connected(guest, listener)
        connection = tools.accept(listener)
        assert guest.call(IN + "read", incoming, 10) == Ok(b"")
        assert guest.call(OUT + "blocking-write-and-flush", outgoing, b"hello") == Ok(None)
        assert connection.recv(100) == b"hello"
        connection.sendall(b"and back")
        assert guest.call(IN + "blocking-read", incoming, 3) == Ok(b"and")
        assert guest.call(IN + "blocking-read", incoming, 100) == Ok(b" back")
        assert guest.call(TCP + "remote-address", socket) == Ok(tools.address_of(listener))
        local = guest.call(TCP + "local-address", socket)
        peer_host, peer_port, *_ = connection.getpeername()
        assert local == Ok(tools.address(peer_host, peer_port))
        assert guest.call(TCP + "address-family", socket) == ("ipv6" if ":" in host else "ipv4")
        connection.close()
        assert guest.call(IN + "blocking-read", incoming, 1) == CLOSED

    def test_the_socket_lives_until_its_streams_are_dropped(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        listener = tools.peer()
        socket, incoming, outgoing = tools.connected(guest, listener)
        connection = tools.accept(listener)
        guest.drop("sockets/tcp", "tcp-socket", socket)
        guest.drop("io/streams", "input-stream", incoming)
        assert guest.context.open_handles == 1
        assert guest.call(OUT + "blocking-write-and-flush", outgoing, b"x") == Ok(None)
        assert connection.recv(1) == b"x"
        guest.drop("io/streams", "output-stream", outgoing)
        assert guest.context.open_handles == 0
        assert connection.recv(1) == b""

    def test_nobody_listens(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        port = tools.peer().getsockname()[1]
        tools.stack.close()
        socket = tools.tcp(guest)
        address = tools.address("127.0.0.1", port)
        result = guest.call(TCP + "start-connect", socket, network(guest), address)
        if result == Ok(None):
            guest.call("io/poll.pollable.block", guest.call(TCP + "subscribe", socket))
            result = guest.call(TCP + "finish-connect", socket)
        assert result == Err("connection-refused")
        # A socket connects once.
        assert guest.call(TCP + "finish-connect", socket) == NOT_IN_PROGRESS
        assert guest.call(TCP + "start-connect", socket, network(guest), address) == WRONG_STATE
        assert guest.call(TCP + "hop-limit", socket) == WRONG_STATE

    @pytest.mark.parametrize(
        ("family", "host", "port"),
        [
            ("ipv4", "::1", 80),
            ("ipv6", "127.0.0.1", 80),
            ("ipv4", "0.0.0.0", 80),
            ("ipv6", "::", 80),
            ("ipv4", "127.0.0.1", 0),
            ("ipv4", "224.0.0.1", 80),
            ("ipv4", "255.255.255.255", 80),
            ("ipv6", "ff02::1", 80),
            ("ipv6", "::ffff:127.0.0.1", 80),
        ],
    )
    def test_addresses_that_nobody_is_at(
        self, tools: Any, family: str, host: str, port: int
    ) -> None:
        guest = tools.guest("*")
        socket = tools.tcp(guest, family)
        address = tools.address(host, port)
        assert guest.call(TCP + "start-connect", socket, network(guest), address) == INVALID
        assert guest.call(TCP + "local-address", socket) == WRONG_STATE

    def test_a_bound_socket_connects_from_there(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        listener = tools.peer()
        socket = tools.bound(guest)
        local = tools.ok(guest.call(TCP + "local-address", socket))
        to = tools.address_of(listener)
        assert guest.call(TCP + "start-connect", socket, network(guest), to) == Ok(None)
        assert guest.call(TCP + "start-connect", socket, network(guest), to) == CONFLICT
        assert guest.call(TCP + "remote-address", socket) == CONFLICT
        assert guest.call(TCP + "start-listen", socket) == WRONG_STATE
        guest.call("io/poll.pollable.block", guest.call(TCP + "subscribe", socket))
        tools.ok(guest.call(TCP + "finish-connect", socket))
        assert tools.accept(listener).getpeername()[1] == local.payload.port


class TestWaiting:
    """What no loopback connection shows: one that takes a while."""

    class Slow:
        """A socket whose connection is made when the test says so."""

        may_block = True
        family = "ipv4"
        source = sink = None

        def __init__(self) -> None:
            self.error: Exception | None = None
            self.is_ready = self.closed = False

        def ready(self) -> bool:
            return self.is_ready

        def connect(self, _: object) -> None:
            pass

        def finish_connect(self) -> None:
            if not self.is_ready:
                raise NetworkError(NetworkErrorCode.WOULD_BLOCK)
            if self.error is not None:
                raise self.error

        def close(self) -> None:
            self.closed = True

    def test_a_connection_that_takes_a_while(self, tools: Any, world: Any) -> None:
        slow = self.Slow()
        guest = tools.guest("192.0.2.1")
        guest.context.network.sockets = type("S", (), {"tcp": lambda _, family: slow})()
        socket = tools.tcp(guest)
        to = tools.address("192.0.2.1", 9)
        assert guest.call(TCP + "start-connect", socket, network(guest), to) == Ok(None)
        assert guest.call(TCP + "finish-connect", socket) == Err("would-block")
        pollable = guest.call(TCP + "subscribe", socket)
        assert guest.call("io/poll.pollable.ready", pollable) is False

        world.meanwhile = lambda _: setattr(slow, "is_ready", True)
        guest.call("io/poll.pollable.block", pollable)
        assert world.performed == [Writable(slow)]
        tools.ok(guest.call(TCP + "finish-connect", socket))
        assert guest.call("io/poll.pollable.ready", pollable) is True
        guest.drop("sockets/tcp", "tcp-socket", socket)
        assert not slow.closed, "its streams are there"

    def test_one_that_times_out(self, tools: Any) -> None:
        slow = self.Slow()
        slow.is_ready, slow.error = True, NetworkError(NetworkErrorCode.TIMEOUT)
        guest = tools.guest("192.0.2.1")
        guest.context.network.sockets = type("S", (), {"tcp": lambda _, family: slow})()
        socket = tools.tcp(guest)
        to = tools.address("192.0.2.1", 9)
        assert guest.call(TCP + "start-connect", socket, network(guest), to) == Ok(None)
        assert guest.call(TCP + "finish-connect", socket) == Err("timeout")
        guest.drop("sockets/tcp", "tcp-socket", socket)
        assert slow.closed


class TestListening:
    @pytest.mark.parametrize("host", LOOPBACKS)
    def test_connections_are_accepted(self, tools: Any, world: Any, host: str) -> None:
        guest = tools.guest("localhost")
        listener = tools.bound(guest, host)
        assert guest.call(TCP + "set-listen-backlog-size", listener, 2) == Ok(None)
        assert guest.call(TCP + "is-listening", listener) is False
        assert guest.call(TCP + "accept", listener) == WRONG_STATE
        assert guest.call(TCP + "start-listen", listener) == Ok(None)
        assert guest.call(TCP + "start-listen", listener) == CONFLICT
        assert guest.call(TCP + "is-listening", listener) is False
        assert guest.call(TCP + "finish-listen", listener) == Ok(None)
        assert guest.call(TCP + "finish-listen", listener) == NOT_IN_PROGRESS
        assert guest.call(TCP + "is-listening", listener) is True
        assert guest.call(TCP + "accept", listener) == Err("would-block")
        pollable = guest.call(TCP + "subscribe", listener)
        assert guest.call("io/poll.pollable.ready", pollable) is False

        port = tools.ok(guest.call(TCP + "local-address", listener)).payload.port
        clients: list[socket.socket] = []

        def connect(_: object) -> None:
            connection = socket.create_connection((host, port), timeout=10)
            clients.append(tools.stack.enter_context(connection))

        world.meanwhile = connect
        assert guest.call("io/poll.poll", [pollable]) == [0]
        assert isinstance(world.performed[-1].waits[0], Readable)
        world.meanwhile = lambda _: None
        (client,) = clients
        accepted, incoming, outgoing = tools.ok(guest.call(TCP + "accept", listener))
        client.sendall(b"hi")
        assert guest.call(IN + "blocking-read", incoming, 5) == Ok(b"hi")
        assert guest.call(OUT + "blocking-write-and-flush", outgoing, b"ho") == Ok(None)
        assert client.recv(5) == b"ho"
        assert guest.call(TCP + "local-address", accepted) == Ok(tools.address(host, port))
        assert guest.call(TCP + "start-listen", accepted) == WRONG_STATE
        assert guest.call(TCP + "set-listen-backlog-size", accepted, 1) == WRONG_STATE
        assert guest.call(TCP + "set-listen-backlog-size", listener, 10**18) == Ok(None)
        assert guest.call(TCP + "remote-address", listener) == WRONG_STATE

    def test_what_listeners_cannot(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        unbound = tools.tcp(guest)
        assert guest.call(TCP + "start-listen", unbound) == WRONG_STATE
        assert guest.call(TCP + "finish-listen", unbound) == NOT_IN_PROGRESS
        assert guest.call(TCP + "set-listen-backlog-size", unbound, 0) == INVALID
        listener = tools.bound(guest)
        guest.call(TCP + "start-listen", listener)
        guest.call(TCP + "finish-listen", listener)
        address = tools.address("127.0.0.1", 9)
        assert guest.call(TCP + "start-connect", listener, network(guest), address) == WRONG_STATE
        assert guest.call(TCP + "start-bind", listener, network(guest), address) == WRONG_STATE
        assert guest.call(TCP + "shutdown", listener, "both") == WRONG_STATE

    def test_accepted_sockets_have_the_options_of_the_listener(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        listener = tools.bound(guest)
        guest.call(TCP + "set-keep-alive-enabled", listener, YES)
        guest.call(TCP + "set-keep-alive-count", listener, 5)
        guest.call(TCP + "set-hop-limit", listener, 42)
        guest.call(TCP + "start-listen", listener)
        guest.call(TCP + "finish-listen", listener)
        port = tools.ok(guest.call(TCP + "local-address", listener)).payload.port
        tools.stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        accepted, *_ = tools.ok(guest.call(TCP + "accept", listener))
        assert guest.call(TCP + "keep-alive-enabled", accepted) == Ok(YES)
        assert guest.call(TCP + "keep-alive-count", accepted) == Ok(5)
        assert guest.call(TCP + "hop-limit", accepted) == Ok(42)

    def test_a_limit_of_open_sockets(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1", limits=WasiLimits(open_handles=1))
        listener = tools.bound(guest)
        guest.call(TCP + "start-listen", listener)
        guest.call(TCP + "finish-listen", listener)
        assert guest.call(TCP + "accept", listener) == Err("new-socket-limit")
        create = "sockets/tcp-create-socket.create-tcp-socket"
        assert guest.call(create, "ipv4") == Err("new-socket-limit")
        guest.drop("sockets/tcp", "tcp-socket", listener)
        tools.tcp(guest)


class TestBinding:
    def test_states(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        socket = tools.tcp(guest)
        address = tools.address("127.0.0.1", 0)
        assert guest.call(TCP + "local-address", socket) == WRONG_STATE
        assert guest.call(TCP + "finish-bind", socket) == NOT_IN_PROGRESS
        assert guest.call(TCP + "start-bind", socket, network(guest), address) == Ok(None)
        assert guest.call(TCP + "start-bind", socket, network(guest), address) == CONFLICT
        assert guest.call(TCP + "local-address", socket) == CONFLICT
        pollable = guest.call(TCP + "subscribe", socket)
        assert guest.call("io/poll.pollable.ready", pollable) is True
        assert guest.call(TCP + "finish-bind", socket) == Ok(None)
        assert guest.call(TCP + "finish-bind", socket) == NOT_IN_PROGRESS
        assert guest.call(TCP + "start-bind", socket, network(guest), address) == WRONG_STATE
        assert tools.ok(guest.call(TCP + "local-address", socket)).payload.port > 0

    def test_failures_leave_it_unbound(self, tools: Any) -> None:
        guest = tools.guest("*")
        socket = tools.tcp(guest)
        taken = tools.peer()
        start = TCP + "start-bind"
        for host, port, error in (
            ("127.0.0.1", taken.getsockname()[1], Err("address-in-use")),
            ("192.0.2.1", 0, Err("address-not-bindable")),
            ("::1", 0, INVALID),
            ("224.0.0.1", 0, INVALID),
        ):
            assert guest.call(start, socket, network(guest), tools.address(host, port)) == error
        assert guest.call(start, socket, network(guest), tools.address("0.0.0.0", 0)) == Ok(None)
        mapped = tools.tcp(guest, "ipv6")
        address = tools.address("::ffff:127.0.0.1", 0)
        assert guest.call(start, mapped, network(guest), address) == INVALID

    def test_a_port_is_free_again_at_once(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        listener = tools.bound(guest)
        guest.call(TCP + "start-listen", listener)
        guest.call(TCP + "finish-listen", listener)
        port = tools.ok(guest.call(TCP + "local-address", listener)).payload.port
        client = tools.stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        accepted, incoming, outgoing = tools.ok(guest.call(TCP + "accept", listener))
        for kind, thing in (("input", incoming), ("output", outgoing)):
            guest.drop("io/streams", f"{kind}-stream", thing)
        guest.drop("sockets/tcp", "tcp-socket", accepted)
        guest.drop("sockets/tcp", "tcp-socket", listener)
        client.close()
        again = tools.bound(guest, port=port)
        assert guest.call(TCP + "start-listen", again) == Ok(None)


class TestStreams:
    def test_what_does_not_fit_is_written_in_the_background(self, tools: Any, world: Any) -> None:
        """A guest that goes on to something else must not have to come back for it."""
        guest = tools.guest("127.0.0.1")
        listener = tools.peer()
        socket, incoming, outgoing = tools.connected(guest, listener)
        connection = tools.accept(listener)
        guest.call(TCP + "set-send-buffer-size", socket, 10_000)
        begun: list[Begin] = []
        world.performers[Begin] = begun.append
        data = bytes(range(256)) * (WRITE_PERMIT_BYTES // 256)
        pollable = guest.call(OUT + "subscribe", outgoing)
        sent = 0
        while not begun:
            assert guest.call(OUT + "write", outgoing, data) == Ok(None)
            sent += len(data)
        assert guest.call(OUT + "check-write", outgoing) == Ok(0)
        assert guest.call("io/poll.pollable.ready", pollable) is False
        assert guest.call(TCP + "shutdown", socket, "send") == Ok(None)

        connection.sendall(b"answer")
        assert guest.call(IN + "blocking-read", incoming, 100) == Ok(b"answer")

        received = bytearray()
        gradual = world.performers[type(begun[0].operation)]
        reader = tools.reader(connection, received)
        gradual(begun[0].operation)
        begun[0].answer.settle(None)
        reader.join(10)
        assert len(received) == sent
        assert received == data * (sent // len(data)), "and its end was told: the reader ended"
        assert guest.call("io/poll.pollable.ready", pollable) is True
        assert guest.call(OUT + "check-write", outgoing) == CLOSED

    def test_dropping_does_not_lose_what_is_being_written(self, tools: Any, world: Any) -> None:
        guest = tools.guest("127.0.0.1")
        listener = tools.peer()
        socket, incoming, outgoing = tools.connected(guest, listener)
        connection = tools.accept(listener)
        begun: list[Begin] = []
        world.performers[Begin] = begun.append
        while not begun:
            guest.call(OUT + "write", outgoing, bytes(WRITE_PERMIT_BYTES))
        guest.drop("io/streams", "output-stream", outgoing)
        guest.drop("io/streams", "input-stream", incoming)
        assert guest.context.open_handles == 1

        def finish(operation: Any) -> None:
            received = bytearray()
            reader = tools.reader(connection, received)
            world.performers[type(begun[0].operation)](begun[0].operation)
            begun[0].answer.settle(None)
            del reader

        world.performers[Readable] = finish
        guest.drop("sockets/tcp", "tcp-socket", socket)
        assert isinstance(world.performed[-1], Readable)
        assert guest.context.open_handles == 0

    def test_shutting_down(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        listener = tools.peer()
        socket, incoming, outgoing = tools.connected(guest, listener)
        connection = tools.accept(listener)
        assert guest.call(OUT + "write", outgoing, b"last words") == Ok(None)
        assert guest.call(TCP + "shutdown", socket, "send") == Ok(None)
        assert guest.call(TCP + "shutdown", socket, "send") == Ok(None)
        assert connection.recv(100) == b"last words"
        assert connection.recv(100) == b""
        assert guest.call(OUT + "check-write", outgoing) == CLOSED
        assert guest.call(OUT + "write", outgoing, b"x") == CLOSED
        connection.sendall(b"you there?")
        assert guest.call(IN + "blocking-read", incoming, 100) == Ok(b"you there?")
        assert guest.call(TCP + "shutdown", socket, "receive") == Ok(None)
        assert guest.call(IN + "read", incoming, 100) == CLOSED
        connection.close()
        assert guest.call(TCP + "shutdown", socket, "both") == Ok(None)

    def test_the_other_side_breaks_off(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        listener = tools.peer()
        _, incoming, outgoing = tools.connected(guest, listener)
        connection = tools.accept(listener)
        linger = (1).to_bytes(4, "little") + bytes(4)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.close()
        result = guest.call(IN + "blocking-read", incoming, 1)
        assert isinstance(result, Err)
        assert result.value.tag == "last-operation-failed"
        error = result.value.payload
        assert guest.call("sockets/network.network-error-code", error) == "connection-reset"
        assert guest.call("filesystem/types.filesystem-error-code", error) is None
        assert "connection-reset" in guest.call("io/error.error.to-debug-string", error)
        assert guest.call(IN + "read", incoming, 1) == CLOSED
        result = guest.call(OUT + "blocking-write-and-flush", outgoing, b"x")
        assert isinstance(result, Err)

    def test_errors_of_others_are_no_network_errors(self, tools: Any) -> None:
        guest = tools.guest()
        assert guest.call("sockets/network.network-error-code", IoError("x")) is None


class TestOptions:
    def test_values_are_kept(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1")
        for family in ("ipv4", "ipv6"):
            socket = tools.tcp(guest, family)
            for name, value, shown in (
                ("keep-alive-enabled", True, True),
                ("keep-alive-enabled", False, False),
                ("keep-alive-idle-time", 7_000_000_000, 7_000_000_000),
                ("keep-alive-idle-time", 1, 1_000_000_000),
                ("keep-alive-interval", 2_500_000_000, 3_000_000_000),
                ("keep-alive-count", 9, 9),
                ("hop-limit", 42, 42),
                ("receive-buffer-size", 16_000, 16_000),
                ("send-buffer-size", 16_000, 16_000),
            ):
                assert guest.call(f"{TCP}set-{name}", socket, value) == Ok(None), name
                assert guest.call(TCP + name, socket) == Ok(shown), name

    def test_great_values_are_made_smaller(self, tools: Any) -> None:
        guest = tools.guest()
        socket = tools.tcp(guest)
        for name in ("keep-alive-idle-time", "keep-alive-interval"):
            assert guest.call(f"{TCP}set-{name}", socket, 2**64 - 1) == Ok(None)
            assert tools.ok(guest.call(TCP + name, socket)) > 0
        assert guest.call(f"{TCP}set-keep-alive-count", socket, 2**32 - 1) == Ok(None)
        for name in ("receive-buffer-size", "send-buffer-size"):
            assert guest.call(f"{TCP}set-{name}", socket, 2**64 - 1) == Ok(None)
            assert tools.ok(guest.call(TCP + name, socket)) > 16_000

    def test_zero_is_none(self, tools: Any) -> None:
        guest = tools.guest()
        socket = tools.tcp(guest)
        for name in (
            "keep-alive-idle-time",
            "keep-alive-interval",
            "keep-alive-count",
            "hop-limit",
            "receive-buffer-size",
            "send-buffer-size",
        ):
            assert guest.call(f"{TCP}set-{name}", socket, 0) == INVALID, name


class TestGrants:
    def test_nothing_is_allowed_without(self, tools: Any) -> None:
        guest = tools.guest()
        for host in LOOPBACKS:
            for start in ("start-bind", "start-connect"):
                socket = tools.tcp(guest, "ipv6" if ":" in host else "ipv4")
                address = tools.address(host, 80)
                assert guest.call(TCP + start, socket, network(guest), address) == DENIED
        socket = tools.tcp(guest)
        address = tools.address("127.0.0.1", 0)
        assert guest.call(TCP + "start-bind", socket, network(guest), address) == DENIED

    def test_one_port(self, tools: Any) -> None:
        listener = tools.peer()
        port = listener.getsockname()[1]
        guest = tools.guest(f"127.0.0.1:{port}")
        tools.connected(guest, listener)
        other = tools.peer()
        for to in (tools.address_of(other), tools.address("127.0.0.2", port)):
            socket = tools.tcp(guest)
            assert guest.call(TCP + "start-connect", socket, network(guest), to) == DENIED

    def test_listening_where_only_connecting_is_allowed(self, tools: Any) -> None:
        guest = tools.guest("127.0.0.1:9", "10.0.0.0/8")
        socket = tools.bound(guest)  # a port that the system chooses, as clients do
        assert guest.call(TCP + "start-listen", socket) == DENIED
        assert guest.call(TCP + "local-address", socket) == WRONG_STATE
        everywhere = tools.bound(guest, "0.0.0.0")
        assert guest.call(TCP + "start-listen", everywhere) == DENIED
