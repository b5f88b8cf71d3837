"""ASGI's words (its HTTP specification, version 2) for what handlers ask and answer."""

from __future__ import annotations

import http
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import quote, urlsplit

from pywasm_rt.wasi.capabilities.body import RawFields
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead
from pywasm_rt.wasi.preview2.http.fields import without_forbidden
from pywasm_rt.wasi.preview2.http.messages import RequestHead

__all__ = [
    "EARLY_HINT",
    "REQUEST_TRAILERS",
    "TRAILERS",
    "Headers",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "declared_length",
    "expects_to_be_asked",
    "has_body",
    "phrase",
    "request_head",
    "response_headers",
    "trailer_fields",
    "trailer_headers",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

TRAILERS = "http.response.trailers"
EARLY_HINT = "http.response.early_hint"
REQUEST_TRAILERS = "pywasm_rt.http.request.trailers"
"""Our own extension, since ASGI has none: the last ``http.request`` message of a server that offers
it has the key ``trailers``, which are like headers."""

_BAD_REQUEST, _NOT_IMPLEMENTED = 400, 501
_FINAL_STATUSES = range(200, 600)
_TOKEN = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-z]+")
_NOT_IN_VALUES = re.compile(rb"[\0\r\n\f\v]")
# Fields that frame a message, or say where it goes: never at its end (RFC 9110, 6.5.1).
_NOT_IN_TRAILERS = {b"content-length", b"host", b"trailer", b"transfer-encoding"}
_NOT_IN_TRAILERS |= {b"content-encoding"}


def phrase(status: int) -> str:
    """The name of a status; "" if it has none."""
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""


def request_head(scope: Scope) -> RequestHead | int:
    """What a handler sees of a request; the status to refuse it with, if it makes no sense."""
    method: str = scope["method"]
    if method == "CONNECT":
        return _NOT_IMPLEMENTED
    fields = [(name.decode("latin-1"), bytes(value)) for name, value in scope["headers"]]
    hosts = [value.decode("latin-1") for name, value in fields if name == "host"]
    authority = hosts[0] if hosts else None
    target = _path(scope)
    query = scope.get("query_string", b"").decode("ascii", "replace")
    if query:
        target += "?" + query
    if not target.startswith("/") and target != "*":
        # A proxy's clients write the whole URL; what it says counts.
        try:
            url = urlsplit(target)
        except ValueError:
            return _BAD_REQUEST
        if url.scheme not in {"http", "https"} or not url.netloc:
            return _BAD_REQUEST
        authority = url.netloc
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    scheme = "HTTPS" if scope.get("scheme") == "https" else "HTTP"
    return RequestHead(method, target, scheme, authority, without_forbidden(fields))


def _path(scope: Scope) -> str:
    """The path as it was written, below where the application is mounted."""
    raw: bytes | None = scope.get("raw_path")
    path = quote(scope["path"], safe="/:@!$&'()*+,;=-._~%") if raw is None else _text(raw)
    root = scope.get("root_path", "")
    mounted = quote(root, safe="/:@!$&'()*+,;=-._~%").rstrip("/") if root else ""
    if mounted and (path == mounted or path.startswith(mounted + "/")):
        return path[len(mounted) :] or "/"
    return path


def _text(raw: bytes) -> str:
    return raw.decode("ascii", "replace")


def has_body(scope: Scope) -> bool:
    """Whether a body may follow a request: HTTP/1 says so, later versions need not."""
    length: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return True
        if name == b"content-length":
            length = value
    if length is None:
        return not str(scope.get("http_version", "1.1")).startswith("1")
    return length != b"0"


def expects_to_be_asked(scope: Scope) -> bool:
    """Whether the client waits with the body (``Expect: 100-continue``)."""
    return any(
        name == b"expect" and value.lower() == b"100-continue" for name, value in scope["headers"]
    )


def response_headers(head: ResponseHead) -> Headers:
    """The fields of a response. Raises HttpError for a head that no server could send."""
    if head.status not in _FINAL_STATUSES:
        raise _unsendable(f"{head.status} is no status of a response")
    headers = _headers(head.fields)
    lengths = {value for name, value in headers if name == b"content-length"}
    if len(lengths) > 1:
        raise _unsendable("conflicting Content-Length fields")
    if not all(length.isdigit() for length in lengths):
        raise _unsendable("a Content-Length that is no number")
    for name, value in headers:
        if not _TOKEN.fullmatch(name) or _NOT_IN_VALUES.search(value):
            raise _unsendable(f"the field {name.decode('latin-1')!r} cannot be sent")
    return headers


def declared_length(headers: Headers) -> int | None:
    """How long the body is said to be."""
    return next((int(value) for name, value in headers if name == b"content-length"), None)


def trailer_headers(fields: RawFields) -> Headers:
    """Trailers to be sent: without what must not stand behind a body."""
    return [it for it in _headers(fields) if it[0] not in _NOT_IN_TRAILERS]


def trailer_fields(message: Message) -> RawFields:
    """The trailers of a request, where the server tells them."""
    return tuple((name.decode("latin-1"), value) for name, value in message.get("trailers", ()))


def _headers(fields: Iterable[tuple[str, bytes]]) -> Headers:
    """Names in lower case, as ASGI wants them; white space around a value is no part of it."""
    return [
        (name.lower().encode("latin-1", "replace"), value.strip(b" \t")) for name, value in fields
    ]


def _unsendable(sentence: str) -> HttpError:
    return HttpError(HttpErrorCode.HTTP_PROTOCOL_ERROR, sentence)
