"""``http.service``, ``http.router`` and ``http.endpoint``: answering requests with functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from pywasm_rt.app.kinds.configuration import Configuration, Count, Reference, Text, fault
from pywasm_rt.app.kinds.lifecycle import Duration, Lifecycle
from pywasm_rt.app.yaml_source import PathStep

__all__ = [
    "METHODS",
    "HttpEndpoint",
    "HttpRouter",
    "HttpService",
    "parse_address",
    "pattern_segments",
]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "*")
MAX_PORT = 65_535
DEFAULT_MAX_BODY_BYTES = 16 << 20
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)(\.\.\.)?\}")


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of ``host:port``; the host of ``:8080`` is "", which means every one.

    Raises ValueError with a sentence.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > MAX_PORT:
        raise ValueError(f'not an address: "{text[:60]}"')
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f'not an address: "{text[:60]}"')
    return host, int(port)


def _address(text: str) -> str:
    try:
        parse_address(text)
    except ValueError as error:
        raise fault(str(error), 'for example ":8080" or "127.0.0.1:8080"') from error
    return text


class Timeouts(Configuration):
    """How long a server waits: for a whole request, for a client to take the response, and for
    the next request on a connection; 0 means for ever.
    """

    read: Duration = "60s"
    write: Duration = "60s"
    idle: Duration = "60s"


class MessageRelay(Configuration):
    """``host``: accepted for files written for other runtimes; there is no such relay here."""

    buffer_size: Count = 0
    worker_count: Count = 0


class HttpService(Configuration):
    """``http.service``: a server that listens at ``addr``.

    ``max_requests`` may be under way at a time, and a body that a function gets as a whole may
    have ``max_body_bytes``.
    """

    addr: Annotated[Text, AfterValidator(_address)]
    timeouts: Timeouts = Field(default_factory=Timeouts)
    host: MessageRelay | None = None
    max_requests: Annotated[int, Field(ge=1, le=1 << 20)] = 1_000
    max_body_bytes: Count = DEFAULT_MAX_BODY_BYTES
    lifecycle: Lifecycle = Field(default_factory=Lifecycle)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """What must have started before."""
        yield from self.lifecycle.references()

    def warnings(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """Fields that are accepted and do nothing here."""
        if self.host is not None:
            yield ("host",), "host has no effect here"


def _prefix(text: str) -> str:
    if not text.startswith("/"):
        raise fault("{field} must begin with /", f'write "/{text}"')
    if "{" in text or "?" in text or "#" in text:
        raise fault("{field} must be a plain path")
    return text


def _option_text(value: object) -> object:
    """Options are text; numbers and true and false count by how they are written."""
    if not isinstance(value, Mapping):
        return value
    return {
        key: str(item).lower()
        if isinstance(item, bool)
        else str(item)
        if isinstance(item, int | float)
        else item
        for key, item in value.items()
    }


Settings = Annotated[dict[str, str], BeforeValidator(_option_text)]


class HttpRouter(Configuration):
    """``http.router``: endpoints under a path, behind middleware."""

    prefix: Annotated[Text, AfterValidator(_prefix)] = "/"
    middleware: list[Text] = Field(default_factory=list)
    options: Settings = Field(default_factory=dict)
    post_middleware: list[Text] = Field(default_factory=list)
    post_options: Settings = Field(default_factory=dict)


def _method(text: str) -> str:
    if text.upper() not in METHODS:
        raise fault(f'not a method: "{text[:20]}"', ", ".join(METHODS))
    if text != text.upper():
        raise fault(f'not a method: "{text}"', f'write "{text.upper()}"')
    return text


def pattern_segments(path: str) -> list[tuple[str, str]]:
    """The segments of a pattern as (kind, text), kind being ``text``, ``one`` or ``rest``.

    Raises ValueError with a sentence.
    """
    if not path.startswith("/"):
        raise ValueError("must begin with /")
    names: set[str] = set()
    segments: list[tuple[str, str]] = []
    parts = [part for part in path.split("/") if part]
    for index, part in enumerate(parts):
        match = _PARAMETER.fullmatch(part)
        if match is None:
            if set(part) & set("{}?#"):
                raise ValueError(f'has a wrong segment "{part[:40]}"')
            segments.append(("text", part))
            continue
        name, rest = match.groups()
        if name in names:
            raise ValueError(f"has the parameter {name} twice")
        if rest and index != len(parts) - 1:
            raise ValueError(f"has {part} before its end")
        names.add(name)
        segments.append(("rest" if rest else "one", name))
    return segments


def _path(text: str) -> str:
    try:
        pattern_segments(text)
    except ValueError as error:
        raise fault(
            f"{{field}} {error}", 'for example "/users/{id}" or "/files/{path...}"'
        ) from error
    return text


class HttpEndpoint(Configuration):
    """``http.endpoint``: a method and a path, and the function that answers."""

    method: Annotated[Text, AfterValidator(_method)]
    path: Annotated[Text, AfterValidator(_path)]
    func: Reference

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """The function."""
        yield ("func",), self.func
