"""A guest that sends requests: through the command line, as it is, and as on wasmtime."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pywasm_rt.cli.main import cli
from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Meter
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition
from pywasm_rt.process.node import Node
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasi.capabilities.network import Network
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2 import interfaces

pytestmark = pytest.mark.guests

OK = b"HTTP/1.1 200 OK\r\n"
# Positions in wasi:http/types.error-code.
DNS_ERROR, REFUSED, READ_TIMEOUT, DENIED, INCOMPLETE, PROTOCOL = 1, 6, 9, 15, 25, 35


async def head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await head(reader)
    writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n")


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del writer
    await reader.read()


async def stammer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await head(reader)
    writer.write(OK + b"Content-Length: 100\r\n\r\nhel")
    await reader.read()


async def stop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await head(reader)
    writer.write(OK + b"Content-Length: 100\r\n\r\nhel")


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with the body of the request in capital letters, while that comes."""
    assert b"POST /shout HTTP/1.1" in await head(reader)
    writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while size := int(await reader.readline(), 16):
        data = (await reader.readexactly(size)).upper()
        await reader.readline()
        writer.write(b"%x\r\n%s\r\n" % (size, data))
        await writer.drain()
    writer.write(b"0\r\n\r\n")


def invoke(guest: Path, call: str, *options: str) -> Result:
    arguments = ["run", *options, "--invoke", call, str(guest)]
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.fixture
def client(guest: Callable[[str], Path]) -> Path:
    return guest("client")


class TestCommandLine:
    def test_a_response_with_trailers(self, client: Path, serving: Callable[..., int]) -> None:
        port = serving(answer)
        call = f'fetch("127.0.0.1:{port}", "/", "", 0)'
        result = invoke(client, call, "--allow-net", f"127.0.0.1:{port}")
        assert result.output == "200 hello X-Sum=5\n"
        assert result.exit_code == 0

    def test_a_body_both_ways(self, client: Path, serving: Callable[..., int]) -> None:
        port = serving(shout)
        text = "abc " * 3_000
        call = f'fetch("localhost:{port}", "/shout", "{text}", 0)'
        assert invoke(client, call, "--allow-net", "*").output == f"200 {text.upper()}\n"

    def test_nothing_without_a_grant(self, client: Path, serving: Callable[..., int]) -> None:
        port = serving(answer)
        call = f'fetch("127.0.0.1:{port}", "/", "", 0)'
        denied = f"refused: error {DENIED}\n"
        assert invoke(client, call).output == denied
        assert invoke(client, call, "--allow-net", "127.0.0.1:1").output == denied
        assert invoke(client, call, "--allow-net", f"*:{port}").output == "200 hello X-Sum=5\n"

    def test_a_grant_that_is_none(self, client: Path) -> None:
        result = invoke(client, "fetch", "--allow-net", "http://a.example")
        assert result.exit_code == 2
        assert "is not a host" in result.output

    @pytest.mark.parametrize(
        ("converse", "timeout_ms", "expected"),
        [
            (silence, 50, f"error {READ_TIMEOUT}"),
            (stammer, 50, f"200 hel error {READ_TIMEOUT}"),
            (stop, 0, f"200 hel error {INCOMPLETE}"),
        ],
    )
    def test_servers_that_do_not_answer(
        self,
        client: Path,
        serving: Callable[..., int],
        converse: Any,
        timeout_ms: int,
        expected: str,
    ) -> None:
        port = serving(converse)
        call = f'fetch("127.0.0.1:{port}", "/", "", {timeout_ms})'
        assert invoke(client, call, "--allow-net", "*").output == f"{expected}\n"

    def test_nobody_there(self, client: Path, unused_port: int) -> None:
        call = f'fetch("127.0.0.1:{unused_port}", "/", "", 0)'
        assert invoke(client, call, "--allow-net", "*").output == f"error {REFUSED}\n"

    def test_a_deadline_ends_a_guest_that_waits(
        self, client: Path, serving: Callable[..., int]
    ) -> None:
        port = serving(silence)
        call = f'fetch("127.0.0.1:{port}", "/", "", 0)'
        result = invoke(client, call, "--allow-net", "*", "--timeout", "100ms")
        assert result.exit_code == 1
        assert "execution time limit of 100 ms exceeded" in result.output


