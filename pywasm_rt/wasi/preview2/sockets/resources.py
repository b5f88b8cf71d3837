"""The resource types of ``wasi:sockets``, and how their objects are given up."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from pywasm_rt.component.types import ResourceType

__all__ = [
    "INCOMING_DATAGRAM_STREAM",
    "NETWORK",
    "OUTGOING_DATAGRAM_STREAM",
    "RESOLVE_ADDRESS_STREAM",
    "TCP_SOCKET",
    "UDP_SOCKET",
    "Droppable",
]


@runtime_checkable
class Droppable(Protocol):
    """What lies behind a handle that is to be told when it is dropped."""

    def drop(self) -> object:
        """Answer as a host function does: None, or a generator of operations."""
        ...


def _drop(thing: object) -> object:
    assert isinstance(thing, Droppable), "the host made it for this type"
    return thing.drop()


NETWORK = ResourceType("network")
TCP_SOCKET = ResourceType("tcp-socket", _drop)
UDP_SOCKET = ResourceType("udp-socket", _drop)
INCOMING_DATAGRAM_STREAM = ResourceType("incoming-datagram-stream")
OUTGOING_DATAGRAM_STREAM = ResourceType("outgoing-datagram-stream")
RESOLVE_ADDRESS_STREAM = ResourceType("resolve-address-stream", _drop)
