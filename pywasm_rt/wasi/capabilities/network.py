"""The network as a guest may use it: addresses, grants by host and port, and sockets.

Nothing is allowed that no grant allows. A grant names a host and, maybe, a port:

=========================  ======================================================================
``example.com:443``        that name, and the addresses that it was found to have, at that port
``*.example.com``          every name below it, at any port
``localhost:8080``         that name, and the addresses 127.0.0.0/8 and ::1
``192.0.2.7``, ``[::1]``   an address, at any port
``10.0.0.0/8:5432``        every address of a network, at that port
``*:80``, ``*``            every host
=========================  ======================================================================

A grant serves both directions: a guest may connect to what it allows, and listen there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pywasm_rt.operations import ByteSink, ByteSource, ReadyWhen

__all__ = [
    "Datagram",
    "Family",
    "Grant",
    "IPAddress",
    "Network",
    "NetworkGrants",
    "SocketAddress",
    "Sockets",
    "TcpSocket",
    "UdpSocket",
    "parse_grant",
]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Family = Literal["ipv4", "ipv6"]
_IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_PORT = 65_535
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_MAX_NAME = 253
# Addresses that were looked up stay known for the run; a guest cannot fill the host's memory.
_MAX_KNOWN_ADDRESSES = 4_096
_MAX_KNOWN_NAMES = 64


@dataclass(frozen=True, slots=True)
class SocketAddress:
    """An IP address and a port; ``flow_info`` and ``scope_id`` belong to IPv6."""

    address: IPAddress
    port: int
    flow_info: int = 0
    scope_id: int = 0

    @property
    def family(self) -> Family:
        """``ipv4`` or ``ipv6``."""
        return "ipv4" if self.address.version == 4 else "ipv6"

    def __str__(self) -> str:
        host = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Grant:
    """One host, or several, and a port (None: any).

    ``host`` is a name, ``.name`` for everything below it, a network of addresses, or None for
    everything.
    """

    host: str | _IPNetwork | None
    port: int | None = None

    def allows_port(self, port: int | None) -> bool:
        """Whether it is for this port; None asks whether it is for any at all."""
        return port is None or self.port is None or self.port == port

    def allows_name(self, name: str) -> bool:
        """Whether it is for a host of this name (see :func:`normal_name`)."""
        if isinstance(self.host, str):
            return name.endswith(self.host) if self.host.startswith(".") else name == self.host
        return self.host is None

    def allows_address(self, address: IPAddress) -> bool:
        """Whether it is for this address, whatever its name."""
        if isinstance(self.host, str):
            return self.host == "localhost" and address.is_loopback
        return self.host is None or address in self.host


def normal_name(name: str) -> str | None:
    """A host name in the form that names are compared in: ASCII, lower case, without the last dot.

    None if it is no host name.
    """
    try:
        ascii_name = name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return None
    cleaned = ascii_name.lower().removesuffix(".")
    if len(cleaned) > _MAX_NAME or not all(map(_LABEL.fullmatch, cleaned.split("."))):
        return None
    return cleaned


def ip_address(text: str) -> IPAddress | None:
    """The IP address that a text is, in brackets or not; None if it is none."""
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def parse_grant(text: str) -> Grant:
    """A grant as it is written (see the module's docstring). Raises ValueError, a sentence."""
    cleaned = text.strip()
    whole = _host(cleaned)
    if whole is not False:
        return Grant(whole)
    host_text, colon, port_text = cleaned.rpartition(":")
    host = _host(host_text) if colon else False
    if host is False or not re.fullmatch(r"[0-9]+|\*", port_text):
        raise ValueError(f"{text!r} is not a host, or a host and a port, such as example.com:443")
    if port_text == "*":
        return Grant(host)
    if len(port_text) > len(str(MAX_PORT)) or not 0 < int(port_text) <= MAX_PORT:
        raise ValueError(f"{text!r}: the port is not a number from 1 to {MAX_PORT}")
    return Grant(host, int(port_text))


def _host(text: str) -> str | _IPNetwork | Literal[False] | None:
    """The host of a grant; False if the text is none."""
    if text == "*":
        return None
    address, slash, prefix = text.partition("/")
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    try:
        return ipaddress.ip_network(address + slash + prefix)
    except ValueError:
        pass
    below = text.startswith("*.")
    name = normal_name(text[2:] if below else text)
    if name is None or name.rpartition(".")[2].isdecimal():
        return False
    return f".{name}" if below else name


@dataclass(slots=True, eq=False)
class NetworkGrants:
    """What may be reached, and what was looked up in the course of it."""

    grants: tuple[Grant, ...] = ()
    _known: dict[IPAddress, set[str]] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, texts: Iterable[str]) -> NetworkGrants:
        """Grants as they are written. Raises ValueError for one that is none."""
        return cls(tuple(parse_grant(text) for text in texts))

    def allows_name(self, name: str, port: int | None = None) -> bool:
        """Whether a host may be asked for by this name, at this port (None: at any)."""
        cleaned = normal_name(name)
        return cleaned is not None and any(
            grant.allows_port(port) and grant.allows_name(cleaned) for grant in self.grants
        )

    def allows_address(self, address: IPAddress, port: int | None = None) -> bool:
        """Whether this address may be reached: by itself, or as that of an allowed name."""
        names = self._known.get(address, ())
        return any(
            grant.allows_port(port)
            and (grant.allows_address(address) or any(map(grant.allows_name, names)))
            for grant in self.grants
        )

    def allows_host(self, host: str, port: int) -> bool:
        """The same for a host given as a name or an address."""
        address = ip_address(host)
        if address is not None:
            return self.allows_address(address, port)
        return self.allows_name(host, port)

    def remember(self, name: str, addresses: Iterable[IPAddress]) -> None:
        """Note what a name was found to mean."""
        cleaned = normal_name(name)
        if cleaned is None:
            return
        for address in addresses:
            names = self._known.get(address)
            if names is None and len(self._known) < _MAX_KNOWN_ADDRESSES:
                names = self._known[address] = set()
            if names is not None and len(names) < _MAX_KNOWN_NAMES:
                names.add(cleaned)


