"""The page on WASM processes, sentence by sentence: what each says holds.

Each test quotes what it tries with :func:`quotes`. Where the page itself is at hand (beside the
suites), it is held against the quotations, so that no sentence of it goes untried.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pywasm_rt.app.app import App
from pywasm_rt.app.application import Application
from pywasm_rt.app.definitions import Surroundings
from pywasm_rt.app.entry import check_entry
from pywasm_rt.app.source_files import read_sources
from pywasm_rt.app.standard_streams import StandardStreams
from pywasm_rt.cli.main import cli
from pywasm_rt.engine import get_engine
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.interface import Done, Exit, ProcessContext
from pywasm_rt.process.lifecycle import ServiceState
from pywasm_rt.process.pid import PID
from pywasm_rt.process.simulation import VirtualClock
from pywasm_rt.process.task import ProcessState
from pywasm_rt.wasi.capabilities.stdio import FileObjectSource
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

from .conftest import Write, digest

DEMO = Path(__file__).parents[2] / "pywasm_rt" / "examples" / "demo"
QUOTED: list[str] = []

Act = Callable[[App], Awaitable[None]]
Test = Callable[..., Any]


def quotes(*sentences: str) -> Callable[[Test], Test]:
    """Say which sentences of the page a test tries."""
    QUOTED.extend(sentences)
    return lambda test: test


def plain(text: str) -> str:
    """A sentence without marks and with single spaces."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[*`]", "", text).replace("|", " ").split())


def sentences_of(page: str) -> Iterator[str]:
    """The sentences of a page in Markdown: of paragraphs, list items and table rows; no code."""
    prose = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    for block in re.split(r"\n\s*\n|\n(?=[|\d-])", prose):
        line = block.strip()
        if not line or line.startswith("#") or re.fullmatch(r"[|\s:-]+", line):
            continue
        if line.startswith("|"):
            yield plain(line)
            continue
        line = re.sub(r"^(\d+\.|-)\s+", "", line)
        for part in re.split(r"(?<=[.])\s+(?=[A-Z])", line):
            yield plain(part)


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The demo application, which has the page's entries."""
    folder = tmp_path / "demo"
    shutil.copytree(DEMO, folder)
    return folder


def run(folder: Path, *arguments: str) -> Result:
    """Run a command line in the application."""
    return CliRunner().invoke(cli, ["-C", str(folder), "run", *arguments])


def act(folder: Path, acting: Act, *, virtual: bool = True) -> None:
    """Act on the running application."""

    async def main() -> None:
        async with App.load(folder, clock=VirtualClock() if virtual else None) as app:
            await acting(app)

    asyncio.run(asyncio.wait_for(main(), 60))


# WASM-Prozesse


@quotes(
    "WASM-Module koennen als Prozesse ueber den Entry Kind process.wasm ausgefuehrt werden.",
    "Prozesse laufen innerhalb des Wippy-Process-Hosts und unterstuetzen den vollstaendigen "
    "Prozesslebenszyklus: Starten, Ueberwachen und ueberwachtes Herunterfahren.",
)
def test_started_watched_and_shut_down(demo: Path) -> None:
    async def acting(app: App) -> None:
        pid = await app.spawn("myns:compute_worker", 6, 7, host="myns:processes", monitored=True)
        assert pid.host == "myns:processes"
        event = await app.receive(10)
        assert isinstance(event, Exit)
        assert (event.sender, event.result.value, event.result.error) == (pid, 42, None)
        sleeper = await app.spawn("myns:sleeper", 60_000, host="myns:processes", monitored=True)
        await app.cancel(sleeper, "enough")
        event = await app.receive(10)
        assert isinstance(event, Exit)
        assert "enough" in str(event.result.error)

    act(demo, acting)


# Entry-Konfiguration


@quotes(
    "Field Required Beschreibung",
    "fs Yes Dateisystem-Entry-ID, die das Binary enthaelt",
    "path Yes Pfad zur .wasm-Datei innerhalb des Dateisystems",
    "hash Yes SHA-256-Hash zur Integritaetspruefung",
    "method Yes Name der exportierten Funktion zur Ausfuehrung",
)
@pytest.mark.parametrize("field", ["fs", "path", "hash", "method"])
def test_required_fields(demo: Path, field: str) -> None:
    text = (demo / "src" / "_index.yaml").read_text()
    pattern = rf"(- name: compute_worker.*?)\n    {field}: [^\n]*"
    (demo / "src" / "_index.yaml").write_text(re.sub(pattern, r"\1", text, flags=re.DOTALL))
    application = Application.load(demo)
    assert [it.message for it in application.faults_of("myns:compute_worker")] == [
        f"{field} is required"
    ]


