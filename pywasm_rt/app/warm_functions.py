"""The warm instances of an application's functions, by entry, from one state of it to the next."""

from __future__ import annotations

from pywasm_rt.app.entry import Entry
from pywasm_rt.app.kinds import FunctionConfiguration
from pywasm_rt.app.linking import can_be_kept
from pywasm_rt.app.program import Program
from pywasm_rt.app.warm_instances import IDLE_NS, WarmInstances, WarmPolicy
from pywasm_rt.engine.interface import Limits

__all__ = ["WarmFunctions"]

DEFAULT_RETAINED_BYTES = 64 << 20


class WarmFunctions:
    """Which instances each function keeps. A change of entries begins with a new one of these, and
    takes over the ``former`` instances of functions for which nothing has changed.
    """

    def __init__(self, former: WarmFunctions | None = None) -> None:
        self._former = former
        self._found: dict[str, tuple[object, WarmInstances]] = {}
        self._fresh: set[str] = set()

    def keep(self, entry: Entry, program: Program, limits: Limits) -> WarmInstances | None:
        """The instances of an entry; None if it keeps none."""
        config = entry.config
        if not isinstance(config, FunctionConfiguration) or not can_be_kept(program):
            return None
        plan, retained = config.pool.plan(), entry.limits.max_retained_memory_bytes
        policy = WarmPolicy(
            plan.kept,
            IDLE_NS if plan.type in {"lazy", "adaptive"} else None,
            DEFAULT_RETAINED_BYTES if retained is None else retained or None,
        )
        made_of = (
            program.digest,
            program.method,
            program.type,
            program.granted,
            limits,
            policy,
            config.wasi,
        )
        former = None if self._former is None else self._former.made(entry.id)
        if former is None or former[0] != made_of:
            former = made_of, WarmInstances(policy)
            self._fresh.add(entry.id)
        self._found[entry.id] = former
        return former[1]

    def made(self, entry_id: str) -> tuple[object, WarmInstances] | None:
        """What the instances of a function are made of, and those that there are."""
        return self._found.get(entry_id)

    def of(self, entry_id: str) -> WarmInstances | None:
        """Those of a function; None if it keeps none."""
        found = self._found.get(entry_id)
        return None if found is None else found[1]

    def is_fresh(self, entry_id: str) -> bool:
        """Whether those of a function are others than before."""
        return entry_id in self._fresh

    def settle(self) -> None:
        """The change is made: let go of what was before."""
        self._former = None
