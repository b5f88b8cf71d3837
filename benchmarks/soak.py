"""The soak test: processes that come and go at random for a long time, and every one accounted for.

Some keepers, each with its share of the living, spawn, message, crash, cancel and terminate
processes in Python and in WebAssembly, endless loops among them, in random order. Each checks what
it is told: one EXIT for every process and none twice, a LINK_DOWN for every linked one that failed,
what one sender sent in its order, nothing after its EXIT. In the end nothing is left: no process,
name, relation, timer, waiting operation, thread or file descriptor, and no more memory than after
the first part of the run.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.process_guests import (
    LOOP,
    MAILBOX_COMPONENT,
    component_definition,
    core_definition,
)
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Sleep
from pywasm_rt.process.generator import Body, GeneratorProcess
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.interface import (
    Exit,
    LinkDown,
    Message,
    ProcessContext,
    ProcessDefinition,
    ProcessOptions,
)
from pywasm_rt.process.node import Node
from pywasm_rt.process.operations import (
    CancelProcess,
    Receive,
    Send,
    SetOptions,
    Spawn,
    TerminateProcess,
)
from pywasm_rt.process.pid import PID

__all__ = ["Report", "SoakFailure", "soak"]

HOST = "soak:host"
KEEPERS = 4
_MS = 1_000_000
_PATIENCE = 120.0
_ACTIONS_IN_ROW = 20
_MOST_LOOPS = 1
_GROWTH_BYTES = 32 << 20


class SoakFailure(AssertionError):
    """Something is not accounted for."""


@dataclass
class Report:
    """What happened; ``counters`` are of all keepers together."""

    seconds: float
    counters: Counter[str]
    resident_bytes: tuple[int, int]
    threads: tuple[int, int]
    descriptors: tuple[int, int]

    def __str__(self) -> str:
        counts = "\n".join(f"  {name:<12} {self.counters[name]:>10,}" for name in self.counters)
        begin, end = (f"{it / 2**20:.1f}" for it in self.resident_bytes)
        return (
            f"{self.seconds:.0f} s; all of these are accounted for:\n{counts}\n"
            f"  memory {begin} -> {end} MiB, threads {self.threads[0]} -> {self.threads[1]}, "
            f"file descriptors {self.descriptors[0]} -> {self.descriptors[1]}"
        )


@dataclass
class _Kept:
    """What a keeper knows of one of its processes."""

    entry_id: str
    linked: bool
    sent: int = 0
    echoed: int = 0


@dataclass
class _Keeper:
    """A process that keeps ``size`` others alive, and counts."""

    context: ProcessContext
    size: int
    random: random.Random
    living: dict[PID, _Kept] = field(default_factory=dict)
    gone: set[PID] = field(default_factory=set)
    failed_links: set[PID] = field(default_factory=set)
    counters: Counter[str] = field(default_factory=Counter)
    stopping: bool = False

    def run(self) -> Iterator[Any]:
        yield SetOptions(trap_links=True)
        while not self.stopping:
            for _ in range(_ACTIONS_IN_ROW):
                yield from self.act()
            yield from self.read(0)
            yield Sleep(self.context.clock.now_ns() + self.random.randrange(2 * _MS))
        for pid in tuple(self.living):
            yield from self.attempt(TerminateProcess(pid))
        while self.living:
            yield from self.read(self.context.clock.now_ns() + 1000 * _MS)
        if self.failed_links:
            raise SoakFailure(f"no LINK_DOWN of {self.failed_links}")
        return self.counters

    def act(self) -> Iterator[Any]:
        """Something at random."""
        if len(self.living) < self.size:
            yield from self.spawn()
            return
        pid = self.random.choice(tuple(self.living))
        kept = self.living[pid]
        what = self.random.choices(
            ("send", "crash", "stop", "kill", "cancel"), weights=(75, 5, 5, 5, 5)
        )[0]
        if kept.entry_id == "loop":
            what = "kill"
        self.counters[what] += 1
        match what:
            case "kill":
                yield from self.attempt(TerminateProcess(pid))
            case "cancel":
                yield from self.attempt(CancelProcess(pid, "soak"))
            case "send":
                if (yield from self.attempt(Send(pid, "echo", (kept.sent + 1,)))):
                    kept.sent += 1
            case _:
                yield from self.attempt(Send(pid, what))

    def spawn(self) -> Iterator[Any]:
        loops = sum(kept.entry_id == "loop" for kept in self.living.values())
        kinds = ["python", "python", "component"]
        if loops < _MOST_LOOPS and self.random.random() < 0.02:
            kinds = ["loop"]
        entry_id, linked = self.random.choice(kinds), self.random.random() < 0.3
        name = f"{self.context.pid.number}.{self.counters['spawn']}"
        pid = yield Spawn(
            entry_id, HOST, monitored=True, linked=linked, name=name if linked else ""
        )
        if pid in self.living or pid in self.gone:
            raise SoakFailure(f"{pid} is given out twice")
        self.counters["spawn"] += 1
        self.living[pid] = _Kept(entry_id, linked)

    def attempt(self, operation: Any) -> Iterator[Any]:
        """Whether it was done; a process may have ended, and a mailbox be full."""
        try:
            yield operation
        except ProcessError as error:
            if error.kind not in {ProcessErrorKind.NOT_FOUND, ProcessErrorKind.RATE_LIMITED}:
                raise
            self.counters["refused"] += 1
            return False
        return True

    def read(self, deadline_ns: int) -> Iterator[Any]:
        """Everything that has come; the first may come until the deadline."""
        while (mail := (yield Receive(deadline_ns))) is not None:
            deadline_ns = 0
            match mail:
                case Message(topic="stop"):
                    self.stopping = True
                case Message():
                    self.take_echo(mail)
                case Exit():
                    self.take_exit(mail)
                case LinkDown():
                    self.counters["link_down"] += 1
                    self.take_link_down(mail.sender)
                case _:
                    raise SoakFailure(f"what is {mail}?")

    def take_echo(self, message: Message) -> None:
        assert message.sender is not None, "processes have PIDs"
        kept = self.living.get(message.sender)
        if kept is None:
            raise SoakFailure(f"{message.sender} speaks after its EXIT")
        (number,) = message.payloads
        assert isinstance(number, int), "that is what was sent"
        if number != kept.echoed + 1:
            raise SoakFailure(f"{message.sender}: {number} comes after {kept.echoed}")
        kept.echoed = number
        self.counters["echo"] += 1

    def take_exit(self, event: Exit) -> None:
        kept = self.living.pop(event.sender, None)
        if kept is None:
            raise SoakFailure(f"an EXIT of {event.sender} comes twice, or of a stranger")
        self.gone.add(event.sender)
        failed = event.result.error is not None
        self.counters["failed" if failed else "ended"] += 1
        if kept.linked and failed:
            self.failed_links ^= {event.sender}

    def take_link_down(self, pid: PID) -> None:
        """It comes after the EXIT, or before it."""
        self.failed_links ^= {pid}


def _keeping(context: ProcessContext, size: int, seed: int) -> Iterator[Any]:
    keeper = _Keeper(context, size, random.Random(seed))
    return (yield from keeper.run())


def _talking(context: ProcessContext) -> Iterator[Any]:
    """Sends back what it is sent, again and again until that is taken."""
    while True:
        message = yield Receive(events=False)
        if message.topic == "stop":
            return
        if message.topic == "crash":
            raise ZeroDivisionError("as it was told")
        while True:
            try:
                yield Send(message.sender, "echo", message.payloads)
                break
            except ProcessError as error:
                if error.kind is not ProcessErrorKind.RATE_LIMITED:
                    raise
                yield Sleep(context.clock.now_ns() + _MS)


def _define(body: Body, **options: Any) -> ProcessDefinition:
    return ProcessDefinition(lambda _: GeneratorProcess(body), "", ProcessOptions(**options))


def soak(seconds: float, processes: int = 500, seed: int | None = None) -> Report:
    """Run for ``seconds``, about ``processes`` living at a time. Raises SoakFailure."""
    before = len(threading.enumerate()), _descriptors()
    seed = random.randrange(1 << 32) if seed is None else seed
    node = Node()
    node.add_host(ProcessHost(HOST, 2))
    roomy = {"mailbox_capacity": 1_000_000, "mailbox_bytes": 1 << 30}
    node.register("keeper", _define(_keeping, **roomy))
    _register_others(node)
    begin = time.monotonic()
    with node:
        share = max(1, processes // KEEPERS)
        keepers = [
            node.spawn_watched("keeper", HOST, (share, seed + number)) for number in range(KEEPERS)
        ]
        early = _go_on(node, begin + seconds * 0.3)
        _go_on(node, begin + seconds)
        counters = _finish(node, keepers)
        late = _settled_bytes()
        _check_nothing_is_left(node)
    after = len(threading.enumerate()), _descriptors()
    report = Report(
        time.monotonic() - begin,
        counters,
        (early, late),
        (before[0], after[0]),
        (before[1], after[1]),
    )
    _check(report)
    return report


def _register_others(node: Node) -> None:
    node.register("python", _define(_talking))
    node.register("component", component_definition(MAILBOX_COMPONENT))
    node.register("loop", core_definition(LOOP))


def _go_on(node: Node, until: float) -> int:
    """Let it run, the entries being replaced meanwhile; what it has in memory in the end."""
    while time.monotonic() < until:
        time.sleep(min(0.5, max(0.0, until - time.monotonic())))
        _register_others(node)
        node.announce({"python", "component"}, ["soak:reload"])
    return _settled_bytes()


def _finish(node: Node, keepers: list[Any]) -> Counter[str]:
    for pid, _ in keepers:
        # One that has failed says so below.
        with contextlib.suppress(ProcessError):
            node.send(pid, "stop")
    counters: Counter[str] = Counter()
    for _, future in keepers:
        result = future.result(_PATIENCE)
        if result.error is not None:
            raise SoakFailure(str(result.error)) from result.error
        counters.update(result.value)
    return counters


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
