"""A Lua script as a process.

The script is a coroutine. Where it waits it has asked for operations, which are yielded to the
scheduler; when the outcomes come it goes on. Its operations have the tags that the prelude gave
them; output is written under negative ones, one write at a time, and is all out before the process
ends.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence

from pywasm_rt.app.spawning import CONTEXT, context_of
from pywasm_rt.errors import (
    ExhaustionError,
    LineColumn,
    ProcessError,
    ProcessErrorKind,
)
from pywasm_rt.lua.requests import operation_for
from pywasm_rt.lua.source import LuaSource
from pywasm_rt.lua.state import (
    MODULES,
    Bridge,
    LuaLimits,
    LuaState,
    ScriptOptions,
    memory_error,
)
from pywasm_rt.lua.wire import decode, encode
from pywasm_rt.operations import ByteSink, Operation, WriteStream
from pywasm_rt.process.failure import as_process_error, located
from pywasm_rt.process.interface import (
    Continue,
    Done,
    Failed,
    OperationCompleted,
    OperationFailed,
    ProcessContext,
    ProcessEvent,
    Step,
    Usage,
    Yield,
)
from pywasm_rt.process.operations import Reschedule
from pywasm_rt.wasi.capabilities.clocks import SystemMonotonicClock
from pywasm_rt.wasi.capabilities.stdio import FileObjectSink

__all__ = ["LuaProcess"]

_SPENT, _DONE, _FAILED, _STOPPED = 1, 2, 3, 4
_MUCH_OUTPUT_BYTES = 65_536
# The countdown of the checkpoints: its first value, its bounds, and what it is adapted to.
_FIRST_COUNTDOWN, _LEAST_COUNTDOWN, _MOST_COUNTDOWN = 1_000, 16, 20_000
_TICK_NS = 500_000


class LuaProcess:
    """Runs ``source``: its text, or text with a name and place.

    With an empty ``method`` the chunk is the body: it gets the arguments as ``...`` and what it
    returns is the result. With a method, the chunk defines: the function of that name in the table
    that it returns (or among the globals it has set) is called with the arguments. Returning
    ``nil, error`` is failing.

    ``modules`` are those of :data:`~pywasm_rt.lua.state.MODULES` that it may use, ``libraries``
    other chunks, by the names that it may require them under. It prints to ``stdout``, or to the
    sink that is called ``"stdout"`` in its context's values, or to Python's own standard output;
    the processes that it starts inherit the sink.
    """

    def __init__(
        self,
        source: LuaSource | str,
        *,
        modules: Sequence[str] = MODULES,
        libraries: Mapping[str, LuaSource] | None = None,
        limits: LuaLimits | None = None,
        stdout: ByteSink | None = None,
    ) -> None:
        self._source = LuaSource(source) if isinstance(source, str) else source
        self._modules = tuple(modules)
        self._libraries = dict(libraries or {})
        self._limits = limits if limits is not None else LuaLimits()
        self._stdout = stdout
        self._context: ProcessContext | None = None
        self._state: LuaState | None = None
        self._arguments: bytes | None = None
        self._inbound = b""
        self._may_go_on = True
        self._outcomes: list[tuple[int, bool, object]] = []
        self._final: Done | Failed | None = None
        self._output = bytearray()
        self._printed_bytes = 0
        self._own_tag = 0
        self._write_tag: int | None = None
        self._flush_tags: list[int] = []
        self._is_real = False
        self._countdown = _FIRST_COUNTDOWN
        self._ticked_ns = 0
        self._left = 0
        self._steps = 0
        self._memory_bytes = 0
        self._interrupted = False
        self._stopped = False
        self._exceeded: ExhaustionError | None = None

    def init(self, context: ProcessContext, method: str, arguments: Sequence[object]) -> None:
        """Compile the script.

        Raises ParseError, or ProcessError for an unknown module or for an argument that has no
        form in Lua.
        """
        for name in self._modules:
            if name not in MODULES:
                message = f"unknown module {name}; there are: {', '.join(MODULES)}"
                raise ProcessError(message, ProcessErrorKind.NOT_FOUND)
        self._context = context
        self._arguments = encode(list(arguments))
        if self._stdout is None:
            given = context.values.get("stdout")
            self._stdout = given if isinstance(given, ByteSink) else FileObjectSink(sys.stdout)
        # A virtual clock has a date too, so that a script's run is the same every time.
        self._is_real = isinstance(context.clock, SystemMonotonicClock)
        unix = time.time_ns if self._is_real else context.clock.now_ns
        bridge = Bridge(self._tick, self._fetch, self._print, context.clock.now_ns, unix)
        pid, entry_id = str(context.pid), context.entry_id
        options = ScriptOptions(
            self._source,
            method,
            pid,
            entry_id,
            self._modules,
            self._libraries,
            context_of(context.values),
        )
        self._state = LuaState(options, bridge, self._limits)

    def step(self, events: Sequence[ProcessEvent], budget: int) -> Step:
        """Let the script run until it waits or ends, or has taken about ``budget`` steps
        (iterations and calls).
        """
        self._left = budget
        self._ticked_ns = time.perf_counter_ns()
        for event in events:
            self._take_event(event)
        if self._stopped:
            return Failed(located(ProcessError("process terminated"), self.whereabouts()))
        operations: list[tuple[int, Operation]] = []
        while self._final is None and (self._outcomes or self._may_go_on):
            if self._run(operations) == _STOPPED:
                # Whoever interrupted it has a better reason than we know.
                return Continue()
            if self._may_go_on:
                self._own_tag -= 1
                operations.append((self._own_tag, Reschedule()))
                break
        self._start_writing(operations)
        if self._final is not None and self._write_tag is None:
            return self._final
        return Yield(tuple(operations))

    def close(self) -> None:
        """Free the Lua state."""
        state, self._state = self._state, None
        if state is not None:
            state.close()

    def interrupt(self) -> None:
        """Stop the script where it is, for good; from any thread."""
        self._interrupted = True

    def usage(self) -> Usage:
        """The steps that the script has taken, and its memory when it ran last."""
        return Usage(self._steps, self._memory_bytes)

    def whereabouts(self) -> list[LineColumn]:
        """Files and lines, innermost first."""
        if self._state is None:
            return []
        return [LineColumn(line, 1, name) for name, line in self._state.whereabouts()]

    # Running.

    def _run(self, operations: list[tuple[int, Operation]]) -> int:
        """Let the script run once, from where it waits to where it waits again; what it said."""
        if self._state is None:
            raise ProcessError("a step before init or after the end")
        self._inbound = self._next_inbound()
        self._may_go_on = False
        try:
            code, data = self._state.resume()
            self._memory_bytes = self._state.memory_bytes
            self._take_answer(code, data, operations)
        except ProcessError as error:
            self._final = Failed(error)
            return _FAILED
        return code

    def _take_answer(self, code: int, data: bytes, operations: list[tuple[int, Operation]]) -> None:
        if self._exceeded is not None:
            error = located(as_process_error(self._exceeded), self.whereabouts())
            self._final = Failed(error)
        elif code == _STOPPED:
            self._stopped = True
        elif code == _DONE:
            self._final = Done(decode(data))
        elif code == _FAILED:
            error = decode(data)
            out_of_memory = "not enough memory" in error.message
            self._final = Failed(memory_error(self._limits) if out_of_memory else error)
        else:
            self._may_go_on = code == _SPENT
            for tag, kind, arguments in decode(data):
                self._take_request(tag, kind, arguments, operations)

    def _take_request(
        self, tag: int, kind: str, arguments: list[object], operations: list[tuple[int, Operation]]
    ) -> None:
        if kind == "flush":
            if self._output or self._write_tag is not None:
                self._flush_tags.append(tag)
            else:
                self._outcomes.append((tag, True, None))
            return
        assert self._context is not None, "init comes first"
        values = {"stdout": self._stdout, CONTEXT: context_of(self._context.values)}
        try:
            operation = operation_for(kind, arguments, self._context.clock.now_ns(), values)
        except ProcessError as error:
            self._outcomes.append((tag, False, error))
        else:
            operations.append((tag, operation))

    def _next_inbound(self) -> bytes:
        """The arguments the first time, and then what came of operations."""
        if self._arguments is not None:
            arguments, self._arguments = self._arguments, None
            return arguments
        outcomes, self._outcomes = self._outcomes, []
        try:
            return encode(outcomes)
        except ProcessError:
            return encode([_with_form_in_lua(*outcome) for outcome in outcomes])

    def _take_event(self, event: ProcessEvent) -> None:
        match event:
            case OperationCompleted() if event.tag > 0:
                self._outcomes.append((event.tag, True, event.result))
            case OperationFailed() if event.tag > 0:
                self._outcomes.append((event.tag, False, as_process_error(event.error)))
            case OperationCompleted() | OperationFailed() if event.tag == self._write_tag:
                self._write_tag = None
                if isinstance(event, OperationFailed):
                    self._output.clear()
                    self._final = Failed(as_process_error(event.error))

    # Output.

    def _start_writing(self, operations: list[tuple[int, Operation]]) -> None:
        """Write what was printed, unless a write is still going on."""
        if self._write_tag is not None:
            return
        if not self._output:
            self._outcomes += [(tag, True, None) for tag in self._flush_tags]
            if self._flush_tags:
                self._flush_tags.clear()
                self._own_tag -= 1
                operations.append((self._own_tag, Reschedule()))
            return
        assert self._stdout is not None, "init chooses one"
        self._own_tag -= 1
        self._write_tag = self._own_tag
        write = WriteStream(self._stdout, bytes(self._output), flush=True)
        self._output.clear()
        operations.append((self._write_tag, write))

    # What the prelude calls; on the thread of the step.

    def _tick(self, steps: int) -> int:
        self._steps += steps
        self._left -= steps
        limit = self._limits.steps
        if limit is not None and self._steps > limit and self._exceeded is None:
            message = f"step limit of {limit} exceeded"
            self._exceeded = ExhaustionError("fuel", message, limit)
        if self._interrupted or self._exceeded is not None:
            return 0
        if self._is_real:
            self._adapt_countdown(steps)
        return self._countdown if self._left > 0 else -self._countdown

    def _adapt_countdown(self, steps: int) -> None:
        """Steps differ widely in what they take; interrupts are to be noticed soon all the same."""
        now_ns = time.perf_counter_ns()
        elapsed_ns = max(1, now_ns - self._ticked_ns)
        self._ticked_ns = now_ns
        wanted = min(steps * _TICK_NS // elapsed_ns, 4 * self._countdown, _MOST_COUNTDOWN)
        self._countdown = max(wanted, _LEAST_COUNTDOWN)

    def _fetch(self) -> bytes:
        return self._inbound

    def _print(self, line: bytes) -> bool:
        self._printed_bytes += len(line)
        limit = self._limits.output_bytes
        if limit is not None and self._printed_bytes > limit:
            if self._exceeded is None:
                message = f"output limit of {limit} bytes exceeded"
                self._exceeded = ExhaustionError("output", message, limit)
            return True
        self._output += line
        return len(self._output) > _MUCH_OUTPUT_BYTES


def _with_form_in_lua(tag: int, ok: bool, value: object) -> tuple[int, bool, object]:
    """An outcome, or the reason why it cannot be told in Lua."""
    try:
        encode(value)
    except ProcessError as error:
        return tag, False, error
    return tag, ok, value
