"""The ``lifecycle`` block: read and checked. Supervision by it is not part of this version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pywasm_rt.app.kinds.configuration import Configuration, Count, Reference, fault
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["Duration", "Lifecycle", "Restart"]

_DURATION = re.compile(r"[+]?(?:0|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+")


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise fault(f'not a duration: "{text[:40]}"', 'for example "500ms" or "1m30s"')
    return text


Duration = Annotated[str, AfterValidator(_duration)]
"""A duration as Go writes it: ``500ms``, ``1m30s``."""


class Restart(Configuration):
    """When and how often to start a failed process again."""

    initial_delay: Duration = "1s"
    max_delay: Duration = "90s"
    backoff_factor: float | int = 2.0
    jitter: float | int = 0.1
    max_attempts: Count = 0


class Lifecycle(Configuration):
    """How a service is started, stopped and restarted."""

    startup: Literal["required", "optional"] = "required"
    auto_start: bool = False
    start_timeout: Duration = "10s"
    stop_timeout: Duration = "10s"
    stable_threshold: Duration = "5s"
    requires: list[Reference] = Field(default_factory=list)
    depends_on: list[Reference] = Field(default_factory=list)
    security: dict[str, object] = Field(default_factory=dict)
    restart: Restart = Field(default_factory=Restart)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """What must have started before."""
        for name in ("requires", "depends_on"):
            for index, entry_id in enumerate(getattr(self, name)):
                yield ("lifecycle", name, index), entry_id
