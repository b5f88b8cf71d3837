"""What a request costs: a string endpoint under ``wrk``, beside a server that answers by itself."""

from __future__ import annotations

import asyncio
import re
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contestants import CannotRun
from pywasm_rt.app.app import App
from pywasm_rt.http.arguments import simple_response
from pywasm_rt.http.asgi import HandlerApplication
from pywasm_rt.http.exchange import Exchange
from pywasm_rt.http.server import HttpServer

__all__ = ["Figures", "format_figures", "measure"]

APPLICATION = """\
namespace: app
entries:
  - {name: web, kind: http.service, addr: "127.0.0.1:0", lifecycle: {auto_start: true}}
  - {name: api, kind: http.router}
  - {name: get, kind: http.endpoint, method: GET, path: /hello, func: hello}
  - name: hello
    kind: function.wat
    method: hello
    transport: wasi-http
    wit: "hello: func() -> string;"
    source: |
      (module (memory (export "memory") 1) (data (i32.const 8) "Hello, world!")
        (func (export "hello") (result i32)
          (i64.store (i32.const 0) (i64.const 0xd_0000_0008)) (i32.const 0)))
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What ``wrk`` saw, and the processor time of this process for each request."""

    name: str
    requests_per_second: float
    p99_ms: float
    processor_us: float


class _Constant:
    """Answers every request in the same way."""

    def begin(self, exchange: Exchange) -> None:
        """Answer at once."""
        content_type = ("Content-Type", b"text/plain; charset=utf-8")
        exchange.responder.settle(simple_response(200, b"Hello, world!", content_type))


def measure(seconds: int, connections: int) -> list[Figures]:
    """Both servers, one after the other. Raises CannotRun if there is no ``wrk``."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise CannotRun("there is no wrk (Debian: apt install wrk)")
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    return asyncio.run(_measure(command))


async def _measure(command: list[str]) -> list[Figures]:
    server = HttpServer(HandlerApplication(_Constant()))
    port = await server.start("127.0.0.1", 0)
    found = [await _load("the server alone", command, f"http://127.0.0.1:{port}/hello")]
    await server.close(0.0)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "app.yaml").write_text(APPLICATION)
        async with App.load(folder, strict=True) as app:
            address = app.context.addresses["app:web"]
            found.append(await _load("a string endpoint", command, f"{address}hello"))
    return found


async def _load(name: str, command: list[str], url: str) -> Figures:
    before = resource.getrusage(resource.RUSAGE_SELF)
    process = await asyncio.create_subprocess_exec(*command, url, stdout=subprocess.PIPE)
    output = (await process.communicate())[0].decode()
    after = resource.getrusage(resource.RUSAGE_SELF)
    requests = re.search(r"(\d+) requests in", output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    if requests is None or rate is None or p99 is None or "Non-2xx" in output:
        raise CannotRun(f"wrk said: {output}")
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    unit_ms = {"us": 0.001, "ms": 1.0, "s": 1_000.0}[p99[2]]
    return Figures(
        name, float(rate[1]), float(p99[1]) * unit_ms, taken / int(requests[1]) * 1_000_000
    )


def format_figures(figures: list[Figures]) -> str:
    """A table."""
    lines = [f"{'':<20}{'requests/s':>12}{'p99 ms':>10}{'us of processor':>18}"]
    lines += [
        f"{it.name:<20}{it.requests_per_second:>12,.0f}{it.p99_ms:>10.1f}{it.processor_us:>18.0f}"
        for it in figures
    ]
    return "\n".join(lines)