@quotes(
    "imports No Host-Imports zum Aktivieren",
    "wasi No WASI-Konfiguration (args, env, mounts)",
    "limits No Ausfuehrungslimits",
)
def test_optional_fields(demo: Path) -> None:
    entries = {it.name: it for it in read_sources(demo).entries}
    for field in ("imports", "wasi", "limits"):
        assert field not in entries["compute_worker"].data
    assert check_entry(entries["compute_worker"]).faults == ()
    assert Application.load(demo).faults == ()


@quotes("hash Yes SHA-256-Hash zur Integritaetspruefung")
def test_a_binary_that_was_changed_is_refused(demo: Path) -> None:
    binary = demo / "wasm" / "worker.wasm"
    binary.write_bytes(binary.read_bytes() + b"\0\1\0")
    result = run(demo, "compute", "6", "7")
    assert result.exit_code == 1
    assert "hash mismatch" in result.stderr


@quotes("imports No Host-Imports zum Aktivieren")
def test_an_import_that_is_not_activated_is_refused(demo: Path) -> None:
    text = (demo / "src" / "_index.yaml").read_text()
    (demo / "src" / "_index.yaml").write_text(text.replace("      - wasi:clocks\n", ""))
    faults = [str(it) for it in Application.load(demo).faults_of("myns:sleeper")]
    assert len(faults) == 1
    assert "add wasi:clocks" in faults[0]


@quotes("limits No Ausfuehrungslimits")
def test_a_limit_holds(write: Write) -> None:
    code = encode(parse('(module (func (export "run") (loop (br 0))))'))
    text = f"""\
namespace: myns
entries:
  - {{name: processes, kind: process.host}}
  - {{name: bin, kind: fs.directory, directory: .}}
  - name: endless
    kind: process.wasm
    fs: myns:bin
    path: /endless.wasm
    hash: {digest(code)}
    method: run
    limits: {{max_execution_ms: 50}}
"""

    async def acting(app: App) -> None:
        with pytest.raises(ProcessError, match="execution time limit of 50 ms exceeded"):
            await app.execute("myns:endless")

    act(write({"app.yaml": text, "endless.wasm": code}), acting, virtual=False)


# CLI-Befehle


@quotes(
    "Registrieren Sie einen WASM-Prozess als benannten Befehl mit meta.command:",
    "Ausfuehren mit:",
    "name Yes Befehlsname, verwendet mit wippy run <name>",
)
def test_a_command_is_run_by_its_name(demo: Path) -> None:
    result = run(demo, "greet", "Ada")
    assert (result.exit_code, result.stdout) == (0, "Hello, Ada!\n")


@quotes(
    "Verfuegbare Befehle auflisten:",
    "short No Kurzbeschreibung, angezeigt in wippy run list",
)
def test_commands_are_listed_with_their_descriptions(demo: Path) -> None:
    result = run(demo, "list")
    assert result.exit_code == 0
    assert re.search(r"greet +Greet someone via WASM +\(myns:greet\)", result.stdout)


@quotes(
    "Ein terminal.host und process.host muessen vorhanden sein, damit CLI-Befehle funktionieren."
)
@pytest.mark.parametrize(("name", "kind"), [("terminal", "terminal"), ("processes", "process")])
def test_both_hosts_are_needed(demo: Path, name: str, kind: str) -> None:
    text = (demo / "src" / "_index.yaml").read_text()
    text = re.sub(rf"  - name: {name}\n.*?\n\n", "", text, flags=re.DOTALL)
    (demo / "src" / "_index.yaml").write_text(text)
    result = run(demo, "greet", "Ada")
    assert result.exit_code == 1
    assert f"no {kind}.host found in registry" in result.stderr


# Prozesslebenszyklus


