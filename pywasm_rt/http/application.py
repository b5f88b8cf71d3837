"""Applications of ASGI 3 to be run by a server of one's own choice, or mounted in another one.

# web.py, for "uvicorn web:application"
from pywasm_rt.http import WasiApplication

application = WasiApplication("server.wasm")
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pywasm_rt.app.app import App
from pywasm_rt.app.kinds import HttpService
from pywasm_rt.component.component import Component
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine, Limits
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.http.asgi import ClientTimeouts, HandlerApplication
from pywasm_rt.http.component_handler import ComponentHandler, HandlerProgram
from pywasm_rt.http.endpoints import EndpointHandler
from pywasm_rt.http.service import client_timeouts, observer
from pywasm_rt.process.interface import ProcessOptions
from pywasm_rt.wasi.context import WasiContext

__all__ = ["ProgramApplication", "ServiceApplication", "WasiApplication"]


class ProgramApplication(HandlerApplication):
    """Answers requests with a program, each with an instance of its own that runs as a process."""

    def __init__(
        self,
        program: HandlerProgram,
        *,
        max_requests: int = 1_000,
        timeouts: ClientTimeouts | None = None,
    ) -> None:
        self._guests = ComponentHandler(program, max_requests)
        super().__init__(self._guests, timeouts)

    async def _open(self) -> None:
        self._guests.open()

    async def _shut(self) -> None:
        await asyncio.to_thread(self._guests.close)


class WasiApplication(ProgramApplication):
    """Answers requests with a component that exports ``wasi:http/incoming-handler``.

    Each request gets an instance of its own, within ``limits`` and, if given,
    ``max_execution_seconds``, with what ``context`` gives, which is called once for each;
    directories that it has opened itself are its own to close. A client that leaves ends its
    instance. More than ``max_requests`` at a time are answered with 503.

    Raises:
        OSError: if the file cannot be read.
        ComponentError: if the component exports no ``wasi:http/incoming-handler`` of 0.2.
        WasmError: if the file is no component, or imports what is not there.
    """

    def __init__(
        self,
        component: Component | Path | str,
        *,
        context: Callable[[], WasiContext] = WasiContext,
        engine: Engine | None = None,
        limits: Limits | None = None,
        max_execution_seconds: float | None = None,
        max_requests: int = 1_000,
        timeouts: ClientTimeouts | None = None,
    ) -> None:
        if not isinstance(component, Component):
            component = Component.from_file(Path(component))
        engine = engine if engine is not None else get_engine()
        component.load(engine)
        milliseconds = None
        if max_execution_seconds is not None:
            milliseconds = max(1, round(max_execution_seconds * 1_000))
        program = HandlerProgram(
            component,
            engine,
            lambda _: context(),
            limits if limits is not None else Limits(),
            ProcessOptions(max_execution_ms=milliseconds),
            closes_preopens=False,
        )
        super().__init__(program, max_requests=max_requests, timeouts=timeouts)


class ServiceApplication(HandlerApplication):
    """Answers requests as an ``http.service`` of an application does: with its routers and
    endpoints, its timeouts and limits. The service itself need not be started, nor listen.

    An application that does not run yet is started with this and closed with it.

    Raises:
        ProcessError: NotFound if there is no such entry, Invalid if it is another kind, or none is
            named and there are several.
    """

    def __init__(self, app: App, service_id: str | None = None) -> None:
        self._app = app
        service_id = service_id if service_id is not None else _only_service(app)
        entry = app.application.entry(service_id)
        if not isinstance(entry.config, HttpService):
            message = f"{service_id} is a {entry.kind}, not an http.service"
            raise ProcessError(message, ProcessErrorKind.INVALID, entry_id=service_id)
        self._endpoints = EndpointHandler(app.deployment, service_id, app.context.clock.now_ns)
        self._runs_app = False
        self._loop: asyncio.AbstractEventLoop | None = None
        super().__init__(
            self._endpoints, client_timeouts(entry.config), observer(service_id, app.context)
        )

    async def _open(self) -> None:
        self._loop = asyncio.get_running_loop()
        if not self._app.is_running:
            await self._app.start()
            self._runs_app = True
        self._app.context.listeners.append(self._update)
        self._endpoints.update()

    async def _shut(self) -> None:
        with suppress(ValueError):
            self._app.context.listeners.remove(self._update)
        if self._runs_app:
            self._runs_app = False
            await self._app.close()

    def _update(self) -> None:
        """Entries have changed; told from whatever thread."""
        assert self._loop is not None, "it listens from its start"
        with suppress(RuntimeError):  # the loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._endpoints.update)


def _only_service(app: App) -> str:
    found = [entry.id for entry in app.application.of_kind("http.service")]
    if len(found) == 1:
        return found[0]
    known = ", ".join(found)
    message = f"say which http.service: {known}" if found else "there is no http.service"
    kind = ProcessErrorKind.INVALID if found else ProcessErrorKind.NOT_FOUND
    raise ProcessError(message, kind)
