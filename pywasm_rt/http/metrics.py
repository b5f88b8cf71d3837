"""Figures over HTTP, as Prometheus fetches them."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.http.arguments import simple_response
from pywasm_rt.http.exchange import Exchange

__all__ = ["MetricsHandler"]

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class MetricsHandler:
    """Answers ``GET /metrics`` with what ``text`` gives."""

    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text

    def begin(self, exchange: Exchange) -> None:
        """Answer at once."""
        path = (exchange.head.target or "").partition("?")[0]
        if path != "/metrics":
            head = simple_response(404, b"404 Not Found\n", ("Content-Type", b"text/plain"))
        elif exchange.head.method not in {"GET", "HEAD"}:
            head = simple_response(405, b"405 Method Not Allowed\n", ("Allow", b"GET, HEAD"))
        else:
            body = self._text().encode()
            head = simple_response(200, body, ("Content-Type", CONTENT_TYPE))
        exchange.responder.settle(head)
