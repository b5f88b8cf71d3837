"""Sending HTTP/1.1 requests on the dispatcher's event loop, with h11 and ssl.

Each request has a connection of its own. Its body is sent while the guest writes it, and the
response's received while the guest reads it; both may go on at the same time.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

import h11

from pywasm_rt.operations import HttpBody, HttpRequest, HttpResponse, ResolveAddresses
from pywasm_rt.process.http_message import Wire, raw_fields, sendable_fields
from pywasm_rt.wasi.capabilities.body import Body
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.capabilities.network import ip_address

__all__ = ["HttpClient"]

_NANOSECONDS = 1_000_000_000
DEFAULT_TIMEOUT_SECONDS = 600.0
# How long an address is tried before the next one is tried beside it (RFC 8305).
_HEAD_START_SECONDS = 0.25
_OWN_FIELDS = {"connection", "host", "transfer-encoding"}
_WITH_LENGTH = {"POST", "PUT", "PATCH"}
_HEADERS_TOO_LARGE = 431

_UNROUTABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}
_RCODES = {
    socket.EAI_NONAME: "NXDOMAIN",
    socket.EAI_AGAIN: "SERVFAIL",
    socket.EAI_FAIL: "SERVFAIL",
}


class HttpClient:
    """Sends requests. ``resolve`` looks up names, ``tls`` says whom to believe (None: the system's
    authorities).
    """

    def __init__(
        self,
        resolve: Callable[[ResolveAddresses], Awaitable[tuple[str, ...]]],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._resolve = resolve
        self._tls = tls
        self._downloads: set[asyncio.Task[None]] = set()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The response to a request, as soon as its head is there. Raises HttpError."""
        wire = await self._connect(request)
        upload = asyncio.create_task(_upload(wire, request))
        upload.add_done_callback(_retrieve)
        try:
            head = await _first(upload, _receive_head(wire, request))
        except BaseException:
            upload.cancel()
            wire.abort()
            raise
        body = Body()
        download = asyncio.create_task(_download(wire, body, request))
        self._downloads.add(download)

        def end(_: object) -> None:
            # Also if it was cancelled before it began.
            self._downloads.discard(download)
            upload.cancel()
            wire.abort()
            message = "the exchange has ended"
            body.sink.fail(HttpError(HttpErrorCode.CONNECTION_TERMINATED, message))
            _stop_reading(request.body)

        download.add_done_callback(end)
        return HttpResponse(head.status_code, raw_fields(head.headers), body.source)

    async def _connect(self, request: HttpRequest) -> Wire:
        """A connection to the host, within the time for that. Raises HttpError."""
        phase = HttpErrorCode.DNS_TIMEOUT
        try:
            async with asyncio.timeout(_seconds(request.connect_timeout_ns)):
                addresses = await self._addresses(request.host)
                phase = HttpErrorCode.CONNECTION_TIMEOUT
                connection = await connect_first(addresses, request.port)
                try:
                    streams = await self._streams(connection, request)
                except BaseException:
                    connection.close()
                    raise
        except TimeoutError as error:
            raise HttpError(phase, f"{request.host}:{request.port}") from error
        return Wire(*streams)

    async def _addresses(self, host: str) -> tuple[str, ...]:
        if ip_address(host) is not None:
            return (host,)
        try:
            return await self._resolve(ResolveAddresses(host))
        except socket.gaierror as error:
            rcode = _RCODES.get(error.errno or 0)
            raise HttpError.of_lookup(f"{host}: {error.strerror}", rcode) from error

    async def _streams(
        self, connection: socket.socket, request: HttpRequest
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if request.scheme == "http":
            return await asyncio.open_connection(sock=connection)
        if self._tls is None:
            self._tls = ssl.create_default_context()
        try:
            return await asyncio.open_connection(
                sock=connection, ssl=self._tls, server_hostname=request.host
            )
        except ssl.SSLCertVerificationError as error:
            message = error.verify_message
            raise HttpError(HttpErrorCode.TLS_CERTIFICATE_ERROR, message) from error
        except ssl.SSLError as error:
            raise _tls_error(error.reason or "") from error
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise HttpError(HttpErrorCode.CONNECTION_TERMINATED, "during the handshake") from error


def _seconds(timeout_ns: int | None) -> float:
    return DEFAULT_TIMEOUT_SECONDS if timeout_ns is None else timeout_ns / _NANOSECONDS


async def connect_first(addresses: Iterable[str], port: int) -> socket.socket:
    """A connection to the first of the addresses that answers. Raises HttpError."""
    untried = deque(addresses)
    attempts: set[asyncio.Task[socket.socket]] = set()
    failures: list[OSError] = []
    try:
        while untried or attempts:
            if untried:
                attempts.add(asyncio.create_task(_connect_to(untried.popleft(), port)))
            patience = _HEAD_START_SECONDS if untried else None
            done, _ = await asyncio.wait(
                attempts, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                attempts.discard(attempt)
                try:
                    return attempt.result()
                except OSError as error:
                    failures.append(error)
    finally:
        for attempt in attempts:
            attempt.cancel()
            attempt.add_done_callback(_close_result)
    if not failures:
        raise HttpError(HttpErrorCode.DESTINATION_NOT_FOUND, "the host has no addresses")
    raise _connect_error(failures[0]) from failures[0]


async def _connect_to(address: str, port: int) -> socket.socket:
    """A connection to one address. Raises OSError."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(0)
        await loop.sock_connect(connection, (address, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection


def _close_result(attempt: asyncio.Task[socket.socket]) -> None:
    """A connection that came second."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()


def _connect_error(error: OSError) -> HttpError:
    code = HttpErrorCode.DESTINATION_UNAVAILABLE
    if isinstance(error, ConnectionRefusedError):
        code = HttpErrorCode.CONNECTION_REFUSED
    elif isinstance(error, PermissionError):
        code = HttpErrorCode.DESTINATION_IP_PROHIBITED
    elif error.errno in _UNROUTABLE:
        code = HttpErrorCode.DESTINATION_IP_UNROUTABLE
    elif isinstance(error, TimeoutError):
        code = HttpErrorCode.CONNECTION_TIMEOUT
    return HttpError(code, error.strerror or "")


def _tls_error(reason: str) -> HttpError:
    """The error for OpenSSL's word, such as ``SSLV3_ALERT_HANDSHAKE_FAILURE``."""
    _, alert, name = reason.partition("_ALERT_")
    if not alert:
        return HttpError(HttpErrorCode.TLS_PROTOCOL_ERROR, reason)
    known = ssl.AlertDescription.__members__.get(f"ALERT_DESCRIPTION_{name}")
    return HttpError.of_alert(name.lower().replace("_", " "), None if known is None else int(known))


async def _first(upload: asyncio.Task[None], receiving: Awaitable[h11.Response]) -> h11.Response:
    """The head of the response; if the guest breaks off its request first, that error."""
    head = asyncio.ensure_future(receiving)
    try:
        await asyncio.wait({upload, head}, return_when=asyncio.FIRST_COMPLETED)
        if upload.done() and not upload.cancelled() and not head.done():
            failure = upload.exception()
            if failure is not None:
                raise failure
        return await head
    finally:
        head.cancel()


async def _upload(wire: Wire, request: HttpRequest) -> None:
    """Send the request. Raises what the guest's body ends with, HttpError.

    A server that listens no longer may still answer: that is for whoever receives to find out.
    """
    body = request.body
    fields = [it for it in request.headers if it[0].lower() not in _OWN_FIELDS]
    names = {name.lower() for name, _ in fields}
    if body is not None and body.is_complete and not body.trailers:
        body = None
    wire.sends_chunks = body is not None and "content-length" not in names
    if wire.sends_chunks:
        fields.append(("Transfer-Encoding", b"chunked"))
    elif body is None and request.method in _WITH_LENGTH and "content-length" not in names:
        fields.append(("Content-Length", b"0"))
    host = ("Host", request.authority.removesuffix(":").encode())
    fields = [host, *fields, ("Connection", b"close")]
    try:
        await wire.send(
            h11.Request(
                method=request.method,
                target=request.target,
                headers=sendable_fields(fields),
            )
        )
        if body is None:
            await wire.send(h11.EndOfMessage())
        else:
            await wire.send_body(body)
    except h11.LocalProtocolError as error:
        raise HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, str(error)) from error
    except OSError:
        _stop_reading(request.body)


def _retrieve(upload: asyncio.Task[None]) -> None:
    """Look at how an upload ended, which may be nobody's business any more."""
    if not upload.cancelled():
        upload.exception()


def _stop_reading(body: HttpBody | None) -> None:
    if body is not None and not body.is_complete:
        message = "the server does not listen any more"
        body.give_up(HttpError(HttpErrorCode.CONNECTION_TERMINATED, message))


async def _receive_head(wire: Wire, request: HttpRequest) -> h11.Response:
    """The head of the response, within the time for that. Raises HttpError."""
    try:
        async with asyncio.timeout(_seconds(request.first_byte_timeout_ns)):
            while True:
                event = await wire.receive()
                if isinstance(event, h11.Response):
                    return event
                if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
                    break
    except (h11.RemoteProtocolError, OSError) as error:
        if wire.received_bytes or isinstance(error, OSError):
            raise _receive_error(error) from error
        message = "the server closed without a response"
        raise HttpError(HttpErrorCode.CONNECTION_TERMINATED, message) from error
    if isinstance(event, h11.InformationalResponse):
        raise HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, "the server switched protocols")
    raise HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, f"{event} in place of a response")


