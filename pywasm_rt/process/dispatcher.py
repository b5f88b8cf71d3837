"""The dispatcher: performs operations for processes, on one event loop in a thread of its own.

Sleeping costs a timer. Streams that the operating system can watch are waited for by the loop and
then read at once, so that nothing is lost when whoever asked has gone. Other streams that may
block are read and written on threads (:mod:`pywasm_rt.process.blocking`). Operations of further
kinds are performed by coroutines that are registered for them; those of the network
(:mod:`pywasm_rt.process.network`) are from the beginning.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from pywasm_rt.errors import OperationError, WasmError
from pywasm_rt.operations import (
    Answer,
    Begin,
    Operation,
    Poll,
    Readable,
    ReadStream,
    Sleep,
    Writable,
    WriteStream,
)
from pywasm_rt.process.blocking import BlockingLanes, Job
from pywasm_rt.process.failure import as_process_error
from pywasm_rt.process.immediate import (
    NOT_YET,
    AwaitNotification,
    GradualWrite,
    outcome,
    perform_now,
    wake_ns,
    with_deadline,
    write_all,
)
from pywasm_rt.process.network import NetworkPerformer
from pywasm_rt.process.pid import PID
from pywasm_rt.process.readiness import Direction, Readiness, Watch
from pywasm_rt.wasi.capabilities.clocks import MonotonicClock, SystemMonotonicClock

__all__ = ["Dispatcher", "Report"]

Report = Callable[[PID, int, object, Exception | None], None]
_Key = tuple[PID, int]
_Performer = Callable[[Any], Awaitable[object]]

_NANOSECONDS = 1_000_000_000
_LONGEST_TIMER_SECONDS = 86_400.0
# What a pipe that is ready takes without waiting (POSIX's least value is 512, Linux's a page).
_SURELY_TAKEN_BYTES = 512
# A stream that nobody can watch is looked at again and again, less and less often.
_FIRST_LOOK_SECONDS = 0.001
_SLOWEST_LOOK_SECONDS = 0.05


class _Waiting:
    """One operation that waits: whatever may let it go on makes ``attempt`` happen again."""

    __slots__ = ("attempt", "deadline_ns", "look_seconds", "timer", "watches")

    def __init__(self, attempt: Callable[[], object], deadline_ns: int | None) -> None:
        self.attempt = attempt
        self.deadline_ns = deadline_ns
        self.watches: list[Watch] = []
        self.look_seconds: float | None = None
        self.timer: asyncio.TimerHandle | None = None


class Dispatcher:
    """Performs operations and reports each result once, from its own thread.

    ``report`` is called as ``report(pid, tag, result, error)``, ``alarm`` when the moment given to
    :meth:`set_alarm` has come. ``submit``, ``withdraw`` and ``set_alarm`` may be called from any
    thread, and take effect in the order of the calls.
    """

    def __init__(
        self,
        report: Report,
        alarm: Callable[[], None],
        clock: MonotonicClock | None = None,
    ) -> None:
        self._report = report
        self._alarm = alarm
        self._clock = clock if clock is not None else SystemMonotonicClock()
        self._inbox: deque[Callable[[], None]] = deque()
        self._signalled = False
        self._waiting: dict[_Key, _Waiting] = {}
        self._jobs: dict[_Key, Job] = {}
        self._coroutines: dict[_Key, asyncio.Task[None]] = {}
        self._network = NetworkPerformer()
        self._performers: dict[type[Operation], _Performer] = dict(self._network.performers)
        self._answers: dict[_Key, Answer] = {}
        self._last_answer = 0
        self._lanes = BlockingLanes()
        self._alarm_timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._readiness: Readiness | None = None
        self._thread: threading.Thread | None = None

    @property
    def outstanding(self) -> int:
        """How many operations are being performed, or waited for."""
        return len(self._waiting) + len(self._jobs) + len(self._coroutines)

    def register(self, type_: type[Operation], performer: _Performer) -> None:
        """Let a coroutine function perform operations of a type."""
        self._performers[type_] = performer

    # From any thread.

    def start(self) -> None:
        """Begin; what was submitted before is performed now."""
        loop = asyncio.new_event_loop()
        self._readiness = Readiness(loop)
        self._thread = threading.Thread(
            target=self._run, args=(loop,), name="pywasm-rt dispatcher", daemon=True
        )
        self._loop = loop
        self._thread.start()
        loop.call_soon_threadsafe(self._drain)

    def attach(self) -> None:
        """Begin on the running event loop, in place of one of our own.

        Reports then come on that loop; :meth:`detach` ends it when the loop is closed.
        """
        loop = asyncio.get_running_loop()
        self._readiness = Readiness(loop)
        self._loop = loop
        loop.call_soon(self._drain)

    def detach(self) -> None:
        """Give up the threads; nothing is reported any more. The loop that :meth:`attach` began
        on is closed, and what it watched with it.
        """
        self._loop = None
        self._network.close()
        self._lanes.close(0.0)

    def stop(self, timeout_seconds: float = 5.0) -> int:
        """End, without reporting what is outstanding; how many threads are stuck in a read or
        write that cannot be taken back (they end with the program).
        """
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return 0
        self._loop = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout_seconds)
        self._network.close()
        return self._lanes.close()

    def submit(self, pid: PID, tag: int, operation: Operation) -> None:
        """Perform an operation."""
        self._post(partial(self._begin, (pid, tag), operation))

    def withdraw(self, pid: PID, tag: int) -> None:
        """Stop performing it; nothing is reported any more."""
        self._post(partial(self._forget, (pid, tag)))

    def set_alarm(self, when_ns: int | None) -> None:
        """Call ``alarm`` at a moment, in place of the one that was set before."""
        self._post(partial(self._set_alarm, when_ns))

    def _post(self, action: Callable[[], None]) -> None:
        self._inbox.append(action)
        loop = self._loop
        if loop is not None and not self._signalled:
            self._signalled = True
            # The loop may be closing, which ends the matter.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._drain)

    # On the dispatcher's thread.

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(self._forget_all())
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    async def _forget_all(self) -> None:
        for key in (*self._waiting, *self._jobs, *self._coroutines):
            self._forget(key)
        self._set_alarm(None)
        # Performers may have left tasks of their own behind, which stream what they have begun.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the connections that they had close

    def _drain(self) -> None:
        self._signalled = False
        while self._inbox:
            self._inbox.popleft()()

    def _begin(self, key: _Key, operation: Operation) -> None:
        if isinstance(operation, Begin):
            self._begin_in_background(key[0], operation)
            self._report(*key, None, None)
            return
        performer = self._performers.get(type(operation))
        if performer is not None:
            task = asyncio.get_running_loop().create_task(self._await(key, performer, operation))
            self._coroutines[key] = task
            return
        operation = with_deadline(operation, self._clock.now_ns())
        result, error = outcome(partial(self._attempt, operation))
        if result is NOT_YET:
            self._wait(key, operation)
        else:
            self._tell(key, result, error)

    def _begin_in_background(self, pid: PID, begin: Begin) -> None:
        """Perform what nobody waits for, under a tag that no process has."""
        self._last_answer -= 1
        key = (pid, self._last_answer)
        self._answers[key] = begin.answer
        self._begin(key, begin.operation)
        begin.answer.when_given_up(lambda: self._post(partial(self._forget, key)))

    def _tell(self, key: _Key, result: object, error: Exception | None) -> None:
        """Say what came of an operation, to whoever wants to know."""
        answer = self._answers.pop(key, None)
        if answer is None:
            self._report(*key, result, error)
        elif error is not None:
            answer.fail(error)
        else:
            answer.settle(result)

    def _attempt(self, operation: Operation) -> object:
        """Perform without waiting, if that is possible."""
        match operation:
            case ReadStream():
                source = operation.source
                if source.may_block and (self._lanes.is_busy(source) or not source.ready()):
                    return NOT_YET
                return source.read(operation.max_bytes)
            case WriteStream() if operation.sink.may_block:
                sink, data = operation.sink, operation.data
                if getattr(sink, "takes_some", False) is True:
                    return NOT_YET
                if len(data) > _SURELY_TAKEN_BYTES or self._lanes.is_busy(sink) or not sink.ready():
                    return NOT_YET
                write_all(sink, data, flush=operation.flush)
                return None
        return perform_now(operation, self._clock.now_ns())

    def _wait(self, key: _Key, operation: Operation) -> None:
        streams: list[tuple[object, Direction]] = []
        attempt: Callable[[], object] = partial(self._attempt, operation)
        match operation:
            case WriteStream() if getattr(operation.sink, "takes_some", False) is True:
                streams = [(operation.sink, "write")]
                attempt = GradualWrite(operation).attempt
            case WriteStream():
                call = partial(write_all, operation.sink, operation.data, flush=operation.flush)
                self._call_on_thread(key, operation.sink, call)
                return
            case ReadStream():
                streams = [(operation.source, "read")]
            case Sleep():
                pass
            case AwaitNotification(waiter):
                waiter.when_notified(lambda: self._post(partial(self._try, key)))
            case Readable() | Writable() | Poll():
                streams = _streams(operation)
            case _:
                message = f"nobody here performs {type(operation).__name__}"
                self._tell(key, None, OperationError(message))
                return
        waiting = _Waiting(attempt, wake_ns(operation))
        self._waiting[key] = waiting
        watched = self._watch(key, waiting, streams)
        if isinstance(operation, ReadStream) and not watched:
            del self._waiting[key]
            call_read = partial(operation.source.read, operation.max_bytes)
            self._call_on_thread(key, operation.source, call_read)
            return
        if not watched:
            waiting.look_seconds = _FIRST_LOOK_SECONDS
        self._set_timer(key, waiting)
        # What tells by itself may have done so just before it was watched.
        self._try(key)

    def _watch(self, key: _Key, waiting: _Waiting, streams: list[tuple[object, Direction]]) -> bool:
        """Let the loop watch the streams; whether it can watch them all."""
        assert self._readiness is not None, "there is one as soon as there is a loop"
        watched = True
        for stream, direction in streams:
            try:
                watch = self._readiness.watch(stream, direction, partial(self._try, key))
            except OSError:
                watched = False
            else:
                waiting.watches.append(watch)
        return watched

    def _set_timer(self, key: _Key, waiting: _Waiting) -> None:
        delays: list[float] = []
        if waiting.deadline_ns is not None:
            left_ns = waiting.deadline_ns - self._clock.now_ns()
            delays.append(min(max(0.0, left_ns / _NANOSECONDS), _LONGEST_TIMER_SECONDS))
        if waiting.look_seconds is not None:
            delays.append(waiting.look_seconds)
            waiting.look_seconds = min(waiting.look_seconds * 2, _SLOWEST_LOOK_SECONDS)
        if delays:
            loop = asyncio.get_running_loop()
            waiting.timer = loop.call_later(min(delays), self._on_timer, key)

    def _on_timer(self, key: _Key) -> None:
        self._try(key)
        waiting = self._waiting.get(key)
        if waiting is not None:
            self._set_timer(key, waiting)

    def _try(self, key: _Key) -> None:
        """Something happened that may let a waiting operation go on."""
        waiting = self._waiting.get(key)
        if waiting is None:
            return
        result, error = outcome(waiting.attempt)
        if result is NOT_YET:
            return
        self._stop_waiting(key)
        self._tell(key, result, error)

    def _call_on_thread(self, key: _Key, lane: object, call: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()

        def done(result: object, error: Exception | None) -> None:
            # The loop is closed if the program ended during the call.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._finish_job, key, job, result, error)

        job = Job(lane, call, done)
        self._jobs[key] = job
        self._lanes.submit(job)

    def _finish_job(self, key: _Key, job: Job, result: object, error: Exception | None) -> None:
        if self._jobs.get(key) is job:
            del self._jobs[key]
            self._tell(key, result, error)

    async def _await(self, key: _Key, performer: _Performer, operation: Operation) -> None:
        error: Exception | None = None
        result: object = None
        try:
            result = await performer(operation)
        except (OSError, WasmError) as failure:
            error = failure
        except Exception as failure:  # noqa: BLE001 - a fault of the performer ends only its asker
            error = as_process_error(failure)
        self._coroutines.pop(key, None)
        self._tell(key, result, error)

    def _stop_waiting(self, key: _Key) -> None:
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            if waiting.timer is not None:
                waiting.timer.cancel()
            assert self._readiness is not None, "there is one as soon as there is a loop"
            for watch in waiting.watches:
                self._readiness.forget(watch)

    def _forget(self, key: _Key) -> None:
        self._stop_waiting(key)
        self._answers.pop(key, None)
        job = self._jobs.pop(key, None)
        if job is not None:
            self._lanes.withdraw(job)
        coroutine = self._coroutines.pop(key, None)
        if coroutine is not None:
            coroutine.cancel()

    def _set_alarm(self, when_ns: int | None) -> None:
        if self._alarm_timer is not None:
            self._alarm_timer.cancel()
            self._alarm_timer = None
        if when_ns is not None:
            left = max(0, when_ns - self._clock.now_ns()) / _NANOSECONDS
            loop = asyncio.get_running_loop()
            delay = min(left, _LONGEST_TIMER_SECONDS)
            self._alarm_timer = loop.call_later(delay, self._alarm)


def _streams(operation: Readable | Writable | Poll) -> list[tuple[object, Direction]]:
    """The streams that an operation waits for."""
    waits = operation.waits if isinstance(operation, Poll) else (operation,)
    streams: list[tuple[object, Direction]] = []
    for wait in waits:
        if isinstance(wait, Readable):
            streams.append((wait.source, "read"))
        elif isinstance(wait, Writable):
            streams.append((wait.sink, "write"))
    return streams
