"""OpenTelemetry spans of processes and requests, where the package ``opentelemetry-api`` is there.

A span is made when what it is about has ended, with the times at which that began and ended. Where
spans go is up to whoever sets OpenTelemetry up (``opentelemetry-instrument``, or a program).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from pywasm_rt.errors import ConfigError, Fault
from pywasm_rt.process.effects import Ended

__all__ = ["Spans", "default_tracer"]

NAME = "pywasm_rt"
_NANOSECONDS = 1_000_000_000
_SERVER_ERROR = 500


def default_tracer() -> Any:
    """The tracer that OpenTelemetry is set up to give. Raises ConfigError without the package."""
    try:
        from opentelemetry import trace  # noqa: PLC0415 - only if somebody asks for it
    except ImportError:
        advice = "pip install 'pywasm-rt[otel]'"
        fault = Fault("OpenTelemetry is not installed", None, advice)
        raise ConfigError([fault]) from None
    return trace.get_tracer(NAME)


class Spans:
    """Makes spans with a tracer; ``now_ns`` is the clock of processes."""

    def __init__(self, tracer: Any, now_ns: Callable[[], int]) -> None:
        from opentelemetry import propagate, trace  # noqa: PLC0415 - only if somebody asks for it

        self._tracer = tracer
        self._now_ns = now_ns
        self._extract = propagate.extract
        self._kind = trace.SpanKind
        self._failed = trace.StatusCode.ERROR

    def process_ended(self, ended: Ended) -> None:
        """A span of a process, from its first step to its end."""
        if ended.entry_id.startswith("system:"):
            return
        begun_ns = ended.at_ns if ended.begun_ns is None else ended.begun_ns
        span = self._tracer.start_span(
            ended.entry_id,
            kind=self._kind.INTERNAL,
            start_time=self._date_ns(begun_ns),
            attributes={
                "pywasm_rt.pid": str(ended.pid),
                "pywasm_rt.entry": ended.entry_id,
                "pywasm_rt.host": ended.pid.host,
            },
        )
        error = ended.result.error
        if error is not None:
            span.set_attribute("error.type", str(error.kind))
            span.set_status(self._failed, error.message)
        span.end(self._date_ns(ended.at_ns))

    def request_answered(
        self,
        headers: Mapping[str, str],
        method: str,
        path: str,
        endpoint: str,
        status: int,
        seconds: float,
    ) -> None:
        """A span of a request that was just answered; ``headers`` may say what it is part of."""
        end_ns = time.time_ns()
        span = self._tracer.start_span(
            f"{method} {endpoint}" if endpoint else method,
            context=self._extract(headers),
            kind=self._kind.SERVER,
            start_time=end_ns - int(seconds * _NANOSECONDS),
            attributes={
                "http.request.method": method,
                "url.path": path,
                "http.response.status_code": status,
                "pywasm_rt.endpoint": endpoint,
            },
        )
        if status >= _SERVER_ERROR or status == 0:
            span.set_status(self._failed)
        span.end(end_ns)

    def _date_ns(self, at_ns: int) -> int:
        """An instant of the processes' clock as a date."""
        return time.time_ns() - (self._now_ns() - at_ns)
