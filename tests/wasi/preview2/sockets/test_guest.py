"""A guest from a real toolchain, JavaScript in QuickJS, that talks TCP and UDP as a process."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Engine
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.interface import ExitResult, ProcessContext, ProcessDefinition
from pywasm_rt.process.node import Node
from pywasm_rt.process.pid import PID
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasi.capabilities.network import Network
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2 import interfaces

pytestmark = pytest.mark.guests

GUEST = Path(__file__).parent / "guest"
TOOLCHAIN = ("componentize-qjs@0.4.5", "@bytecodealliance/jco@1.35.0")
WIT = "node_modules/@bytecodealliance/jco/lib/wit/builtin/0.2.12"
PACKAGES = ("io", "clocks", "sockets", "cli", "random", "filesystem")
PATIENCE = 60.0


@pytest.fixture(scope="module")
def component(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Component:
    """The guest, built once for each state of its sources."""
    sources = b"".join(path.read_bytes() for path in sorted(GUEST.iterdir()))
    digest = hashlib.sha256(sources + repr(TOOLCHAIN).encode()).hexdigest()[:16]
    assert request.config.cache is not None
    built = request.config.cache.mkdir("socket-guest") / f"{digest}.wasm"
    if not built.exists():
        if shutil.which("npm") is None:
            pytest.skip("npm is needed to install the JavaScript toolchain")
        folder = tmp_path_factory.mktemp("socket-guest")
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", *TOOLCHAIN]
        subprocess.run(install, cwd=folder, check=True, timeout=300)
        for package in PACKAGES:
            shutil.copytree(folder / WIT / f"wasi-{package}", folder / "wit" / "deps" / package)
        shutil.copy(GUEST / "world.wit", folder / "wit")
        build = [str(folder / "node_modules" / ".bin" / "componentize-qjs")]
        build += ["-w", "wit", "-n", "guest", "-j", str(GUEST / "guest.js")]
        build += ["--sync", "--opt-size", "-o", "guest.wasm"]
        subprocess.run(build, cwd=folder, check=True, timeout=300, capture_output=True)
        shutil.copy(folder / "guest.wasm", built)
        shutil.rmtree(folder / "node_modules")
    return Component.from_file(built)


class Guests:
    """Starts processes with the guest; ``contexts`` are those of all of them."""

    def __init__(self, node: Node, component: Component, engine: Engine) -> None:
        self.node = node
        self.contexts: list[WasiContext] = []
        self._component = component
        self._engine = engine

    def start(
        self, function: str, *arguments: object, allow: str = "127.0.0.1", **fields: Any
    ) -> Any:
        """A process that calls a function: its PID, and the future of its end."""
        fields["network"] = Network.allow(*([allow] if allow else []))
        self.node.register("guest", ProcessDefinition(lambda _: self._process(fields), function))
        return self.node.spawn_watched("guest", "one", arguments)

    def call(self, function: str, *arguments: object, allow: str = "127.0.0.1") -> object:
        """What a function returns."""
        future: Future[ExitResult] = self.start(function, *arguments, allow=allow)[1]
        result = future.result(PATIENCE)
        if result.error is not None:
            raise result.error
        return result.value

    def _process(self, fields: dict[str, Any]) -> WasmProcess:
        def start(
            context: ProcessContext, method: str, arguments: tuple[object, ...], meter: Meter
        ) -> Any:
            wasi = WasiContext(monotonic_clock=context.clock, **fields)
            self.contexts.append(wasi)
            try:
                linker = Linker(self._engine)
                for interface in interfaces(wasi):
                    linker.define(interface)
                instance = yield from linker.start(self._component, None, meter)
                return (yield from instance.function(method).start(arguments, meter))
            finally:
                wasi.close()

        return WasmProcess(start)


@pytest.fixture
def guests(component: Component, engine_name: str) -> Iterator[Guests]:
    with Node() as node:
        node.add_host(ProcessHost("one", workers=1))
        guests = Guests(node, component, get_engine(engine_name))
        yield guests
    assert all(context.open_handles == 0 for context in guests.contexts)


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets, in capital letters."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    said = b""
                    while piece := connection.recv(1000):
                        said += piece
                    connection.sendall(said.upper())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)


@pytest.fixture
def datagrams() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(PATIENCE)
        yield bound


def test_a_client(guests: Guests, echo: int) -> None:
    assert guests.call("talk", echo, "hello") == "HELLO"
    assert guests.call("talk", echo, "x" * 4_000) == "X" * 4_000


def test_grants(guests: Guests, echo: int, datagrams: socket.socket) -> None:
    for allow in ("", "127.0.0.1:1", "10.0.0.0/8", "a.example"):
        assert guests.call("talk", echo, "hello", allow=allow) == "error: access-denied"
    assert guests.call("talk", echo, "hello", allow=f"localhost:{echo}") == "HELLO"
    port = datagrams.getsockname()[1]
    assert guests.call("ask", port, "?", 10, allow="10.0.0.0/8") == "error: access-denied"
    assert guests.call("resolve", "localhost", allow="a.example") == "error: access-denied"
    assert guests.call("serve", port, allow=f"127.0.0.1:{port}") == "error: access-denied"


def test_nobody_listens(guests: Guests) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert guests.call("talk", port, "hello") == "error: connection-refused"


def test_a_server(guests: Guests, datagrams: socket.socket) -> None:
    _, future = guests.start("serve", datagrams.getsockname()[1])
    port = int(datagrams.recv(100))
    # Another guest is its client, on the same thread.
    assert guests.call("talk", port, "from guest to guest") == "FROM GUEST TO GUEST"
    assert future.result(PATIENCE).value == "from guest to guest"


def test_a_datagram_or_a_timer(guests: Guests, datagrams: socket.socket) -> None:
    port = datagrams.getsockname()[1]
    _, future = guests.start("ask", port, "who is there?", 60_000)
    said, sender = datagrams.recvfrom(100)
    assert said == b"who is there?"
    datagrams.sendto(b"me", sender)
    assert future.result(PATIENCE).value == "me"
    assert guests.call("ask", port, "and now?", 20) == "silence"


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    "order",
    [("socket", "stdin", "timer"), ("timer", "stdin", "socket"), ("stdin", "timer", "socket")],
    ids=" ".join,
)
def test_one_poll_over_three_wakes_for_each_in_turn(guests: Guests, order: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    with socket.socket() as listener, os.fdopen(reading, "rb", 0) as typed:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        patience = [20 if source == "timer" else HOUR_MS for source in order]
        _, future = guests.start("turns", listener.getsockname()[1], patience, stdin=typed)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(PATIENCE)
            for number, source in enumerate(order):
                assert connection.recv(100) == b"waiting"
                if source == "socket":
                    connection.send(f"said {number}".encode())
                elif source == "stdin":
                    os.write(writing, f"typed {number}".encode())
            words = {"socket": "socket said {}", "stdin": "stdin typed {}", "timer": "timer"}
            expected = [words[source].format(number) for number, source in enumerate(order)]
            result = future.result(PATIENCE)
            assert (result.error, result.value) == (None, expected)
    os.close(writing)


def test_names(guests: Guests) -> None:
    found = guests.call("resolve", "localhost", allow="localhost")
    assert isinstance(found, str)
    assert "127.0.0.1" in found or "0.0.0.0.0.0.0.1" in found
    assert guests.call("resolve", "192.0.2.7", allow="") == "ipv4 192.0.2.7"
    assert guests.call("resolve", "no name", allow="*") == "error: invalid-argument"


def test_guests_that_wait_can_be_ended(guests: Guests, datagrams: socket.socket) -> None:
    """Twenty servers wait on one thread; ending them closes their sockets at once."""
    waiting: list[tuple[PID, Future[ExitResult], int]] = []
    for _ in range(20):
        pid, future = guests.start("serve", datagrams.getsockname()[1])
        waiting.append((pid, future, int(datagrams.recv(100))))
    for pid, future, port in waiting:
        guests.node.terminate(pid)
        error = future.result(PATIENCE).error
        assert error is not None
        assert "while waiting for Readable" in str(error)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), PATIENCE)
