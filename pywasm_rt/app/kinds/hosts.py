"""Where processes run: ``process.host`` and ``terminal.host``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from pywasm_rt.app.kinds.configuration import Configuration, fault
from pywasm_rt.app.kinds.lifecycle import Lifecycle
from pywasm_rt.app.kinds.limits import LimitSettings, Mailbox
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["HostSettings", "ProcessHost", "TerminalHost"]


def _zero_or_more(value: int) -> int:
    if value < 0:
        raise fault("{name} must be greater than 0", "leave it out or write 0 for the default")
    if value > 1 << 20:
        raise fault("{name} must be at most 1048576")
    return value


Amount = Annotated[int, AfterValidator(_zero_or_more)]


class HostSettings(Configuration):
    """The ``host`` block; 0 stands for the default. ``max_processes`` is how many may live."""

    workers: Amount = 0
    queue_size: Amount = 0
    local_queue_size: Amount = 0
    max_processes: Amount = 0
    worker_class: str = ""


class _Host(Configuration):
    """What both hosts have; ``limits`` and ``mailbox`` are for entries that say nothing of that."""

    limits: LimitSettings | None = None
    mailbox: Mailbox | None = None
    lifecycle: Lifecycle = Field(default_factory=Lifecycle)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """What must have started before."""
        yield from self.lifecycle.references()


class ProcessHost(_Host):
    """``process.host``: workers that run spawned processes."""

    host: HostSettings = Field(default_factory=HostSettings)


class TerminalHost(_Host):
    """``terminal.host``: one worker, for commands that use the terminal."""

    hide_logs: bool = False
