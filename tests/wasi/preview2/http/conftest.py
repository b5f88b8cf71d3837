"""A guest with HTTP, whose requests are answered by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.operations import Begin, HttpRequest
from pywasm_rt.wasi.capabilities.network import Network


class HttpGuest:
    """Calls ``wasi:http`` functions by their last names."""

    def __init__(self, guest: Any, world: Any) -> None:
        self.guest = guest
        self.world = world
        self.begun: list[Begin] = []
        world.performers[Begin] = self.begun.append
        self._functions = guest.interfaces["wasi:http/types"].functions

    def call(self, name: str, *arguments: object) -> Any:
        """Call a method, a static function or a constructor of ``wasi:http/types``."""
        for prefix in ("[method]", "[static]", "[constructor]", ""):
            if prefix + name in self._functions:
                return self.world.answer(self._functions[prefix + name](*arguments))
        raise AssertionError(name)

    def drop(self, resource: str, thing: object) -> None:
        """Drop a resource."""
        self.guest.drop("http/types", resource, thing)

    def drop_stream(self, kind: str, stream: object) -> None:
        """Drop an ``input`` or ``output`` stream."""
        self.guest.drop("io/streams", f"{kind}-stream", stream)

    def handle(self, request: object, options: object = None) -> Any:
        """Send a request."""
        functions = self.guest.interfaces["wasi:http/outgoing-handler"].functions
        return self.world.answer(functions["handle"](request, options))

    def fields(self, *entries: tuple[str, bytes]) -> Any:
        """New fields."""
        return self.ok(self.call("fields.from-list", list(entries)))

    def request(self, *entries: tuple[str, bytes], authority: str | None = "a.example") -> Any:
        """A new request."""
        request = self.call("outgoing-request", self.fields(*entries))
        assert self.call("outgoing-request.set-authority", request, authority) == Ok()
        return request

    @property
    def sent(self) -> HttpRequest:
        """The last request that was begun."""
        operation = self.begun[-1].operation
        assert isinstance(operation, HttpRequest)
        return operation

    @staticmethod
    def ok(result: Ok | Err) -> Any:
        """The value of a result that is to be good."""
        assert isinstance(result, Ok), result
        return result.value

    @staticmethod
    def error(result: Ok | Err) -> Variant:
        """The variant of a result that is to be bad."""
        assert isinstance(result, Err), result
        assert isinstance(result.value, Variant)
        return result.value


@pytest.fixture
def make_http(make_guest: Callable[..., Any], world: Any) -> Iterator[Callable[..., HttpGuest]]:
    """Makes guests with grants, all of them unless some are named."""
    guests: list[HttpGuest] = []

    def make(*grants: str, **fields: Any) -> HttpGuest:
        guest = make_guest(network=Network.allow(*(grants or ("*",))), **fields)
        guests.append(HttpGuest(guest, world))
        return guests[-1]

    yield make
    for http in guests:
        http.guest.context.close()
        assert http.guest.context.open_handles == 0


@pytest.fixture
def http(make_http: Callable[..., HttpGuest]) -> HttpGuest:
    """A guest that may send requests anywhere."""
    return make_http()
