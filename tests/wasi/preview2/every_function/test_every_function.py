"""Guests from real toolchains call every function of WASI 0.2, all 181 of 32 interfaces, and find
each answer as it should be.

The one in JavaScript (QuickJS) calls what has nothing to do with HTTP, on both engines; the one in
Python, which has 18 MB, sends and answers requests on the native engine; the one in C calls what
is not stable yet, and what the other toolchains therefore do not know.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.component import Component
from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.values import Ok
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import GuestExit
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition
from pywasm_rt.process.node import Node
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasi.capabilities.answer import PendingAnswer
from pywasm_rt.wasi.capabilities.body import Body
from pywasm_rt.wasi.capabilities.clocks import VirtualMonotonicClock, VirtualWallClock
from pywasm_rt.wasi.capabilities.network import Network
from pywasm_rt.wasi.capabilities.stdio import CollectingSink
from pywasm_rt.wasi.context import Terminals, WasiContext
from pywasm_rt.wasi.preview2 import interfaces
from pywasm_rt.wasi.preview2.http.exchange import ResponseHead, ResponseOutparam
from pywasm_rt.wasi.preview2.http.messages import IncomingRequest, RequestHead

pytestmark = pytest.mark.guests

HERE = Path(__file__).parent
TOOLCHAIN = "componentize-qjs@0.4.5"
PACKAGES = ("io", "clocks", "random", "cli", "filesystem", "sockets", "http")
PATIENCE = 60.0
RUN, HANDLE = "wasi:cli/run#run", "wasi:http/incoming-handler#handle"
ANSWER = (
    b"HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%x\r\n%s\r\n0\r\nX-Sum: 5\r\n\r\n"
)


def build_javascript(folder: Path) -> None:
    """Build the guest with componentize-qjs."""
    if shutil.which("npm") is None:
        pytest.skip("npm is needed to install the JavaScript toolchain")
    run(folder, "npm", "install", "--silent", "--no-audit", "--no-fund", TOOLCHAIN)
    tool = folder / "node_modules" / ".bin" / "componentize-qjs"
    options = ["--sync", "--opt-size", "-o", "guest.wasm"]
    run(folder, str(tool), "-w", "wit", "-n", "guest", "-j", "guest.js", *options)


def build_python(folder: Path) -> None:
    """Build the guest with componentize-py."""
    beside = Path(sys.executable).parent / "componentize-py"
    tool = str(beside) if beside.exists() else shutil.which("componentize-py")
    if tool is None:
        pytest.skip("componentize-py is not installed")
    run(folder, tool, "-d", "wit", "-w", "guest", "componentize", "app", "-o", "guest.wasm")


def build_c(folder: Path) -> None:
    """Build the guest with zig and wasm-tools."""
    pytest.importorskip("ziglang")
    beside = Path(sys.executable).parent / "wasm-tools"
    tool = str(beside) if beside.exists() else shutil.which("wasm-tools")
    if tool is None:
        pytest.skip("wasm-tools is not installed")
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding", "-O1"]
    run(folder, *compiler, "-nostdlib", "-Wl,--no-entry", "-s", "-o", "core.wasm", "guest.c")
    embed = [tool, "component", "embed", "--all-features", "wit", "-w", "guest"]
    run(folder, *embed, "core.wasm", "-o", "embedded.wasm")
    run(folder, tool, "component", "new", "embedded.wasm", "-o", "guest.wasm")


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command, cwd=folder, timeout=600, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


BUILDERS = {"javascript": build_javascript, "python": build_python, "c": build_c}


@pytest.fixture(scope="module")
def component(
    request: pytest.FixtureRequest, wasi_packages: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Component]:
    """A guest, built once for each state of its sources."""
    assert request.config.cache is not None
    kept = request.config.cache.mkdir("every-function")

    @functools.cache
    def make(language: str) -> Component:
        sources = [path for path in sorted((HERE / language).iterdir()) if path.is_file()]
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
        built: Path = kept / f"{language}-{digest}.wasm"
        if not built.exists():
            folder = tmp_path_factory.mktemp("every-function")
            for package in PACKAGES:
                wit = wasi_packages / "0.2.12" / f"wasi-{package}"
                shutil.copytree(wit, folder / "wit" / "deps" / package)
            for path in sources:
                shutil.copy(path, folder / "wit" if path.suffix == ".wit" else folder)
            BUILDERS[language](folder)
            shutil.copy(folder / "guest.wasm", built)
            shutil.rmtree(folder)
        return Component.from_file(built)

    return make


class BreakingSource:
    """Ten digits, and then an error."""

    may_block = False

    def __init__(self) -> None:
        self.left = b"0123456789"

    def read(self, max_bytes: int) -> bytes:
        if not self.left:
            raise OSError(5, "the cable is out")
        piece, self.left = self.left[:max_bytes], self.left[max_bytes:]
        return piece

    def ready(self) -> bool:
        return True


class Guests:
    """Runs functions of the guest as processes; ``called`` are the host's that they called."""

    def __init__(self, node: Node, component: Component, engine: Engine) -> None:
        self.node, self.component, self.engine = node, component, engine
        self.called: set[str] = set()
        self.stdout, self.stderr = CollectingSink(), CollectingSink()
        self.folder: Path | None = None

    def recording(self, interface: HostInterface) -> HostInterface:
        """The interface, whose functions are noted when they are called."""

        def noting(name: str, function: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object) -> object:
                self.called.add(f"{interface.name}#{name}")
                return function(*arguments)

            return call

        functions = {name: noting(name, it) for name, it in interface.functions.items()}
        return replace(interface, functions=functions)

    def call(
        self, function: str, *arguments: object, given: Callable[..., Any] | None = None
    ) -> Any:
        """What a function returns; ``given`` makes the arguments with the guest's context."""
        definition = ProcessDefinition(lambda _: WasmProcess(self._start(given)), function)
        self.node.register("guest", definition)
        result = self.node.spawn_watched("guest", "one", arguments)[1].result(PATIENCE)
        if result.error is not None:
            raise result.error.__cause__ or result.error
        return result.value

    def _start(self, given: Callable[..., Any] | None) -> Callable[..., Any]:
        def start(
            context: ProcessContext, method: str, arguments: tuple[object, ...], meter: Meter
        ) -> Generator[Any, Any, Any]:
            wasi = WasiContext(
                arguments=["guest", "one"],
                environment={"NAME": "Ada"},
                cwd="/d",
                stdin=BreakingSource(),
                stdout=self.stdout,
                stderr=self.stderr,
                directories={"/d": self.folder} if self.folder else {},
                monotonic_clock=context.clock,
                wall_clock=VirtualWallClock(VirtualMonotonicClock(0), 1_700_000_000 * 10**9),
                network=Network.allow("127.0.0.1"),
                terminals=Terminals(stdin=True, stdout=True),
            )
            with wasi:
                linker = Linker(self.engine)
                for interface in interfaces(wasi):
                    linker.define(self.recording(interface))
                instance = yield from linker.start(self.component, None, meter)
                if given is not None:
                    arguments = given(wasi)
                result = yield from instance.function(method).start(arguments, meter)
                if method in (RUN, HANDLE):
                    self.called.add(method)
                return result

        return start


