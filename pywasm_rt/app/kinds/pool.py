"""``pool``: how many calls of a function run at a time, and how many may wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import model_validator

from pywasm_rt.app.kinds.configuration import Configuration, Count, fault

__all__ = ["Pool", "PoolPlan", "PoolType"]

PoolType = Literal["inline", "lazy", "static", "adaptive"]

_TYPES: dict[str, PoolType] = {
    "inline": "inline",
    "lazy": "lazy",
    "static": "static",
    "adaptive": "adaptive",
}
DEFAULT_STATIC_SIZE = 8
DEFAULT_MAX_SIZE = 16
DEFAULT_IMPLICIT_MAX_SIZE = 100
QUEUED_PER_WORKER = 64
DEFAULT_MAX_WAIT_MS = 30_000
MAX_READY = 64


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """What the figures of a ``pool`` come to.

    ``places`` calls run at a time; ``queue_length`` more may wait (None: any number), each at most
    ``max_wait_ms`` (None: for ever). At most ``kept`` instances wait for calls, ``ready_at_start``
    of them from the beginning. An ``adaptive`` one has from ``least_places`` to ``places``.
    """

    type: PoolType
    places: int
    queue_length: int | None = None
    max_wait_ms: int | None = DEFAULT_MAX_WAIT_MS
    kept: int = 1
    ready_at_start: int = 0
    least_places: int | None = None


class Pool(Configuration):
    """``pool`` of a function; on a process it is checked and unused.

    No call sees what another has left: it has an instance of its own, or one that was reset.
    ``inline``: one call at a time. ``static``: ``workers`` or ``size`` calls at a time, with as
    many instances from the beginning (64 at most); ``buffer`` more may wait, others are refused.
    ``lazy``: up to ``max_size`` at a time, any number may wait. ``adaptive``: ``size`` (1) at a
    time, twice as many whenever calls have waited for 10 ms, up to ``max_size``, and half as many
    again after each 10 s in which no more were needed. Of both, instances that had no call for
    30 s are dropped; theirs are made when they are needed, or the first when the application
    starts, with ``warm_start``. ``max_wait_ms`` bounds how long a call waits for its turn (0: for
    ever).
    """

    type: str = ""
    size: int = 0
    workers: int = 0
    buffer: int = 0
    max_size: int = 0
    max_wait_ms: Count = DEFAULT_MAX_WAIT_MS
    warm_start: bool = False
    worker_class: str = ""

    @model_validator(mode="after")
    def _check(self) -> Pool:
        if self.type not in {"", "inline", "lazy", "static", "adaptive"}:
            raise fault("invalid pool type", "inline, lazy, static or adaptive", ("type",))
        for name in ("size", "workers", "buffer", "max_size"):
            if getattr(self, name) < 0:
                raise fault("pool values cannot be negative", "", (name,))
            if getattr(self, name) > 1 << 20:
                raise fault("{field} must be at most 1048576", "", (name,))
        elastic = self.workers == 0 and (self.size == 0 or self.max_size > 0)
        if not elastic and not self.worker_class and self.size <= 0:
            message = "pool.size must be greater than 0 for non-flex pools"
            raise fault(message, "", ("size",))
        return self

    def plan(self) -> PoolPlan:
        """The figures in force; without a ``type`` they say which one is meant."""
        kind = self.type or self._implicit_type()
        queue: int | None = None
        if kind == "inline":
            places = 1
        elif kind == "static":
            places = self.workers or self.size or DEFAULT_STATIC_SIZE
            queue = self.buffer or places * QUEUED_PER_WORKER
        else:
            usual = DEFAULT_MAX_SIZE if self.type else DEFAULT_IMPLICIT_MAX_SIZE
            places = self.max_size or usual
        least = min(self.size or 1, places) if kind == "adaptive" else None
        ready = min(places, MAX_READY) if kind == "static" else 0
        if self.warm_start and not ready:
            ready = least or 1
        wait_ms = self.max_wait_ms or None
        return PoolPlan(_TYPES[kind], places, queue, wait_ms, places, ready, least)

    def _implicit_type(self) -> str:
        if self.workers == 0 and (self.size == 0 or self.max_size > 0):
            return "lazy"
        return "static" if self.workers > 0 else "inline"
