"""TCP sockets: the states of ``wasi:sockets/tcp`` 0.2.12 and what leads from one to the other.

The states are those of the proposal's "Operational semantics of WASI TCP sockets". Binding and
listening are done at once; their pairs of functions only look as if it could take longer.
"""

from __future__ import annotations

import enum
from collections.abc import Generator

from pywasm_rt.operations import Operation, Readable, Wait, Writable
from pywasm_rt.wasi.capabilities.network import SocketAddress, TcpSocket
from pywasm_rt.wasi.capabilities.network_error import NetworkError, NetworkErrorCode
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.sockets.permission import (
    check_bind,
    check_granted,
    check_room_for_socket,
)
from pywasm_rt.wasi.preview2.sockets.values import check_local, check_remote, invalid
from pywasm_rt.wasi.streams import InputStream, OutputStream

__all__ = ["Tcp", "TcpState"]

DEFAULT_BACKLOG = 128
_MAX_BACKLOG = 65_535
Streams = tuple[InputStream, OutputStream]


class TcpState(enum.Enum):
    """Where a socket is in its life."""

    UNBOUND = "unbound"
    BIND_IN_PROGRESS = "bind-in-progress"
    BOUND = "bound"
    LISTEN_IN_PROGRESS = "listen-in-progress"
    LISTENING = "listening"
    CONNECT_IN_PROGRESS = "connect-in-progress"
    CONNECTED = "connected"
    CLOSED = "closed"


_IN_PROGRESS = {TcpState.BIND_IN_PROGRESS, TcpState.LISTEN_IN_PROGRESS}


