"""Endpoints: from a request to the function that answers it, and from its result to a response.

A client never sees more than a status and its name where something is wrong inside; what is wrong
with its request it is told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from pywasm_rt.app.application import Application
from pywasm_rt.app.deployment import Deployment
from pywasm_rt.app.entry import Entry
from pywasm_rt.app.kinds import HttpEndpoint, HttpRouter, HttpService
from pywasm_rt.app.program import Program
from pywasm_rt.errors import OperationError, ProcessError, ProcessErrorKind, WasmError
from pywasm_rt.http.arguments import (
    BadRequest,
    arguments_for,
    plain_response,
    response_of,
    simple_response,
)
from pywasm_rt.http.exchange import Exchange
from pywasm_rt.http.incoming import is_incoming_handler
from pywasm_rt.http.middleware import Middleware, make_middleware
from pywasm_rt.http.routing import Found, NotFound, Routes, WrongMethod
from pywasm_rt.process.http_message import ready
from pywasm_rt.process.interface import ExitResult
from pywasm_rt.process.pid import PID
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead

__all__ = ["Endpoint", "EndpointHandler", "Router", "make_routers", "router_of", "server_of"]

logger = logging.getLogger(__name__)

_READ_BYTES = 65_536
_PHRASES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An ``http.endpoint`` that can be used: the function's ID and program (None for others)."""

    id: str
    function_id: str
    program: Program | None

    @property
    def streams(self) -> bool:
        """Whether the function gets the exchange itself, as ``wasi:http/incoming-handler``."""
        return self.program is not None and is_incoming_handler(self.program)


@dataclass(frozen=True, slots=True)
class Router:
    """An ``http.router`` with its endpoints."""

    id: str
    prefix: str
    middleware: tuple[Middleware, ...]
    routes: Routes[Endpoint] = field(default_factory=Routes)

    def covers(self, path: str) -> bool:
        """Whether a path is below the prefix."""
        return path == self.prefix or path.startswith(self.prefix + "/") or not self.prefix


def router_of(application: Application, endpoint: Entry) -> str | None:
    """The router of an endpoint: the one it names, or the only one there is."""
    if endpoint.meta.router is not None:
        return endpoint.meta.router
    routers = [entry.id for entry in application.entries.values() if entry.kind == "http.router"]
    return routers[0] if len(routers) == 1 else None


def server_of(application: Application, router: Entry) -> str | None:
    """The server of a router: the one it names, or the only one there is."""
    if router.meta.server is not None:
        return router.meta.server
    servers = [entry.id for entry in application.entries.values() if entry.kind == "http.service"]
    return servers[0] if len(servers) == 1 else None


def make_routers(
    application: Application, server_id: str, now_ns: Callable[[], int]
) -> tuple[Router, ...]:
    """The routers of a server with their endpoints, the longest prefix first."""
    routers: dict[str, Router] = {}
    for entry in application.of_kind("http.router"):
        config = entry.config
        if isinstance(config, HttpRouter) and server_of(application, entry) == server_id:
            middleware = tuple(
                make_middleware(name, config.options, now_ns) for name in config.middleware
            )
            routers[entry.id] = Router(entry.id, config.prefix.rstrip("/"), middleware)
    for entry in application.of_kind("http.endpoint"):
        config = entry.config
        router = routers.get(router_of(application, entry) or "")
        if router is not None and isinstance(config, HttpEndpoint):
            program = application.resources.programs.get(config.func)
            endpoint = Endpoint(entry.id, config.func, program)
            router.routes.add(config.method, config.path, endpoint)
    return tuple(sorted(routers.values(), key=lambda it: (-len(it.prefix), it.id)))


