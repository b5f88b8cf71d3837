"""``http.service`` entries as services: a server on an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from pywasm_rt.app.entry import Entry
from pywasm_rt.app.kinds import HttpService
from pywasm_rt.app.kinds.http import METHODS, parse_address
from pywasm_rt.app.kinds.lifecycle import duration_ns
from pywasm_rt.app.services import ServiceContext
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.http.asgi import ClientTimeouts, HandlerApplication
from pywasm_rt.http.endpoints import EndpointHandler
from pywasm_rt.http.exchange import Exchange
from pywasm_rt.http.server import HttpServer
from pywasm_rt.process.interface import ExitResult

__all__ = ["HttpServiceRun", "StartableHttpService", "client_timeouts", "observer"]

logger = logging.getLogger(__name__)

_SECOND = 1_000_000_000
_START_SECONDS = 60.0
_LONG_SECONDS = 86_400.0
Ended = Callable[[ExitResult], None]


class StartableHttpService:
    """An ``http.service`` entry that can be started."""

    def __init__(self, entry: Entry, context: ServiceContext) -> None:
        self._entry = entry
        self._context = context

    def start(self, ended: Ended) -> HttpServiceRun:
        """Listen. Raises ProcessError: AlreadyExists if the port is taken, Unavailable."""
        return HttpServiceRun(self._entry, self._context, ended)


class HttpServiceRun:
    """A server that listens, until it is canceled or terminated."""

    def __init__(self, entry: Entry, context: ServiceContext, ended: Ended) -> None:
        config = entry.config
        assert isinstance(config, HttpService), "the kind says so"
        self._entry = entry
        self._config = config
        self._context = context
        self._ended = ended
        self._handler = EndpointHandler(context.deployment, entry.id, context.clock.now_ns)
        application = HandlerApplication(
            self._handler, client_timeouts(config), observer(entry.id, context)
        )
        self._server = HttpServer(application, _seconds(config.timeouts.idle))
        self._loop = asyncio.new_event_loop()
        self._closing: asyncio.Task[None] | None = None
        self._listens = False
        self._thread = threading.Thread(target=self._run, name=f"pywasm-rt {entry.id}", daemon=True)
        self._thread.start()
        host, port = parse_address(config.addr)
        future = asyncio.run_coroutine_threadsafe(self._server.start(host, port), self._loop)
        try:
            port = future.result(_START_SECONDS)
        except OSError as error:
            self._loop.call_soon_threadsafe(self._loop.stop)
            raise _not_listening(entry, config.addr, error) from error
        shown = f"[{host}]" if ":" in host else host or "0.0.0.0"
        context.addresses[entry.id] = f"http://{shown}:{port}/"
        context.listeners.append(self._update)
        self._listens = True

    def cancel(self, _: str) -> None:
        """Take no more connections, and end when what has begun is answered."""
        self._post(None)

    def terminate(self) -> None:
        """End now."""
        self._post(0.0)

    def _post(self, grace_seconds: float | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._begin_closing, grace_seconds)

    def _begin_closing(self, grace_seconds: float | None) -> None:
        before = self._closing
        if before is not None:
            before.cancel()
        seconds = _LONG_SECONDS if grace_seconds is None else grace_seconds
        self._closing = self._loop.create_task(self._close(seconds))

    async def _close(self, grace_seconds: float) -> None:
        await self._server.close(grace_seconds)
        self._loop.stop()

    def _update(self) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._handler.update)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._context.addresses.pop(self._entry.id, None)
            with suppress(ValueError):
                self._context.listeners.remove(self._update)
            self._loop.run_until_complete(self._finish())
            self._loop.close()
            if self._listens:
                self._ended(ExitResult())

    async def _finish(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _seconds(text: str) -> float | None:
    """A duration in seconds; None, which stands for ever, for 0."""
    return (duration_ns(text) or 0) / _SECOND or None


def client_timeouts(config: HttpService) -> ClientTimeouts:
    """How long a service waits for its clients."""
    timeouts = config.timeouts
    return ClientTimeouts(_seconds(timeouts.read), _seconds(timeouts.write))


def observer(entry_id: str, context: ServiceContext) -> Callable[[Exchange, float], None]:
    """Counts, and traces and logs if that is wanted, the exchanges of a service."""

    def observe(exchange: Exchange, seconds: float) -> None:
        """A request was answered, or its client has gone (status 0)."""
        method = exchange.head.method if exchange.head.method in METHODS else "other"
        context.figures.request_answered(
            entry_id, exchange.answerer, method, exchange.status, seconds
        )
        if context.spans is not None:
            headers = {key.lower(): text.decode("latin-1") for key, text in exchange.head.fields}
            path = (exchange.head.target or "").partition("?")[0]
            context.spans.request_answered(
                headers, method, path, exchange.answerer, exchange.status, seconds
            )
        if logger.isEnabledFor(logging.DEBUG):
            fields = {"status": exchange.status, "ms": round(seconds * 1_000, 1)}
            logger.debug("%s", exchange, extra=fields)

    return observe


def _not_listening(entry: Entry, address: str, error: OSError) -> ProcessError:
    place = entry.raw.location(("addr",))
    if error.errno == errno.EADDRINUSE:
        kind, sentence = ProcessErrorKind.ALREADY_EXISTS, "the port is in use"
    elif error.errno in {errno.EACCES, errno.EPERM}:
        kind, sentence = ProcessErrorKind.PERMISSION_DENIED, "that is not permitted"
    else:
        kind, sentence = ProcessErrorKind.UNAVAILABLE, str(error.strerror or error)
    message = f"{entry.id} cannot listen at {address}: {sentence}"
    return ProcessError(message, kind, where=place, address=address)
