"""What can be known of services before any of them starts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from pywasm_rt.app.entry import Entry
from pywasm_rt.app.kinds import ProcessService as ServiceConfiguration
from pywasm_rt.app.kinds import ProcessSupervisor
from pywasm_rt.app.service_circles import service_circles
from pywasm_rt.component.coerce import coerce_arguments
from pywasm_rt.errors import ComponentError, Fault

if TYPE_CHECKING:
    from pywasm_rt.app.application import Application

__all__ = ["check_services"]

_KINDS = ("process.service", "process.supervisor")


def check_services(application: Application, kinds: Collection[str]) -> Iterator[Fault]:
    """What is wrong with services: arguments that do not fit, children with two supervisors,
    services that wait for themselves.

    ``kinds`` are those of services that other rooms know.
    """
    faults = list(_check_each(application, kinds))
    yield from faults
    wrong = {fault.entry_id for fault in faults} | application.unusable.keys()
    services = {
        entry.id: entry
        for entry in application.entries.values()
        if entry.kind in {*_KINDS, *kinds} and entry.id not in wrong
    }
    yield from service_circles(services)


def _check_each(application: Application, kinds: Collection[str]) -> Iterator[Fault]:
    supervisors: dict[str, Entry] = {}
    for entry in application.entries.values():
        config = entry.config
        if isinstance(config, ServiceConfiguration):
            yield from _check_input(application, entry, config)
        if not isinstance(config, ProcessSupervisor):
            continue
        for index, child in enumerate(config.children):
            path = ("children", index)
            target = application.entries.get(child)
            if target is not None and target.kind not in {*_KINDS, *kinds}:
                message = f"{child} is a {target.kind}, which is no service"
                yield entry.raw.fault(message, path)
            if child in supervisors:
                message = f"{child} is supervised by {supervisors[child].id} already"
                yield entry.raw.fault(message, path)
            supervisors.setdefault(child, entry)


def _check_input(
    application: Application, entry: Entry, config: ServiceConfiguration
) -> Iterator[Fault]:
    program = application.resources.programs.get(config.process)
    if program is None or (not program.type.parameters and not config.input):
        return
    try:
        coerce_arguments(tuple(config.input), program.type)
    except ComponentError as error:
        yield entry.raw.fault(error.message, ("input",), f"of {config.process}")
