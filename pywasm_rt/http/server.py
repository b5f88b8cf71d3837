"""An HTTP/1.1 server for an ASGI application: uvicorn's protocol, listening and ending as we say.

uvicorn speaks HTTP and ASGI; when to listen, and how long what has begun may go on at the end, is
decided here, since a service is started and stopped on an event loop that others use too. For that
uvicorn suits better than hypercorn: it is a protocol of asyncio's to which
:mod:`~pywasm_rt.http.connection` can add what it lacks, and it takes 111 us of processor time for a
request where hypercorn takes 189 (a constant answer under ``wrk``, both with h11). Any other server
can run the applications all the same.
"""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn import Config
from uvicorn.server import ServerState

from pywasm_rt.http.asgi import HandlerApplication
from pywasm_rt.http.connection import ServedConnection

__all__ = ["HttpServer"]

_BACKLOG = 2048


class HttpServer:
    """Listens and serves; all methods are for the event loop that it was started on.

    ``request_seconds`` is how long a client may take from its beginning, or from a response, until
    the head of its next request is there; None means for ever.
    """

    def __init__(
        self, application: HandlerApplication, request_seconds: float | None = 60.0
    ) -> None:
        self._config = Config(
            application,
            interface="asgi3",
            http=ServedConnection,
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=False,
        )
        self._request_seconds = request_seconds
        self._state = ServerState()
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()

    async def start(self, host: str, port: int) -> int:
        """Listen; the port, which the system chooses if it is 0. Raises OSError."""
        self._config.load()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._connection, host or None, port, backlog=_BACKLOG
        )
        bound: tuple[str, int] = self._server.sockets[0].getsockname()
        return bound[1]

    def _connection(self) -> ServedConnection:
        return ServedConnection(self._config, self._state, self._request_seconds, self._changed.set)

    @property
    def connections(self) -> frozenset[ServedConnection]:
        """Those that are open."""
        return frozenset(cast("set[ServedConnection]", self._state.connections))

    async def close(self, grace_seconds: float = 10.0) -> None:
        """Listen no more, and end when what has begun is answered or the time is over."""
        if self._server is not None:
            self._server.close()
        for connection in self.connections:
            connection.shutdown()
        try:
            async with asyncio.timeout(grace_seconds):
                await self._quiet()
        except TimeoutError:
            for connection in self.connections:
                connection.abort()
        tasks = tuple(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._quiet()

    async def _quiet(self) -> None:
        """Wait until nothing is open and nothing goes on."""
        while self._state.connections or self._state.tasks:
            self._changed.clear()
            if self._state.tasks:
                await asyncio.wait(self._state.tasks)
            else:
                await self._changed.wait()
