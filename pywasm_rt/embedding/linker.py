"""Giving components what they import, from Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pywasm_rt.component import linker as component_linker
from pywasm_rt.component.component import Component
from pywasm_rt.component.drive import complete
from pywasm_rt.component.frame import Frame
from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.types import FunctionType
from pywasm_rt.component.values import field_name
from pywasm_rt.embedding.host_object import (
    HostFunctionOfPython,
    ObjectFunctions,
    ObjectResources,
    ResourceClasses,
    adapted,
)
from pywasm_rt.embedding.instance import Instance
from pywasm_rt.embedding.performing import complete_async, perform_blocking
from pywasm_rt.engine.driver import Meter
from pywasm_rt.engine.interface import Engine, Limits
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2 import interfaces
from pywasm_rt.wasi.profiles import profile_of_interface, select_profiles

__all__ = ["Linker"]


class Linker(component_linker.Linker):
    """What a Python program offers to components. One linker serves any number of instantiations.

    Functions get component values as positional arguments and return one. They may be coroutine
    functions, and return operations or generators of them
    (:class:`~pywasm_rt.component.host.HostInterface`). Where a ``result`` is to be returned they
    return ``Ok`` or ``Err``, or any other value for an ``ok``, or raise
    :class:`~pywasm_rt.errors.ResultError`. Other exceptions end the guest and reach the caller.
    """

    def __init__(self, engine: Engine | None = None) -> None:
        super().__init__(engine)
        self._classes = ResourceClasses()

    def define_object(self, name: str, implementation: object) -> None:
        """Offer an interface (``test:app/store`` or ``test:app/store@1.0.0``) by a Python object.

        Its methods are the interface's functions and classes among its attributes are resources
        (:mod:`pywasm_rt.embedding.host_object`); a module or a mapping will do too.
        Raises ComponentError for a name that is none.
        """
        path, _, version = name.partition("@")
        functions = ObjectFunctions(implementation)
        resources = ObjectResources(implementation, self._classes)
        self.define(HostInterface(path, functions, resources, version or None))

    def define_function(self, name: str, implementation: Callable[..., object]) -> None:
        """Offer a function that a world imports by itself."""
        super().define_function(name, HostFunctionOfPython(implementation))

    def define_resource_class(self, name: str, cls: type) -> None:
        """Offer a resource that a world imports by itself: instances of ``cls``."""
        self.define_resource(name, self._classes.type_of(cls, name))
        functions = ObjectFunctions({name: cls})
        members = [field_name(it) for it in dir(cls) if not it.startswith("_")]
        kinds = [f"[{kind}]{name}.{it}" for kind in ("method", "static") for it in members]
        for key in (f"[constructor]{name}", *kinds):
            found = functions.get(key)
            if found is not None:
                self._functions[key] = found

    def define_wasi(
        self, context: WasiContext | None = None, only: Iterable[str] | None = None
    ) -> WasiContext:
        """Offer WASI 0.2 as ``context`` makes it (a new one can do nothing but compute).

        ``only`` names interfaces (``wasi:clocks``, ``wasi:cli/stdout``) to offer no others.
        The context serves one instance; its :meth:`~pywasm_rt.wasi.context.WasiContext.close`
        closes what that leaves open. Returns the context. Raises ConfigError for an unknown name.
        """
        context = WasiContext() if context is None else context
        granted = None if only is None else select_profiles(only)
        for interface in interfaces(context):
            if granted is None or interface.name in granted:
                self.define(interface)
        return context

    def instantiate(self, component: Component, limits: Limits | None = None) -> Instance:
        """Make an instance; what its start functions wait for is performed. Raises what
        :meth:`start` raises.
        """
        instance: Instance = complete(
            self.start(component, limits, Meter(is_plain=True)), perform_blocking
        )
        return instance

    async def instantiate_async(
        self, component: Component, limits: Limits | None = None
    ) -> Instance:
        """The same, while others run on the event loop."""
        meter = Meter()
        instance: Instance = await complete_async(self.start(component, limits, meter), meter)
        return instance

    def _hint(self, name: str) -> str:
        """What would satisfy an interface that is missing."""
        path, _, version = name.partition("@")
        if profile_of_interface(path) is not None and path != "wippy:runtime/funcs":
            track = version.split(".")[:2]
            if track in ([], ["0", "2"]):
                return " (define_wasi offers it)"
        other = super()._hint(name)
        return other or f' (define_object("{name}", ...) offers it)'

    def _instance(self, component: Component, frame: Frame) -> Instance:
        return Instance(component, frame)

    def _adapt(self, found: Callable[..., object], type: FunctionType) -> Callable[..., object]:
        if isinstance(found, HostFunctionOfPython):
            return adapted(found.function, type)
        return found
