"""UDP sockets and their datagram streams (``wasi:sockets/udp`` 0.2.12)."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.operations import Readable, Wait, Writable
from pywasm_rt.wasi.capabilities.network import Datagram, SocketAddress, UdpSocket
from pywasm_rt.wasi.capabilities.network_error import NetworkError, NetworkErrorCode
from pywasm_rt.wasi.capabilities.patience import Patience
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.sockets.permission import check_bind, check_granted
from pywasm_rt.wasi.preview2.sockets.values import check_local, check_remote, invalid

__all__ = ["IncomingDatagrams", "OutgoingDatagrams", "Udp", "UdpState"]

# How much one call of the guest's receives or sends at most.
_MAX_RECEIVED = 64
_SEND_PERMIT = 16
# To how many of those who wrote to a serving guest it may answer.
_MAX_CORRESPONDENTS = 4_096


class UdpState(enum.Enum):
    """Where a socket is in its life."""

    UNBOUND = "unbound"
    BIND_IN_PROGRESS = "bind-in-progress"
    BOUND = "bound"


class Udp:
    """A ``udp-socket``; a pollable too, which is always ready.

    A guest that is bound where a grant allows it serves: it hears everybody, and may answer those
    that it has heard. Any other hears only whom its grants allow.
    """

    def __init__(self, context: WasiContext, socket: UdpSocket) -> None:
        self.socket = socket
        self.state = UdpState.UNBOUND
        self.remote: SocketAddress | None = None
        self.streams = 0
        self._context = context
        self._serves = False
        self._correspondents: dict[SocketAddress, None] = {}
        context.adopt_socket(socket)

    def start_bind(self, address: SocketAddress) -> None:
        """Take a local address. Raises NetworkError."""
        if self.state is UdpState.BIND_IN_PROGRESS:
            raise NetworkError(NetworkErrorCode.CONCURRENCY_CONFLICT)
        if self.state is UdpState.BOUND:
            raise NetworkError(NetworkErrorCode.INVALID_STATE, "the socket is bound")
        check_local(address, self.socket.family, unicast=False)
        grants = self._context.network.grants
        check_bind(grants, address)
        self.socket.bind(address)
        local = self.socket.local_address()
        self._serves = grants.allows_address(local.address, local.port)
        self.state = UdpState.BIND_IN_PROGRESS

    def finish_bind(self) -> None:
        """That was it. Raises NetworkError (``not-in-progress``)."""
        if self.state is not UdpState.BIND_IN_PROGRESS:
            raise NetworkError(NetworkErrorCode.NOT_IN_PROGRESS)
        self.state = UdpState.BOUND

    def patience(self) -> Patience | None:
        """The limit on waits for datagrams; None if there is none."""
        return self._context.patience()

    def stream(self, remote: SocketAddress | None) -> tuple[IncomingDatagrams, OutgoingDatagrams]:
        """Streams to one address or to any; those made before have nothing more to do."""
        self._expect_bound()
        if remote is not None:
            check_remote(remote, self.socket.family, unicast=False)
            self.check_may_send(remote)
        self.socket.associate(remote)
        self.remote = remote
        self.streams += 1
        return IncomingDatagrams(self), OutgoingDatagrams(self)

    def hears(self, datagram: Datagram) -> bool:
        """Whether the guest gets a datagram."""
        sender = datagram.sender
        remote = self.remote
        if remote is not None and (sender.address, sender.port) != (remote.address, remote.port):
            return False
        if self._serves:
            if len(self._correspondents) >= _MAX_CORRESPONDENTS:
                del self._correspondents[next(iter(self._correspondents))]
            self._correspondents[sender] = None
            return True
        return self._context.network.grants.allows_address(sender.address, sender.port)

    def check_may_send(self, address: SocketAddress) -> None:
        """Raise NetworkError (``access-denied``) where the guest may not send to."""
        if address not in self._correspondents:
            check_granted(self._context.network.grants, address)

    def local_address(self) -> SocketAddress:
        """Where it is bound. Raises NetworkError (``invalid-state``) if it is not."""
        if self.state is UdpState.BIND_IN_PROGRESS:
            raise NetworkError(NetworkErrorCode.CONCURRENCY_CONFLICT)
        self._expect_bound()
        return self.socket.local_address()

    def remote_address(self) -> SocketAddress:
        """The one address of its streams. Raises NetworkError (``invalid-state``) without one."""
        if self.remote is None:
            raise NetworkError(NetworkErrorCode.INVALID_STATE, "there is no one address")
        return self.remote

    def option(self, name: str) -> int:
        """An option of the socket (see the capability). Raises NetworkError."""
        return self.socket.option(name)

    def set_option(self, name: str, value: int) -> None:
        """Set an option, to more than 0. Raises NetworkError."""
        if value == 0:
            raise invalid(f"{name} of 0")
        self.socket.set_option(name, value)

    def pending(self) -> Wait | None:
        """Nothing to wait for: binding is done at once."""
        return None

    def advance(self) -> bool:
        """It is ready."""
        return True

    def drop(self) -> None:
        """The guest gives it up; streams that it keeps have nothing more to do."""
        self.streams += 1
        self._context.close_handle(self.socket)

    def _expect_bound(self) -> None:
        if self.state is not UdpState.BOUND:
            raise NetworkError(NetworkErrorCode.INVALID_STATE, f"the socket is {self.state.value}")


class _Datagrams:
    """One of a pair of streams; the last pair made is the one that works."""

    def __init__(self, udp: Udp) -> None:
        self._udp = udp
        self._number = udp.streams

    @property
    def is_current(self) -> bool:
        """Whether the socket is there and no other pair has been made."""
        return self._number == self._udp.streams

    def advance(self) -> bool:
        """Whether it is ready, now that the wait is over: always."""
        return True

    def _expect_current(self) -> None:
        if not self.is_current:
            message = "the socket has other streams, or is gone"
            raise NetworkError(NetworkErrorCode.INVALID_STATE, message)


class IncomingDatagrams(_Datagrams):
    """An ``incoming-datagram-stream`` and its pollable.

    A wait that takes too long ends, and the next :meth:`receive` says so; then a new one may begin.
    """

    def __init__(self, udp: Udp) -> None:
        super().__init__(udp)
        self._error: NetworkError | None = None
        self._patience = udp.patience()

    def receive(self, max_results: int) -> list[Datagram]:
        """What is there, at most ``max_results``.

        Raises NetworkError, never ``would-block``; ``timeout`` if nothing is there and a wait for
        it has taken too long.
        """
        received = self._receive(max_results)
        patience = self._patience
        if patience is not None and received:
            patience.end()
        elif patience is not None and max_results and patience.is_over:
            patience.end()
            raise patience.error()
        return received

    def _receive(self, max_results: int) -> list[Datagram]:
        self._expect_current()
        error, self._error = self._error, None
        if error is not None:
            raise error
        received: list[Datagram] = []
        udp = self._udp
        for _ in range(min(max_results, _MAX_RECEIVED)):
            try:
                datagram = udp.socket.receive()
            except NetworkError as failure:
                if failure.code is NetworkErrorCode.WOULD_BLOCK:
                    break
                if not received:
                    raise
                self._error = failure
                break
            if udp.hears(datagram):
                received.append(datagram)
        return received

    def pending(self) -> Wait | None:
        """What to wait for until there may be a datagram; None if there may be one now."""
        incoming = self._udp.socket.incoming
        if not self.is_current or self._error is not None or incoming.ready():
            return None
        if self._patience is not None:
            self._patience.begin()
            if self._patience.is_over:
                return None
        return Readable(incoming)

    @property
    def too_late_ns(self) -> int | None:
        """When the present wait has taken too long."""
        return None if self._patience is None else self._patience.deadline_ns


class OutgoingDatagrams(_Datagrams):
    """An ``outgoing-datagram-stream`` and its pollable."""

    def __init__(self, udp: Udp) -> None:
        super().__init__(udp)
        self._permitted: int | None = None

    def check_send(self) -> int:
        """How many datagrams may be sent now. Raises NetworkError."""
        self._expect_current()
        self._permitted = _SEND_PERMIT if self._udp.socket.outgoing.ready() else 0
        return self._permitted

    def send(self, datagrams: Sequence[tuple[bytes, SocketAddress | None]]) -> int:
        """Send datagrams one after the other; how many were.

        Raises:
            NetworkError: if the first one could not be.
            Trap: if :meth:`check_send` has not permitted as many.
        """
        permitted, self._permitted = self._permitted, None
        if permitted is None:
            raise Trap(TrapCode.HOST, "datagrams were sent without check-send")
        if len(datagrams) > permitted:
            message = f"sent {len(datagrams)} datagrams where {permitted} are permitted"
            raise Trap(TrapCode.HOST, message)
        self._expect_current()
        sent = 0
        for data, address in datagrams:
            try:
                self._send(data, address)
            except NetworkError as error:
                if sent == 0 and error.code is not NetworkErrorCode.WOULD_BLOCK:
                    raise
                break
            sent += 1
        return sent

    def pending(self) -> Wait | None:
        """What to wait for until something can be sent; None if it can."""
        outgoing = self._udp.socket.outgoing
        return None if not self.is_current or outgoing.ready() else Writable(outgoing)

    def _send(self, data: bytes, address: SocketAddress | None) -> None:
        udp = self._udp
        if udp.remote is not None:
            if address is not None and address != udp.remote:
                raise invalid(f"the streams are for {udp.remote} only")
            udp.socket.send(data, None)
            return
        if address is None:
            raise invalid("a datagram without an address")
        check_remote(address, udp.socket.family, unicast=False)
        udp.check_may_send(address)
        udp.socket.send(data, address)
