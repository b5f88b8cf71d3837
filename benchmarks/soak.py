"""The soak test: an application in which all comes and goes at random for a long time, and
everything is accounted for.

Some keepers (:mod:`~benchmarks.soak_keepers`) spawn and end processes, clients and a server
(:mod:`~benchmarks.soak_web`) are slow or break off, and the application's files
(:mod:`~benchmarks.soak_files`) change, which is taken over as ``pywasm-rt run --watch`` does. In
the end nothing is left: no process, name, relation, timer, waiting operation, connection, thread
or file descriptor, and no more memory than after the first part of the run; and the application's
own figures are what the keepers and clients counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.soak_files import HOST, SoakFiles
from benchmarks.soak_keepers import (
    KEPT,
    SoakFailure,
    keeper_definition,
    python_definition,
)
from benchmarks.soak_web import SlowClients, SlowPeer
from pywasm_rt.app.app import App
from pywasm_rt.app.watching import watch
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.node import Node

__all__ = ["Report", "SoakFailure", "soak"]

KEEPERS = 4
CLIENTS = 8
_PATIENCE = 120.0
_GROWTH_BYTES = 32 << 20
_LOOK_SECONDS = 0.1
_CHANGE_SECONDS = 0.5
_GRACE_SECONDS = 30.0


@dataclass
class Report:
    """What happened; ``counters`` are of all keepers and clients together, and of the reloads."""

    seconds: float
    counters: Counter[str]
    resident_bytes: tuple[int, int]
    threads: tuple[int, int]
    descriptors: tuple[int, int]

    def __str__(self) -> str:
        counts = "\n".join(
            f"  {name:<18} {self.counters[name]:>10,}" for name in sorted(self.counters)
        )
        begin, end = (f"{it / 2**20:.1f}" for it in self.resident_bytes)
        return (
            f"{self.seconds:.0f} s; all of these are accounted for:\n{counts}\n"
            f"  memory {begin} -> {end} MiB, threads {self.threads[0]} -> {self.threads[1]}, "
            f"file descriptors {self.descriptors[0]} -> {self.descriptors[1]}"
        )


def soak(seconds: float, processes: int = 500, seed: int | None = None) -> Report:
    """Run for ``seconds``, about ``processes`` living at a time. Raises SoakFailure."""
    before = len(threading.enumerate()), _descriptors()
    seed = random.randrange(1 << 32) if seed is None else seed
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, _quiet():
        run = _Soak(Path(folder), seed)
        asyncio.run(run.run(seconds, processes))
    after = len(threading.enumerate()), _descriptors()
    report = Report(
        time.monotonic() - begin,
        run.counters,
        run.resident_bytes,
        (before[0], after[0]),
        (before[1], after[1]),
    )
    _check(report)
    return report


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what the application logs of requests that are to fail."""
    log = logging.getLogger("pywasm_rt")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


