"""``process.service`` and ``process.supervisor``: processes that are kept running."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pywasm_rt.app.kinds.configuration import Configuration, Count, Reference, fault
from pywasm_rt.app.kinds.lifecycle import Duration, Lifecycle, duration_ns
from pywasm_rt.app.yaml_source import PathStep
from pywasm_rt.process.lifecycle import RestartWhen, Strategy

__all__ = ["ProcessService", "ProcessSupervisor", "SupervisorLifecycle"]

RESERVED_HOST = "node:control"


def _host(value: str) -> str:
    if value == RESERVED_HOST:
        raise fault(f"invalid host: {RESERVED_HOST}", "name a process.host")
    return value


class ProcessService(Configuration):
    """``process.service``: ``process`` runs on ``host`` with the arguments ``input``.

    ``register_as`` is a name under which each run can be sent to. ``restart`` says after which ends
    it is started again: ``transient`` only after a failure, ``permanent`` after any, ``temporary``
    never.
    """

    process: Reference
    host: Annotated[Reference, AfterValidator(_host)]
    input: list[object] = Field(default_factory=list)
    register_as: str = ""
    restart: Literal["transient", "permanent", "temporary"] = "transient"
    lifecycle: Lifecycle = Field(default_factory=Lifecycle)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """The process, its host, and what must have started before."""
        yield ("process",), self.process
        yield ("host",), self.host
        yield from self.lifecycle.references()

    @property
    def restart_when(self) -> RestartWhen:
        """After which ends it is started again."""
        return RestartWhen(self.restart)


class SupervisorLifecycle(Lifecycle):
    """A supervisor starts with the application unless it is said otherwise."""

    auto_start: bool = True


class ProcessSupervisor(Configuration):
    """``process.supervisor``: ``children`` are services and supervisors, in the order in which they
    start. What is started again when one of them fails is up to the ``strategy``; more than
    ``intensity`` restarts within ``period`` are too many, and the supervisor fails itself.
    """

    children: list[Reference] = Field(min_length=1)
    strategy: Literal["one_for_one", "one_for_all", "rest_for_one"] = "one_for_one"
    intensity: Count = 1
    period: Duration = "5s"
    lifecycle: SupervisorLifecycle = Field(default_factory=SupervisorLifecycle)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """The children, and what must have started before."""
        for index, child in enumerate(self.children):
            yield ("children", index), child
        yield from self.lifecycle.references()

    @property
    def strategy_value(self) -> Strategy:
        """The strategy as who supervises knows it."""
        return Strategy(self.strategy)

    @property
    def period_ns(self) -> int:
        """The period in nanoseconds."""
        return duration_ns(self.period) or 0