@pytest.fixture
def make_guests(component: Callable[[str], Component]) -> Iterator[Callable[..., Guests]]:
    """Makes guests of a language."""
    with Node() as node:
        node.add_host(ProcessHost("one", workers=1))
        yield lambda language, engine: Guests(node, component(language), engine)


@pytest.fixture
def server() -> Iterator[int]:
    """The port of a server that answers with the body that it gets, and a trailer."""
    loop = asyncio.new_event_loop()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"POST / HTTP/1.1" in await reader.readuntil(b"\r\n\r\n")
        size = int(await reader.readline(), 16)
        body = await reader.readexactly(size)
        writer.write(ANSWER % (size, body))
        await reader.readuntil(b"0\r\n\r\n")
        writer.close()

    listening = loop.run_until_complete(asyncio.start_server(converse, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield listening.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(listening.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE)
    loop.close()


def serve(guests: Guests) -> list[object]:
    """Let the guest answer a request; what it found in it."""
    body, answer = Body(), PendingAnswer()
    body.sink.write(b"sent")
    body.sink.end()
    head = RequestHead("GET", "/a?b", "HTTP", "a.example:80", (("X", b"y"),))

    def arguments(context: WasiContext) -> tuple[object, ...]:
        return IncomingRequest(context, head, body.source), ResponseOutparam(answer)

    guests.call(HANDLE, given=arguments)
    response = answer.result()
    assert isinstance(response, ResponseHead)
    assert (response.status, response.fields) == (201, (("a", b"b"),))
    assert response.body is not None
    said: list[object] = json.loads(response.body.read(1000))
    return said


def offered() -> set[str]:
    """Every function of WASI 0.2: the host's, and the two that guests export."""
    return {RUN, HANDLE} | {
        f"{interface.name}#{name}"
        for interface in interfaces(WasiContext())
        for name in interface.functions
    }


def check_javascript(guests: Guests, folder: Path) -> set[str]:
    """Let the guest in JavaScript call its functions; which those are."""
    guests.folder = folder
    (folder / "a.txt").write_text("hello")
    for part in ("io", "clocks-and-chance", "cli", "filesystem", "tcp", "udp"):
        assert guests.call(part) == [], part
    assert guests.call(RUN) == Ok()
    for code, expected in ((7, 7), (None, 1)):
        with pytest.raises(GuestExit) as caught:
            guests.call("leave", code)
        assert caught.value.code == expected
    assert guests.stdout.data == b"ab\0\0\0" + b"6789" + b"run"
    assert guests.stderr.data == b"e"
    assert (folder / "a.txt").read_bytes() == b"JAllZ"
    return guests.called


def is_http(name: str) -> bool:
    return name.startswith("wasi:http")


UNSTABLE = {
    "wasi:clocks/timezone#display",
    "wasi:clocks/timezone#utc-offset",
    "wasi:sockets/network#network-error-code",
    "wasi:http/types#[method]response-outparam.send-informational",
}


def check_c(guests: Guests) -> set[str]:
    """Let the guest in C call its functions; which those are."""
    told = list[tuple[int, object]]()
    outparam = ResponseOutparam(PendingAnswer(), lambda *given: told.append(given))
    assert guests.call("utc-offset") == 0
    assert guests.call("timezone-name") == "UTC"
    assert guests.call("breaks-in-the-network") is False
    assert guests.call("inform", outparam) is True
    assert told == [(103, ())]
    return guests.called


def test_everything_but_http(
    make_guests: Callable[..., Guests], engine_name: str, tmp_path: Path
) -> None:
    engine = get_engine(engine_name)
    called = check_javascript(make_guests("javascript", engine), tmp_path)
    assert not called & UNSTABLE
    called |= check_c(make_guests("c", engine))
    assert called >= UNSTABLE
    assert {name for name in offered() - called if not is_http(name)} == set()


def test_all_of_it(
    make_guests: Callable[..., Guests], native_engine: Engine, server: int, tmp_path: Path
) -> None:
    called = check_javascript(make_guests("javascript", native_engine), tmp_path)
    called |= check_c(make_guests("c", native_engine))
    guests = make_guests("python", native_engine)
    assert guests.call("broken-input") == []
    assert guests.call("messages") == []
    assert guests.call("request", server) == []
    said = ["Method_Get", "Scheme_Http", "a.example:80", "/a?b", "y", "sent", 201, 1]
    assert serve(guests) == said
    everything = offered()
    assert len(everything) == 181
    # Terminals are resources without functions.
    assert len({name.partition("#")[0] for name in everything}) == 32 - 2
    assert everything - (called | guests.called) == set()
