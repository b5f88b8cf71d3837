"""Performing what needs the network and cannot be waited for as a stream: names and HTTP."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pywasm_rt.errors import OperationError
from pywasm_rt.operations import HttpRequest, HttpResponse, Operation, ResolveAddresses
from pywasm_rt.process.blocking import BlockingLanes, Job

if TYPE_CHECKING:
    from pywasm_rt.process.http_client import HttpClient

__all__ = ["NetworkPerformer"]

# How many names are looked up at the same time; each takes a thread, which cannot be taken back.
_RESOLVERS = 16


class NetworkPerformer:
    """Looks up names on threads, and has HTTP requests sent when the first one comes."""

    def __init__(self) -> None:
        self._lanes = BlockingLanes()
        self._resolvers = [object() for _ in range(_RESOLVERS)]
        self._turns = itertools.cycle(self._resolvers)
        self._http: HttpClient | None = None

    @property
    def performers(self) -> Mapping[type[Operation], Callable[[Any], Awaitable[object]]]:
        """Coroutine functions by the operation that they perform."""
        return {ResolveAddresses: self.resolve, HttpRequest: self.send}

    def close(self) -> None:
        """Give up the threads; a look-up that is under way ends with the program."""
        self._lanes.close(0.0)

    async def resolve(self, operation: ResolveAddresses) -> tuple[str, ...]:
        """The addresses of a name. Raises ``socket.gaierror`` and other OSErrors."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[object] = loop.create_future()

        def settle(result: object, error: Exception | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        def done(result: object, error: Exception | None) -> None:
            # The loop is closed if the program ended during the call.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result, error)

        job = Job(next(self._turns), lambda: look_up(operation.name), done)
        self._lanes.submit(job)
        try:
            found = await future
        except asyncio.CancelledError:
            self._lanes.withdraw(job)
            raise
        assert isinstance(found, tuple), "look_up returns one"
        return found

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The response to a request. Raises HttpError."""
        if self._http is None:
            try:
                from pywasm_rt.process.http_client import HttpClient  # noqa: PLC0415
            except ImportError as error:
                message = f"HTTP needs the package {error.name}, which is not installed"
                raise OperationError(message) from error
            self._http = HttpClient(self.resolve)
        return await self._http.send(request)


def look_up(name: str) -> tuple[str, ...]:
    """The addresses of a name, the best ones first. Raises OSError."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    addresses = (str(address[0]) for *_, address in found)
    return tuple(dict.fromkeys(addresses))
