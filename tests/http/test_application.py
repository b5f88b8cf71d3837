"""Applications for servers of one's own choice: a component, and an application's http.service."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import logging
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import uvicorn

import pywasm_rt.http
from pywasm_rt import App, HostDirectory, WasiContext
from pywasm_rt.component.component import Component
from pywasm_rt.errors import ComponentError, ProcessError
from pywasm_rt.http import ClientTimeouts, ServiceApplication, WasiApplication
from pywasm_rt.http.asgi import BrokenResponse, HandlerApplication
from pywasm_rt.wasi.capabilities.stdio import CollectingSink
from tests.http.asgi_client import Conversation, http_scope

PATIENCE = 60.0
POST = (b"host", b"a"), (b"transfer-encoding", b"chunked")

ENTRIES = """\
namespace: app
entries:
  - {name: web, kind: http.service, addr: "127.0.0.1:0"}
  - {name: api, kind: http.router, prefix: /api}
  - {name: get, kind: http.endpoint, method: GET, path: /hello, func: hello}
  - {name: spin, kind: http.endpoint, method: GET, path: /spin, func: loop}
  - {name: hello, kind: function.wat, method: hello, transport: wasi-http,
     source: (module (func (export "hello") (result i32) (i32.const 42)))}
  - {name: loop, kind: function.wat, method: loop, transport: wasi-http,
     limits: {max_execution_ms: 3600000}, source: (module (func (export "loop") (loop (br 0))))}
"""

STREAMING = """\
namespace: app
entries:
  - {name: web, kind: http.service, addr: "127.0.0.1:0"}
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


def ask(application: HandlerApplication, *targets: str) -> list[tuple[int, bytes]]:
    """The answers to GET requests that come at once."""

    async def main() -> list[tuple[int, bytes]]:
        async with application, asyncio.timeout(PATIENCE):
            conversations = [Conversation(application, http_scope(target=it)) for it in targets]
            return [await it.answer() for it in conversations]

    return asyncio.run(main())


@pytest.fixture(scope="module")
def server(guest: Callable[[str], Path]) -> Component:
    """The guest in C."""
    return Component.from_file(guest("server"))


