"""Giving a component what it imports.

A :class:`Linker` holds what the host offers: interfaces made of Python callables, functions, core
modules, and instances of other components. Interfaces match by semantic version: an import of
``wasi:io/poll@0.2.3`` is satisfied by ``wasi:io/poll`` at any 0.2 version. Everything that a
component lacks is told at once, before any of it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pywasm_rt.component.component import Component
from pywasm_rt.component.drive import Steps, complete
from pywasm_rt.component.frame import Frame, HostItem, Tree
from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.instance import ComponentInstance
from pywasm_rt.component.instantiate import instantiate
from pywasm_rt.component.names import best_match, parse_interface_name
from pywasm_rt.component.types import (
    ExternType,
    FunctionType,
    InstanceType,
    ModuleType,
    ResourceType,
    TypeDefinition,
)
from pywasm_rt.component.validate.core_matching import match_modules
from pywasm_rt.component.validate.core_modules import module_type_of_loaded
from pywasm_rt.component.validate.matching import Matching
from pywasm_rt.component.validate.substitution import Substitution
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Engine, Limits, LoadedModule
from pywasm_rt.errors import (
    ComponentError,
    ExhaustionError,
    LinkError,
    Trap,
    TrapCode,
    ValidationError,
)

__all__ = ["Linker"]


class Linker:
    """What a host offers to components. One linker serves any number of instantiations."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = get_engine() if engine is None else engine
        self._interfaces: dict[str, HostInterface] = {}
        self._functions: dict[str, Callable[..., object]] = {}
        self._resources: dict[str, ResourceType] = {}
        self._modules: dict[str, LoadedModule] = {}
        self._instances: dict[str, tuple[ComponentInstance, str]] = {}

    # What there is.

    def define(self, interface: HostInterface) -> None:
        """Offer an interface, in place of one of the same name and version.

        Raises ComponentError for a name that is none.
        """
        name = interface.name
        if interface.version is not None:
            name = f"{name}@{interface.version}"
        try:
            if ":" in name:
                parse_interface_name(name)
        except ValidationError as error:
            raise ComponentError(f"{name!r} is no interface: {error.message}") from None
        self._interfaces[name] = interface

    def define_interface(
        self,
        name: str,
        functions: Mapping[str, Callable[..., object]],
        resources: Mapping[str, ResourceType] | None = None,
        version: str | None = None,
    ) -> None:
        """Offer an interface: see :class:`~pywasm_rt.component.host.HostInterface`."""
        self.define(HostInterface(name, functions, resources or {}, version))

    def define_function(self, name: str, implementation: Callable[..., object]) -> None:
        """Offer a function that a world imports by itself."""
        self._functions[name] = implementation

    def define_resource(self, name: str, type: ResourceType) -> None:
        """Offer a resource type that a world imports by itself."""
        self._resources[name] = type

    def define_module(self, name: str, module: bytes | LoadedModule) -> None:
        """Offer a core module. Raises what the engine raises for one that is not valid."""
        self._modules[name] = self.engine.load(module) if isinstance(module, bytes) else module

    def define_instance(
        self, name: str, instance: ComponentInstance, export: str | None = None
    ) -> None:
        """Offer an interface that another component's instance exports (as ``export``).

        Raises ComponentError if it does not.
        """
        self._instances[name] = (instance, instance.find_interface(export or name))

    def define_missing_as_traps(self, component: Component) -> list[str]:
        """Offer whatever the component lacks as functions that trap when they are called.

        For guests that import more than they use. Returns what was lacking (see :meth:`missing`);
        core modules and components still are.
        """
        missing = self.missing(component)
        known: set[ResourceType] = set()
        for name, type in component.imports.items():
            if isinstance(type, FunctionType):
                self._functions.setdefault(name, _trap(name))
            elif isinstance(type, InstanceType) and best_match(name, self._instances) is None:
                found = best_match(name, self._interfaces)
                offered = HostInterface(name) if found is None else self._interfaces[found]
                self._interfaces[found or name] = _completed(name, type, offered, known)
            elif isinstance(type, TypeDefinition) and isinstance(type.type, ResourceType):
                self._resources.setdefault(name, ResourceType(name))
        return missing

    # Instantiation.

    def instantiate(self, component: Component, limits: Limits | None = None) -> ComponentInstance:
        """Make an instance, in a plain loop. Raises what :meth:`start` raises."""
        instance: ComponentInstance = complete(self.start(component, limits, Meter(is_plain=True)))
        return instance

    def start(self, component: Component, limits: Limits | None, meter: Meter) -> Steps:
        """Make an instance, as a generator (:mod:`pywasm_rt.engine.driver`) that returns a
        :class:`~pywasm_rt.component.instance.ComponentInstance`.

        Raises LinkError for everything that is missing, what the engine raises for the core
        modules, Trap and whatever host functions raise while start functions run.
        """
        arguments = self.arguments(component)
        limits = Limits() if limits is None else limits
        store = self.engine.new_store(limits)
        tree = Tree(self.engine, store, limits, component.load(self.engine))
        tree.enter(meter)
        try:
            frame: Frame = yield from instantiate(tree, component.plan, arguments)
        except RecursionError as error:
            sentence = "call stack exhausted (RecursionError of the host's Python)"
            raise ExhaustionError("call stack", sentence) from error
        finally:
            tree.leave()
        return self._instance(component, frame)

    def _instance(self, component: Component, frame: Frame) -> ComponentInstance:
        """What an instantiation gives; a subclass may give one of its own."""
        return ComponentInstance(component, frame)

    def _adapt(self, found: Callable[..., object], type: FunctionType) -> Callable[..., object]:
        """A function that was offered, as a host function of ``type``; for subclasses."""
        del type
        return found

    def missing(self, component: Component) -> list[str]:
        """What of the component's imports is not offered, a sentence each; [] if nothing."""
        return self._resolve(component)[1]

    def arguments(self, component: Component) -> dict[str, Any]:
        """What instantiation hands over for each import.

        Raises LinkError that tells everything that is missing (``details["missing"]``).
        """
        arguments, missing = self._resolve(component)
        if missing:
            what = f"component {component.name} " if component.name else "the component "
            sentence = f"{what}imports what is not there: {'; '.join(missing)}"
            raise LinkError(sentence, missing=tuple(missing))
        return arguments

    def _resolve(self, component: Component) -> tuple[dict[str, Any], list[str]]:
        request = _Request(component, self._adapt)
        arguments: dict[str, Any] = {}
        for name, type in component.imports.items():
            arguments[name] = self._find(name, type, request)
        return arguments, request.missing

    def _find(self, name: str, type: ExternType, request: _Request) -> Any:
        if isinstance(type, FunctionType):
            found_function = self._functions.get(name)
            return request.function(name, found_function, f"function `{name}`", type)
        if isinstance(type, InstanceType):
            return self._find_instance(name, type, request)
        if isinstance(type, TypeDefinition):
            resource = type.type
            if not isinstance(resource, ResourceType):
                return None
            return request.resource(resource, self._resources.get(name), f"resource `{name}`")
        if isinstance(type, ModuleType):
            return request.module(name, type, self._modules.get(name))
        request.missing.append(f"component `{name}`: components cannot be given as imports")
        return None

    def _find_instance(self, name: str, type: InstanceType, request: _Request) -> Any:
        found = best_match(name, self._instances)
        if found is not None:
            return request.instance(name, type, *self._instances[found])
        found = best_match(name, self._interfaces)
        if found is None:
            request.missing.append(f"interface `{name}`{self._hint(name)}")
            return None
        return request.interface(name, type, self._interfaces[found])

    def _hint(self, name: str) -> str:
        """Other versions of an interface that is missing."""
        path = name.partition("@")[0]
        others = [it for it in self._interfaces if it.partition("@")[0] == path]
        return f" (there is {', '.join(others)})" if others else ""


