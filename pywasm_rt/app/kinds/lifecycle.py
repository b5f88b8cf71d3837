"""The ``lifecycle`` block, and durations."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pywasm_rt.app.kinds.configuration import Configuration, Count, Reference, fault
from pywasm_rt.app.kinds.security import Security
from pywasm_rt.app.yaml_source import PathStep
from pywasm_rt.process.lifecycle import LifecyclePolicy, RestartPolicy

__all__ = ["Duration", "Lifecycle", "Restart", "duration_ns"]

_DURATION = re.compile(r"[+]?(?:0|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+")
_PART = re.compile(r"([0-9]*\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)")
_UNITS_NS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3_600 * 10**9,
}


def duration_ns(text: str) -> int | None:
    """A duration such as ``1m30s`` in nanoseconds; None if it is none."""
    if not _DURATION.fullmatch(text):
        return None
    return sum(
        round(Fraction(number if number[:1] != "." else "0" + number) * _UNITS_NS[unit])
        for number, unit in _PART.findall(text.rstrip("."))
    )


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise fault(f'not a duration: "{text[:40]}"', 'for example "500ms" or "1m30s"')
    return text


Duration = Annotated[str, AfterValidator(_duration)]
"""A duration as Go writes it: ``500ms``, ``1m30s``."""


def _ns(text: str) -> int:
    return duration_ns(text) or 0


def _at_least_one(value: float) -> float:
    if not 1 <= value <= 1_000:
        raise fault("{field} must be from 1 to 1000")
    return value


def _fraction(value: float) -> float:
    if not 0 <= value <= 1:
        raise fault("{field} must be from 0 to 1")
    return value


class Restart(Configuration):
    """When and how often to start a failed service again."""

    initial_delay: Duration = "1s"
    max_delay: Duration = "90s"
    backoff_factor: Annotated[float | int, AfterValidator(_at_least_one)] = 2.0
    jitter: Annotated[float | int, AfterValidator(_fraction)] = 0.1
    max_attempts: Count = 0

    def policy(self) -> RestartPolicy:
        """The same for who supervises."""
        return RestartPolicy(
            initial_delay_ns=_ns(self.initial_delay),
            max_delay_ns=_ns(self.max_delay),
            backoff_factor=float(self.backoff_factor),
            jitter=float(self.jitter),
            max_attempts=self.max_attempts,
        )


class Lifecycle(Configuration):
    """How a service is started, stopped and restarted."""

    startup: Literal["required", "optional"] = "required"
    auto_start: bool = False
    start_timeout: Duration = "10s"
    stop_timeout: Duration = "10s"
    stable_threshold: Duration = "5s"
    requires: list[Reference] = Field(default_factory=list)
    depends_on: list[Reference] = Field(default_factory=list)
    security: Security | None = None
    restart: Restart = Field(default_factory=Restart)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """What must have started before."""
        for name in ("requires", "depends_on"):
            for index, entry_id in enumerate(getattr(self, name)):
                yield ("lifecycle", name, index), entry_id

    def policy(self, services: Collection[str] | None = None) -> LifecyclePolicy:
        """The same for who supervises.

        Of what it requires only what is among ``services`` is waited for: the others are entries
        that are there before any service starts.
        """
        required = dict.fromkeys((*self.requires, *self.depends_on))
        return LifecyclePolicy(
            required=self.startup == "required",
            auto_start=self.auto_start,
            start_timeout_ns=_ns(self.start_timeout),
            stop_timeout_ns=_ns(self.stop_timeout),
            stable_threshold_ns=_ns(self.stable_threshold),
            requires=tuple(it for it in required if services is None or it in services),
            restart=self.restart.policy(),
        )
