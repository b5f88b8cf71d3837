"""The scheduler: who runs next, who waits for what, who is told of whose end.

It is a plain object: no clock, no thread, no input or output. Whoever drives it says what time it
is (:meth:`Scheduler.tick`), takes work and hands it back (:meth:`Scheduler.take`,
:meth:`Scheduler.finish`), performs the effects (:meth:`Scheduler.take_effects`) and reports what
came of them (:meth:`Scheduler.complete`, :meth:`Scheduler.fail`). The same calls in the same order
have the same outcome, always. A node drives it with threads, a simulation in virtual time.

**Fairness.** Every host has two queues, each first in first out: one for processes that have used
up the budget of a step and would go on, one for everything else. The other queue comes first, so
that who only answers a message need not wait for all who compute; but the computing ones get at
least every ninth turn. A process whose operations were answered at once goes on at once, some turns
in a row. The budget, in fuel, is adapted so that a step which uses it up takes about
``quantum_ns``.

**Order.** What a process sends to another arrives in the order it was sent, its EXIT last.

**Ends.** A process that ends is closed before anybody is told. Stopping one (terminate, a
deadline, a failed link) takes effect between two of its steps.
"""

from __future__ import annotations

from functools import partial

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.answering import Answering
from pywasm_rt.process.effects import Effect, Ended, Trim
from pywasm_rt.process.elastic_places import GROW_NS
from pywasm_rt.process.failure import as_process_error
from pywasm_rt.process.host_queue import HostQueue, PoolSettings, no_place_in_time, pool_closed
from pywasm_rt.process.interface import (
    Continue,
    Done,
    ExitResult,
    Failed,
    Idle,
    ProcessContext,
    ProcessDefinition,
    Upgrade,
    Yield,
)
from pywasm_rt.process.mailbox import Mailbox
from pywasm_rt.process.pid import PID
from pywasm_rt.process.population import SpawnRequest, Timer
from pywasm_rt.process.security import NOBODY, Credentials, Policies
from pywasm_rt.process.task import ProcessState, Task
from pywasm_rt.process.timers import TimerQueue
from pywasm_rt.process.work import Birth, Closing, Turn, Work
from pywasm_rt.wasi.capabilities.clocks import MonotonicClock, SystemMonotonicClock

__all__ = ["Scheduler", "SpawnRequest"]

DEFAULT_BUDGET = 10_000
MIN_BUDGET = 1_000
MAX_BUDGET = 100_000_000
_MAX_GROWTH = 4
_TURNS_IN_ROW = 16
_MILLISECOND = 1_000_000


