"""Does an entry's ``imports`` grant what its binary imports, and is it there at all?"""

from __future__ import annotations

from collections.abc import Iterator

from pywasm_rt.app.entry import Entry
from pywasm_rt.app.guest_functions import FUNCS
from pywasm_rt.app.kinds import GuestConfiguration
from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.suggestion import hint
from pywasm_rt.component.types import InstanceType
from pywasm_rt.engine.interface import Engine, LoadedModule
from pywasm_rt.errors import ConfigError, Fault
from pywasm_rt.process.actor.component import PROCESS, actor_interfaces
from pywasm_rt.process.actor.core import MODULE_NAME as ACTOR_MODULE
from pywasm_rt.process.actor.core import CoreActor
from pywasm_rt.process.interface import ProcessContext
from pywasm_rt.process.pid import PID
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1 import MODULE_NAME, Preview1
from pywasm_rt.wasi.preview2 import interfaces
from pywasm_rt.wasi.profiles import PROFILES, profile_of_interface, select_profiles

__all__ = ["ImportChecker"]

# Only the types of what is offered matter here.
_NOBODY = ProcessContext(PID("", 0), "", "")


class ImportChecker:
    """Checks imports against the profiles and against what the host has."""

    def __init__(self, engine: Engine) -> None:
        self.linker = Linker(engine)
        for interface in (*interfaces(WasiContext()), FUNCS):
            self.linker.define(interface)
        for interface in actor_interfaces(_NOBODY):
            self.linker.define(interface)
        self.offered = {**Preview1(WasiContext()).imports, **CoreActor(_NOBODY).imports}

    def check(
        self, entry: Entry, config: GuestConfiguration, code: Component | LoadedModule
    ) -> tuple[frozenset[str], list[Fault]]:
        """The interfaces that the entry grants, and what is wrong with its ``imports``."""
        faults: list[Fault] = []
        granted: frozenset[str] = frozenset()
        for index, name in enumerate(config.imports or ()):
            try:
                granted |= select_profiles([name], is_component=isinstance(code, Component))
            except ConfigError as error:
                faults += [
                    entry.raw.fault(fault.message, ("imports", index), fault.suggestion)
                    for fault in error.faults
                ]
        if isinstance(code, Component):
            faults += self.component(entry, code, granted)
        else:
            faults += self.module(entry, code, granted)
        return granted, faults

    def component(
        self, entry: Entry, component: Component, granted: frozenset[str]
    ) -> Iterator[Fault]:
        """Each import must be granted, and be there in full."""
        lacking: dict[str, list[str]] = {}
        complete = True
        for name, type in component.imports.items():
            path = name.partition("@")[0]
            profile = profile_of_interface(path) if isinstance(type, InstanceType) else None
            if profile is not None and path not in granted:
                complete = False
                if profile.available:
                    lacking.setdefault(profile.name, []).append(name)
                else:
                    message = f'import "{name}" is not available yet'
                    yield entry.raw.fault(message, ("imports",))
            elif profile is None and isinstance(type, InstanceType):
                complete = False
                known = [interface for profile in PROFILES for interface in profile.interfaces]
                message = f'unknown import "{name}"'
                yield entry.raw.fault(message, ("imports",), hint(path, known))
        if lacking:
            names = ", ".join(name for names in lacking.values() for name in names)
            message = f"imports does not grant what the component imports: {names}"
            advice = f"add {', '.join(sorted(lacking))}"
            yield entry.raw.fault(message, ("imports",), advice)
        if complete:
            for missing in self.linker.missing(component):
                yield entry.raw.fault(f"unknown import: {missing}", ("imports",))

    def module(
        self, entry: Entry, module: LoadedModule, granted: frozenset[str]
    ) -> Iterator[Fault]:
        """A core module may import functions of preview 1, and those of processes if granted."""
        if PROCESS not in granted and any(it.module == ACTOR_MODULE for it in module.imports):
            message = f"imports does not grant what the module imports: {ACTOR_MODULE}"
            yield entry.raw.fault(message, ("imports",), "add wippy:actor")
        for item in module.imports:
            known = [name for module, name in self.offered if module == item.module]
            offered = self.offered.get((item.module, item.name))
            shown = f'"{item.module}" "{item.name}"'
            if offered is None:
                advice = hint(item.name, known) if known else f"the host has {MODULE_NAME} only"
                yield entry.raw.fault(f"unknown import {shown}", ("path",), advice)
            elif item.type != offered.type:
                message = f"incompatible import type: {shown} is {item.type} in the module"
                yield entry.raw.fault(message, ("path",), f"the host has {offered.type}")
