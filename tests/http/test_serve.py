"""``pywasm-rt serve`` with a guest in C, which answers the same on wasmtime."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import ComponentError
from pywasm_rt.http.component_handler import HandlerProgram
from pywasm_rt.wasi.context import WasiContext

pytestmark = pytest.mark.guests

PATIENCE = 30.0
REPOSITORY = Path(__file__).resolve().parent.parent.parent
FORGOTTEN = {"date", "transfer-encoding", "connection"}


class Server:
    """A server in a process of its own."""

    def __init__(self, guest: Path, *options: str) -> None:
        command = [sys.executable, "-m", "pywasm_rt.cli", "serve", "--addr", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            [*command, *options, str(guest)], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        self.stderr = self.process.stderr
        found = re.fullmatch(r"Serving on http://127.0.0.1:(\d+)/\n", self.stderr.readline())
        assert found, "it says where it listens"
        self.port = int(found[1])

    def get(
        self, path: str, method: str = "GET", body: Any = None, **fields: str
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, fields and body of a response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body, fields)
            response = connection.getresponse()
            data = response.read()
        headers = [(name.lower(), value) for name, value in response.getheaders()]
        return response.status, [it for it in headers if it[0] not in FORGOTTEN], data

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code, and what it has said on stderr."""
        self.process.send_signal(number)
        with self.stderr:
            said = self.stderr.read()
        return self.process.wait(PATIENCE), said


@pytest.fixture(scope="module")
def serve(guest: Callable[[str], Path]) -> Iterator[Callable[..., Server]]:
    """Starts servers with the guest."""
    servers: list[Server] = []

    def start(*options: str) -> Server:
        servers.append(Server(guest("server"), *options))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait(PATIENCE)
        server.stderr.close()


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """One for the tests that leave it as it is."""
    return serve("--timeout", "5s")


