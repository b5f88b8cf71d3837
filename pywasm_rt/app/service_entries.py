"""``process.service``, ``process.supervisor`` and other entries with a lifecycle, as services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pywasm_rt.app.application import Application
from pywasm_rt.app.dependencies import order
from pywasm_rt.app.entry import Entry
from pywasm_rt.app.extensions import Extension
from pywasm_rt.app.kinds import ProcessService as ServiceConfiguration
from pywasm_rt.app.kinds import ProcessSupervisor
from pywasm_rt.app.kinds.lifecycle import Lifecycle
from pywasm_rt.app.services import ServiceContext
from pywasm_rt.process.lifecycle import RestartWhen, ServiceSpec, SupervisorSpec
from pywasm_rt.process.services import ProcessService, Startable

__all__ = ["ServiceSet", "add_services", "service_ids"]


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
            process = ProcessService(
                node, config.process, config.host, tuple(config.input), name=config.register_as
            )
            services.add(ServiceSpec(entry_id, policy, config.restart_when), process)
        else:
            startable = makers[entry.kind](entry, context)
            services.add(ServiceSpec(entry_id, policy, RestartWhen.TRANSIENT), startable)
