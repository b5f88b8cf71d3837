"""OpenTelemetry spans of processes and requests."""

from __future__ import annotations

import asyncio
import http.client
import sys
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.errors import ConfigError

APP = """\
namespace: app
entries:
  - {name: web, kind: http.service, addr: "127.0.0.1:0", lifecycle: {auto_start: true}}
  - {name: api, kind: http.router}
  - {name: trap, kind: function.wat, method: run, transport: wasi-http,
     source: (module (func (export "run") unreachable))}
  - {name: get, kind: http.endpoint, method: GET, path: /trap, func: trap}
"""
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def get(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/trap?secret", headers={"traceparent": PARENT})
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_request_and_the_process_behind_it(tmp_path: Path) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter = memory.InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    (tmp_path / "app.yaml").write_text(APP)

    async def main() -> None:
        app = App.load(tmp_path, strict=True)
        app.trace(provider.get_tracer("test"))
        async with app:
            port = int(app.context.addresses["app:web"].rpartition(":")[2].strip("/"))
            assert await asyncio.to_thread(get, port) == 500

    asyncio.run(asyncio.wait_for(main(), 30))
    spans: dict[str, Any] = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"app:trap", "GET app:get"}
    process, request = spans["app:trap"], spans["GET app:get"]
    assert process.attributes["error.type"] == "Internal"
    assert "unreachable" in process.status.description
    assert request.attributes["http.response.status_code"] == 500
    assert request.attributes["url.path"] == "/trap"
    assert request.context.trace_id == 0x0AF7651916CD43DD8448EB211C80319C
    assert request.start_time <= process.end_time
    assert process.start_time <= process.end_time <= request.end_time


def test_without_the_package_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.yaml").write_text(APP)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ConfigError, match="OpenTelemetry is not installed"):
        App.load(tmp_path).trace()
