"""``wasi:sockets/network`` and ``instance-network``: the one network that a guest has."""

from __future__ import annotations

from pywasm_rt.component.host import HostInterface
from pywasm_rt.wasi.capabilities.network_error import NetworkError
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.resources import ERROR, IoError
from pywasm_rt.wasi.preview2.sockets.resources import NETWORK
from pywasm_rt.wasi.preview2.sockets.values import VERSION

__all__ = ["network_interfaces"]


def _network_error_code(error: IoError) -> str | None:
    return str(error.cause.code) if isinstance(error.cause, NetworkError) else None


def network_interfaces(context: WasiContext) -> list[HostInterface]:
    """Both interfaces."""
    return [
        HostInterface(
            name="wasi:sockets/network",
            version=VERSION,
            functions={"network-error-code": _network_error_code},
            resources={"network": NETWORK, "error": ERROR},
        ),
        HostInterface(
            name="wasi:sockets/instance-network",
            version=VERSION,
            functions={"instance-network": lambda: context.network},
            resources={"network": NETWORK},
        ),
    ]
