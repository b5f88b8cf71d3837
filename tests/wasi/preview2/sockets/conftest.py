"""Guests with sockets on the loopback interface, in real time but never for long."""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.operations import Poll, Readable, Writable, WriteStream
from pywasm_rt.process.immediate import NOT_YET, GradualWrite
from pywasm_rt.wasi.capabilities.network import Network, SocketAddress
from pywasm_rt.wasi.preview2.sockets.values import from_socket_address

PATIENCE_MS = 10_000


def _stream(wait: Readable | Writable) -> Any:
    return wait.source if isinstance(wait, Readable) else wait.sink


def wait_for(*waits: Any) -> list[int]:
    """Wait as the operating system shows it."""
    poller = select.poll()
    for wait in waits:
        event = select.POLLIN if isinstance(wait, Readable) else select.POLLOUT
        poller.register(_stream(wait).fileno(), event)
    assert poller.poll(PATIENCE_MS), "nothing happens"
    return [index for index, wait in enumerate(waits) if _stream(wait).ready()]


def _wait_for_one(wait: Readable | Writable) -> None:
    if hasattr(_stream(wait), "fileno"):
        wait_for(wait)
    assert _stream(wait).ready(), "nothing makes it ready: this would wait for ever"


def _write(operation: WriteStream) -> None:
    gradual = GradualWrite(operation)
    while gradual.attempt() is NOT_YET:
        wait_for(Writable(operation.sink))


@pytest.fixture
def world(world: Any) -> Any:
    """The world of the other tests, but with sockets."""
    world.performers[Readable] = _wait_for_one
    world.performers[Writable] = _wait_for_one
    world.performers[Poll] = lambda poll: wait_for(*poll.waits)
    world.performers[WriteStream] = _write
    return world


class Tools:
    """Guests, peers of theirs, and short words for what the tests do all the time."""

    def __init__(self, make_guest: Callable[..., Any]) -> None:
        self.stack = contextlib.ExitStack()
        self._make_guest = make_guest
        self._guests: list[Any] = []

    def guest(self, *grants: str, **fields: Any) -> Any:
        """A guest with grants; what it leaves open is closed."""
        guest = self._make_guest(network=Network.allow(*grants), **fields)
        self._guests.append(guest)
        return guest

    def peer(self, host: str = "127.0.0.1", *, udp: bool = False) -> socket.socket:
        """A socket of the test's own: it listens, or is bound for datagrams."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
        made = self.stack.enter_context(socket.socket(family, kind))
        made.settimeout(PATIENCE_MS / 1000)
        made.bind((host, 0))
        if not udp:
            made.listen()
        return made

    def accept(self, listener: socket.socket) -> socket.socket:
        """The next connection."""
        connection, _ = listener.accept()
        connection.settimeout(PATIENCE_MS / 1000)
        return self.stack.enter_context(connection)

    @staticmethod
    def address(host: str, port: int) -> Variant:
        """An ``ip-socket-address``."""
        return from_socket_address(SocketAddress(ipaddress.ip_address(host), port))

    def address_of(self, peer: socket.socket) -> Variant:
        """Where a socket of the test's is bound."""
        host, port, *_ = peer.getsockname()
        return self.address(host, port)

    @staticmethod
    def ok(result: Ok | Err) -> Any:
        """The value of a result that is to be good."""
        assert isinstance(result, Ok), result
        return result.value

    def tcp(self, guest: Any, family: str = "ipv4") -> Any:
        """A new TCP socket."""
        return self.ok(guest.call("sockets/tcp-create-socket.create-tcp-socket", family))

    def bound(self, guest: Any, host: str = "127.0.0.1", port: int = 0) -> Any:
        """A TCP socket that is bound."""
        socket = self.tcp(guest, "ipv6" if ":" in host else "ipv4")
        network = guest.call("sockets/instance-network.instance-network")
        self.ok(guest.call(TCP + "start-bind", socket, network, self.address(host, port)))
        self.ok(guest.call(TCP + "finish-bind", socket))
        return socket

    def connected(self, guest: Any, to: socket.socket) -> tuple[Any, Any, Any]:
        """A TCP socket that is connected, and its streams."""
        address = self.address_of(to)
        socket = self.tcp(guest, address.tag)
        network = guest.call("sockets/instance-network.instance-network")
        self.ok(guest.call(TCP + "start-connect", socket, network, address))
        guest.call("io/poll.pollable.block", guest.call(TCP + "subscribe", socket))
        return socket, *self.ok(guest.call(TCP + "finish-connect", socket))

    @staticmethod
    def reader(connection: socket.socket, into: bytearray) -> threading.Thread:
        """A thread that reads a connection to its end."""

        def read() -> None:
            with contextlib.suppress(OSError):
                while data := connection.recv(65_536):
                    into.extend(data)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Close everything."""
        for guest in self._guests:
            guest.context.close()
            assert guest.context.open_handles == 0
        self.stack.close()


TCP = "sockets/tcp.tcp-socket."


@pytest.fixture
def tools(make_guest: Callable[..., Any]) -> Iterator[Tools]:
    """What all tests of sockets need."""
    tools = Tools(make_guest)
    yield tools
    tools.close()