class Tcp:
    """A ``tcp-socket``; a pollable too, for what it is in the middle of.

    The operating system's socket is closed when the guest has dropped this and its streams.
    """

    def __init__(
        self, context: WasiContext, socket: TcpSocket, state: TcpState = TcpState.UNBOUND
    ) -> None:
        self.socket = socket
        self.state = state
        self._context = context
        self._backlog = DEFAULT_BACKLOG
        self._users = 1
        self._input: InputStream | None = None
        self._output: OutputStream | None = None
        self._patience = context.patience()
        context.adopt_socket(socket)

    # Binding.

    def start_bind(self, address: SocketAddress) -> None:
        """Take a local address. Raises NetworkError."""
        self._expect(TcpState.UNBOUND, busy=TcpState.BIND_IN_PROGRESS)
        check_local(address, self.socket.family)
        check_bind(self._context.network.grants, address)
        self.socket.bind(address)
        self.state = TcpState.BIND_IN_PROGRESS

    def finish_bind(self) -> None:
        """That was it. Raises NetworkError (``not-in-progress``)."""
        self._expect_progress(TcpState.BIND_IN_PROGRESS)
        self.state = TcpState.BOUND

    # Connecting.

    def start_connect(self, address: SocketAddress) -> None:
        """Begin to connect; the socket is closed by any error but a wrong state."""
        self._expect(TcpState.UNBOUND, TcpState.BOUND, busy=TcpState.CONNECT_IN_PROGRESS)
        self.state = TcpState.CLOSED
        check_remote(address, self.socket.family)
        check_granted(self._context.network.grants, address)
        self.socket.connect(address)
        self.state = TcpState.CONNECT_IN_PROGRESS
        if self._patience is not None:
            self._patience.begin()

    def finish_connect(self) -> Streams:
        """The streams of the connection. Raises NetworkError (``would-block`` if too early)."""
        self._expect_progress(TcpState.CONNECT_IN_PROGRESS)
        try:
            self.socket.finish_connect()
        except NetworkError as error:
            if error.code is not NetworkErrorCode.WOULD_BLOCK:
                self.state = TcpState.CLOSED
            elif self._is_too_late:
                self.state = TcpState.CLOSED
                assert self._patience is not None, "without it nothing is too late"
                raise self._patience.error() from error
            raise
        self.state = TcpState.CONNECTED
        return self.open_streams()

    def open_streams(self) -> Streams:
        """Streams over a connection that is made."""
        context = self._context
        self._input = InputStream(self.socket.source, self._release, context.patience())
        self._output = OutputStream(
            self.socket.sink, on_close=self._release, patience=context.patience()
        )
        self._users += 2
        return self._input, self._output

    # Listening.

    def start_listen(self) -> None:
        """Listen where it is bound; the socket is closed by any error but a wrong state."""
        self._expect(TcpState.BOUND, busy=TcpState.LISTEN_IN_PROGRESS)
        self.state = TcpState.CLOSED
        check_granted(self._context.network.grants, self.socket.local_address())
        self.socket.listen(self._backlog)
        self.state = TcpState.LISTEN_IN_PROGRESS

    def finish_listen(self) -> None:
        """That was it. Raises NetworkError (``not-in-progress``)."""
        self._expect_progress(TcpState.LISTEN_IN_PROGRESS)
        self.state = TcpState.LISTENING

    def accept(self) -> tuple[Tcp, InputStream, OutputStream]:
        """The next connection.

        Raises NetworkError: ``would-block`` if there is none, and ``timeout`` once after a wait for
        it that took too long; the socket goes on listening.
        """
        self._expect(TcpState.LISTENING)
        check_room_for_socket(self._context)
        patience = self._patience
        try:
            socket = self.socket.accept()
        except NetworkError as error:
            if patience is None or not patience.is_over:
                raise
            if error.code is not NetworkErrorCode.WOULD_BLOCK:
                raise
            patience.end()
            raise patience.error() from error
        if patience is not None:
            patience.end()
        accepted = Tcp(self._context, socket, TcpState.CONNECTED)
        return accepted, *accepted.open_streams()

    def set_backlog(self, size: int) -> None:
        """How many connections may wait to be accepted. Raises NetworkError."""
        if self.state in {TcpState.CONNECT_IN_PROGRESS, TcpState.CONNECTED, TcpState.CLOSED}:
            raise _wrong_state(self.state)
        if size == 0:
            raise invalid("a backlog of 0")
        self._backlog = min(size, _MAX_BACKLOG)
        if self.state is TcpState.LISTENING:
            self.socket.listen(self._backlog)

    # Looking.

    def local_address(self) -> SocketAddress:
        """Where it is bound. Raises NetworkError (``invalid-state``) if it is not."""
        if self.state in {TcpState.UNBOUND, TcpState.CLOSED}:
            raise _wrong_state(self.state)
        if self.state is TcpState.BIND_IN_PROGRESS:
            raise NetworkError(NetworkErrorCode.CONCURRENCY_CONFLICT)
        return self.socket.local_address()

    def remote_address(self) -> SocketAddress:
        """Where it is connected to. Raises NetworkError (``invalid-state``) if it is not."""
        self._expect(TcpState.CONNECTED, busy=TcpState.CONNECT_IN_PROGRESS)
        return self.socket.remote_address()

    @property
    def is_listening(self) -> bool:
        """Whether connections can be accepted."""
        return self.state is TcpState.LISTENING

    def option(self, name: str) -> int:
        """An option of the socket (see the capability). Raises NetworkError."""
        self._expect_open()
        return self.socket.option(name)

    def set_option(self, name: str, value: int) -> None:
        """Set an option, to more than 0 (or, for a switch, to 0 or 1). Raises NetworkError."""
        if value == 0 and not name.endswith("enabled"):
            raise invalid(f"{name} of 0")
        self._expect_open()
        self.socket.set_option(name, value)

    def pending(self) -> Wait | None:
        """What to wait for until an operation can be finished; None if it can, or there is none."""
        if self.state is TcpState.CONNECT_IN_PROGRESS and not self.socket.ready():
            return None if self._is_too_late else Writable(self.socket)
        if self.state is TcpState.LISTENING and not self.socket.ready():
            if self._patience is not None:
                self._patience.begin()
            return None if self._is_too_late else Readable(self.socket)
        return None

    def advance(self) -> bool:
        """Whether it is ready, now that the wait is over: always."""
        return True

    @property
    def too_late_ns(self) -> int | None:
        """When it has taken too long to connect, or for a connection to come."""
        waiting = {TcpState.CONNECT_IN_PROGRESS, TcpState.LISTENING}
        if self._patience is None or self.state not in waiting:
            return None
        return self._patience.deadline_ns

    @property
    def _is_too_late(self) -> bool:
        return self._patience is not None and self._patience.is_over

    # Ending.

    def shut_down(self, what: str) -> None:
        """End ``receive``, ``send`` or ``both``; what was written before is still sent."""
        self._expect(TcpState.CONNECTED)
        assert self._input is not None, "a connection has streams"
        assert self._output is not None, "a connection has streams"
        if what in {"receive", "both"}:
            self._input.closed = True
            self.socket.shut_down_receiving()
        if what in {"send", "both"}:
            self._output.closed = True
            # What is being written in the background ends with a flush, and this after it.
            self.socket.shut_down_sending_at_flush()
            if not self._output.is_writing:
                self.socket.sink.flush()

    def drop(self) -> Generator[Operation, object, None]:
        """The guest gives it up."""
        return self._release()

    def _release(self) -> Generator[Operation, object, None]:
        """One user less; the last one waits for what is being written, and closes."""
        self._users -= 1
        if self._users:
            return
        if self._output is not None:
            yield from self._output.written()
        self._context.close_handle(self.socket)

    def _expect(self, *states: TcpState, busy: TcpState | None = None) -> None:
        if self.state is busy:
            raise NetworkError(NetworkErrorCode.CONCURRENCY_CONFLICT, self.state.value)
        if self.state not in states:
            raise _wrong_state(self.state)

    def _expect_progress(self, state: TcpState) -> None:
        if self.state is not state:
            raise NetworkError(NetworkErrorCode.NOT_IN_PROGRESS, f"it is {self.state.value}")

    def _expect_open(self) -> None:
        if self.state is TcpState.CLOSED:
            raise _wrong_state(self.state)


def _wrong_state(state: TcpState) -> NetworkError:
    return NetworkError(NetworkErrorCode.INVALID_STATE, f"the socket is {state.value}")
