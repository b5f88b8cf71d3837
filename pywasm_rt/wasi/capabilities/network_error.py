"""Why something with sockets failed, in WASI's words.

The members are those of ``wasi:sockets/network.error-code`` (0.2.12). What the operating system
says means different things in different calls, as that interface's documentation lists them.
"""

from __future__ import annotations

import enum
import errno
import socket

from pywasm_rt.errors import OperationError

__all__ = ["NetworkError", "NetworkErrorCode", "lookup_error"]


class NetworkErrorCode(enum.StrEnum):
    """The codes; the value is the WIT name."""

    UNKNOWN = "unknown"
    ACCESS_DENIED = "access-denied"
    NOT_SUPPORTED = "not-supported"
    INVALID_ARGUMENT = "invalid-argument"
    OUT_OF_MEMORY = "out-of-memory"
    TIMEOUT = "timeout"
    CONCURRENCY_CONFLICT = "concurrency-conflict"
    NOT_IN_PROGRESS = "not-in-progress"
    WOULD_BLOCK = "would-block"
    INVALID_STATE = "invalid-state"
    NEW_SOCKET_LIMIT = "new-socket-limit"
    ADDRESS_NOT_BINDABLE = "address-not-bindable"
    ADDRESS_IN_USE = "address-in-use"
    REMOTE_UNREACHABLE = "remote-unreachable"
    CONNECTION_REFUSED = "connection-refused"
    CONNECTION_RESET = "connection-reset"
    CONNECTION_ABORTED = "connection-aborted"
    DATAGRAM_TOO_LARGE = "datagram-too-large"
    NAME_UNRESOLVABLE = "name-unresolvable"
    TEMPORARY_RESOLVER_FAILURE = "temporary-resolver-failure"
    PERMANENT_RESOLVER_FAILURE = "permanent-resolver-failure"


_Table = dict[int, NetworkErrorCode]


def _numbered(names: dict[str, NetworkErrorCode]) -> _Table:
    """By number, without what this platform does not know."""
    return {getattr(errno, name): code for name, code in names.items() if hasattr(errno, name)}


_ANYWHERE = _numbered(
    {
        "EACCES": NetworkErrorCode.ACCESS_DENIED,
        "EPERM": NetworkErrorCode.ACCESS_DENIED,
        "EOPNOTSUPP": NetworkErrorCode.NOT_SUPPORTED,
        "ENOTSUP": NetworkErrorCode.NOT_SUPPORTED,
        "EAFNOSUPPORT": NetworkErrorCode.INVALID_ARGUMENT,
        "EPROTONOSUPPORT": NetworkErrorCode.NOT_SUPPORTED,
        "EINVAL": NetworkErrorCode.INVALID_ARGUMENT,
        "EDESTADDRREQ": NetworkErrorCode.INVALID_ARGUMENT,
        "ENOMEM": NetworkErrorCode.OUT_OF_MEMORY,
        "ENOBUFS": NetworkErrorCode.OUT_OF_MEMORY,
        "ETIMEDOUT": NetworkErrorCode.TIMEOUT,
        "EALREADY": NetworkErrorCode.CONCURRENCY_CONFLICT,
        "EAGAIN": NetworkErrorCode.WOULD_BLOCK,
        "EWOULDBLOCK": NetworkErrorCode.WOULD_BLOCK,
        "EINPROGRESS": NetworkErrorCode.WOULD_BLOCK,
        "EISCONN": NetworkErrorCode.INVALID_STATE,
        "ENOTCONN": NetworkErrorCode.INVALID_STATE,
        "EMFILE": NetworkErrorCode.NEW_SOCKET_LIMIT,
        "ENFILE": NetworkErrorCode.NEW_SOCKET_LIMIT,
        "EADDRNOTAVAIL": NetworkErrorCode.ADDRESS_NOT_BINDABLE,
        "EADDRINUSE": NetworkErrorCode.ADDRESS_IN_USE,
        "EHOSTUNREACH": NetworkErrorCode.REMOTE_UNREACHABLE,
        "EHOSTDOWN": NetworkErrorCode.REMOTE_UNREACHABLE,
        "ENETUNREACH": NetworkErrorCode.REMOTE_UNREACHABLE,
        "ENETDOWN": NetworkErrorCode.REMOTE_UNREACHABLE,
        "ENONET": NetworkErrorCode.REMOTE_UNREACHABLE,
        "ENETRESET": NetworkErrorCode.REMOTE_UNREACHABLE,
        "ECONNREFUSED": NetworkErrorCode.CONNECTION_REFUSED,
        "ECONNRESET": NetworkErrorCode.CONNECTION_RESET,
        "EPIPE": NetworkErrorCode.CONNECTION_RESET,
        "ECONNABORTED": NetworkErrorCode.CONNECTION_ABORTED,
        "EMSGSIZE": NetworkErrorCode.DATAGRAM_TOO_LARGE,
    }
)

_IN: dict[str, _Table] = {
    "create": _numbered({"EAFNOSUPPORT": NetworkErrorCode.NOT_SUPPORTED}),
    # Windows has ENOBUFS where no ephemeral port is left.
    "bind": _numbered({"ENOBUFS": NetworkErrorCode.ADDRESS_IN_USE}),
    # An implicit bind without a free port: EADDRNOTAVAIL on Linux, EAGAIN on BSD.
    "connect": _numbered(
        {
            "EADDRNOTAVAIL": NetworkErrorCode.ADDRESS_IN_USE,
            "EAGAIN": NetworkErrorCode.ADDRESS_IN_USE,
        }
    ),
    "datagram": _numbered({"ECONNRESET": NetworkErrorCode.REMOTE_UNREACHABLE}),
}


class NetworkError(OperationError):
    """Something with a socket failed; ``code`` says why."""

    def __init__(self, code: NetworkErrorCode, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else str(code), code=str(code))
        self.code = code

    @classmethod
    def from_os_error(cls, error: OSError, call: str = "") -> NetworkError:
        """What the operating system said in a call: ``create``, ``bind``, ``connect``,
        ``datagram`` or any other. An ``errno`` that is not in the tables is ``unknown``.
        """
        number = error.errno or 0
        code = _IN.get(call, {}).get(number) or _ANYWHERE.get(number, NetworkErrorCode.UNKNOWN)
        return cls(code, error.strerror or "")


_LOOKUP_NAMES = {
    "EAI_NONAME": NetworkErrorCode.NAME_UNRESOLVABLE,
    "EAI_NODATA": NetworkErrorCode.NAME_UNRESOLVABLE,
    "EAI_ADDRFAMILY": NetworkErrorCode.NAME_UNRESOLVABLE,
    "EAI_AGAIN": NetworkErrorCode.TEMPORARY_RESOLVER_FAILURE,
    "EAI_FAIL": NetworkErrorCode.PERMANENT_RESOLVER_FAILURE,
    "EAI_MEMORY": NetworkErrorCode.OUT_OF_MEMORY,
}
_LOOKUP = {
    getattr(socket, name): code for name, code in _LOOKUP_NAMES.items() if hasattr(socket, name)
}


def lookup_error(error: Exception) -> NetworkError:
    """Why a name could not be looked up."""
    if isinstance(error, NetworkError):
        return error
    if isinstance(error, OSError) and error.errno in _LOOKUP:
        return NetworkError(_LOOKUP[error.errno], error.strerror or "")
    if isinstance(error, TimeoutError):
        return NetworkError(NetworkErrorCode.TIMEOUT, str(error))
    return NetworkError(NetworkErrorCode.PERMANENT_RESOLVER_FAILURE, str(error))
