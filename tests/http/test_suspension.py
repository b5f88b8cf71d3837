"""A thousand guests blocked at once, on one thread: in sleep, read, poll and http."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pywasm_rt
from pywasm_rt import Component, CoreInstance, Linker, Network, WasiContext, WasiLimits
from pywasm_rt.engine.interface import Engine, LoadedModule
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasm.text import parse

pytestmark = pytest.mark.guests

EACH = 250
# Sleeps for an hour; reads standard input and gives its first byte; polls both.
WAITER = """(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $subscribe-clock (param i32)
    (i64.store (local.get 0) (i64.const 111))
    (i32.store8 offset=8 (local.get 0) (i32.const 0))
    (i32.store offset=16 (local.get 0) (i32.const 1))
    (i64.store offset=24 (local.get 0) (i64.const 3600000000000)))
  (func $subscribe-input (param i32)
    (i64.store (local.get 0) (i64.const 222))
    (i32.store8 offset=8 (local.get 0) (i32.const 1))
    (i32.store offset=16 (local.get 0) (i32.const 0)))
  (func $polled (param $count i32) (result i32)
    (drop (call $poll (i32.const 64) (i32.const 512) (local.get $count) (i32.const 8)))
    (i32.load (i32.const 512)))
  (func (export "sleep") (result i32)
    (call $subscribe-clock (i32.const 64))
    (call $polled (i32.const 1)))
  (func $one-byte (export "read") (result i32)
    (i32.store (i32.const 0) (i32.const 32)) (i32.store (i32.const 4) (i32.const 1))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.load8_u (i32.const 32)))
  (func (export "poll") (result i32)
    (call $subscribe-clock (i32.const 64))
    (call $subscribe-input (i32.const 112))
    (call $polled (i32.const 2))))"""


class Input:
    """Standard input that tells when something comes."""

    may_block = True

    def __init__(self) -> None:
        self.data = b""
        self.watchers: list[Callable[[], object]] = []

    def ready(self) -> bool:
        return bool(self.data)

    def read(self, max_bytes: int) -> bytes:
        assert self.data, "this read would wait"
        taken, self.data = self.data[:max_bytes], self.data[max_bytes:]
        return taken

    def watch(self, callback: Callable[[], object]) -> None:
        self.watchers.append(callback)

    def unwatch(self, callback: Callable[[], object]) -> None:
        self.watchers.remove(callback)

    def arrive(self, data: bytes) -> None:
        self.data += data
        for watcher in tuple(self.watchers):
            watcher()


class Waiting:
    """One guest that waits, in a task; its context is closed with it."""

    def __init__(self, call: Any, context: WasiContext, stdin: Input) -> None:
        self.context = context
        self.stdin = stdin
        self.task = asyncio.create_task(self._run(call))

    async def _run(self, call: Any) -> Any:
        with self.context:
            return await call

    async def kill(self) -> None:
        """Cancel it, and see that it ends at once and lets go of everything."""
        assert not self.task.done()
        self.task.cancel()
        for _ in range(4):
            await asyncio.sleep(0)
        assert self.task.cancelled()
        assert self.context.open_handles == 0
        assert not self.stdin.watchers


def waiter(module: LoadedModule, engine: Engine, function: str) -> Waiting:
    stdin = Input()
    context = WasiContext(stdin=stdin)
    instance = CoreInstance(module, wasi=context, engine=engine)
    return Waiting(instance[function].call_async(), context, stdin)


def fetcher(component: Component, engine: Engine, port: int) -> Waiting:
    context = WasiContext(network=Network.allow("127.0.0.1"))
    linker = Linker(engine)
    linker.define_wasi(context)
    fetch = linker.instantiate(component).function("fetch")
    return Waiting(fetch.call_async(f"127.0.0.1:{port}", "/", "", 0), context, Input())


class Server:
    """Answers no request before it is told to."""

    def __init__(self) -> None:
        self.requests = 0
        self.gone = 0
        self.answering = asyncio.Event()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        leaving = asyncio.create_task(reader.read())
        answering = asyncio.create_task(self.answering.wait())
        await asyncio.wait({leaving, answering}, return_when=asyncio.FIRST_COMPLETED)
        if leaving.done():
            self.gone += 1
        with contextlib.suppress(ConnectionError):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            await writer.drain()
        for task in (leaving, answering):
            task.cancel()
        await asyncio.gather(leaving, answering, return_exceptions=True)
        writer.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop go round until something holds."""
    async with asyncio.timeout(120):
        while not condition():
            await asyncio.sleep(0.001)


