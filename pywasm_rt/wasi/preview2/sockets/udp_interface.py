"""``wasi:sockets/udp`` and ``udp-create-socket``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.values import Record, Variant
from pywasm_rt.wasi.capabilities.network import Datagram, Family, Network
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.resources import POLLABLE
from pywasm_rt.wasi.preview2.sockets.permission import SYSTEM_SOCKETS, check_room_for_socket
from pywasm_rt.wasi.preview2.sockets.resources import (
    INCOMING_DATAGRAM_STREAM,
    NETWORK,
    OUTGOING_DATAGRAM_STREAM,
    UDP_SOCKET,
)
from pywasm_rt.wasi.preview2.sockets.udp import IncomingDatagrams, OutgoingDatagrams, Udp
from pywasm_rt.wasi.preview2.sockets.values import (
    VERSION,
    fallible,
    from_socket_address,
    to_socket_address,
)

__all__ = ["udp_interfaces"]

# WIT's names and the capability's.
_OPTIONS = {
    "unicast-hop-limit": "hop-limit",
    "receive-buffer-size": "receive-buffer-size",
    "send-buffer-size": "send-buffer-size",
}


def _start_bind(socket: Udp, _network: Network, address: Variant) -> None:
    socket.start_bind(to_socket_address(address))


def _stream(socket: Udp, remote: Variant | None) -> tuple[IncomingDatagrams, OutgoingDatagrams]:
    return socket.stream(None if remote is None else to_socket_address(remote))


def _incoming_datagram(datagram: Datagram) -> Record:
    remote = from_socket_address(datagram.sender)
    return Record({"data": datagram.data, "remote-address": remote})


def _receive(stream: IncomingDatagrams, max_results: int) -> list[Record]:
    return [_incoming_datagram(datagram) for datagram in stream.receive(max_results)]


def _send(stream: OutgoingDatagrams, datagrams: Sequence[Any]) -> int:
    return stream.send(
        [
            (
                bytes(it.data),
                None if it.remote_address is None else to_socket_address(it.remote_address),
            )
            for it in datagrams
        ]
    )


def _option_functions(name: str, ours: str) -> dict[str, Callable[..., object]]:
    return {
        name: lambda socket: socket.option(ours),
        f"set-{name}": lambda socket, value: socket.set_option(ours, value),
    }


def _socket_functions() -> dict[str, Callable[..., object]]:
    """The fallible methods of ``udp-socket``."""
    functions: dict[str, Callable[..., object]] = {
        "start-bind": _start_bind,
        "finish-bind": Udp.finish_bind,
        "stream": _stream,
        "local-address": lambda socket: from_socket_address(socket.local_address()),
        "remote-address": lambda socket: from_socket_address(socket.remote_address()),
    }
    for name, ours in _OPTIONS.items():
        functions |= _option_functions(name, ours)
    return functions


def udp_interfaces(context: WasiContext) -> list[HostInterface]:
    """Both interfaces."""

    def create(family: Family) -> Udp:
        check_room_for_socket(context)
        return Udp(context, (context.network.sockets or SYSTEM_SOCKETS).udp(family))

    socket = "[method]udp-socket."
    incoming = "[method]incoming-datagram-stream."
    outgoing = "[method]outgoing-datagram-stream."
    functions: dict[str, Callable[..., object]] = {
        f"{socket}{name}": fallible(function) for name, function in _socket_functions().items()
    }
    functions |= {
        f"{socket}address-family": lambda udp: udp.socket.family,
        f"{socket}subscribe": lambda udp: udp,
        f"{incoming}receive": fallible(_receive),
        f"{incoming}subscribe": lambda stream: stream,
        f"{outgoing}check-send": fallible(OutgoingDatagrams.check_send),
        f"{outgoing}send": fallible(_send),
        f"{outgoing}subscribe": lambda stream: stream,
    }
    udp = HostInterface(
        name="wasi:sockets/udp",
        version=VERSION,
        functions=functions,
        resources={
            "udp-socket": UDP_SOCKET,
            "incoming-datagram-stream": INCOMING_DATAGRAM_STREAM,
            "outgoing-datagram-stream": OUTGOING_DATAGRAM_STREAM,
            "network": NETWORK,
            "pollable": POLLABLE,
        },
    )
    create_socket = HostInterface(
        name="wasi:sockets/udp-create-socket",
        version=VERSION,
        functions={"create-udp-socket": fallible(create)},
        resources={"network": NETWORK, "udp-socket": UDP_SOCKET},
    )
    return [udp, create_socket]
