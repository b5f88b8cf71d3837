"""What can go wrong with a guest, as services of an application in virtual time: each fault is
contained in its process, told clearly, and restarted by its policy, to the second, until that gives
up; and another process on the same host goes on answering.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.soak_web import SlowPeer
from benchmarks.web_guests import FETCH_COMPONENT, exit_code
from pywasm_rt.app.app import App
from pywasm_rt.app.simulated_node import SimulatedNode
from pywasm_rt.component.binary import encode as encode_component
from pywasm_rt.component.text import parse as parse_component
from pywasm_rt.operations import HttpRequest
from pywasm_rt.process.interface import Message
from pywasm_rt.process.lifecycle import ServiceInformation, ServiceState
from pywasm_rt.process.services import ServiceRunner
from pywasm_rt.process.simulation import VirtualClock
from pywasm_rt.wasi.capabilities.http_error import HttpError, HttpErrorCode
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse
from tests.process.worst_guests import DESTRUCTS, FILLS, HOARDS, PRINTS, SPAWNS

from .conftest import Write, digest

PATIENCE = 60.0

APP = """\
namespace: app
entries:
  - {name: processes, kind: process.host, host: {max_processes: 40}}
  - {name: bin, kind: fs.directory, directory: .}
  - {name: idle, kind: process.py, module: idle.py}
  - {name: answering, kind: process.py, module: answering.py}
  - {name: deaf, kind: process.service, process: idle, host: processes, register_as: deaf,
     lifecycle: {auto_start: true}}
  - {name: answers, kind: process.service, process: answering, host: processes,
     register_as: answering, lifecycle: {auto_start: true}}
  - {name: guest, kind: process.wasm, fs: bin, path: guest.wasm, method: METHOD, hash: "HASH",
     imports: [IMPORTS], limits: {output_bytes: 10000, open_handles: 10000}}
  - {name: worst, kind: process.service, process: guest, host: processes, input: INPUT,
     lifecycle: {auto_start: true, startup: optional,
                 restart: {initial_delay: 1s, max_attempts: 3}}}
"""
IDLE = """\
async def main(process):
    while not hasattr(await process.receive(topic="nothing"), "reason"):
        pass
"""
ANSWERING = """\
async def main(process):
    while True:
        mail = await process.receive()
        if hasattr(mail, "reason"):
            return
        await process.send(mail.sender, "answer")
