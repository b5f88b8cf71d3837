"""How services are kept alive: what a ``lifecycle`` block and a supervisor's settings say, as data.

Nothing in here happens by itself; :mod:`pywasm_rt.process.supervision` does what it says. All
durations are nanoseconds.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from pywasm_rt.errors import ProcessError
from pywasm_rt.process.interface import ExitResult

__all__ = [
    "LifecyclePolicy",
    "RestartPolicy",
    "RestartWhen",
    "ServiceInformation",
    "ServiceSpec",
    "ServiceState",
    "Strategy",
    "SupervisorSpec",
]

_SECOND = 1_000_000_000


class RestartWhen(enum.StrEnum):
    """After which ends a service is started again (OTP's restart types).

    ``transient`` only after a failure, ``permanent`` after any end, ``temporary`` never.
    """

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    TEMPORARY = "temporary"


class Strategy(enum.StrEnum):
    """Which children of a supervisor are started again when one has failed (as in OTP).

    ``one_for_one`` that one, ``one_for_all`` all, ``rest_for_one`` it and those after it.
    """

    ONE_FOR_ONE = "one_for_one"
    ONE_FOR_ALL = "one_for_all"
    REST_FOR_ONE = "rest_for_one"


class ServiceState(enum.StrEnum):
    """Where a service is in its life.

    ``waiting`` for what it requires, ``restarting`` after its backoff; ``exited`` means that it
    ended by itself and well, ``failed`` that nobody will start it again.
    """

    UNKNOWN = "unknown"
    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    EXITED = "exited"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How long to wait before each start after a failure, and how often to try.

    The wait before attempt n is ``initial_delay_ns * backoff_factor ** (n - 1)``, at most
    ``max_delay_ns``, more or less by the fraction ``jitter``. ``max_attempts`` 0 is no limit.
    """

    initial_delay_ns: int = _SECOND
    max_delay_ns: int = 90 * _SECOND
    backoff_factor: float = 2.0
    jitter: float = 0.1
    max_attempts: int = 0

    def delay_ns(self, attempt: int, random: float = 0.5) -> int:
        """The wait before the ``attempt``-th start (from 1); ``random`` is from 0 to 1."""
        try:
            grown = self.initial_delay_ns * self.backoff_factor ** (attempt - 1)
        except OverflowError:
            grown = float(self.max_delay_ns)
        base = min(grown, float(self.max_delay_ns))
        jittered = base * (1 + self.jitter * (2 * random - 1))
        return max(0, min(round(jittered), self.max_delay_ns))


@dataclass(frozen=True, slots=True)
class LifecyclePolicy:
    """A ``lifecycle`` block.

    ``required`` says that the failure of its first start is a failure of the whole start.
    ``requires`` are services that must run before it starts, and that stop after it. A run of at
    least ``stable_threshold_ns`` sets the count of attempts back.
    """

    required: bool = True
    auto_start: bool = False
    start_timeout_ns: int = 10 * _SECOND
    stop_timeout_ns: int = 10 * _SECOND
    stable_threshold_ns: int = 5 * _SECOND
    requires: tuple[str, ...] = ()
    restart: RestartPolicy = field(default_factory=RestartPolicy)


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service; what it is made of is known to whoever starts it (see ``ServiceRunner``)."""

    id: str
    lifecycle: LifecyclePolicy = field(default_factory=LifecyclePolicy)
    restart_when: RestartWhen = RestartWhen.TRANSIENT


@dataclass(frozen=True, slots=True)
class SupervisorSpec:
    """A supervisor: ``children`` are IDs of services and supervisors, in the order of their start.

    More than ``intensity`` restarts within ``period_ns`` are too many: it stops its children and
    fails itself, which is for its own supervisor to deal with, or its ``lifecycle`` if it has none.
    """

    id: str
    children: tuple[str, ...]
    strategy: Strategy = Strategy.ONE_FOR_ONE
    intensity: int = 1
    period_ns: int = 5 * _SECOND
    lifecycle: LifecyclePolicy = field(default_factory=LifecyclePolicy)
    restart_when: RestartWhen = RestartWhen.PERMANENT


@dataclass(frozen=True, slots=True)
class ServiceInformation:
    """A service as a person or a tool sees it.

    ``since_ns`` is when it came into its state, ``restarts`` counts all of its restarts,
    ``attempts`` those since it last was stable. ``error`` is why it failed last, ``result`` how it
    ended last.
    """

    id: str
    state: ServiceState
    since_ns: int
    restarts: int
    attempts: int
    supervisor: str | None
    strategy: Strategy | None
    requires: tuple[str, ...]
    error: ProcessError | None = None
    result: ExitResult | None = None
    restart_at_ns: int | None = None