class Scheduler(Answering):
    """Processes of one node. See the module's docstring.

    ``clock`` is only handed to processes; ``node`` is the node part of PIDs. ``budget`` is the
    fuel of a first step.
    """

    def __init__(
        self,
        clock: MonotonicClock | None = None,
        *,
        node: str = "",
        budget: int = DEFAULT_BUDGET,
        quantum_ns: int = 2 * _MILLISECOND,
    ) -> None:
        super().__init__()
        self._clock = clock if clock is not None else SystemMonotonicClock()
        self._node = node
        self._budget = budget
        self._quantum_ns = quantum_ns
        self._last_number = 0
        self._stopping = False
        self._hosts: dict[str, HostQueue] = {}
        self._definitions: dict[str, ProcessDefinition] = {}
        self._woken: dict[str, None] = {}
        # By pool: when it may give up what it keeps.
        self._trims: TimerQueue[str] = TimerQueue()

    # Time.

    @property
    def next_wake_ns(self) -> int | None:
        """When ``tick`` has something to do, at the latest; None if never."""
        moments = (super().next_wake_ns, self._trims.next_ns)
        return min((it for it in moments if it is not None), default=None)

    def tick(self, now_ns: int) -> None:
        """Say what time it is. Time never goes back; a smaller reading is ignored."""
        super().tick(now_ns)
        for pool_id in self._trims.pop_due(self._now_ns):
            pool = self._hosts.get(pool_id)
            if pool is not None and pool.settings is not None and pool.settings.trim is not None:
                self._effects.append(Trim(pool_id, pool.settings.trim))

    def trim_at(self, pool_id: str, when_ns: int | None) -> None:
        """Let a pool give up what it keeps at a moment; None: after its next call."""
        if when_ns is not None and pool_id in self._hosts:
            self._trims.set(pool_id, when_ns)

    # Hosts and entries.

    def add_host(self, host_id: str, max_processes: int | None = None) -> None:
        """Make a host known. Raises ProcessError (AlreadyExists)."""
        if host_id in self._hosts:
            message = f"host already running: {host_id}"
            raise ProcessError(message, ProcessErrorKind.ALREADY_EXISTS, host_id=host_id)
        self._hosts[host_id] = HostQueue(host_id, max_processes)

    def set_policies(self, policies: Policies) -> None:
        """From now on processes may do what these say."""
        self._policies = policies

    def remove_host(self, host_id: str) -> None:
        """Forget a host. Raises ProcessError: NotFound, Conflict if processes live there."""
        host = self._host(host_id)
        if host.living or len(host):
            message = f"{host.living} processes live on {host_id}"
            raise ProcessError(message, ProcessErrorKind.CONFLICT, host_id=host_id)
        del self._hosts[host_id]

    def add_pool(self, pool_id: str, host_id: str, settings: PoolSettings) -> None:
        """Let ``pool_id`` be a host of which only so many processes live at a time, others wait.

        They run on the workers of ``host_id``. A pool that is there gets these settings. Raises
        ProcessError: NotFound, AlreadyExists for a host of this name.
        """
        pool = self._hosts.get(pool_id)
        if pool is None:
            self._hosts[pool_id] = self._host(host_id).pool(pool_id, settings)
            return
        if pool.settings is None:
            message = f"host already running: {pool_id}"
            raise ProcessError(message, ProcessErrorKind.ALREADY_EXISTS, host_id=pool_id)
        pool.settle(settings, self._now_ns)
        self._admit(pool)

    def places(self, host_id: str) -> int | None:
        """How many processes may live on a host, or in a pool, at a time as things are; None for
        any number. Raises ProcessError (NotFound).
        """
        return self._host(host_id).places(self._now_ns)

    def remove_pool(self, pool_id: str) -> None:
        """Forget a pool: what waits for a place is refused, what lives goes on."""
        pool = self._hosts.get(pool_id)
        if pool is not None and pool.settings is not None:
            pool.is_closed = True
            for birth in tuple(pool.waiting):
                self._stop(birth.task, pool_closed(pool_id))
            if not pool.living:
                del self._hosts[pool_id]

    def register(self, entry_id: str, definition: ProcessDefinition) -> None:
        """Make an entry known, or change it for processes that start from now on."""
        self._definitions[entry_id] = definition

    def unregister(self, entry_id: str) -> None:
        """Forget an entry; its running processes go on."""
        self._definitions.pop(entry_id, None)

    @property
    def entry_ids(self) -> tuple[str, ...]:
        """The entries that processes can be started of."""
        return tuple(self._definitions)

    @property
    def host_ids(self) -> tuple[str, ...]:
        """The hosts that processes can be started on."""
        return tuple(self._hosts)

    # Work.

    def take(self, host_id: str) -> Work | None:
        """The next piece of work of a host, or None. Perform it, then ``finish`` it."""
        host = self._hosts[host_id]
        while len(host):
            work = host.pop()
            if not isinstance(work, Task):
                return work
            if work.state is ProcessState.READY:
                return self._begin_turn(work)
        return None

    def waiting_work(self, host_id: str) -> int:
        """How much is queued at a host (an upper bound)."""
        return len(self._hosts[host_id])

    @property
    def is_wanting(self) -> bool:
        """Whether there are effects, or hosts that got work, or nobody lives any longer."""
        return bool(self._effects or self._woken) or not self._tasks

    def take_woken(self) -> tuple[str, ...]:
        """The hosts that got work since the last time somebody asked."""
        woken = tuple(self._woken)
        self._woken.clear()
        return woken

    def finish(self, work: Work, elapsed_ns: int | None = None) -> None:
        """Hand back performed work; ``elapsed_ns`` is how long it took, if that was measured."""
        if isinstance(work, Turn):
            self._finish_turn(work, elapsed_ns)
        elif isinstance(work, Birth):
            self._finish_birth(work)
        else:
            self._end(work.task, ExitResult(error=work.error))

    def take_effects(self) -> list[Effect]:
        """What is wanted of the outside world since the last time somebody asked, in order."""
        effects = self._effects
        self._effects = []
        return effects

    # Beginning and stopping.

    def prepare_spawn(self, request: SpawnRequest) -> Birth:
        """Begin to start a process: perform the birth, then ``finish`` it.

        Raises ProcessError: unknown entry or host, host full, scheduler stopping.
        """
        if self._stopping:
            raise ProcessError("scheduler is stopping", ProcessErrorKind.UNAVAILABLE)
        definition = self._definition(request.entry_id)
        host = self._host(request.host_id)
        host.check_room(self._now_ns)
        self._last_number += 1
        pid = PID(request.host_id, self._last_number, self._node)
        options = definition.options_on(request.host_id)
        credentials = request.credentials or options.credentials or self._inherited(request)
        context = ProcessContext(
            pid,
            request.entry_id,
            request.host_id,
            request.parent,
            request.values,
            self._clock,
            partial(self._permits, credentials),
        )
        task = Task(context, definition, Mailbox(options), self._budget)
        task.credentials = credentials
        task.trap_links = options.trap_links
        task.upgradable = options.upgradable
        if request.name:
            self._names.register(request.name, pid)
        self._tasks[pid] = task
        try:
            for topic, payloads in request.messages:
                self.send(pid, topic, payloads, request.parent)
        except ProcessError:
            del self._tasks[pid]
            self._names.release(pid)
            raise
        method = definition.method if request.method is None else request.method
        birth = Birth(task, context, definition, method, request.arguments)
        if host.take_place(birth, self._now_ns):
            return birth
        task.state = ProcessState.QUEUED
        self._watch_growth(host)
        if host.settings is not None and host.settings.max_wait_ns is not None:
            self._timers.set((Timer.PLACE, pid, 0), self._now_ns + host.settings.max_wait_ns)
        return birth

    def execute(self, request: SpawnRequest) -> PID:
        """Start a process whose making is work of its host too; an ``Ended`` says what came of it.

        Raises ProcessError as :meth:`prepare_spawn`.
        """
        birth = self.prepare_spawn(request)
        birth.task.executed = True
        if birth.task.state is not ProcessState.QUEUED:
            self._enqueue(request.host_id, birth)
        return birth.task.pid

    def _permits(self, credentials: Credentials, action: str, resource: str) -> bool:
        return self._policies.permits(credentials, action, resource)

    def _is_pool(self, host_id: str) -> bool:
        host = self._hosts.get(host_id)
        return host is not None and host.settings is not None

    def _inherited(self, request: SpawnRequest) -> Credentials:
        parent = None if request.parent is None else self._tasks.get(request.parent)
        return NOBODY if parent is None else parent.credentials

    def _host(self, host_id: str) -> HostQueue:
        host = self._hosts.get(host_id)
        if host is None:
            message = f"host not found: {host_id}"
            raise ProcessError(message, ProcessErrorKind.NOT_FOUND, host_id=host_id)
        return host

    def stop(self, reason: str = "scheduler shutdown", grace_ns: int | None = None) -> None:
        """Start no more processes, and ask all there are to end."""
        self._stopping = True
        for pid in tuple(self._tasks):
            self.cancel(pid, reason, None, grace_ns)

    # Turns.

    def _begin_turn(self, task: Task) -> Turn:
        assert task.process is not None, "a ready task has a process"
        if task.begun_ns is None:
            task.begun_ns = self._now_ns
            limit_ms = task.options.max_execution_ms
            if limit_ms is not None:
                deadline_ns = self._now_ns + limit_ms * _MILLISECOND
                self._timers.set((Timer.DEADLINE, task.pid, 0), deadline_ns)
        events = task.completions
        task.completions = []
        if task.drains:
            events += task.mailbox.drain()
            task.drains = False
        task.state = ProcessState.RUNNING
        return Turn(task, task.process, events, task.budget)

    def _finish_turn(self, turn: Turn, elapsed_ns: int | None) -> None:
        task, step = turn.task, turn.step
        if isinstance(step, Done):
            self._end(task, ExitResult(step.result))
            return
        if isinstance(step, Failed):
            self._end(task, ExitResult(error=as_process_error(step.error)))
            return
        if isinstance(step, Yield) and task.ending is None:
            self._start_operations(task, step)
        if task.ending is None and isinstance(step, Upgrade):
            self._upgrade(task, step.entry_id, step.arguments)
        elif task.ending is None and task.upgrade is not None:
            self._upgrade(task, *task.upgrade)
        elif task.ending is not None:
            self._evict(task, task.ending)
        else:
            self._park(task, step)
        if elapsed_ns is not None and isinstance(step, Continue):
            self._adapt_budget(task, elapsed_ns)

    def _park(self, task: Task, step: Continue | Idle | Yield | Upgrade) -> None:
        """Queue a task again, or let it wait."""
        idle = isinstance(step, Idle)
        if idle:
            task.drains = task.subscribed = True
        if isinstance(step, Continue) or task.gives_way:
            self._make_busy(task)
        elif task.completions or (idle and len(task.mailbox)):
            self._go_on(task)
        elif idle:
            task.state = ProcessState.IDLE
        elif task.outstanding:
            task.state = ProcessState.BLOCKED
        else:
            self._evict(task, ProcessError("the process waits, but for nothing"))

    def _make_busy(self, task: Task) -> None:
        """Queue a task that has used up its budget."""
        task.state = ProcessState.READY
        task.gives_way = False
        task.turns_in_row = 0
        host = self._hosts[task.context.host_id]
        host.busy.append(task)
        self._woken[host.worker_id] = None

    def _go_on(self, task: Task) -> None:
        """Queue a task that was answered at once: next, unless that was so too often."""
        task.state = ProcessState.READY
        task.turns_in_row = (task.turns_in_row + 1) % _TURNS_IN_ROW
        self._enqueue(task.context.host_id, task, first=task.turns_in_row > 0)

    def _adapt_budget(self, task: Task, elapsed_ns: int) -> None:
        """A step that used its budget up should take about a quantum of time."""
        wanted = task.budget * self._quantum_ns // max(1, elapsed_ns)
        wanted = min(wanted, task.budget * _MAX_GROWTH, MAX_BUDGET)
        task.budget = max(wanted, MIN_BUDGET)

    def _enqueue(self, host_id: str, work: Task | Birth | Closing, *, first: bool = False) -> None:
        host = self._hosts[host_id]
        if first:
            host.prompt.appendleft(work)
        else:
            host.prompt.append(work)
        self._woken[host.worker_id] = None

    def _upgrade(self, task: Task, entry_id: str, arguments: tuple[object, ...]) -> None:
        """Replace the process; the task, with its PID, names, mailbox and relations, stays."""
        task.upgrade = None
        try:
            definition = self._definition(entry_id)
        except ProcessError as error:
            self._evict(task, error)
            return
        assert task.process is not None, "a task that made a step has a process"
        task.state = ProcessState.STARTING
        task.context.entry_id = entry_id
        task.definition = definition
        own = task.options.credentials
        if own is not None:
            task.credentials = own
            task.context.permits = partial(self._permits, own)
        self._withdraw_operations(task)
        task.completions = []
        birth = Birth(task, task.context, definition, definition.method, arguments, task.process)
        self._enqueue(task.context.host_id, birth, first=True)

    def _finish_birth(self, birth: Birth) -> None:
        task = birth.task
        if birth.error is not None and birth.replaces is not None:
            self._end(task, ExitResult(error=birth.error))
        elif birth.error is not None:
            self._abandon(task, birth.error)
        else:
            task.process = birth.process
            if birth.replaces is None and not task.executed:
                self._answer_requester(task, ExitResult(task.pid))
            if task.ending is not None:
                self._evict(task, task.ending)
            else:
                self._make_ready(task)

    def _abandon(self, task: Task, error: ProcessError) -> None:
        """A process that was never there: only whoever asked for it is told."""
        self._remove(task)
        self._relations.remove(task.pid)
        result = ExitResult(error=error)
        self._answer_requester(task, result)
        if task.executed:
            self._effects.append(Ended(task.pid, task.context.entry_id, result, self._now_ns))

    def _leave_queue(self, task: Task, error: ProcessError) -> None:
        pool = self._hosts[task.context.host_id]
        pool.forget(task)
        self._watch_growth(pool)
        self._abandon(task, error)

    def _no_place(self, task: Task) -> None:
        pool = self._hosts[task.context.host_id]
        self._stop(task, no_place_in_time(pool))

    def _remove(self, task: Task) -> None:
        was_queued = task.state is ProcessState.QUEUED
        super()._remove(task)
        host = self._hosts[task.context.host_id]
        if was_queued:
            return
        host.leave_place(self._now_ns)
        self._keep_for_a_while(host)
        if host.waiting:
            self._admit(host)
        if host.is_closed and not host.living:
            del self._hosts[host.id]

    def _admit(self, pool: HostQueue) -> None:
        """Let those in who wait, as far as there are places."""
        while (admitted := pool.admit(self._now_ns)) is not None:
            self._let_in(pool, admitted)
        self._watch_growth(pool)

    def _watch_growth(self, pool: HostQueue) -> None:
        """Look later whether calls still wait for a pool that may grow; not if none does."""
        key = (Timer.GROWTH, PID(pool.id, 0, self._node), 0)
        if not pool.wants_more:
            self._timers.cancel(key)
            pool.is_growing = False
        elif not pool.is_growing:
            self._timers.set(key, self._now_ns + GROW_NS)
            pool.is_growing = True

    def _grow(self, pool_id: str) -> None:
        pool = self._hosts[pool_id]
        pool.is_growing = False
        pool.grow(self._now_ns)
        self._admit(pool)

    def _keep_for_a_while(self, pool: HostQueue) -> None:
        """What a call has left in a pool is looked at later, unless that will be sooner anyway."""
        settings = pool.settings
        if settings is None or settings.idle_ns is None or settings.trim is None:
            return
        if pool.id not in self._trims:
            self._trims.set(pool.id, self._now_ns + settings.idle_ns)

    def _let_in(self, pool: HostQueue, birth: Birth) -> None:
        self._timers.cancel((Timer.PLACE, birth.task.pid, 0))
        birth.task.state = ProcessState.STARTING
        self._enqueue(pool.id, birth)

    def _definition(self, entry_id: str) -> ProcessDefinition:
        definition = self._definitions.get(entry_id)
        if definition is None:
            message = f"factory not found: {entry_id}"
            raise ProcessError(message, ProcessErrorKind.NOT_FOUND, factory_id=entry_id)
        return definition