async def _download(wire: Wire, body: Body, request: HttpRequest) -> None:
    """Receive the response's body as the guest reads it; end early if it does not want it."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None, "this runs as a task"

    def look() -> None:
        if not body.sink.is_wanted:
            # The loop is closed if the program ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(task.cancel)

    body.sink.watch(look)
    try:
        if body.sink.is_wanted:
            await wire.receive_body(body, _seconds(request.between_bytes_timeout_ns))
    except (h11.RemoteProtocolError, OSError) as error:
        body.sink.fail(_receive_error(error))
    finally:
        body.sink.unwatch(look)


def _receive_error(error: h11.RemoteProtocolError | OSError) -> HttpError:
    if isinstance(error, TimeoutError) and error.errno is None:
        return HttpError(HttpErrorCode.CONNECTION_READ_TIMEOUT)
    if isinstance(error, h11.RemoteProtocolError):
        message = str(error)
        if error.error_status_hint == _HEADERS_TOO_LARGE:
            return HttpError(HttpErrorCode.HTTP_RESPONSE_HEADER_SECTION_SIZE, message)
        if "closed" in message:
            return HttpError(HttpErrorCode.HTTP_RESPONSE_INCOMPLETE, message)
        return HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, message)
    return HttpError(HttpErrorCode.CONNECTION_TERMINATED, error.strerror or "")
