"""Methods, schemes, authorities, paths and errors between WIT's shape and HTTP's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pywasm_rt.component.values import Variant
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasi.capabilities.network import MAX_PORT, ip_address, normal_name

__all__ = [
    "VERSION",
    "content_length",
    "error_of",
    "error_variant",
    "is_authority",
    "is_method",
    "is_path",
    "is_scheme",
    "method_text",
    "method_variant",
    "split_authority",
]

VERSION = "0.2.12"
_METHODS = ("get", "head", "post", "put", "delete", "connect", "options", "trace", "patch")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*")
# Printable ASCII without what ends a path (space, #) or cannot stand in one (<, >).
_PATH = re.compile(r"(?:[/?][!\"$-;=?-~]*)?|\*")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[!-9;-Z_a-z~]+)(?::(?P<port>[0-9]{0,5}))?")
_DIGITS = re.compile(r"[0-9]{1,19}")
_FIELD_SIZE = {"field-name": None, "field-size": None}
# What a case carries when nothing is known of it; other cases carry an option, or nothing.
_EMPTY_PAYLOADS: Mapping[HttpErrorCode, object] = {
    HttpErrorCode.DNS_ERROR: {"rcode": None, "info-code": None},
    HttpErrorCode.TLS_ALERT_RECEIVED: {"alert-id": None, "alert-message": None},
    HttpErrorCode.HTTP_REQUEST_TRAILER_SIZE: _FIELD_SIZE,
    HttpErrorCode.HTTP_RESPONSE_HEADER_SIZE: _FIELD_SIZE,
    HttpErrorCode.HTTP_RESPONSE_TRAILER_SIZE: _FIELD_SIZE,
}


def method_variant(method: str) -> Variant:
    """A ``method``."""
    tag = method.lower()
    if tag in _METHODS and method.isupper():
        return Variant(tag)
    return Variant("other", method)


def method_text(method: Variant) -> str:
    """The method as it stands in a request."""
    return str(method.payload) if method.tag == "other" else method.tag.upper()


def is_method(method: Variant) -> bool:
    """Whether it can stand in a request."""
    return _TOKEN.fullmatch(method_text(method)) is not None


def is_scheme(scheme: Variant) -> bool:
    """Whether it can begin a URI."""
    return scheme.tag != "other" or _SCHEME.fullmatch(str(scheme.payload)) is not None


def is_path(path: str) -> bool:
    """Whether it is a path, or a query, or both; or the ``*`` of OPTIONS."""
    return _PATH.fullmatch(path) is not None


def split_authority(authority: str) -> tuple[str, int | None] | None:
    """Host and port (None if not given) of an authority; None if it is none.

    What stands before an ``@`` there would be sent to nobody, so it is not taken.
    """
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return None
    host, port = match["host"], int(match["port"] or 0)
    if host.startswith("["):
        address = ip_address(host)
        if address is None or address.version != 6:
            return None
        host = str(address)
    elif normal_name(host) is None:
        return None
    if match["port"] and not 0 < port <= MAX_PORT:
        return None
    return host, port or None


def is_authority(authority: str) -> bool:
    """Whether it is a host, and maybe a port."""
    return split_authority(authority) is not None


def content_length(fields: Iterable[tuple[str, bytes]]) -> int | None:
    """What a message's fields say of the size of its body, in bytes; None for nothing valid."""
    values = {value for name, value in fields if name.lower() == "content-length"}
    if len(values) != 1:
        return None
    text = values.pop().decode("latin-1").strip()
    return int(text) if _DIGITS.fullmatch(text) else None


def error_variant(error: Exception) -> Variant:
    """An ``error-code``."""
    if not isinstance(error, HttpError):
        return Variant(str(HttpErrorCode.INTERNAL_ERROR), str(error))
    payload = error.payload
    if payload is None:
        payload = _EMPTY_PAYLOADS.get(error.code)
    return Variant(str(error.code), payload)


def error_of(code: Variant) -> HttpError:
    """The error that an ``error-code`` stands for."""
    detail = code.payload if isinstance(code.payload, str) else ""
    return HttpError(HttpErrorCode(code.tag), detail, code.payload)
