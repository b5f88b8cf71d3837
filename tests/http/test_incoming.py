"""Functions that answer requests themselves, as entries; and the README's tour."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pywasm_rt.app.app import App

README = Path(__file__).parents[2] / "README.md"

APP = """\
namespace: app
entries:
  - {name: web, kind: http.service, addr: "127.0.0.1:0", lifecycle: {auto_start: true}}
  - {name: api, kind: http.router}
  - {name: bin, kind: fs.directory, directory: .}
  - name: server
    kind: function.wasm
    fs: app:bin
    path: /server.wasm
    hash: HASH
    method: wasi:http/incoming-handler#handle
    transport: wasi-http
    imports: [wasi:http, wasi:io, wasi:clocks, wasi:cli, wasi:random, wasi:filesystem, wasi:sockets]
  - {name: all, kind: http.endpoint, method: "*", path: "/{path...}", func: server}
"""


def port_of(app: App) -> int:
    return int(app.context.addresses["app:web"].rpartition(":")[2].strip("/"))


def get(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.guests
def test_a_component_answers_and_streams(guest: Callable[[str], Path], tmp_path: Path) -> None:
    component = guest("server")
    shutil.copy(component, tmp_path / "server.wasm")
    digest = hashlib.sha256(component.read_bytes()).hexdigest()
    (tmp_path / "app.yaml").write_text(APP.replace("HASH", f"sha256:{digest}"))

    async def main() -> None:
        async with App.load(tmp_path, strict=True) as app:
            port = port_of(app)
            body = b"x" * 200_000
            answers = await asyncio.gather(
                *(asyncio.to_thread(get, port, "POST", "/echo", body) for _ in range(3))
            )
            assert answers == [(200, body)] * 3
            status, text = await asyncio.to_thread(get, port, "GET", "/trap")
            assert (status, text) == (500, b"500 Internal Server Error\n")
            assert not app.processes()

    asyncio.run(asyncio.wait_for(main(), 60))


def test_the_readme_has_an_application_with_an_endpoint(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    (example,) = (it for it in blocks if "http.service" in it)
    assert len(example.splitlines()) <= 15
    (tmp_path / "app.yaml").write_text(example)

    async def main() -> None:
        override = "app:web:addr=127.0.0.1:0"
        async with App.load(tmp_path, strict=True, overrides=[override]) as app:
            answer = await asyncio.to_thread(get, port_of(app), "GET", "/hello")
            assert answer == (200, b"Hello, world!")

    asyncio.run(asyncio.wait_for(main(), 30))