@dataclass(frozen=True, slots=True)
class Datagram:
    """A datagram and where it comes from."""

    data: bytes
    sender: SocketAddress


class TcpSocket(Protocol):
    """A TCP socket that never waits. Every method raises NetworkError.

    As something to wait for, the socket is ready
    when what it does (connect, listen) can be gone on with; ``may_block`` is True.
    """

    may_block: bool
    family: Family

    @property
    def source(self) -> ByteSource:
        """What comes from the other side."""
        ...

    @property
    def sink(self) -> ByteSink:
        """What goes there."""
        ...

    def ready(self) -> bool:
        """Whether the connection is made, or failed; or whether one can be accepted."""
        ...

    def bind(self, address: SocketAddress) -> None:
        """Take a local address."""
        ...

    def connect(self, address: SocketAddress) -> None:
        """Begin to connect."""
        ...

    def finish_connect(self) -> None:
        """See what became of it. Raises NetworkError (``would-block``) if nothing did yet."""
        ...

    def listen(self, backlog: int) -> None:
        """Listen, or change how many may wait to be accepted."""
        ...

    def accept(self) -> TcpSocket:
        """The next connection. Raises NetworkError (``would-block``) if there is none."""
        ...

    def local_address(self) -> SocketAddress:
        """Where it is bound."""
        ...

    def remote_address(self) -> SocketAddress:
        """Where it is connected to."""
        ...

    def shut_down_receiving(self) -> None:
        """Receive no more."""
        ...

    def shut_down_sending_at_flush(self) -> None:
        """Send no more, from the next ``sink.flush()`` on."""
        ...

    def option(self, name: str) -> int:
        """``keep-alive-enabled`` (0 or 1), ``keep-alive-idle-time`` and ``keep-alive-interval``
        (seconds), ``keep-alive-count``, ``hop-limit``, ``receive-buffer-size`` and
        ``send-buffer-size`` (bytes).
        """
        ...

    def set_option(self, name: str, value: int) -> None:
        """Set one of those; a value that is too large is made smaller."""
        ...

    def close(self) -> None:
        """Give it up."""
        ...


class UdpSocket(Protocol):
    """A UDP socket that never waits. Every method raises NetworkError."""

    family: Family

    @property
    def incoming(self) -> ReadyWhen:
        """Ready when a datagram can be received."""
        ...

    @property
    def outgoing(self) -> ReadyWhen:
        """Ready when a datagram can be sent."""
        ...

    def bind(self, address: SocketAddress) -> None:
        """Take a local address."""
        ...

    def associate(self, address: SocketAddress | None) -> None:
        """Exchange datagrams with one address only, or with any again."""
        ...

    def receive(self) -> Datagram:
        """The next datagram. Raises NetworkError (``would-block``) if there is none."""
        ...

    def send(self, data: bytes, address: SocketAddress | None) -> None:
        """Send one, to the associated address if none is given."""
        ...

    def local_address(self) -> SocketAddress:
        """Where it is bound."""
        ...

    def option(self, name: str) -> int:
        """``hop-limit``, ``receive-buffer-size`` or ``send-buffer-size``."""
        ...

    def set_option(self, name: str, value: int) -> None:
        """Set one of those; a value that is too large is made smaller."""
        ...

    def close(self) -> None:
        """Give it up."""
        ...


class Sockets(Protocol):
    """Makes sockets."""

    def tcp(self, family: Family) -> TcpSocket:
        """A new TCP socket. Raises NetworkError."""
        ...

    def udp(self, family: Family) -> UdpSocket:
        """A new UDP socket. Raises NetworkError."""
        ...


@dataclass(slots=True, eq=False)
class Network:
    """What a guest may use of the network; by itself nothing.

    ``grants`` are for sockets and names, ``http`` for outgoing requests. ``sockets`` None stands
    for the operating system's.
    """

    grants: NetworkGrants = field(default_factory=NetworkGrants)
    http: NetworkGrants = field(default_factory=NetworkGrants)
    sockets: Sockets | None = None

    @classmethod
    def allow(cls, *texts: str) -> Network:
        """Sockets and outgoing requests by the same grants. Raises ValueError."""
        grants = NetworkGrants.parse(texts)
        return cls(grants, grants)
