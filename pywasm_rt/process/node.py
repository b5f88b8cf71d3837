"""A node: one scheduler, its hosts, its dispatcher and its entries, in real time.

The scheduler is used under one lock. What it wants done in foreign code or in the outside world is
done without the lock: steps by the workers of the hosts, operations by the dispatcher, except
those that need no waiting, which whoever caused them performs on the spot.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, Self

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Operation, Poll, Readable, ReadStream, Sleep, Writable, WriteStream
from pywasm_rt.process.dispatcher import Dispatcher
from pywasm_rt.process.effects import Effect, Ended, Interrupt, Perform, Trim, Withdraw
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.host_queue import PoolSettings
from pywasm_rt.process.immediate import NOT_YET, outcome, perform_now
from pywasm_rt.process.interface import (
    Continue,
    ExitResult,
    Interruptible,
    ProcessDefinition,
)
from pywasm_rt.process.operations import Target
from pywasm_rt.process.pid import PID
from pywasm_rt.process.population import SpawnRequest
from pywasm_rt.process.scheduler import Scheduler
from pywasm_rt.process.security import Credentials, Policies
from pywasm_rt.process.task import ProcessInformation
from pywasm_rt.process.timers import in_nanoseconds
from pywasm_rt.process.work import Birth, Turn, Work
from pywasm_rt.wasi.capabilities.clocks import MonotonicClock, SystemMonotonicClock

__all__ = ["Node"]

_INTERRUPT_GRACE_SECONDS = 5.0
_TERMINATE_SECONDS = 5.0
_SIGNAL_SECONDS = 0.25
_NOTHING: list[Effect] = []


class Node:
    """Runs processes. ``with Node() as node:`` starts it, and at the end nothing survives.

    ``name`` is the node part of its PIDs. ``on_end``, if set, is told of each process that has
    ended, from whatever thread; it is to be quick and to raise nothing. All methods may be called
    from any thread, except from inside a process.
    """

    def __init__(self, name: str = "", *, clock: MonotonicClock | None = None) -> None:
        self.clock = clock if clock is not None else SystemMonotonicClock()
        self._scheduler = Scheduler(self.clock, node=name)
        self._dispatcher = Dispatcher(self._report, self._on_alarm, self.clock)
        self._lock = threading.Lock()
        self._quiet = threading.Condition(self._lock)
        self._hosts: dict[str, ProcessHost] = {}
        self._futures: dict[PID, list[Future[ExitResult]]] = {}
        self._alarm_ns: int | None = None
        self._started = False
        self._closed = False
        self.on_end: Callable[[Ended], object] | None = None

    # Before and after.

    def add_host(self, host: ProcessHost) -> None:
        """Make a host known; it runs as soon as the node does. Raises ProcessError."""
        with self._lock:
            self._scheduler.add_host(host.id, host.max_processes)
            self._hosts[host.id] = host
            started = self._started
        if started:
            try:
                host.start(self._exchange, self._lock)
            except BaseException:
                self.remove_host(host.id)
                raise

    def remove_host(self, host_id: str) -> None:
        """Forget a host, whose workers end. Raises ProcessError: NotFound, Conflict if processes
        live there.
        """
        with self._lock:
            self._scheduler.remove_host(host_id)
            host = self._hosts.pop(host_id)
        host.stop()

    def add_pool(self, pool_id: str, host_id: str, settings: PoolSettings) -> None:
        """Make a pool known, whose processes run on a host's workers. Raises ProcessError."""
        with self._lock:
            self._scheduler.add_pool(pool_id, host_id, settings)

    def remove_pool(self, pool_id: str) -> None:
        """Forget a pool: what waits for a place is refused, what lives goes on."""
        with self._scheduling() as scheduler:
            scheduler.remove_pool(pool_id)

    def set_policies(self, policies: Policies) -> None:
        """From now on processes may do what these say."""
        with self._lock:
            self._scheduler.set_policies(policies)

    def register(self, entry_id: str, definition: ProcessDefinition) -> None:
        """Make an entry known, or change it for processes that start from now on."""
        with self._lock:
            self._scheduler.register(entry_id, definition)

    def unregister(self, entry_id: str) -> None:
        """Forget an entry; its running processes go on."""
        with self._lock:
            self._scheduler.unregister(entry_id)

    def register_operation(
        self, type_: type[Operation], performer: Callable[[Any], Awaitable[object]]
    ) -> None:
        """Let a coroutine function perform operations of a type. Call this before ``start``."""
        self._dispatcher.register(type_, performer)

    def start(self) -> None:
        """Start the dispatcher and the workers. Raises ProcessError if that was done before."""
        with self._lock:
            if self._started:
                raise ProcessError("the node was started before", ProcessErrorKind.CONFLICT)
            self._started = True
            hosts = tuple(self._hosts.values())
        self._dispatcher.start()
        for host in hosts:
            host.start(self._exchange, self._lock)

    def close(self, grace_seconds: float = 10.0) -> tuple[PID, ...]:
        """Ask all processes to end, terminate those that have not within ``grace_seconds``, and
        end all threads. The processes that could not be ended: none, unless foreign code hangs.
        """
        if self._closed:
            return ()
        self._closed = True
        with self._scheduling() as scheduler:
            scheduler.stop()
        if self._started and not self._wait_quiet(grace_seconds):
            with self._scheduling() as scheduler:
                for process in scheduler.processes():
                    scheduler.terminate(process.pid)
            self._wait_quiet(_TERMINATE_SECONDS)
        for host in self._hosts.values():
            host.stop()
        self._dispatcher.stop()
        self._finish_alone()
        with self._lock:
            left = tuple(process.pid for process in self._scheduler.processes())
            futures = [future for waiting in self._futures.values() for future in waiting]
            self._futures.clear()
        for future in futures:
            future.set_exception(ProcessError("the node was closed", ProcessErrorKind.UNAVAILABLE))
        return left

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(grace_seconds=10.0 if error is None else 0.0)

    # What a program wants of it.

    def spawn(
        self,
        entry_id: str,
        host_id: str,
        arguments: Sequence[object] = (),
        *,
        method: str | None = None,
        values: Mapping[str, object] | None = None,
        parent: PID | None = None,
        name: str = "",
        messages: Sequence[tuple[str, Sequence[object]]] = (),
    ) -> PID:
        """Start a process. ``method`` None stands for the entry's own; ``values`` are put into its
        context; ``name`` and ``messages`` are as in :class:`~pywasm_rt.process.operations.Spawn`.

        Raises ProcessError: unknown entry or host, host full, node stopping, or what its ``init``
        raised.
        """
        first = tuple((topic, tuple(payloads)) for topic, payloads in messages)
        request = SpawnRequest(
            entry_id, host_id, tuple(arguments), method, values or {}, parent, name, first
        )
        return self._spawn(request, None)

    def spawn_watched(
        self,
        entry_id: str,
        host_id: str,
        arguments: Sequence[object] = (),
        *,
        method: str | None = None,
        values: Mapping[str, object] | None = None,
        name: str = "",
        credentials: Credentials | None = None,
    ) -> tuple[PID, Future[ExitResult]]:
        """The same, and how it ends. Raises ProcessError as ``spawn`` does."""
        request = SpawnRequest(
            entry_id,
            host_id,
            tuple(arguments),
            method,
            values or {},
            name=name,
            credentials=credentials,
        )
        future: Future[ExitResult] = Future()
        return self._spawn(request, future), future

    def execute(
        self,
        entry_id: str,
        host_id: str,
        arguments: Sequence[object] = (),
        *,
        method: str | None = None,
        values: Mapping[str, object] | None = None,
        pieces: int = 0,
    ) -> tuple[PID, Future[ExitResult]]:
        """As ``spawn_watched``, but a worker makes the process, and what goes wrong in that is how
        it ended; in a pool it may have to wait for its place.

        So many ``pieces`` of the host's work are done on this thread first (fewer, if it is long),
        which for what is quickly over is quicker than to wake another.

        Raises ProcessError: unknown entry or host, host or queue full, node stopping.
        """
        request = SpawnRequest(entry_id, host_id, tuple(arguments), method, values or {})
        future: Future[ExitResult] = Future()
        if pieces:
            return self._execute_here(request, future, pieces), future
        with self._scheduling() as scheduler:
            pid = scheduler.execute(request)
            self._futures.setdefault(pid, []).append(future)
        return pid, future

    def _execute_here(self, request: SpawnRequest, future: Future[ExitResult], pieces: int) -> PID:
        """Begin, and do work of that host on this thread until it is over or ``pieces`` are done.

        No worker is woken for what is done here.
        """
        host_id = request.host_id
        with self._lock:
            self._scheduler.tick(self.clock.now_ns())
            pid = self._scheduler.execute(request)
            self._futures.setdefault(pid, []).append(future)
            work = self._scheduler.take(host_id) if self._started else None
            later = self._settle()
        self._carry_out(later)
        while work is not None:
            before_ns = time.perf_counter_ns()
            work.perform()
            elapsed_ns = time.perf_counter_ns() - before_ns
            pieces -= 1
            if isinstance(work, Turn) and isinstance(work.step, Continue):
                pieces = 0  # it is a long one
            with self._lock:
                self._scheduler.tick(self.clock.now_ns())
                self._scheduler.finish(work, elapsed_ns)
                ours = pieces > 0 and pid in self._scheduler
                work = self._scheduler.take(host_id) if ours else None
                later = self._settle()
            self._carry_out(later)
        return pid

    def run(
        self,
        entry_id: str,
        host_id: str,
        arguments: Sequence[object] = (),
        *,
        method: str | None = None,
        values: Mapping[str, object] | None = None,
        credentials: Credentials | None = None,
    ) -> ExitResult:
        """Start a process and wait for its end.

        On KeyboardInterrupt the process is asked to end, and terminated after a grace time (at
        once by a second KeyboardInterrupt), before the exception goes on. Raises ProcessError as
        ``spawn`` does.
        """
        pid, future = self.spawn_watched(
            entry_id, host_id, arguments, method=method, values=values, credentials=credentials
        )
        try:
            while True:
                # In slices: a signal that comes just before a thread blocks does not wake it.
                with suppress(TimeoutError):
                    return future.result(_SIGNAL_SECONDS)
        except KeyboardInterrupt:
            with suppress(ProcessError):
                self.cancel(pid, "interrupted", _INTERRUPT_GRACE_SECONDS)
            try:
                future.exception(_INTERRUPT_GRACE_SECONDS + _TERMINATE_SECONDS)
            except (KeyboardInterrupt, TimeoutError):
                with suppress(ProcessError):
                    self.terminate(pid)
            raise

    def watch(self, target: Target) -> Future[ExitResult]:
        """How a process ends, once it has. Raises ProcessError (NotFound)."""
        future: Future[ExitResult] = Future()
        with self._lock:
            pid = self._scheduler.find(target)
            self._futures.setdefault(pid, []).append(future)
        return future

    def send(
        self, target: Target, topic: str, *payloads: object, sender: PID | None = None
    ) -> None:
        """Put a message into a mailbox; ``sender`` is whom an answer goes to.

        Raises ProcessError (NotFound, RateLimited, Invalid).
        """
        with self._scheduling() as scheduler:
            scheduler.send(target, topic, payloads, sender)

    def cancel(self, target: Target, reason: str = "", grace_seconds: float | None = None) -> None:
        """Ask a process to end, and terminate it after a grace time (None: its own).

        Raises ProcessError (NotFound).
        """
        with self._scheduling() as scheduler:
            scheduler.cancel(target, reason, None, in_nanoseconds(grace_seconds))

    def terminate(self, target: Target) -> None:
        """End a process at its next checkpoint. Raises ProcessError (NotFound)."""
        with self._scheduling() as scheduler:
            scheduler.terminate(target)

    def register_name(self, name: str, target: Target) -> None:
        """Give a name to a process; it is released when that ends. Raises ProcessError."""
        with self._lock:
            self._scheduler.register_name(name, target)

    def unregister_name(self, name: str) -> PID:
        """Take a name back; whose it was. Raises ProcessError (NotFound)."""
        with self._lock:
            return self._scheduler.unregister_name(name)

    def find(self, name: str) -> PID | None:
        """Whose name it is; None if nobody's."""
        with self._lock:
            return self._scheduler.find_name(name)

    def announce(self, entry_ids: Collection[str], sources: Collection[str]) -> int:
        """Tell the upgradable processes of some entries that ``sources`` (IDs) have changed.

        They get an OUTDATED event; how many do is returned.
        """
        with self._scheduling() as scheduler:
            return scheduler.announce(entry_ids, sources)

    def holdings(self) -> dict[str, int]:
        """How much it keeps of what belongs to processes: nothing once there are none."""
        with self._lock:
            kept = self._scheduler.holdings()
            kept |= {"futures": len(self._futures), "operations": self._dispatcher.outstanding}
            return kept

    def processes(self) -> tuple[ProcessInformation, ...]:
        """All living processes, oldest first."""
        with self._lock:
            return self._scheduler.processes()

    @property
    def hosts(self) -> Mapping[str, ProcessHost]:
        """The hosts by ID."""
        return self._hosts

    # Inside.

    def _spawn(self, request: SpawnRequest, future: Future[ExitResult] | None) -> PID:
        host = self._hosts.get(request.host_id)
        if host is not None and self._started and not host.running:
            message = f"host is shutting down: {host.id}"
            raise ProcessError(message, ProcessErrorKind.UNAVAILABLE, host_id=host.id)
        with self._scheduling() as scheduler:
            existing = scheduler.use_existing(request)
            if existing is not None:
                if future is not None:
                    self._futures.setdefault(existing, []).append(future)
                return existing
            birth: Birth = scheduler.prepare_spawn(request)
            pid = birth.task.pid
            if birth.is_queued():
                # A worker makes it as soon as it has its place.
                if future is not None:
                    self._futures.setdefault(pid, []).append(future)
                return pid
        birth.perform()
        with self._scheduling() as scheduler:
            if future is not None and birth.error is None:
                self._futures.setdefault(pid, []).append(future)
            scheduler.finish(birth)
        if birth.error is not None:
            raise birth.error
        return pid

    @contextmanager
    def _scheduling(self) -> Iterator[Scheduler]:
        """The scheduler, under the lock and with the right time; its wishes are then met."""
        with self._lock:
            self._scheduler.tick(self.clock.now_ns())
            try:
                yield self._scheduler
            finally:
                later = self._settle()
        self._carry_out(later)

    def _exchange(self, host: ProcessHost, work: Work | None, elapsed_ns: int) -> Work | None:
        """Hand back what a worker did and give it the next, or None when it is to end."""
        while True:
            with self._lock:
                scheduler = self._scheduler
                scheduler.tick(self.clock.now_ns())
                if work is not None:
                    scheduler.finish(work, elapsed_ns)
                    work = None
                later = self._settle(host) if scheduler.is_wanting else _NOTHING
                if not later:
                    if host.stopping:
                        return None
                    next_work = scheduler.take(host.id)
                    self._set_alarm()
                    if next_work is not None:
                        return next_work
                    host.wait()
            self._carry_out(later)

    def _settle(self, asking: ProcessHost | None = None) -> list[Effect]:
        """Pass on what the scheduler wants, under the lock; what is left needs no lock.

        A worker of ``asking`` is about to take work itself, if nothing is left to do before.
        """
        later: list[Effect] = []
        for effect in self._scheduler.take_effects():
            match effect:
                case Perform() if not _worth_trying(effect.operation, self._scheduler.now_ns):
                    self._dispatcher.submit(effect.pid, effect.tag, effect.operation)
                case Withdraw():
                    self._dispatcher.withdraw(effect.pid, effect.tag)
                case _:
                    later.append(effect)
        for host_id in self._scheduler.take_woken():
            host = self._hosts[host_id]
            takes_one = host is asking and not later
            host.notify(self._scheduler.waiting_work(host_id) - takes_one)
        self._set_alarm()
        if not len(self._scheduler):
            self._quiet.notify_all()
        return later

    def _set_alarm(self) -> None:
        """Have the dispatcher wake us for the scheduler's next timer."""
        next_ns = self._scheduler.next_wake_ns
        if next_ns is not None and (self._alarm_ns is None or next_ns < self._alarm_ns):
            self._alarm_ns = next_ns
            self._dispatcher.set_alarm(next_ns)

    def _carry_out(self, effects: list[Effect]) -> None:
        """Do what needs no lock, and what comes of that, until nothing is left."""
        while effects:
            performed: list[tuple[Perform, object, Exception | None]] = []
            trimmed: dict[str, int | None] = {}
            for effect in effects:
                match effect:
                    case Perform():
                        call = partial(perform_now, effect.operation, self.clock.now_ns())
                        performed.append((effect, *outcome(call)))
                    case Interrupt():
                        if isinstance(effect.process, Interruptible):
                            effect.process.interrupt()
                    case Ended():
                        self._resolve(effect)
                    case Trim():
                        trimmed[effect.pool_id] = effect.trim(self.clock.now_ns())
            with self._lock:
                for perform, result, error in performed:
                    self._take_result(perform, result, error)
                for pool_id, when_ns in trimmed.items():
                    self._scheduler.trim_at(pool_id, when_ns)
                effects = self._settle()

    def _take_result(self, perform: Perform, result: object, error: Exception | None) -> None:
        if result is NOT_YET:
            self._dispatcher.submit(perform.pid, perform.tag, perform.operation)
        elif error is not None:
            self._scheduler.fail(perform.pid, perform.tag, error)
        else:
            self._scheduler.complete(perform.pid, perform.tag, result)

    def _resolve(self, ended: Ended) -> None:
        if self.on_end is not None:
            self.on_end(ended)
        with self._lock:
            futures = self._futures.pop(ended.pid, ())
        for future in futures:
            future.set_result(ended.result)

    def _report(self, pid: PID, tag: int, result: object, error: Exception | None) -> None:
        """The dispatcher has performed an operation."""
        with self._scheduling() as scheduler:
            if error is not None:
                scheduler.fail(pid, tag, error)
            else:
                scheduler.complete(pid, tag, result)

    def _on_alarm(self) -> None:
        """The dispatcher says that the scheduler's next moment has come."""
        with self._lock:
            self._alarm_ns = None
        with self._scheduling():
            pass

    def _wait_quiet(self, timeout_seconds: float) -> bool:
        """Wait until there are no processes; whether there are none."""
        end = time.monotonic() + timeout_seconds
        with self._quiet:
            return self._quiet.wait_for(
                lambda: not len(self._scheduler), max(0.0, end - time.monotonic())
            )

    def _finish_alone(self) -> None:
        """Close what is still queued, now that no worker does."""
        for host_id in self._hosts:
            while True:
                with self._lock:
                    for process in self._scheduler.processes():
                        self._scheduler.terminate(process.pid)
                    work = self._scheduler.take(host_id)
                if work is None:
                    break
                work.perform()
                with self._scheduling() as scheduler:
                    scheduler.finish(work)


def _worth_trying(operation: Operation, now_ns: int) -> bool:
    """Whether an operation may well need no waiting, and can be tried on any thread.

    A stream that may block is read and written by the dispatcher only, one user at a time.
    """
    match operation:
        case ReadStream():
            return not operation.source.may_block
        case WriteStream():
            return not operation.sink.may_block
        case Sleep():
            return operation.deadline_ns <= now_ns
        case Poll():
            return any(
                not isinstance(wait, Sleep) or wait.deadline_ns <= now_ns
                for wait in operation.waits
            )
        case Readable() | Writable():
            return True
    return False
