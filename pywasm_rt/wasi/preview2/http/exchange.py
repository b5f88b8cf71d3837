"""Sending requests (``outgoing-handler``) and giving responses (``response-outparam``)."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from pywasm_rt.component.values import Err, Ok
from pywasm_rt.errors import OperationError
from pywasm_rt.operations import (
    Begin,
    HttpBody,
    HttpRequest,
    HttpResponse,
    Operation,
    Readable,
    Wait,
)
from pywasm_rt.wasi.capabilities.answer import PendingAnswer
from pywasm_rt.wasi.capabilities.body import RawFields
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.http.bodies import Transfer
from pywasm_rt.wasi.preview2.http.fields import Fields, without_forbidden
from pywasm_rt.wasi.preview2.http.messages import (
    IncomingResponse,
    OutgoingRequest,
    OutgoingResponse,
    RequestOptions,
)
from pywasm_rt.wasi.preview2.http.values import (
    error_of,
    error_variant,
    method_text,
    split_authority,
)

__all__ = ["FutureIncomingResponse", "ResponseHead", "ResponseOutparam", "handle"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_INFORMATIONAL = range(100, 200)
_SWITCHING_PROTOCOLS = 101


class FutureIncomingResponse:
    """``future-incoming-response`` and its pollable."""

    def __init__(self, context: WasiContext) -> None:
        self.answer = PendingAnswer(_discard)
        self._transfer = Transfer(context, self._give_up)
        self._taken = False
        self._body: HttpBody | None = None

    def get(self) -> Ok | Err | None:
        """``option<result<result<incoming-response, error-code>>>``: the response, once."""
        if not self.answer.ready():
            return None
        if self._taken:
            return Err()
        self._taken = True
        try:
            response = self.answer.result()
        except (OSError, OperationError) as error:
            return Ok(Err(error_variant(error)))
        assert isinstance(response, HttpResponse), "HttpRequest gives one"
        fields = without_forbidden(response.headers)
        self._body = response.body
        return Ok(Ok(IncomingResponse(response.status, fields, response.body, self._transfer)))

    def pending(self) -> Wait | None:
        """What to wait for until the response is there; None if it is."""
        return None if self.answer.ready() else Readable(self.answer)

    def advance(self) -> bool:
        """Whether it is ready, now that the wait is over: always."""
        return True

    def drop(self) -> None:
        """The guest gives it up; a response that it has taken stays."""
        self._transfer.release()

    def _give_up(self) -> None:
        self.answer.give_up()
        if self._body is not None:
            self._body.give_up()
        elif self.answer.ready() and not self._taken:
            self._taken = True
            try:
                _discard(self.answer.result())
            except (OSError, OperationError):
                return  # there is nothing to give up


def _discard(response: object) -> None:
    """Give up a response that nobody wants."""
    if isinstance(response, HttpResponse):
        response.body.give_up()


def handle(
    context: WasiContext, request: OutgoingRequest, options: RequestOptions | None
) -> Generator[Operation, object, Ok | Err]:
    """``outgoing-handler.handle``: begin to send a request."""
    body = request.send()
    try:
        operation = _operation(context, request, body, options or RequestOptions())
    except HttpError as error:
        if body is not None:
            body.give_up(error)
        return Err(error_variant(error))
    future = FutureIncomingResponse(context)
    yield Begin(operation, future.answer)
    return Ok(future)


def _operation(
    context: WasiContext, request: OutgoingRequest, body: HttpBody | None, options: RequestOptions
) -> HttpRequest:
    """The request as the host sends it. Raises HttpError for one that is not to be sent."""
    method = method_text(request.method)
    if method == "CONNECT":
        raise HttpError(HttpErrorCode.HTTP_REQUEST_METHOD_INVALID, "CONNECT makes a tunnel")
    scheme = "https" if request.scheme is None else request.scheme.tag.lower()
    if scheme not in _DEFAULT_PORTS:
        raise HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, "neither http nor https")
    authority = request.authority
    place = None if authority is None else split_authority(authority)
    if authority is None or place is None:
        raise HttpError(HttpErrorCode.HTTP_REQUEST_URI_INVALID, "the request has no authority")
    host, port = place[0], place[1] or _DEFAULT_PORTS[scheme]
    if not context.network.http.allows_host(host, port):
        raise HttpError(HttpErrorCode.HTTP_REQUEST_DENIED, f"no grant allows {host}:{port}")
    if not context.has_room:
        message = f"the limit is {context.limits.open_handles}"
        raise HttpError(HttpErrorCode.CONNECTION_LIMIT_REACHED, message)
    return HttpRequest(
        method,
        scheme,
        host,
        port,
        authority,
        _target(request.path_with_query or "/", method),
        request.fields,
        body,
        _at_most(options.connect_timeout_ns, context),
        _at_most(options.first_byte_timeout_ns, context),
        _at_most(options.between_bytes_timeout_ns, context),
    )


def _target(path: str, method: str) -> str:
    """The request target. Raises HttpError."""
    if path == "*" and method != "OPTIONS":
        raise HttpError(HttpErrorCode.HTTP_REQUEST_URI_INVALID, "* is for OPTIONS only")
    return f"/{path}" if path.startswith("?") else path


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """A response that a guest gives; ``body`` None means an empty one."""

    status: int
    fields: RawFields
    body: HttpBody | None


class ResponseOutparam:
    """``response-outparam``: where a guest puts its response.

    ``answer`` gets a :class:`ResponseHead`, or the HttpError that the guest gives instead.
    ``inform``, if there is one, sends a response before the response (1xx).
    """

    def __init__(
        self, answer: PendingAnswer, inform: Callable[[int, RawFields], object] | None = None
    ) -> None:
        self._answer = answer
        self._inform = inform

    def set(self, response: Ok | Err) -> None:
        """Give the response, or an error."""
        given = response.value
        if isinstance(response, Err):
            assert given is not None, "the error of a response has a value"
            self._answer.fail(error_of(given))
            return
        assert isinstance(given, OutgoingResponse), "no other type fits"
        body = given.send()
        if given.status in _INFORMATIONAL:
            message = f"status {given.status} is not that of a response"
            error = HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, message)
            if body is not None:
                body.give_up(error)
            self._answer.fail(error)
            return
        self._answer.settle(ResponseHead(given.status, given.fields, body))

    def send_informational(self, status: int, fields: Fields) -> Ok | Err:
        """Send a 1xx response before the response."""
        raw = fields.take()
        if status not in _INFORMATIONAL:
            message = f"{status} is not informational"
            return Err(error_variant(HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, message)))
        if self._inform is None or status == _SWITCHING_PROTOCOLS:
            message = "not supported here"
            return Err(error_variant(HttpError(HttpErrorCode.INTERNAL_ERROR, message, message)))
        self._inform(status, raw)
        return Ok()

    def drop(self) -> None:
        """The guest gives no response."""
        self._answer.fail(HttpError(HttpErrorCode.INTERNAL_ERROR, "the guest gave no response"))


def _at_most(timeout_ns: int | None, context: WasiContext) -> int | None:
    """A timeout of the guest's, within what the limits allow."""
    limit_ms = context.limits.socket_timeout_ms
    if limit_ms is None:
        return timeout_ns
    return min(limit_ms * 1_000_000, limit_ms * 1_000_000 if timeout_ns is None else timeout_ns)