@pytest.mark.guests
class TestComponents:
    def test_concurrent_requests(self, server: Component) -> None:
        targets = ("/hello", "/nowhere", "/headers", "/trap", "/sleep/20", "/status/299")
        assert ask(WasiApplication(server), *targets) == [
            (200, b"hello"),
            (404, b"not here"),
            (200, b"a.example\n"),
            (500, b"500 Internal Server Error\n"),
            (200, b"slept"),
            (299, b""),
        ]

    def test_bodies_stream_both_ways(self, server: Component) -> None:
        async def main() -> None:
            application = WasiApplication(server)
            async with application, asyncio.timeout(PATIENCE):
                scope = http_scope("POST", "/echo", POST, extensions={"http.response.trailers": {}})
                conversation = Conversation(application, scope)
                assert (await conversation.next())["type"] == "http.response.start"
                assert (await conversation.next())["body"] == b""
                for piece in (b"one", b"two"):
                    conversation.body(piece, more=True)
                    assert (await conversation.next())["body"] == piece, "before the end is there"
                conversation.body(b"", trailers=[(b"x-t", b"u")])
                await conversation.task
                assert conversation.sent[-1]["headers"] == [(b"x-t", b"u")]

        asyncio.run(main())

    def test_a_slow_client_holds_up_the_guest(self, server: Component) -> None:
        async def main() -> None:
            application = WasiApplication(server)
            async with application, asyncio.timeout(PATIENCE):
                conversation = Conversation(application, http_scope(target="/big/1000"))
                conversation.writable.clear()
                node = application._guests._node
                assert node is not None
                while not any(it.waiting_for for it in node.processes()):
                    await asyncio.sleep(0)
                assert conversation.sent == [], "it waits, since nothing is taken"
                conversation.writable.set()
                status, received = await conversation.answer()
                assert (status, len(received)) == (200, 1000 * 4096)

        asyncio.run(main())

    @pytest.mark.parametrize("target", ["/sleep/100000", "/spin", "/echo"])
    def test_a_client_that_leaves_ends_its_guest(
        self, server: Component, target: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def main() -> None:
            application = WasiApplication(server)
            async with application, asyncio.timeout(PATIENCE):
                headers = POST if target == "/echo" else ()
                conversation = Conversation(application, http_scope("POST", target, headers))
                if target == "/echo":
                    await conversation.next()
                node = application._guests._node
                assert node is not None
                while not node.processes():
                    await asyncio.sleep(0)
                conversation.leave()
                await conversation.task
                while node.processes():
                    await asyncio.sleep(0)

        asyncio.run(main())
        assert caplog.messages == []

    def test_a_client_that_stalls_within_its_body(self, server: Component) -> None:
        async def main() -> None:
            application = WasiApplication(server, timeouts=ClientTimeouts(body_seconds=0.05))
            async with application, asyncio.timeout(PATIENCE):
                conversation = Conversation(application, http_scope("POST", "/echo", POST))
                conversation.body(b"one", more=True)
                with pytest.raises(BrokenResponse):  # the guest has begun to answer
                    await conversation.task

        asyncio.run(main())

    def test_limits(self, server: Component) -> None:
        application = WasiApplication(server, max_execution_seconds=0.05, max_requests=2)
        answers = ask(application, "/spin", "/sleep/100000", "/hello")
        assert [status for status, _ in answers] == [500, 500, 503]

    def test_what_each_guest_may_use(self, server: Component) -> None:
        sinks: list[CollectingSink] = []

        def context() -> WasiContext:
            sinks.append(CollectingSink())
            return WasiContext(stderr=sinks[-1])

        application = WasiApplication(server, context=context)
        ask(application, "/stderr", "/stderr")
        assert [it.data for it in sinks[-2:]] == [b"to whom it may concern\n"] * 2

    def test_what_the_embedder_has_opened_is_not_closed(
        self, server: Component, tmp_path: Path
    ) -> None:
        closed: list[str] = []

        class Watched(HostDirectory):
            def close(self) -> None:
                closed.append("closed")
                super().close()

        with closing(Watched(tmp_path)) as directory:
            preopens = [("/", directory)]
            application = WasiApplication(server, context=lambda: WasiContext(preopens=preopens))
            assert ask(application, "/hello") == [(200, b"hello")]
            assert closed == []

    def test_as_an_entry_too_a_guest_ends_with_its_client(
        self, guest: Callable[[str], Path], tmp_path: Path
    ) -> None:
        shutil.copy(guest("server"), tmp_path / "server.wasm")
        digest = hashlib.sha256((tmp_path / "server.wasm").read_bytes()).hexdigest()
        (tmp_path / "app.yaml").write_text(STREAMING.replace("HASH", f"sha256:{digest}"))

        async def main() -> None:
            app = App.load(tmp_path, strict=True)
            async with app, ServiceApplication(app) as application, asyncio.timeout(PATIENCE):
                conversation = Conversation(application, http_scope(target="/sleep/100000"))
                while not app.processes():
                    await asyncio.sleep(0)
                conversation.leave()
                await conversation.task
                while app.processes():
                    await asyncio.sleep(0)

        asyncio.run(main())

    def test_any_server_will_do(self, server: Component) -> None:
        async def main() -> None:
            application = WasiApplication(server)
            config = uvicorn.Config(application, port=0, log_config=None, ws="none")
            stock = uvicorn.Server(config)
            serving = asyncio.create_task(stock.serve())
            async with asyncio.timeout(PATIENCE):
                while not stock.started:
                    await asyncio.sleep(0)
                port = stock.servers[0].sockets[0].getsockname()[1]
                for target, expected in (("/hello", b"hello"), ("/sleep/1", b"slept")):
                    assert await asyncio.to_thread(get, port, target) == (200, expected)
                stock.should_exit = True
                await serving
            assert application._guests._node is None, "its lifespan has ended"

        asyncio.run(main())

    def test_what_is_no_handler(self, guest: Callable[[str], Path], tmp_path: Path) -> None:
        with pytest.raises(ComponentError, match="exports no wasi:http/incoming-handler"):
            WasiApplication(guest("client"))
        with pytest.raises(OSError, match=r"none\.wasm"):
            WasiApplication(tmp_path / "none.wasm")


def get(port: int, target: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


class TestServices:
    @pytest.fixture
    def app(self, tmp_path: Path) -> App:
        (tmp_path / "app.yaml").write_text(ENTRIES)
        return App.load(tmp_path, strict=True)

    def test_its_routers_answer(self, app: App) -> None:
        application = ServiceApplication(app, "app:web")
        answers = ask(application, "/api/hello", "/hello", "/api/hello/more")
        assert answers == [(200, b"42")] + [(404, b"404 Not Found\n")] * 2
        assert 'endpoint="app:get"' in app.metrics(), "they are counted"
        with pytest.raises(ProcessError):
            asyncio.run(app.start())

    def test_mounted_in_another_application(self, app: App) -> None:
        async def main() -> None:
            application = ServiceApplication(app)
            scope = http_scope(target="/here/api/hello", root_path="/here")
            async with asyncio.timeout(PATIENCE):
                assert await Conversation(application, scope).answer() == (200, b"42")
                await application.close()

        asyncio.run(main())

    def test_an_application_that_runs_goes_on(self, app: App) -> None:
        async def main() -> None:
            async with app, asyncio.timeout(PATIENCE):
                async with ServiceApplication(app) as application:
                    scope = http_scope(target="/api/hello")
                    assert await Conversation(application, scope).answer() == (200, b"42")
                    assert len(app.context.listeners) == 1
                assert app.context.listeners == []
                assert await app.call("app:hello") == 42

        asyncio.run(main())

    def test_entries_that_change(self, app: App, tmp_path: Path) -> None:
        async def main() -> None:
            async with app, ServiceApplication(app) as application, asyncio.timeout(PATIENCE):
                (tmp_path / "app.yaml").write_text(ENTRIES.replace("path: /hello", "path: /hi"))
                await app.reload()
                for target, status in (("/api/hi", 200), ("/api/hello", 404)):
                    conversation = Conversation(application, http_scope(target=target))
                    assert (await conversation.answer())[0] == status

        asyncio.run(main())

    def test_a_client_that_leaves_ends_the_call(self, app: App) -> None:
        async def main() -> None:
            async with app, ServiceApplication(app) as application, asyncio.timeout(PATIENCE):
                conversation = Conversation(application, http_scope(target="/api/spin"))
                while not app.processes():
                    await asyncio.sleep(0)
                conversation.leave()
                await conversation.task
                while app.processes():
                    await asyncio.sleep(0)

        asyncio.run(main())

    def test_which_service(self, app: App, tmp_path: Path) -> None:
        with pytest.raises(ProcessError, match=r"app:api is a http\.router, not an http\.service"):
            ServiceApplication(app, "app:api")
        with pytest.raises(ProcessError, match="entry not found: app:wep"):
            ServiceApplication(app, "app:wep")
        folder = tmp_path / "none"
        folder.mkdir()
        (folder / "app.yaml").write_text("namespace: app\nentries: []\n")
        with pytest.raises(ProcessError, match=r"there is no http\.service"):
            ServiceApplication(App.load(folder))
        more = '  - {name: other, kind: http.service, addr: "127.0.0.1:0"}\n'
        (folder / "app.yaml").write_text(ENTRIES.replace("  - {name: api", more + "  - {name: api"))
        with pytest.raises(ProcessError, match=r"say which http\.service: app:other, app:web"):
            ServiceApplication(App.load(folder))


def test_the_public_names() -> None:
    assert pywasm_rt.http.WasiApplication is WasiApplication
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = pywasm_rt.http.Nothing


@pytest.fixture(autouse=True)
def _logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="pywasm_rt.http")