def resident_bytes() -> int:
    """The memory that the process uses."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return 0
    gc.collect()
    return int(statm.read_text().split()[1]) * 4096


def test_a_thousand_guests_are_blocked_at_once(
    native_engine: Engine, guest: Callable[[str], Path]
) -> None:
    engine = native_engine
    module = engine.load(parse(WAITER))
    component = Component.from_file(guest("client"))

    async def scenario() -> None:
        server = Server()
        listening = await asyncio.start_server(server.converse, "127.0.0.1", 0, backlog=EACH)
        port = listening.sockets[0].getsockname()[1]
        threads, memory = threading.active_count(), resident_bytes()
        sleeping, reading, polling = (
            [waiter(module, engine, name) for _ in range(EACH)]
            for name in ("sleep", "read", "poll")
        )
        fetching = [fetcher(component, engine, port) for _ in range(EACH)]
        everybody = [*sleeping, *reading, *polling, *fetching]
        assert len(everybody) == 1000
        inputs = [it.stdin for it in (*reading, *polling)]
        await until(lambda: server.requests == EACH and all(it.watchers for it in inputs))
        assert not any(it.task.done() for it in everybody)
        assert threading.active_count() == threads, "all of this is one thread"
        assert (resident_bytes() - memory) / len(everybody) < 512 * 1024

        for group in (sleeping, reading, polling, fetching):
            await group.pop(EACH // 2).kill()
        await until(lambda: server.gone == 1)
        assert sum(it.task.done() for it in everybody) == 4

        for number, it in enumerate(reading):
            it.stdin.arrive(bytes([number]))
        assert await asyncio.gather(*(it.task for it in reading)) == list(range(EACH - 1))
        for it in polling:
            it.stdin.arrive(b"x")
        assert set(await asyncio.gather(*(it.task for it in polling))) == {222}
        server.answering.set()
        assert set(await asyncio.gather(*(it.task for it in fetching))) == {"200 hi"}
        assert not any(it.task.done() for it in sleeping)
        for it in sleeping:
            await it.kill()
        assert all(it.task.done() for it in everybody)
        listening.close()
        await listening.wait_closed()

    asyncio.run(scenario())


@pytest.mark.parametrize("function", ["sleep", "read", "poll"])
def test_a_deadline_ends_a_guest_that_is_blocked_in_the_host(
    engine_name: str, function: str
) -> None:
    engine = pywasm_rt.get_engine(engine_name)
    stdin = Input()
    with WasiContext(stdin=stdin) as context:
        instance = CoreInstance(engine.load(parse(WAITER)), wasi=context, engine=engine)
        with pytest.raises(ExhaustionError, match="longer than 20 ms"):
            instance[function].within(0.02)()


def test_a_deadline_ends_a_guest_that_waits_for_an_answer(
    native_engine: Engine, guest: Callable[[str], Path], serving: Callable[..., int]
) -> None:
    gone = threading.Event()

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read()
        gone.set()

    port = serving(silence)
    with WasiContext(network=Network.allow("127.0.0.1")) as context:
        linker = Linker(native_engine)
        linker.define_wasi(context)
        fetch = linker.instantiate(Component.from_file(guest("client"))).function("fetch")
        with pytest.raises(ExhaustionError, match="longer than 100 ms"):
            fetch.within(0.1)(f"127.0.0.1:{port}", "/", "", 0)
    assert gone.wait(10), "its connection is closed"


def test_the_limits_bound_how_long_an_answer_may_take(
    native_engine: Engine, guest: Callable[[str], Path], serving: Callable[..., int]
) -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read()

    port = serving(silence)
    limits = WasiLimits(socket_timeout_ms=50)
    with WasiContext(network=Network.allow("127.0.0.1"), limits=limits) as context:
        linker = Linker(native_engine)
        linker.define_wasi(context)
        fetch = linker.instantiate(Component.from_file(guest("client"))).function("fetch")
        for own_timeout_ms in (0, 60_000):
            answer = fetch(f"127.0.0.1:{port}", "/", "", own_timeout_ms)
            assert answer == "error 9", "connection-read-timeout"
