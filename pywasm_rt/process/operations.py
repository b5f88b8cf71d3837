"""Descriptions of what a process may ask of the scheduler itself.

They are operations like any other, yielded under a tag; the scheduler answers them without the
outside world. A refusal comes back as a failed operation with a
:class:`~pywasm_rt.errors.ProcessError`.

A *target* is a PID, the text of one, or a registered name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pywasm_rt.operations import Operation
from pywasm_rt.process.pid import PID

__all__ = [
    "CancelProcess",
    "Exec",
    "GiveUp",
    "Link",
    "LookupName",
    "Monitor",
    "ProcessOperation",
    "Receive",
    "RegisterName",
    "Reschedule",
    "Send",
    "SetOptions",
    "Spawn",
    "Subscribe",
    "Target",
    "TerminateProcess",
    "Unlink",
    "Unmonitor",
    "UnregisterName",
    "UpgradeSelf",
    "WatchMailbox",
]

Target = PID | str


class ProcessOperation(Operation):
    """The common root of what the scheduler answers itself."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Spawn(ProcessOperation):
    """Start a process. Result: its PID.

    The monitor and the link, if asked for, are there before its first step. ``method`` None
    stands for the entry's own. An error of its ``init`` is the error of this operation.
    ``messages``, pairs of topic and payloads, are in its mailbox before its first step.

    With a ``name`` that a process has already, no process is started: that one gets the messages,
    is monitored and linked as asked, and its PID is the result.

    ``actor`` and ``scope`` are in place of what it would inherit (see :mod:`.security`);
    ``adds_context`` says that ``values`` hold more than that.
    """

    entry_id: str
    host_id: str
    arguments: tuple[object, ...] = ()
    monitored: bool = False
    linked: bool = False
    method: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    name: str = ""
    messages: tuple[tuple[str, tuple[object, ...]], ...] = ()
    actor: str | None = None
    scope: tuple[str, ...] | None = None
    adds_context: bool = False


@dataclass(frozen=True, slots=True)
class Exec(ProcessOperation):
    """Start a process and wait for its end. Result: the value it returned.

    Its failure is the error of this operation. It is terminated if the asking process ends first,
    or after ``timeout_ns`` (then the error is a Timeout).
    """

    entry_id: str
    host_id: str
    arguments: tuple[object, ...] = ()
    method: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    timeout_ns: int | None = None
    actor: str | None = None
    scope: tuple[str, ...] | None = None
    adds_context: bool = False


@dataclass(frozen=True, slots=True)
class Send(ProcessOperation):
    """Put a message into a mailbox. Result: None.

    Fails with NotFound if there is no such process, and with RateLimited (retryable) if its
    mailbox is full.
    """

    target: Target
    topic: str
    payloads: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Receive(ProcessOperation):
    """Take the oldest thing out of the mailbox that is asked for.

    Result: a Message, Exit, LinkDown or Cancel, or None once ``deadline_ns`` has passed (None
    means no deadline; one in the past only looks). ``topic`` narrows messages to one topic, and
    those of ``except_topics`` are left alone.
    """

    deadline_ns: int | None = None
    messages: bool = True
    events: bool = True
    topic: str | None = None
    except_topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subscribe(ProcessOperation):
    """Say that this process looks into its mailbox, so that a cancellation is put there.

    A ``Receive`` of events says so too. A process that never does cannot know of a cancellation,
    and is stopped by it. Result: None.
    """


@dataclass(frozen=True, slots=True)
class WatchMailbox(ProcessOperation):
    """Ask for something to wait for together with other things.

    Result: a :class:`~pywasm_rt.process.mailbox.MailSignal`, which is ready while the mailbox holds
    what is asked for.
    """

    messages: bool = True
    events: bool = False


@dataclass(frozen=True, slots=True)
class Monitor(ProcessOperation):
    """Ask for one EXIT event when a process ends. Result: None.

    Fails with NotFound or AlreadyExists.
    """

    target: Target


@dataclass(frozen=True, slots=True)
class Unmonitor(ProcessOperation):
    """Take that back: no EXIT of the process comes after this, even if it ended just before."""

    target: Target


@dataclass(frozen=True, slots=True)
class Link(ProcessOperation):
    """Share the fate of a process: if one fails, so does the other. Result: None.

    A process that traps links gets a LINK_DOWN event instead. Linking twice is linking once.
    """

    target: Target


@dataclass(frozen=True, slots=True)
class Unlink(ProcessOperation):
    """Take that back. Result: None."""

    target: Target


@dataclass(frozen=True, slots=True)
class CancelProcess(ProcessOperation):
    """Ask a process to end. Result: None.

    It gets a CANCEL event if it looks for events in its mailbox, and is stopped otherwise. It is
    terminated after ``grace_ns``; None stands for its own ``cancel_grace_ms``.
    """

    target: Target
    reason: str = ""
    grace_ns: int | None = None


@dataclass(frozen=True, slots=True)
class TerminateProcess(ProcessOperation):
    """End a process at its next checkpoint, whatever it does. Result: None."""

    target: Target


@dataclass(frozen=True, slots=True)
class SetOptions(ProcessOperation):
    """Change what the asking process is told; None leaves an option as it is. Result: None."""

    trap_links: bool | None = None
    upgradable: bool | None = None


@dataclass(frozen=True, slots=True)
class RegisterName(ProcessOperation):
    """Give a name to a process, or (None) to the asking one. Result: None.

    Fails with Invalid, NotFound, or AlreadyExists if another process has it. A name is released
    when its process ends.
    """

    name: str
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class UnregisterName(ProcessOperation):
    """Take a name back. Result: None. Fails with NotFound."""

    name: str


@dataclass(frozen=True, slots=True)
class LookupName(ProcessOperation):
    """Whose name it is. Result: a PID. Fails with NotFound."""

    name: str


@dataclass(frozen=True, slots=True)
class UpgradeSelf(ProcessOperation):
    """Go on as another entry under the same PID, as the step ``Upgrade`` does.

    There is no result: the asking process is closed. Fails with NotFound for an unknown entry.
    ``entry_id`` "" stands for its own.
    """

    entry_id: str
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class GiveUp(ProcessOperation):
    """Wait no longer for the operation under ``withdrawn``: its result will not come.

    A process that it executes is terminated. Result: whether it was still outstanding.
    """

    withdrawn: int


@dataclass(frozen=True, slots=True)
class Reschedule(ProcessOperation):
    """Come back after the others have had their turn: ``Continue``, for a step that yields other
    operations too. Result: None.
    """
