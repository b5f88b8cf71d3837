"""What a process is, to a scheduler that knows neither WebAssembly nor Lua.

A process is an object with ``init``, ``step`` and ``close``. It never waits: ``step`` does a
bounded amount of work on the events that have arrived and says what should happen next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pywasm_rt.errors import WasmError
from pywasm_rt.operations import Operation
from pywasm_rt.process.pid import PID

__all__ = [
    "Cancel",
    "Continue",
    "Done",
    "Exit",
    "ExitResult",
    "Failed",
    "Idle",
    "LinkDown",
    "Message",
    "OperationCompleted",
    "OperationFailed",
    "Process",
    "ProcessContext",
    "ProcessEvent",
    "Step",
    "Upgrade",
    "Yield",
]


@dataclass(frozen=True, slots=True)
class ExitResult:
    """How a process ended: ``value`` if it returned, ``error`` if it failed."""

    value: object = None
    error: WasmError | None = None


@dataclass(frozen=True, slots=True)
class OperationCompleted:
    """The operation that was yielded under ``tag`` is done."""

    tag: int
    result: object


@dataclass(frozen=True, slots=True)
class OperationFailed:
    """The operation that was yielded under ``tag`` failed."""

    tag: int
    error: Exception


@dataclass(frozen=True, slots=True)
class Message:
    """A message; ``payloads`` are plain values."""

    sender: PID | None
    topic: str
    payloads: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Exit:
    """A monitored process ended. ``at_ns`` is on the scheduler's clock."""

    sender: PID
    result: ExitResult
    at_ns: int


@dataclass(frozen=True, slots=True)
class LinkDown:
    """A linked process ended abnormally, and this one traps links."""

    sender: PID
    result: ExitResult
    at_ns: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Somebody asks this process to end."""

    sender: PID | None
    reason: str
    at_ns: int


ProcessEvent = OperationCompleted | OperationFailed | Message | Exit | LinkDown | Cancel


@dataclass(frozen=True, slots=True)
class Continue:
    """There is more work to do now."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing to do until an event arrives."""


@dataclass(frozen=True, slots=True)
class Yield:
    """Perform these operations, each under its tag, and come back with each result.

    Operations of earlier steps may still be outstanding; their tags must not be reused.
    """

    operations: tuple[tuple[int, Operation], ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The process has ended normally."""

    result: object = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The process has ended abnormally."""

    error: WasmError


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Go on as another entry under the same PID, names and links."""

    entry_id: str
    arguments: tuple[object, ...] = ()


Step = Continue | Idle | Yield | Done | Failed | Upgrade


@dataclass(slots=True)
class ProcessContext:
    """What a process is told about itself when it begins. ``values`` is free for its starter."""

    pid: PID
    entry_id: str
    host_id: str
    parent: PID | None = None
    values: Mapping[str, object] = field(default_factory=dict)


class Process(Protocol):
    """The contract. A scheduler calls these from one thread at a time, never concurrently."""

    def init(self, context: ProcessContext, method: str, arguments: Sequence[object]) -> None:
        """Take the arguments and prepare. An error here is the error of the spawn."""
        ...

    def step(self, events: Sequence[ProcessEvent], budget: int) -> Step:
        """Work on ``events`` (oldest first) for about ``budget`` units of fuel."""
        ...

    def close(self) -> None:
        """Give back everything. May be called in any state, and twice."""
        ...