@quotes(
    "WASM-Prozesse folgen dem Init/Step/Close-Lebenszyklusmodell:",
    "Init - Modul wird instanziiert, Eingabeargumente werden erfasst",
    "Step - Ausfuehrung schreitet voran.",
    "Close - Instanzressourcen werden freigegeben",
)
def test_init_step_close(demo: Path) -> None:
    async def acting(app: App) -> None:
        assert await app.execute("myns:compute_worker", 6, 7, host="myns:processes") == 42
        assert app.processes() == ()
        with pytest.raises(ProcessError, match="parameter count mismatch"):
            await app.execute("myns:compute_worker", 6, host="myns:processes")

    act(demo, acting)


@quotes("Bei asynchronen Modulen steuert der Scheduler Yield/Resume-Zyklen.")
def test_an_asynchronous_module_yields_and_is_resumed(demo: Path) -> None:
    async def acting(app: App) -> None:
        pid = await app.spawn("myns:sleeper", 2_000, host="myns:processes")
        await app.sleep(1)
        (process,) = app.processes()
        assert (process.state, process.waiting_for) == (ProcessState.BLOCKED, "Poll")
        assert (await app.wait(pid)).error is None
        assert app.now_ns() == pytest.approx(2_000_000_000, rel=0.01)

    act(demo, acting)


@quotes("Bei synchronen Modulen wird die Ausfuehrung in einem einzigen Schritt abgeschlossen.")
def test_a_synchronous_module_ends_in_a_single_step(demo: Path) -> None:
    application = Application.load(demo)

    definition = application.definitions(Surroundings(get_engine()))["myns:compute_worker"]
    context = ProcessContext(PID("myns:processes", 1), "myns:compute_worker", "myns:processes")
    process = definition.create(context)
    process.init(context, "compute", (6, 7))
    assert process.step((), 1_000_000) == Done(42)
    process.close()


# Starten aus Lua


@quotes("Starten Sie einen WASM-Prozess und ueberwachen Sie ihn bis zum Abschluss:")
def test_the_lua_sample(demo: Path) -> None:
    result = run(demo, "spawn")
    assert (result.exit_code, result.stdout) == (0, "42\n")


# Asynchrone Ausfuehrung


@quotes(
    "WASM-Prozesse, die WASI-Schnittstellen importieren, koennen asynchrone Operationen "
    "ausfuehren.",
    "Der Scheduler suspendiert den Prozess waehrend I/O und setzt ihn fort, wenn die Operation "
    "abgeschlossen ist:",
)
def test_many_wait_on_one_worker(demo: Path) -> None:
    async def acting(app: App) -> None:
        pids = [await app.spawn("myns:sleeper", 1_000, host="myns:processes") for _ in range(20)]
        before = app.now_ns()
        for pid in pids:
            if any(it.pid == pid for it in app.processes()):
                assert (await app.wait(pid)).error is None
        assert app.now_ns() - before == pytest.approx(1_000_000_000, rel=0.01)

    text = (demo / "src" / "_index.yaml").read_text()
    (demo / "src" / "_index.yaml").write_text(text.replace("workers: 2", "workers: 1"))
    act(demo, acting)


@quotes(
    "Der Yield/Resume-Mechanismus ist fuer den WASM-Code transparent.",
    "Standard-blockierende Aufrufe im Guest (Sleep, Read, Write, HTTP-Anfragen) yielden "
    "automatisch an den Dispatcher.",
)
def test_a_blocking_read_suspends_the_guest_only(write: Write) -> None:
    # A guest of preview 1 that reads a byte from its standard input, which is a pipe here.
    code = encode(
        parse("""
        (module
          (import "wasi_snapshot_preview1" "fd_read"
            (func $read (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "run") (result i32)
            (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.load8_u (i32.const 64))))
        """)
    )
    text = f"""\
namespace: myns
entries:
  - {{name: terminal, kind: terminal.host}}
  - {{name: bin, kind: fs.directory, directory: .}}
  - name: reader
    kind: process.wasm
    fs: myns:bin
    path: /reader.wasm
    hash: {digest(code)}
    method: run
    imports: [wasi1]
"""
    folder = write({"app.yaml": text, "reader.wasm": code})

    async def main() -> None:

        ours, theirs = socket.socketpair()
        with ours, theirs, theirs.makefile("rb", buffering=0) as stream:
            streams = StandardStreams(stdin=FileObjectSource(stream))
            async with App.load(folder, strict=True, streams=streams) as app:
                pid = await app.spawn("myns:reader", host="myns:terminal")
                while app.processes()[0].state is not ProcessState.BLOCKED:
                    await asyncio.sleep(0)
                assert app.processes()[0].waiting_for == "ReadStream"
                waiting = asyncio.create_task(app.wait(pid))
                await asyncio.sleep(0)
                ours.send(b"*")
                assert (await waiting).value == ord("*")

    asyncio.run(asyncio.wait_for(main(), 30))


