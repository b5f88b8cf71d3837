"""Guests in C that serve and fetch, and servers to talk to."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

GUESTS = Path(__file__).parent / "guests"
WIT_PACKAGE = "@bytecodealliance/jco@1.35.0"
WIT_FOLDER = "package/lib/wit/builtin/0.2.12"
PACKAGES = ("io", "clocks", "random", "cli", "filesystem", "sockets", "http")
PATIENCE = 10.0

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="session")
def wit(request: pytest.FixtureRequest) -> Path:
    """WASI's own WIT, from the registry (and kept in pytest's cache)."""
    assert request.config.cache is not None
    folder = request.config.cache.mkdir("wasi-wit")
    if not (folder / WIT_FOLDER / "wasi-http").exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no npm to get WASI's WIT with")
        command = [npm, "pack", "--silent", WIT_PACKAGE]
        packed = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        if packed.returncode != 0:
            pytest.skip(f"no WIT to be had: {packed.stderr.strip()}")
        archive_path = folder / packed.stdout.strip()
        with tarfile.open(archive_path) as archive:
            members = [it for it in archive if it.name.startswith(f"{WIT_FOLDER}/")]
            archive.extractall(folder, members, filter="data")
        archive_path.unlink()
    return folder / WIT_FOLDER


@pytest.fixture(scope="session")
def guest(wit: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a component of a C program of the folder ``guests``, once."""
    pytest.importorskip("ziglang")
    wasm_tools = shutil.which("wasm-tools", path=str(Path(sys.executable).parent))
    if wasm_tools is None:
        pytest.skip("no wasm-tools")
    folder = tmp_path_factory.mktemp("http-guests")
    for package in PACKAGES:
        shutil.copytree(wit / f"wasi-{package}", folder / "wit" / "deps" / package)
    shutil.copy(GUESTS / "world.wit", folder / "wit")

    def make(name: str) -> Path:
        core, embedded, made = (folder / f"{name}.{it}.wasm" for it in ("core", "embedded", "c"))
        if not made.exists():
            compiler = [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding"]
            compiler += ["-O1", "-nostdlib", "-ffreestanding", "-Wl,--no-entry", "-s"]
            tools = [wasm_tools, "component"]
            for command in (
                [*compiler, "-o", str(core), str(GUESTS / f"{name}.c")],
                [*tools, "embed", str(folder / "wit"), "-w", name, str(core), "-o", str(embedded)],
                [*tools, "new", str(embedded), "-o", str(made)],
            ):
                subprocess.run(command, check=True, timeout=300, capture_output=True)
        return made

    return make


@pytest.fixture
def serving() -> Iterator[Callable[[Conversation], int]]:
    """Runs servers that hold a conversation with whoever connects; the port of each."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def end() -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def start(converse: Conversation) -> asyncio.Server:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    await converse(reader, writer)
            finally:
                writer.close()

        return await asyncio.start_server(connected, "127.0.0.1", 0)

    servers: list[asyncio.Server] = []

    def serve(converse: Conversation) -> int:
        server = asyncio.run_coroutine_threadsafe(start(converse), loop).result(PATIENCE)
        servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield serve
    for server in servers:
        loop.call_soon_threadsafe(server.close)
    asyncio.run_coroutine_threadsafe(end(), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE)
    loop.close()


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that nobody listens at."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