class TestAnswers:
    def test_hello(self, server: Server) -> None:
        assert server.get("/hello") == (200, [("x-guest", "C"), ("x-guest", "again")], b"hello")
        assert server.get("/hello", "HEAD")[2] == b""
        assert server.get("/nowhere") == (404, [], b"not here")

    @pytest.mark.parametrize(
        ("method", "tag"),
        [("GET", b"0"), ("POST", b"2"), ("DELETE", b"4"), ("PATCH", b"8"), ("PROPFIND", b"9")],
    )
    def test_methods(self, server: Server, method: str, tag: bytes) -> None:
        assert server.get("/method", method)[2] == tag

    @pytest.mark.parametrize("status", [200, 201, 299, 404, 418, 503, 599])
    def test_statuses(self, server: Server, status: int) -> None:
        assert server.get(f"/status/{status}") == (status, [], b"")

    def test_fields(self, server: Server) -> None:
        _, _, data = server.get("/headers", Accept="x", **{"X-Two": "a, b"})
        lines = data.decode().split("\n")
        assert lines[0] == f"127.0.0.1:{server.port}"
        assert "accept=x" in lines, "ASGI has names in lower case, as wasmtime has"
        assert "x-two=a, b" in lines
        assert not [line for line in lines if line.lower().startswith("host=")]

    def test_lengths(self, server: Server) -> None:
        assert server.get("/length") == (200, [("content-length", "5")], b"12345")
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            server.get("/short")

    @pytest.mark.parametrize("size", [0, 1, 70_000, 1_000_000])
    def test_bodies_both_ways(self, server: Server, size: int) -> None:
        data = (bytes(range(256)) * (size // 256 + 1))[:size]
        assert server.get("/echo", "POST", data)[2] == data
        pieces = iter([data[: size // 3], data[size // 3 :]] if size else [])
        assert server.get("/echo", "POST", pieces)[2] == data

    def test_trailers_both_ways(self, server: Server) -> None:
        def ask(request: bytes) -> bytes:
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
                connection.sendall(request)
                received = b""
                while piece := connection.recv(65_536):
                    received += piece
            return received

        head = b"Host: a\r\nConnection: close\r\n"
        answer = ask(b"GET /trailers HTTP/1.1\r\n" + head + b"\r\n")
        assert answer.endswith(b"5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n")
        chunks = b"3\r\nabc\r\n0\r\nX-Client: yes\r\nX-Two: 2\r\n\r\n"
        answer = ask(
            b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + head + b"\r\n" + chunks
        )
        assert answer.endswith(b"\r\n\r\n" + chunks.lower())

    def test_a_large_body(self, server: Server) -> None:
        assert server.get("/big/100")[2] == bytes(100 * 4096)

    def test_a_guest_that_sleeps_holds_up_nobody(self, server: Server) -> None:
        async def ask(path: str) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            return answer

        async def main() -> None:
            loop = asyncio.get_running_loop()
            begin = loop.time()
            answers = await asyncio.gather(*(ask("/sleep/1000") for _ in range(20)))
            assert all(b"slept" in answer for answer in answers)
            assert loop.time() - begin < 10, "one after the other they would take 20 s"

        asyncio.run(main())

    def test_a_thousand_requests(self, serve: Callable[..., Server]) -> None:
        """Each is answered with its own body, and the server keeps nothing of them open."""
        server = serve()

        async def ask(numbers: range) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for number in numbers:
                body = b"request %d" % number
                head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
                writer.write(head + body)
                answer = await reader.readuntil(b"\r\n0\r\n\r\n")
                assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
                assert answer.split(b"\r\n")[-4] == body
            writer.close()
            await writer.wait_closed()

        async def main() -> None:
            async with asyncio.timeout(8 * PATIENCE), asyncio.TaskGroup() as group:
                for first in range(0, 1000, 50):
                    group.create_task(ask(range(first, first + 50)))

        def open_files() -> int:
            folder = Path(f"/proc/{server.process.pid}/fd")
            return len(list(folder.iterdir())) if folder.exists() else 0

        asyncio.run(ask(range(1)))
        assert server.get("/hello")[0] == 200
        before = open_files()
        asyncio.run(main())
        for _ in range(100):  # it may not have heard yet that its clients are gone
            assert server.get("/hello")[0] == 200
            if open_files() <= before:
                break
        else:
            pytest.fail(f"{open_files()} files are open, {before} were")
        code, said = server.end()
        assert (code, said) == (0, "Ending\n")


class TestFailures:
    @pytest.mark.parametrize(
        ("path", "log"),
        [
            ("/error", "GET /error: internal-error: secret"),
            ("/none", "GET /none: the guest ended without a response"),
            ("/trap", "GET /trap: unreachable"),
        ],
    )
    def test_clients_see_no_internals(
        self, serve: Callable[..., Server], path: str, log: str
    ) -> None:
        server = serve()
        status, _, data = server.get(path)
        assert (status, data) == (500, b"500 Internal Server Error\n")
        assert server.get("/hello")[0] == 200, "the server goes on"
        code, said = server.end()
        assert code == 0
        assert log in said
        assert "Traceback" not in said

    def test_a_trap_behind_the_head(self, serve: Callable[..., Server]) -> None:
        server = serve()
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            server.get("/late-trap")
        _, said = server.end()
        assert "GET /late-trap: unreachable" in said

    def test_guests_that_take_too_long_or_too_much(self, serve: Callable[..., Server]) -> None:
        server = serve("--timeout", "200ms", "--fuel", "2000000")
        assert server.get("/spin")[0] == 500
        assert server.get("/sleep/100000")[0] == 500
        _, said = server.end()
        assert "time limit of 200 ms" in said or "fuel" in said
        assert "GET /sleep/100000: execution time limit of 200 ms exceeded" in said

    def test_too_many_requests(self, serve: Callable[..., Server]) -> None:
        server = serve("--max-requests", "1")
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as first:
            first.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
            while server.get("/hello")[0] != 503:
                pass
            first.sendall(b"hello")
            assert first.recv(1_000).startswith(b"HTTP/1.1 200 OK")

    def test_output_of_guests(self, serve: Callable[..., Server]) -> None:
        server = serve()
        assert server.get("/stderr")[0] == 200
        assert "to whom it may concern\n" in server.end()[1]


class TestOutgoing:
    def test_only_where_it_is_allowed(self, serve: Callable[..., Server], server: Server) -> None:
        status, _, data = server.get(f"/forward/{server.port}")
        assert (status, data) == (502, b"not sent")
        front = serve("--allow-net", f"127.0.0.1:{server.port}")
        assert front.get(f"/forward/{server.port}") == (404, [], b"not here")
        assert front.get(f"/forward/{front.port}")[0] == 502


class TestEnding:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_what_has_begun_is_answered(self, serve: Callable[..., Server], number: int) -> None:
        server = serve()
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
            connection.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
            head = connection.recv(1_000)
            assert head.startswith(b"HTTP/1.1 200 OK")
            server.process.send_signal(number)
            assert server.stderr.readline() == "Ending\n"
            connection.sendall(b"hello")
            rest = b""
            while piece := connection.recv(1_000):
                rest += piece
            assert rest.endswith(b"5\r\nhello\r\n0\r\n\r\n")
        assert server.process.wait(PATIENCE) == 0

    def test_a_second_signal_ends_at_once(self, serve: Callable[..., Server]) -> None:
        server = serve()
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
            connection.sendall(b"GET /sleep/100000 HTTP/1.1\r\nHost: a\r\n\r\n")
            while server.get("/hello")[0] != 200:
                pass
            server.process.send_signal(signal.SIGTERM)
            assert server.stderr.readline() == "Ending\n"
            assert server.end()[0] == 0
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(100) == b""

    def test_a_grace_time(self, serve: Callable[..., Server]) -> None:
        server = serve("--grace", "50ms")
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
            connection.sendall(b"GET /sleep/100000 HTTP/1.1\r\nHost: a\r\n\r\n")
            while server.get("/hello")[0] != 200:
                pass
            assert server.end()[0] == 0


class TestBadBeginnings:
    def run(self, *arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "pywasm_rt.cli", "serve", *arguments]
        ended = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert "Traceback" not in ended.stderr
        return ended.returncode, ended.stderr

    def test_addresses(self, guest: Callable[[str], Path]) -> None:
        for text in ("x", "a:b", "127.0.0.1:99999", "::1"):
            code, said = self.run("--addr", text, str(guest("server")))
            assert code == 2
            assert "is not HOST:PORT" in said
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            code, said = self.run("--addr", address, str(guest("server")))
        assert code == 1
        assert "in use" in said

    def test_files(self, guest: Callable[[str], Path], tmp_path: Path) -> None:
        code, said = self.run(str(tmp_path / "none.wasm"))
        assert (code, "No such file" in said) == (1, True)
        (tmp_path / "text.wasm").write_text("no component")
        assert self.run(str(tmp_path / "text.wasm"))[0] == 1
        code, said = self.run(str(guest("client")))
        assert code == 1
        assert "exports no wasi:http/incoming-handler@0.2, but fetch" in said


def test_a_program_says_at_once_what_is_missing(guest: Callable[[str], Path]) -> None:
    component = Component.from_file(guest("client"))
    with pytest.raises(ComponentError, match="exports no wasi:http/incoming-handler"):
        HandlerProgram(component, get_engine("reference"), lambda _: WasiContext())


WASMTIME = os.environ.get("WASMTIME")


@pytest.mark.skipif(not WASMTIME, reason="WASMTIME names no wasmtime to compare with")
def test_answers_are_those_of_wasmtime(guest: Callable[[str], Path], server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(WASMTIME), "serve", "--addr", f"127.0.0.1:{port}", str(guest("server"))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert "Serving" in process.stderr.readline()
            other = Server.__new__(Server)
            other.port = port
            for path in ("/hello", "/method", "/length", "/nowhere", "/big/10", "/status/299"):
                ours, theirs = server.get(path), other.get(path)
                assert (ours[0], ours[2]) == (theirs[0], theirs[2]), path
            assert other.get("/hello") == server.get("/hello")
            data = bytes(range(256)) * 1_000
            assert other.get("/echo", "POST", data) == server.get("/echo", "POST", data)
            for path in ("/error", "/none", "/trap"):
                assert other.get(path)[0] == server.get(path)[0] == 500
        finally:
            process.kill()
