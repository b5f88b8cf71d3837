"""What an instance is given by its host, when it is to serve several calls.

The functions that it is linked to stay the same; each acts for whichever call is under way. So a
call finds what is its own: arguments, variables, streams, folders, clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from pywasm_rt.app.guest_functions import FUNCS
from pywasm_rt.component.host import HostInterface
from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.process.actor.component import actor_interfaces
from pywasm_rt.process.interface import ProcessContext
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1 import Preview1
from pywasm_rt.wasi.preview2 import package_interfaces

__all__ = ["ComponentSide", "CoreSide", "offered"]

# What these tell stands in the entry, and is the same for every call: libc asks before it is asked.
_OF_THE_ENTRY = frozenset({"fd_prestat_get", "fd_prestat_dir_name", "fd_fdstat_get"})

Functions = Mapping[str, Callable[..., object]]


def offered(
    package: str, context: WasiContext, process: ProcessContext | None
) -> Iterable[HostInterface]:
    """The interfaces of a package (``wasi:cli``), for one call."""
    if package.startswith("wasi:"):
        return package_interfaces(package, context)
    if package == "wippy:runtime":
        return (FUNCS,)
    return () if process is None else actor_interfaces(process)


@dataclass(slots=True, eq=False)
class ComponentSide:
    """The interfaces of one component instance, those that are ``granted`` to it. ``was_asked``
    says that one was called since the instance was made.
    """

    packages: frozenset[str]
    granted: frozenset[str]
    context: WasiContext
    process: ProcessContext | None
    was_asked: bool = False
    _found: dict[str, Functions] | None = None

    def act_for(self, context: WasiContext, process: ProcessContext | None) -> None:
        """From now on act for this call."""
        self.context, self.process, self._found = context, process, None

    def interfaces(self) -> list[HostInterface]:
        """All of them, for a linker."""
        return [
            replace(it, functions={name: self._late(it.name, name) for name in it.functions})
            for package in self.packages
            for it in offered(package, self.context, self.process)
            if it.name in self.granted
        ]

    def _late(self, interface: str, name: str) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            self.was_asked = True
            return self._functions(interface)[name](*arguments)

        return call

    def _functions(self, interface: str) -> Functions:
        """An interface's functions that act for the call; a package's are made when needed."""
        found = self._found = {} if self._found is None else self._found
        if interface not in found:
            package = interface.partition("/")[0]
            found |= {it.name: it.functions for it in offered(package, self.context, self.process)}
        return found[interface]


class CoreSide:
    """The functions of one core instance: preview 1."""

    def __init__(self, context: WasiContext) -> None:
        self.was_asked = False
        self.preview1 = Preview1(context)
        self.imports = {key: self._noting(it) for key, it in self.preview1.imports.items()}

    def act_for(self, context: WasiContext, _: ProcessContext | None) -> None:
        """From now on act for this call."""
        self.preview1.renew(context)

    def _noting(self, function: HostFunction) -> HostFunction:
        implementation = function.implementation
        if function.name in _OF_THE_ENTRY:
            return function

        def call(*arguments: object) -> object:
            self.was_asked = True
            return implementation(*arguments)

        return replace(function, implementation=call)
