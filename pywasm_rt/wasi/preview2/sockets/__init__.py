"""``wasi:sockets`` 0.2.12: TCP, UDP and names, for what the guest's grants allow."""

from __future__ import annotations

from pywasm_rt.component.host import HostInterface
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.sockets.lookup import lookup_interface
from pywasm_rt.wasi.preview2.sockets.network import network_interfaces
from pywasm_rt.wasi.preview2.sockets.tcp_interface import tcp_interfaces
from pywasm_rt.wasi.preview2.sockets.udp_interface import udp_interfaces

__all__ = ["socket_interfaces"]


def socket_interfaces(context: WasiContext) -> list[HostInterface]:
    """All seven interfaces."""
    return [
        *network_interfaces(context),
        *tcp_interfaces(context),
        *udp_interfaces(context),
        lookup_interface(context),
    ]