"""


@dataclass(frozen=True)
class Fault:
    """A guest, and what is told of its failure: a sentence, or an exit code."""

    data: Callable[[], bytes]
    imports: str
    told: str = ""
    code: int | None = None
    method: str = "run"
    arguments: str = "[]"


def core(text: str, imports: str, told: str) -> Fault:
    return Fault(lambda: encode(parse(text)), imports, told)


def composed(text: str, imports: str, told: str) -> Fault:
    return Fault(lambda: encode_component(parse_component(text)), imports, told)


WORST = {
    "prints": core(PRINTS, "wasi1", "output limit of 10000 bytes exceeded"),
    "spawns": core(
        SPAWNS.replace("idle", "app:idle").replace("(i32.const 4)", "(i32.const 8)"),
        "wippy:actor",
        "unreachable in function",
    ),
    "fills": core(FILLS, "wippy:actor", "unreachable in function"),
    "hoards": composed(HOARDS, "wasi:poll, wippy:actor", "may hold no more than 10000 handles"),
    "destructs": composed(DESTRUCTS, "", "unreachable in function"),
}
FETCHING = Fault(
    lambda: encode_component(parse_component(FETCH_COMPONENT)),
    "wasi:io, wasi:poll, wasi:cli, wasi:http",
    method="fetch",
    arguments='["peer.example", /, 1000]',
)


def write_application(write: Write, fault: Fault) -> Path:
    data = fault.data()
    text = APP.replace("HASH", digest(data)).replace("METHOD", fault.method)
    text = text.replace("IMPORTS", fault.imports).replace("INPUT", fault.arguments)
    files = {"app.yaml": text, "idle.py": IDLE, "answering.py": ANSWERING, "guest.wasm": data}
    return write(files)


def worst(app: App) -> ServiceInformation:
    return next(it for it in app.services.services() if it.id == "app:worst")


async def check_others(app: App) -> None:
    """The other process answers at once, and nothing else of the guest is left."""
    await app.send("answering", "question")
    assert isinstance(await app.receive(0.001, topic="answer"), Message)
    living = sorted(it.entry_id for it in app.processes() if it.entry_id != "app:guest")
    assert living == ["app:answering", "app:idle"]


async def check_restarts(app: App, fault: Fault, slack: float = 0.5) -> None:
    """It fails at once each time, and is started again after 1, 2 and 4 seconds, not before."""
    await app.sleep(slack)
    for attempt, delay in enumerate((1, 2, 4), start=1):
        service = worst(app)
        assert (service.state, service.restarts) == (ServiceState.RESTARTING, attempt)
        assert service.error is not None
        assert fault.told in service.error.message
        assert service.error.details.get("exit_code") == fault.code
        await check_others(app)
        await app.sleep(delay)
    assert worst(app).state is ServiceState.FAILED
    await app.sleep(100)
    assert worst(app).restarts == 3
    await check_others(app)


def run(folder: Path, fault: Fault, prepare: Callable[[App], object] = lambda _: None) -> None:
    async def main() -> None:
        app = App.load(folder, strict=True, clock=VirtualClock())
        prepare(app)
        async with app:
            await check_restarts(app, fault)

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


@pytest.mark.parametrize("name", WORST)
def test_the_worst_guests_are_restarted_by_policy(
    write: Write, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    fault = WORST[name]
    with caplog.at_level(logging.INFO, "pywasm_rt"):
        run(write_application(write, fault), fault)
    told = [it for it in caplog.records if getattr(it, "service", "") == "app:worst"]
    assert [it.levelname for it in told] == ["WARNING", "INFO"] * 3 + ["ERROR"]
    assert fault.told in told[-1].getMessage()
    assert told[0].getMessage().startswith("app:worst is restarted: ")
    assert told[1].getMessage() == "app:worst runs again"
    assert (told[-1].restarts, told[-1].retryable) == (3, False)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "code",
    [
        HttpErrorCode.DNS_ERROR,
        HttpErrorCode.DNS_TIMEOUT,
        HttpErrorCode.CONNECTION_REFUSED,
        HttpErrorCode.CONNECTION_TERMINATED,
        HttpErrorCode.CONNECTION_READ_TIMEOUT,
        HttpErrorCode.HTTP_RESPONSE_INCOMPLETE,
    ],
)
def test_faults_of_http_are_restarted_by_policy(write: Write, code: HttpErrorCode) -> None:
    def refuse(_: HttpRequest) -> object:
        raise HttpError(code)

    def prepare(app: App) -> None:
        assert isinstance(app.node, SimulatedNode)
        app.node.simulation.perform(HttpRequest, refuse)

    number = exit_code(code)
    fault = replace(FETCHING, told=f"exit with code {number}", code=number)
    run(write_application(write, fault), fault, prepare)


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("/stall", ["connection-timeout", "connection-read-timeout"]),
        ("/stall-body", ["connection-timeout", "connection-read-timeout"]),
        ("/reset", ["connection-terminated", "HTTP-response-incomplete"]),
        ("/reset-body", ["connection-terminated", "HTTP-response-incomplete"]),
        ("no such host", ["DNS-error"]),
    ],
)
def test_real_peers_that_fail(write: Write, path: str, codes: list[str]) -> None:
    """The same in real time: a peer on the loopback that stalls or resets, and no peer at all."""

    async def main() -> None:
        peer = SlowPeer(random.Random(1))
        await peer.start()
        authority = peer.authority if path.startswith("/") else "nobody.invalid"
        target = path if path.startswith("/") else "/"
        fault = replace(FETCHING, arguments=f'["{authority}", "{target}", 300]')
        folder = write_application(write, fault)
        text = (folder / "app.yaml").read_text()
        (folder / "app.yaml").write_text(text.replace("initial_delay: 1s", "initial_delay: 1ms"))
        async with App.load(folder, strict=True) as app:
            services = app.services
            assert isinstance(services, ServiceRunner)
            failed = asyncio.to_thread(
                services.wait,
                lambda it: it.service("app:worst").state is ServiceState.FAILED,
                PATIENCE,
            )
            await app.send("answering", "question")
            assert await app.receive(PATIENCE, topic="answer") is not None
            assert await failed
            service = services.service("app:worst")
            assert service.restarts == 3
            assert service.error is not None
            assert service.error.details["exit_code"] in map(exit_code, codes)
        await peer.close()
        assert peer.opened == (4 if path.startswith("/") else 0)

    asyncio.run(asyncio.wait_for(main(), PATIENCE))
