"""Services: what an application keeps running, made of its entries and put under supervision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pywasm_rt.app.figures import Figures
from pywasm_rt.app.spans import Spans
from pywasm_rt.process.pid import PID
from pywasm_rt.wasi.capabilities.clocks import MonotonicClock

if TYPE_CHECKING:
    from pywasm_rt.app.application import Application
    from pywasm_rt.app.deployment import Deployment

__all__ = ["ServiceContext"]


@dataclass(slots=True)
class ServiceContext:
    """What a service sees of its application while it runs.

    ``listeners`` are called when entries have changed, from whatever thread. ``addresses`` are
    where services listen, by entry ID, while they do. ``figures`` are for counting,
    ``pids`` the processes that services ran last, ``spans`` who makes spans.
    """

    deployment: Deployment
    clock: MonotonicClock
    listeners: list[Callable[[], object]] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    pids: dict[str, PID] = field(default_factory=dict)
    spans: Spans | None = None

    @property
    def application(self) -> Application:
        """The entries as they are now."""
        return self.deployment.application
