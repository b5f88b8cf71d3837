"""``process.service``, ``process.supervisor`` and other entries with a lifecycle, as services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from pywasm_rt.app.application import Application
from pywasm_rt.app.dependencies import order
from pywasm_rt.app.deployment import Deployment
from pywasm_rt.app.entry import Entry
from pywasm_rt.app.extensions import Extension
from pywasm_rt.app.kinds import ProcessService as ServiceConfiguration
from pywasm_rt.app.kinds import ProcessSupervisor
from pywasm_rt.app.kinds.lifecycle import Lifecycle
from pywasm_rt.app.services import ServiceContext
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.interface import ExitResult
from pywasm_rt.process.lifecycle import (
    RestartWhen,
    ServiceInformation,
    ServiceSpec,
    SupervisorSpec,
)
from pywasm_rt.process.node import Node
from pywasm_rt.process.pid import PID
from pywasm_rt.process.services import ProcessService, ServiceRun, ServiceRunner, Startable

__all__ = ["ServiceSet", "add_services", "running_services", "service_ids", "services_not_started"]


class ServiceSet(Protocol):
    """Who supervises, in real or in virtual time."""

    def add(self, spec: ServiceSpec, startable: Startable) -> None:
        """Make a service known."""
        ...

    def add_supervisor(self, spec: SupervisorSpec) -> None:
        """Make a supervisor known, after its children."""
        ...


def _lifecycle(entry: Entry) -> Lifecycle:
    lifecycle = getattr(entry.config, "lifecycle", None)
    return lifecycle if isinstance(lifecycle, Lifecycle) else Lifecycle()


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A process as a service, whose PID is noted."""

    process: ProcessService
    pids: dict[str, PID]
    entry_id: str

    def start(self, ended: Callable[[ExitResult], None]) -> ServiceRun:
        run = self.process.start(ended)
        pid = getattr(run, "pid", None)
        if isinstance(pid, PID):
            self.pids[self.entry_id] = pid
        return run


def service_ids(application: Application, extensions: Sequence[Extension]) -> tuple[str, ...]:
    """The usable entries that are services and supervisors, children before their supervisors."""
    kinds = {"process.service", "process.supervisor"}
    kinds.update(kind for extension in extensions for kind in extension.services)
    found = {entry.id: entry for kind in kinds for entry in application.of_kind(kind)}
    needs: dict[str, Sequence[str]] = {}
    for entry in found.values():
        config = entry.config
        needs[entry.id] = config.children if isinstance(config, ProcessSupervisor) else ()
    return tuple(order(needs)[0])


def add_services(
    services: ServiceSet,
    node: Any,
    context: ServiceContext,
    extensions: Sequence[Extension],
    among: Sequence[str],
) -> None:
    """Make the services ``among`` (of :func:`service_ids`) known, to be started. ``node`` is what
    their processes run on. Raises ProcessError.
    """
    application = context.application
    makers = {kind: make for it in extensions for kind, make in it.services.items()}
    known = set(service_ids(application, extensions))
    for entry_id in among:
        entry = application.entries[entry_id]
        config = entry.config
        policy = _lifecycle(entry).policy(known)
        if isinstance(config, ProcessSupervisor):
            services.add_supervisor(
                SupervisorSpec(
                    entry_id,
                    tuple(config.children),
                    config.strategy_value,
                    config.intensity,
                    config.period_ns,
                    policy,
                )
            )
        elif isinstance(config, ServiceConfiguration):
            security = config.lifecycle.security
            process = ProcessService(
                node,
                config.process,
                config.host,
                tuple(config.input),
                name=config.register_as,
                credentials=None if security is None else security.credentials,
            )
            recorded = _Recorded(process, context.pids, entry_id)
            services.add(ServiceSpec(entry_id, policy, config.restart_when), recorded)
        else:
            startable = makers[entry.kind](entry, context)
            services.add(ServiceSpec(entry_id, policy, RestartWhen.TRANSIENT), startable)


@contextmanager
def running_services(
    deployment: Deployment, node: Node, extensions: Sequence[Extension]
) -> Iterator[ServiceRunner]:
    """The services that start by themselves, running. Raises ProcessError if one cannot."""
    runner = ServiceRunner(node.clock)
    context = ServiceContext(deployment, node.clock)
    add_services(runner, node, context, extensions, service_ids(deployment.application, extensions))
    runner.start()
    with runner:
        failures = runner.wait_started()
        if failures:
            raise services_not_started(failures)
        yield runner


def services_not_started(failures: Sequence[ServiceInformation]) -> ProcessError:
    """What is raised for required services that did not start; the first one's kind counts."""
    first = failures[0].error
    sentences = "; ".join(f"{it.id}: {it.error}" for it in failures)
    kind = ProcessErrorKind.UNAVAILABLE if first is None else first.kind
    return ProcessError(f"services could not be started: {sentences}", kind)
