"""The scheduler against a small model of who is told what, over random histories.

Processes are puppets: each waits for an order, carries it out, and waits for the next. The model
knows no scheduler: only who lives, who watches whom, who has which name, what ought to be in each
mailbox, and until when somebody who was canceled may go on. Time is virtual.

``PYWASM_RT_MODEL_STEPS=100000`` makes the histories that long together (the default is shorter).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Operation
from pywasm_rt.process.effects import Ended
from pywasm_rt.process.interface import (
    Done,
    Exit,
    Failed,
    LinkDown,
    Message,
    OperationCompleted,
    OperationFailed,
    ProcessContext,
    ProcessDefinition,
    ProcessEvent,
    ProcessOptions,
    Step,
    Yield,
)
from pywasm_rt.process.operations import (
    CancelProcess,
    Link,
    LookupName,
    Monitor,
    Receive,
    RegisterName,
    Send,
    SetOptions,
    Spawn,
    TerminateProcess,
    Unlink,
    Unmonitor,
    UnregisterName,
    UpgradeSelf,
)
from pywasm_rt.process.pid import PID
from pywasm_rt.process.scheduler import Scheduler, SpawnRequest

CAPACITY = 3
GRACE_MS = 10_000
MS = 1_000_000
NAMES = ("a", "b")
STEPS_IN_ROW = 40
STEPS = int(os.environ.get("PYWASM_RT_MODEL_STEPS", "8000"))
# Few at a time, so that random histories are about the same ones again and again.
MOST = 4


@dataclass(frozen=True)
class Order(Operation):
    """What a puppet waits for: an operation to ask for, or a step to answer with."""


class Puppet:
    """Carries out orders; ``answers`` keeps what came of them."""

    def __init__(self, theatre: dict[PID, Puppet]) -> None:
        self.theatre = theatre
        self.tag = 0
        self.order_tag = 0
        self.answers: list[object] = []
        self.closed = False

    def init(self, context: ProcessContext, method: str, arguments: Sequence[object]) -> None:
        self.theatre[context.pid] = self

    def step(self, events: Sequence[ProcessEvent], budget: int) -> Step:
        assert not self.closed
        todo: list[tuple[int, Operation]] = []
        for event in events:
            if isinstance(event, OperationFailed):
                self.answers.append(event.error)
            elif isinstance(event, OperationCompleted) and event.tag != self.order_tag:
                self.answers.append(event.result)
            elif isinstance(event, OperationCompleted):
                if isinstance(event.result, Done | Failed):
                    return event.result
                assert isinstance(event.result, Operation)
                self.tag += 1
                todo.append((self.tag, event.result))
                self.order_tag = 0
        if not self.order_tag:
            self.tag += 1
            self.order_tag = self.tag
            todo.append((self.tag, Order()))
        return Yield(tuple(todo))

    def close(self) -> None:
        assert not self.closed
        self.closed = True


@dataclass
class Model:
    """What ought to be true of a living process."""

    traps: bool = False
    looks: bool = False
    observed: set[PID] = field(default_factory=set)
    links: set[PID] = field(default_factory=set)
    mail: list[tuple[str, PID, object]] = field(default_factory=list)
    entry_id: str = "p"
    ends_at_ns: int | None = None

    def messages(self) -> int:
        return sum(kind == "message" for kind, _, _ in self.mail)


class SchedulerAgainstModel(RuleBasedStateMachine):
    """Every rule does the same to both and compares what comes of it."""

    pids = Bundle("pids")

    def __init__(self) -> None:
        super().__init__()
        self.puppets: dict[PID, Puppet] = {}
        self.scheduler = Scheduler()
        self.scheduler.add_host("h")
        options = ProcessOptions(mailbox_capacity=CAPACITY, cancel_grace_ms=GRACE_MS)
        definition = ProcessDefinition(lambda _: Puppet(self.puppets), "", options)
        for entry_id in ("p", "q"):
            self.scheduler.register(entry_id, definition)
        self.names: dict[str, PID] = {}
        self.now_ns = 0
        self.living: dict[PID, Model] = {}
        self.ended: list[PID] = []
        self.expected_ends: set[PID] = set()
        self.sent = 0

    # Driving.

    def work(self) -> None:
        while (piece := self.scheduler.take("h")) is not None:
            piece.perform()
            self.scheduler.finish(piece)
        effects = self.scheduler.take_effects()
        self.ended += [effect.pid for effect in effects if isinstance(effect, Ended)]

    def order(self, pid: PID, what: Operation | Step) -> object:
        """What comes of an order: a value, an error, or None if the puppet has ended."""
        puppet = self.puppets[pid]
        puppet.answers.clear()
        self.scheduler.complete(pid, puppet.order_tag, what)
        self.work()
        return puppet.answers[0] if puppet.answers else None

    def check(self, answer: object, kind: ProcessErrorKind | None) -> None:
        assert (answer.kind if isinstance(answer, ProcessError) else None) == kind

    # The model's ends.

    def end(self, pid: PID, *, abnormal: bool) -> None:
        falling = [(pid, abnormal)]
        while falling:
            pid, abnormal = falling.pop()
            model = self.living.pop(pid, None)
            if model is None:
                continue
            self.expected_ends.add(pid)
            self.names = {name: owner for name, owner in self.names.items() if owner != pid}
            for other in self.living.values():
                if pid in other.observed:
                    other.observed.remove(pid)
                    other.mail.append(("exit", pid, abnormal))
            for linked in model.links & self.living.keys():
                other = self.living[linked]
                other.links.discard(pid)
                if abnormal and other.traps:
                    other.mail.append(("link down", pid, None))
                elif abnormal:
                    falling.append((linked, True))

    # Rules.

    @precondition(lambda self: len(self.living) < MOST)
    @rule(target=pids)
    def spawn(self) -> PID:
        birth = self.scheduler.prepare_spawn(SpawnRequest("p", "h"))
        birth.perform()
        self.scheduler.finish(birth)
        self.work()
        self.living[birth.task.pid] = Model()
        return birth.task.pid

    @precondition(lambda self: len(self.living) < MOST)
    @rule(target=pids, parent=pids, monitored=st.booleans(), linked=st.booleans())
    def spawn_from(self, parent: PID, monitored: bool, linked: bool) -> PID:
        if parent not in self.living:
            return self.spawn()
        pid = self.order(parent, Spawn("p", "h", (), monitored, linked))
        assert isinstance(pid, PID)
        self.living[pid] = Model(links={parent} if linked else set())
        if monitored:
            self.living[parent].observed.add(pid)
        if linked:
            self.living[parent].links.add(pid)
        return pid

    @rule(sender=pids, whom=pids)
    def send(self, sender: PID, whom: PID) -> None:
        if sender not in self.living:
            return
        self.sent += 1
        answer = self.order(sender, Send(whom, "t", (self.sent,)))
        self.check_sent(sender, whom, answer)

    def check_sent(self, sender: PID, whom: PID | None, answer: object) -> None:
        model = None if whom is None else self.living.get(whom)
        if model is None:
            self.check(answer, ProcessErrorKind.NOT_FOUND)
        elif model.messages() >= CAPACITY:
            self.check(answer, ProcessErrorKind.RATE_LIMITED)
        else:
            self.check(answer, None)
            model.mail.append(("message", sender, self.sent))

    # Names.

    @rule(pid=pids, whom=pids, name=st.sampled_from(NAMES))
    def register(self, pid: PID, whom: PID, name: str) -> None:
        if pid not in self.living:
            return
        answer = self.order(pid, RegisterName(name, None if whom == pid else whom))
        if whom not in self.living:
            self.check(answer, ProcessErrorKind.NOT_FOUND)
        elif self.names.setdefault(name, whom) != whom:
            self.check(answer, ProcessErrorKind.ALREADY_EXISTS)
        else:
            self.check(answer, None)

    @rule(pid=pids, name=st.sampled_from(NAMES))
    def unregister(self, pid: PID, name: str) -> None:
        if pid in self.living:
            known = self.names.pop(name, None) is not None
            answer = self.order(pid, UnregisterName(name))
            self.check(answer, None if known else ProcessErrorKind.NOT_FOUND)

    @rule(pid=pids, name=st.sampled_from(NAMES))
    def look_up(self, pid: PID, name: str) -> None:
        if pid not in self.living:
            return
        answer = self.order(pid, LookupName(name))
        if name in self.names:
            assert answer == self.names[name]
        else:
            self.check(answer, ProcessErrorKind.NOT_FOUND)

    @rule(sender=pids, name=st.sampled_from(NAMES))
    def send_by_name(self, sender: PID, name: str) -> None:
        if sender in self.living:
            self.sent += 1
            answer = self.order(sender, Send(name, "t", (self.sent,)))
            self.check_sent(sender, self.names.get(name), answer)

    @precondition(lambda self: len(self.living) < MOST)
    @rule(target=pids, parent=pids, name=st.sampled_from(NAMES))
    def spawn_with_name(self, parent: PID, name: str) -> PID:
        """A new process with the name and a first message, or the one that has the name."""
        if parent not in self.living:
            return self.spawn()
        self.sent += 1
        answer = self.order(parent, Spawn("p", "h", name=name, messages=(("t", (self.sent,)),)))
        owner = self.names.get(name)
        if owner is not None:
            if self.living[owner].messages() >= CAPACITY:
                self.check(answer, ProcessErrorKind.RATE_LIMITED)
            else:
                assert answer == owner
                self.living[owner].mail.append(("message", parent, self.sent))
            return owner
        assert isinstance(answer, PID)
        self.living[answer] = Model(mail=[("message", parent, self.sent)])
        self.names[name] = answer
        return answer

    # Going on as another.

    @rule(pid=pids, entry_id=st.sampled_from(["p", "q", "ghost"]))
    def upgrade(self, pid: PID, entry_id: str) -> None:
        """PID, names, relations and mail stay."""
        if pid not in self.living:
            return
        old = self.puppets[pid]
        answer = self.order(pid, UpgradeSelf(entry_id))
        if entry_id == "ghost":
            self.check(answer, ProcessErrorKind.NOT_FOUND)
        else:
            assert old.closed
            assert self.puppets[pid] is not old
            self.living[pid].entry_id = entry_id

    # Time.

    @rule(ms=st.sampled_from([1, 4_000, GRACE_MS]))
    def advance(self, ms: int) -> None:
        """Who was canceled has its grace time, and no more."""
        self.now_ns += ms * MS
        self.scheduler.tick(self.now_ns)
        self.work()
        for pid, model in tuple(self.living.items()):
            if model.ends_at_ns is not None and model.ends_at_ns <= self.now_ns:
                self.end(pid, abnormal=True)

    # Relations.

    @rule(observer=pids, whom=pids)
    def monitor(self, observer: PID, whom: PID) -> None:
        if observer not in self.living:
            return
        answer = self.order(observer, Monitor(whom))
        observed = self.living[observer].observed
        if whom not in self.living:
            self.check(answer, ProcessErrorKind.NOT_FOUND)
        elif observer == whom:
            self.check(answer, ProcessErrorKind.INVALID)
        elif whom in observed:
            self.check(answer, ProcessErrorKind.ALREADY_EXISTS)
        else:
            self.check(answer, None)
            observed.add(whom)

    @rule(observer=pids, whom=pids)
    def unmonitor(self, observer: PID, whom: PID) -> None:
        if observer not in self.living:
            return
        answer = self.order(observer, Unmonitor(whom))
        model = self.living[observer]
        unread = [mail for mail in model.mail if mail[:2] == ("exit", whom)]
        if whom in model.observed:
            self.check(answer, None)
            model.observed.remove(whom)
        elif unread:
            self.check(answer, None)
            model.mail.remove(unread[0])
        else:
            self.check(answer, ProcessErrorKind.NOT_FOUND)

    @rule(one=pids, other=pids)
    def link(self, one: PID, other: PID) -> None:
        if one not in self.living:
            return
        answer = self.order(one, Link(other))
        if other not in self.living:
            self.check(answer, ProcessErrorKind.NOT_FOUND)
        elif one == other:
            self.check(answer, ProcessErrorKind.INVALID)
        else:
            self.check(answer, None)
            self.living[one].links.add(other)
            self.living[other].links.add(one)

    @rule(one=pids, other=pids)
    def unlink(self, one: PID, other: PID) -> None:
        if one not in self.living:
            return
        answer = self.order(one, Unlink(other))
        if other in self.living[one].links:
            self.check(answer, None)
            self.living[one].links.remove(other)
            self.living[other].links.remove(one)
        else:
            self.check(answer, ProcessErrorKind.NOT_FOUND)

    @rule(pid=pids, traps=st.booleans())
    def set_options(self, pid: PID, traps: bool) -> None:
        if pid in self.living:
            self.check(self.order(pid, SetOptions(traps)), None)
            self.living[pid].traps = traps

    @rule(pid=pids)
    def done(self, pid: PID) -> None:
        if pid in self.living:
            self.order(pid, Done(pid.number))
            self.end(pid, abnormal=False)

    @rule(pid=pids)
    def failed(self, pid: PID) -> None:
        if pid in self.living:
            self.order(pid, Failed(ProcessError("failed")))
            self.end(pid, abnormal=True)

    @rule(pid=pids, whom=pids)
    def terminate(self, pid: PID, whom: PID) -> None:
        if pid not in self.living:
            return
        answer = self.order(pid, TerminateProcess(whom))
        if whom not in self.living:
            self.check(answer, ProcessErrorKind.NOT_FOUND)
        else:
            self.end(whom, abnormal=True)

    @rule(pid=pids, whom=pids)
    def cancel(self, pid: PID, whom: PID) -> None:
        if pid not in self.living:
            return
        answer = self.order(pid, CancelProcess(whom, "r"))
        model = self.living.get(whom)
        if model is None:
            self.check(answer, ProcessErrorKind.NOT_FOUND)
        elif not model.looks:
            self.end(whom, abnormal=True)
        else:
            # The last cancellation counts.
            model.ends_at_ns = self.now_ns + GRACE_MS * MS
            if ("cancel", pid, None) not in model.mail:
                model.mail.append(("cancel", pid, None))

    @rule(pid=pids)
    def read(self, pid: PID) -> None:
        """Everything in the mailbox; the order counts for each sender."""
        if pid not in self.living:
            return
        model = self.living[pid]
        model.looks = True
        got: dict[PID | None, list[object]] = defaultdict(list)
        while (mail := self.order(pid, Receive(deadline_ns=0))) is not None:
            assert not isinstance(mail, Exception)
            got[mail.sender].append(_shown(mail))  # type: ignore[attr-defined]
        expected: dict[PID | None, list[object]] = defaultdict(list)
        for kind, sender, detail in model.mail:
            expected[sender].append((kind, detail))
        assert got == expected
        model.mail.clear()

    # What is always so.

    @invariant()
    def the_same_live(self) -> None:
        told = {process.pid: process.entry_id for process in self.scheduler.processes()}
        assert told == {pid: model.entry_id for pid, model in self.living.items()}
        assert set(self.ended) == self.expected_ends
        assert len(self.ended) == len(self.expected_ends)
        assert all(self.puppets[pid].closed for pid in self.ended)

    @invariant()
    def nothing_is_kept_of_the_dead(self) -> None:
        assert self.scheduler._names._owners == self.names
        assert self.scheduler._names._names.keys() <= self.living.keys()
        relations = self.scheduler._relations
        for graph in (relations._observers, relations._observed, relations._links):
            assert graph.keys() <= self.living.keys()
            assert all(targets.keys() <= self.living.keys() for targets in graph.values())
        assert {pid for _, pid, _ in self.scheduler._timers.pending()} <= self.living.keys()


def _shown(mail: object) -> tuple[str, object]:
    match mail:
        case Message(payloads=(number,)):
            return "message", number
        case Exit():
            return "exit", mail.result.error is not None
        case LinkDown():
            return "link down", None
    return "cancel", None


SchedulerAgainstModel.TestCase.settings = settings(
    max_examples=max(1, STEPS // STEPS_IN_ROW), stateful_step_count=STEPS_IN_ROW, deadline=None
)
TestSchedulerAgainstModel = SchedulerAgainstModel.TestCase
