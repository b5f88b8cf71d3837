"""The operating system's sockets, which never wait.

A file descriptor that is being waited for stays open, although its socket was closed, until nobody
waits for it any more: its number must not come to mean something else meanwhile.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pywasm_rt.wasi.capabilities.network import Datagram, Family, SocketAddress
from pywasm_rt.wasi.capabilities.network_error import NetworkError, NetworkErrorCode

__all__ = ["SystemSockets", "SystemTcpSocket", "SystemUdpSocket"]

_MAX_READ_BYTES = 65_536
_MAX_DATAGRAM_BYTES = 65_536
_FAMILIES: dict[Family, socket.AddressFamily] = {
    "ipv4": socket.AF_INET,
    "ipv6": socket.AF_INET6,
}
_MAX_BUFFER_BYTES = (1 << 31) - 1
# Linux keeps seconds of keep-alive in 15 bits and their count in 7.
_MAX_SECONDS = 32_767
_MAX_PROBES = 127
_MAX_HOPS = 255
_RARE_PAUSE_SECONDS = 0.001
_DISCONNECTED = {errno.ENOTCONN, errno.EPIPE}


@contextmanager
def _translated(call: str = "") -> Iterator[None]:
    """Errors of the operating system as NetworkError."""
    try:
        yield
    except OSError as error:
        raise NetworkError.from_os_error(error, call) from error


def _to_system(address: SocketAddress) -> tuple[str, int] | tuple[str, int, int, int]:
    if address.family == "ipv4":
        return str(address.address), address.port
    return str(address.address), address.port, address.flow_info, address.scope_id


def _from_system(address: tuple[object, ...]) -> SocketAddress:
    host, *numbers = address
    ip = ipaddress.ip_address(str(host).partition("%")[0])
    port, flow_info, scope_id = [*(int(str(number)) for number in numbers), 0, 0][:3]
    return SocketAddress(ip, port, flow_info, scope_id)


class _Descriptor:
    """A socket's file descriptor, and those who still use it."""

    def __init__(self, system: socket.socket) -> None:
        self.system = system
        self._lock = threading.Lock()
        self._users = 1
        self._closed = False

    def hold(self) -> Callable[[], None]:
        """Keep it open until what this returns is called. Raises OSError if it is closed."""
        with self._lock:
            if self._closed:
                raise OSError(errno.EBADF, "the socket is closed")
            self._users += 1
        return self._release

    def close(self) -> None:
        """Give it up: no more data, and closed when nobody holds it."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        # What was sent is still delivered; whoever waits wakes up.
        with suppress(OSError):
            self.system.shutdown(socket.SHUT_RDWR)
        self._release()

    def is_ready(self, event_name: str) -> bool:
        """Whether the operating system sees it ready for ``POLLIN`` or ``POLLOUT``."""
        descriptor = self.system.fileno()
        if self._closed or descriptor < 0:
            return True
        if not hasattr(select, "poll"):
            reading = event_name == "POLLIN"
            watched = [descriptor]
            found = select.select(watched * reading, watched * (not reading), watched, 0)
            return any(found)
        poller = select.poll()
        poller.register(descriptor, getattr(select, event_name))
        return bool(poller.poll(0))

    def wait(self) -> None:
        """Wait until there is something to receive, or it is closed."""
        while not self.is_ready("POLLIN"):
            time.sleep(_RARE_PAUSE_SECONDS)

    def _release(self) -> None:
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self.system.close()


class _Watched:
    """What can be waited for at a socket."""

    may_block = True
    event_name = "POLLIN"

    def __init__(self, descriptor: _Descriptor) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """The file descriptor, or -1."""
        return self._descriptor.system.fileno()

    def hold(self) -> Callable[[], None]:
        """Keep the file descriptor open."""
        return self._descriptor.hold()

    def ready(self) -> bool:
        """Whether the socket is ready."""
        return self._descriptor.is_ready(self.event_name)


class _Incoming(_Watched):
    """Ready when there is something to receive."""


class _Outgoing(_Watched):
    """Ready when something can be sent."""

    event_name = "POLLOUT"


class _TcpSource(_Watched):
    """The receiving half of a connection."""

    def read(self, max_bytes: int) -> bytes:
        """What is there; ``b""`` at the end. Raises NetworkError."""
        with _translated():
            while True:
                try:
                    return self._descriptor.system.recv(min(max_bytes, _MAX_READ_BYTES))
                except BlockingIOError:
                    # It was said to be ready and is not, which happens once in a blue moon.
                    self._descriptor.wait()


class _TcpSink(_Watched):
    """The sending half of a connection."""

    event_name = "POLLOUT"
    takes_some = True

    def __init__(self, descriptor: _Descriptor) -> None:
        super().__init__(descriptor)
        self.ends_at_flush = False

    def write(self, data: bytes) -> int:
        """As much as the operating system takes, maybe nothing. Raises NetworkError."""
        with _translated():
            try:
                return self._descriptor.system.send(data)
            except BlockingIOError:
                return 0

    def flush(self) -> None:
        """Nothing is kept back; but now is the time to shut down, if that was asked for."""
        if self.ends_at_flush:
            _shut_down(self._descriptor.system, socket.SHUT_WR)


def _shut_down(system: socket.socket, how: int) -> None:
    try:
        system.shutdown(how)
    except OSError as error:
        # The other side may have been quicker.
        if error.errno not in _DISCONNECTED:
            raise NetworkError.from_os_error(error) from error


class _SystemSocket:
    """What TCP and UDP sockets have in common."""

    def __init__(self, family: Family, system: socket.socket) -> None:
        self.family = family
        self._system = system
        self._descriptor = _Descriptor(system)
        system.settimeout(0)

    def local_address(self) -> SocketAddress:
        """Where it is bound."""
        with _translated():
            return _from_system(self._system.getsockname())

    def remote_address(self) -> SocketAddress:
        """Where it is connected to."""
        with _translated():
            return _from_system(self._system.getpeername())

    def option(self, name: str) -> int:
        """The value of an option (see :class:`~pywasm_rt.wasi.capabilities.network.TcpSocket`)."""
        level, number, _ = self._option(name)
        with _translated():
            value = self._system.getsockopt(level, number)
        # Linux doubles the sizes of buffers, and tells the double.
        return value // 2 if name.endswith("buffer-size") and sys.platform == "linux" else value

    def set_option(self, name: str, value: int) -> None:
        """Set an option; a value that is too large is made smaller."""
        level, number, maximum = self._option(name)
        with _translated():
            self._system.setsockopt(level, number, min(value, maximum))

    def close(self) -> None:
        """Give it up."""
        self._descriptor.close()

    def _option(self, name: str) -> tuple[int, int, int]:
        """Level, number and greatest value of an option."""
        match name:
            case "hop-limit" if self.family == "ipv4":
                return socket.IPPROTO_IP, socket.IP_TTL, _MAX_HOPS
            case "hop-limit":
                return socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, _MAX_HOPS
            case "receive-buffer-size":
                return socket.SOL_SOCKET, socket.SO_RCVBUF, _MAX_BUFFER_BYTES
            case "send-buffer-size":
                return socket.SOL_SOCKET, socket.SO_SNDBUF, _MAX_BUFFER_BYTES
            case "keep-alive-enabled":
                return socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1
        names = {
            "keep-alive-idle-time": ("TCP_KEEPIDLE", _MAX_SECONDS),
            "keep-alive-interval": ("TCP_KEEPINTVL", _MAX_SECONDS),
            "keep-alive-count": ("TCP_KEEPCNT", _MAX_PROBES),
        }
        constant, maximum = names[name]
        number = getattr(socket, constant, None)
        if number is None and constant == "TCP_KEEPIDLE":
            number = getattr(socket, "TCP_KEEPALIVE", None)  # its name on macOS
        if number is None:
            raise NetworkError(NetworkErrorCode.NOT_SUPPORTED, name)
        return socket.IPPROTO_TCP, number, maximum


class SystemTcpSocket(_SystemSocket):
    """A TCP socket of the operating system's."""

    may_block = True

    def __init__(self, family: Family, system: socket.socket) -> None:
        super().__init__(family, system)
        self.source = _TcpSource(self._descriptor)
        self.sink = _TcpSink(self._descriptor)
        self._listens = False

    def fileno(self) -> int:
        """The file descriptor, or -1."""
        return self._system.fileno()

    def hold(self) -> Callable[[], None]:
        """Keep the file descriptor open."""
        return self._descriptor.hold()

    def ready(self) -> bool:
        """Whether a connection can be accepted, or the one that was begun is made or failed."""
        return self._descriptor.is_ready("POLLIN" if self._listens else "POLLOUT")

    def bind(self, address: SocketAddress) -> None:
        """Take a local address, also one that was in use a moment ago."""
        with _translated("bind"):
            if os.name != "nt":  # where it means something else
                self._system.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._system.bind(_to_system(address))

    def connect(self, address: SocketAddress) -> None:
        """Begin to connect."""
        with _translated("connect"), suppress(BlockingIOError):
            self._system.connect(_to_system(address))

    def finish_connect(self) -> None:
        """See what became of it. Raises NetworkError (``would-block``) if nothing did yet."""
        if not self.ready():
            raise NetworkError(NetworkErrorCode.WOULD_BLOCK)
        with _translated("connect"):
            number = self._system.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if number:
                raise OSError(number, os.strerror(number))

    def listen(self, backlog: int) -> None:
        """Listen, or change how many may wait to be accepted."""
        with _translated("listen"):
            self._system.listen(min(backlog, socket.SOMAXCONN))
        self._listens = True

    def accept(self) -> SystemTcpSocket:
        """The next connection. Raises NetworkError (``would-block``) if there is none."""
        with _translated("accept"):
            system, _ = self._system.accept()
        return SystemTcpSocket(self.family, system)

    def shut_down_receiving(self) -> None:
        """Receive no more."""
        _shut_down(self._system, socket.SHUT_RD)

    def shut_down_sending_at_flush(self) -> None:
        """Send no more, from the next ``sink.flush()`` on."""
        self.sink.ends_at_flush = True


