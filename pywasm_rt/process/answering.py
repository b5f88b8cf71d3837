"""What processes ask of the scheduler itself, answered: mail, relations, names, ends.

This is the middle of the scheduler, between who is told what (:mod:`pywasm_rt.process.population`)
and who runs next.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Operation
from pywasm_rt.process.effects import Perform
from pywasm_rt.process.interface import ProcessDefinition, Yield
from pywasm_rt.process.mailbox import MailSignal
from pywasm_rt.process.operations import (
    CancelProcess,
    Exec,
    GiveUp,
    Link,
    LookupName,
    Monitor,
    Receive,
    RegisterName,
    Reschedule,
    Send,
    SetOptions,
    Spawn,
    Subscribe,
    Target,
    TerminateProcess,
    Unlink,
    Unmonitor,
    UnregisterName,
    UpgradeSelf,
    WatchMailbox,
)
from pywasm_rt.process.pid import PID
from pywasm_rt.process.population import Population, SpawnRequest, Timer
from pywasm_rt.process.security import Credentials, Policies
from pywasm_rt.process.task import ProcessState, Task
from pywasm_rt.process.work import Birth

__all__ = ["Answering"]

_ACTIONS: dict[type[Operation], str] = {
    Send: "process.send",
    TerminateProcess: "process.terminate",
    CancelProcess: "process.cancel",
    Monitor: "process.monitor",
    Unmonitor: "process.unmonitor",
    Link: "process.link",
    Unlink: "process.unlink",
}
"""What has to be allowed for operations on another process."""


class Answering(Population):
    """A population whose members may ask for something."""

    def __init__(self) -> None:
        super().__init__()
        self._answers = self._answer_table()
        self._policies = Policies()

    @abstractmethod
    def prepare_spawn(self, request: SpawnRequest) -> Birth:
        """Begin to start a process."""

    @abstractmethod
    def _is_pool(self, host_id: str) -> bool:
        """Whether a host is the pool of a function."""

    @abstractmethod
    def _definition(self, entry_id: str) -> ProcessDefinition:
        """An entry. Raises ProcessError (NotFound)."""

    def _answer_table(self) -> dict[type[Operation], Callable[[Task, int, Any], None]]:
        return {
            Spawn: self._do_spawn,
            Exec: self._do_spawn,
            Send: self._do_send,
            Receive: self._do_receive,
            Reschedule: self._do_reschedule,
            Subscribe: self._do_subscribe,
            Monitor: self._do_monitor,
            Unmonitor: self._do_unmonitor,
            Link: self._do_link,
            Unlink: self._do_unlink,
            CancelProcess: self._do_cancel,
            TerminateProcess: self._do_terminate,
            SetOptions: self._do_set_options,
            RegisterName: self._do_register_name,
            UnregisterName: self._do_unregister_name,
            LookupName: self._do_lookup_name,
            UpgradeSelf: self._do_upgrade_self,
            WatchMailbox: self._do_watch_mailbox,
            GiveUp: self._do_give_up,
        }

    def _start_operations(self, task: Task, step: Yield) -> None:
        for tag, operation in step.operations:
            if tag in task.outstanding:
                task.ending = ProcessError(f"operation tag {tag} is in use")
                return
            task.outstanding[tag] = operation
            answer = self._answers.get(type(operation))
            if answer is None:
                self._effects.append(Perform(task.pid, tag, operation))
                continue
            try:
                if task.credentials.scope is not None:
                    self._check_permitted(task, operation)
                answer(task, tag, operation)
            except ProcessError as error:
                self._refuse(task, tag, error)

    def _do_spawn(self, task: Task, tag: int, operation: Spawn | Exec) -> None:
        request = SpawnRequest(
            operation.entry_id,
            operation.host_id,
            operation.arguments,
            operation.method,
            operation.values,
            task.pid,
            credentials=self._named_credentials(task, operation),
        )
        if isinstance(operation, Spawn):
            request.name, request.messages = operation.name, operation.messages
            existing = self.use_existing(request)
            if existing is not None:
                self._relate(task, existing, operation)
                self._answer(task, tag, existing)
                return
        birth = self.prepare_spawn(request)
        child = birth.task
        child.requester = (task.pid, tag)
        if isinstance(operation, Exec):
            child.executed = True
            task.executing[tag] = child.pid
            if operation.timeout_ns is not None:
                self._timers.set((Timer.EXEC, task.pid, tag), self._now_ns + operation.timeout_ns)
        else:
            self._relate(task, child.pid, operation)
        # The host of whoever spawns does the work: it pays for what it starts.
        if child.state is not ProcessState.QUEUED:
            self._enqueue(task.context.host_id, birth, first=True)

    def _named_credentials(self, task: Task, operation: Spawn | Exec) -> Credentials | None:
        """What is named for a process that is started; None if nothing is."""
        if operation.actor is None and operation.scope is None:
            return None
        return self._policies.narrowed(task.credentials, operation.actor, operation.scope)

    def _check_permitted(self, task: Task, operation: Operation) -> None:
        """Raise ProcessError (PermissionDenied) for what the scope of a task does not allow."""
        for action, resource in self._needed(operation):
            self._policies.check(task.credentials, action, resource)

    def _needed(self, operation: Operation) -> Iterator[tuple[str, str]]:
        """What has to be allowed for an operation: actions and what they are about."""
        match operation:
            case Spawn() | Exec():
                yield from self._needed_to_start(operation)
            case RegisterName(name=name, target=target):
                yield "process.registry.register", name
                if target is not None:
                    yield "process.registry.register.foreign", self._pid_text(target)
            case UnregisterName(name=name):
                yield "process.registry.unregister", name
            case _:
                action = _ACTIONS.get(type(operation))
                if action is not None:
                    yield action, self._pid_text(operation.target)  # type: ignore[attr-defined]

    def _needed_to_start(self, operation: Spawn | Exec) -> Iterator[tuple[str, str]]:
        entry_id, host_id = operation.entry_id, operation.host_id
        is_call = isinstance(operation, Exec) and self._is_pool(host_id)
        module = "funcs" if is_call else "process"
        if operation.actor is not None or operation.scope is not None:
            yield f"{module}.security", "security"
        if operation.adds_context:
            yield f"{module}.context", "context"
        if is_call:
            yield "funcs.call", entry_id
            return
        yield "process.host", host_id
        yield "process.exec" if isinstance(operation, Exec) else "process.spawn", entry_id
        if isinstance(operation, Spawn) and operation.monitored:
            yield "process.spawn.monitored", entry_id
        if isinstance(operation, Spawn) and operation.linked:
            yield "process.spawn.linked", entry_id
        existing = self._names.find(operation.name) if isinstance(operation, Spawn) else None
        if isinstance(operation, Spawn) and existing is not None:
            wanted = {
                "process.send": operation.messages,
                "process.monitor": operation.monitored,
                "process.link": operation.linked,
            }
            yield from ((action, str(existing)) for action, is_so in wanted.items() if is_so)

    def _pid_text(self, target: Target) -> str:
        """The PID that a target means; its own text if it means none."""
        try:
            return str(self._resolve(target))
        except ProcessError:
            return str(target)

    def use_existing(self, request: SpawnRequest) -> PID | None:
        """The process that has the name already: it then is what is asked for, and gets the first
        messages. None if there is none. Raises ProcessError as ``send``.
        """
        pid = self._names.find(request.name) if request.name else None
        if pid is not None:
            for topic, payloads in request.messages:
                self.send(pid, topic, payloads, request.parent)
        return pid

    def _relate(self, task: Task, pid: PID, operation: Spawn) -> None:
        if operation.monitored:
            self._relations.monitor(task.pid, pid)
        if operation.linked:
            self._relations.link(task.pid, pid)

    def _do_send(self, task: Task, tag: int, operation: Send) -> None:
        self.send(operation.target, operation.topic, operation.payloads, task.pid)
        self._answer(task, tag)

    def _do_receive(self, task: Task, tag: int, operation: Receive) -> None:
        task.subscribed |= operation.events
        mail = task.mailbox.take(operation)
        deadline_ns = operation.deadline_ns
        if mail is not None or (deadline_ns is not None and deadline_ns <= self._now_ns):
            self._answer(task, tag, mail)
            return
        task.receivers[tag] = operation
        if deadline_ns is not None:
            self._timers.set((Timer.RECEIVE, task.pid, tag), deadline_ns)

    def _do_reschedule(self, task: Task, tag: int, _: Reschedule) -> None:
        task.gives_way = True
        self._answer(task, tag)

    def _do_subscribe(self, task: Task, tag: int, _: Subscribe) -> None:
        task.subscribed = True
        self._answer(task, tag)

    def _do_monitor(self, task: Task, tag: int, operation: Monitor) -> None:
        self._relations.monitor(task.pid, self._find(operation.target, "pid not registered").pid)
        self._answer(task, tag)

    def _do_unmonitor(self, task: Task, tag: int, operation: Unmonitor) -> None:
        pid = self._resolve(operation.target)
        if not self._relations.unmonitor(task.pid, pid) and not task.mailbox.discard_exit(pid):
            message = f"not monitoring pid {pid}"
            raise ProcessError(message, ProcessErrorKind.NOT_FOUND, pid=str(pid))
        self._answer(task, tag)

    def _do_link(self, task: Task, tag: int, operation: Link) -> None:
        self._relations.link(task.pid, self._find(operation.target, "pid not registered").pid)
        self._answer(task, tag)

    def _do_unlink(self, task: Task, tag: int, operation: Unlink) -> None:
        pid = self._resolve(operation.target)
        if not self._relations.unlink(task.pid, pid):
            message = f"not linked to pid {pid}"
            raise ProcessError(message, ProcessErrorKind.NOT_FOUND, pid=str(pid))
        self._answer(task, tag)

    def _do_cancel(self, task: Task, tag: int, operation: CancelProcess) -> None:
        self.cancel(operation.target, operation.reason, task.pid, operation.grace_ns)
        self._answer(task, tag)

    def _do_terminate(self, task: Task, tag: int, operation: TerminateProcess) -> None:
        self.terminate(operation.target)
        self._answer(task, tag)

    def _do_set_options(self, task: Task, tag: int, operation: SetOptions) -> None:
        if operation.trap_links is not None:
            task.trap_links = operation.trap_links
        if operation.upgradable is not None:
            task.upgradable = operation.upgradable
        self._answer(task, tag)

    def _do_register_name(self, task: Task, tag: int, operation: RegisterName) -> None:
        owner = task if operation.target is None else self._find(operation.target)
        self._names.register(operation.name, owner.pid)
        self._answer(task, tag)

    def _do_unregister_name(self, task: Task, tag: int, operation: UnregisterName) -> None:
        self._names.unregister(operation.name)
        self._answer(task, tag)

    def _do_lookup_name(self, task: Task, tag: int, operation: LookupName) -> None:
        self._answer(task, tag, self._names.lookup(operation.name))

    def _do_upgrade_self(self, task: Task, _: int, operation: UpgradeSelf) -> None:
        entry_id = operation.entry_id or task.context.entry_id
        self._definition(entry_id)
        task.upgrade = entry_id, operation.arguments

    def _do_give_up(self, task: Task, tag: int, operation: GiveUp) -> None:
        waited = operation.withdrawn in task.outstanding and operation.withdrawn != tag
        if waited:
            self._withdraw(task, operation.withdrawn)
        self._answer(task, tag, waited)

    def _do_watch_mailbox(self, task: Task, tag: int, operation: WatchMailbox) -> None:
        task.subscribed |= operation.events
        wanted = operation.messages, operation.events
        signal = task.signals.get(wanted)
        if signal is None:
            signal = MailSignal(task.mailbox, messages=wanted[0], events=wanted[1])
            task.signals[wanted] = signal
        self._answer(task, tag, signal)
