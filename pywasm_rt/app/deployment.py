"""An application on a node: its hosts, its processes and functions made known, and kept so when
entries change.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from pywasm_rt.app.application import Application
from pywasm_rt.app.definitions import HostDefaults, Surroundings
from pywasm_rt.app.extensions import Extension
from pywasm_rt.app.functions import check_function_id, pool_id
from pywasm_rt.app.kinds import (
    FunctionConfiguration,
    LuaFunctionConfiguration,
    PoolPlan,
    PythonFunctionConfiguration,
)
from pywasm_rt.app.kinds import ProcessHost as HostConfiguration
from pywasm_rt.app.kinds import TerminalHost as TerminalConfiguration
from pywasm_rt.app.program_run import warming
from pywasm_rt.app.security import policies_of
from pywasm_rt.app.warm_functions import WarmFunctions
from pywasm_rt.component.suggestion import hint
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.host import ProcessHost, TerminalHost
from pywasm_rt.process.host_queue import PoolSettings
from pywasm_rt.process.interface import ExitResult, ProcessDefinition
from pywasm_rt.process.operations import Target
from pywasm_rt.process.pid import PID
from pywasm_rt.process.security import Policies

__all__ = ["FUNCTION_HOST", "Deployment", "Runner"]

FUNCTION_HOST = "system:functions"
_MILLISECOND = 1_000_000
_FUNCTIONS = (FunctionConfiguration, LuaFunctionConfiguration, PythonFunctionConfiguration)
# A birth and a turn; and some of others, which may be before them.
_PIECES = 4
_QUICK_SECONDS = 0.02
_TRY_EVERY = 100


class Runner(Protocol):
    """What an application is put on: a node, or one in virtual time."""

    @property
    def hosts(self) -> Mapping[str, ProcessHost]:
        """The hosts by ID."""
        ...

    def add_host(self, host: ProcessHost) -> None:
        """Make a host known."""
        ...

    def remove_host(self, host_id: str) -> None:
        """Forget a host that nothing lives on."""
        ...

    def add_pool(self, pool_id: str, host_id: str, settings: PoolSettings) -> None:
        """Make a pool known."""
        ...

    def remove_pool(self, pool_id: str) -> None:
        """Forget a pool."""
        ...

    def set_policies(self, policies: Policies) -> None:
        """Let processes do what these say."""
        ...

    def register(self, entry_id: str, definition: ProcessDefinition) -> None:
        """Make an entry known, or change it."""
        ...

    def unregister(self, entry_id: str) -> None:
        """Forget an entry."""
        ...

    def execute(
        self,
        entry_id: str,
        host_id: str,
        arguments: Sequence[object] = (),
        *,
        method: str | None = None,
        values: Mapping[str, object] | None = None,
        pieces: int = 0,
    ) -> tuple[PID, Future[ExitResult]]:
        """Start a process and tell how it ends; do ``pieces`` of work on this thread."""
        ...

    def terminate(self, target: Target) -> None:
        """End a process."""
        ...

    def announce(self, entry_ids: Collection[str], sources: Collection[str]) -> int:
        """Tell upgradable processes that entries have changed."""
        ...


@dataclass(slots=True)
class _Pace:
    """How long calls of a function kept a thread lately; one that is slow is tried again later.

    What takes long now and then, because others have the processor, does not count as slow.
    """

    usual_seconds: float = 0.0
    skipped: int = 0

    def is_quick(self) -> bool:
        """Whether the next call may be tried on the thread that wants it."""
        if self.usual_seconds < _QUICK_SECONDS:
            return True
        self.skipped += 1
        if self.skipped < _TRY_EVERY:
            return False
        self.skipped = 0
        return True

    def took(self, seconds: float) -> None:
        """Learn from a call."""
        self.usual_seconds = min(seconds, self.usual_seconds + (seconds - self.usual_seconds) / 8)


@dataclass(slots=True)
class Deployment:
    """Puts ``application`` on ``runner``; :meth:`install` does it, :meth:`replace` changes it.

    ``terminal_hosts`` are those whose processes may use the terminal; others are left out.
    """

    application: Application
    runner: Runner
    surroundings: Surroundings
    extensions: Sequence[Extension] = ()
    terminal_hosts: Collection[str] | None = None
    pools: dict[str, PoolPlan] = field(default_factory=dict)
    definitions: dict[str, ProcessDefinition] = field(default_factory=dict)
    _kept: WarmFunctions = field(default_factory=WarmFunctions)
    _paces: dict[str, _Pace] = field(default_factory=dict)

    def install(self) -> None:
        """Hosts, processes, functions. Raises ProcessError."""
        self._change(self.application)

    def replace(self, application: Application) -> Callable[[], None]:
        """Make the node's entries those of ``application``; what runs goes on as it is.

        Hosts can be added, not changed. Returns what takes all of it back again, for whoever cannot
        make use of the new entries. Raises ProcessError; then everything is as before.
        """
        former, kept = self.application, self._kept
        added = self._change(application)

        def take_back() -> None:
            self._kept = kept
            self._change(former)
            for host_id in added:
                self.runner.remove_host(host_id)

        return take_back

    def warm_up(self) -> None:
        """Make the instances that are to wait for the first calls, of functions whose instances
        are others than before. It is work of their pools: nobody waits for it, and what goes wrong
        in it will be told by the calls.
        """
        for entry_id, plan in self.pools.items():
            if not plan.ready_at_start or not self._kept.is_fresh(entry_id):
                continue
            maker = f"system:warming/{entry_id}"
            self.runner.register(maker, self.definitions[entry_id])
            # A pool that is busy makes its instances for calls.
            with suppress(ProcessError):
                for _ in range(plan.ready_at_start):
                    self.runner.execute(maker, pool_id(entry_id), values=warming())
            self.runner.unregister(maker)

    def _change(self, application: Application) -> list[str]:
        """All of it or nothing; the hosts that were added."""
        kept = WarmFunctions(self._kept)
        definitions = self._definitions(application, kept)
        added = self._add_hosts(application)
        for entry_id in self.definitions.keys() - definitions.keys():
            self.runner.unregister(entry_id)
        for entry_id, definition in definitions.items():
            self.runner.register(entry_id, definition)
        self.application, self.definitions, self._kept = application, definitions, kept
        self.runner.set_policies(policies_of(application))
        self._add_pools()
        kept.settle()
        return added

    def kept_instances(self, entry_id: str) -> int:
        """How many instances of a function wait for calls."""
        found = self._kept.of(entry_id)
        return 0 if found is None else len(found)

    def call(self, entry_id: str, arguments: Sequence[object] = ()) -> Future[ExitResult]:
        """Call a function; how that ended. Raises ProcessError where it cannot begin: NotFound,
        Invalid, RateLimited, Unavailable.
        """
        return self.begin_call(entry_id, arguments)[1]

    def begin_call(
        self, entry_id: str, arguments: Sequence[object] = (), *, here: bool = False
    ) -> tuple[PID, Future[ExitResult]]:
        """As :meth:`call`, with the process that the call is.

        ``here`` lets this thread do it as far as it is quick, going by the calls before.
        """
        if entry_id not in self.pools:
            self._refuse(entry_id)
        if not here:
            return self.runner.execute(entry_id, pool_id(entry_id), arguments)
        pace = self._paces.setdefault(entry_id, _Pace())
        if not pace.is_quick():
            return self.runner.execute(entry_id, pool_id(entry_id), arguments)
        before = time.perf_counter()
        call = self.runner.execute(entry_id, pool_id(entry_id), arguments, pieces=_PIECES)
        pace.took(time.perf_counter() - before)
        return call

    def _refuse(self, entry_id: str) -> None:
        check_function_id(entry_id)
        if entry_id in self.application.unusable:
            self.application.entry(entry_id)
        entry = self.application.entries.get(entry_id)
        if entry is not None:
            message = f"{entry_id} is a {entry.kind}, not a function"
            raise ProcessError(message, ProcessErrorKind.INVALID, entry_id=entry_id)
        message = f"function not found: {entry_id} ({hint(entry_id, self.pools)})"
        raise ProcessError(message, ProcessErrorKind.NOT_FOUND, entry_id=entry_id)

    def _definitions(
        self, application: Application, kept: WarmFunctions
    ) -> dict[str, ProcessDefinition]:
        defaults = {
            entry.id: HostDefaults(entry.config.limits, entry.config.mailbox)
            for kind in ("process.host", "terminal.host")
            for entry in application.of_kind(kind)
            if isinstance(entry.config, HostConfiguration | TerminalConfiguration)
        }
        surroundings = replace(self.surroundings, host_defaults=defaults, keep=kept.keep)
        definitions = application.definitions(surroundings)
        for extension in self.extensions:
            definitions |= extension.definitions(application, surroundings)
        return definitions

    def _add_hosts(self, application: Application) -> list[str]:
        """Add the hosts that are not there, or none; their IDs. Raises ProcessError."""
        hosts: list[ProcessHost] = [
            ProcessHost(
                entry.id,
                entry.config.host.workers,
                entry.config.host.queue_size,
                entry.config.host.local_queue_size,
                max_processes=entry.config.host.max_processes,
            )
            for entry in application.of_kind("process.host")
            if isinstance(entry.config, HostConfiguration)
        ]
        hosts += [
            TerminalHost(entry.id)
            for entry in application.of_kind("terminal.host")
            if self.terminal_hosts is None or entry.id in self.terminal_hosts
        ]
        if _pools_of(application):
            hosts.append(ProcessHost(FUNCTION_HOST))
        added: list[str] = []
        try:
            for host in hosts:
                if host.id not in self.runner.hosts:
                    self.runner.add_host(host)
                    added.append(host.id)
        except BaseException:
            for host_id in added:
                self.runner.remove_host(host_id)
            raise
        return added

    def _add_pools(self) -> None:
        """A pool for each function; one whose figures have changed is replaced."""
        plans = _pools_of(self.application)
        for entry_id in self.pools.keys() - plans.keys():
            self.runner.remove_pool(pool_id(entry_id))
        for entry_id, plan in plans.items():
            if self.pools.get(entry_id) == plan and not self._kept.is_fresh(entry_id):
                continue
            wait_ns = None if plan.max_wait_ms is None else plan.max_wait_ms * _MILLISECOND
            warm = self._kept.of(entry_id)
            settings = PoolSettings(
                plan.places,
                plan.queue_length,
                wait_ns,
                plan.least_places,
                None if warm is None else warm.policy.idle_ns,
                None if warm is None else warm.trim,
            )
            self.runner.add_pool(pool_id(entry_id), FUNCTION_HOST, settings)
        self.pools = plans


def _pools_of(application: Application) -> dict[str, PoolPlan]:
    """The pools of the usable functions."""
    return {
        entry.id: entry.config.pool.plan()
        for entry in application.entries.values()
        if isinstance(entry.config, _FUNCTIONS) and entry.id not in application.unusable
    }
