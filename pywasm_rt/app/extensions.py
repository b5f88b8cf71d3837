"""What rooms above this one add to applications: checks, process definitions, services.

An extension is found by the name of its module, so that this room need not know it. Packages of
others may add theirs under the entry-point group ``pywasm_rt.extensions``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from pywasm_rt.app.entry import Entry
from pywasm_rt.errors import Fault

if TYPE_CHECKING:
    from pywasm_rt.app.application import Application
    from pywasm_rt.app.definitions import Surroundings
    from pywasm_rt.app.services import ServiceContext
    from pywasm_rt.process.interface import ProcessDefinition
    from pywasm_rt.process.services import Startable

__all__ = ["ENTRY_POINTS", "Check", "Extension", "default_extensions"]

ENTRY_POINTS = "pywasm_rt.extensions"
_OURS = ("pywasm_rt.app.python_process", "pywasm_rt.lua.extension", "pywasm_rt.http.extension")

Check = Callable[[Entry], Iterable[Fault]]


def _no_definitions(_: Application, __: Surroundings) -> Mapping[str, ProcessDefinition]:
    return {}


def _no_checks(_: Application) -> Iterable[Fault]:
    return ()


@dataclass(frozen=True, slots=True)
class Extension:
    """``checks`` are by kind, for entries by themselves; ``check_all`` sees how they go together.

    ``definitions`` says how to start processes, by entry ID. ``services`` says how to
    make what a service is made of, by kind.
    """

    checks: Mapping[str, Check] = field(default_factory=dict)
    check_all: Callable[[Application], Iterable[Fault]] = _no_checks
    definitions: Callable[[Application, Surroundings], Mapping[str, ProcessDefinition]] = (
        _no_definitions
    )
    services: Mapping[str, Callable[[Entry, ServiceContext], Startable]] = field(
        default_factory=dict
    )


def default_extensions() -> tuple[Extension, ...]:
    """Ours, then those that are installed."""
    found = [import_module(name).EXTENSION for name in _OURS]
    found += [point.load() for point in entry_points(group=ENTRY_POINTS)]
    return tuple(found)
