"""Figures of a running application: counted as things happen, told in Prometheus's text format.

Counters are kept here; gauges are read when somebody asks.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pywasm_rt.process.effects import Ended
from pywasm_rt.process.lifecycle import ServiceInformation, ServiceState
from pywasm_rt.process.task import ProcessInformation

__all__ = ["BUCKETS_SECONDS", "Figures", "prometheus_text"]

BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_NANOSECONDS = 1e9


@dataclass(slots=True)
class _Histogram:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_SECONDS) + 1))
    total_seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS_SECONDS, seconds)] += 1
        self.total_seconds += seconds


class Figures:
    """What has happened since the application began. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.ended: Counter[tuple[str, str]] = Counter()
        self.lifetimes: dict[str, _Histogram] = {}
        self.requests: Counter[tuple[str, str, str, int]] = Counter()
        self.latencies: dict[tuple[str, str], _Histogram] = {}

    def process_ended(self, ended: Ended) -> None:
        """Count a process that has ended; ``system:`` ones are none of anybody's business."""
        if ended.entry_id.startswith("system:"):
            return
        error = ended.result.error
        outcome = "ok" if error is None else str(error.kind)
        with self._lock:
            self.ended[ended.entry_id, outcome] += 1
            if ended.begun_ns is not None:
                seconds = (ended.at_ns - ended.begun_ns) / _NANOSECONDS
                self.lifetimes.setdefault(ended.entry_id, _Histogram()).add(seconds)

    def request_answered(
        self, service: str, endpoint: str, method: str, status: int, seconds: float
    ) -> None:
        """Count an HTTP request; ``endpoint`` is "" where none answered."""
        with self._lock:
            self.requests[service, endpoint, method, status] += 1
            self.latencies.setdefault((service, endpoint), _Histogram()).add(seconds)

    def lines(self) -> Iterable[str]:
        """The counters in Prometheus's text format."""
        with self._lock:
            ended, requests = dict(self.ended), dict(self.requests)
            lifetimes = _series(
                "pywasm_rt_process_lifetime_seconds",
                {(("entry", entry),): it for entry, it in self.lifetimes.items()},
            )
            latencies = _series(
                "pywasm_rt_http_request_duration_seconds",
                {
                    (("service", service), ("endpoint", endpoint)): it
                    for (service, endpoint), it in self.latencies.items()
                },
            )
        yield from _head("pywasm_rt_processes_ended_total", "counter", "Processes that ended")
        for (entry, outcome), count in sorted(ended.items()):
            of_process = (("entry", entry), ("outcome", outcome))
            yield _line("pywasm_rt_processes_ended_total", of_process, count)
        yield from _head("pywasm_rt_process_lifetime_seconds", "histogram", "First step to end")
        yield from lifetimes
        yield from _head("pywasm_rt_http_requests_total", "counter", "HTTP requests answered")
        for (service, endpoint, method, status), count in sorted(requests.items()):
            labels = (
                ("service", service),
                ("endpoint", endpoint),
                ("method", method),
                ("status", str(status)),
            )
            yield _line("pywasm_rt_http_requests_total", labels, count)
        name = "pywasm_rt_http_request_duration_seconds"
        yield from _head(name, "histogram", "From a request's head to the end of its response")
        yield from latencies


Labels = tuple[tuple[str, str], ...]


def _head(name: str, type: str, sentence: str) -> Iterable[str]:
    yield f"# HELP {name} {sentence}."
    yield f"# TYPE {name} {type}"


def _line(name: str, labels: Labels, value: float) -> str:
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _series(name: str, histograms: Mapping[Labels, _Histogram]) -> list[str]:
    lines: list[str] = []
    for labels, histogram in sorted(histograms.items()):
        total = 0
        for bound, count in zip((*BUCKETS_SECONDS, "+Inf"), histogram.counts, strict=True):
            total += count
            lines.append(_line(f"{name}_bucket", (*labels, ("le", str(bound))), total))
        lines.append(_line(f"{name}_sum", labels, round(histogram.total_seconds, 6)))
        lines.append(_line(f"{name}_count", labels, total))
    return lines


def prometheus_text(
    figures: Figures,
    processes: Iterable[ProcessInformation],
    services: Iterable[ServiceInformation],
    kept: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """All figures of an application as they are now; ``kept`` are the instances that wait for
    calls, by function.
    """
    living = [it for it in processes if not it.entry_id.startswith("system:")]
    lines = list(figures.lines())
    states = Counter((it.entry_id, it.state.value) for it in living)
    lines += _head("pywasm_rt_processes", "gauge", "Living processes")
    for (entry, state), count in sorted(states.items()):
        lines.append(_line("pywasm_rt_processes", (("entry", entry), ("state", state)), count))
    for name, sentence, amounts in (
        (
            "pywasm_rt_process_fuel",
            "Fuel that living processes have spent",
            [(it.entry_id, it.usage.fuel) for it in living],
        ),
        (
            "pywasm_rt_process_memory_bytes",
            "Memory of living processes",
            [(it.entry_id, it.usage.memory_bytes) for it in living],
        ),
        (
            "pywasm_rt_mailbox_messages",
            "Messages that wait",
            [(it.entry_id, it.mailbox_length) for it in living],
        ),
    ):
        sums: Counter[str] = Counter()
        for entry, amount in amounts:
            if amount is not None:  # somebody counts
                sums[entry] += amount
        lines += _head(name, "gauge", sentence)
        lines += [
            _line(name, (("entry", entry),), amount) for entry, amount in sorted(sums.items())
        ]
    lines += _head("pywasm_rt_warm_instances", "gauge", "Instances that wait for calls")
    lines += [
        _line("pywasm_rt_warm_instances", (("function", function),), count)
        for function, count in sorted(kept.items())
    ]
    lines += _head("pywasm_rt_service_up", "gauge", "Whether a service runs")
    ordered = sorted(services, key=lambda it: it.id)
    for service in ordered:
        up = int(service.state is ServiceState.RUNNING)
        lines.append(_line("pywasm_rt_service_up", (("service", service.id),), up))
    lines += _head("pywasm_rt_service_restarts_total", "counter", "Restarts of a service")
    for service in ordered:
        labels = (("service", service.id),)
        lines.append(_line("pywasm_rt_service_restarts_total", labels, service.restarts))
    return "\n".join(lines) + "\n"
