"""The keepers of the soak test: processes that keep others alive, disturb them, and count.

Each keeper, with its share of the living, spawns, messages, crashes, cancels and terminates
processes in Python and in WebAssembly, endless loops and slow HTTP requests among them, in random
order. It checks what it is told: one EXIT for every process and none twice, with the outcome that
it is to have, a LINK_DOWN for every linked one that failed, what one sender sent in its order,
nothing after its EXIT, and PIDs that are never given out again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.soak_files import HOST
from benchmarks.soak_web import PATHS, is_expected
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Sleep
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.interface import (
    Exit,
    LinkDown,
    Message,
    ProcessContext,
    ProcessDefinition,
    ProcessOptions,
)
from pywasm_rt.process.operations import (
    CancelProcess,
    Receive,
    Send,
    SetOptions,
    Spawn,
    TerminateProcess,
)
from pywasm_rt.process.pid import PID

__all__ = ["FETCHER", "KEPT", "SoakFailure", "keeper_definition", "python_definition"]

PYTHON, COMPONENT, SCRIPT = "soak:python", "soak:component", "soak:script"
FETCHER, LOOP = "soak:fetcher", "soak:loop"
KEPT = (PYTHON, COMPONENT, SCRIPT, FETCHER, LOOP)
_MS = 1_000_000
_ACTIONS_IN_ROW = 20
_MOST_LOOPS = 1
_KEEPER_OPTIONS = ProcessOptions(mailbox_capacity=1_000_000, mailbox_bytes=1 << 30)


class SoakFailure(AssertionError):
    """Something is not accounted for."""


@dataclass
class _Kept:
    """What a keeper knows of one of its processes."""

    entry_id: str
    linked: bool
    path: str = ""
    sent: int = 0
    echoed: int = 0
    version: int = 0
    told_to_end: bool = False


@dataclass
class _Keeper:
    """A process that keeps ``size`` others alive, and counts."""

    context: ProcessContext
    size: int
    random: random.Random
    authority: str
    newest: int = 0
    living: dict[PID, _Kept] = field(default_factory=dict)
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
            yield from self.end(pid, TerminateProcess(pid))
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
        weights = {"send": 75, "crash": 5, "stop": 5, "kill": 5, "cancel": 5}
        if kept.entry_id == LOOP:
            weights = {"kill": 1}
        elif kept.entry_id == FETCHER:
            weights = {"leave": 8, "kill": 1, "cancel": 1}
        (what,) = self.random.choices(tuple(weights), tuple(weights.values()))
        self.counters[what] += 1
        match what:
            case "kill":
                yield from self.end(pid, TerminateProcess(pid))
            case "cancel":
                yield from self.end(pid, CancelProcess(pid, "soak"))
            case "send":
                if (yield from self.attempt(Send(pid, "echo", (kept.sent + 1,)))):
                    kept.sent += 1
            case "crash" | "stop":
                yield from self.attempt(Send(pid, what))

    def spawn(self) -> Iterator[Any]:
        loops = sum(kept.entry_id == LOOP for kept in self.living.values())
        kinds = [PYTHON, PYTHON, COMPONENT, SCRIPT, FETCHER]
        if loops < _MOST_LOOPS and self.random.random() < 0.02:
            kinds = [LOOP]
        entry_id, linked = self.random.choice(kinds), self.random.random() < 0.3
        name = f"{self.context.pid.number}.{self.counters['spawn']}"
        path = self.random.choice(tuple(PATHS)) if entry_id == FETCHER else ""
        arguments = (self.authority, path, PATHS[path][0]) if path else ()
        pid = yield Spawn(
            entry_id, HOST, arguments, monitored=True, linked=linked, name=name if linked else ""
        )
        if pid.number <= self.newest:
            raise SoakFailure(f"{pid} comes after {self.newest:#x}: it is given out twice")
        self.newest = pid.number
        self.counters["spawn"] += 1
        self.living[pid] = _Kept(entry_id, linked, path)

    def end(self, pid: PID, operation: Any) -> Iterator[Any]:
        """Kill it or cancel it; whatever its outcome is, it is right from now on."""
        self.living[pid].told_to_end = True
        yield from self.attempt(operation)

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
        number, *version = message.payloads
        assert isinstance(number, int), "that is what was sent"
        if number != kept.echoed + 1:
            raise SoakFailure(f"{message.sender}: {number} comes after {kept.echoed}")
        kept.echoed = number
        self.counters["echo"] += 1
        if version and version[0] != kept.version:
            self.take_version(message.sender, kept, version[0])

    def take_version(self, pid: PID, kept: _Kept, version: Any) -> None:
        """Its script was changed, and it goes on as that."""
        if version < kept.version:
            raise SoakFailure(f"{pid} is what it was before: {version} after {kept.version}")
        self.counters["upgraded"] += bool(kept.version)
        kept.version = version

    def take_exit(self, event: Exit) -> None:
        kept = self.living.pop(event.sender, None)
        if kept is None:
            raise SoakFailure(f"an EXIT of {event.sender} comes twice, or of a stranger")
        failed = event.result.error is not None
        self.counters[kept.entry_id] += 1
        if kept.entry_id == FETCHER and not kept.told_to_end:
            self.take_fetched(kept.path, event)
        self.counters["failed" if failed else "ended"] += 1
        if kept.linked and failed:
            self.failed_links ^= {event.sender}

    def take_fetched(self, path: str, event: Exit) -> None:
        error = event.result.error
        code = None if error is None else error.details.get("exit_code")
        if not is_expected(path, event.result.value, code):
            raise SoakFailure(f"{path} came to {error or event.result.value}")
        self.counters[f"GET {path}"] += 1

    def take_link_down(self, pid: PID) -> None:
        """It comes after the EXIT, or before it."""
        self.failed_links ^= {pid}


def _keeping(context: ProcessContext, size: int, seed: int, authority: str) -> Iterator[Any]:
    keeper = _Keeper(context, size, random.Random(seed), authority)
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


def keeper_definition() -> ProcessDefinition:
    """A keeper: how many it keeps alive, a seed, and whom to ask over HTTP are its arguments."""
    return ProcessDefinition(lambda _: GeneratorProcess(_keeping), "", _KEEPER_OPTIONS)


def python_definition() -> ProcessDefinition:
    """A process that answers, for keepers."""
    return ProcessDefinition(lambda _: GeneratorProcess(_talking), "")