@quotes(
    "Standard-blockierende Aufrufe im Guest (Sleep, Read, Write, HTTP-Anfragen) yielden "
    "automatisch an den Dispatcher."
)
def test_a_command_that_is_interrupted_while_it_sleeps_ends(demo: Path) -> None:
    async def acting(app: App) -> None:
        pid = await app.spawn("myns:sleeper", 3_600_000, host="myns:processes")
        await app.sleep(1)
        await app.terminate(pid)
        assert app.processes() == ()
        assert app.now_ns() < 10_000_000_000

    act(demo, acting)


# WASI-Konfiguration


@quotes("Prozesse unterstuetzen dieselbe WASI-Konfiguration wie Funktionen:")
def test_arguments_environment_directory_and_mounts(demo: Path) -> None:
    result = run(demo, "file_processor")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "working in /app",
        "read 3 rows from /data/input.csv",
        "wrote /output/summary.json",
        "refused to write /data/written.txt: read-only",
        "total 42",
    ]


@quotes("Prozesse unterstuetzen dieselbe WASI-Konfiguration wie Funktionen:")
def test_a_function_has_the_same_configuration(demo: Path) -> None:
    text = (demo / "src" / "files.yaml").read_text()
    text = re.sub(r"    meta:\n      command:\n.*?(?=    fs:)", "", text, flags=re.DOTALL)
    (demo / "src" / "files.yaml").write_text(text.replace("process.wasm", "function.wasm"))

    async def acting(app: App) -> None:
        assert app.application.faults == ()
        await app.call("myns:file_processor")
        assert (demo / "output" / "summary.json").exists()

    act(demo, acting, virtual=False)


# Siehe auch


@quotes(
    "Uebersicht - WebAssembly-Runtime-Uebersicht",
    "Funktionen - WASM-Funktionskonfiguration",
    "Host-Funktionen - Verfuegbare Host-Schnittstellen",
    "Prozessmodell - Prozesslebenszyklus",
    "Supervision - Prozess-Supervision-Baeume",
)
def test_what_the_linked_pages_are_about_is_there_too(write: Write) -> None:
    text = """\
namespace: myns
entries:
  - {name: processes, kind: process.host}
  - {name: answer, kind: function.wat, source: file://answer.wat, wit: "answer: func() -> s32;",
     method: answer, pool: {type: inline}}
  - name: worker
    kind: process.lua
    source: |
      local answer, err = require("funcs").call("myns:answer")
      if err then error(err) end
      require("process").inbox():receive()
  - {name: service, kind: process.service, process: worker, host: processes,
     lifecycle: {auto_start: true}}
"""
    answer = '(module (func (export "answer") (result i32) i32.const 42))'

    async def acting(app: App) -> None:
        assert await app.call("myns:answer") == 42
        await app.sleep(1)
        (service,) = app.services.services()
        assert (service.state, service.restarts) == (ServiceState.RUNNING, 0)

    act(write({"app.yaml": text, "answer.wat": answer}), acting)


# The page as a whole


def test_every_sentence_of_the_page_is_quoted(suites: Path) -> None:
    page = suites.parent / "mission" / "processes.de.md"
    if not page.is_file():
        pytest.skip("the page is not beside the suites")
    quoted = {plain(it) for it in QUOTED}
    missing = [it for it in sentences_of(page.read_text()) if it not in quoted]
    assert missing == []


def test_sentences_are_found() -> None:
    page = (
        "# Head\n\nOne `x`. Two:\n\n```\ncode. Code\n```\n\n| a | b |\n|---|---|\n\n1. **C** - d\n"
    )
    assert list(sentences_of(page)) == ["One x.", "Two:", "a b", "C - d"]
