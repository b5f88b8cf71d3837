"""Addresses between WIT's shape and ours, and what makes one wrong for its use."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from typing import Any

from pywasm_rt.component.values import Err, Ok, Record, Variant
from pywasm_rt.wasi.capabilities.network import Family, IPAddress, SocketAddress
from pywasm_rt.wasi.capabilities.network_error import NetworkError, NetworkErrorCode

__all__ = [
    "VERSION",
    "check_local",
    "check_remote",
    "fallible",
    "from_ip_address",
    "from_socket_address",
    "invalid",
    "to_socket_address",
]

VERSION = "0.2.12"


def fallible(function: Callable[..., object]) -> Callable[..., Ok | Err]:
    """``function`` with its result, or its ``error-code``, as a ``result``."""

    def call(*arguments: object) -> Ok | Err:
        try:
            return Ok(function(*arguments))
        except NetworkError as error:
            return Err(str(error.code))

    return call


def invalid(message: str) -> NetworkError:
    """The error for a wrong argument."""
    return NetworkError(NetworkErrorCode.INVALID_ARGUMENT, message)


def from_ip_address(address: IPAddress) -> Variant:
    """An ``ip-address``."""
    packed = address.packed
    if address.version == 4:
        return Variant("ipv4", tuple(packed))
    groups = (int.from_bytes(packed[i : i + 2], "big") for i in range(0, len(packed), 2))
    return Variant("ipv6", tuple(groups))


def from_socket_address(address: SocketAddress) -> Variant:
    """An ``ip-socket-address``."""
    ip = from_ip_address(address.address)
    if ip.tag == "ipv4":
        return Variant("ipv4", Record(port=address.port, address=ip.payload))
    fields = {
        "port": address.port,
        "flow-info": address.flow_info,
        "address": ip.payload,
        "scope-id": address.scope_id,
    }
    return Variant("ipv6", Record(fields))


def to_socket_address(value: Variant) -> SocketAddress:
    """The address that an ``ip-socket-address`` stands for."""
    record: Any = value.payload
    parts: Sequence[int] = record.address
    if value.tag == "ipv4":
        return SocketAddress(ipaddress.IPv4Address(bytes(parts)), record.port)
    packed = b"".join(part.to_bytes(2, "big") for part in parts)
    address = ipaddress.IPv6Address(packed)
    return SocketAddress(address, record.port, record.flow_info, record.scope_id)


def check_local(address: SocketAddress, family: Family, *, unicast: bool = True) -> None:
    """Raise NetworkError (``invalid-argument``) for what a socket cannot be bound to."""
    if address.family != family:
        raise invalid(f"{address} is no {family} address")
    ip = address.address
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        raise invalid(f"{address} is an IPv4-mapped address")
    if unicast and (ip.is_multicast or str(ip) == "255.255.255.255"):
        raise invalid(f"{address} is not a unicast address")


def check_remote(address: SocketAddress, family: Family, *, unicast: bool = True) -> None:
    """Raise NetworkError (``invalid-argument``) for what nobody can be reached at."""
    check_local(address, family, unicast=unicast)
    if address.address.is_unspecified or address.port == 0:
        raise invalid(f"nobody can be reached at {address}")
