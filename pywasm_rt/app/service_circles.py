"""Services none of which can start before another: ``requires`` and the order under supervisors.

What entries name by themselves in a circle is found when they are resolved. Here supervision comes
in: a service starts after its elder siblings and after what its supervisors require, a supervisor
is up when its children are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from pywasm_rt.app.dependencies import order
from pywasm_rt.app.entry import Entry
from pywasm_rt.app.kinds import ProcessSupervisor
from pywasm_rt.app.yaml_source import PathStep
from pywasm_rt.errors import Fault

__all__ = ["service_circles"]


@dataclass(frozen=True, slots=True, eq=False)
class _Need:
    """Why one service waits for another: the field that says so, and if it is not a ``requires``,
    a sentence.
    """

    entry: Entry
    path: tuple[PathStep, ...]
    reason: str = ""


_Needs = dict[str, dict[str, _Need]]


def service_circles(services: Mapping[str, Entry]) -> Iterator[Fault]:
    """A fault for each ``requires`` that would let a service wait for itself.

    ``services`` are all services and supervisors, each child under at most one supervisor.
    """
    needs = _needs(services)
    while circles := order(needs)[1]:
        for circle in circles:
            pairs = list(zip(circle, (*circle[1:], circle[0]), strict=True))
            found = [needs[name][needed] for name, needed in pairs]
            required = [need for need in found if not need.reason]
            message = f"services require each other: {' -> '.join((*circle, circle[0]))}"
            advice = "; ".join(dict.fromkeys(need.reason for need in found if need.reason))
            for need in dict.fromkeys(required or found):
                yield need.entry.raw.fault(message, need.path, advice)
            # Other circles may go through the same services.
            for name, needed in pairs:
                if not required or needs[name][needed] in required:
                    del needs[name][needed]


def _needs(services: Mapping[str, Entry]) -> _Needs:
    """For each service those that have to be up before it is, and why."""
    supervisors = {
        child: entry
        for entry in services.values()
        if isinstance(entry.config, ProcessSupervisor)
        for child in entry.config.children
    }
    needs: _Needs = {}
    for entry in services.values():
        found = needs[entry.id] = dict(_required(entry, services))
        if isinstance(entry.config, ProcessSupervisor):
            for index, child in enumerate(entry.config.children):
                reason = f"{child} is a child of {entry.id}"
                found.setdefault(child, _Need(entry, ("children", index), reason))
        seen = {entry.id}
        below, above = entry, supervisors.get(entry.id)
        while above is not None and above.id not in seen:
            seen.add(above.id)
            for needed, need in (*_elder(below, above), *_required(above, services)):
                found.setdefault(needed, need)
            below, above = above, supervisors.get(above.id)
    return needs


def _required(entry: Entry, services: Collection[str]) -> Iterator[tuple[str, _Need]]:
    """What an entry itself names."""
    for path, needed in entry.references():
        if path[0] == "lifecycle" and needed in services:
            yield needed, _Need(entry, path)


def _elder(child: Entry, supervisor: Entry) -> Iterator[tuple[str, _Need]]:
    """The child before this one, which waits for those before it."""
    assert isinstance(supervisor.config, ProcessSupervisor), "only supervisors have children"
    children = supervisor.config.children
    index = children.index(child.id)
    if index:
        elder = children[index - 1]
        reason = f"{elder} starts before {child.id} as a child of {supervisor.id}"
        yield elder, _Need(supervisor, ("children", index), reason)
