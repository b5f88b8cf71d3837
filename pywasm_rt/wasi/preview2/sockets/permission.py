"""What a guest's grants let its sockets do.

A grant is for a host and a port, in both directions. A socket may always take a port that the
system chooses, as clients do, once the guest may do anything at all; what it hears there is then
only what the grants allow.
"""

from __future__ import annotations

from pywasm_rt.wasi.capabilities.network import NetworkGrants, SocketAddress
from pywasm_rt.wasi.capabilities.network_error import NetworkError, NetworkErrorCode
from pywasm_rt.wasi.capabilities.system_sockets import SystemSockets
from pywasm_rt.wasi.context import WasiContext

__all__ = ["SYSTEM_SOCKETS", "check_bind", "check_granted", "check_room", "check_room_for_socket"]

SYSTEM_SOCKETS = SystemSockets()


def _denied(address: SocketAddress) -> NetworkError:
    return NetworkError(NetworkErrorCode.ACCESS_DENIED, f"no grant allows {address}")


def check_granted(grants: NetworkGrants, address: SocketAddress) -> None:
    """Raise NetworkError (``access-denied``) unless a grant allows the address."""
    if not grants.allows_address(address.address, address.port):
        raise _denied(address)


def check_bind(grants: NetworkGrants, address: SocketAddress) -> None:
    """Raise NetworkError (``access-denied``) for an address that may not be taken."""
    if address.port == 0 and grants.grants:
        return
    check_granted(grants, address)


def check_room(context: WasiContext) -> None:
    """Raise NetworkError (``new-socket-limit``) if the guest has as much open as it may."""
    if not context.has_room:
        limit = context.limits.open_handles
        raise NetworkError(NetworkErrorCode.NEW_SOCKET_LIMIT, f"the limit is {limit}")


def check_room_for_socket(context: WasiContext) -> None:
    """Raise NetworkError (``new-socket-limit``) if the guest has as many sockets as it may."""
    check_room(context)
    if not context.has_room_for_socket:
        limit = context.limits.open_sockets
        raise NetworkError(NetworkErrorCode.NEW_SOCKET_LIMIT, f"the limit is {limit} sockets")
