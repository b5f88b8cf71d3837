"""Middleware of routers: what happens to requests before, and to responses after.

=============  ============================================================================
name           does
=============  ============================================================================
``cors``       answers preflight requests, adds the fields that browsers ask for
``ratelimit``  a bucket of tokens for each client (or header, or query parameter); 429 without
``compress``   gzip for clients that take it, of bodies that are there as a whole
``real_ip``    the client's address from the fields of proxies that are trusted
``metrics``    accepted: every request is counted anyway
=============  ============================================================================

Options are ``name.option: text``.
"""

from __future__ import annotations

import gzip
import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import parse_qs

from pywasm_rt.app.kinds.lifecycle import duration_ns
from pywasm_rt.component.suggestion import hint
from pywasm_rt.http.arguments import simple_response
from pywasm_rt.http.exchange import Exchange
from pywasm_rt.wasi.capabilities.body import Body, BodySource
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead

__all__ = ["MIDDLEWARE", "Middleware", "OptionError", "make_middleware"]

_SECOND_NS = 1_000_000_000
_PRIVATE = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,::1/128,fc00::/7"
_CLIENT_FIELDS = ("true-client-ip", "x-real-ip", "x-forwarded-for")


class OptionError(Exception):
    """An option that is unknown or has a wrong value: the sentence, and its name."""

    def __init__(self, message: str, name: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.name = name
        self.suggestion = suggestion


class Middleware(Protocol):
    """One of a router's."""

    def before(self, exchange: Exchange) -> ResponseHead | None:
        """Look at a request; a response ends the matter."""
        ...

    def after(self, exchange: Exchange, head: ResponseHead) -> ResponseHead:
        """Change a response, whoever gave it."""
        ...


def _field(exchange: Exchange, name: str) -> str:
    """The value of a request's field, or ""."""
    for key, value in exchange.head.fields:
        if key.lower() == name:
            return value.decode("latin-1")
    return ""


class _Options:
    """The options of one middleware: every one has a default, and no other may be given."""

    def __init__(self, name: str, given: Mapping[str, str], defaults: Mapping[str, str]) -> None:
        self._name = name
        self._values = dict(defaults)
        for key, value in given.items():
            owner, dot, option = key.partition(".")
            if owner != name:
                continue
            if not dot or option not in defaults:
                known = [f"{name}.{it}" for it in defaults]
                raise OptionError(f'unknown option "{key}"', key, hint(key, known))
            self._values[option] = value

    def text(self, option: str) -> str:
        return self._values[option]

    def names(self, option: str) -> list[str]:
        return [it.strip() for it in self._values[option].split(",") if it.strip()]

    def number(self, option: str) -> int:
        text = self._values[option]
        if not text.isdecimal():
            raise self.error(option, f'not a number: "{text[:40]}"')
        return int(text)

    def flag(self, option: str) -> bool:
        text = self._values[option].lower()
        if text not in {"true", "false"}:
            raise self.error(option, f'neither true nor false: "{text[:40]}"')
        return text == "true"

    def error(self, option: str, message: str) -> OptionError:
        return OptionError(message, f"{self._name}.{option}")


class Cors:
    """``cors``."""

    _DEFAULTS: Mapping[str, str] = {
        "allow.origins": "*",
        "allow.methods": "GET,POST,PUT,DELETE,OPTIONS,PATCH",
        "allow.headers": "Origin,Content-Type,Accept,Authorization,X-Requested-With",
        "expose.headers": "",
        "allow.credentials": "false",
        "max.age": "86400",
        "allow.private.network": "false",
    }

    def __init__(self, given: Mapping[str, str]) -> None:
        options = _Options("cors", given, self._DEFAULTS)
        self._origins = options.names("allow.origins")
        self._methods = ",".join(options.names("allow.methods"))
        self._headers = ",".join(options.names("allow.headers"))
        self._exposed = ",".join(options.names("expose.headers"))
        self._credentials = options.flag("allow.credentials")
        self._max_age = options.number("max.age")
        self._private = options.flag("allow.private.network")

    def before(self, exchange: Exchange) -> ResponseHead | None:
        """Answer a preflight request."""
        if exchange.head.method != "OPTIONS" or not _field(
            exchange, "access-control-request-method"
        ):
            return None
        fields = [
            ("Access-Control-Allow-Methods", self._methods.encode()),
            ("Access-Control-Allow-Headers", self._headers.encode()),
            ("Access-Control-Max-Age", str(self._max_age).encode()),
        ]
        if self._private and _field(exchange, "access-control-request-private-network") == "true":
            fields.append(("Access-Control-Allow-Private-Network", b"true"))
        return ResponseHead(204, tuple(fields), None)

    def after(self, exchange: Exchange, head: ResponseHead) -> ResponseHead:
        """Say which origin may read the response."""
        origin = _field(exchange, "origin")
        fields = [("Vary", b"Origin")]
        if origin and self._allows(origin):
            anybody = "*" in self._origins and not self._credentials
            fields.append(
                ("Access-Control-Allow-Origin", b"*" if anybody else origin.encode("latin-1"))
            )
            if self._credentials:
                fields.append(("Access-Control-Allow-Credentials", b"true"))
            if self._exposed:
                fields.append(("Access-Control-Expose-Headers", self._exposed.encode()))
        return replace(head, fields=(*head.fields, *fields))

    def _allows(self, origin: str) -> bool:
        host = origin.partition("://")[2]
        for allowed in self._origins:
            if allowed in {"*", origin}:
                return True
            if allowed.startswith("*.") and host.partition(":")[0].endswith(allowed[1:]):
                return True
        return False


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_ns: int


class RateLimit:
    """``ratelimit``: ``requests`` in a ``window``, and ``burst`` more at once."""

    _DEFAULTS: Mapping[str, str] = {
        "requests": "100",
        "window": "1m",
        "burst": "20",
        "key": "ip",
        "cleanup_interval": "5m",
        "entry_ttl": "10m",
        "max_entries": "100000",
    }

    def __init__(self, given: Mapping[str, str], now_ns: Callable[[], int]) -> None:
        options = _Options("ratelimit", given, self._DEFAULTS)
        self._now_ns = now_ns
        self._requests = options.number("requests")
        self._window = options.text("window")
        for name in ("window", "cleanup_interval", "entry_ttl"):
            if not duration_ns(options.text(name)):
                raise options.error(name, f'not a duration: "{options.text(name)[:40]}"')
        self._window_ns = duration_ns(self._window) or 1
        self._burst = max(1, options.number("burst"))
        self._max_entries = max(1, options.number("max_entries"))
        self._key = options.text("key")
        if not re.fullmatch(r"ip|(header|query):.+", self._key):
            raise options.error("key", 'neither "ip" nor "header:NAME" nor "query:NAME"')
        self._buckets: dict[str, _Bucket] = {}

    def before(self, exchange: Exchange) -> ResponseHead | None:
        """Take a token, or answer 429."""
        now_ns = self._now_ns()
        key = self._key_of(exchange)
        bucket = self._buckets.pop(key, None) or _Bucket(float(self._burst), now_ns)
        grown = bucket.tokens + (now_ns - bucket.at_ns) * self._requests / self._window_ns
        bucket.tokens, bucket.at_ns = min(grown, float(self._burst)), now_ns
        self._buckets[key] = bucket  # the one that was used last is the last to be forgotten
        if len(self._buckets) > self._max_entries:
            del self._buckets[next(iter(self._buckets))]
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return None
        per_token_ns = self._window_ns / max(1, self._requests)
        wait_seconds = max(1, math.ceil((1 - bucket.tokens) * per_token_ns / _SECOND_NS))
        return simple_response(
            429,
            b"429 Too Many Requests\n",
            ("Content-Type", b"text/plain; charset=utf-8"),
            ("Retry-After", str(wait_seconds).encode()),
            ("X-RateLimit-Limit", str(self._requests).encode()),
            ("X-RateLimit-Window", self._window.encode()),
        )

    def after(self, exchange: Exchange, head: ResponseHead) -> ResponseHead:  # noqa: ARG002
        """Nothing."""
        return head

    def _key_of(self, exchange: Exchange) -> str:
        kind, _, name = self._key.partition(":")
        if kind == "header":
            return _field(exchange, name.lower())
        if kind == "query":
            query = (exchange.head.target or "").partition("?")[2]
            return (parse_qs(query).get(name) or [""])[0]
        return exchange.peer


class Compress:
    """``compress``."""

    _LEVELS: Mapping[str, int] = {"fastest": 1, "default": 6, "best": 9}
    _DEFAULTS: Mapping[str, str] = {"level": "default", "min.length": "1024"}

    def __init__(self, given: Mapping[str, str]) -> None:
        options = _Options("compress", given, self._DEFAULTS)
        if options.text("level") not in self._LEVELS:
            raise options.error("level", "one of fastest, default, best")
        self._level = self._LEVELS[options.text("level")]
        self._min_length = options.number("min.length")

    def before(self, exchange: Exchange) -> ResponseHead | None:  # noqa: ARG002
        """Nothing."""
        return None

    def after(self, exchange: Exchange, head: ResponseHead) -> ResponseHead:
        """Compress what is there as a whole and long enough."""
        names = {name.lower(): value for name, value in head.fields}
        length = names.get("content-length", b"")
        body = head.body
        wanted = "gzip" in _field(exchange, "accept-encoding").lower()
        if body is None or not wanted or not length.isdigit() or "content-encoding" in names:
            return head
        if int(length) < max(1, self._min_length) or not isinstance(body, BodySource):
            return head
        data = body.take_whole()
        if data is None:
            return head
        packed = gzip.compress(data, self._level, mtime=0)
        content = Body(max(len(packed), 1))
        content.sink.write(packed)
        content.sink.end(())
        fields = [it for it in head.fields if it[0].lower() != "content-length"]
        fields += [
            ("Content-Encoding", b"gzip"),
            ("Vary", b"Accept-Encoding"),
            ("Content-Length", str(len(packed)).encode()),
        ]
        return replace(head, fields=tuple(fields), body=content.source)


class RealIp:
    """``real_ip``."""

    _DEFAULTS: Mapping[str, str] = {"trusted.subnets": _PRIVATE, "trust_all": "false"}

    def __init__(self, given: Mapping[str, str]) -> None:
        options = _Options("real_ip", given, self._DEFAULTS)
        self._trust_all = options.flag("trust_all")
        try:
            self._subnets = [ipaddress.ip_network(it) for it in options.names("trusted.subnets")]
        except ValueError as error:
            raise options.error("trusted.subnets", str(error)) from error

    def before(self, exchange: Exchange) -> ResponseHead | None:
        """Take the address that a trusted proxy gives."""
        if self._trusts(exchange.peer):
            for name in _CLIENT_FIELDS:
                address = _field(exchange, name).partition(",")[0].strip()
                if address:
                    exchange.peer = address
                    break
        return None

    def after(self, exchange: Exchange, head: ResponseHead) -> ResponseHead:  # noqa: ARG002
        """Nothing."""
        return head

    def _trusts(self, peer: str) -> bool:
        if self._trust_all:
            return True
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in subnet for subnet in self._subnets)


class Metrics:
    """``metrics``: requests are counted by the server."""

    def __init__(self, given: Mapping[str, str]) -> None:
        _Options("metrics", given, {})

    def before(self, exchange: Exchange) -> ResponseHead | None:  # noqa: ARG002
        """Nothing."""
        return None

    def after(self, exchange: Exchange, head: ResponseHead) -> ResponseHead:  # noqa: ARG002
        """Nothing."""
        return head


MIDDLEWARE = ("compress", "cors", "metrics", "ratelimit", "real_ip")
"""Those that there are."""


def make_middleware(name: str, options: Mapping[str, str], now_ns: Callable[[], int]) -> Middleware:
    """One of :data:`MIDDLEWARE`, which must be among them. Raises OptionError."""
    match name:
        case "cors":
            return Cors(options)
        case "ratelimit":
            return RateLimit(options, now_ns)
        case "compress":
            return Compress(options)
        case "real_ip":
            return RealIp(options)
    return Metrics(options)
