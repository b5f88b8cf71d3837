"""Figures in Prometheus's text format."""

from __future__ import annotations

from pywasm_rt.app.figures import Figures, prometheus_text
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.effects import Ended
from pywasm_rt.process.interface import ExitResult, Usage
from pywasm_rt.process.lifecycle import ServiceInformation, ServiceState
from pywasm_rt.process.pid import PID
from pywasm_rt.process.task import ProcessInformation, ProcessState

SECOND = 1_000_000_000


def ended(entry: str, error: ProcessError | None = None) -> Ended:
    return Ended(PID("h", 1), entry, ExitResult(error=error), 5 * SECOND, 2 * SECOND)


def test_what_happened_and_what_is() -> None:
    figures = Figures()
    figures.process_ended(ended("app:a"))
    figures.process_ended(ended("app:a"))
    figures.process_ended(ended("app:a", ProcessError("x", ProcessErrorKind.TIMEOUT)))
    figures.process_ended(ended("system:door"))
    figures.request_answered("app:web", 'app:"e"', "GET", 200, 0.003)
    figures.request_answered("app:web", 'app:"e"', "GET", 200, 20.0)
    process = ProcessInformation(
        PID("h", 2), "app:a", ProcessState.IDLE, "", 3, 100, None, usage=Usage(7, 65_536)
    )
    service = ServiceInformation("app:s", ServiceState.RUNNING, 0, 2, 0, None, None, ())
    lines = prometheus_text(figures, [process], [service]).splitlines()
    latency = 'pywasm_rt_http_request_duration_seconds_{}{{service="app:web",endpoint="app:\\"e\\""'
    for line in (
        'pywasm_rt_processes_ended_total{entry="app:a",outcome="ok"} 2',
        'pywasm_rt_processes_ended_total{entry="app:a",outcome="Timeout"} 1',
        'pywasm_rt_process_lifetime_seconds_bucket{entry="app:a",le="2.5"} 0',
        'pywasm_rt_process_lifetime_seconds_bucket{entry="app:a",le="5.0"} 3',
        'pywasm_rt_process_lifetime_seconds_count{entry="app:a"} 3',
        f'{latency.format("bucket")},le="0.005"}} 1',
        f'{latency.format("bucket")},le="+Inf"}} 2',
        f"{latency.format('sum')}}} 20.003",
        'pywasm_rt_processes{entry="app:a",state="idle"} 1',
        'pywasm_rt_process_fuel{entry="app:a"} 7',
        'pywasm_rt_process_memory_bytes{entry="app:a"} 65536',
        'pywasm_rt_mailbox_messages{entry="app:a"} 3',
        'pywasm_rt_service_up{service="app:s"} 1',
        'pywasm_rt_service_restarts_total{service="app:s"} 2',
    ):
        assert line in lines
    assert not any("system:" in line for line in lines)
    helped = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    for line in lines:
        if not line.startswith("#"):
            name = line.partition("{")[0]
            assert any(name.startswith(it) for it in helped)
