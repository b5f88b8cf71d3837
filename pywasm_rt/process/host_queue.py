"""A host, or a pool of places on one, as the scheduler sees it: who is next, who may live there.

A pool is a host without workers of its own: its processes are queued with those of the host that
it is on. It has a number of places, which may grow and shrink with what is asked of it; who finds
none free waits for one, first come, first served.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.elastic_places import ElasticPlaces
from pywasm_rt.process.task import Task
from pywasm_rt.process.work import Birth, Closing

__all__ = ["HostQueue", "PoolSettings", "no_place_in_time", "pool_closed"]

_PROMPT_IN_ROW = 8
_MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """``places`` processes live at a time, ``queue_length`` may wait for a place (None: any
    number), each at most ``max_wait_ns`` (None: for ever). With ``least_places`` the pool begins
    with so many and has up to ``places`` while calls wait (see ``elastic_places``).

    What the pool keeps for calls that do not come is given up by ``trim``, first asked ``idle_ns``
    after a call: it is told what time it is and says when to ask again (None: not until after the
    next call).
    """

    places: int = 1
    queue_length: int | None = None
    max_wait_ns: int | None = None
    least_places: int | None = None
    idle_ns: int | None = None
    trim: Callable[[int], int | None] | None = None


class HostQueue:
    """The queues of a host, and how many processes may live there.

    ``worker_id`` is the host whose workers do the work. ``settings`` are there for a pool only;
    ``waiting`` are those that wait for a place in it. ``is_growing`` says that somebody looks after
    a while whether they still do.
    """

    __slots__ = (
        "_elastic",
        "_prompt_in_row",
        "busy",
        "id",
        "is_closed",
        "is_growing",
        "living",
        "max_processes",
        "prompt",
        "settings",
        "waiting",
        "worker_id",
    )

    def __init__(self, id: str, max_processes: int | None = None) -> None:
        self.id = id
        self.worker_id = id
        self.prompt: deque[Task | Birth | Closing] = deque()
        self.busy: deque[Task] = deque()
        self.max_processes = max_processes
        self.settings: PoolSettings | None = None
        self.waiting: deque[Birth] = deque()
        self.is_closed = False
        self.is_growing = False
        self.living = 0
        self._elastic: ElasticPlaces | None = None
        self._prompt_in_row = 0

    def pool(self, id: str, settings: PoolSettings) -> HostQueue:
        """A pool whose processes run here."""
        pool = HostQueue(id)
        pool.worker_id = self.worker_id
        pool.prompt, pool.busy = self.prompt, self.busy
        pool.settle(settings, 0)
        return pool

    def settle(self, settings: PoolSettings, now_ns: int) -> None:
        """Have these settings from now on."""
        self.settings = settings
        self.is_closed = False
        least = settings.least_places
        self._elastic = None if least is None else ElasticPlaces(least, settings.places)
        if self._elastic is not None:
            self._elastic.use(self.living, now_ns)

    def places(self, now_ns: int) -> int | None:
        """How many may live here at a time; None for any number."""
        if self._elastic is not None:
            self._elastic.shrink(now_ns)
            return self._elastic.count
        return self.max_processes if self.settings is None else self.settings.places

    @property
    def wants_more(self) -> bool:
        """Whether there would be more places if those who wait had waited long enough."""
        return self._elastic is not None and bool(self.waiting) and self._elastic.may_grow

    def grow(self, now_ns: int) -> None:
        """Those who wait have waited long enough for more places."""
        if self._elastic is not None and self.waiting:
            self._elastic.grow(now_ns)

    def __len__(self) -> int:
        return len(self.prompt) + len(self.busy)

    def pop(self) -> Task | Birth | Closing:
        """Take out the next. There must be one."""
        if self.prompt and (not self.busy or self._prompt_in_row < _PROMPT_IN_ROW):
            self._prompt_in_row += 1
            return self.prompt.popleft()
        self._prompt_in_row = 0
        return self.busy.popleft()

    def check_room(self, now_ns: int) -> None:
        """Raise ProcessError (RateLimited, retryable) if nobody more may live, or wait, here."""
        if self.is_closed:
            raise pool_closed(self.id)
        limit = self.max_processes
        if limit is not None and self.living >= limit:
            message = f"max processes limit exceeded: {limit} on {self.id}"
            raise ProcessError(message, ProcessErrorKind.RATE_LIMITED, retryable=True, limit=limit)
        settings = self.settings
        if settings is None or settings.queue_length is None or self._has_place(now_ns):
            return
        if len(self.waiting) >= settings.queue_length:
            message = f"queue of pool {self.id} is full: {settings.queue_length} calls wait"
            raise ProcessError(
                message, ProcessErrorKind.RATE_LIMITED, retryable=True, limit=settings.queue_length
            )

    def take_place(self, birth: Birth, now_ns: int) -> bool:
        """Give a place to who is to be born; False if it has to wait for one from now on."""
        if self.settings is not None and not self._has_place(now_ns):
            self.waiting.append(birth)
            return False
        self._live(1, now_ns)
        return True

    def leave_place(self, now_ns: int) -> None:
        """Somebody lives here no longer."""
        self._live(-1, now_ns)

    def admit(self, now_ns: int) -> Birth | None:
        """Give a free place, if there is one, to who has waited longest."""
        if not self.waiting or not self._has_place(now_ns):
            return None
        self._live(1, now_ns)
        return self.waiting.popleft()

    def _has_place(self, now_ns: int) -> bool:
        places = self.places(now_ns)
        return places is None or self.living < places

    def _live(self, more: int, now_ns: int) -> None:
        self.living += more
        if self._elastic is not None:
            self._elastic.use(self.living, now_ns)

    def forget(self, task: Task) -> None:
        """A task waits no longer."""
        self.waiting = deque(birth for birth in self.waiting if birth.task is not task)


def no_place_in_time(pool: HostQueue) -> ProcessError:
    """What somebody is told who has waited too long."""
    assert pool.settings is not None, "only pools let wait"
    waited_ms = (pool.settings.max_wait_ns or 0) // _MILLISECOND
    return ProcessError(
        f"no place in pool {pool.id} within {waited_ms} ms ({pool.living} in use)",
        ProcessErrorKind.TIMEOUT,
        retryable=True,
        limit_ms=waited_ms,
    )


def pool_closed(pool_id: str) -> ProcessError:
    """What somebody is told whose pool has gone."""
    return ProcessError(f"pool closed: {pool_id}", ProcessErrorKind.UNAVAILABLE, host_id=pool_id)