class EndpointHandler:
    """Answers the requests of one ``http.service``."""

    def __init__(self, deployment: Deployment, server_id: str, now_ns: Callable[[], int]) -> None:
        self._deployment = deployment
        self._server_id = server_id
        self._now_ns = now_ns
        self._routers: tuple[Router, ...] = ()
        self._max_requests = 0
        self._max_body_bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self.update()

    def update(self) -> None:
        """Take the entries as they are now; requests that have begun go on."""
        application = self._deployment.application
        config = application.entry(self._server_id).config
        assert isinstance(config, HttpService), "only such an entry has a handler"
        self._max_requests = config.max_requests
        self._max_body_bytes = config.max_body_bytes
        self._routers = make_routers(application, self._server_id, self._now_ns)

    def begin(self, exchange: Exchange) -> None:
        """Begin to answer. Raises OperationError if there is too much to do."""
        if self._under_way >= self._max_requests:
            raise OperationError(f"{self._max_requests} requests are under way")
        path, _, query = (exchange.head.target or "/").partition("?")
        router, found = self._find(exchange.head.method, path)
        if router is not None and self._intercepted(router, exchange):
            return
        match found:
            case Found(endpoint, parameters):
                exchange.answerer = endpoint.id
                self._answer(endpoint, exchange, parameters, query)
            case WrongMethod(allowed) if exchange.head.method == "OPTIONS":
                allow = ("Allow", ", ".join(allowed).encode())
                exchange.responder.settle(ResponseHead(204, (allow,), None))
            case WrongMethod(allowed):
                _refuse(exchange, 405, "", ("Allow", ", ".join(allowed).encode()))
            case _:
                _refuse(exchange, 404)

    def _find(
        self, method: str, path: str
    ) -> tuple[Router | None, Found[Endpoint] | NotFound | WrongMethod]:
        """The router of a path, and what is there."""
        first: Router | None = None
        answer: tuple[Router | None, Found[Endpoint] | NotFound | WrongMethod] | None = None
        for router in self._routers:
            if not router.covers(path):
                continue
            first = first or router
            found = router.routes.find(method, path[len(router.prefix) :])
            if isinstance(found, Found):
                return router, found
            if isinstance(found, WrongMethod) and answer is None:
                answer = router, found
        return answer if answer is not None else (first, NotFound())

    def _intercepted(self, router: Router, exchange: Exchange) -> bool:
        """Let the middleware look at a request; whether one has answered it."""
        for middleware in router.middleware:
            exchange.decorations.insert(0, partial(middleware.after, exchange))
            head = middleware.before(exchange)
            if head is not None:
                exchange.responder.settle(head)
                return True
        return False

    def _answer(
        self, endpoint: Endpoint, exchange: Exchange, parameters: Mapping[str, str], query: str
    ) -> None:
        if endpoint.streams:
            self._stream(endpoint, exchange)
        elif exchange.has_body:
            coroutine = self._read_and_call(endpoint, exchange, parameters, query)
            task = asyncio.get_running_loop().create_task(coroutine)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._call(endpoint, exchange, parameters, query, b"")

    async def _read_and_call(
        self, endpoint: Endpoint, exchange: Exchange, parameters: Mapping[str, str], query: str
    ) -> None:
        """Read the body as a whole, then call."""
        source = exchange.body.source
        pieces: list[bytes] = []
        size = 0
        try:
            while True:
                if not source.ready():
                    await ready(source)
                piece = source.read(_READ_BYTES)
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
                if size > self._max_body_bytes:
                    _refuse(exchange, 413, f"a body may have {self._max_body_bytes} bytes")
                    return
        except OperationError as error:
            logger.info("%s: the body broke off: %s", exchange, error)
            _refuse(exchange, 400, "the body broke off")
            return
        self._call(endpoint, exchange, parameters, query, b"".join(pieces))

    def _call(
        self,
        endpoint: Endpoint,
        exchange: Exchange,
        parameters: Mapping[str, str],
        query: str,
        body: bytes,
    ) -> None:
        program = endpoint.program
        try:
            arguments: tuple[object, ...] = (body.decode("utf-8", "surrogateescape"),)
            if program is not None:
                arguments = arguments_for(program, parameters, query, body)
            call = self._deployment.begin_call(endpoint.function_id, arguments, here=True)
        except BadRequest as error:
            _refuse(exchange, 400, str(error))
        except ProcessError as error:
            _refuse_for(exchange, error)
        else:
            pid, future = call
            self._count(future, partial(_respond, exchange, program))
            exchange.responder.when_given_up(partial(self._terminate, pid))

    def _stream(self, endpoint: Endpoint, exchange: Exchange) -> None:
        try:
            pid, future = self._deployment.begin_call(endpoint.function_id, (exchange,))
        except ProcessError as error:
            _refuse_for(exchange, error)
        else:
            self._count(future, partial(_settle, exchange))
            # It may have begun to answer, and still be at it.
            exchange.when_gone(lambda: None if future.done() else self._terminate(pid))

    def _count(
        self, future: Future[ExitResult], ended: Callable[[Future[ExitResult]], None]
    ) -> None:
        """One more is under way, until it has ended and ``ended`` was called."""
        self._under_way += 1

        def over(future: Future[ExitResult]) -> None:
            self._under_way -= 1
            ended(future)

        future.add_done_callback(over)

    def _terminate(self, pid: PID) -> None:
        """End the process of a client that has left."""
        with suppress(ProcessError):
            self._deployment.runner.terminate(pid)


def _respond(exchange: Exchange, program: Program | None, future: Future[ExitResult]) -> None:
    """A function has ended."""
    try:
        result = future.result()
        if result.error is not None:
            _refuse_for(exchange, result.error)
            return
        if program is None:  # a function of Lua or Python
            exchange.responder.settle(plain_response(result.value))
        else:
            exchange.responder.settle(response_of(result.value, program.type.result))
    except WasmError as error:
        logger.error("%s: %s", exchange, error)
        _refuse(exchange, 500)


def _settle(exchange: Exchange, future: Future[ExitResult]) -> None:
    """A guest that answers by itself has ended: if there is no response yet, there will be none."""
    error = future.exception() or future.result().error
    if error is None:
        exchange.responder.fail(OperationError("the guest ended without a response"))
    elif exchange.is_gone:
        exchange.responder.fail(OperationError(str(error)))
    elif exchange.responder.is_settled:
        logger.error("%s: %s", exchange, error)
    elif isinstance(error, ProcessError):
        _refuse_for(exchange, error)
    else:
        exchange.responder.fail(OperationError(str(error)))


def _refuse_for(exchange: Exchange, error: ProcessError) -> None:
    """Tell the client that something failed, and the log what."""
    status = 500
    if error.kind is ProcessErrorKind.TIMEOUT:
        status = 504
    elif error.kind in {ProcessErrorKind.RATE_LIMITED, ProcessErrorKind.UNAVAILABLE}:
        status = 503
    logger.error("%s: %s", exchange, error)
    fields = (("Retry-After", b"1"),) if status == 503 else ()
    _refuse(exchange, status, "", *fields)


def _refuse(
    exchange: Exchange, status: int, sentence: str = "", *fields: tuple[str, bytes]
) -> None:
    """A plain response; ``sentence`` is what the client did wrong."""
    text = f"{status} {_PHRASES[status]}" + (f": {sentence}" if sentence else "") + "\n"
    content_type = ("Content-Type", b"text/plain; charset=utf-8")
    head = simple_response(status, text.encode("utf-8", "replace"), content_type, *fields)
    exchange.responder.settle(head)
