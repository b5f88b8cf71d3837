"""``pool``: how many calls of a function run at a time, and how many may wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import model_validator

from pywasm_rt.app.kinds.configuration import Configuration, Count, fault

__all__ = ["Pool", "PoolPlan", "PoolType"]

PoolType = Literal["inline", "lazy", "static", "adaptive"]

DEFAULT_STATIC_SIZE = 8
DEFAULT_MAX_SIZE = 16
DEFAULT_IMPLICIT_MAX_SIZE = 100
QUEUED_PER_WORKER = 64
DEFAULT_MAX_WAIT_MS = 30_000


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """What the figures of a ``pool`` come to.

    ``places`` calls run at a time; ``queue_length`` more may wait (None: any number), each at most
    ``max_wait_ms`` (None: for ever).
    """

    type: PoolType
    places: int
    queue_length: int | None = None
    max_wait_ms: int | None = DEFAULT_MAX_WAIT_MS


class Pool(Configuration):
    """``pool`` of a function; on a process it is checked and unused.

    Each call has an instance of its own, made of the module that was compiled once: what one call
    leaves in its memory no other sees. ``inline``: one call at a time. ``static``: ``workers`` or
    ``size`` calls at a time; ``buffer`` more may wait, others are refused. ``lazy`` and
    ``adaptive``: up to ``max_size`` at a time, any number may wait. ``max_wait_ms`` bounds how long
    a call waits for its turn (0: for ever).
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
        wait_ms = self.max_wait_ms or None
        match self.type or self._implicit_type():
            case "inline":
                return PoolPlan("inline", 1, None, wait_ms)
            case "static":
                places = self.workers or self.size or DEFAULT_STATIC_SIZE
                return PoolPlan(
                    "static", places, self.buffer or places * QUEUED_PER_WORKER, wait_ms
                )
            case "adaptive":
                return PoolPlan("adaptive", self.max_size or DEFAULT_MAX_SIZE, None, wait_ms)
            case _:
                usual = DEFAULT_MAX_SIZE if self.type else DEFAULT_IMPLICIT_MAX_SIZE
                return PoolPlan("lazy", self.max_size or usual, None, wait_ms)

    def _implicit_type(self) -> str:
        if self.workers == 0 and (self.size == 0 or self.max_size > 0):
            return "lazy"
        return "static" if self.workers > 0 else "inline"