ENTRIES = """\
version: "1.0"
namespace: web
entries:
  - {{name: bin, kind: fs.directory, directory: .}}
  - {{name: terminal, kind: terminal.host}}
  - {{name: processes, kind: process.host}}
  - name: fetch
    kind: process.wasm
    meta: {{command: {{name: fetch, short: Fetch}}}}
    fs: web:bin
    path: /client.wasm
    hash: sha256:{hash}
    method: fetch
    imports: [wasi:io, wasi:clocks, wasi:http]
{more}
"""


class TestEntries:
    @pytest.fixture
    def application(self, client: Path, tmp_path: Path) -> Callable[[str], Path]:
        def make(more: str) -> Path:
            data = client.read_bytes()
            (tmp_path / "client.wasm").write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            (tmp_path / "app.yaml").write_text(ENTRIES.format(hash=digest, more=more))
            return tmp_path

        return make

    def run(self, folder: Path, port: int) -> Result:
        arguments = ["-C", str(folder), "run", "fetch", f"127.0.0.1:{port}", "/", "", "0"]
        return CliRunner().invoke(cli, arguments, catch_exceptions=False)

    @pytest.mark.parametrize(
        ("more", "granted"),
        [
            ("", True),
            ("    wasi: {network: {allow: ['127.0.0.1']}}", True),
            ("    wasi: {network: {allow: ['*:1']}}", False),
            ("    wasi: {network: {allow: []}}", False),
        ],
    )
    def test_what_an_entry_allows(
        self,
        application: Callable[[str], Path],
        serving: Callable[..., int],
        more: str,
        granted: bool,
    ) -> None:
        result = self.run(application(more), serving(answer))
        assert result.output == ("200 hello X-Sum=5\n" if granted else f"refused: error {DENIED}\n")

    def test_grants_that_are_none(self, application: Callable[[str], Path]) -> None:
        more = "    wasi: {network: {allow: [ok.example, 'http://x', 'a:0'], deny: []}}"
        result = self.run(application(more), 1)
        assert result.exit_code == 1
        assert "wasi.network.allow[1]" in result.output
        assert "'http://x' is not a host" in result.output
        assert "wasi.network.allow[2]" in result.output
        assert "deny" in result.output

    def test_imports_have_to_ask_for_it(self, application: Callable[[str], Path]) -> None:
        folder = application("")
        text = (folder / "app.yaml").read_text()
        (folder / "app.yaml").write_text(text.replace(", wasi:http]", "]"))
        result = self.run(folder, 1)
        assert result.exit_code == 1
        assert "wasi:http" in result.output


def test_many_guests_wait_on_one_thread(client: Path, serving: Callable[..., int]) -> None:
    """A hundred exchanges are under way at once, although one thread runs all guests."""
    count = 100
    everybody = asyncio.Event()
    here: list[int] = []

    async def when_all_are_here(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        here.append(1)
        if len(here) == count:
            everybody.set()
        await everybody.wait()
        writer.write(OK + b"Content-Length: 2\r\n\r\nhi")

    port = serving(when_all_are_here)
    engine = get_engine("reference")
    component = Component.from_file(client)

    def start(context: ProcessContext, _: str, arguments: tuple[object, ...], meter: Meter) -> Any:
        wasi = WasiContext(monotonic_clock=context.clock, network=Network.allow("127.0.0.1"))
        try:
            linker = Linker(engine)
            for interface in interfaces(wasi):
                linker.define(interface)
            instance = yield from linker.start(component, None, meter)
            return (yield from instance.function("fetch").start(arguments, meter))
        finally:
            wasi.close()

    with Node() as node:
        node.add_host(ProcessHost("one", workers=1))
        node.register("fetch", ProcessDefinition(lambda _: WasmProcess(start)))
        arguments = (f"127.0.0.1:{port}", "/", "", 0)
        watched = [node.spawn_watched("fetch", "one", arguments) for _ in range(count)]
        results = [future.result(60).value for _, future in watched]
        assert results == ["200 hi"] * count