def _trap(name: str) -> Callable[..., object]:
    def call(*_: object) -> object:
        raise Trap(TrapCode.HOST, f"the host does not offer `{name}`")

    return call


def _completed(
    name: str, type: InstanceType, offered: HostInterface, known: set[ResourceType]
) -> HostInterface:
    """An interface with everything that ``type`` asks for.

    ``known`` are the resource types that came with interfaces before: they stay what they are.
    """
    functions, resources = dict(offered.functions), dict(offered.resources)
    for export, item in type.exports.items():
        if isinstance(item, FunctionType):
            functions.setdefault(export, _trap(f"{name}#{export}"))
        elif isinstance(item, TypeDefinition) and isinstance(item.type, ResourceType):
            if item.type not in known:
                resources.setdefault(export, ResourceType(export))
            known.add(item.type)
    return HostInterface(offered.name, functions, resources, offered.version)


class _Request:
    """One component's imports being looked for; ``missing`` gathers what is not found."""

    def __init__(
        self,
        component: Component,
        adapt: Callable[[Callable[..., object], FunctionType], Callable[..., object]],
    ) -> None:
        self.missing: list[str] = []
        self._adapt = adapt
        self._open = set(component.plan.type.imported_resources)
        self._bound: dict[ResourceType, ResourceType] = {}

    def function(
        self, name: str, found: Callable[..., object] | None, what: str, type: FunctionType
    ) -> Any:
        if found is None:
            self.missing.append(what)
            return None
        return HostItem(self._adapt(found, type), name)

    def resource(self, wanted: ResourceType, found: ResourceType | None, what: str) -> Any:
        """A resource type of the host's; the same one wherever it is the same for the guest."""
        bound = self._bound.get(wanted)
        if found is None:
            if bound is None:
                self.missing.append(what)
            return bound
        if bound is not None and bound is not found:
            self.missing.append(f"{what}: it is not the same type as where it comes from")
        if wanted in self._open:
            self._bound.setdefault(wanted, found)
        return found

    def module(self, name: str, type: ModuleType, found: LoadedModule | None) -> Any:
        """A core module, which must import no more and export no less than is said of it."""
        if found is None:
            self.missing.append(f"core module `{name}`")
            return None
        try:
            match_modules(module_type_of_loaded(found), type)
        except ValidationError as error:
            self.missing.append(f"core module `{name}`: {error.message}")
        return found

    def interface(self, name: str, type: InstanceType, offered: HostInterface) -> Any:
        item: dict[str, Any] = {}
        for export, wanted in type.exports.items():
            what = f"in `{name}`"
            if isinstance(wanted, FunctionType):
                found = offered.functions.get(export)
                item[export] = self.function(
                    f"{name}#{export}", found, f"function `{export}` {what}", wanted
                )
            elif isinstance(wanted, TypeDefinition):
                resource = wanted.type
                item[export] = None
                if isinstance(resource, ResourceType):
                    found_type = offered.resources.get(export)
                    item[export] = self.resource(
                        resource, found_type, f"resource `{export}` {what}"
                    )
            else:
                self.missing.append(f"`{export}` {what}: only functions and types can be offered")
        return item

    def instance(
        self, name: str, type: InstanceType, instance: ComponentInstance, export: str
    ) -> Any:
        """An export of another component's instance; its types must be the same."""
        item = instance.frame.exports[export]
        given = instance.component.exports[export]
        matching = Matching(self._open)
        matching.bound = self._bound
        try:
            matching.extern(Substitution(instance.frame.resources)(given), type)
        except ValidationError as error:
            self.missing.append(f"interface `{name}`: {error.message}")
        return item
