"""What a process is, to a scheduler that knows neither WebAssembly nor Lua.

A process is an object with ``init``, ``step`` and ``close``. It never waits: ``step`` does a
bounded amount of work on the events that have arrived and says what should happen next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pywasm_rt.errors import CodeLocation, LineColumn, ProcessError, WasmError
from pywasm_rt.operations import Operation
from pywasm_rt.process.pid import PID
from pywasm_rt.process.security import Credentials
from pywasm_rt.wasi.capabilities.clocks import MonotonicClock, SystemMonotonicClock

__all__ = [
    "Cancel",
    "Continue",
    "Done",
    "Exit",
    "ExitResult",
    "Failed",
    "Idle",
    "Interruptible",
    "LinkDown",
    "Locatable",
    "Measurable",
    "Message",
    "OperationCompleted",
    "OperationFailed",
    "Outdated",
    "Process",
    "ProcessContext",
    "ProcessDefinition",
    "ProcessEvent",
    "ProcessOptions",
    "Step",
    "Upgrade",
    "Usage",
    "Yield",
]


def _everything(_: str, __: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class ExitResult:
    """How a process ended: ``value`` if it returned, ``error`` if it failed."""

    value: object = None
    error: ProcessError | None = None


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


@dataclass(frozen=True, slots=True)
class Outdated:
    """What this process was made of has changed: ``sources`` are the IDs of those entries.

    Only for a process that says it is upgradable; what is unread is joined into one event.
    """

    sources: tuple[str, ...]
    at_ns: int


ProcessEvent = OperationCompleted | OperationFailed | Message | Exit | LinkDown | Cancel | Outdated


@dataclass(frozen=True, slots=True)
class Continue:
    """There is more work to do now."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing to do until an event arrives; the next step gets all that is in the mailbox."""


@dataclass(frozen=True, slots=True)
class Yield:
    """Perform these operations, each under its tag, and come back with each result.

    Operations of earlier steps may still be outstanding; their tags must not be reused. What
    arrives in the mailbox stays there: ask for it with
    :class:`~pywasm_rt.process.operations.Receive`.
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
    """What a process is told about itself when it begins. ``values`` is free for its starter.

    ``clock`` is the one that the deadlines of its operations are on. ``permits`` says whether it
    may do an action on a resource (see :mod:`.security`).
    """

    pid: PID
    entry_id: str
    host_id: str
    parent: PID | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    clock: MonotonicClock = field(default_factory=SystemMonotonicClock)
    permits: Callable[[str, str], bool] = _everything


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


@runtime_checkable
class Interruptible(Protocol):
    """A process that can be asked, from any thread, to come back early from a long step."""

    def interrupt(self) -> None:
        """Make the running step, if there is one, return ``Continue`` soon."""
        ...


@runtime_checkable
class Locatable(Protocol):
    """A process that can say where in its code it is, between two steps."""

    def whereabouts(self) -> Sequence[CodeLocation | LineColumn]:
        """The functions it is in, innermost first; empty if it has not begun or has ended."""
        ...


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has taken so far: fuel in all, and bytes of memory now; None where nobody
    counts. A Lua process's fuel are the steps that its limit is about.
    """

    fuel: int | None = None
    memory_bytes: int | None = None


@runtime_checkable
class Measurable(Protocol):
    """A process that can say what it takes; from any thread, at any time."""

    def usage(self) -> Usage:
        """What it has taken."""
        ...


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """What a process may use of its host, and how it takes the failure of others.

    ``max_execution_ms`` counts from the first step and includes the time that it waits; None
    means no limit. The mailbox figures bound the messages that wait for it: their number, their
    bytes together, and the bytes of one; a message that does not fit is refused to its sender.
    ``cancel_grace_ms`` is how long it may go on after a cancellation that says nothing of that;
    None means for ever. ``upgradable`` asks for OUTDATED events. ``credentials`` are what its
    processes go by, whoever starts them; None means those of who does.
    """

    max_execution_ms: int | None = None
    mailbox_capacity: int = 128
    mailbox_bytes: int = 8_388_608
    message_bytes: int = 1_048_576
    trap_links: bool = False
    cancel_grace_ms: int | None = 10_000
    upgradable: bool = False
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """How processes of one entry are made.

    ``create`` makes one that has not begun; ``method`` is handed to its ``init`` unless whoever
    starts it names another. ``host_options`` are in place of ``options`` on the hosts they are for.
    """

    create: Callable[[ProcessContext], Process]
    method: str = ""
    options: ProcessOptions = field(default_factory=ProcessOptions)
    host_options: Mapping[str, ProcessOptions] = field(default_factory=dict)

    def options_on(self, host_id: str) -> ProcessOptions:
        """What a process of it may use on a host."""
        return self.host_options.get(host_id, self.options)
