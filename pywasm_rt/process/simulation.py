"""A node in virtual time: no threads, no waiting, the same outcome every time.

The clock stands still while anything can be done, and then jumps to the next moment at which
something happens. What takes an hour of sleeping takes no time at all, and takes it exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from pywasm_rt.errors import EngineBug, ProcessError, ProcessErrorKind
from pywasm_rt.operations import Answer, Begin, Operation, ReadStream, Sleep, WriteStream
from pywasm_rt.process.effects import Effect, Ended, Interrupt, Perform, Trim, Withdraw
from pywasm_rt.process.immediate import (
    NOT_YET,
    outcome,
    perform_now,
    wake_ns,
    with_deadline,
    write_all,
)
from pywasm_rt.process.interface import ExitResult, Interruptible, ProcessDefinition
from pywasm_rt.process.pid import PID
from pywasm_rt.process.scheduler import DEFAULT_BUDGET, Scheduler, SpawnRequest
from pywasm_rt.process.timers import TimerQueue
from pywasm_rt.wasi.capabilities.clocks import VirtualMonotonicClock

__all__ = ["Simulation", "VirtualClock"]

VirtualClock = VirtualMonotonicClock

_Key = tuple[PID, int]
Performed = TypeVar("Performed", bound=Operation)

DEFAULT_HOST = "local:host"


class Simulation:
    """A scheduler, one worker per host, and operations performed in virtual time.

    ``scheduler`` and ``clock`` are there to be used. ``ended`` keeps how every process ended.
    """

    def __init__(
        self,
        host_ids: Iterable[str] = (DEFAULT_HOST,),
        *,
        clock: VirtualClock | None = None,
        budget: int = DEFAULT_BUDGET,
    ) -> None:
        self.clock = clock if clock is not None else VirtualClock()
        self.scheduler = Scheduler(self.clock, budget=budget)
        self.scheduler.tick(self.clock.now_ns())
        self.ended: dict[PID, ExitResult] = {}
        self._host_ids: list[str] = []
        for host_id in host_ids:
            self.add_host(host_id)
        self._pending: dict[_Key, Operation] = {}
        # Of those: the ones that time may end, and the ones that something else may end.
        self._timers: TimerQueue[_Key] = TimerQueue()
        self._watched: dict[_Key, None] = {}
        self._answers: dict[_Key, Answer] = {}
        self._last_answer = 0
        self._performers: dict[type[Operation], Callable[..., object]] = {}

    def add_host(self, host_id: str, max_processes: int | None = None) -> None:
        """Make a host known. Raises ProcessError (AlreadyExists)."""
        self.scheduler.add_host(host_id, max_processes)
        self._host_ids.append(host_id)

    def remove_host(self, host_id: str) -> None:
        """Forget a host. Raises ProcessError."""
        self.scheduler.remove_host(host_id)
        self._host_ids.remove(host_id)

    def register(self, entry_id: str, definition: ProcessDefinition) -> None:
        """Make an entry known."""
        self.scheduler.register(entry_id, definition)

    def perform(self, type_: type[Performed], performer: Callable[[Performed], object]) -> None:
        """Let ``performer`` give the results of operations of a type; it may return NOT_YET."""
        self._performers[type_] = performer

    def spawn(
        self,
        entry_id: str,
        *arguments: object,
        host_id: str | None = None,
        method: str | None = None,
    ) -> PID:
        """Start a process, which has done nothing yet. Raises ProcessError."""
        request = SpawnRequest(entry_id, host_id or self._host_ids[0], arguments, method)
        return self.start(request)

    def start(self, request: SpawnRequest) -> PID:
        """Start what a request asks for, or find who has its name. May raise ProcessError."""
        existing = self.scheduler.use_existing(request)
        if existing is not None:
            return existing
        birth = self.scheduler.prepare_spawn(request)
        if birth.is_queued():
            return birth.task.pid
        birth.perform()
        self.scheduler.finish(birth)
        if birth.error is not None:
            raise birth.error
        return birth.task.pid

    def run(self, entry_id: str, *arguments: object, method: str | None = None) -> ExitResult:
        """Start a process and go on until it has ended.

        Raises ProcessError (Internal) if everything waits for ever before that.
        """
        pid = self.spawn(entry_id, *arguments, method=method)
        while pid not in self.ended:
            if not self.step():
                raise self.stuck()
        return self.ended[pid]

    def stuck(self) -> ProcessError:
        """The error that nothing can happen any more, with what everybody waits for."""
        waiting = "; ".join(
            f"{process.pid} waits for {process.waiting_for or 'mail'}"
            for process in self.scheduler.processes()
        )
        return ProcessError(f"nothing can happen any more: {waiting}")

    def run_until_idle(self, steps: int = 1_000_000) -> None:
        """Go on until nothing can happen any more, for at most ``steps`` steps.

        Raises ProcessError (Timeout) after that.
        """
        for _ in range(steps):
            if not self.step():
                return
        raise ProcessError(f"still busy after {steps} steps", ProcessErrorKind.TIMEOUT)

    def run_until(self, now_ns: int) -> None:
        """Do all there is to do up to a moment, and leave the clock there."""
        going_on = True
        while going_on:
            worked = self._work()
            performed = self._try_pending()
            going_on = worked or performed or self._advance(now_ns)
        self.clock.advance(max(0, now_ns - self.clock.now_ns()))
        self.scheduler.tick(self.clock.now_ns())

    def step(self, limit_ns: int | None = None) -> bool:
        """One piece of work at each host and all operations that are possible now, or else a jump
        of the clock, not beyond ``limit_ns``. Whether there was anything to do.
        """
        worked = self._work()
        performed = self._try_pending()
        return worked or performed or self._advance(limit_ns)

    def _work(self) -> bool:
        worked = False
        for host_id in self._host_ids:
            work = self.scheduler.take(host_id)
            if work is not None:
                work.perform()
                self.scheduler.finish(work)
                worked = True
        self._apply(self.scheduler.take_effects())
        return worked

    def _apply(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Perform(pid, tag, Begin() as begin):
                    self._begin_in_background(pid, begin)
                    self.scheduler.complete(pid, tag, None)
                case Perform():
                    self._begin((effect.pid, effect.tag), effect.operation)
                case Withdraw():
                    self._forget((effect.pid, effect.tag))
                case Ended():
                    self.ended[effect.pid] = effect.result
                case Interrupt():
                    if isinstance(effect.process, Interruptible):
                        effect.process.interrupt()
                case Trim(pool_id, trim):
                    self.scheduler.trim_at(pool_id, trim(self.clock.now_ns()))

    def _begin_in_background(self, pid: PID, begin: Begin) -> None:
        """Perform what nobody waits for, under a tag that no process has."""
        self._last_answer -= 1
        key = pid, self._last_answer
        self._answers[key] = begin.answer
        self._begin(key, begin.operation)
        begin.answer.when_given_up(lambda: self._forget(key))

    def _begin(self, key: _Key, operation: Operation) -> None:
        operation = with_deadline(operation, self.clock.now_ns())
        self._pending[key] = operation
        when_ns = wake_ns(operation)
        if when_ns is not None:
            self._timers.set(key, when_ns)
        if type(operation) in self._performers or not isinstance(operation, Sleep):
            self._watched[key] = None

    def _forget(self, key: _Key) -> None:
        self._answers.pop(key, None)
        self._pending.pop(key, None)
        self._timers.cancel(key)
        self._watched.pop(key, None)

    def _try_pending(self) -> bool:
        """Perform what can be performed at this moment."""
        performed = False
        due = self._timers.pop_due(self.clock.now_ns())
        for key in dict.fromkeys((*due, *self._watched)):
            operation = self._pending.get(key)
            if operation is None:
                continue
            result, error = outcome(partial(self._attempt, operation))
            if result is NOT_YET:
                continue
            self._tell(key, result, error)
            self._forget(key)
            performed = True
        return performed

    def _tell(self, key: _Key, result: object, error: Exception | None) -> None:
        """Say what came of an operation, to whoever wants to know."""
        answer = self._answers.get(key)
        if answer is not None and error is not None:
            answer.fail(error)
        elif answer is not None:
            answer.settle(result)
        elif error is not None:
            self.scheduler.fail(*key, error)
        else:
            self.scheduler.complete(*key, result)

    def _attempt(self, operation: Operation) -> object:
        performer = self._performers.get(type(operation))
        if performer is not None:
            return performer(operation)
        match operation:
            case ReadStream() if operation.source.ready():
                return operation.source.read(operation.max_bytes)
            case WriteStream() if operation.sink.ready():
                write_all(operation.sink, operation.data, flush=operation.flush)
                return None
        return perform_now(operation, self.clock.now_ns())

    def _advance(self, limit_ns: int | None = None) -> bool:
        """Jump to the next moment at which something happens, if there is one."""
        moments = (self._timers.next_ns, self.scheduler.next_wake_ns)
        next_ns = min((moment for moment in moments if moment is not None), default=None)
        if next_ns is None or (limit_ns is not None and next_ns > limit_ns):
            return False
        if next_ns < self.clock.now_ns():
            raise EngineBug("a moment that has passed was not noticed")
        self.clock.advance(next_ns - self.clock.now_ns())
        self.scheduler.tick(self.clock.now_ns())
        return True
