"""What a scheduler keeps about one process."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from pywasm_rt.errors import ProcessError
from pywasm_rt.operations import Operation
from pywasm_rt.process.interface import (
    Process,
    ProcessContext,
    ProcessDefinition,
    ProcessEvent,
    ProcessOptions,
    Usage,
)
from pywasm_rt.process.mailbox import Mailbox, MailSignal
from pywasm_rt.process.operations import Receive
from pywasm_rt.process.pid import PID
from pywasm_rt.process.security import NOBODY, Credentials

__all__ = ["ProcessInformation", "ProcessState", "Task"]


class ProcessState(enum.Enum):
    """Where a process is in its life. A queued one waits for a place in a pool."""

    QUEUED = "queued"
    STARTING = "starting"
    READY = "ready"
    RUNNING = "running"
    BLOCKED = "blocked"
    IDLE = "idle"
    ENDING = "ending"
    COMPLETE = "complete"


@dataclass(eq=False, slots=True)
class Task:
    """A process and all that waits for it.

    ``completions`` are answers for its next step, ``outstanding`` the operations that have none
    yet (by tag), of which ``receivers`` wait for mail and ``executing`` for the end of another
    process. ``requester`` is the process, and its tag, that waits for this one to begin (or, if
    ``executed``, to end). ``ending`` is why it is to be stopped. ``subscribed`` says that it looks
    into its mailbox, ``drains`` that its next step is to get all of it, ``gives_way`` that it asked
    for others to have their turn, ``upgrade`` what it asked to go on as. ``signals`` tell of mail,
    by whether they tell of messages and of events. Its first step was at ``begun_ns``.
    ``credentials`` are what it may do.
    """

    context: ProcessContext
    definition: ProcessDefinition
    mailbox: Mailbox
    budget: int
    process: Process | None = None
    state: ProcessState = ProcessState.STARTING
    completions: list[ProcessEvent] = field(default_factory=list)
    outstanding: dict[int, Operation] = field(default_factory=dict)
    receivers: dict[int, Receive] = field(default_factory=dict)
    executing: dict[int, PID] = field(default_factory=dict)
    requester: tuple[PID, int] | None = None
    executed: bool = False
    ending: ProcessError | None = None
    trap_links: bool = False
    subscribed: bool = False
    drains: bool = False
    gives_way: bool = False
    turns_in_row: int = 0
    begun_ns: int | None = None
    upgradable: bool = False
    credentials: Credentials = NOBODY
    upgrade: tuple[str, tuple[object, ...]] | None = None
    signals: dict[tuple[bool, bool], MailSignal] = field(default_factory=dict)

    @property
    def options(self) -> ProcessOptions:
        """What it may use where it is."""
        return self.definition.options_on(self.context.host_id)

    @property
    def pid(self) -> PID:
        """Its name."""
        return self.context.pid

    def waiting_for(self) -> str:
        """The names of the operations it waits for, or ""."""
        return ", ".join(type(operation).__name__ for operation in self.outstanding.values())


@dataclass(frozen=True, slots=True)
class ProcessInformation:
    """A process as a person or a tool sees it."""

    pid: PID
    entry_id: str
    state: ProcessState
    waiting_for: str
    mailbox_length: int
    mailbox_bytes: int
    parent: PID | None
    names: tuple[str, ...] = ()
    begun_ns: int | None = None
    usage: Usage = field(default_factory=Usage)
