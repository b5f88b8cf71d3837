"""What a scheduler wants done by whoever drives it: the calls into foreign code.

A scheduler hands out one piece of work at a time (``take``); a worker thread, or a plain loop,
performs it, without holding any lock, and hands it back (``finish``). What goes wrong in foreign
code is kept in the work; ``perform`` never raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pywasm_rt.errors import ProcessError
from pywasm_rt.process.failure import as_process_error, located
from pywasm_rt.process.interface import (
    Continue,
    Done,
    Failed,
    Locatable,
    Process,
    ProcessContext,
    ProcessDefinition,
    ProcessEvent,
    Step,
)
from pywasm_rt.process.task import ProcessState, Task

__all__ = ["Birth", "Closing", "Turn", "Work"]


@dataclass(eq=False, slots=True)
class Birth:
    """Make a process and hand it its arguments; it takes the place of ``replaces``, if given.

    Afterwards either ``process`` or ``error`` is there.
    """

    task: Task
    context: ProcessContext
    definition: ProcessDefinition
    method: str
    arguments: Sequence[object]
    replaces: Process | None = None
    process: Process | None = None
    error: ProcessError | None = None

    def is_queued(self) -> bool:
        """Whether it waits for a place in a pool; then it is for a worker to perform, and what
        comes of it is how the process ended.
        """
        if self.task.state is not ProcessState.QUEUED:
            return False
        self.task.executed = True
        return True

    def perform(self) -> None:
        """Call ``create`` and ``init``."""
        process: Process | None = None
        try:
            process = self.definition.create(self.context)
            process.init(self.context, self.method, self.arguments)
        except Exception as error:  # noqa: BLE001 - foreign code: its fault is the spawn's error
            self.error = as_process_error(error)
            if process is not None:
                _close(process)
        else:
            self.process = process
        if self.replaces is not None:
            self.error = _close(self.replaces) or self.error


@dataclass(eq=False, slots=True)
class Turn:
    """Let a process do a step; one that has ended is closed at once, before anybody is told."""

    task: Task
    process: Process
    events: Sequence[ProcessEvent]
    budget: int
    step: Step = field(default_factory=Continue)

    def perform(self) -> None:
        """Call ``step``, and ``close`` after the last one."""
        try:
            self.step = self.process.step(self.events, self.budget)
        except Exception as error:  # noqa: BLE001 - foreign code: its fault ends only its process
            self.step = Failed(as_process_error(error))
        if isinstance(self.step, Done | Failed):
            error_in_close = _close(self.process)
            if error_in_close is not None and isinstance(self.step, Done):
                self.step = Failed(error_in_close)


@dataclass(eq=False, slots=True)
class Closing:
    """Close a process that is stopped from outside; ``error`` then says where it was, too."""

    task: Task
    process: Process
    error: ProcessError
    waiting_for: str

    def perform(self) -> None:
        """Ask where it is, then call ``close``."""
        if isinstance(self.process, Locatable):
            try:
                locations = self.process.whereabouts()
                self.error = located(self.error, locations, self.waiting_for)
            except Exception as error:  # noqa: BLE001 - foreign code: the reason stays as it was
                self.error.__cause__ = error
        else:
            self.error = located(self.error, (), self.waiting_for)
        _close(self.process)


Work = Birth | Turn | Closing


def _close(process: Process) -> ProcessError | None:
    """Close; the error if that fails."""
    try:
        process.close()
    except Exception as error:  # noqa: BLE001 - foreign code: whoever asked decides what it means
        return as_process_error(error)
    return None