class _Soak:
    """One run."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.counters: Counter[str] = Counter()
        self.resident_bytes = (0, 0)
        self._seed = seed
        self._chance = random.Random(seed)
        self._files = SoakFiles(folder)
        self._files.write()
        self._app = App.load(folder, strict=True)
        self._told: asyncio.Queue[object] = asyncio.Queue()

    async def run(self, seconds: float, processes: int) -> None:
        """From the first process until nothing is left. Raises SoakFailure."""
        app, begin = self._app, time.monotonic()
        assert isinstance(app.node, Node), "in real time"
        app.node.register("soak:keeper", keeper_definition())
        app.node.register("soak:python", python_definition())
        peer = SlowPeer(self._chance)
        await peer.start()
        async with app:
            share = max(1, processes // KEEPERS)
            keepers = [
                app.node.spawn_watched(
                    "soak:keeper", HOST, (share, self._seed + number, peer.authority)
                )
                for number in range(KEEPERS)
            ]
            address = app.context.addresses["soak:web"]
            clients = SlowClients(self._chance, address, peer.authority, CLIENTS)
            watching = asyncio.create_task(watch(app, _LOOK_SECONDS, self._told.put_nowait))
            early = await self._go_on(begin + seconds * 0.3)
            await self._go_on(begin + seconds)
            watching.cancel()
            await clients.stop()
            await self._finish(app.node, keepers)
            self.counters += clients.counters
            self.resident_bytes = early, _settled_bytes()
            await app.close(_GRACE_SECONDS)
        await peer.close()
        _check_nothing_is_left(app.node)
        _reconcile(app, self.counters)

    async def _go_on(self, until: float) -> int:
        """Let it run, its files being changed meanwhile; what it has in memory in the end."""
        while time.monotonic() < until:
            await asyncio.sleep(min(_CHANGE_SECONDS, max(0.0, until - time.monotonic())))
            what = self._files.change_something(self._chance)
            async with asyncio.timeout(_PATIENCE):
                told = await self._told.get()
            self._check_change(what, told)
            self._files.forget()
            self.counters[f"reload {what}"] += 1
        return _settled_bytes()

    def _check_change(self, what: str, told: object) -> None:
        """Raises SoakFailure if that is not what a change comes to."""
        faults = self._app.application.faults
        if what == "broken":
            if not any("process.servise" in str(it) for it in faults):
                raise SoakFailure(f"nothing is said to be wrong: {told}, {faults}")
        elif isinstance(told, Exception) or (not told and what != "extra"):
            raise SoakFailure(f"{what} was changed, and this came of it: {told}, {faults}")

    async def _finish(self, node: Node, keepers: list[Any]) -> None:
        for pid, _ in keepers:
            # One that has failed says so below.
            with contextlib.suppress(ProcessError):
                node.send(pid, "stop")
        for _, future in keepers:
            result = await asyncio.wait_for(asyncio.wrap_future(future), _PATIENCE)
            if result.error is not None:
                raise SoakFailure(str(result.error)) from result.error
            self.counters.update(result.value)


def _reconcile(app: App, counters: Counter[str]) -> None:
    """Compare the application's own figures with what was counted. Raises SoakFailure."""
    figures = app.context.figures
    ended: Counter[str] = Counter()
    for (entry_id, _), count in figures.ended.items():
        ended[entry_id] += count
    for entry_id in KEPT:
        if ended[entry_id] != counters[entry_id]:
            message = f"{ended[entry_id]} of {entry_id} have ended, {counters[entry_id]} EXITs came"
            raise SoakFailure(message)
    unlucky = app.services.service("soak:unlucky")
    counters["restarts"] = unlucky.restarts
    # The last restart may have been due when it was stopped.
    if unlucky.restarts + 1 - ended["soak:failing"] not in {0, 1}:
        raise SoakFailure(f"{ended['soak:failing']} runs, but {unlucky.restarts} restarts")
    asked = counters["version"] + counters["through"] + counters["unheard"]
    answered = sum(figures.requests.values())
    if answered != asked:
        raise SoakFailure(f"{asked} requests were sent, {answered} answered: {figures.requests}")


def _check_nothing_is_left(node: Node) -> None:
    end = time.monotonic() + _PATIENCE
    while any((left := node.holdings()).values()):
        if time.monotonic() > end:
            raise SoakFailure(f"something is left: {left}")
        time.sleep(0.01)


def _check(report: Report) -> None:
    counters = report.counters
    if counters["spawn"] != counters["ended"] + counters["failed"]:
        raise SoakFailure(f"not every process has had its EXIT: {counters}")
    if report.threads[0] != report.threads[1] or report.descriptors[0] != report.descriptors[1]:
        raise SoakFailure(f"threads or file descriptors are left: {report}")
    if report.resident_bytes[1] > report.resident_bytes[0] + _GROWTH_BYTES:
        raise SoakFailure(f"memory has grown: {report}")


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.exists() else 0


def _settled_bytes() -> int:
    """What this process has in memory (Linux; elsewhere 0)."""
    gc.collect()
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") if statm.exists() else 0
