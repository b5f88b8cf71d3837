"""``wasi:sockets/tcp`` and ``tcp-create-socket``."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.values import Variant
from pywasm_rt.wasi.capabilities.network import Family, Network
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.resources import INPUT_STREAM, OUTPUT_STREAM, POLLABLE
from pywasm_rt.wasi.preview2.sockets.permission import SYSTEM_SOCKETS, check_room_for_socket
from pywasm_rt.wasi.preview2.sockets.resources import NETWORK, TCP_SOCKET
from pywasm_rt.wasi.preview2.sockets.tcp import Tcp
from pywasm_rt.wasi.preview2.sockets.values import (
    VERSION,
    fallible,
    from_socket_address,
    to_socket_address,
)

__all__ = ["tcp_interfaces"]

_SECOND = 1_000_000_000
_PLAIN_OPTIONS = ("keep-alive-count", "hop-limit", "receive-buffer-size", "send-buffer-size")
_DURATIONS = ("keep-alive-idle-time", "keep-alive-interval")
_SWITCHES = ("keep-alive-enabled",)


def _start_bind(socket: Tcp, _network: Network, address: Variant) -> None:
    socket.start_bind(to_socket_address(address))


def _start_connect(socket: Tcp, _network: Network, address: Variant) -> None:
    socket.start_connect(to_socket_address(address))


def _seconds(duration_ns: int) -> int:
    """Whole seconds, for no duration is to become none."""
    return -(-duration_ns // _SECOND)


def _options() -> dict[str, Callable[..., object]]:
    """Getters and setters of all options."""
    functions: dict[str, Callable[..., object]] = {}

    def add(name: str, show: Callable[[int], object], read: Callable[[int], int]) -> None:
        functions[name] = lambda socket: show(socket.option(name))
        functions[f"set-{name}"] = lambda socket, value: socket.set_option(name, read(value))

    for name in _PLAIN_OPTIONS:
        add(name, int, int)
    for name in _DURATIONS:
        add(name, lambda seconds: seconds * _SECOND, _seconds)
    for name in _SWITCHES:
        add(name, bool, int)
    return functions


def tcp_interfaces(context: WasiContext) -> list[HostInterface]:
    """Both interfaces."""

    def create(family: Family) -> Tcp:
        check_room_for_socket(context)
        return Tcp(context, (context.network.sockets or SYSTEM_SOCKETS).tcp(family))

    functions: dict[str, Callable[..., object]] = {
        "start-bind": _start_bind,
        "finish-bind": Tcp.finish_bind,
        "start-connect": _start_connect,
        "finish-connect": Tcp.finish_connect,
        "start-listen": Tcp.start_listen,
        "finish-listen": Tcp.finish_listen,
        "accept": Tcp.accept,
        "local-address": lambda socket: from_socket_address(socket.local_address()),
        "remote-address": lambda socket: from_socket_address(socket.remote_address()),
        "set-listen-backlog-size": Tcp.set_backlog,
        "shutdown": Tcp.shut_down,
        **_options(),
    }
    method = "[method]tcp-socket."
    tcp = HostInterface(
        name="wasi:sockets/tcp",
        version=VERSION,
        functions={f"{method}{name}": fallible(function) for name, function in functions.items()}
        | {
            f"{method}is-listening": lambda socket: socket.is_listening,
            f"{method}address-family": lambda socket: socket.socket.family,
            f"{method}subscribe": lambda socket: socket,
        },
        resources={
            "tcp-socket": TCP_SOCKET,
            "network": NETWORK,
            "input-stream": INPUT_STREAM,
            "output-stream": OUTPUT_STREAM,
            "pollable": POLLABLE,
        },
    )
    create_socket = HostInterface(
        name="wasi:sockets/tcp-create-socket",
        version=VERSION,
        functions={"create-tcp-socket": fallible(create)},
        resources={"network": NETWORK, "tcp-socket": TCP_SOCKET},
    )
    return [tcp, create_socket]
