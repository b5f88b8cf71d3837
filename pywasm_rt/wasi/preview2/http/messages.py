"""Requests and responses as resources of ``wasi:http/types``."""

from __future__ import annotations

from dataclasses import dataclass

from pywasm_rt.component.values import Err, Ok, Variant
from pywasm_rt.operations import HttpBody
from pywasm_rt.wasi.capabilities.body import RawFields
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.http.bodies import IncomingBody, OutgoingBody, Transfer
from pywasm_rt.wasi.preview2.http.fields import Fields, Parent
from pywasm_rt.wasi.preview2.http.values import (
    is_authority,
    is_method,
    is_path,
    is_scheme,
    method_variant,
)

__all__ = [
    "IncomingRequest",
    "IncomingResponse",
    "OutgoingRequest",
    "OutgoingResponse",
    "RequestHead",
    "RequestOptions",
]

MIN_STATUS = 100
MAX_STATUS = 999


class _Incoming(Parent):
    """What requests and responses that come in have in common."""

    what = "an incoming message"

    def __init__(self, fields: RawFields, source: HttpBody, transfer: Transfer) -> None:
        super().__init__()
        self._fields = fields
        self._source = source
        self._transfer = transfer
        self._consumed = False

    def headers(self) -> Fields:
        """The fields, which cannot be changed."""
        return self.lend(self._fields)

    def consume(self) -> Ok | Err:
        """The body, once."""
        if self._consumed:
            return Err()
        self._consumed = True
        return Ok(IncomingBody(self._source, self._transfer))

    def drop(self) -> None:
        """The guest gives it up. Raises Trap while fields of it are there."""
        self.check_childless(self.what)
        self._transfer.release()


@dataclass(frozen=True, slots=True)
class RequestHead:
    """What stands before the body of a request that comes in; the scheme is HTTP or HTTPS."""

    method: str
    target: str | None
    scheme: str | None
    authority: str | None
    fields: RawFields


class IncomingRequest(_Incoming):
    """``incoming-request``; whoever serves makes it."""

    what = "an incoming request"

    def __init__(self, context: WasiContext, head: RequestHead, source: HttpBody) -> None:
        super().__init__(head.fields, source, Transfer(context, source.give_up))
        self.method = method_variant(head.method)
        self.path_with_query = head.target
        self.scheme = None if head.scheme is None else Variant(head.scheme)
        self.authority = head.authority


class IncomingResponse(_Incoming):
    """``incoming-response``."""

    what = "an incoming response"

    def __init__(
        self, status: int, fields: RawFields, source: HttpBody, transfer: Transfer
    ) -> None:
        super().__init__(fields, source, transfer)
        self.status = status
        transfer.hold()


class _Outgoing(Parent):
    """What requests and responses that are sent have in common."""

    what = "an outgoing message"
    size_error = HttpErrorCode.INTERNAL_ERROR

    def __init__(self, context: WasiContext, fields: Fields) -> None:
        super().__init__()
        self.fields = fields.take()
        self._context = context
        self._body: OutgoingBody | None = None

    def headers(self) -> Fields:
        """The fields, which cannot be changed."""
        return self.lend(self.fields)

    def body(self) -> Ok | Err:
        """The body to write, once."""
        if self._body is not None:
            return Err()
        self._body = OutgoingBody(self._context, self.fields, self.size_error)
        return Ok(self._body)

    def send(self) -> HttpBody | None:
        """Give it away; what is to be read of its body, if it has one.

        Raises Trap while fields of it are there.
        """
        self.check_childless(self.what)
        return None if self._body is None else self._body.body.source

    def drop(self) -> None:
        """The guest gives it up unsent. Raises Trap while fields of it are there."""
        self.check_childless(self.what)
        if self._body is not None:
            message = "the message that the body belongs to was dropped"
            error = HttpError(HttpErrorCode.CONNECTION_TERMINATED, message)
            self._body.body.source.give_up(error)


class OutgoingRequest(_Outgoing):
    """``outgoing-request``."""

    what = "an outgoing request"
    size_error = HttpErrorCode.HTTP_REQUEST_BODY_SIZE

    def __init__(self, context: WasiContext, fields: Fields) -> None:
        super().__init__(context, fields)
        self.method = Variant("get")
        self.path_with_query: str | None = None
        self.scheme: Variant | None = None
        self.authority: str | None = None

    def set_method(self, method: Variant) -> Ok | Err:
        """Change the method; an error if it is none."""
        if not is_method(method):
            return Err()
        self.method = method
        return Ok()

    def set_path_with_query(self, path: str | None) -> Ok | Err:
        """Change the path and query; an error if it is none."""
        if path is not None and not is_path(path):
            return Err()
        self.path_with_query = path
        return Ok()

    def set_scheme(self, scheme: Variant | None) -> Ok | Err:
        """Change the scheme; an error if it is none."""
        if scheme is not None and not is_scheme(scheme):
            return Err()
        self.scheme = scheme
        return Ok()

    def set_authority(self, authority: str | None) -> Ok | Err:
        """Change the authority; an error if it is none."""
        if authority is not None and not is_authority(authority):
            return Err()
        self.authority = authority
        return Ok()


class OutgoingResponse(_Outgoing):
    """``outgoing-response``."""

    what = "an outgoing response"
    size_error = HttpErrorCode.HTTP_RESPONSE_BODY_SIZE

    def __init__(self, context: WasiContext, fields: Fields) -> None:
        super().__init__(context, fields)
        self.status = 200

    def set_status(self, status: int) -> Ok | Err:
        """Change the status code; an error if it is none."""
        if not MIN_STATUS <= status <= MAX_STATUS:
            return Err()
        self.status = status
        return Ok()


@dataclass(slots=True)
class RequestOptions:
    """``request-options``: timeouts in nanoseconds, None for the host's own."""

    connect_timeout_ns: int | None = None
    first_byte_timeout_ns: int | None = None
    between_bytes_timeout_ns: int | None = None
