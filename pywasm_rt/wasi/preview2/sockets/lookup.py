"""``wasi:sockets/ip-name-lookup``: the addresses of a host, looked up in the background."""

from __future__ import annotations

import ipaddress
from collections.abc import Generator, Iterable

from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.operations import Begin, Operation, Readable, ResolveAddresses, Wait
from pywasm_rt.wasi.capabilities.answer import PendingAnswer
from pywasm_rt.wasi.capabilities.network import (
    IPAddress,
    Network,
    NetworkGrants,
    ip_address,
    normal_name,
)
from pywasm_rt.wasi.capabilities.network_error import (
    NetworkError,
    NetworkErrorCode,
    lookup_error,
)
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.resources import POLLABLE
from pywasm_rt.wasi.preview2.sockets.permission import check_room
from pywasm_rt.wasi.preview2.sockets.resources import NETWORK, RESOLVE_ADDRESS_STREAM
from pywasm_rt.wasi.preview2.sockets.values import VERSION, fallible, from_ip_address, invalid

__all__ = ["AddressLookup", "lookup_interface"]


class AddressLookup:
    """A ``resolve-address-stream`` and its pollable."""

    def __init__(self, context: WasiContext, name: str) -> None:
        self.answer = PendingAnswer()
        self._context = context
        self._name = name
        self._addresses: list[IPAddress] | None = None
        context.adopt(self)

    def next_address(self) -> IPAddress | None:
        """The next address, None behind the last. Raises NetworkError."""
        if self._addresses is None:
            if not self.answer.ready():
                raise NetworkError(NetworkErrorCode.WOULD_BLOCK)
            self._addresses = self._take()
        return self._addresses.pop(0) if self._addresses else None

    def pending(self) -> Wait | None:
        """What to wait for until the addresses are there; None if they are."""
        return None if self.answer.ready() else Readable(self.answer)

    def advance(self) -> bool:
        """Whether it is ready, now that the wait is over: always."""
        return True

    def close(self) -> None:
        """Want the addresses no more."""
        self.answer.give_up()

    def drop(self) -> None:
        """The guest gives it up."""
        self._context.close_handle(self)

    def _take(self) -> list[IPAddress]:
        try:
            found = self.answer.result()
        except Exception as error:
            raise lookup_error(error) from error
        assert isinstance(found, Iterable), "ResolveAddresses gives a tuple"
        addresses = [address for text in found if (address := _plain_address(str(text)))]
        if not addresses:
            raise NetworkError(NetworkErrorCode.NAME_UNRESOLVABLE, self._name)
        self._context.network.grants.remember(self._name, addresses)
        return addresses


def _plain_address(text: str) -> IPAddress | None:
    """An address without scope; an IPv4-mapped one as the IPv4 address."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _check_name(grants: NetworkGrants, name: str) -> str:
    """The name as it is looked up. Raises NetworkError."""
    cleaned = normal_name(name)
    if cleaned is None:
        raise invalid(f"{name!r} is no host name")
    if not grants.allows_name(cleaned):
        raise NetworkError(NetworkErrorCode.ACCESS_DENIED, f"no grant is for {cleaned}")
    return cleaned


def lookup_interface(context: WasiContext) -> HostInterface:
    """``wasi:sockets/ip-name-lookup``."""

    def resolve(network: Network, name: str) -> Generator[Operation, object, Ok | Err]:
        literal = ip_address(name)
        try:
            check_room(context)
            cleaned = name if literal else _check_name(network.grants, name)
        except NetworkError as error:
            return Err(str(error.code))
        lookup = AddressLookup(context, cleaned)
        if literal is not None:
            lookup.answer.settle((str(literal),))
        else:
            yield Begin(ResolveAddresses(cleaned), lookup.answer)
        return Ok(lookup)

    def resolve_next(lookup: AddressLookup) -> Variant | None:
        address = lookup.next_address()
        return None if address is None else from_ip_address(address)

    method = "[method]resolve-address-stream."
    return HostInterface(
        name="wasi:sockets/ip-name-lookup",
        version=VERSION,
        functions={
            "resolve-addresses": resolve,
            f"{method}resolve-next-address": fallible(resolve_next),
            f"{method}subscribe": lambda lookup: lookup,
        },
        resources={
            "resolve-address-stream": RESOLVE_ADDRESS_STREAM,
            "network": NETWORK,
            "pollable": POLLABLE,
        },
    )
