"""The living processes of a node: their mail, whom they watch, and how they end.

This is the lower half of the scheduler. It knows who is told what; it does not know who runs next:
the upper half gives it that as :meth:`Population._enqueue`.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.effects import Effect, Ended, Interrupt, Withdraw
from pywasm_rt.process.interface import (
    Cancel,
    Exit,
    ExitResult,
    LinkDown,
    Measurable,
    Message,
    OperationCompleted,
    OperationFailed,
    Outdated,
    Usage,
)
from pywasm_rt.process.mailbox import Event, Mail, accepts
from pywasm_rt.process.names import Names
from pywasm_rt.process.operations import ProcessOperation, Target
from pywasm_rt.process.pid import PID
from pywasm_rt.process.relations import Relations
from pywasm_rt.process.security import Credentials
from pywasm_rt.process.task import ProcessInformation, ProcessState, Task
from pywasm_rt.process.timers import TimerQueue
from pywasm_rt.process.work import Birth, Closing

__all__ = ["Population", "SpawnRequest", "Timer"]

_MILLISECOND = 1_000_000


@dataclass(slots=True)
class SpawnRequest:
    """What is needed to start a process (see :class:`Spawn`)."""

    entry_id: str
    host_id: str
    arguments: tuple[object, ...] = ()
    method: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    parent: PID | None = None
    name: str = ""
    messages: tuple[tuple[str, tuple[object, ...]], ...] = ()
    credentials: Credentials | None = None


class Timer(enum.Enum):
    """What a timer of a process is for; GROWTH is one of a pool, under number 0 of it."""

    DEADLINE = enum.auto()
    GRACE = enum.auto()
    RECEIVE = enum.auto()
    EXEC = enum.auto()
    PLACE = enum.auto()
    GROWTH = enum.auto()


class Population(ABC):
    """Tasks by PID, and everything that happens between them."""

    def __init__(self) -> None:
        self._now_ns = 0
        self._tasks: dict[PID, Task] = {}
        self._relations = Relations()
        self._names = Names()
        self._timers: TimerQueue[tuple[Timer, PID, int]] = TimerQueue()
        self._effects: list[Effect] = []

    @abstractmethod
    def _enqueue(self, host_id: str, work: Task | Birth | Closing, *, first: bool = False) -> None:
        """Queue work at a host, at the end or as the next."""

    @abstractmethod
    def _leave_queue(self, task: Task, error: ProcessError) -> None:
        """A task that waits for a place in a pool will not get one."""

    @abstractmethod
    def _no_place(self, task: Task) -> None:
        """A task has waited for a place in a pool as long as it may."""

    @abstractmethod
    def _grow(self, pool_id: str) -> None:
        """Calls have waited so long for a place in a pool that it may have more."""

    # Time.

    @property
    def now_ns(self) -> int:
        """What time it was last said to be."""
        return self._now_ns

    @property
    def next_wake_ns(self) -> int | None:
        """When ``tick`` has something to do, at the latest; None if never."""
        return self._timers.next_ns

    def tick(self, now_ns: int) -> None:
        """Say what time it is. Time never goes back; a smaller reading is ignored."""
        self._now_ns = max(self._now_ns, now_ns)
        for what, pid, tag in self._timers.pop_due(self._now_ns):
            if what is Timer.GROWTH:
                self._grow(pid.host)
                continue
            task = self._tasks.get(pid)
            if task is None:
                continue
            if what == Timer.RECEIVE:
                del task.receivers[tag]
                self._answer(task, tag, None)
            elif what == Timer.PLACE:
                self._no_place(task)
            elif what == Timer.EXEC:
                self._give_up_call(task, tag)
            else:
                self._stop(task, _time_is_up(task) if what == Timer.DEADLINE else _grace_is_over())

    def _give_up_call(self, task: Task, tag: int) -> None:
        """What a task has executed takes too long."""
        operation = task.outstanding[tag]
        child = self._tasks[task.executing[tag]]
        self._withdraw(task, tag)
        task.outstanding[tag] = operation
        message = f"call timed out: {child.context.entry_id}"
        self._refuse(task, tag, ProcessError(message, ProcessErrorKind.TIMEOUT, retryable=True))

    # What others may ask for; processes ask through operations.

    def send(
        self, target: Target, topic: str, payloads: tuple[object, ...], sender: PID | None = None
    ) -> None:
        """Put a message into a mailbox. Raises ProcessError (see :class:`Send`)."""
        if topic.startswith("@"):
            message = f"topics that begin with @ belong to the system: {topic}"
            raise ProcessError(message, ProcessErrorKind.INVALID)
        task = self._find(target)
        mail = Message(sender, topic, payloads)
        size = task.mailbox.check_size(mail)
        if not task.receivers or not self._hand_over(task, mail):
            task.mailbox.put_message(mail, size)
            self._tell_of_mail(task)

    def cancel(
        self,
        target: Target,
        reason: str = "",
        sender: PID | None = None,
        grace_ns: int | None = None,
    ) -> None:
        """Ask a process to end (see :class:`CancelProcess`). Raises ProcessError (NotFound)."""
        task = self._find(target)
        if not task.subscribed:
            message = f"process canceled: {reason}" if reason else "process canceled"
            self._stop(task, ProcessError(message, ProcessErrorKind.CANCELED, reason=reason))
            return
        self._deliver(task, Cancel(sender, reason, self._now_ns))
        if grace_ns is None:
            grace_ms = task.options.cancel_grace_ms
            if grace_ms is None:
                return
            grace_ns = grace_ms * _MILLISECOND
        self._timers.set((Timer.GRACE, task.pid, 0), self._now_ns + grace_ns)

    def terminate(self, target: Target) -> None:
        """End a process at its next checkpoint. Raises ProcessError (NotFound)."""
        self._stop(self._find(target), ProcessError("process terminated"))

    def register_name(self, name: str, target: Target) -> None:
        """Give a name to a process. Raises ProcessError (see :class:`RegisterName`)."""
        self._names.register(name, self._find(target).pid)

    def unregister_name(self, name: str) -> PID:
        """Take a name back; whose it was. Raises ProcessError (NotFound)."""
        return self._names.unregister(name)

    def find_name(self, name: str) -> PID | None:
        """Whose name it is; None if nobody's."""
        return self._names.find(name)

    def announce(self, entry_ids: Collection[str], sources: Collection[str]) -> int:
        """Tell the processes of some entries, those that want to know, that ``sources`` have
        changed; how many were told.
        """
        event = Outdated(tuple(sources), self._now_ns)
        told = [
            task
            for task in self._tasks.values()
            if task.upgradable and task.context.entry_id in entry_ids
        ]
        for task in told:
            self._deliver(task, event)
        return len(told)

    # What comes of operations.

    def complete(self, pid: PID, tag: int, result: object) -> None:
        """An operation is done. Ignored if nobody waits for it any longer."""
        task = self._tasks.get(pid)
        if task is not None and tag in task.outstanding:
            self._answer(task, tag, result)

    def fail(self, pid: PID, tag: int, error: Exception) -> None:
        """An operation failed. Ignored if nobody waits for it any longer."""
        task = self._tasks.get(pid)
        if task is not None and tag in task.outstanding:
            self._refuse(task, tag, error)

    def _answer(self, task: Task, tag: int, result: object = None) -> None:
        del task.outstanding[tag]
        task.completions.append(OperationCompleted(tag, result))
        self._wake(task)

    def _refuse(self, task: Task, tag: int, error: Exception) -> None:
        del task.outstanding[tag]
        task.completions.append(OperationFailed(tag, error))
        self._wake(task)

    def _answer_requester(self, task: Task, result: ExitResult) -> None:
        """Tell the process that waits for this task to begin, or to end."""
        if task.requester is None:
            return
        pid, tag = task.requester
        requester = self._tasks.get(pid)
        if requester is None or tag not in requester.outstanding:
            return
        if requester.executing.pop(tag, None) is not None:
            self._timers.cancel((Timer.EXEC, pid, tag))
        if result.error is not None:
            self._refuse(requester, tag, result.error)
        else:
            self._answer(requester, tag, result.value)

    def _wake(self, task: Task) -> None:
        if task.state is ProcessState.BLOCKED or task.state is ProcessState.IDLE:
            self._make_ready(task)

    def _wake_idle(self, task: Task) -> None:
        if task.state is ProcessState.IDLE:
            self._make_ready(task)

    def _make_ready(self, task: Task) -> None:
        task.state = ProcessState.READY
        self._enqueue(task.context.host_id, task)

    # Mail.

    def _deliver(self, task: Task, event: Event) -> None:
        if not self._hand_over(task, event):
            task.mailbox.put_event(event)
            self._tell_of_mail(task)

    def _tell_of_mail(self, task: Task) -> None:
        for signal in task.signals.values():
            signal.tell()
        self._wake_idle(task)

    def _hand_over(self, task: Task, mail: Mail) -> bool:
        """Give mail to the operation that waits for it; whether there is one."""
        for tag, receive in task.receivers.items():
            if accepts(receive, mail):
                del task.receivers[tag]
                self._timers.cancel((Timer.RECEIVE, task.pid, tag))
                self._answer(task, tag, mail)
                return True
        return False

    # Ends.

    def _stop(self, task: Task, error: ProcessError) -> None:
        """End a task between two steps; the first reason given is the one that counts."""
        if task.ending is not None or task.state is ProcessState.ENDING:
            return
        task.ending = error
        if task.state is ProcessState.QUEUED:
            self._leave_queue(task, error)
        elif task.state is ProcessState.RUNNING:
            assert task.process is not None, "a running task has a process"
            self._effects.append(Interrupt(task.process))
        elif task.state is not ProcessState.STARTING:
            self._evict(task, error)

    def _evict(self, task: Task, error: ProcessError) -> None:
        assert task.process is not None, "only a task that has begun is closed"
        task.state = ProcessState.ENDING
        closing = Closing(task, task.process, error, task.waiting_for())
        self._enqueue(task.context.host_id, closing, first=True)

    def _end(self, task: Task, result: ExitResult) -> None:
        """A task's process has ended and is closed: tell everybody."""
        self._remove(task)
        self._withdraw_operations(task)
        pid = task.pid
        observers, linked = self._relations.remove(pid)
        for observer in observers:
            self._deliver(self._tasks[observer], Exit(pid, result, self._now_ns))
        if result.error is not None:
            for other in linked:
                self._fail_link(self._tasks[other], pid, result)
        if task.executed:
            self._answer_requester(task, result)
        self._effects.append(Ended(pid, task.context.entry_id, result, self._now_ns, task.begun_ns))

    def _fail_link(self, task: Task, sender: PID, result: ExitResult) -> None:
        if task.trap_links:
            self._deliver(task, LinkDown(sender, result, self._now_ns))
            return
        error = ProcessError(f"linked process failed: {sender}: {result.error}", pid=str(sender))
        error.__cause__ = result.error
        self._stop(task, error)

    def _remove(self, task: Task) -> None:
        task.state = ProcessState.COMPLETE
        self._tasks.pop(task.pid, None)
        self._names.release(task.pid)
        self._timers.cancel((Timer.DEADLINE, task.pid, 0))
        self._timers.cancel((Timer.GRACE, task.pid, 0))
        self._timers.cancel((Timer.PLACE, task.pid, 0))

    def _withdraw_operations(self, task: Task) -> None:
        """Nobody waits any longer for what the task had asked for."""
        for tag in tuple(task.outstanding):
            self._withdraw(task, tag)

    def _withdraw(self, task: Task, tag: int) -> None:
        """Nobody waits any longer for one of the task's operations."""
        operation = task.outstanding.pop(tag)
        if not isinstance(operation, ProcessOperation):
            self._effects.append(Withdraw(task.pid, tag))
        elif tag in task.receivers:
            del task.receivers[tag]
            self._timers.cancel((Timer.RECEIVE, task.pid, tag))
        elif tag in task.executing:
            child = self._tasks[task.executing.pop(tag)]
            self._timers.cancel((Timer.EXEC, task.pid, tag))
            self._stop(child, ProcessError("process terminated: its caller ended"))

    # Looking.

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, pid: object) -> bool:
        return pid in self._tasks

    def holdings(self) -> dict[str, int]:
        """How much there is of what is kept for processes; nothing when there are none."""
        return {
            "processes": len(self._tasks),
            "relations": len(self._relations),
            "names": len(self._names),
            "timers": len(self._timers),
        }

    def processes(self) -> tuple[ProcessInformation, ...]:
        """All processes, oldest first."""
        return tuple(
            ProcessInformation(
                task.pid,
                task.context.entry_id,
                task.state,
                task.waiting_for(),
                len(task.mailbox),
                task.mailbox.size_bytes,
                task.context.parent,
                self._names.names_of(task.pid),
                task.begun_ns,
                task.process.usage() if isinstance(task.process, Measurable) else Usage(),
            )
            for task in self._tasks.values()
        )

    def find(self, target: Target) -> PID:
        """The PID of a living process. Raises ProcessError (Invalid, NotFound)."""
        return self._find(target).pid

    def _resolve(self, target: Target) -> PID:
        """The PID that a target is, or has as its name. Raises ProcessError (Invalid, NotFound)."""
        if isinstance(target, PID):
            return target
        return PID.parse(target) if target.startswith("{") else self._names.lookup(target)

    def _find(self, target: Target, otherwise: str = "process not found") -> Task:
        """The living task that a target names. Raises ProcessError (NotFound)."""
        pid = self._resolve(target)
        task = self._tasks.get(pid)
        if task is None:
            message = f"{otherwise}: {pid}"
            raise ProcessError(message, ProcessErrorKind.NOT_FOUND, pid=str(pid))
        return task


def _time_is_up(task: Task) -> ProcessError:
    limit_ms = task.options.max_execution_ms
    return ProcessError(
        f"execution time limit of {limit_ms} ms exceeded",
        ProcessErrorKind.TIMEOUT,
        retryable=True,
        limit_ms=limit_ms,
    )


def _grace_is_over() -> ProcessError:
    message = "process terminated: it did not end in time after it was canceled"
    return ProcessError(message, ProcessErrorKind.CANCELED)
