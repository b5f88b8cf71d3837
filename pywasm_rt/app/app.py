"""An application that runs, from Python.

    async with App.load("demo") as app:
        pid = await app.spawn("demo:worker", 6, 7, monitored=True)
        event = await app.receive(timeout=10)
        print(await app.call("demo:compute", 6, 7))

With ``clock=VirtualClock()`` nothing waits: time jumps to the next moment at which something
happens, whenever the program waits for something, so that tests are exact and quick.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pywasm_rt.app.acting import Acting
from pywasm_rt.app.application import Application
from pywasm_rt.app.changes import Changes, compare
from pywasm_rt.app.definitions import Surroundings
from pywasm_rt.app.deployment import Deployment
from pywasm_rt.app.door import Door
from pywasm_rt.app.extensions import Extension, default_extensions
from pywasm_rt.app.figures import prometheus_text
from pywasm_rt.app.kinds import ProcessService as ServiceConfiguration
from pywasm_rt.app.service_entries import add_services, service_ids, services_not_started
from pywasm_rt.app.service_log import log_change
from pywasm_rt.app.services import ServiceContext
from pywasm_rt.app.simulated_node import SimulatedNode
from pywasm_rt.app.simulated_services import SimulatedServices
from pywasm_rt.app.source_files import find_files, source_folder
from pywasm_rt.app.spans import Spans, default_tracer
from pywasm_rt.app.standard_streams import StandardStreams
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Operation
from pywasm_rt.process.effects import Ended
from pywasm_rt.process.host import ProcessHost
from pywasm_rt.process.interface import ExitResult, ProcessDefinition
from pywasm_rt.process.lifecycle import ServiceInformation
from pywasm_rt.process.node import Node
from pywasm_rt.process.operations import Target
from pywasm_rt.process.pid import PID
from pywasm_rt.process.services import ServiceRunner
from pywasm_rt.process.simulation import VirtualClock
from pywasm_rt.process.task import ProcessInformation

__all__ = ["OUTSIDE_HOST", "PROCESS_HOST", "App"]

OUTSIDE_HOST = "system:outside"
PROCESS_HOST = "system:processes"
_DOOR = "system:door"
_LEAST_GRACE_SECONDS = 0.1
_DOOR_SECONDS = 2.0


class App(Acting):
    """A running application. ``application`` are its entries, ``pid`` is this program's own name
    among the processes, under which it sends and receives.
    """

    def __init__(
        self,
        application: Application,
        *,
        clock: VirtualClock | None = None,
        engine: Engine | None = None,
        streams: StandardStreams | None = None,
        extensions: Sequence[Extension] | None = None,
    ) -> None:
        self.node: Node | SimulatedNode = Node() if clock is None else SimulatedNode(clock)
        found = default_extensions() if extensions is None else extensions
        surroundings = Surroundings(
            engine if engine is not None else get_engine(),
            streams if streams is not None else StandardStreams(),
            frozenset(entry.id for entry in application.of_kind("terminal.host")),
        )
        self.deployment = Deployment(application, self.node, surroundings, found)
        self.context = ServiceContext(self.deployment, self.node.clock)
        self.services: ServiceRunner | SimulatedServices = (
            ServiceRunner(self.node.clock) if isinstance(self.node, Node) else self.node.services
        )
        self.services.on_change = log_change
        self._read: Callable[[], Application] | None = None
        if isinstance(self.node, Node):
            self.node.on_end = self._process_ended
        self._door = Door()
        self._pid: PID | None = None
        self._door_ended: Future[ExitResult] = Future()

    @classmethod
    def load(
        cls,
        folder: Path | str,
        *,
        clock: VirtualClock | None = None,
        strict: bool = False,
        engine: Engine | None = None,
        streams: StandardStreams | None = None,
        overrides: Sequence[str] = (),
    ) -> App:
        """Load the application of a folder; ``async with`` starts it.

        ``streams`` are for what guests read and print. Raises ConfigError (see
        :meth:`~pywasm_rt.app.application.Application.load`).
        """
        extensions = default_extensions()

        def read(strict: bool = False) -> Application:
            return Application.load(
                folder, strict, engine, extensions=extensions, overrides=overrides
            )

        app = cls(read(strict), clock=clock, engine=engine, streams=streams, extensions=extensions)
        app._read = read
        return app

    @property
    def application(self) -> Application:
        """The entries, as they are now."""
        return self.deployment.application

    @property
    def pid(self) -> PID:
        """The PID under which this program acts."""
        if self._pid is None:
            raise ProcessError("the application is not running", ProcessErrorKind.UNAVAILABLE)
        return self._pid

    @property
    def is_running(self) -> bool:
        """Whether it was started, whatever has come of that since."""
        return self._pid is not None

    # Beginning and end.

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close(10.0 if error is None else 0.0)

    async def start(self) -> None:
        """Start it, and the services that start by themselves.

        Raises ProcessError, for a required service that cannot be started too.
        """
        if self._pid is not None:
            raise ProcessError("the application was started before", ProcessErrorKind.CONFLICT)
        self.deployment.install()
        self.node.add_host(ProcessHost(OUTSIDE_HOST, 1))
        if not any(it for it in self.node.hosts if not it.startswith("system:")):
            self.node.add_host(ProcessHost(PROCESS_HOST))
        self.node.register(_DOOR, ProcessDefinition(lambda _: self._door))
        self.node.start()
        self.deployment.warm_up()
        self._pid, self._door_ended = self.node.spawn_watched(_DOOR, OUTSIDE_HOST)
        try:
            failures = await self._start_services()
        except BaseException:
            await self.close(0.0)
            raise
        if failures:
            await self.close(0.0)
            raise services_not_started(failures)

    async def _start_services(self) -> tuple[ServiceInformation, ...]:
        """Start what starts by itself; the required services that could not be."""
        extensions = self._service_extensions()
        among = service_ids(self.application, extensions)
        add_services(self.services, self.node, self.context, extensions, among)
        self.services.start()
        if isinstance(self.services, ServiceRunner):
            self.services.open()
            return await asyncio.to_thread(self.services.wait_started)
        assert isinstance(self.node, SimulatedNode), "services live in the same time"
        services = self.services
        self.node.run_until(lambda: services.is_settled)
        return services.startup_failures()

    async def close(self, grace_seconds: float = 10.0) -> None:
        """Stop the services in order, then ask all processes to end; those that have not within
        the grace time are terminated.
        """
        if isinstance(self.node, Node):
            await asyncio.to_thread(self._close, grace_seconds)
            return
        node = self.node
        node.services.stop()
        node.run_until(lambda: node.services.is_down)
        self._door.shut()
        if self._pid is not None:
            node.wait(self._door_ended)
        node.close(grace_seconds)

    def _close(self, grace_seconds: float) -> None:
        assert isinstance(self.services, ServiceRunner), "real services on a real node"
        self.services.close(max(grace_seconds, _LEAST_GRACE_SECONDS))
        self._door.shut()
        if self._pid is not None:
            # Whoever waits in it is to be told of this end, not of the cancellation to come.
            with suppress(TimeoutError):
                self._door_ended.exception(_DOOR_SECONDS)
        assert isinstance(self.node, Node), "real services on a real node"
        self.node.close(grace_seconds)

    # Changes.

    def watched_files(self) -> tuple[Path, ...]:
        """The files that the application was read from, and what stands in its folders now."""
        application = self.application
        found = [file.path for file in find_files(source_folder(application.root))]
        return tuple(sorted({*application.files, *found}))

    async def reload(self, application: Application | None = None) -> Changes:
        """Take over the entries as they are now, or those of ``application``; what has changed.

        Processes go on as what they are; those that say they are upgradable get an OUTDATED event.
        Services that have changed are started again, and those whose process has changed and is
        not upgradable. Raises ConfigError, ProcessError; then everything is as before.
        """
        if application is None:
            if self._read is None:
                message = "the application was not read from a folder"
                raise ProcessError(message, ProcessErrorKind.INVALID)
            application = await asyncio.to_thread(self._read)
        changes = compare(self.application, application)
        take_back = self.deployment.replace(application)
        try:
            self._try_services(application)
        except BaseException:
            take_back()
            raise
        self.deployment.warm_up()
        restarted = set(self._update_services(changes))
        for entry_id, source in changes.outdated.items():
            told = self.node.announce([entry_id], [source])
            if not told:
                restarted |= set(self._services_of(entry_id)) - restarted
        for entry_id in restarted - set(changes.added) - set(changes.changed):
            self.services.restart(entry_id)
        for listener in tuple(self.context.listeners):
            listener()
        return changes

    def _try_services(self, application: Application) -> None:
        """Make all services known to nobody. Raises what making them known raises."""
        extensions = self._service_extensions()
        among = service_ids(application, extensions)
        unheard = SimulatedServices(self.now_ns)
        add_services(unheard, self.node, self.context, extensions, among)

    def _services_of(self, entry_id: str) -> list[str]:
        """The services that run processes of an entry."""
        return [
            entry.id
            for entry in self.application.of_kind("process.service")
            if isinstance(entry.config, ServiceConfiguration) and entry.config.process == entry_id
        ]

    def _update_services(self, changes: Changes) -> list[str]:
        """Remove, replace and add services; those that were added and changed."""
        known = {it.id for it in self.services.services()}
        for entry_id in (*changes.removed, *changes.changed):
            if entry_id in known:
                self.services.remove(entry_id)
        extensions = self._service_extensions()
        fresh = {*changes.added, *changes.changed}
        among = [it for it in service_ids(self.application, extensions) if it in fresh]
        self._when_gone([it for it in among if it in known])
        add_services(self.services, self.node, self.context, extensions, among)
        for entry_id in among:
            lifecycle = getattr(self.application.entries[entry_id].config, "lifecycle", None)
            if getattr(lifecycle, "auto_start", False):
                self.services.start(entry_id)
        return among

    def _when_gone(self, ids: Sequence[str]) -> None:
        """Wait until services that are being removed are down."""

        def gone() -> bool:
            left = {it.id for it in self.services.services()}
            return not left.intersection(ids)

        if isinstance(self.node, SimulatedNode):
            self.node.run_until(gone)
        elif isinstance(self.services, ServiceRunner):
            services = self.services
            services.wait(lambda it: not {s.id for s in it.services()}.intersection(ids))

    def _service_extensions(self) -> Sequence[Extension]:
        """In virtual time there are no sockets, and no services that have some."""
        extensions = self.deployment.extensions
        if isinstance(self.node, SimulatedNode):
            return tuple(replace(it, services={}) for it in extensions)
        return extensions

    def force(self) -> None:
        """End all services at once, whatever they do; from any thread."""
        self.services.force()

    # Processes.

    async def execute(
        self, entry_id: str, *arguments: object, host: str | None = None, method: str | None = None
    ) -> object:
        """Start a process and wait for its end; what it returned.

        Raises ProcessError: what ``spawn`` raises, and the process's own failure.
        """
        host_id = host if host is not None else self.default_host()
        _, future = self.node.execute(entry_id, host_id, arguments, method=method)
        return _value(await self._wait(future))

    async def call(self, function_id: str, *arguments: object) -> object:
        """Call a function; what it returned. Raises ProcessError."""
        return _value(await self._wait(self.deployment.call(function_id, arguments)))

    async def wait(self, target: Target) -> ExitResult:
        """How a process ends. Raises ProcessError (NotFound)."""
        result: ExitResult = await self._wait(self.node.watch(target))
        return result

    async def perform(self, operation: Operation) -> Any:
        """Do what a process can do, as this program. Raises what the operation fails with."""
        if self._pid is None:
            raise ProcessError("the application is not running", ProcessErrorKind.UNAVAILABLE)
        return await self._wait(self._door.post(operation))

    def processes(self) -> tuple[ProcessInformation, ...]:
        """All living processes, oldest first, this program's own left out."""
        return tuple(it for it in self.node.processes() if it.pid != self._pid)

    def trace(self, tracer: Any = None) -> None:
        """From now on make OpenTelemetry spans of processes and requests, with a tracer or the one
        that is set up. Raises ConfigError if ``opentelemetry-api`` is not installed.
        """
        chosen = default_tracer() if tracer is None else tracer
        self.context.spans = Spans(chosen, self.now_ns)

    def _process_ended(self, ended: Ended) -> None:
        self.context.figures.process_ended(ended)
        if self.context.spans is not None:
            self.context.spans.process_ended(ended)

    def metrics(self) -> str:
        """The figures of the application, in Prometheus's text format."""
        figures = self.context.figures
        kept = {it: self.deployment.kept_instances(it) for it in self.deployment.pools}
        return prometheus_text(figures, self.node.processes(), self.services.services(), kept)

    def default_host(self) -> str:
        """The only host that processes can be started on. Raises ProcessError."""
        kinds = ("process.host", "terminal.host")
        for kind in kinds:
            hosts = [entry.id for entry in self.application.of_kind(kind)]
            if len(hosts) == 1:
                return hosts[0]
            if hosts:
                message = f"several hosts ({', '.join(hosts)}); say which one with host="
                raise ProcessError(message, ProcessErrorKind.INVALID)
        return PROCESS_HOST

    def now_ns(self) -> int:
        """What time it is, of whichever sort the application lives in."""
        return self.node.clock.now_ns()

    async def _wait(self, future: Future[Any]) -> Any:
        if isinstance(self.node, SimulatedNode):
            await asyncio.sleep(0)
            return self.node.wait(future)
        return await asyncio.wrap_future(future)


def _value(result: ExitResult) -> object:
    if result.error is not None:
        raise result.error
    return result.value