class SystemUdpSocket(_SystemSocket):
    """A UDP socket of the operating system's."""

    def __init__(self, family: Family, system: socket.socket) -> None:
        super().__init__(family, system)
        self.incoming = _Incoming(self._descriptor)
        self.outgoing = _Outgoing(self._descriptor)
        self._associated = False

    def bind(self, address: SocketAddress) -> None:
        """Take a local address."""
        with _translated("bind"):
            self._system.bind(_to_system(address))

    def associate(self, address: SocketAddress | None) -> None:
        """Exchange datagrams with one address only, or with any again."""
        with _translated("datagram"):
            if self._associated:
                self._dissolve()
            if address is not None:
                self._system.connect(_to_system(address))
        self._associated = address is not None

    def receive(self) -> Datagram:
        """The next datagram. Raises NetworkError (``would-block``) if there is none."""
        with _translated("datagram"):
            data, sender = self._system.recvfrom(_MAX_DATAGRAM_BYTES)
        return Datagram(data, _from_system(sender))

    def send(self, data: bytes, address: SocketAddress | None) -> None:
        """Send one, to the associated address if none is given."""
        with _translated("datagram"):
            if address is None:
                self._system.send(data)
            else:
                self._system.sendto(data, _to_system(address))

    def _dissolve(self) -> None:
        """``connect`` to AF_UNSPEC, which Python has no words for; then bind again if need be."""
        if os.name == "nt":
            raise NetworkError(NetworkErrorCode.NOT_SUPPORTED, "an association stays what it is")
        import ctypes  # noqa: PLC0415 - rarely needed, and not everywhere there

        local = self._system.getsockname()
        library = ctypes.CDLL(None, use_errno=True)
        nowhere = b"\0" * 28
        if library.connect(self._system.fileno(), nowhere, len(nowhere)) != 0:
            number = ctypes.get_errno()
            if number != errno.EAFNOSUPPORT:  # macOS says so, and does it
                raise OSError(number, os.strerror(number))
        if self._system.getsockname()[1] == 0:
            self._system.bind(local)


class SystemSockets:
    """Makes sockets of the operating system."""

    def tcp(self, family: Family) -> SystemTcpSocket:
        """A new TCP socket. Raises NetworkError."""
        return SystemTcpSocket(family, _create(family, socket.SOCK_STREAM))

    def udp(self, family: Family) -> SystemUdpSocket:
        """A new UDP socket. Raises NetworkError."""
        return SystemUdpSocket(family, _create(family, socket.SOCK_DGRAM))


def _create(family: Family, kind: socket.SocketKind) -> socket.socket:
    with _translated("create"):
        system = socket.socket(_FAMILIES[family], kind)
        if family == "ipv6":
            # An IPv6 socket is not one for IPv4 too: those addresses have grants of their own.
            system.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        return system
