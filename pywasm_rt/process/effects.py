"""What a scheduler wants of the outside world, as data, in the order it came to want it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pywasm_rt.operations import Operation
from pywasm_rt.process.interface import ExitResult, Process
from pywasm_rt.process.pid import PID

__all__ = ["Effect", "Ended", "Interrupt", "Perform", "Trim", "Withdraw"]


@dataclass(frozen=True, slots=True)
class Perform:
    """Perform an operation and tell ``complete`` or ``fail`` what came of it."""

    pid: PID
    tag: int
    operation: Operation


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Nobody waits any longer for the operation that was to be performed under this tag."""

    pid: PID
    tag: int


@dataclass(frozen=True, slots=True)
class Interrupt:
    """A running process is to come back early, if it can."""

    process: Process


@dataclass(frozen=True, slots=True)
class Ended:
    """A process has ended and is closed. Those of its node that watch it are told already.

    ``begun_ns`` is when its first step was; None if there was none.
    """

    pid: PID
    entry_id: str
    result: ExitResult
    at_ns: int
    begun_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Trim:
    """A pool may have kept things for calls that did not come: call ``trim`` with what time it is,
    and tell ``trim_at`` when the next will be due.
    """

    pool_id: str
    trim: Callable[[int], int | None]


Effect = Perform | Withdraw | Interrupt | Ended | Trim
